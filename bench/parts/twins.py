"""Every way of shirking: a unit's figures as the honest twin has them, beside those of the one that shirks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from parts.playing import WAYS
from parts.shirking import UNIT, Shares, figures_of
from parts.spotting import FOUND_FIRST, WAY, figures_spotting
from parts.whistling import FIGURES_AROUND, SHIRKER, figures_around
from sanban.handling.figures.judging import Figure

Share = tuple[int, int]


class Compared(NamedTuple):
    """One figure of both twins as (holds, of)."""

    figure: Figure
    honest: Share
    shirking: Share

    @property
    def is_won(self) -> bool:
        """Whether the shirker's share is better, or is n/a where the honest unit's leaves something to answer for."""
        (mine, n), (twin, of) = self.honest, self.shirking
        if not of:
            return n > 0 and mine != (n if self.figure.better == "high" else 0)
        if not n:
            return False
        return {"high": twin * n > mine * of, "low": twin * n < mine * of, "neither": False}[self.figure.better]


class Twins(NamedTuple):
    """One way of shirking, what it makes of each figure, and what the unit was refused."""

    way: str
    unit: str
    compared: tuple[Compared, ...]
    refused: Counter[str]


def all_twins(seed: int, cases: int) -> Iterator[Twins]:
    """Each way on the same cases: of a unit that is sent orders, around whistles, and with what the unit finds."""
    honest, _ = figures_of("", seed, cases)
    for way in WAYS:
        shirking, refused = figures_of(way, seed, cases)
        yield Twins(way, UNIT, _side_by_side(honest, shirking), refused)
    around, _ = figures_around("", seed, cases)
    for way, unit in SHIRKER.items():
        figures, refused = figures_around(way, seed, cases)
        yield Twins(way, unit, _side_by_side(around[unit], figures[unit]), refused)

    honest, _ = figures_spotting("", seed, cases)
    shirking, refused = figures_spotting(WAY, seed, cases)
    yield Twins(WAY, UNIT, _side_by_side(honest, shirking), refused)


def _side_by_side(honest: Shares, shirking: Shares) -> tuple[Compared, ...]:
    return tuple(
        Compared(figure, honest[figure.code], shirking[figure.code])
        for figure in (*FIGURES_AROUND, FOUND_FIRST)
        if figure.code in honest
    )
