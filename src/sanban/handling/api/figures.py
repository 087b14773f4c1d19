"""Figures by API: the same sums as the pages, for any span, and the cases behind each."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec

from sanban.handling.figures.counting import PAGE, Counted, Share, Span, counted_cases, unit_figures
from sanban.handling.needs import Needs
from sanban.handling.pages.lists import LIST_ROLES
from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute

LAST = 2**62


class SpanQuery(msgspec.Struct, frozen=True):
    """From `since` up to `until`, microseconds UTC; `page` of the cases, from 0."""

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
    )


def _figures(needs: Needs, asked: ApiRequest) -> FiguresAnswer | Refused:
    shares = unit_figures(asked.viewer, needs, _span(asked))
    return shares if isinstance(shares, Refused) else FiguresAnswer(tuple(map(_item, shares)))


def _figure(needs: Needs, asked: ApiRequest) -> FigureAnswer | Refused:
    query: SpanQuery = asked.query
    found = counted_cases(asked.viewer, needs, _span(asked), asked.path["figure"], asked.path["unit"], query.page)
    if isinstance(found, Refused):
        return found
    share, cases = found
    return FigureAnswer(_item(share), cases[:PAGE], len(cases) > PAGE)


def _span(asked: ApiRequest) -> Span:
    query: SpanQuery = asked.query
    return Span(query.since, query.until, asked.now)


def _item(share: Share) -> ShareItem:
    return ShareItem(share.figure, share.unit, share.better, share.holds, share.n, share.share)
