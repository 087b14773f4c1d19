"""The leader's overview and its wall: what should fall and rise, the map, ages and matters; two clicks to any case.

/overview                cards, map, ages, matters of a month or week; each number opens its list
/overview/wall           the same for a screen on a wall: it asks for itself anew, and nobody touches it
/overview/open           open cases of an age or a grid, the oldest first
/overview/stock          what was closed in a month or week, or was open or late at its end
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import islice
from typing import get_args

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.view import PageAnswer, Pager, PageRequest, PageRoute, Shown, phrase
from sanban.packs.figures.definition import Way
from sanban.scorecard import moving
from sanban.scorecard.figures.spans import Period, before, so_far
from sanban.scorecard.pages.asking import LEADING, later, page_number, pager, standing, viewed
from sanban.scorecard.ports import (
    CAME,
    NO_GRID,
    Behind,
    Drawing,
    Measured,
    Needs,
    Portion,
    Source,
    Stock,
    Stocked,
    View,
)

MATTERS = 6
STOCKED: tuple[Stocked, ...] = get_args(Stocked)
SHOWN_AT_MOST = 40
"""Codes that a refusal names at most."""
REFRESHED = 60
"""Seconds after which the wall asks anew."""


class Card(msgspec.Struct, frozen=True):
    """One direction: the figure now and before, and which way it should go.

    `moved`: 1, -1, or 0 within chance; None of nothing. `change`: of a count, by the working day, in tenths of a per
    cent.
    """

    now: Measured
    before: Measured
    way: Way
    moved: int | None
    change: int | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether it went the way it should."""
        return self.moved == {"up": 1, "down": -1}[self.way]


class Cards(msgspec.Struct, frozen=True):
    """Directions that belong together, and what had to be assumed."""

    title: Title
    assumption: Title | None
    cards: tuple[Card, ...]


class OverviewContext(msgspec.Struct, frozen=True):
    """`scorecard/overview.html` and `scorecard/wall.html`. `came`: requests and cases of the period.

    `unplaced`: open cases that lie in no grid that is known.
    """

    period: Period
    earlier: str
    later: str
    indexes: tuple[Cards, ...]
    came: tuple[Measured, ...]
    stock: Stock
    ages: tuple[Portion, ...]
    matters: tuple[Portion, ...]
    drawing: Drawing
    grids: tuple[tuple[str, int], ...]
    unplaced: int
    source: Source
    refreshed: int = REFRESHED

    @property
    def again(self) -> str:
        """Where the wall asks next: for the month or week that runs by then."""
        return f"/overview/wall?period={self.period.grain}"


class OpenContext(msgspec.Struct, frozen=True):
    """`scorecard/open.html`: a page of open cases, or of the stock of a period. `holds` of a case: it is not late."""

    title: Title | None
    grid: str
    cases: tuple[Behind, ...]
    pager: Pager
    of: Stocked = "open"
    period: str = ""


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The overview, the wall and the list behind them."""
    return (
        PageRoute(
            "GET",
            "/overview",
            "scorecard.overview",
            partial(_overview, needs, "scorecard/overview.html"),
            roles=LEADING,
            menu=phrase("Overview"),
            icon="layout-dashboard",
            order=2,
        ),
        PageRoute(
            "GET", "/overview/wall", "scorecard.wall", partial(_overview, needs, "scorecard/wall.html"), roles=LEADING
        ),
        PageRoute("GET", "/overview/open", "scorecard.open", partial(_open, needs), roles=LEADING),
        PageRoute("GET", "/overview/stock", "scorecard.stock", partial(_stock, needs), roles=LEADING),
    )


def _overview(needs: Needs, template: str, asked: PageRequest) -> PageAnswer:
    return viewed(needs, asked, lambda view, period: Shown(template, overview_of(needs, view, period, asked.now)))


def overview_of(needs: Needs, view: View, period: Period, now: int) -> OverviewContext:
    """Everything that the overview, the wall and the API show of a month or week."""
    prior = before(period, needs.calendar)
    over = so_far(period, now, needs.calendar)
    counts = dict(view.grids())
    ages = view.ages(now)
    came = _of_district(view, period, CAME)
    return OverviewContext(
        period=period,
        earlier=prior.name,
        later=later(needs, period, now),
        indexes=tuple(
            Cards(index.title, index.assumption, _cards(view, over, prior, {aim.figure: aim.way for aim in index.aims}))
            for index in needs.indexes
        ),
        came=tuple(came.values()),
        stock=view.stock(period),
        ages=ages,
        matters=view.matters(period, prior)[:MATTERS],
        drawing=needs.draws(counts, now),
        grids=tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        unplaced=sum(age.count for age in ages) - sum(counts.values()),
        source=view.source,
    )


def _of_district(view: View, period: Period, keys: tuple[str, ...]) -> dict[str, Measured]:
    return {one.figure: one for one in view.figures(period, keys) if not one.unit}


def _cards(view: View, period: Period, prior: Period, ways: dict[str, Way]) -> tuple[Card, ...]:
    now, then = _of_district(view, period, tuple(ways)), _of_district(view, prior, tuple(ways))
    return tuple(
        compared(one, then[key], ways[key], (period.working_days, prior.working_days))
        for key, one in now.items()
        if key in then
    )


def compared(now: Measured, then: Measured, way: Way, days: tuple[int, int]) -> Card:
    """A figure beside the one before; what chance alone could have made is no move.

    Counts go by the working day, `days` of each: a month that is not over, or has a long holiday, is no quieter one.
    """
    found = moving.compared(now, then, days)
    return Card(now, then, way, found.moved, found.change)


Cases = tuple[tuple[Behind, ...], bool]
"""A page of cases, and whether more come."""


def open_of(needs: Needs, view: View, now: int, age: str, grid: str, page: int) -> tuple[Title | None, Cases] | Refused:
    """A page of open cases of an age, and what that is called, None for any; or that there is no such age or grid."""
    ages = view.ages(now)
    bounds: dict[str, tuple[int, int | None]] = {"": (0, None)}
    bounds |= {one.code: (int(one.code), _next(ages, place)) for place, one in enumerate(ages)}
    if age not in bounds:
        return Refused("unknown_age", f"there is no age {age!r}", _named(one.code for one in ages))
    found = view.open_cases(now, *bounds[age], grid, page)
    if grid and not found[0]:  # cases of before may lie in a grid that is drawn no more
        grids = (NO_GRID, *(area.code for area in needs.draws({}, now).areas))
        if grid not in grids:
            return Refused("unknown_grid", f"there is no grid {grid!r}", _named(grids))
    return next((one.title for one in ages if one.code == age), None), found


def stock_of(
    needs: Needs, view: View, period: Period, of: Stocked, matter: str, page: int, now: int
) -> Cases | Refused:
    """A page of cases behind a number of a period's stock, of a matter, '' for any; or that there is no such matter."""
    found = view.in_stock(period, of, page, matter)
    if matter and not found[0] and matter not in (known := needs.matters(now)):
        return Refused("unknown_matter", f"there is no matter {matter!r}", _named(known))
    return found


def _named(codes: Iterable[str]) -> str:
    return ", ".join(islice(codes, SHOWN_AT_MOST))


def _open(needs: Needs, asked: PageRequest) -> PageAnswer:
    age, grid, page = asked.asked("age"), asked.asked("grid"), page_number(asked)

    def answer(view: View, _period: Period) -> PageAnswer:
        found = open_of(needs, view, asked.now, age, grid, page)
        if isinstance(found, Refused):
            return found
        title, (cases, more) = found
        turning = pager(f"/overview/open?age={age}&grid={grid}&page=", page, more=more)
        return Shown("scorecard/open.html", OpenContext(title, grid, cases, turning))

    return viewed(needs, asked, answer)


def _stock(needs: Needs, asked: PageRequest) -> PageAnswer:
    page, matter = page_number(asked), asked.asked("matter")
    of: Stocked = next((one for one in STOCKED if one == asked.asked("of")), "open")

    def answer(view: View, period: Period) -> PageAnswer:
        found = stock_of(needs, view, period, of, matter, page, asked.now)
        if isinstance(found, Refused):
            return found
        cases, more = found
        url = f"/overview/stock?of={of}&matter={matter}&period={period.name}{standing(asked)}&page="
        title = next((one.title for one in view.matters(period, period) if one.code == matter), None)
        return Shown("scorecard/open.html", OpenContext(title, "", cases, pager(url, page, more=more), of, period.name))

    return viewed(needs, asked, answer)


def _next(ages: tuple[Portion, ...], place: int) -> int | None:
    return int(ages[place + 1].code) if place + 1 < len(ages) else None
