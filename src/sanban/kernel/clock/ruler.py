"""The rulers by which clocks count: one for each way a unit passes.

Theory of operation. Every unit is an amount that grows with time. A ruler says how much of it lies before an instant
(`before`, which never falls) and which instant is the first with a given amount before it (`reach`). Natural time grows
by one microsecond each microsecond. Office time does so inside sessions of working days only. Days grow by one at the
end of each counted day: its midnight, or the close of its last session.

A clock that starts at `origin` with `n` to spend is due at `reach(before(origin) + n)`, and a suspension from a to b
gives back `before(b) - before(a)`. A day therefore counts exactly when the clock runs at its last instant, and nothing
that happens from the due time on can move the due time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import Literal, TypeAlias

import msgspec

from sanban.kernel.clock.calendar import DAY, HOUR, MINUTE, Calendar
from sanban.kernel.clock.limit import Unit

Ends: TypeAlias = Literal["midnight", "office_close"]
At: TypeAlias = Callable[[Calendar, int], int]


class Ruler(msgspec.Struct, frozen=True, cache_hash=True):
    """One way of counting; `size` is the amount of one unit, `by_calendar` whether the status of days matters."""

    origin: At
    before: At
    reach: At
    size: int
    by_calendar: bool


def _same(_calendar: Calendar, amount: int) -> int:
    return amount


def _next_midnight(calendar: Calendar, start: int) -> int:
    starts = calendar.day_starts
    position = bisect_right(starts, start)
    if 0 < position < len(starts):
        return starts[position]
    raise calendar.outside()


def _days_before(calendar: Calendar, instant: int) -> int:
    return calendar.position_of(instant)


def _days_closed_before(calendar: Calendar, instant: int) -> int:
    position = calendar.position_of(instant)
    return position + (instant >= _close(calendar, position))


def _nth_day_end(calendar: Calendar, amount: int) -> int:
    if amount >= len(calendar.day_starts):
        raise calendar.outside()
    return calendar.day_starts[amount]


def _nth_day_close(calendar: Calendar, amount: int) -> int:
    return _nth_day_end(calendar, amount) - DAY + calendar.sessions[-1][1]


def _working_before(calendar: Calendar, instant: int) -> int:
    return calendar.working_before[calendar.position_of(instant)]


def _working_closed_before(calendar: Calendar, instant: int) -> int:
    position = calendar.position_of(instant)
    return calendar.working_before[position + (instant >= _close(calendar, position))]


def _nth_working_end(calendar: Calendar, amount: int) -> int:
    return calendar.day_starts[_nth_working(calendar, amount) + 1]


def _nth_working_close(calendar: Calendar, amount: int) -> int:
    return _close(calendar, _nth_working(calendar, amount))


def _office_before(calendar: Calendar, instant: int) -> int:
    position = calendar.position_of(instant)
    spent = calendar.working_before[position] * calendar.office_length
    if calendar.working[position]:
        now = DAY - (calendar.day_starts[position + 1] - instant)
        spent += sum(min(now, end) - start for start, end in calendar.sessions if now > start)
    return spent


def _office_reach(calendar: Calendar, amount: int) -> int:
    days, rest = divmod(amount - 1, calendar.office_length)
    midnight = calendar.day_starts[_nth_working(calendar, days + 1) + 1] - DAY
    rest += 1
    for start, end in calendar.sessions[:-1]:
        if rest <= end - start:
            return midnight + start + rest
        rest -= end - start
    return midnight + calendar.sessions[-1][0] + rest


def _close(calendar: Calendar, position: int) -> int:
    return calendar.day_starts[position + 1] - DAY + calendar.sessions[-1][1]


def _nth_working(calendar: Calendar, number: int) -> int:
    if number > len(calendar.working_positions):
        raise calendar.outside()
    return calendar.working_positions[number - 1]


_NATURAL = partial(Ruler, _same, _same, _same, by_calendar=False)
_OFFICE = partial(Ruler, _same, _office_before, _office_reach, by_calendar=True)
_TO_MIDNIGHT: dict[Unit, Ruler] = {
    "minute": _NATURAL(size=MINUTE),
    "hour": _NATURAL(size=HOUR),
    "day": Ruler(_next_midnight, _days_before, _nth_day_end, 1, by_calendar=False),
    "working_day": Ruler(_next_midnight, _working_before, _nth_working_end, 1, by_calendar=True),
    "office_minute": _OFFICE(size=MINUTE),
    "office_hour": _OFFICE(size=HOUR),
}
_TO_CLOSE: dict[Unit, Ruler] = {
    **_TO_MIDNIGHT,
    "day": Ruler(_next_midnight, _days_closed_before, _nth_day_close, 1, by_calendar=False),
    "working_day": Ruler(_next_midnight, _working_closed_before, _nth_working_close, 1, by_calendar=True),
}
RULERS: dict[Ends, dict[Unit, Ruler]] = {"midnight": _TO_MIDNIGHT, "office_close": _TO_CLOSE}
