"""Periods: written, in front of one another, a year apart, and compared by their working days."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.clock.calendar import iso_of_day
from sanban.kernel.errors import SanbanError
from sanban.scorecard.figures.spans import before, year_before
from sanban.scorecard.figures.statistics import change_by_working_day, newcombe, percent, wilson
from scorecard.figures.small_figures import calendar, period

WRITTEN = st.one_of(
    st.integers(2019, 2027).map(str),
    st.tuples(st.integers(2019, 2027), st.integers(1, 4)).map(lambda one: f"{one[0]}-Q{one[1]}"),
    st.tuples(st.integers(2019, 2027), st.integers(1, 12)).map(lambda one: f"{one[0]}-{one[1]:02}"),
    st.tuples(st.integers(2019, 2027), st.integers(1, 52)).map(lambda one: f"{one[0]}-W{one[1]:02}"),
    st.integers(18_000, 20_700).map(iso_of_day),
    st.tuples(st.integers(18_000, 20_700), st.integers(0, 90)).map(
        lambda one: f"{iso_of_day(one[0])}..{iso_of_day(sum(one))}"
    ),
)


@given(text=WRITTEN)
def test_the_period_before_ends_where_this_one_begins_and_is_of_the_same_kind(text: str) -> None:
    one = period(text)
    earlier = before(one, calendar())
    assert (earlier.until, earlier.grain) == (one.since, one.grain)
    assert 0 <= one.working_days <= one.end - one.first
    if one.grain in ("day", "days", "week"):
        assert earlier.end - earlier.first == one.end - one.first


@pytest.mark.parametrize(
    ("text", "earlier"),
    [
        ("2026", "2025"),
        ("2026-Q1", "2025-Q1"),
        ("2026-05", "2025-05"),
        ("2021-W02", "2020-W02"),
        ("2020-W53", "2019-W52"),
        ("2024-02-29", "2023-02-28..2023-02-28"),
        ("2026-05-04..2026-06-30", "2025-05-04..2025-06-30"),
    ],
)
def test_a_year_earlier(text: str, earlier: str) -> None:
    assert year_before(period(text), calendar()).name == earlier


@pytest.mark.parametrize("text", ["May", "2026-13", "2026-W60", "2026-02-30", "2026-05-04..2026-05-03", "2026-Q5", ""])
def test_what_is_no_period_is_refused_with_one_that_is(text: str) -> None:
    with pytest.raises(SanbanError, match="is not a period") as refused:
        period(text)
    assert "2026-05" in str(refused.value)


def test_a_month_with_a_long_holiday_is_no_quieter_month() -> None:
    """A year of 248 working days; February 2025 has 19 of them, January 2025 has 19 too, March 21."""
    assert period("2025").working_days == 248
    february, march = period("2025-02"), period("2025-03")
    per_day = 194
    change = change_by_working_day(
        per_day * march.working_days, march.working_days, per_day * february.working_days, february.working_days
    )
    assert change == 0
    assert change_by_working_day(110, 1, 100, 1) == 100
    assert change_by_working_day(90, 1, 100, 1) == -100
    assert change_by_working_day(5, 1, 0, 1) is None


def test_a_period_whose_days_are_not_published_yet_is_provisional() -> None:
    assert not period("2026-05").provisional
    assert period("2028-05").provisional


@given(n=st.integers(1, 10**6), data=st.data())
def test_a_share_lies_in_its_interval_and_the_interval_in_the_unit(n: int, data: st.DataObject) -> None:
    holds = data.draw(st.integers(0, n))
    found = wilson(holds, n)
    assert found is not None
    assert 0 <= found.low <= holds / n + 1e-12
    assert holds / n - 1e-12 <= found.high <= 1
    assert percent(holds, n).endswith(" %")


@given(st.integers(0, 50), st.integers(1, 50), st.integers(0, 50), st.integers(1, 50))
def test_a_difference_turned_round_has_the_interval_turned_round(one: int, more: int, other: int, others: int) -> None:
    found, turned = newcombe(one, one + more, other, other + others), newcombe(other, other + others, one, one + more)
    assert found is not None
    assert turned is not None
    assert (found.low, found.high) == pytest.approx((-turned.high, -turned.low))
