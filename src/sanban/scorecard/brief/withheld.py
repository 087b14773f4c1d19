"""A frozen brief for somebody from whom cases are kept: its rows without the sums that point to one of these cases.

The words of a brief say numbers again that its tables hold, so where any row is withheld the tables stand alone, with
the last part, which says where the numbers come from.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.scorecard.brief.composing import Brief
from sanban.scorecard.brief.document import Document, Section, Table, Words
from sanban.scorecard.brief.stream import UNSAID
from sanban.scorecard.figures.spans import Period, before, period_of
from sanban.scorecard.ports import Needs
from sanban.scorecard.withholding import Withholding, key_of, withholding


def for_viewer(needs: Needs, brief: Brief, viewer: Actor) -> Brief | Refused:
    """The brief as the viewer may read it: as it was frozen, unless cases are kept from them."""
    week = period_of(brief.frozen.week, needs.calendar)
    earlier = before(week, needs.calendar)
    found = withholding(needs, viewer, brief.frozen.position, (week, earlier))
    if isinstance(found, Refused):
        return found
    shown = _shown(brief, found, week, earlier)
    if all(shown.values()):
        return brief
    return replace(brief, words=Words(_without(brief.words.zh, shown), _without(brief.words.en, shown)))


def _shown(brief: Brief, withheld: Withholding, week: Period, earlier: Period) -> Mapping[str, bool]:
    """By the keys of a brief's rows, whether they may be read."""
    shown = {}
    for one in brief.frozen.figures:
        now = one.holds if one.n is None else one.n
        then = one.holds_before if one.n_before is None else one.n_before
        fits = withheld.shows(key_of(week.name, one.figure, one.unit), now)
        fits = fits and withheld.shows(key_of(earlier.name, one.figure, one.unit), then)
        shown[f"{one.figure}/{one.unit}"] = fits
        if not one.unit:
            shown[one.figure] = fits
    for count in brief.frozen.counts:
        fits = withheld.shows(key_of(week.name, count.key), count.count)
        shown[count.key] = fits and withheld.shows(key_of(earlier.name, count.key), count.before or 0)
    return shown


def _without(document: Document, shown: Mapping[str, bool]) -> Document:
    *parts, source = document.sections
    return replace(document, sections=(*(_apart(part, shown) for part in parts if part.table), source))


def _apart(part: Section, shown: Mapping[str, bool]) -> Section:
    table = part.table
    assert table is not None, "only parts with a table are kept"
    rows = tuple(
        row if shown.get(key, False) else (row[0], *[UNSAID] * (len(row) - 1))
        for key, row in zip(table.keys, table.rows, strict=True)
    )
    return Section(part.heading, (), Table(table.caption, table.head, rows, table.keys))
