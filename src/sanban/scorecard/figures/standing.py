"""How a unit stands: not in a naive row of shares, but against what cases like its own would have given elsewhere.

    expected   for each kind of case (`mix`) the share of all other units, times how many of that kind the unit had
    ratio      observed over expected, drawn towards 1 the more, the less there is to go by

A kind of which others had fewer than the figure's minimum says nothing: its cases are not compared, and are counted as
such. What there is to go by is the unit's own cases and the others', whose share is no surer than they are many: both
give their variance to the ratio (delta method), as if the kind's share were the same everywhere.

How far a ratio is drawn follows from how much units differ beyond what chance would have them: by so much that their
squared distances from 1 come to what is then expected of them. A unit of many more cases than the figure's minimum
weighs one, and one of a few hardly anything, so that these do not decide it. Where units differ by nothing, every ratio
is 1. The interval is the wider, the farther a ratio was drawn and the fewer units there are to know by how
far. Sources: Paule and Mandel, Journal of Research of the NBS 87 (1982), 377-385, their condition; DerSimonian and
Kacker, Contemporary Clinical Trials 28 (2007), 105-114, its weights; Morris, JASA 78 (1983), 47-55, the interval.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import Final, NamedTuple

import msgspec

from sanban.scorecard.figures.asking import Asked, Stratum
from sanban.scorecard.figures.statistics import Ratio, Z

_HALVINGS: Final = 60


class Expected(msgspec.Struct, frozen=True):
    """What a unit's cases would have given elsewhere, and how much more or less they gave.

    `observed` of `cases`: of the kinds that others had enough of. `uncompared`: the other kinds, and how many cases of
    each. `ratio`: None where chance has no say, as where nothing was to be expected.
    """

    observed: int
    cases: int
    expected: float
    ratio: Ratio | None
    uncompared: Mapping[str, int]


class _Seen(NamedTuple):
    """Of a unit's cases that are compared: what held, what was to be expected, and the variance of both by chance."""

    cases: int
    observed: int
    expected: float
    own: float
    others: float

    @property
    def is_sayable(self) -> bool:
        """Whether anything was to be expected, and chance has a say in it."""
        return self.expected > 0 and self.own > 0

    @property
    def raw(self) -> float:
        """Observed over expected."""
        return self.observed / self.expected

    @property
    def spread(self) -> float:
        """The variance of observed over expected."""
        return (self.own + max(1.0, self.raw) ** 2 * self.others) / self.expected**2


def expected_of(asked: Asked) -> Mapping[str, Expected]:
    """Of every unit that had anything; of a figure that only counts, none."""
    if asked.district.denominator is None:
        return {}
    every, least = _every(asked.strata), max(1, asked.district.figure.minimum_n)
    enough: defaultdict[str, list[Stratum]] = defaultdict(list)
    few: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for one in asked.strata:
        if every[one.mix].n - one.n >= least:
            enough[one.unit].append(one)
        else:
            few[one.unit][" ".join(one.mix)] = one.n
    seen = {unit: _seen(enough[unit], every) for unit in dict.fromkeys(one.unit for one in asked.strata)}
    drawn = _drawn({unit: one for unit, one in seen.items() if one.is_sayable}, least)
    return {
        unit: Expected(one.observed, one.cases, one.expected, drawn.get(unit), few[unit]) for unit, one in seen.items()
    }


def _every(strata: Iterable[Stratum]) -> Mapping[tuple[str, ...], Stratum]:
    """By kind, what all units have of it together."""
    had: Counter[tuple[str, ...]] = Counter()
    held: Counter[tuple[str, ...]] = Counter()
    for one in strata:
        had[one.mix] += one.n
        held[one.mix] += one.holds
    return {mix: Stratum("", mix, n, held[mix]) for mix, n in had.items()}


def _seen(unit: Sequence[Stratum], every: Mapping[tuple[str, ...], Stratum]) -> _Seen:
    expected = own = others = 0.0
    for one in unit:
        kind = every[one.mix]
        elsewhere = kind.n - one.n
        expected += one.n * (kind.holds - one.holds) / elsewhere
        chance = one.n * (kind.holds / kind.n) * (1 - kind.holds / kind.n)
        own += chance
        others += chance * one.n / elsewhere
    return _Seen(sum(one.n for one in unit), sum(one.holds for one in unit), expected, own, others)


def _drawn(units: Mapping[str, _Seen], least: int) -> Mapping[str, Ratio]:
    between, unsure = _between(list(units.values()), least), 2 / max(1, len(units) - 2)
    return {unit: _ratio(one, between / (between + one.spread), unsure) for unit, one in units.items()}


def _between(units: Sequence[_Seen], least: int) -> float:
    """The variance of units' ratios that chance does not explain."""
    weighed = [(one.cases / (one.cases + least), (one.raw - 1) ** 2, one.spread) for one in units]
    low, high = 0.0, sum(squared for _, squared, _ in weighed)
    for _ in range(_HALVINGS if units else 0):
        middle = (low + high) / 2
        wider = sum(weight * (squared / (spread + middle) - 1) for weight, squared, spread in weighed) > 0
        low, high = (middle, high) if wider else (low, middle)
    return low


def _ratio(seen: _Seen, kept: float, unsure: float) -> Ratio:
    drawn, away = 1 + kept * (seen.raw - 1), (1 - kept) * (seen.raw - 1)
    half = Z * sqrt(kept * seen.spread + unsure * away * away)
    return Ratio(seen.observed, seen.expected, drawn, max(0.0, drawn - half), drawn + half)
