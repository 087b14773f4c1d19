"""The open ones in the order of risk: what is past due first, then by probability, then by what is due sooner.

Past due needs no model: it has been missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import numpy as np

from sanban.handling.risk.features import rows_of
from sanban.handling.risk.history import SECOND, History
from sanban.handling.risk.model import RiskModel
from sanban.handling.risk.phrases import RiskReason
from sanban.handling.risk.reasons import reasons
from sanban.handling.risk.record import Record, Week

WHOLE = 10_000


class Risk(msgspec.Struct, frozen=True):
    """The risk of one open request. `probability` in basis points; `overdue`: it is past due, the rest says nothing."""

    id: str
    due_at: int
    probability: int
    overdue: bool
    model: str
    reasons: tuple[RiskReason, ...] = ()


def risks(records: Iterable[Record], now: int, model: RiskModel, week: Week | None = None) -> tuple[Risk, ...]:
    """The risks of all that are open at `now` (microseconds UTC), most urgent first.

    `records` hold the closed ones of the last months too: rates and load are counted from them, and they are let go.
    """
    at, waiting = now // SECOND, dict[int, Record]()
    history = History(_known(records, now, waiting), week)
    if not waiting:
        return ()
    rows = np.array(list(waiting), np.int64)
    table = rows_of(history, rows, np.full(len(rows), at, np.int64))
    found = []
    for number, (record, probability) in enumerate(
        zip(waiting.values(), model.probabilities(table).tolist(), strict=True)
    ):
        if record.due_at < now:
            found.append(Risk(record.id, record.due_at, WHOLE, overdue=True, model=model.model))
        else:
            why = reasons(table[number], model.parts(table[number]))
            share = round(probability * WHOLE)
            found.append(Risk(record.id, record.due_at, share, overdue=False, model=model.model, reasons=why))
    return tuple(sorted(found, key=lambda one: (not one.overdue, -one.probability, one.due_at, one.id)))


def _known(records: Iterable[Record], now: int, waiting: dict[int, Record]) -> Iterator[Record]:
    """The records of what had opened by `now`; those still open are put aside under the row they will have."""
    for row, record in enumerate(one for one in records if one.opened_at < now):
        if record.closed_at is None or record.closed_at >= now:
            waiting[row] = record
        yield record
