"""A share that a replay or a proposal speaks of: so many of so many, and how sure that is."""

from __future__ import annotations

import msgspec

from sanban.kernel import score

WHOLE = score.WHOLE
"""A share of one, in basis points."""


class Share(msgspec.Struct, frozen=True, order=True):
    """`holds` of `of` things."""

    holds: int = 0
    of: int = 0

    @property
    def points(self) -> int | None:
        """The share in basis points; None of nothing."""
        return score.share(self.holds, self.of)

    @property
    def interval(self) -> tuple[int, int]:
        """The 95 % interval in basis points; everything is possible of nothing."""
        return score.interval(self.holds, self.of) or (0, WHOLE)

    def __add__(self, other: Share) -> Share:
        return Share(self.holds + other.holds, self.of + other.of)
