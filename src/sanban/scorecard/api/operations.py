"""The scorecard by API: what its pages say, to whom they say it, as plain values with the position they rest on.

/scorecard                            figures of a month or week, of the district or of the account's unit
/scorecard/{figure}                   one, with every unit, its own trend, and how it moved
/scorecard/{figure}/cases             what a number counts, or leaves out, page by page
/periods, /periods/{period}           what is published, and its lines in both versions
/periods/{period}/{figure}/{unit}     what a line counts, as it stood then; the district's unit is `all`
/overview                             the wall: directions, stock, ages, matters, grids
/overview/open, /overview/stock       the cases behind its ages and grids, its stock and matters
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute, Missing
from sanban.scorecard.api.answers import (
    CasesAnswer,
    CasesQuery,
    CountedAnswer,
    FigureAnswer,
    LineAnswer,
    OpenQuery,
    OverviewAnswer,
    PageQuery,
    PeriodAnswer,
    PeriodItem,
    PeriodQuery,
    PeriodsAnswer,
    PointItem,
    ScorecardAnswer,
    StockQuery,
    case_of,
    item_of,
    line_of,
    lines_of,
    moved_of,
    wall_of,
)
from sanban.scorecard.figures.spans import Period
from sanban.scorecard.moving import changes_of, of_unit
from sanban.scorecard.pages.asking import LEADING, PERIODS, STAFF, earlier, month_or_week
from sanban.scorecard.pages.overview import Cases, open_of, overview_of, stock_of
from sanban.scorecard.pages.periods import OpenedLine, opened_line, published
from sanban.scorecard.period import publishing
from sanban.scorecard.period.beside import beside
from sanban.scorecard.period.showing import district_rows, line_rows
from sanban.scorecard.ports import Needs, View

Answer = TypeVar("Answer")
NO_FIGURE = Refused("unknown_figure", "there is no such figure, or not for this account", "in_time")
NOT_PUBLISHED = Refused("no_draft", "there is no draft of this period", "publish it first")


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The operations."""

    def get(path: str, name: str, act: Callable[..., Any], answer: type, summary: str, **more: Any) -> ApiRoute:
        more = {"roles": STAFF, **more}
        return ApiRoute("GET", path, f"scorecard.{name}", partial(act, needs), answer, summary=summary, **more)

    figure = "/scorecard/{figure}"
    return (
        get("/scorecard", "figures", _figures, ScorecardAnswer, "Figures of a month or week", query=PeriodQuery),
        get(figure, "figure", _figure, FigureAnswer, "One figure, its units and its trend", query=PeriodQuery),
        get(f"{figure}/cases", "cases", _cases, CasesAnswer, "What is behind a number", query=CasesQuery),
        get("/periods", "periods", _periods, PeriodsAnswer, "Published periods"),
        get("/periods/{period}", "period", _period, PeriodAnswer, "Lines of a published period"),
        get(
            "/periods/{period}/{figure}/{unit}", "line", _line, LineAnswer, "What a published line counts",
            query=PageQuery,
        ),
        get(
            "/overview", "overview", _overview, OverviewAnswer, "What the wall shows", query=PeriodQuery, roles=LEADING
        ),
        get(
            "/overview/open", "open", _open, CountedAnswer, "Open cases of an age or a grid, the oldest first",
            query=OpenQuery, roles=LEADING,
        ),
        get(
            "/overview/stock", "stock", _stock, CountedAnswer, "Cases behind a number of the stock, or of a matter",
            query=StockQuery, roles=LEADING,
        ),
    )  # fmt: skip


def _figures(needs: Needs, asked: ApiRequest) -> ScorecardAnswer | Refused:
    def answer(view: View, period: Period, own: str) -> ScorecardAnswer:
        items = tuple(item_of(one) for one in view.figures(period) if one.unit == own)
        return ScorecardAnswer(period.name, view.source, items)

    return _viewed(needs, asked, answer)


def _figure(needs: Needs, asked: ApiRequest) -> FigureAnswer | Refused:
    key = (asked.path["figure"],)

    def answer(view: View, period: Period, own: str) -> FigureAnswer | Refused:
        measured = view.figures(period, key)
        whole = of_unit(measured, own)
        if whole is None:
            return NO_FIGURE
        trend = ((one.name, of_unit(view.figures(one, key), own)) for one in earlier(needs, period, PERIODS))
        return FigureAnswer(
            period=period.name,
            source=view.source,
            whole=item_of(whole),
            units=tuple(item_of(one) for one in measured if one.unit and own in ("", one.unit)),
            trend=tuple(PointItem(name, one.holds, one.n, one.value) for name, one in trend if one is not None),
            changes=tuple(moved_of(one) for one in changes_of(needs, view, key[0], own, period, asked.now)),
        )

    return _viewed(needs, asked, answer)


def _cases(needs: Needs, asked: ApiRequest) -> CasesAnswer | Refused:
    query: CasesQuery = asked.query
    key = asked.path["figure"]

    def answer(view: View, period: Period, own: str) -> CasesAnswer | Refused:
        unit = own or query.unit
        whole = of_unit(view.figures(period, (key,)), unit)
        if whole is None:
            return NO_FIGURE
        cases, more = view.behind(key, period, unit, query.page, excluded=query.left == "out")
        return CasesAnswer(period.name, view.source, item_of(whole), tuple(map(case_of, cases)), more)

    return _viewed(needs, asked, answer)


def _periods(needs: Needs, asked: ApiRequest) -> PeriodsAnswer | Refused:
    rows = published(needs, asked.viewer)
    return rows if isinstance(rows, Refused) else PeriodsAnswer(tuple(PeriodItem(*row) for row in rows))


def _period(needs: Needs, asked: ApiRequest) -> PeriodAnswer | Refused:
    own = needs.scope(asked.viewer)
    state = publishing.period_state(needs, asked.path["period"])
    if isinstance(own, Refused) or state is None:
        return own if isinstance(own, Refused) else NOT_PUBLISHED
    withheld = beside(needs, asked.viewer, state)
    if isinstance(withheld, Refused):
        return withheld
    rows = line_rows(needs, withheld, state, own)
    district = () if own else district_rows(needs, withheld, state)
    return lines_of(state, rows, district)


def _overview(needs: Needs, asked: ApiRequest) -> OverviewAnswer | Refused:
    def answer(view: View, period: Period, _own: str) -> OverviewAnswer:
        return wall_of(overview_of(needs, view, period, asked.now))

    return _viewed(needs, asked, answer)


def _line(needs: Needs, asked: ApiRequest) -> LineAnswer | Missing | Refused:
    found = opened_line(needs, asked.viewer, asked.path, asked.query.page)
    return line_of(found) if isinstance(found, OpenedLine) else found


def _open(needs: Needs, asked: ApiRequest) -> CountedAnswer | Refused:
    query: OpenQuery = asked.query

    def answer(view: View, _period: Period, _own: str) -> CountedAnswer | Refused:
        found = open_of(needs, view, asked.now, query.age, query.grid, query.page)
        return found if isinstance(found, Refused) else _counted(view, found[1])

    return _viewed(needs, asked, answer)


def _stock(needs: Needs, asked: ApiRequest) -> CountedAnswer | Refused:
    query: StockQuery = asked.query

    def answer(view: View, period: Period, _own: str) -> CountedAnswer | Refused:
        found = stock_of(needs, view, period, query.of, query.matter, query.page, asked.now)
        return found if isinstance(found, Refused) else _counted(view, found)

    return _viewed(needs, asked, answer)


def _counted(view: View, found: Cases) -> CountedAnswer:
    cases, more = found
    return CountedAnswer(view.source, tuple(map(case_of, cases)), more)


def _viewed(
    needs: Needs, asked: ApiRequest, answer: Callable[[View, Period, str], Answer | Refused]
) -> Answer | Refused:
    """The answer out of the facts, of the period that is named and the one unit the account sees, '' for all."""
    own, period = needs.scope(asked.viewer), month_or_week(needs, asked.query.period, asked.now)
    if isinstance(own, Refused):
        return own
    if isinstance(period, Refused):
        return period
    opened = needs.opens(asked.viewer)
    if isinstance(opened, Refused):
        return opened
    with opened as view:
        return answer(view, period, own)
