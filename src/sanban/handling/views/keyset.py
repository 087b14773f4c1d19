"""Keyset paging: a page begins after a row's place, never at a count of rows, so every page costs the same.

A place is the instant a list is ordered by and the case's id, which no two rows of a list share. A page is asked with
one row more than it shows; the surplus row says that there is another page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

BEFORE_ALL = -(2**62)
AFTER_ALL = 2**63 - 1


class Mark(msgspec.Struct, frozen=True):
    """A row's place in a list: the instant it is ordered by, and the case's id. `back`: the page before it."""

    at: int
    case_id: str
    back: bool = False

    def __str__(self) -> str:
        return f"{'before' if self.back else 'after'}~{self.at}~{self.case_id}"


def mark_of(text: str) -> Mark | None:
    """The mark that `str(mark)` wrote; None for anything else, which is the first page."""
    way, _, rest = text.partition("~")
    at, _, case_id = rest.partition("~")
    if way not in ("after", "before") or not case_id or not at.removeprefix("-").isdecimal() or len(at) > 20:
        return None
    number = int(at)
    return Mark(number, case_id, back=way == "before") if -AFTER_ALL <= number <= AFTER_ALL else None


def cut(rows: Sequence[tuple[Any, ...]], after: Mark | None, limit: int) -> tuple[list[tuple[Any, ...]], str, str]:
    """The rows of the page in list order, and the marks of the pages beside it."""
    back = after is not None and after.back
    kept = list(rows[:limit])
    more = len(rows) > limit
    if back:
        kept.reverse()
    if not kept:
        return [], "", ""
    has_previous = more if back else after is not None
    has_next = True if back else more
    first, last = Mark(kept[0][0], kept[0][1], back=True), Mark(kept[-1][0], kept[-1][1])
    return kept, str(first) if has_previous else "", str(last) if has_next else ""
