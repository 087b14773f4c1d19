"""Pages of the yearly list: the list as the ledger gives it, and one item with its measure.

/yearly?year=2026        matters with the most points, with counts, repeat rate and unresolved share; proposing
/yearly/cases            the cases behind a number of the list
/yearly/items/{id}       one item: its measure, milestones, how it stands; adopting, reaching, measuring
/yearly/items/{id}/cases the cases behind a number of it, as they stood when it was counted
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import quote, urlencode

import msgspec

from sanban.joint.surrounding import OFFICES, day_end, year_of, year_span
from sanban.joint.yearly.item import Item
from sanban.joint.yearly.listing import yearly_list
from sanban.joint.yearly.opening import NUMBERS, BehindPage, Of, Span, behind, span_of
from sanban.joint.yearly.ports import Needs
from sanban.joint.yearly.seeing import ItemView, ListView, item_view, list_view
from sanban.joint.yearly.steps import adopt, item_of, measure, propose, reach
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Role
from sanban.kernel.view import Missing, PageAnswer, Pager, PageRequest, PageRoute, Redirected, Shown, phrase

LIST = "/yearly"
NO_ITEM = Missing(phrase("Item of a yearly list"), "2026.noise")
SEE_ROLES: frozenset[Role] = OFFICES | {"handler", "mechanism_owner"}
CHAIR_ROLES: frozenset[Role] = frozenset({"coordinator"})
OWNER_ROLES: frozenset[Role] = frozenset({"handler", "dispatcher", "coordinator"})
MILESTONES = 3
"""So many can be written down with the form; the API takes more."""
DONE = {
    "adopt": phrase("Adopted: it ends by its measure alone."),
    "reach": phrase("The milestone is reached."),
    "measure": phrase("Measured from the ledger."),
}
PROPOSED = phrase("The matter is proposed.")
Act = Callable[[Needs, PageRequest, str], Refused | None]


class ListContext(msgspec.Struct, frozen=True):
    """`joint/yearly.html`."""

    found: ListView
    chairs: bool
    earlier: str
    later: str
    fault: Refused | None = None


class ItemContext(msgspec.Struct, frozen=True):
    """`joint/campaign.html`, with the choices of its forms and the one that was not taken."""

    item: ItemView
    chairs: bool
    owns: bool
    units: Mapping[str, Title]
    year_end: str
    typed: Mapping[str, str] = {}
    fault: Refused | None = None


class BehindContext(msgspec.Struct, frozen=True):
    """`joint/yearly_cases.html`. `item`: whose number it is, '' of the list; `at`: when it was counted, 0 for now."""

    title: Title
    year: str
    of: Of
    item: str
    at: int
    found: BehindPage
    pager: Pager


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The pages and the targets of their forms."""
    one = "/yearly/items/{item_id}"

    def post(step: str, act: Act, roles: frozenset[Role]) -> PageRoute:
        return PageRoute(
            "POST", f"{one}/{step}", f"joint.campaign_{step}", partial(_taken, needs, step, act), roles=roles
        )

    return (
        PageRoute(
            "GET", LIST, "joint.yearly", partial(_list, needs), roles=SEE_ROLES, menu=phrase("Hard matters"),
            icon="list-check", order=38,
        ),
        PageRoute("POST", LIST, "joint.campaign_propose", partial(_propose, needs), roles=CHAIR_ROLES),
        PageRoute("GET", f"{LIST}/cases", "joint.yearly_cases", partial(_list_cases, needs), roles=SEE_ROLES),
        PageRoute("GET", one, "joint.campaign", partial(_item, needs), roles=SEE_ROLES),
        PageRoute("GET", f"{one}/cases", "joint.campaign_cases", partial(_item_cases, needs), roles=SEE_ROLES),
        post("adopt", _adopt, CHAIR_ROLES),
        post("reach", _reach, OWNER_ROLES),
        post("measure", lambda n, a, item: measure(n, a.command_id, item), CHAIR_ROLES),
    )  # fmt: skip


def _list(needs: Needs, asked: PageRequest) -> PageAnswer:
    return _listed(needs, asked, asked.asked("year", year_of(needs.calendar, asked.now)))


def _listed(needs: Needs, asked: PageRequest, year: str, fault: Refused | None = None) -> PageAnswer:
    found = yearly_list(needs, year)
    if isinstance(found, Refused):
        return found
    this = year_of(needs.calendar, asked.now)
    later = str(int(year) + 1) if year < this else ""
    chairs = asked.viewer.role in CHAIR_ROLES
    context = ListContext(list_view(needs, found, asked.now), chairs, str(int(year) - 1), later, fault)
    return Shown("joint/yearly.html", context, 422 if fault else 200)


def _list_cases(needs: Needs, asked: PageRequest) -> PageAnswer:
    year, matter = asked.asked("year", year_of(needs.calendar, asked.now)), asked.asked("matter")
    span = year_span(needs.calendar, year)
    return span if isinstance(span, Refused) else _behind(needs, asked, Span(matter, *span), year)


def _item_cases(needs: Needs, asked: PageRequest) -> PageAnswer:
    """Of an item as it was proposed, or as it was measured."""
    item = item_of(needs, asked.path["item_id"])
    if item is None:
        return NO_ITEM
    span = span_of(needs, item, measured=asked.asked("when") == "measured")
    return span if isinstance(span, Refused) else _behind(needs, asked, span, item.proposed.year, item.proposed.id)


def _behind(needs: Needs, asked: PageRequest, span: Span, year: str, item: str = "") -> PageAnswer:
    of: Of = next((one for one in NUMBERS if one == asked.asked("of")), "cases")
    after = asked.asked("after")
    found = behind(needs, asked.viewer, span, of, after)
    query = {"when": asked.asked("when")} if item else {"year": year, "matter": span.matter}
    here = f"{_path(item) if item else LIST}/cases?{urlencode({**query, 'of': of})}"
    pager = Pager(here if after else "", f"{here}&after={quote(found.next)}" if found.next else "")
    context = BehindContext(needs.matter(span.matter, asked.now), year, of, item, span.at or 0, found, pager)
    return Shown("joint/yearly_cases.html", context)


def _propose(needs: Needs, asked: PageRequest) -> PageAnswer:
    year = asked.given("year")
    done = propose(needs, asked.viewer, asked.command_id, year, asked.given("matter"))
    return _listed(needs, asked, year, done) if isinstance(done, Refused) else Redirected(_path(done), PROPOSED)


def _item(needs: Needs, asked: PageRequest) -> PageAnswer:
    item = item_of(needs, asked.path["item_id"])
    return NO_ITEM if item is None else _shown(needs, asked, item)


def _shown(needs: Needs, asked: PageRequest, item: Item, fault: Refused | None = None) -> Shown:
    view = item_view(needs, item, asked.now)
    context = ItemContext(
        item=view,
        chairs=asked.viewer.role in CHAIR_ROLES,
        owns=asked.viewer.role in OWNER_ROLES and asked.viewer.unit == view.unit,
        units=needs.units(asked.now),
        year_end=f"{view.year}-12-31",
        typed={name: asked.given(name) for name in asked.form} if fault else {},
        fault=fault,
    )
    return Shown("joint/campaign.html", context, 422 if fault else 200)


def _taken(needs: Needs, step: str, act: Act, asked: PageRequest) -> PageAnswer:
    name = asked.path["item_id"]
    item = item_of(needs, name)
    if item is None:
        return NO_ITEM
    fault = act(needs, asked, name)
    return _shown(needs, asked, item, fault) if fault else Redirected(_path(name), DONE[step])


def _adopt(needs: Needs, asked: PageRequest, item: str) -> Refused | None:
    below = asked.given("below")
    if not (below.isascii() and below.isdecimal() and 1 <= int(below[:4]) <= 100):
        return Refused("bad_percent", "a mark is a whole number of percent from 1 to 100", "10")
    until = day_end(needs.calendar, asked.given("until"))
    if isinstance(until, Refused):
        return until
    milestones = []
    for number in range(1, MILESTONES + 1):
        text = asked.given(f"milestone_{number}")
        due = day_end(needs.calendar, asked.given(f"due_{number}")) if text else 0
        if isinstance(due, Refused):
            return due
        milestones += [(due, text)] if text else []
    return adopt(
        needs, asked.viewer, asked.command_id, item, asked.now, unit=asked.given("unit"),
        measure=asked.given("measure"), below=int(below) * 100, measured_until=until, milestones=milestones,
    )  # fmt: skip


def _reach(needs: Needs, asked: PageRequest, item: str) -> Refused | None:
    number = asked.given("milestone")
    known = int(number) if number.isascii() and number.isdecimal() and len(number) < 3 else 0
    return reach(needs, asked.viewer, asked.command_id, item, known)


def _path(item: str) -> str:
    return f"{LIST}/items/{item}"
