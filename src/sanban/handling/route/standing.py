"""A worker's route as it stands now: the tasks of their queue and the checks that they may take, ranked.

Distances are between the middles of grids: exact places are no part of a list. The first `MOST_TASKS` of the queue by
time left are ranked, in a constant number of statements; a page shows as many stops as the district's file says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from sanban.handling.needs import Needs
from sanban.handling.route.ordering import Leg, Stop, StopKind, ranked
from sanban.handling.route.ports import RouteNeeds
from sanban.handling.views.lists import PAGE_AT_MOST, QueueRow, queue_page
from sanban.handling.views.timing import left_until
from sanban.kernel.duty.place import Point, geo_of
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.kernel.view import Pager, TimeLeft

MOST_TASKS = PAGE_AT_MOST
ROUTE, TASK, CHECK = "/shift/route", "/shift/cases/{}", "/shift/checks/{}"
TO_CHECK = Title("待复看", "To be looked at again")


class RouteStop(msgspec.Struct, frozen=True):
    """A stop of the route. `place`: its number in it, from 1; `metres`: from the one before, None where not known."""

    place: int
    kind: StopKind
    id: str
    number: str
    path: str
    matter: Title
    state: Title
    grid: str
    geo: str
    left: TimeLeft | None
    metres: int | None
    danger: bool
    late: bool
    soon: bool


class Route(msgspec.Struct, frozen=True):
    """One page of a route. `start`: the grid it starts from, '' for none; `total`: stops ranked; `more`: others wait.

    `until`: when a phone forgets what it has taken along, microseconds UTC.
    """

    stops: tuple[RouteStop, ...]
    start: str
    total: int
    more: bool
    until: int
    pager: Pager


def route(needs: RouteNeeds, viewer: Actor, now: int, start: str = "", page: int = 0) -> Route | Refused:
    """The route of a viewer who stands in the grid `start`; its page from 0."""
    of_cases, rules = needs.needs, needs.rules
    queue = queue_page(viewer, of_cases.reader, of_cases.cases, now=now, limit=MOST_TASKS)
    if isinstance(queue, Refused):
        return queue
    every = [*_tasks(needs, queue.rows, now), *_checks(needs, viewer, now)]
    known = {one.stop: one for one in every}
    first, after = page * rules.stops, (page + 1) * rules.stops
    legs = ranked(known, middle_of(of_cases, start, now), rules, now, after)
    shown = enumerate(legs[first:], start=first + 1)
    return Route(
        stops=tuple(_shown(place, leg, known[leg.stop]) for place, leg in shown),
        start=start,
        total=len(known),
        more=bool(queue.next),
        until=shift_end(needs, viewer, now),
        pager=Pager(_page(start, page - 1) if page else "", _page(start, page + 1) if after < len(known) else ""),
    )


def middle_of(needs: Needs, grid: str, now: int) -> Point | None:
    """The middle of a grid; None for one that the district does not have now."""
    found = needs.cases.duty(None).grids.version(grid, now) if grid else None
    return None if found is None else found.middle


def shift_end(needs: RouteNeeds, viewer: Actor, now: int) -> int:
    """When the viewer's turn ends by the roster, or the declared time has passed, whichever comes first."""
    roster = needs.needs.cases.duty(None).rosters.get(viewer.unit, ())
    ends = [
        span.end for one in roster for span in one.spans if span.officer == viewer.id and span.start <= now < span.end
    ]
    return min([*ends, now + needs.rules.kept])


def _page(start: str, page: int) -> str:
    return f"{ROUTE}?at={start}&page={page}"


class _Known(NamedTuple):
    """A stop before it has a place in the route, and what stands beside it there."""

    stop: Stop
    path: str
    matter: Title
    state: Title
    grid: str
    left: TimeLeft | None


def _tasks(needs: RouteNeeds, rows: Sequence[QueueRow], now: int) -> Iterator[_Known]:
    dangers = needs.dangers([row.case_id for row in rows]) if rows else ()
    for row in rows:
        point = middle_of(needs.needs, row.grid, now)
        stop = Stop("task", row.case_id, row.number, point, row.case_id in dangers, row.due_at)
        yield _Known(stop, TASK.format(row.case_id), row.matter, row.state, row.grid, row.left)


def _checks(needs: RouteNeeds, viewer: Actor, now: int) -> Iterator[_Known]:
    calendar = needs.needs.cases.calendar
    for one in needs.checks(viewer, now):
        stop = Stop("check", one.id, one.number, middle_of(needs.needs, one.grid, now), due_at=one.due_at)
        left = left_until(calendar, None, one.due_at, now)
        yield _Known(stop, CHECK.format(one.id), one.matter, TO_CHECK, one.grid, left)


def _shown(place: int, leg: Leg, known: _Known) -> RouteStop:
    return RouteStop(
        place=place,
        kind=leg.stop.kind,
        id=leg.stop.id,
        number=leg.stop.number,
        path=known.path,
        matter=known.matter,
        state=known.state,
        grid=known.grid,
        geo=geo_of(leg.stop.point),
        left=known.left,
        metres=leg.metres,
        danger=leg.stop.danger,
        late=leg.late,
        soon=leg.soon,
    )
