"""What the scorecard's pages share: the period that is asked for, whose figures, and opening the facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.permission import STAFF_ROLES, Role
from sanban.kernel.view import Missing, PageAnswer, Pager, PageRequest, phrase
from sanban.scorecard.figures.spans import Period, before, holding, period_of
from sanban.scorecard.ports import Needs, View

STAFF: frozenset[Role] = frozenset(role for role in get_args(Role) if role in STAFF_ROLES)
LEADING: frozenset[Role] = frozenset({"leader", "coordinator", "auditor", "mechanism_owner", "verifier"})
SHOWN = ("month", "week")
PERIODS = 8
"""So many periods a trend shows."""
NO_PERIOD = Refused("no_month_or_week", "figures are of a month or week of the calendar", "2026-06")
NO_POSITION = Missing(phrase("Brief"), "/briefs")
_FROZEN = "SELECT position FROM brief_view WHERE district = :district"


def month_or_week(needs: Needs, named: str, now: int) -> Period | Refused:
    """The one that is named, with one before it to compare with; the running one of `month`, `week` or ''."""
    if named in ("", *SHOWN):
        return holding("week" if named == "week" else "month", now, needs.calendar)
    try:
        found = period_of(named, needs.calendar)
        before(found, needs.calendar)
    except SanbanError:
        return NO_PERIOD
    return found if found.grain in SHOWN else NO_PERIOD


def later(needs: Needs, period: Period, now: int) -> str:
    """The name of the period after this one; '' when that has not begun."""
    return holding(period.grain, period.until, needs.calendar).name if period.until <= now else ""


def earlier(needs: Needs, period: Period, count: int) -> tuple[Period, ...]:
    """So many periods that end with this one, the earliest first; fewer where the calendar ends."""
    found = [period]
    while len(found) < count:
        try:
            found.append(before(found[-1], needs.calendar))
        except SanbanError:
            break
    return tuple(reversed(found))


def viewed(needs: Needs, asked: PageRequest, answer: Callable[[View, Period], PageAnswer]) -> PageAnswer:
    """The answer out of the facts and of the month or week that is asked for, or why there is none.

    The facts are those of now, or of a frozen brief's position.
    """
    period, position = month_or_week(needs, asked.asked("period"), asked.now), asked.asked("position")
    if isinstance(period, Refused):
        return period
    if position and position not in {str(frozen) for (frozen,) in needs.reader.query(_FROZEN)}:
        return NO_POSITION
    opened = needs.opens(asked.viewer, int(position) if position else None)
    if isinstance(opened, Refused):
        return opened
    with opened as view:
        return answer(view, period)


def page_number(asked: PageRequest) -> int:
    """Which page of a list, from 0."""
    given = asked.asked("page")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 6 else 0


def standing(asked: PageRequest) -> str:
    """What keeps the next page of a list at the position that this one stands at."""
    position = asked.asked("position")
    return f"&position={position}" if position else ""


def pager(url: str, page: int, *, more: bool) -> Pager:
    """The pages beside this one; `url` ends before the number."""
    return Pager(f"{url}{page - 1}" if page else "", f"{url}{page + 1}" if more else "")
