"""When a clock is due, what it has used up, and whether that has to be computed again.

A clock is a list of lengths (the original and its extensions), a start, the spells of suspension (half-open, the last
one open if it still runs) and the way a counted day ends. All counting is done by the rulers; see `ruler`.

A due time is provisional if it rests on a day whose status is not published. It is recomputed once, when the notice for
its own day is loaded (`recompute_needed`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

import msgspec

from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.clock.limit import FixedDate, Length, Unit, total_of
from sanban.kernel.clock.ruler import RULERS, Ends, Ruler
from sanban.kernel.errors import SanbanError

Pause: TypeAlias = "tuple[int, int | None]"


class Due(msgspec.Struct, frozen=True):
    """A due time; `at` is None while an open suspension stops the clock. `calendar` is name@version."""

    at: int | None
    provisional: bool
    calendar: str


class Spent(msgspec.Struct, frozen=True):
    """What a clock has used up and has left: whole days for the day units, microseconds for the others.

    `left` falls below zero as a late clock runs on; `consumed + left` is always the length. `to_due` is microseconds
    from now to the due time, below zero when late, None while an open suspension stops the clock.
    """

    unit: Unit
    consumed: int
    left: int
    to_due: int | None


def due(
    calendar: Calendar,
    lengths: Sequence[Length],
    start: int,
    pauses: Sequence[Pause] = (),
    ends: Ends = "midnight",
) -> Due:
    """The due time of a clock. Raises SanbanError for mixed units, a spell that runs back, a day outside the table.

    `ends` says where a counted day ends; it has no meaning for natural and office time.
    """
    total = lengths[0] if len(lengths) == 1 else total_of(lengths)
    ruler = RULERS[ends][total.unit]
    origin = ruler.origin(calendar, start)
    if not pauses:
        return (_days_on if ruler.size == 1 else _unbroken)(calendar, ruler, total.count, origin)
    target = ruler.before(calendar, origin) + total.count * ruler.size
    moved = _after_pauses(calendar, ruler, origin, target, pauses)
    if moved is None:
        return Due(at=None, provisional=False, calendar=calendar.label)
    return _reached(calendar, ruler, origin, moved)


def _unbroken(calendar: Calendar, ruler: Ruler, count: int, origin: int) -> Due:
    return _reached(calendar, ruler, origin, ruler.before(calendar, origin) + count * ruler.size)


_days_on = lru_cache(4096)(_unbroken)
"""Kept for units of days: all their clocks begin at the same few midnights."""


def _reached(calendar: Calendar, ruler: Ruler, origin: int, target: int) -> Due:
    at = ruler.reach(calendar, target)
    provisional = ruler.by_calendar and (at > calendar.known_end or origin < calendar.known_start)
    return Due(at, provisional, calendar.label)


def due_fixed(calendar: Calendar, fixed: FixedDate) -> Due:
    """The end of the fixed local day; never provisional."""
    return Due(at=calendar.start_of(fixed.day + 1), provisional=False, calendar=calendar.label)


def merge_pauses(pauses: Iterable[Pause]) -> tuple[Pause, ...]:
    """Spells in order and apart, each instant once, empty ones dropped. Raises SanbanError if one runs back."""
    merged: list[Pause] = []
    for start, end in sorted(pauses, key=lambda pause: pause[0]):
        if end is not None and end < start:
            raise SanbanError(
                f"a suspension from {start} cannot end before it, at {end}", "(start, None) while it runs"
            )
        if start == end:
            continue
        if not merged:
            merged.append((start, end))
            continue
        last_start, last_end = merged[-1]
        if last_end is None or last_end >= start:
            merged[-1] = (last_start, None if last_end is None or end is None else max(last_end, end))
        else:
            merged.append((start, end))
    return tuple(merged)


def spent(
    calendar: Calendar,
    lengths: Sequence[Length],
    start: int,
    pauses: Sequence[Pause] = (),
    *,
    now: int,
    ends: Ends = "midnight",
) -> Spent:
    """What the clock shows at `now`. Suspensions count as far as they have run. Raises as `due` does."""
    total = total_of(lengths)
    ruler = RULERS[ends][total.unit]
    consumed = amount_between(calendar, ruler, ruler.origin(calendar, start), now, pauses)
    at = due(calendar, lengths, start, pauses, ends).at
    return Spent(total.unit, consumed, total.count * ruler.size - consumed, None if at is None else at - now)


def consumed(
    calendar: Calendar,
    lengths: Sequence[Length],
    start: int,
    pauses: Sequence[Pause] = (),
    *,
    now: int,
    ends: Ends = "midnight",
) -> int:
    """Used up by `now`: whole days for the day units, microseconds for the others."""
    return spent(calendar, lengths, start, pauses, now=now, ends=ends).consumed


def left(
    calendar: Calendar,
    lengths: Sequence[Length],
    start: int,
    pauses: Sequence[Pause] = (),
    *,
    now: int,
    ends: Ends = "midnight",
) -> int:
    """Still to use at `now`, below zero when late: whole days for the day units, microseconds for the others."""
    return spent(calendar, lengths, start, pauses, now=now, ends=ends).left


def amount_between(calendar: Calendar, ruler: Ruler, origin: int, now: int, pauses: Iterable[Pause]) -> int:
    """The ruler's amount from `origin` to `now` outside the suspensions; 0 if `now` is earlier."""
    if now <= origin:
        return 0
    amount = ruler.before(calendar, now) - ruler.before(calendar, origin)
    for begin, end in clip_pauses(pauses, origin, now):
        amount -= ruler.before(calendar, end) - ruler.before(calendar, begin)
    return amount


def clip_pauses(pauses: Iterable[Pause], origin: int, until: int) -> list[tuple[int, int]]:
    """The merged spells between two instants, an open one ending at `until`."""
    clipped: list[tuple[int, int]] = []
    for start, end in merge_pauses(pauses):
        begin, finish = max(start, origin), until if end is None else min(end, until)
        if begin < finish:
            clipped.append((begin, finish))
    return clipped


def recompute_needed(due_time: Due, calendar: Calendar) -> bool:
    """Whether a provisional due time has become computable: another calendar, in which its own day is published."""
    if due_time.at is None or not due_time.provisional or due_time.calendar == calendar.label:
        return False
    return calendar.known_start < due_time.at <= calendar.known_end


def _after_pauses(calendar: Calendar, ruler: Ruler, origin: int, target: int, pauses: Iterable[Pause]) -> int | None:
    """The amount to reach when the suspensions are given back; None if an open one stops the clock before it."""
    for start, end in merge_pauses(pauses):
        begin = max(start, origin)
        if ruler.before(calendar, begin) >= target:
            break
        if end is None:
            return None
        if end > begin:
            target += ruler.before(calendar, end) - ruler.before(calendar, begin)
    return target
