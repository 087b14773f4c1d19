"""How a risk stands in the record, what it is learned from there, and whom to tell anew.

A case is judged by its lead task's clock that runs longest. `case_view` keeps when that clock started, when it is due
and when it stopped, so the records are read in one pass over one table, a page at a time: who counts them keeps numbers
and no more of the done ones than that. A reason is a code with its figures:
`time:3:5:up`. Advice is written again only where the risk has moved by `WORTH_WRITING` or another model speaks, so that
the record grows with what changes and not with the hours.

Without a trained model the risk is the share of the time allowed that is used up, and says so (`share-1`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID, uuid5

import msgspec

from sanban.handling.aggregate import stream_of
from sanban.handling.risk.phrases import PHRASES, RiskReason
from sanban.handling.risk.record import Record
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Reader, Submission

SYSTEM = Actor("system", "system")
DAY = 86_400_000_000
LOOKS_BACK = 400 * DAY
WHOLE = 10_000
WORTH_WRITING = 500
"""Basis points."""
PLAIN = "share-1"
_SPACE = UUID("1b0e5c0a-6f0e-5a51-9d52-1d3a4a3f2c77")
_REASON = re.compile(r"([a-z_]+):(\d{1,6}):(\d{1,6}):(up|down)")
_RECORDS = (
    "SELECT case_id, unit_from, unit_due, unit_done, matter, lead, street, grid, risk_model, risk FROM case_view "
    "WHERE district = :district AND stream > :after AND unit_due > 0 AND opened_at >= :since {open}"
    "ORDER BY stream LIMIT :page"
)
_OPEN = "AND unit_done IS NULL "
PAGE = 5_000
"""So many cases are in memory at once while they are read."""


class Judged(msgspec.Struct, frozen=True):
    """What is said of one case. `share` in basis points."""

    case_id: str
    model: str
    share: int
    reasons: tuple[RiskReason, ...]


class Standing(msgspec.Struct, frozen=True):
    """A case's record, and the advice that stands now ('' = none)."""

    record: Record
    model: str
    share: int


def standings(reader: Reader, now: int, *, done: bool = True) -> Iterator[Standing]:
    """Every case of the last months that was ever given to a unit, open and `done`. `now` in microseconds UTC."""
    sql = _RECORDS.format(open="" if done else _OPEN)
    given, after = {"since": now - LOOKS_BACK, "page": PAGE}, ""
    while rows := reader.query(sql, {**given, "after": after}):
        yield from map(_standing, rows)
        after = stream_of(rows[-1][0])


def plainly(records: Iterable[Record], now: int) -> list[Judged]:
    """The share of the time allowed that each open one has used."""
    return [_plain(record, now) for record in records if record.closed_at is None]


def told_anew(standing: Iterable[Standing], judged: Iterable[Judged], now: int) -> list[Submission]:
    """Commands for those whose risk has moved; asked again for the same instant they are the same."""
    before = {one.record.id: one for one in standing}
    return [_command(one, now) for one in judged if _moved(before[one.case_id], one)]


def written(reason: RiskReason) -> str:
    """A reason as a code of the record."""
    return f"{reason.code}:{reason.number}:{reason.of}:{'up' if reason.raises else 'down'}"


def read_reason(text: str) -> RiskReason | None:
    """The reason of such a code; None for one that this version does not tell."""
    found = _REASON.fullmatch(text)
    if found is None or found[1] not in PHRASES:
        return None
    return RiskReason(found[1], 1.0 if found[4] == "up" else -1.0, int(found[2]), int(found[3]))


def _standing(row: tuple[Any, ...]) -> Standing:
    case_id, start, due, done, matter, lead, street, grid, model, share = row
    closed = None if done is None else max(done, start)
    return Standing(Record(case_id, start, max(due, start + 1), matter, lead, street, grid, closed), model, share)


def _plain(record: Record, now: int) -> Judged:
    allowed, gone = record.due_at - record.opened_at, now - record.opened_at
    share = min(max(gone * WHOLE // allowed, 0), WHOLE)
    why = RiskReason("time", 1.0 if 2 * gone > allowed else -1.0, _days(min(max(gone, 0), allowed)), _days(allowed))
    return Judged(record.id, PLAIN, share, (why,))


def _days(span: int) -> int:
    return round(span / DAY)


def _moved(before: Standing, now: Judged) -> bool:
    if before.model != now.model:
        return True
    whole = now.share == WHOLE != before.share
    return whole or abs(before.share - now.share) >= WORTH_WRITING


def _command(one: Judged, now: int) -> Submission:
    args = {"model": one.model, "share": one.share, "reasons": [written(reason) for reason in one.reasons]}
    command_id = str(uuid5(_SPACE, f"{one.case_id}\n{one.model}\n{now}"))
    return Submission(command_id, SYSTEM, (Part(stream_of(one.case_id), "advise", args),))
