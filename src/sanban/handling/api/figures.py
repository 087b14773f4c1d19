"""Figures by API: the same sums as the pages, for any span, and the cases behind each."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec

from sanban.handling.disputes.listing import Disputes, disputes_of
from sanban.handling.figures.counting import PAGE, Counted, Share, Span, counted_cases, unit_figures
from sanban.handling.needs import Needs
from sanban.handling.pages.lists import LIST_ROLES
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute

LAST = 2**62


class SpanQuery(msgspec.Struct, frozen=True):
    """From the day of `since` up to, not including, the day of `until`, microseconds UTC: whole days of the district.

    `page` of the cases, from 0.
    """

    since: Annotated[int, msgspec.Meta(ge=0, le=LAST)] = 0
    until: Annotated[int, msgspec.Meta(ge=0, le=LAST)] = LAST
    page: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0


class ShareItem(msgspec.Struct, frozen=True):
    """`holds` of `n`; `share` is `n/a` of nothing."""

    figure: str
    unit: str
    better: str
    holds: int
    n: int
    share: str


class FiguresAnswer(msgspec.Struct, frozen=True):
    """Every figure of every unit this account may see."""

    items: tuple[ShareItem, ...]


class FigureAnswer(msgspec.Struct, frozen=True):
    """One figure of one unit, with a page of its cases, what speaks against the unit first."""

    figure: ShareItem
    cases: tuple[Counted, ...]
    more: bool


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The operations."""
    return (
        ApiRoute(
            "GET",
            "/figures",
            "handling.figures",
            partial(_figures, needs),
            FiguresAnswer,
            query=SpanQuery,
            roles=LIST_ROLES,
            summary="Figures of dispatch and handling by unit",
        ),
        ApiRoute(
            "GET",
            "/figures/{figure}/{unit}",
            "handling.figure",
            partial(_figure, needs),
            FigureAnswer,
            query=SpanQuery,
            roles=LIST_ROLES,
            summary="One figure of a unit and the cases behind it",
        ),
        ApiRoute(
            "GET",
            "/disputes",
            "handling.disputes",
            partial(_disputes, needs),
            Disputes,
            query=SpanQuery,
            roles=LIST_ROLES,
            summary="Boundary disputes: how long each case lay with whom",
        ),
    )


def _figures(needs: Needs, asked: ApiRequest) -> FiguresAnswer | Refused:
    shares = unit_figures(asked.viewer, needs, _span(needs, asked))
    return shares if isinstance(shares, Refused) else FiguresAnswer(tuple(map(_item, shares)))


def _figure(needs: Needs, asked: ApiRequest) -> FigureAnswer | Refused:
    query: SpanQuery = asked.query
    found = counted_cases(
        asked.viewer, needs, _span(needs, asked), asked.path["figure"], asked.path["unit"], query.page
    )
    if isinstance(found, Refused):
        return found
    share, cases = found
    return FigureAnswer(_item(share), cases[:PAGE], len(cases) > PAGE)


def _disputes(needs: Needs, asked: ApiRequest) -> Disputes | Refused:
    return disputes_of(asked.viewer, needs, _span(needs, asked))


def _span(needs: Needs, asked: ApiRequest) -> Span:
    """Days, as a shorter span would tell the instant of what is counted. Nothing counts after today."""
    query: SpanQuery = asked.query
    calendar = needs.cases.calendar
    since, until = (_midnight(calendar, one, asked.now) for one in (query.since, query.until))
    return Span(since, until, asked.now)


def _midnight(calendar: Calendar, instant: int, now: int) -> int:
    """The midnight before the instant; tomorrow's for all that is still to come, 0 before the calendar begins."""
    if instant > now:
        return calendar.start_of(calendar.day_of(now) + 1)
    return calendar.start_of(calendar.day_of(instant)) if instant >= calendar.day_starts[0] else 0


def _item(share: Share) -> ShareItem:
    return ShareItem(share.figure, share.unit, share.better, share.holds, share.n, share.share)
