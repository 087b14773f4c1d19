"""Money: integers of fen (one hundredth of a yuan), and the one division that is allowed on them.

`mul_div` multiplies first and divides once, so an amount is rounded exactly once, at the end, in the way the rule
names. Nothing here ever becomes a float. The roundings are total and monotone: a larger quotient never gives a smaller
result, which is what lets the expression checker prove the range of a result from the ends of its operands.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from sanban.kernel.errors import SanbanError

Fen: TypeAlias = int
Rounding: TypeAlias = Literal["half_away", "floor", "ceil", "half_even", "truncate"]


def mul_div(amount: int, num: int, den: int, rounding: str = "half_away") -> int:
    """Return `amount * num / den`, rounded once.

    Units: those of `amount` (fen for money). `den` is at least 1. Half away from zero (四舍五入) unless another of
    `ROUNDINGS` is named. Raises SanbanError for a `den` below 1 or an unknown rounding.
    Source: GB/T 8170-2008, 3.2 for `half_even`; a negative number is rounded like its absolute value.
    """
    if den < 1:
        raise SanbanError(f"mul_div needs a divisor of at least 1, not {den}", "mul_div(240000, 80, 100)")
    rounded = ROUNDINGS.get(rounding)
    if rounded is None:
        raise SanbanError(
            f"unknown rounding '{rounding}'; there are {', '.join(ROUNDINGS)}",
            f"mul_div(240000, 80, 100, rounding='{next(iter(ROUNDINGS))}')",
        )
    return rounded(amount * num, den)


def _half_away(product: int, den: int) -> int:
    """Return the nearest integer; a half goes away from zero."""
    size = (2 * abs(product) + den) // (2 * den)
    return size if product >= 0 else -size


def _floor(product: int, den: int) -> int:
    """Return the largest integer that is not above the quotient."""
    return product // den


def _ceil(product: int, den: int) -> int:
    """Return the smallest integer that is not below the quotient."""
    return -(-product // den)


def _half_even(product: int, den: int) -> int:
    """Return the nearest integer; a half goes to the even neighbour."""
    below, rest = divmod(product, den)
    return below + (2 * rest > den or (2 * rest == den and below % 2 == 1))


def _truncate(product: int, den: int) -> int:
    """Return the quotient cut off towards zero."""
    return product // den if product >= 0 else -(-product // den)


# Every rounding by its name: product and positive divisor in, integer out.
ROUNDINGS: Final = MappingProxyType[str, Callable[[int, int], int]](
    {"half_away": _half_away, "floor": _floor, "ceil": _ceil, "half_even": _half_even, "truncate": _truncate}
)
