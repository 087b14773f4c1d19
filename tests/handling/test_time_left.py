"""The time a clock has left, in its own unit: days as days, hours as hours and never as microseconds."""

from __future__ import annotations

import pytest

import read_once
from sanban.handling.views.timing import clock_left
from sanban.kernel.case.state import Clock
from sanban.kernel.clock.calendar import HOUR
from sanban.kernel.clock.due import due
from sanban.kernel.clock.limit import Length, Unit
from sanban.kernel.mechanism import Limit, Title

CALENDAR = read_once.calendar()
START = CALENDAR.start_of(CALENDAR.first_day + 3765) + 10 * HOUR


@pytest.mark.parametrize(
    ("unit", "count", "amount", "shown"),
    [
        ("hour", 24, 23, "hour"),
        ("minute", 90, 30, "minute"),
        ("office_hour", 4, 3, "hour"),
        ("working_day", 5, 5, "working_day"),
    ],
)
def test_a_running_clock_tells_its_time_left_in_its_own_unit(unit: Unit, count: int, amount: int, shown: str) -> None:
    lengths = (Length(count, unit),)
    limit = Limit("l", Title("限", "limit"), lengths[0], "unit")
    at = due(CALENDAR, lengths, START)
    clock = Clock("c", "l", "t1", "u", START, lengths, at.at)
    left = clock_left(CALENDAR, limit, clock, START + HOUR)
    assert left is not None
    assert left.amount <= count
    if unit != "office_hour":
        assert (left.amount, left.unit) == (amount, shown)
