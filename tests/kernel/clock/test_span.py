"""Months and weeks of local days follow each other without gap, and every instant lies in one of each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.clock.calendar import DAY
from sanban.kernel.clock.span import EXAMPLES, Kind, beside, span_at, span_of
from sanban.kernel.errors import SanbanError
from sanban.main.house import SHIPPED_CALENDARS
from sanban.packs.calendar import load_calendar

CALENDAR = load_calendar(SHIPPED_CALENDARS["cn"])
FIRST, LAST = CALENDAR.start_of(CALENDAR.first_day + 40), CALENDAR.day_starts[-40]
KINDS = st.sampled_from(sorted(EXAMPLES))


@given(st.integers(FIRST, LAST), KINDS)
def test_an_instant_lies_in_its_span_and_the_next_begins_where_it_ends(instant: int, kind: Kind) -> None:
    span = span_at(CALENDAR, instant, kind)
    assert span.since <= instant < span.until
    assert (span.kind, span_of(CALENDAR, span.key)) == (kind, span)
    assert span_of(CALENDAR, beside(span.key, 1)).since == span.until
    assert beside(beside(span.key, 5), -5) == span.key


def test_a_week_is_seven_days_from_monday_and_named_by_its_thursday() -> None:
    week = span_of(CALENDAR, "2026-W01")
    assert CALENDAR.local(week.since) == "2025-12-29 00:00"
    assert week.until - week.since == 7 * DAY
    assert [beside("2026-W53", 1), beside("2026-01", -1), beside("2026-12", 1)] == ["2027-W01", "2025-12", "2027-01"]


@pytest.mark.parametrize("key", ["", "2026", "2026-13", "2026-W54", "2026-W00", "2026-6", "26-W01", "2026-W1x"])
def test_what_is_no_key_is_told_with_one_that_is(key: str) -> None:
    with pytest.raises(SanbanError, match=r"is no (week|month)") as raised:
        span_of(CALENDAR, key)
    assert raised.value.example in EXAMPLES.values()
