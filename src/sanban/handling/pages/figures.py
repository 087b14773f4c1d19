"""Figures of dispatch and handling for a month, and the cases behind each.

/figures                        every figure of every unit the viewer may see
/figures/{figure}/{unit}        one of them, case by case, what speaks against the unit first
"""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.handling.figures.counting import PAGE, Counted, Share, Span, counted_cases, unit_figures
from sanban.handling.figures.judging import FIGURES, Figure
from sanban.handling.needs import Needs
from sanban.handling.pages.lists import LIST_ROLES
from sanban.kernel.clock.calendar import Calendar, day_of_iso
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.view import PageAnswer, Pager, PageRequest, PageRoute, Shown, phrase


class FigureRows(msgspec.Struct, frozen=True):
    """One figure of several units."""

    figure: Figure
    shares: tuple[Share, ...]


class FiguresContext(msgspec.Struct, frozen=True):
    """`handling/figures.html`. `month` as `2026-06`; `earlier` and `later`: the months beside it, '' for none."""

    month: str
    earlier: str
    later: str
    rows: tuple[FigureRows, ...]


class FigureContext(msgspec.Struct, frozen=True):
    """`handling/figure.html`: one share and a page of its cases."""

    month: str
    share: Share
    cases: tuple[Counted, ...]
    pager: Pager


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The figures, and one with its cases."""
    return (
        PageRoute(
            "GET",
            "/figures",
            "handling.figures",
            partial(_figures, needs),
            roles=LIST_ROLES,
            menu=phrase("Figures"),
            icon="chart-bar",
            order=50,
        ),
        PageRoute("GET", "/figures/{figure}/{unit}", "handling.figure", partial(_figure, needs), roles=LIST_ROLES),
    )


def span_of_month(calendar: Calendar, month: str, now: int) -> tuple[str, Span]:
    """The month (`2026-06`; this one where it is none) and its span."""
    this = calendar.iso(calendar.day_of(now))[:7]
    try:
        start = calendar.start_of(day_of_iso(f"{month}-01"))
        return month, Span(start, calendar.start_of(day_of_iso(f"{month_beside(month, 1)}-01")), now)
    except (ValueError, SanbanError):
        return span_of_month(calendar, this, now)


def month_beside(month: str, by: int) -> str:
    """The month so many after (before, when negative) this one."""
    year, number = (int(part) for part in month.split("-"))
    years, months = divmod(year * 12 + number - 1 + by, 12)
    return f"{years:04d}-{months + 1:02d}"


def _figures(needs: Needs, asked: PageRequest) -> PageAnswer:
    month, span = span_of_month(needs.cases.calendar, asked.asked("month"), asked.now)
    shares = unit_figures(asked.viewer, needs, span)
    if isinstance(shares, Refused):
        return shares
    rows = tuple(FigureRows(one, tuple(share for share in shares if share.figure == one.code)) for one in FIGURES)
    later = month_beside(month, 1) if span.until <= asked.now else ""
    return Shown("handling/figures.html", FiguresContext(month, month_beside(month, -1), later, rows))


def _figure(needs: Needs, asked: PageRequest) -> PageAnswer:
    month, span = span_of_month(needs.cases.calendar, asked.asked("month"), asked.now)
    figure, unit, given = asked.path["figure"], asked.path["unit"], asked.asked("page")
    page = int(given) if given.isascii() and given.isdecimal() and len(given) < 6 else 0
    found = counted_cases(asked.viewer, needs, span, figure, unit, page)
    if isinstance(found, Refused):
        return found
    share, cases = found
    url = f"/figures/{figure}/{unit}?month={month}&page="
    pager = Pager(f"{url}{page - 1}" if page else "", f"{url}{page + 1}" if len(cases) > PAGE else "")
    return Shown("handling/figure.html", FigureContext(month, share, cases[:PAGE], pager))
