"""The calendar as a table: look-ups, zones with daylight saving, and tables that do not fit together."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanban.kernel.clock.calendar import (
    DAY,
    HOUR,
    MINUTE,
    Calendar,
    Holiday,
    build_calendar,
    day_of_date,
    day_of_iso,
    iso_of_day,
    weekday_of,
)
from sanban.kernel.clock.due import due
from sanban.kernel.clock.limit import Length
from sanban.kernel.errors import SanbanError

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = day_of_iso("2025-01-01")


def plain(**changes: Any) -> Calendar:
    """Four days of 24 hours from 1970-01-01, a Thursday; the third and fourth are days of rest."""
    table: dict[str, Any] = {
        "name": "plain",
        "version": "1",
        "zone": "UTC",
        "first_day": 0,
        "known_from": 0,
        "known_until": 3,
        "day_starts": [day * DAY for day in range(5)],
        "working": [True, True, False, False],
        "sessions": [(9 * HOUR, 12 * HOUR), (13 * HOUR, 17 * HOUR)],
    }
    return build_calendar(**(table | changes))


def midnight(day: int) -> int:
    local = datetime.fromisoformat(iso_of_day(day)).replace(tzinfo=BERLIN)
    return int(local.timestamp()) * 1_000_000


def berlin() -> Calendar:
    days = range(FIRST, FIRST + 365)
    return plain(
        name="berlin",
        first_day=FIRST,
        known_from=FIRST,
        known_until=FIRST + 364,
        day_starts=[midnight(day) for day in range(FIRST, FIRST + 366)],
        working=[weekday_of(day) != 0 for day in days],
        rest_weekdays=[0],
    )


BERLIN_2025 = berlin()


@given(st.integers(0, 365 * 1440 - 61))
@settings(max_examples=100, deadline=None)
def test_days_of_a_zone_with_daylight_saving_agree_with_the_zone(minute: int) -> None:
    instant = BERLIN_2025.day_starts[0] + minute * MINUTE
    local = datetime.fromtimestamp(instant // 1_000_000, BERLIN)
    assert BERLIN_2025.iso(BERLIN_2025.day_of(instant)) == local.date().isoformat()
    if local.hour >= 4:
        assert BERLIN_2025.local(instant) == f"{local:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize("change", ["2025-03-30", "2025-10-26"])
def test_office_hours_are_right_on_the_days_when_the_clock_changes(change: str) -> None:
    start = BERLIN_2025.start_of(day_of_iso(change))
    at = due(BERLIN_2025, [Length(4, "office_hour")], start).at
    assert at == int(datetime.fromisoformat(f"{change}T14:00").replace(tzinfo=BERLIN).timestamp()) * 1_000_000
    following = datetime.fromisoformat(f"{change}T00:00").replace(tzinfo=BERLIN) + timedelta(days=1)
    midnight_after = due(BERLIN_2025, [Length(1, "day")], start - 1).at
    assert midnight_after == int(following.timestamp()) * 1_000_000


def test_the_first_hour_of_a_day_is_measured_from_its_midnight() -> None:
    spring = BERLIN_2025.start_of(day_of_iso("2025-03-30"))
    assert BERLIN_2025.local(spring + 30 * MINUTE) == "2025-03-30 00:30"


def test_a_midnight_that_ends_something_is_written_as_24_hours_of_the_day_before() -> None:
    calendar = plain()
    assert calendar.local(2 * DAY) == "1970-01-03 00:00"
    assert calendar.local_end(2 * DAY) == "1970-01-02 24:00"
    assert calendar.local_end(4 * DAY) == "1970-01-04 24:00"
    assert calendar.local_end(2 * DAY + 90 * MINUTE) == "1970-01-03 01:30"
    assert calendar.local_end(0) == "1970-01-01 00:00"


def test_each_day_is_looked_up_with_its_status() -> None:
    calendar = plain(known_from=1, known_until=2, holidays=[Holiday(1, 2, "节", "Feast")])
    assert [calendar.is_working(day) for day in range(4)] == [True, True, False, False]
    assert [calendar.is_known(day) for day in range(4)] == [False, True, True, False]
    assert [calendar.is_rest_weekday(day) for day in range(4)] == [False, False, True, True]
    assert [calendar.holiday_on(day) is not None for day in range(4)] == [False, True, False, False]
    assert [calendar.start_of(day) for day in range(5)] == [0, DAY, 2 * DAY, 3 * DAY, 4 * DAY]
    assert (calendar.day_of(DAY - 1), calendar.day_of(DAY)) == (0, 1)
    assert (calendar.known_start, calendar.known_end) == (DAY, 3 * DAY)
    assert calendar.label == "plain@1"


@pytest.mark.parametrize(
    "ask",
    [
        lambda calendar: calendar.day_of(-1),
        lambda calendar: calendar.day_of(4 * DAY),
        lambda calendar: calendar.start_of(-1),
        lambda calendar: calendar.start_of(5),
        lambda calendar: calendar.is_working(-1),
        lambda calendar: calendar.is_working(4),
        lambda calendar: calendar.local_end(-1),
    ],
)
def test_outside_the_table_there_is_no_answer(ask: Any) -> None:
    with pytest.raises(SanbanError, match="outside calendar plain of 1970-01-01 to 1970-01-04"):
        ask(plain())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"day_starts": [0, DAY]}, "one midnight more than days: 2 midnights, 4 days"),
        ({"day_starts": [0], "working": []}, "one midnight more than days"),
        ({"day_starts": [0, DAY, DAY, 3 * DAY, 4 * DAY]}, "must rise strictly"),
        ({"known_until": 4}, "known days 1970-01-01 to 1970-01-05 are not a range inside"),
        ({"known_from": -1}, "known days 1969-12-31 to 1970-01-04"),
        ({"known_from": 3, "known_until": 2}, "known days 1970-01-04 to 1970-01-03"),
        ({"sessions": []}, "office sessions"),
        ({"sessions": [(9 * HOUR, 9 * HOUR)]}, "office sessions"),
        ({"sessions": [(13 * HOUR, 17 * HOUR), (9 * HOUR, 12 * HOUR)]}, "office sessions"),
        ({"sessions": [(9 * HOUR, 25 * HOUR)]}, "office sessions"),
        ({"sessions": [(-1, HOUR)]}, "office sessions"),
    ],
)
def test_tables_that_do_not_fit_together_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SanbanError, match=message):
        plain(**changes)


@given(st.integers(-20_000, 30_000))
def test_a_day_and_its_date_are_two_names_of_one_thing(day: int) -> None:
    text = iso_of_day(day)
    assert day_of_iso(text) == day
    assert day_of_date(*map(int, text.split("-"))) == day
    assert weekday_of(day) == datetime.fromisoformat(text).weekday()


@pytest.mark.parametrize(
    "text", ["", "2025-4-25", "20250425", "2025-W17-5", "2025-02-30", "2025/04/25", "2025-04-25T00"]
)
def test_only_a_full_date_that_exists_is_a_day(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        day_of_iso(text)
