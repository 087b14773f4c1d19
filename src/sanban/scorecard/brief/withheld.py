"""A frozen brief for somebody from whom cases are kept: its rows without the sums that point to one of these cases.

A row of figures is held against the drafts and briefs published before, in the week and in the week before it.

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
from sanban.scorecard.brief.stream import UNSAID, BriefFrozen
from sanban.scorecard.figures.spans import Period, before, period_of
from sanban.scorecard.period.beside import Beside, beside_others
from sanban.scorecard.period.publications import of_brief
from sanban.scorecard.ports import Needs
from sanban.scorecard.withholding import Sum, Withholding, figure_sum, key_of, withholding


def for_viewer(needs: Needs, brief: Brief, viewer: Actor) -> Brief | Refused:
    """The brief as the viewer may read it: as it was frozen, unless cases are kept from them."""
    week = period_of(brief.frozen.week, needs.calendar)
    earlier = before(week, needs.calendar)
    found = withholding(needs, viewer, brief.frozen.position, (week, earlier))
    if isinstance(found, Refused):
        return found
    others = beside_others(needs, viewer, of_brief(needs, brief.frozen), found)
    if isinstance(others, Refused):
        return others
    beside = _beside(brief.frozen, others)
    shown = {key: fits and beside.get(key, True) for key, fits in _shown(brief.frozen, found, week, earlier).items()}
    if all(shown.values()):
        return brief
    return replace(brief, words=Words(_without(brief.words.zh, shown), _without(brief.words.en, shown)))


def _shown(frozen: BriefFrozen, withheld: Withholding, week: Period, earlier: Period) -> Mapping[str, bool]:
    """By the keys of a brief's rows, whether they may be read: nothing of them is withheld in either week.

    How many were late a week ago was counted for that week's brief: due times have moved since, so what the viewer
    counts now is no part of it, and who has cases kept from them does not read it.
    """
    figures = frozen.figures
    this = _figures_shown(withheld, week, {(one.figure, one.unit): figure_sum(one.holds, one.n) for one in figures})
    before = {(one.figure, one.unit): figure_sum(one.holds_before, one.n_before) for one in figures}
    that = _figures_shown(withheld, earlier, before)
    this |= _counts_shown(withheld, week, {one.key: one.count for one in frozen.counts})
    counts = {one.key: one.before for one in frozen.counts}
    late = counts.pop("late", None)
    that |= _counts_shown(withheld, earlier, counts)
    that["late"] = late is None or withheld.own is None
    return {key: fits and that[key] for key, fits in this.items()}


def _beside(frozen: BriefFrozen, others: Beside) -> Mapping[str, bool]:
    """By the keys of rows of figures, whether they may be read beside the drafts and briefs published before."""
    units = [one for one in frozen.figures if one.unit]
    shown = {f"{one.figure}/{one.unit}": others.shows(one) for one in units}
    for whole in (one for one in frozen.figures if not one.unit):
        parts = [one for one in units if one.figure == whole.figure]
        shown[whole.figure] = shown[f"{whole.figure}/"] = others.shows(whole) and others.shows_whole(whole, parts)
    return shown


def _figures_shown(withheld: Withholding, period: Period, sums: Mapping[tuple[str, str], Sum]) -> dict[str, bool]:
    shown = {}
    for (figure, unit), published in sums.items():
        key = key_of(period.name, figure, unit)
        if unit:
            shown[f"{figure}/{unit}"] = withheld.shows(key, published)
            continue
        units = {key_of(period.name, figure, of): one for (same, of), one in sums.items() if of and same == figure}
        shown[figure] = shown[f"{figure}/"] = withheld.shows_whole(key, published, units)
    return shown


def _counts_shown(withheld: Withholding, period: Period, counts: Mapping[str, int | None]) -> dict[str, bool]:
    """The late are of the open, so each less the other is a sum as well."""
    return {
        key: withheld.shows(key_of(period.name, key), Sum(count or 0, counts.get("late") if key == "open" else None))
        for key, count in counts.items()
    }


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
