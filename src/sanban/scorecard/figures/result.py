"""What comes back of a figure: numerator, denominator, what was left out, how sure, of which ledger position."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from sanban.columnar.snapshot import Place
from sanban.kernel.mechanism import Title
from sanban.packs.figures.definition import Better, Definition
from sanban.scorecard.figures.spans import Period
from sanban.scorecard.figures.statistics import Interval, percent, wilson

Standing = Literal["n/a", "interval", "ranked"]
"""Of nothing; below the least number, where only the interval may be read; enough to stand beside others."""


class Result(msgspec.Struct, frozen=True):
    """A figure of a period, of one unit or, None, of the whole district.

    `numerator` of `denominator`; a figure that only counts has no denominator. `excluded`: how many each exclusion
    left out; `readmitted`: how many it would have, had the cap not been reached, and which count.
    """

    figure: Definition
    period: Period
    unit: str | None
    numerator: int
    denominator: int | None
    excluded: Mapping[str, int]
    readmitted: int
    place: Place

    @property
    def key(self) -> str:
        return self.figure.key

    @property
    def title(self) -> Title:
        return self.figure.title

    @property
    def better(self) -> Better:
        return self.figure.better

    @property
    def value(self) -> str:
        """`96.16 %`, `n/a` of nothing; of a figure that only counts, the count."""
        return str(self.numerator) if self.denominator is None else percent(self.numerator, self.denominator)

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of a share."""
        return None if self.denominator is None else wilson(self.numerator, self.denominator)

    @property
    def standing(self) -> Standing:
        """How it may be read; only what is ranked may stand in a row with others."""
        if self.denominator == 0:
            return "n/a"
        enough = self.denominator is None or self.denominator >= self.figure.minimum_n
        return "ranked" if enough else "interval"


class Counted(msgspec.Struct, frozen=True):
    """One thing behind a figure. `part`: of the case, '' for the whole; `excluded`: by which exclusion, '' by none."""

    case: str
    number: str
    part: str
    unit: str
    at: int
    holds: bool
    excluded: str
