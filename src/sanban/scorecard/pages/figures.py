"""Figures of a month or week: all of them, one with its charts, and the cases behind any number of it.

/scorecard                     every figure of the district, or of the viewer's unit
/scorecard/export              the same with every unit as a workbook
/scorecard/{figure}            how it went, and how the units stand, each with its interval
/scorecard/{figure}/cases      what it counts, what speaks against first; `left=out`: what is excluded
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.view import Download, Missing, PageAnswer, Pager, PageRequest, PageRoute, Shown, phrase
from sanban.scorecard.figures.spans import Period, before
from sanban.scorecard.moving import Moved, changes_of, of_unit
from sanban.scorecard.pages import charts
from sanban.scorecard.pages.asking import (
    PERIODS,
    STAFF,
    earlier,
    later,
    page_number,
    pager,
    standing,
    viewed,
)
from sanban.scorecard.pages.workbook import MEDIA, sheets, written
from sanban.scorecard.ports import ALL, Behind, Measured, Needs, Source, View

NO_FIGURE = Missing(phrase("Figure"), "in_time")


class ScorecardContext(msgspec.Struct, frozen=True):
    """`scorecard/scorecard.html`: each figure with the one of the period before."""

    period: Period
    earlier: str
    later: str
    rows: tuple[tuple[Measured, Measured | None], ...]
    source: Source


class FigureContext(msgspec.Struct, frozen=True):
    """`scorecard/figure.html`. `trend` and `chart`: pictures' addresses, '' for none; `changes`: since the period
    before, and since the same a year earlier.
    """

    period: Period
    earlier: str
    later: str
    whole: Measured
    points: tuple[tuple[str, Measured], ...]
    changes: tuple[Moved, ...]
    trend: str
    units: tuple[Measured, ...]
    chart: str
    source: Source


class CasesContext(msgspec.Struct, frozen=True):
    """`scorecard/cases.html`: a page of what is behind a number. `excluded`: what is left out of it instead;
    `requests`: the numbers of the parts that are requests.
    """

    period: Period
    measured: Measured
    excluded: bool
    cases: tuple[Behind, ...]
    requests: Mapping[str, str]
    pager: Pager
    source: Source


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The four."""
    return (
        PageRoute(
            "GET",
            "/scorecard",
            "scorecard.figures",
            partial(_scorecard, needs),
            roles=STAFF,
            menu=phrase("Scorecard"),
            icon="trending-up",
            order=51,
        ),
        PageRoute("GET", "/scorecard/export", "scorecard.export", partial(_export, needs), roles=STAFF),
        PageRoute("GET", "/scorecard/{figure}", "scorecard.figure", partial(_figure, needs), roles=STAFF),
        PageRoute("GET", "/scorecard/{figure}/cases", "scorecard.cases", partial(_cases, needs), roles=STAFF),
    )


def _scorecard(needs: Needs, asked: PageRequest) -> PageAnswer:
    own = needs.scope(asked.viewer)
    if isinstance(own, Refused):
        return own

    def answer(view: View, period: Period) -> Shown:
        prior = before(period, needs.calendar)
        then = {one.figure: one for one in view.figures(prior) if one.unit == own}
        rows = tuple((one, then.get(one.figure)) for one in view.figures(period) if one.unit == own)
        context = ScorecardContext(period, prior.name, later(needs, period, asked.now), rows, view.source)
        return Shown("scorecard/scorecard.html", context)

    return viewed(needs, asked, answer)


def _export(needs: Needs, asked: PageRequest) -> PageAnswer:
    own = needs.scope(asked.viewer)
    if isinstance(own, Refused):
        return own

    def answer(view: View, period: Period) -> Download:
        measured = [one for one in view.figures(period) if own in ("", one.unit)]
        say = partial(needs.say, asked.language)
        made = sheets(measured, period, view.source, needs.calendar, say, asked.language)
        return Download(needs.apart(written, made), f"figures-{period.name}.xlsx", MEDIA)

    return viewed(needs, asked, answer)


def _figure(needs: Needs, asked: PageRequest) -> PageAnswer:
    own = needs.scope(asked.viewer)
    if isinstance(own, Refused):
        return own
    figure = asked.path["figure"]

    def answer(view: View, period: Period) -> PageAnswer:
        measured = view.figures(period, (figure,))
        whole = of_unit(measured, own)
        if whole is None:
            return NO_FIGURE
        nothing = msgspec.structs.replace(whole, holds=0, n=None if whole.n is None else 0)
        points = tuple(
            (one.name, of_unit(view.figures(one, (figure,)), own) or nothing) for one in earlier(needs, period, PERIODS)
        )
        units = tuple(one for one in measured if one.unit and own in ("", one.unit))
        context = FigureContext(
            period=period,
            earlier=before(period, needs.calendar).name,
            later=later(needs, period, asked.now),
            whole=whole,
            points=points,
            changes=changes_of(needs, view, figure, own, period, asked.now),
            trend=charts.trend(needs.apart, points),
            units=units,
            chart=charts.units(needs.apart, units, asked.language) if len(units) > 1 else "",
            source=view.source,
        )
        return Shown("scorecard/figure.html", context)

    return viewed(needs, asked, answer)


def _cases(needs: Needs, asked: PageRequest) -> PageAnswer:
    own = needs.scope(asked.viewer)
    if isinstance(own, Refused):
        return own
    figure = asked.path["figure"]
    unit, page, excluded = own or asked.asked("unit", ALL), page_number(asked), asked.asked("left") == "out"

    def answer(view: View, period: Period) -> PageAnswer:
        whole = of_unit(view.figures(period, (figure,)), unit)
        if whole is None:
            return NO_FIGURE
        whole = msgspec.structs.replace(whole, unit_title=needs.unit(unit, asked.now))
        cases, more = view.behind(figure, period, unit, page, excluded=excluded)
        chosen = f"period={period.name}&unit={unit}&left={'out' if excluded else ''}{standing(asked)}"
        url = f"/scorecard/{figure}/cases?{chosen}&page="
        requests = needs.requests([one.part for one in cases if one.part])
        context = CasesContext(period, whole, excluded, cases, requests, pager(url, page, more=more), view.source)
        return Shown("scorecard/cases.html", context)

    return viewed(needs, asked, answer)
