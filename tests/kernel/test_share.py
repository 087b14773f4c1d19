"""Shares and their intervals: the golden ones, and what is true of all."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.share import NOTHING, interval, per_cent, tenths

SHARES = st.integers(0, 10**7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("holds", "n", "share"),
    [
        (23_974, 24_932, "96.2 %"),
        (22_345, 24_932, "89.6 %"),
        (597, 601, "99.3 %"),
        (7, 8, "87.5 %"),
        (1, 2000, "0.1 %"),
    ],
)
def test_a_share_is_rounded_half_up_to_a_tenth(holds: int, n: int, share: str) -> None:
    assert per_cent(holds, n) == share


def test_of_nothing_there_is_neither_share_nor_interval() -> None:
    assert (per_cent(0, 0), interval(0, 0)) == (NOTHING, None)


def test_seven_of_eight_lie_between_53_and_98_per_cent() -> None:
    found = interval(7, 8)
    assert found is not None
    assert [tenths(side) for side in found] == ["52.9 %", "97.8 %"]


@given(SHARES)
def test_the_interval_is_wilsons_and_holds_the_share(share: tuple[int, int]) -> None:
    holds, n = share
    found = interval(holds, n)
    if found is None:
        assert n == 0
        return
    z, p = 1.959964, holds / n
    middle, reach = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = (1000 * side / (1 + z * z / n) for side in (middle - reach, middle + reach))
    assert abs(found[0] - low) <= 0.51
    assert abs(found[1] - high) <= 0.51
    assert 0 <= found[0] <= 1000 * p + 0.51
    assert 1000 * p - 0.51 <= found[1] <= 1000
