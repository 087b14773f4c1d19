"""Interval arithmetic: the range of a result from the ranges of its operands.

Every rule is exact at the ends: each operation is monotone in each operand (a product on the corners of the box), so
the smallest and largest results are found at ends of the operands.
"""

from __future__ import annotations

from typing import TypeAlias

from sanban.kernel.expression.tree import LIMIT
from sanban.kernel.money import mul_div

Range: TypeAlias = tuple[int, int]


def exact(span: Range) -> bool:
    """Return whether every value of the range is below 2**53 in size."""
    return max(abs(span[0]), abs(span[1])) < LIMIT


def negated(span: Range) -> Range:
    """Return the range of -x."""
    return -span[1], -span[0]


def combined(operator: str, left: Range, right: Range) -> Range:
    """Return the range of left + right, left - right or left * right."""
    if operator == "+":
        return left[0] + right[0], left[1] + right[1]
    if operator == "-":
        return left[0] - right[1], left[1] - right[0]
    corners = [a * b for a in left for b in right]
    return min(corners), max(corners)


def extreme(function: str, spans: list[Range]) -> Range:
    """Return the range of the smallest (min) or largest (max) of several values."""
    choose = min if function == "min" else max
    return choose(low for low, _ in spans), choose(high for _, high in spans)


def divided(product: Range, den: Range, rounding: str) -> Range:
    """Return the range of product / den, rounded; every divisor is at least 1."""
    corners = [mul_div(a, 1, b, rounding) for a in product for b in den]
    return min(corners), max(corners)


def united(left: Range, right: Range) -> Range:
    """Return the smallest range that holds both."""
    return min(left[0], right[0]), max(left[1], right[1])
