"""The working-day calendar of one time zone, as a table that answers in O(log n).

A `Day` is a count of days since 1970-01-01 in local dates. A `Calendar` holds, for a dated range of days, the instant
of each local midnight (so every zone works, daylight saving included) and whether the day is worked. Two tables are
derived once by `build_calendar`: how many working days lie before each day, and the position of the n-th working day.
Counting and jumping are then look-ups; only `position_of` searches, by bisection.

Days from `known_from` to `known_until` have a published status. Days outside follow the weekday pattern, and whatever
is computed from them is provisional. Outside the table there is no answer at all: a `SanbanError`.

Hours of the day are measured back from the following midnight, because zones change their clocks before offices open:
office sessions are then right on days of 23 and 25 hours too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from itertools import accumulate, pairwise
from typing import TypeAlias

import msgspec

from sanban.kernel.errors import SanbanError

Day: TypeAlias = int

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_EPOCH = date(1970, 1, 1).toordinal()


class Holiday(msgspec.Struct, frozen=True):
    """A named public holiday over the half-open range of days `start` to `end`."""

    start: Day
    end: Day
    zh: str
    en: str


class Calendar(msgspec.Struct, frozen=True, cache_hash=True):
    """A versioned calendar; make one with `build_calendar`.

    `day_starts` has one more entry than `working`: the end of the last day. `sessions` are half-open offsets within a
    day, in microseconds. `rest_weekdays` count from Monday = 0. `known_until` is inclusive. The last six fields are
    derived.
    """

    name: str
    version: str
    zone: str
    first_day: Day
    known_from: Day
    known_until: Day
    day_starts: tuple[int, ...]
    working: tuple[bool, ...]
    sessions: tuple[tuple[int, int], ...]
    rest_weekdays: tuple[int, ...]
    holidays: tuple[Holiday, ...]
    office_origin: str
    label: str
    working_before: tuple[int, ...]
    working_positions: tuple[int, ...]
    known_start: int
    known_end: int
    office_length: int

    def position_of(self, instant: int) -> int:
        """Index in the table of the local day that holds the instant. Raises SanbanError outside the table."""
        position = bisect_right(self.day_starts, instant) - 1
        if 0 <= position < len(self.working):
            return position
        raise self.outside()

    def day_of(self, instant: int) -> Day:
        """The local day that holds the instant. Raises SanbanError outside the table."""
        return self.first_day + self.position_of(instant)

    def start_of(self, day: Day) -> int:
        """Instant of the local midnight that begins the day; the day after the last is allowed."""
        position = day - self.first_day
        if 0 <= position < len(self.day_starts):
            return self.day_starts[position]
        raise self.outside()

    def is_working(self, day: Day) -> bool:
        """Whether the day is worked, by its published status or else by the weekday pattern."""
        position = day - self.first_day
        if 0 <= position < len(self.working):
            return self.working[position]
        raise self.outside()

    def is_known(self, day: Day) -> bool:
        """Whether the status of the day is published."""
        return self.known_from <= day <= self.known_until

    def is_rest_weekday(self, day: Day) -> bool:
        """Whether the weekly pattern makes the day a day of rest."""
        return weekday_of(day) in self.rest_weekdays

    def holiday_on(self, day: Day) -> Holiday | None:
        """The named public holiday that covers the day."""
        return next((holiday for holiday in self.holidays if holiday.start <= day < holiday.end), None)

    def iso(self, day: Day) -> str:
        """The day as YYYY-MM-DD."""
        return iso_of_day(day)

    def time_of_day(self, instant: int) -> int:
        """Wall-clock offset within the local day in microseconds; on days of 23 or 25 hours see the module's text."""
        position = self.position_of(instant)
        elapsed = instant - self.day_starts[position]
        return elapsed if elapsed < HOUR else DAY - (self.day_starts[position + 1] - instant)

    def local(self, instant: int) -> str:
        """Local time as 'YYYY-MM-DD HH:MM', the minute rounded down."""
        hours, minutes = divmod(self.time_of_day(instant) // MINUTE, 60)
        return f"{self.iso(self.day_of(instant))} {hours:02}:{minutes:02}"

    def local_end(self, instant: int) -> str:
        """Like `local`, but a midnight is written as 24:00 of the day that it ends: the way a deadline is read."""
        position = bisect_right(self.day_starts, instant) - 1
        if position > 0 and self.day_starts[position] == instant:
            return f"{self.iso(self.first_day + position - 1)} 24:00"
        return self.local(instant)

    def outside(self) -> SanbanError:
        """The error for a day or instant that the table does not hold."""
        last = self.first_day + len(self.working) - 1
        return SanbanError(
            f"the time asked for is outside calendar {self.name} of {self.iso(self.first_day)} to {self.iso(last)}",
            f"a day such as {self.iso(self.known_until)}, or a calendar head file with a later last_year",
        )


def build_calendar(
    *,
    name: str,
    version: str,
    zone: str,
    first_day: Day,
    known_from: Day,
    known_until: Day,
    day_starts: Sequence[int],
    working: Sequence[bool],
    sessions: Sequence[tuple[int, int]],
    rest_weekdays: Sequence[int] = (5, 6),
    holidays: Sequence[Holiday] = (),
    office_origin: str = "illustrative",
) -> Calendar:
    """A calendar with its derived tables. Raises SanbanError if the tables do not fit together."""
    _check_days(day_starts, working)
    _check_sessions(sessions)
    last_day = first_day + len(working) - 1
    if not first_day <= known_from <= known_until <= last_day:
        raise SanbanError(
            f"known days {iso_of_day(known_from)} to {iso_of_day(known_until)} are not a range inside the table "
            f"{iso_of_day(first_day)} to {iso_of_day(last_day)}",
            "known_from 2024-01-01, known_until 2026-12-31 in a table of 2015 to 2036",
        )
    return Calendar(
        name=name,
        version=version,
        zone=zone,
        first_day=first_day,
        known_from=known_from,
        known_until=known_until,
        day_starts=tuple(day_starts),
        working=tuple(working),
        sessions=tuple(sessions),
        rest_weekdays=tuple(rest_weekdays),
        holidays=tuple(holidays),
        office_origin=office_origin,
        label=f"{name}@{version}",
        working_before=tuple(accumulate((int(flag) for flag in working), initial=0)),
        working_positions=tuple(position for position, flag in enumerate(working) if flag),
        known_start=day_starts[known_from - first_day],
        known_end=day_starts[known_until - first_day + 1],
        office_length=sum(end - start for start, end in sessions),
    )


def day_of_date(year: int, month: int, day: int) -> Day:
    """The day number of a calendar date. Raises ValueError for a date that does not exist."""
    return date(year, month, day).toordinal() - _EPOCH


def day_of_iso(text: str) -> Day:
    """The day number of YYYY-MM-DD. Raises ValueError for anything else."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        raise ValueError(f"{text!r} is not a date like 2025-04-25")
    return date.fromisoformat(text).toordinal() - _EPOCH


def iso_of_day(day: Day) -> str:
    """The day as YYYY-MM-DD."""
    return date.fromordinal(_EPOCH + day).isoformat()


def weekday_of(day: Day) -> int:
    """Monday = 0 to Sunday = 6."""
    return (day + 3) % 7


def _check_days(day_starts: Sequence[int], working: Sequence[bool]) -> None:
    if len(day_starts) != len(working) + 1 or not working:
        raise SanbanError(
            f"a calendar needs one midnight more than days: {len(day_starts)} midnights, {len(working)} days",
            "365 days and 366 midnights, the last of which ends the table",
        )
    if any(later <= earlier for earlier, later in pairwise(day_starts)):
        raise SanbanError("the midnights of a calendar must rise strictly", "day_starts=(0, 86_400_000_000)")


def _check_sessions(sessions: Sequence[tuple[int, int]]) -> None:
    bounds = [0, *(bound for session in sessions for bound in session), DAY]
    rising = all(earlier <= later for earlier, later in pairwise(bounds))
    if not sessions or not rising or any(start == end for start, end in sessions):
        raise SanbanError(
            "office sessions must be half-open spans within one day, in order and apart",
            "09:00-12:00 and 13:30-17:30",
        )
