"""How much time is left, said in the clock's own unit while that says something, else in hours and minutes.

On the last day a working-day clock has "1 working day" left until midnight; an officer wants to read "5 h" then. So
days are named from a full day on, hours from one hour on. Late clocks are told in the same way.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sanban.kernel.case.state import Clock
from sanban.kernel.clock.calendar import DAY, HOUR, MINUTE, Calendar
from sanban.kernel.clock.due import Spent, spent
from sanban.kernel.clock.explain import Line, explain, explain_fixed, explain_imposed
from sanban.kernel.clock.limit import FixedDate, Length, Unit, amount_text
from sanban.kernel.clock.ruler import RULERS, Ends
from sanban.kernel.mechanism import Limit, Title
from sanban.kernel.view import TimeLeft

DAYS_FROM = 3 * DAY
"""From here on natural time is told in days."""


class Age(msgspec.Struct, frozen=True):
    """How long something has lasted: whole units, rounded down."""

    amount: int
    unit: Literal["day", "hour", "minute"]


def age_of(span: int) -> Age:
    """A span of microseconds as an age."""
    if span >= DAY:
        return Age(span // DAY, "day")
    return Age(span // HOUR, "hour") if span >= HOUR else Age(max(span, 0) // MINUTE, "minute")


def ends_of(limit: Limit | None) -> Ends:
    """Where a counted day of the limit ends."""
    return "midnight" if limit is None else limit.ends


def left_until(
    calendar: Calendar, limit: Limit | None, due_at: int, now: int, *, provisional: bool = False
) -> TimeLeft:
    """The time between now and a due time (microseconds UTC), told by the limit it comes from."""
    gap = abs(due_at - now)
    overdue = due_at <= now
    days = _days_between(calendar, limit, min(now, due_at), max(now, due_at)) if gap >= DAY else 0
    if days:
        days -= _on_start_day(limit, days)
        unit: Literal["working_day", "day"] = "working_day" if _unit_of(limit) == "working_day" else "day"
        return TimeLeft(due_at, days, unit, overdue=overdue, provisional=provisional)
    told = Age(gap // HOUR, "hour") if DAY <= gap < DAYS_FROM else age_of(gap)
    return TimeLeft(due_at, told.amount, told.unit, overdue=overdue, provisional=provisional)


def clock_left(calendar: Calendar, limit: Limit | None, clock: Clock, now: int) -> TimeLeft | None:
    """The time a running clock has left; one that stands still keeps what it had. None once it has stopped."""
    if not clock.running:
        return None
    kept = spent_of(calendar, limit, clock, now)
    if clock.due_at is not None:
        told = left_until(calendar, limit, clock.due_at, now, provisional=clock.provisional)
        exact = kept is not None and told.unit == kept.unit and told.unit in ("day", "working_day") and kept.left > 0
        return msgspec.structs.replace(told, amount=kept.left) if kept is not None and exact else told
    if kept is None:
        return None
    if kept.unit in ("day", "working_day"):
        day: Literal["working_day", "day"] = "working_day" if kept.unit == "working_day" else "day"
        return TimeLeft(0, max(kept.left, 0), day, stopped=True)
    rest = age_of(max(kept.left, 0))
    return TimeLeft(0, rest.amount, rest.unit, stopped=True)


def spent_of(calendar: Calendar, limit: Limit | None, clock: Clock, now: int) -> Spent | None:
    """What the kernel's clock shows; None for a fixed date, which counts nothing."""
    if clock.fixed is not None or not clock.lengths:
        return None
    until = now if clock.stopped_at is None else clock.stopped_at
    return spent(calendar, clock.lengths, clock.started_at, clock.pauses, now=until, ends=ends_of(limit))


def in_own_unit(spent_: Spent) -> tuple[Title, Title]:
    """(used up, left) in the clock's own unit."""
    used, left = amount_text(spent_.consumed, spent_.unit), amount_text(spent_.left, spent_.unit)
    return Title(*used), Title(*left)


def explained(calendar: Calendar, limit: Limit | None, clock: Clock) -> tuple[Line, ...]:
    """The kernel's explanation of the clock's due time, line by line."""
    if clock.fixed is not None:
        return explain_fixed(calendar, clock.fixed)
    if clock.imposed and clock.due_at is not None:
        return explain_imposed(calendar, clock.due_at)
    return explain(calendar, clock.lengths, clock.started_at, clock.pauses, ends_of(limit))


def until(calendar: Calendar, due_at: int | None) -> str:
    """A deadline as people read it, local time, midnight as 24:00 of the day it ends; '' for none."""
    return "" if due_at is None else calendar.local_end(due_at)


def _on_start_day(limit: Limit | None, days: int) -> int:
    """1 on the day a clock starts, which does not count: there are as many days ahead as it has, and this one."""
    within = None if limit is None else limit.within
    return int(isinstance(within, Length) and within.unit in ("day", "working_day") and days == within.count + 1)


def _unit_of(limit: Limit | None) -> Unit:
    return "hour" if limit is None or isinstance(limit.within, FixedDate) else limit.within.unit


def _days_between(calendar: Calendar, limit: Limit | None, start: int, end: int) -> int:
    """Whole counted days between two instants; 0 for a limit that does not count days, unless it is far away."""
    unit = _unit_of(limit)
    if unit in ("day", "working_day"):
        ruler = RULERS[ends_of(limit)][unit]
        return ruler.before(calendar, end) - ruler.before(calendar, start)
    return (end - start) // DAY if end - start >= DAYS_FROM else 0
