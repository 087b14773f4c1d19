"""What of the district's published sums is withheld from somebody from whom cases are kept.

A draft, a final and a brief are the district's own: their sums hold every case, whomever it is about, and read the same
for all. Who has cases kept from them counts everything else without these cases, so a published sum less their own
would tell of what is kept. Such a viewer is shown a published sum only where no subtraction tells how a kept case went:

    it is of `least` or more (`withheld_below` of the assessment's terms), and
    nothing of it is kept from them, or of what is kept `least` or more hold and `least` or more do not, with nothing
    left out of it after appeals; the district's sum less those of the units that are shown is held to the same

Everybody else sees every sum. Pages, files and the API ask here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.scorecard.figures.spans import Period
from sanban.scorecard.ports import Needs, View


class Sum(NamedTuple):
    """So many things, and how many of them hold: None where they are only counted."""

    n: int
    holds: int | None = None

    def less(self, other: Sum) -> Sum:
        """What is left when others are taken away."""
        return Sum(self.n - other.n, None if self.holds is None else self.holds - (other.holds or 0))

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is in it. Of what was counted at two instants, as many may be left of which others hold."""
        return not self.n and not self.holds

    @property
    def fewest(self) -> int:
        """The smaller of those that hold and those that do not; all of them where they are only counted."""
        return self.n if self.holds is None else min(self.holds, self.n - self.holds)


class Withholding(msgspec.Struct, frozen=True):
    """For one viewer and one published text. `own`: what the viewer counts by key; None where nothing is kept."""

    least: int
    own: Mapping[str, Sum] | None = None

    def shows(self, key: str, published: Sum, left_out: int = 0) -> bool:
        """Whether a published sum may be shown; `left_out`: how many appeals took out of it."""
        if self.own is None or not published.n:
            return True
        kept = self._kept(self.own, key, published)
        return published.n >= self.least and (not kept.n or (kept.fewest >= self.least and not left_out))

    def shows_whole(self, key: str, published: Sum, units: Mapping[str, Sum]) -> bool:
        """Whether the district's sum may be shown beside those of its units: what it holds beyond them is a sum too."""
        if self.own is None:
            return True
        beyond = self._kept(self.own, key, published)
        for unit, one in units.items():
            if self.shows(unit, one):
                beyond = beyond.less(self._kept(self.own, unit, one))
        return self.shows(key, published) and (beyond.is_nothing or beyond.fewest >= self.least)

    @staticmethod
    def _kept(own: Mapping[str, Sum], key: str, published: Sum) -> Sum:
        return published.less(own.get(key, Sum(0, 0)))


def withholding(needs: Needs, viewer: Actor, position: int, periods: Sequence[Period]) -> Withholding | Refused:
    """What is withheld of sums that were published at a position of these periods.

    A position never changes, so what is counted there without the same cases is counted once and kept.
    """
    least, kept = needs.terms.withheld_below, needs.kept_from(viewer)
    if not kept:
        return Withholding(least)
    key = kept, position, tuple(periods)
    own = needs.own.get(key)
    if own is None:
        opened = needs.opens(viewer, position)
        if isinstance(opened, Refused):
            return opened
        with opened as view:
            own = {name: one for period in periods for name, one in _own(view, period).items()}
        if needs.kept_from(viewer) == kept:  # no case became one of theirs meanwhile
            needs.own.keep(key, own)
    return Withholding(least, own)


def key_of(period: str, figure: str, unit: str = "") -> str:
    """Of a figure of a unit, of a part of the stock, or of a matter, in a period."""
    return f"{period}/{figure}/{unit}"


def figure_sum(holds: int, n: int | None) -> Sum:
    """What a figure is made of: so many of so many, or so many where it only counts."""
    return Sum(holds) if n is None else Sum(n, holds)


def _own(view: View, period: Period) -> Mapping[str, Sum]:
    stock = view.stock(period)
    counts = {"closed": Sum(stock.closed), "open": Sum(stock.open, stock.late), "late": Sum(stock.late)}
    counts |= {f"matter:{one.code}": Sum(one.count) for one in view.matters(period, period)}
    figures = {key_of(period.name, one.figure, one.unit): figure_sum(one.holds, one.n) for one in view.figures(period)}
    return figures | {key_of(period.name, key): one for key, one in counts.items()}
