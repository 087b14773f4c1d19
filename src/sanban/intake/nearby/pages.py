"""The public list and map: what of public matters is open or was closed lately, by matter, street and grid.

Both are made on the server, and the list says all that the map shows. Nobody signs in, and nothing is asked of anybody.
"""

from __future__ import annotations

from collections.abc import Container
from functools import partial
from urllib.parse import urlencode

import msgspec

from sanban.intake.nearby.finding import Filter, Nearby, PublicCase
from sanban.intake.nearby.map import Drawing, drawing
from sanban.intake.ports import streets_of
from sanban.intake.public.allowance import TOO_MANY, Allowance
from sanban.kernel.mechanism import Title
from sanban.kernel.view import PageAnswer, Pager, PageRequest, PageRoute, Shown, phrase

PATH = "/near"
PAGE = 20
PAGES_AT_MOST = 50
STATUSES = ("open", "closed")


class NearContext(msgspec.Struct, frozen=True):
    """`intake/nearby.html`: the cases of one page, and the map of all that fit. `asked`: the filter as it was read."""

    cases: tuple[PublicCase, ...]
    drawing: Drawing
    total: int
    unplaced: int
    matters: dict[str, Title]
    streets: dict[str, Title]
    asked: dict[str, str]
    pager: Pager

    def url(self, **changed: str) -> str:
        """The address of the list with other filters."""
        return _url(self.asked | changed)


def routes(nearby: Nearby, looking: Allowance) -> tuple[PageRoute, ...]:
    """The page. `looking`: how often one address may ask for it."""
    return (
        PageRoute(
            "GET",
            PATH,
            "intake.near",
            partial(_near, nearby, looking),
            public=True,
            menu=phrase("Reported nearby"),
            icon="map-2",
            order=3,
        ),
    )


def _near(nearby: Nearby, looking: Allowance, asked: PageRequest) -> PageAnswer:
    if looking.take((asked.address,), asked.now):
        return TOO_MANY
    public, grids = nearby.matters(asked.now), nearby.grids(asked.now)
    drawn = {grid.street for grid in grids.values()}
    streets = {code: title for code, title in streets_of(nearby.desk, asked.now).items() if code in drawn}
    told = {
        "matter": _one_of(asked.asked("matter"), public),
        "street": _one_of(asked.asked("street"), streets),
        "grid": _one_of(asked.asked("grid"), grids),
        "status": _one_of(asked.asked("status"), STATUSES),
    }
    of_street = tuple(code for code, grid in grids.items() if grid.street == told["street"])
    wanted = Filter(
        matters=(told["matter"],) if told["matter"] else (),
        grids=(told["grid"],) if told["grid"] else of_street,
        status=told["status"],
    )
    page = _page(asked.asked("page"))
    found = nearby.cases(wanted, asked.now, PAGE + 1, (page - 1) * PAGE)
    counts = nearby.by_grid(wanted, asked.now)
    context = NearContext(
        cases=found[:PAGE],
        drawing=drawing(grids, counts),
        total=max(sum(counts.values()), (page - 1) * PAGE + len(found[:PAGE])),
        unplaced=sum(count for code, count in counts.items() if code not in grids),
        matters={code: one.title for code, one in public.items()},
        streets=streets,
        asked=told,
        pager=Pager(
            _url(told | {"page": str(page - 1)}) if page > 1 else "",
            _url(told | {"page": str(page + 1)}) if len(found) > PAGE and page < PAGES_AT_MOST else "",
        ),
    )
    return Shown("intake/nearby.html", context)


def _one_of(typed: str, known: Container[str]) -> str:
    return typed if typed in known else ""


def _page(typed: str) -> int:
    """The number of a page; anything else is the first."""
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else 1
    return min(max(number, 1), PAGES_AT_MOST)


def _url(told: dict[str, str]) -> str:
    kept = {name: value for name, value in told.items() if value}
    return PATH + (f"?{urlencode(kept)}" if kept else "")
