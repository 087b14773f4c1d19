"""Units that can hold a duty, and the rosters that say who is there.

A unit is kept in versions under one code. `parent` is the unit above it: a grid team's street, a station's department.
Passing a task down follows these lines, and the upper unit stays answerable.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sanban.kernel.errors import SanbanError

UnitKind = Literal["desk", "centre", "street", "department", "station", "grid_team", "firm"]


class Unit(msgspec.Struct, frozen=True):
    """One version of a unit. Its code is also its party id."""

    code: str
    kind: UnitKind
    title_zh: str
    title_en: str
    parent: str | None
    valid_from: int
    valid_to: int | None = None


class Span(msgspec.Struct, frozen=True, order=True, gc=False):
    """An officer's turn, from `start` up to, not including, `end` (microseconds UTC). `officer` is a party id."""

    start: int
    end: int
    officer: str


class Roster(msgspec.Struct, frozen=True):
    """The turns of one unit; turns may overlap. Raises `SanbanError` for a turn that ends before it starts."""

    unit: str
    spans: tuple[Span, ...]

    def __post_init__(self) -> None:
        for span in self.spans:
            if span.end <= span.start:
                raise SanbanError(
                    f"roster of {self.unit}: the turn of {span.officer} ends at {span.end}, not after {span.start}",
                    "start: 1745884800000000, end: 1745913600000000, officer: p-17",
                )

    def at(self, instant: int) -> tuple[str, ...]:
        """The officers whose turn it is, earliest turn first, each once."""
        return tuple(dict.fromkeys(span.officer for span in sorted(self.spans) if span.start <= instant < span.end))
