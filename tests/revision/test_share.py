"""A share says how sure it is: Wilson's interval, never outside 0 and 1, wide where little was seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.revision.share import WHOLE, Share


@given(st.integers(0, 5_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_the_share_lies_in_its_interval_and_the_interval_in_the_whole(counted: tuple[int, int]) -> None:
    share = Share(*counted)
    low, high = share.interval
    assert 0 <= low <= high <= WHOLE
    assert share.points is None or low - 1 <= share.points <= high + 1


@given(st.integers(0, 50), st.integers(1, 50))
def test_the_more_was_seen_the_narrower_is_the_interval(holds: int, more: int) -> None:
    few, many = Share(holds, 50), Share(holds * (more + 1), 50 * (more + 1))
    assert many.interval[1] - many.interval[0] < few.interval[1] - few.interval[0]


@given(st.integers(0, 300), st.integers(0, 300))
def test_what_holds_and_what_does_not_have_mirrored_intervals(holds: int, fails: int) -> None:
    low, high = Share(holds, holds + fails).interval
    assert Share(fails, holds + fails).interval == pytest.approx((WHOLE - high, WHOLE - low), abs=1)


def test_seven_of_eight_lies_between_52_9_and_97_8_percent() -> None:
    assert Share(7, 8).interval == (5291, 9776)


def test_nothing_is_known_of_nothing() -> None:
    assert (Share(0, 0).points, Share(0, 0).interval) == (None, (0, WHOLE))


def test_shares_of_two_lots_are_one_of_both() -> None:
    assert Share(1, 2) + Share(2, 3) == Share(3, 5)
