"""How a unit stands: not in a naive row of shares, but against what cases like its own would have given elsewhere.

    expected   for each kind of case (`mix`) the share of all other units, times how many of that kind the unit had
    ratio      observed over expected, drawn towards 1 the more, the less there is to go by

Kinds that no other unit has say nothing and are left out. How far it is drawn follows from how much units differ beyond
what chance would have them: where that is nothing, every ratio is 1. Source of the moments: DerSimonian and Laird,
Controlled Clinical Trials 7 (1986), 177-188.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import sqrt
from typing import NamedTuple

import msgspec

from sanban.scorecard.figures.asking import Asked
from sanban.scorecard.figures.statistics import Z


class Expected(msgspec.Struct, frozen=True):
    """What a unit's cases would have given elsewhere, and how much more or less they gave. `low` and `high`: 95 %.

    `observed`: of the kinds that another unit has too.
    """

    observed: int
    expected: float
    ratio: float
    low: float
    high: float


class _Seen(NamedTuple):
    """Of one unit: what held, what was to be expected, and the variance that chance gives it."""

    observed: int = 0
    expected: float = 0.0
    variance: float = 0.0

    @property
    def spread(self) -> float:
        """The variance of observed over expected."""
        return self.variance / self.expected**2


def expected_of(asked: Asked) -> Mapping[str, Expected]:
    """Of every unit where chance has a say; of a figure that only counts, none."""
    if asked.district.denominator is None:
        return {}
    had: Counter[tuple[str, ...]] = Counter()
    held: Counter[tuple[str, ...]] = Counter()
    for stratum in asked.strata:
        had[stratum.mix] += stratum.n
        held[stratum.mix] += stratum.holds
    units: dict[str, _Seen] = {}
    for stratum in asked.strata:
        others = had[stratum.mix] - stratum.n
        if not others:
            continue
        share = (held[stratum.mix] - stratum.holds) / others
        seen, hoped, variance = units.get(stratum.unit, _Seen())
        like = stratum.n * share
        units[stratum.unit] = _Seen(seen + stratum.holds, hoped + like, variance + like * (1 - share))
    known = {unit: one for unit, one in units.items() if one.variance > 0}
    between = _between(list(known.values()))
    return {unit: _drawn(one, between) for unit, one in known.items()}


def _between(units: Sequence[_Seen]) -> float:
    """The variance of units' ratios that chance does not explain."""
    weights = [1 / one.spread for one in units]
    total = sum(weights)
    room = total - sum(weight * weight for weight in weights) / total if total else 0.0
    seen = sum(weight * (one.observed / one.expected - 1) ** 2 for weight, one in zip(weights, units, strict=True))
    return max(0.0, (seen - (len(units) - 1)) / room) if room > 0 else 0.0


def _drawn(one: _Seen, between: float) -> Expected:
    kept = between / (between + one.spread)
    ratio, half = 1 + kept * (one.observed / one.expected - 1), Z * sqrt(kept * one.spread)
    return Expected(one.observed, one.expected, ratio, max(0.0, ratio - half), ratio + half)
