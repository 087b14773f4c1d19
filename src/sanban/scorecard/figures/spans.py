"""Periods as figures are asked for: a year, a quarter, a month, a week or a day of the district's calendar.

    2026    2026-Q2    2026-05    2026-W21    2026-05-04    2026-05-04..2026-06-30

`before` is the period of the same kind in front of it, `year_before` the same one a year earlier. Two periods are
compared by the working days that the calendar counts in them, since a month with a long holiday is no quieter month.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, Literal

import msgspec

from sanban.kernel.clock.calendar import Calendar, Day, day_of_date, day_of_iso, iso_of_day
from sanban.kernel.errors import SanbanError

Grain = Literal["year", "quarter", "month", "week", "day", "days"]
_WRITTEN: Final = re.compile(
    r"(?P<year>\d{4})(-Q(?P<quarter>[1-4])|-W(?P<week>\d{2})|-(?P<month>\d{2})(-(?P<day>\d{2}))?)?"
)
_EXAMPLE: Final = "--period 2026-05 (or 2026, 2026-Q2, 2026-W21, 2026-05-04, 2026-05-04..2026-06-30)"


class Period(msgspec.Struct, frozen=True):
    """Local days from `first` up to, not including, `end`; `since` and `until`: their midnights, microseconds UTC."""

    name: str
    grain: Grain
    first: Day
    end: Day
    since: int
    until: int
    working_days: int
    provisional: bool = False


def period_of(text: str, calendar: Calendar, example: str = _EXAMPLE) -> Period:
    """The period written so. Raises SanbanError for one that is not, with the example, or outside the calendar."""
    try:
        grain, first, end = _days(text)
    except ValueError as error:
        raise SanbanError(f"{text!r} is not a period", example) from error
    return _period(text, grain, first, end, calendar)


def before(period: Period, calendar: Calendar) -> Period:
    """The period of the same kind that ends where this one begins."""
    return _named(period.grain, period.first - 1, period.end - period.first, calendar)


def so_far(period: Period, now: int, calendar: Calendar) -> Period:
    """As much of it as is over with today: a month that is not over has fewer working days yet."""
    today = calendar.day_of(now)
    if not period.first <= today < period.end - 1:
        return period
    return _period(period.name, period.grain, period.first, today + 1, calendar)


def year_before(period: Period, calendar: Calendar) -> Period:
    """The same period a year earlier: the same month, quarter, week of the year, or the same dates."""
    if period.grain == "week":
        year, week, _ = _date(period.first).isocalendar()
        weeks = date(year - 1, 12, 28).isocalendar().week
        return period_of(f"{year - 1}-W{min(week, weeks):02}", calendar)
    if period.grain in ("day", "days"):
        first, last = _year_earlier(period.first), _year_earlier(period.end - 1)
        return _period(f"{iso_of_day(first)}..{iso_of_day(last)}", "days", first, last + 1, calendar)
    return _named(period.grain, _year_earlier(period.first), 0, calendar)


def _named(grain: Grain, inside: Day, length: int, calendar: Calendar) -> Period:
    """The period of a kind that holds a day; of plain days, the `length` days that end with it."""
    if grain == "days":
        first = inside - length + 1
        return _period(f"{iso_of_day(first)}..{iso_of_day(inside)}", grain, first, inside + 1, calendar)
    return period_of(_NAMES[grain](_date(inside)), calendar)


_NAMES: Final[dict[Grain, Callable[[date], str]]] = {
    "year": lambda day: f"{day.year}",
    "quarter": lambda day: f"{day.year}-Q{(day.month + 2) // 3}",
    "month": lambda day: f"{day:%Y-%m}",
    "week": lambda day: "{}-W{:02}".format(*day.isocalendar()),
    "day": lambda day: f"{day:%Y-%m-%d}",
}


def _days(text: str) -> tuple[Grain, Day, Day]:
    first, dots, last = text.partition("..")
    if dots:
        span = day_of_iso(first), day_of_iso(last) + 1
        if span[0] >= span[1]:
            raise ValueError("ends before it begins")
        return "days", *span
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise ValueError("no period")
    given = {name: int(value) for name, value in match.groupdict().items() if value}
    year = given["year"]
    if "quarter" in given:
        return "quarter", *_months(year, 3 * given["quarter"] - 2, 3)
    if "week" in given:
        monday = _day(date.fromisocalendar(year, given["week"], 1))
        return "week", monday, monday + 7
    if "day" in given:
        day = day_of_date(year, given["month"], given["day"])
        return "day", day, day + 1
    return ("month", *_months(year, given["month"], 1)) if "month" in given else ("year", *_months(year, 1, 12))


def _months(year: int, month: int, count: int) -> tuple[Day, Day]:
    later, index = divmod(month - 1 + count, 12)
    return day_of_date(year, month, 1), day_of_date(year + later, index + 1, 1)


def _period(name: str, grain: Grain, first: Day, end: Day, calendar: Calendar) -> Period:
    since, until = calendar.start_of(first), calendar.start_of(end)
    counts, place = calendar.working_before, calendar.first_day
    working = counts[end - place] - counts[first - place]
    known = calendar.is_known(first) and calendar.is_known(end - 1)
    return Period(name, grain, first, end, since, until, working, not known)


def _date(day: Day) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


def _day(day: date) -> Day:
    return day_of_date(day.year, day.month, day.day)


def _year_earlier(day: Day) -> Day:
    """29 February has the 28th before it."""
    then = _date(day)
    return day_of_date(then.year - 1, then.month, min(then.day, 28) if then.month == 2 else then.day)


def holding(grain: Grain, instant: int, calendar: Calendar) -> Period:
    """The period of a kind that an instant lies in."""
    return _named(grain, calendar.day_of(instant), 1, calendar)
