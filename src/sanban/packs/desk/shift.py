"""Reads `shift.yaml`: how the stops of a grid worker's route are ordered, and what holds without a connection.

detour: {late: 4000, due: 2000, hours: 8}   # metres that it is worth to be late, or due within so many hours
unplaced: 1500                              # metres that count for what has no place
stops: 20                                   # on a page, and taken along
offline_days: 3                             # so late may come what was done without a connection
kept_hours: 12                              # so long a phone keeps a shift at most
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from sanban.packs.desk.heeds import DESK
from sanban.packs.reading.opening import opened
from sanban.packs.reading.section import Section

FILE_NAME: Final = "shift.yaml"
FURTHEST: Final = 1_000_000
MOST_STOPS: Final = 50
_HOUR: Final = 3_600_000_000
_DETOUR: Final = "{late: 4000, due: 2000, hours: 8}"


class ShiftRules(msgspec.Struct, frozen=True):
    """What the file declares: `late`, `due`, `unplaced` in metres; `soon`, `lag`, `kept` in microseconds."""

    late: int
    due: int
    soon: int
    unplaced: int
    stops: int
    lag: int
    kept: int

    def told_at(self, at: int, now: int) -> int | None:
        """When a thing was true that somebody was offline for; None, as when it was recorded, for what is too old."""
        return at if 0 <= now - at <= self.lag else None

    def tellings(self, at: int, now: int) -> tuple[int | None, ...]:
        """`told_at`, and after it how the same may have been read when it came before; `at` 0: nothing was told."""
        told = self.told_at(at, now)
        return (told, at if told is None else None) if at else (told,)


@lru_cache(8)
def load_shift(path: Path = DESK / FILE_NAME) -> ShiftRules:
    """What a file declares. Raises FaultsFound with every fault."""
    with opened(path, "desk") as (root, _):
        late, due, hours = _detour(root.section("detour", "detour", example=_DETOUR, required=True))
        return ShiftRules(
            late=late,
            due=due,
            soon=hours * _HOUR,
            unplaced=root.integer("unplaced", 0, FURTHEST, default=1500, required=True),
            stops=root.integer("stops", 1, MOST_STOPS, default=20, required=True),
            lag=root.integer("offline_days", 1, 31, default=3, required=True) * 24 * _HOUR,
            kept=root.integer("kept_hours", 1, 24, default=12, required=True) * _HOUR,
        )


def _detour(part: Section | None) -> tuple[int, int, int]:
    if part is None:
        return 0, 0, 1
    found = (
        part.integer("late", 0, FURTHEST, default=4000, required=True),
        part.integer("due", 0, FURTHEST, default=2000, required=True),
        part.integer("hours", 1, 240, default=8, required=True),
    )
    part.close()
    return found
