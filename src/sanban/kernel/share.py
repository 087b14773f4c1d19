"""So many of so many: the share in per cent and its interval, in integers, so that every machine says the same.

per_cent(7, 8) == "87.5 %"    interval(7, 8) == (529, 978), tenths of a per cent    per_cent(0, 0) == "n/a"
"""

from __future__ import annotations

from math import isqrt

NOTHING = "n/a"
_Z, _ONE = 1_959_964, 1_000_000
"""The normal quantile of 97.5 %, in millionths."""


def per_cent(holds: int, n: int) -> str:
    """Per cent with one decimal, rounded half up; `n/a` of nothing."""
    return tenths((2 * 1000 * holds + n) // (2 * n)) if n else NOTHING


def tenths(value: int) -> str:
    """Tenths of a per cent as text: `87.5 %`."""
    return f"{value // 10}.{value % 10} %"


def interval(holds: int, n: int) -> tuple[int, int] | None:
    """Wilson's 95 % interval in tenths of a per cent; None of nothing. Source: Wilson 1927, JASA 22, 209-212."""
    if not n:
        return None
    square = _Z * _Z // _ONE
    root = isqrt((square * _ONE * n + 4 * holds * (n - holds) * _ONE * _ONE) // n)
    middle, reach, of = 2 * holds * _ONE + square, _Z * root // _ONE, 2 * (n * _ONE + square)
    low, high = (max(0, (2 * 1000 * side + of) // (2 * of)) for side in (middle - reach, middle + reach))
    return low, min(1000, high)
