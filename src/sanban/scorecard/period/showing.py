"""A period's lines and appeals as a viewer may read them: without what is withheld from them, in both versions."""

from __future__ import annotations

import msgspec

from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.scorecard.period.beside import Beside
from sanban.scorecard.period.event import Line
from sanban.scorecard.period.stream import Appeal, AssessedPeriod
from sanban.scorecard.ports import Needs


class LineRow(msgspec.Struct, frozen=True):
    """A line in both versions; `excluded`: how many were left out. `withheld`: the viewer may not know its numbers."""

    title: Title
    unit_title: Title
    first: Line
    second: Line
    excluded: int
    withheld: bool = False


def line_rows(needs: Needs, withheld: Beside, state: AssessedPeriod, own: str) -> tuple[LineRow, ...]:
    """Lines of a period, of one unit or of all (''), with nothing of what is withheld from the viewer."""
    drafted = state.drafted
    second = state.final.lines if state.final else state.second(drafted.lines)
    rows = []
    for line, after in zip(drafted.lines, second, strict=True):
        if own not in ("", line.unit):
            continue
        rows.append(_row(needs, state, line, after, shown=withheld.shows(line)))
    return tuple(rows)


def district_rows(needs: Needs, withheld: Beside, state: AssessedPeriod) -> tuple[LineRow, ...]:
    """The totals of a period, with nothing that they would tell beside the lines of the units that are shown."""
    drafted = state.drafted
    second = state.final.district if state.final else state.second(drafted.district)
    rows = []
    for line, after in zip(drafted.district, second, strict=True):
        units = [one for one in drafted.lines if one.figure == line.figure]
        shown = withheld.shows_whole(line, units) and withheld.shows(line)
        rows.append(_row(needs, state, line, after, shown=shown))
    return tuple(rows)


def _row(needs: Needs, state: AssessedPeriod, line: Line, after: Line, *, shown: bool) -> LineRow:
    titles = needs.figure(line.figure), needs.unit(line.unit, state.drafted.until)
    if shown:
        return LineRow(*titles, line, after, len(state.excluded(line.figure, line.unit)))
    nothing = msgspec.structs.replace(line, holds=0, n=0)
    return LineRow(*titles, nothing, nothing, 0, withheld=True)


def known_appeals(needs: Needs, viewer: Actor, state: AssessedPeriod, own: str) -> tuple[tuple[Appeal, str], ...]:
    """Appeals of one unit or of all (''), each with its case's number; none of a case the viewer may not know of."""
    said = [one for one in state.appeals if own in ("", one.said.unit)]
    numbers = needs.numbers(viewer, [one.said.case for one in said])
    return tuple((one, numbers[one.said.case]) for one in said if one.said.case in numbers)
