"""Months and weeks of local days, by their keys: `2026-06`, `2026-W23` (from Monday; ISO 8601).

span_of(calendar, "2026-W23") --> from its first midnight up to, not including, the next one's
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal

import msgspec

from sanban.kernel.clock.calendar import Calendar, day_of_date
from sanban.kernel.errors import SanbanError

Kind = Literal["month", "week"]
EXAMPLES: dict[Kind, str] = {"month": "2026-06", "week": "2026-W23"}
_KEY = re.compile(r"(\d{4})-(?:W(\d{2})|(\d{2}))")


class Span(msgspec.Struct, frozen=True):
    """A month or week: its key, and from when until when; microseconds UTC, half-open."""

    key: str
    since: int
    until: int

    @property
    def kind(self) -> Kind:
        """What it is a span of."""
        return "week" if "W" in self.key else "month"


def span_of(calendar: Calendar, key: str) -> Span:
    """The span of a key. Raises SanbanError for what is no key, or outside the calendar's table."""
    first, after = _first_of(key), _first_of(beside(key, 1))
    return Span(key, *(calendar.start_of(day_of_date(day.year, day.month, day.day)) for day in (first, after)))


def span_at(calendar: Calendar, instant: int, kind: Kind) -> Span:
    """The month or week that an instant lies in. Raises SanbanError outside the calendar's table."""
    return span_of(calendar, _key_of(dt.date.fromisoformat(calendar.iso(calendar.day_of(instant))), kind))


def beside(key: str, by: int) -> str:
    """The key so many months or weeks later (earlier, when negative). Raises SanbanError for what is no key."""
    first = _first_of(key)
    if "W" in key:
        return _key_of(first + dt.timedelta(weeks=by), "week")
    years, months = divmod(first.year * 12 + first.month - 1 + by, 12)
    return f"{years:04d}-{months + 1:02d}"


def _key_of(day: dt.date, kind: Kind) -> str:
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}" if kind == "week" else f"{day:%Y-%m}"


def _first_of(key: str) -> dt.date:
    found = _KEY.fullmatch(key)
    kind: Kind = "week" if "W" in key else "month"
    try:
        if found is None:
            raise ValueError(key)
        year, week, month = found.groups()
        return dt.date.fromisocalendar(int(year), int(week), 1) if week else dt.date(int(year), int(month), 1)
    except ValueError as error:
        raise SanbanError(f"{key!r} is no {kind}", EXAMPLES[kind]) from error
