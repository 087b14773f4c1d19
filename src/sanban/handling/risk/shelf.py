"""The learned risk of a deployment: on the shelf of its models, and what it says of every open case.

Without a model the declared fallback speaks, and numpy stays unloaded: what needs it is imported when a model is used.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import msgspec

from sanban.handling.risk.record import Record, Week
from sanban.handling.risk.stored import Judged, plainly
from sanban.ledger.models.shelf import InUse, Shelf

_PACKAGE = "sanban.handling.risk"


class RiskHead(msgspec.Struct, frozen=True):
    """What is told of a model: as of when it was learned (microseconds UTC), and from how many looks at cases."""

    as_of: int
    learned_on: int


def shelf(folder: Path) -> Shelf:
    """The shelf of risk models in a folder."""
    return Shelf(folder, "risk", "json", "sanban risk train")


def is_learned(folder: Path) -> bool:
    """Whether a learned risk is in use. Raises `SanbanError` for a damaged one."""
    return shelf(folder).in_use(RiskHead) is not None


def judged(folder: Path, records: Iterable[Record], now: int, week: Week) -> list[Judged]:
    """What the model in use, or else the fallback, says of every open case. Raises `SanbanError` for a damaged one."""
    used: InUse[RiskHead] | None = shelf(folder).in_use(RiskHead)
    return plainly(records, now) if used is None else _learned(shelf(folder).content(used), records, now, week)


def _learned(content: bytes, records: Iterable[Record], now: int, week: Week) -> list[Judged]:
    model = import_module(f"{_PACKAGE}.model").read(content)
    found = import_module(f"{_PACKAGE}.ordering").risks(records, now, model, week)
    return [Judged(one.id, one.model, one.probability, one.reasons) for one in found]
