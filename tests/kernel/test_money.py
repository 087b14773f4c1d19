"""Money: multiply first, divide once, round as the rule says."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.errors import SanbanError
from sanban.kernel.money import ROUNDINGS, mul_div

AMOUNTS = st.integers(-(10**12), 10**12)


def reference(quotient: Fraction, rounding: str) -> int:
    """Round an exact fraction the way a textbook says it."""
    size = math.floor(abs(quotient) + Fraction(1, 2))
    return {
        "half_away": size if quotient >= 0 else -size,
        "floor": math.floor(quotient),
        "ceil": math.ceil(quotient),
        "half_even": round(quotient),
        "truncate": math.trunc(quotient),
    }[rounding]


@pytest.mark.parametrize(
    ("amount", "num", "den", "rounding", "expected"),
    [
        (240_000, 80, 100, "half_away", 192_000),
        (5, 1, 2, "half_away", 3),
        (-5, 1, 2, "half_away", -3),
        (5, 1, 2, "half_even", 2),
        (7, 1, 2, "half_even", 4),
        (-5, 1, 2, "half_even", -2),
        (5, 1, 2, "floor", 2),
        (-5, 1, 2, "floor", -3),
        (5, 1, 2, "ceil", 3),
        (-5, 1, 2, "ceil", -2),
        (5, 1, 2, "truncate", 2),
        (-5, 1, 2, "truncate", -2),
        (2, 1, 3, "half_even", 1),
    ],
)
def test_a_half_goes_where_the_rounding_says(amount: int, num: int, den: int, rounding: str, expected: int) -> None:
    assert mul_div(amount, num, den, rounding) == expected


def test_half_away_from_zero_is_the_default() -> None:
    assert (mul_div(25, 1, 10), mul_div(-25, 1, 10)) == (3, -3)


@given(
    amount=AMOUNTS, num=st.integers(-10_000, 10_000), den=st.integers(1, 10_000), rounding=st.sampled_from([*ROUNDINGS])
)
def test_mul_div_is_the_exact_fraction_rounded_once(amount: int, num: int, den: int, rounding: str) -> None:
    found = mul_div(amount, num, den, rounding)
    assert found == reference(Fraction(amount * num, den), rounding)
    assert type(found) is int


@given(small=AMOUNTS, more=st.integers(0, 10**6), den=st.integers(1, 1000), rounding=st.sampled_from([*ROUNDINGS]))
def test_a_larger_amount_never_gives_a_smaller_result(small: int, more: int, den: int, rounding: str) -> None:
    assert mul_div(small, 1, den, rounding) <= mul_div(small + more, 1, den, rounding)


@pytest.mark.parametrize("den", [0, -1])
def test_a_divisor_below_one_is_refused_with_an_example(den: int) -> None:
    with pytest.raises(SanbanError, match="at least 1") as caught:
        mul_div(1, 1, den)
    assert caught.value.example


def test_an_unknown_rounding_is_refused_with_those_there_are() -> None:
    with pytest.raises(SanbanError, match="half_even"):
        mul_div(1, 1, 1, "bankers")
