"""How likely what was seen would be by chance, and how many such findings to believe when many were looked for.

Tails are exact sums, no approximation: numbers are small where it matters. Of many tests made at once some come out
low by chance alone; Benjamini and Hochberg's procedure keeps the expected part of false ones among those believed under
a declared rate. Source: J. R. Stat. Soc. B 57 (1995) 289-300; it holds for tests that are independent, or that lean the
same way as tests on the same cases do: Ann. Stat. 29 (2001) 1165-1188.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import atan, cos, exp, fsum, lgamma, log, pi, sin, sqrt
from typing import Final

_HALVINGS: Final = 60


def at_least(holds: int, of: int, share: float) -> float:
    """How likely `holds` or more of `of` hold when each does with this chance, between 0 and 1."""
    if holds <= 0:
        return 1.0
    return min(1.0, fsum(exp(_log_binomial(one, of, share)) for one in range(holds, of + 1)))


def at_most(holds: int, of: int, share: float) -> float:
    """How likely `holds` or fewer of `of` hold when each does with this chance."""
    return at_least(of - holds, of, 1.0 - share)


def at_least_events(events: int, expected: float) -> float:
    """How likely so many events or more are when so many are expected (Poisson)."""
    if events <= 0:
        return 1.0
    if expected <= 0.0:
        return 0.0
    below = fsum(exp(one * log(expected) - expected - lgamma(one + 1)) for one in range(events))
    return max(0.0, 1.0 - below)


def believed(chances: Sequence[float], rate: float) -> tuple[bool, ...]:
    """Which findings to believe so that at most `rate` of those are expected to be false."""
    ranked = enumerate(sorted(chances), start=1)
    last = max((chance for number, chance in ranked if chance * len(chances) <= rate * number), default=-1.0)
    return tuple(chance <= last for chance in chances)


def student(within: float, freedom: int) -> float:
    """How far from 0, on both sides, Student's t stays with this chance; `freedom`: its degrees, from 1 on."""
    low, high = 0.0, 1.0
    while _within(high, freedom) < within:
        low, high = high, 2 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < within else (low, middle)
    return high


def _within(far: float, freedom: int) -> float:
    """How likely Student's t is no farther than this. Source: Abramowitz and Stegun (1964), 26.7.3 and 26.7.4."""
    angle = atan(far / sqrt(freedom))
    odd = freedom % 2
    part = cos(angle) if odd else 1.0
    parts = []
    for next_one in range(odd + 2, freedom + 1, 2):
        parts.append(part)
        part *= cos(angle) ** 2 * (next_one - 1) / next_one
    summed = sin(angle) * fsum(parts)
    return 2 / pi * (angle + summed) if odd else summed


def _log_binomial(holds: int, of: int, share: float) -> float:
    ways = lgamma(of + 1) - lgamma(holds + 1) - lgamma(of - holds + 1)
    return ways + holds * log(share) + (of - holds) * log(1.0 - share)
