"""Whether a published sum may be shown beside those of other periods: a quarter less two of its months is the third.

Periods are looked at in the order in which they were published, and the later one yields, so that what somebody has
read once is never a part of a subtraction that came to be possible afterwards. A sum is shown only where

    what it holds beyond the earlier periods of one grain that lie in it tells of no kept case, and
    of an earlier period around it, what that holds beyond all of this grain tells of none either
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.scorecard.figures.spans import period_of
from sanban.scorecard.period.event import Line
from sanban.scorecard.period.stream import AssessedPeriod, stream_of
from sanban.scorecard.ports import Needs
from sanban.scorecard.withholding import Sum, Withholding, figure_sum, key_of, withholding

_EARLIER = (
    "SELECT period FROM period_view WHERE district = :district AND (drafted_at, period) < (:at, :period) "
    "ORDER BY drafted_at, period"
)


class Published(NamedTuple):
    """A sum of a period: its key, from when up to, not including, when, its grain, and what it holds."""

    key: str
    since: int
    until: int
    grain: str
    sum: Sum

    def lies_in(self, other: Published) -> bool:
        """Whether it is a part of the other's time."""
        return other.since <= self.since and self.until <= other.until and self.grain != other.grain


def shows_among(withheld: Withholding, one: Published, earlier: Sequence[Published], left_out: int = 0) -> bool:
    """Whether a sum may be shown beside those that were published before it."""
    if not withheld.shows(one.key, one.sum, left_out):
        return False
    parts = sorted((each for each in earlier if each.lies_in(one)), key=lambda each: each.grain)
    families = [list(several) for _, several in groupby(parts, lambda each: each.grain)]
    if not all(withheld.shows_whole(one.key, one.sum, _sums(several)) for several in families):
        return False
    wholes = (each for each in earlier if one.lies_in(each) and withheld.shows(each.key, each.sum))
    return all(withheld.shows_whole(each.key, each.sum, _sums(_beside(one, each, earlier))) for each in wholes)


def shows_total(withheld: Withholding, whole: Published, units: Sequence[tuple[Published, bool]]) -> bool:
    """Whether a total may be shown beside those of its units, each with whether that is shown.

    One that only other periods or appeals keep back would be what is left of the total when the others are taken away.
    """
    if any(not shown and withheld.shows(unit.key, unit.sum) for unit, shown in units):
        return False
    return withheld.shows_whole(whole.key, whole.sum, _sums([unit for unit, _ in units]))


def _beside(one: Published, whole: Published, earlier: Sequence[Published]) -> Iterator[Published]:
    """Those of its grain in the whole, itself among them."""
    yield from (each for each in (*earlier, one) if each.grain == one.grain and each.lies_in(whole))


def _sums(several: Sequence[Published] | Iterator[Published]) -> dict[str, Sum]:
    return {each.key: each.sum for each in several}


class Beside:
    """A period's lines beside those of the periods published before it, for one viewer."""

    def __init__(
        self, needs: Needs, state: AssessedPeriod, earlier: Sequence[AssessedPeriod], own: Withholding
    ) -> None:
        self._needs = needs
        self._state = state
        self._earlier = [(each, {(one.figure, one.unit): one for one in _lines(each)}) for each in earlier]
        self._withheld = own
        self._shown: dict[tuple[str, str], bool] = {}

    def shows_whole(self, line: Line, units: Sequence[Line]) -> bool:
        """Whether the viewer may know a total beside the lines of the units."""
        parts = [(self._published(self._state, one), self.shows(one)) for one in units]
        return shows_total(self._withheld, self._published(self._state, line), parts)

    def shows(self, line: Line) -> bool:
        """Whether the viewer may know the numbers of a line, or of a total."""
        key = line.figure, line.unit
        if key not in self._shown:
            earlier = [self._published(each, lines[key]) for each, lines in self._earlier if key in lines]
            left_out = len(self._state.excluded(*key))
            self._shown[key] = shows_among(self._withheld, self._published(self._state, line), earlier, left_out)
        return self._shown[key]

    def _published(self, state: AssessedPeriod, line: Line) -> Published:
        name = state.drafted.period
        span = period_of(name, self._needs.calendar)
        holds = figure_sum(line.holds, None if line.is_count else line.n)
        return Published(key_of(name, line.figure, line.unit), span.since, span.until, span.grain, holds)


def _lines(state: AssessedPeriod) -> tuple[Line, ...]:
    """A period's lines and totals."""
    return (*state.drafted.lines, *state.drafted.district)


def beside(needs: Needs, viewer: Actor, state: AssessedPeriod) -> Beside | Refused:
    """What is withheld of a period's lines; others are read only for a viewer from whom something is kept."""
    own = _withheld(needs, viewer, state)
    if isinstance(own, Refused) or own.own is None:
        return own if isinstance(own, Refused) else Beside(needs, state, (), own)
    sums, related = dict(own.own), _related(needs, state)
    for each in related:
        found = _withheld(needs, viewer, each)
        if isinstance(found, Refused):
            return found
        sums |= found.own or {}
    return Beside(needs, state, related, Withholding(own.least, sums))


def _withheld(needs: Needs, viewer: Actor, state: AssessedPeriod) -> Withholding | Refused:
    period = period_of(state.drafted.period, needs.calendar)
    return withholding(needs, viewer, state.drafted.position, (period,))


def _related(needs: Needs, state: AssessedPeriod) -> list[AssessedPeriod]:
    """The periods published before that share time with it, and those that share time with one around it."""
    drafted = state.drafted
    rows = needs.reader.query(_EARLIER, {"at": drafted.at, "period": drafted.period})
    spans = {name: period_of(name, needs.calendar) for (name,) in rows}
    touching = [one for one in spans.values() if one.since < drafted.until and drafted.since < one.until]
    since, until = (
        min([drafted.since, *(one.since for one in touching)]),
        max([drafted.until, *(one.until for one in touching)]),
    )
    names = [name for name, one in spans.items() if since <= one.since and one.until <= until]
    found = (needs.reader.state(stream_of(name)) for name in names)
    return [one for one in found if isinstance(one, AssessedPeriod)]
