"""A share: so many of so many, and the interval within which the true share lies.

The interval is Wilson's score interval at 95 %: it stays inside 0 and 1, and says something at none of few and at all
of few, where the usual one is empty. Source: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212.
"""

from __future__ import annotations

from math import sqrt

import msgspec

Z_95 = 1.959963984540054
"""How many standard errors hold 95 % of a normal distribution, half of the rest on either side."""
WHOLE = 10_000
"""A share of one, in basis points."""


class Share(msgspec.Struct, frozen=True, order=True):
    """`holds` of `of` things."""

    holds: int
    of: int

    @property
    def points(self) -> int | None:
        """The share in basis points; None of nothing."""
        return round(self.holds * WHOLE / self.of) if self.of else None

    @property
    def interval(self) -> tuple[int, int]:
        """Wilson's 95 % interval in basis points; everything is possible of nothing."""
        low, high = wilson(self.holds, self.of)
        return round(low * WHOLE), round(high * WHOLE)

    def __add__(self, other: Share) -> Share:
        return Share(self.holds + other.holds, self.of + other.of)


def wilson(holds: int, of: int, z: float = Z_95) -> tuple[float, float]:
    """The score interval of a share; `z`: standard errors on either side."""
    if not of:
        return 0.0, 1.0
    share, square = holds / of, z * z / of
    middle = share + square / 2
    half = z * sqrt(share * (1 - share) / of + square / (4 * of))
    return max(0.0, (middle - half) / (1 + square)), min(1.0, (middle + half) / (1 + square))
