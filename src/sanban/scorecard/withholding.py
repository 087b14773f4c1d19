"""What of the district's published sums is withheld from somebody from whom cases are kept.

A draft, a final and a brief are the district's own: their sums hold every case, whomever it is about, and read the same
for all. Who has cases kept from them counts everything else without these cases, so a published sum less their own
would tell of what is kept. Such a viewer is shown a published sum only where no subtraction points to one case:

    it is of `least` or more (`withheld_below` of the assessment's terms), and
    nothing of it is kept from them, or `least` or more, with nothing left out of it after appeals

Everybody else sees every sum. Pages, files and the API ask here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.scorecard.figures.spans import Period
from sanban.scorecard.ports import Measured, Needs, View


class Withholding(msgspec.Struct, frozen=True):
    """For one viewer and one published text. `own`: what the viewer counts by key; None where nothing is kept."""

    least: int
    own: Mapping[str, int] | None = None

    def shows(self, key: str, published: int, left_out: int = 0) -> bool:
        """Whether a published sum of so many things may be shown; `left_out`: how many appeals took out of it."""
        if self.own is None or not published:
            return True
        kept = published - self.own.get(key, 0)
        return published >= self.least and (not kept or (kept >= self.least and not left_out))


def withholding(needs: Needs, viewer: Actor, position: int, periods: Sequence[Period]) -> Withholding | Refused:
    """What is withheld of sums that were published at a position of these periods."""
    least = needs.terms.withheld_below
    if not needs.keeps_from(viewer):
        return Withholding(least)
    opened = needs.opens(viewer, position)
    if isinstance(opened, Refused):
        return opened
    with opened as view:
        return Withholding(least, {key: n for period in periods for key, n in _own(view, period).items()})


def key_of(period: str, figure: str, unit: str = "") -> str:
    """Of a figure of a unit, of a part of the stock, or of a matter, in a period."""
    return f"{period}/{figure}/{unit}"


def things(measured: Measured) -> int:
    """How many things a figure is made of."""
    return measured.holds if measured.n is None else measured.n


def _own(view: View, period: Period) -> Mapping[str, int]:
    stock = msgspec.structs.asdict(view.stock(period))
    matters = {f"matter:{one.code}": one.count for one in view.matters(period, period)}
    figures = {key_of(period.name, one.figure, one.unit): things(one) for one in view.figures(period)}
    return figures | {key_of(period.name, key): n for key, n in (stock | matters).items()}
