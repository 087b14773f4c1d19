"""The queue and the list of all cases.

The queue answers three questions of a bad night in this order: what is late, what is due next, and where do I press.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import get_args

import msgspec

from sanban.handling.needs import Needs
from sanban.handling.pages.fields import Choice
from sanban.handling.views.keyset import mark_of
from sanban.handling.views.lists import (
    CaseList,
    Filters,
    Order,
    QueuePage,
    case_list,
    case_of_number,
    lists_all,
    queue_page,
    queues_of,
)
from sanban.handling.views.naming import Names
from sanban.handling.views.proof import count_cases
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism, Title
from sanban.kernel.permission import STAFF_ROLES, Actor, Role
from sanban.kernel.view import Next, PageAnswer, Pager, PageRequest, PageRoute, Redirected, Shown, Waiting, phrase

QUEUE_ROLES: frozenset[Role] = frozenset(
    {
        "operator",
        "dispatcher",
        "grid_worker",
        "grid_leader",
        "handler",
        "verifier",
        "coordinator",
        "property_manager",
    }
)
LIST_ROLES: frozenset[Role] = frozenset(role for role in get_args(Role) if role in STAFF_ROLES)

LATE = phrase("late")
NEXT = 3
"""So many of the queue stand on the front page."""

ROLE_QUEUE_TITLES = {
    "role:verifier": Title("待核查", "To verify"),
    "role:coordinator": Title("待审定、待协调", "To rule on and coordinate"),
}


class QueueContext(msgspec.Struct, frozen=True):
    """`handling/queue.html`: the viewer's queue. `queues`: what they are called; `other_leads`: others lead too.

    `models`: the versions whose advice stands on this page.
    """

    page: QueuePage
    queues: tuple[Title, ...]
    pager: Pager
    lists_all: bool
    other_leads: bool
    order: Order = "time"
    models: tuple[str, ...] = ()


class CasesContext(msgspec.Struct, frozen=True):
    """`handling/cases.html`: cases by filters, and what the filters offer. `missing`: a number nobody knows."""

    list: CaseList
    filters: Filters
    matters: tuple[Choice, ...]
    states: tuple[Choice, ...]
    units: tuple[Choice, ...]
    pager: Pager
    number: str = ""
    missing: bool = False


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The queue for those who work from one; all cases for all staff, each within what they may list."""
    return (
        PageRoute(
            "GET",
            "/queue",
            "handling.queue",
            partial(_queue, needs),
            roles=QUEUE_ROLES,
            menu=phrase("Queue"),
            icon="list-check",
            order=10,
        ),
        PageRoute(
            "GET",
            "/cases",
            "handling.cases",
            partial(_cases, needs),
            roles=LIST_ROLES,
            menu=phrase("Cases"),
            icon="clipboard-list",
            order=20,
        ),
    )


def waits(needs: Needs, viewer: Actor, now: int) -> Waiting | None:
    """The viewer's queue, or for those who oversee without one all open cases, for the front page."""
    if viewer.role in QUEUE_ROLES:
        page = queue_page(viewer, needs.reader, needs.cases, now=now, limit=NEXT)
        if isinstance(page, Refused):
            return None
        lines = tuple(Next(f"/cases/{row.case_id}", row.number, row.matter, row.left) for row in page.rows)
        counts = page.counts
        return Waiting(phrase("Queue"), "/queue", "list-check", counts.total, counts.late, LATE, counts.more, lines)
    if lists_all(viewer):
        return Waiting(phrase("Open cases"), "/cases?open=yes", "clipboard-list", count_cases(needs.reader, now).open)
    return None


def _queue(needs: Needs, asked: PageRequest) -> PageAnswer:
    mark = mark_of(asked.asked("page"))
    order: Order = "risk" if asked.asked("order") == "risk" else "time"
    page = queue_page(
        asked.viewer, needs.reader, needs.cases, now=asked.now, after=mark, order=order, unread=needs.unread
    )
    if isinstance(page, Refused):
        return page
    names = Names(needs.cases, asked.now)
    queues = tuple(ROLE_QUEUE_TITLES.get(queue) or names.unit(queue) for queue in queues_of(asked.viewer, needs.cases))
    query = "&order=risk" if order == "risk" else ""
    pager = Pager(_page_url("/queue", page.previous, query), _page_url("/queue", page.next, query))
    models = tuple(sorted({row.warned.model for row in page.rows if row.warned}))
    other_leads = any(row.lead not in queues for row in page.rows)
    return Shown(
        "handling/queue.html", QueueContext(page, queues, pager, lists_all(asked.viewer), other_leads, order, models)
    )


def _cases(needs: Needs, asked: PageRequest) -> PageAnswer:
    number = asked.asked("number")
    found = case_of_number(asked.viewer, needs.reader, needs.cases, number, asked.now) if number else ""
    if found:
        return Redirected(f"/cases/{found}")
    filters = _filters(asked)
    page = case_list(
        asked.viewer, needs.reader, needs.cases, filters, now=asked.now, after=mark_of(asked.asked("page"))
    )
    if isinstance(page, Refused):
        return page
    matters = needs.matters(asked.now)
    query = "".join(f"&{name}={value}" for name, value in msgspec.structs.asdict(filters).items() if value)
    return Shown(
        "handling/cases.html",
        CasesContext(
            list=page,
            filters=filters,
            matters=tuple(Choice(one.matter, one.title) for one in matters),
            states=_states(matters),
            units=_units(needs, asked.viewer, asked.now),
            pager=Pager(_page_url("/cases", page.previous, query), _page_url("/cases", page.next, query)),
            number=number,
            missing=bool(number),
        ),
    )


def _filters(asked: PageRequest) -> Filters:
    """The filters of the query; a value that is no code is no filter."""
    given = {name: asked.asked(name) for name in ("state", "matter", "unit", "open")}
    return Filters(
        **{name: value for name, value in given.items() if value.replace("-", "").replace("_", "").isalnum()}
    )


def _states(matters: Sequence[Mechanism]) -> tuple[Choice, ...]:
    """The states of all matters, each name once."""
    titles: dict[str, Title] = {}
    for mechanism in matters:
        for state in mechanism.states.values():
            titles.setdefault(state.name, state.title)
    return tuple(Choice(name, title) for name, title in titles.items())


def _units(needs: Needs, viewer: Actor, now: int) -> tuple[Choice, ...]:
    """The units to choose from: all for those who see all cases, none for those who see their own unit's."""
    if not lists_all(viewer):
        return ()
    duty = needs.cases.duty(None)
    found = (duty.unit_at(code, now) for code in duty.units)
    return tuple(
        Choice(unit.code, Title(unit.title_zh, unit.title_en))
        for unit in found
        if unit is not None and unit.kind in ("street", "department", "desk", "centre")
    )


def _page_url(path: str, mark: str, query: str = "") -> str:
    return f"{path}?page={mark}{query}" if mark else ""
