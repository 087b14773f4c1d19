"""Whether a published sum may be shown beside those of other texts: a quarter less two of its months is the third.

Drafts and briefs are looked at in the order in which they were published, and the later one yields, so that what
somebody has read once is never a part of a subtraction that came to be possible afterwards. A sum is shown only where

    what it holds beyond the earlier sums of one grain that lie in it tells of no kept case, and
    of an earlier sum around it, what that holds beyond all of this grain tells of none either

Weeks that drafts and briefs both tell are taken from either and from both, each week once; the same week told twice is
held against itself, for what has changed between the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Protocol

from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.scorecard.period.publications import Publication, Published, earlier_than, of_period
from sanban.scorecard.period.stream import AssessedPeriod
from sanban.scorecard.ports import Needs
from sanban.scorecard.withholding import Sum, Withholding, withholding


class Line(Protocol):
    """A line of a text: its figure, and its unit, '' for the district."""

    @property
    def figure(self) -> str: ...

    @property
    def unit(self) -> str: ...


def shows_among(withheld: Withholding, one: Published, earlier: Sequence[Published], left_out: int = 0) -> bool:
    """Whether a sum may be shown beside those that were published before it."""
    if not withheld.shows(one.key, one.sum, left_out):
        return False
    parts = [each for each in earlier if each.lies_in(one)]
    if not all(withheld.shows_whole(one.key, one.sum, _sums(several)) for several in _families(parts)):
        return False
    wholes = (each for each in earlier if one.lies_in(each) and withheld.shows(each.key, each.sum))
    return all(
        withheld.shows_whole(each.key, each.sum, _sums(several))
        for each in wholes
        for several in _families(_beside(one, each, earlier))
        if one in several
    )


def shows_total(withheld: Withholding, whole: Published, units: Sequence[tuple[Published, bool]]) -> bool:
    """Whether a total may be shown beside those of its units, each with whether that is shown.

    One that only other periods or appeals keep back would be what is left of the total when the others are taken away.
    """
    if any(not shown and withheld.shows(unit.key, unit.sum) for unit, shown in units):
        return False
    return withheld.shows_whole(whole.key, whole.sum, _sums([unit for unit, _ in units]))


def _beside(one: Published, whole: Published, earlier: Sequence[Published]) -> Iterator[Published]:
    """It, and those of its grain in the whole."""
    yield one
    yield from (each for each in earlier if each.grain == one.grain and each.lies_in(whole))


def _families(several: Iterable[Published]) -> Iterator[list[Published]]:
    """Sums of one grain that do not overlap: those of one kind of text, and the first of any kind for each time."""
    for _, same in groupby(sorted(several, key=lambda each: each.grain), lambda each: each.grain):
        of_grain = list(same)
        kinds = dict.fromkeys(each.kind for each in of_grain)
        yield from ([each for each in of_grain if each.kind == kind] for kind in kinds)
        if len(kinds) > 1:
            yield list({each.since: each for each in reversed(of_grain)}.values())


def _sums(several: Iterable[Published]) -> dict[str, Sum]:
    return {each.key: each.sum for each in several}


class Beside:
    """A text's lines beside those of the texts published before it, for one viewer."""

    def __init__(
        self,
        text: Publication,
        earlier: Sequence[Publication],
        withheld: Withholding,
        left_out: Callable[[str, str], int],
    ) -> None:
        self._text = text
        self._earlier = earlier
        self._withheld = withheld
        self._left_out = left_out
        self._shown: dict[tuple[str, str], bool] = {}

    def shows_whole(self, line: Line, units: Sequence[Line]) -> bool:
        """Whether the viewer may know a total beside the lines of the units."""
        parts = [(self._sums(one), self.shows(one)) for one in units]
        return all(
            shows_total(self._withheld, whole, [(sums[place], shown) for sums, shown in parts])
            for place, whole in enumerate(self._sums(line))
        )

    def shows(self, line: Line) -> bool:
        """Whether the viewer may know the numbers of a line, or of a total."""
        key = line.figure, line.unit
        if key not in self._shown:
            earlier = [one for each in self._earlier for one in each.sums.get(key, ())]
            left_out = self._left_out(*key)
            sums = self._text.sums[key]
            self._shown[key] = all(shows_among(self._withheld, one, earlier, left_out) for one in sums)
        return self._shown[key]

    def _sums(self, line: Line) -> tuple[Published, ...]:
        return self._text.sums[line.figure, line.unit]


def beside(needs: Needs, viewer: Actor, state: AssessedPeriod) -> Beside | Refused:
    """What is withheld of a period's lines."""
    text = of_period(needs, state)
    own = withholding(needs, viewer, text.position, text.periods)
    if isinstance(own, Refused):
        return own
    return beside_others(needs, viewer, text, own, lambda figure, unit: len(state.excluded(figure, unit)))


def beside_others(
    needs: Needs,
    viewer: Actor,
    text: Publication,
    own: Withholding,
    left_out: Callable[[str, str], int] = lambda _figure, _unit: 0,
) -> Beside | Refused:
    """What is withheld of a text; others are read only for a viewer from whom something is kept."""
    if own.own is None:
        return Beside(text, (), own, left_out)
    sums, earlier = text.keyed(own.own), earlier_than(needs, text)
    for each in earlier:
        found = withholding(needs, viewer, each.position, each.periods)
        if isinstance(found, Refused):
            return found
        sums |= each.keyed(found.own or {})
    return Beside(text, earlier, Withholding(own.least, sums), left_out)
