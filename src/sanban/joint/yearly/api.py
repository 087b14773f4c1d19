"""The yearly list in the API: the list as the ledger gives it, its items, and their steps."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

import msgspec

from sanban.joint.shapes import After, Day, ItemName, Matter, Text, Unit, Year, YearQuery
from sanban.joint.surrounding import day_end, year_span
from sanban.joint.yearly.item import MOST_MILESTONES
from sanban.joint.yearly.listing import Measure, yearly_list
from sanban.joint.yearly.opening import BehindPage, Of, Span, behind, span_of
from sanban.joint.yearly.pages import CHAIR_ROLES, NO_ITEM, OWNER_ROLES, SEE_ROLES
from sanban.joint.yearly.ports import Needs
from sanban.joint.yearly.seeing import ItemView, ListView, item_view, list_view
from sanban.joint.yearly.steps import adopt, item_of, measure, propose, reach
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Role
from sanban.kernel.view import ApiRequest, ApiRoute, Missing


class ProposeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A matter of a year's list."""

    year: Year
    matter: Matter


class MilestoneBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What has to be reached, and by which day."""

    day: Day
    text: Text


class AdoptBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose item it is, and the measure by which alone it ends; `below` in basis points, less than where it stands."""

    unit: Unit
    measure: Measure
    below: Annotated[int, msgspec.Meta(ge=1, le=10_000, examples=[1000])]
    until: Day
    milestones: Annotated[tuple[MilestoneBody, ...], msgspec.Meta(max_length=MOST_MILESTONES)] = ()


class ReachBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which milestone, counted from 1."""

    milestone: Annotated[int, msgspec.Meta(ge=1, le=MOST_MILESTONES)]


class MeasureBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which item; the ledger says the rest."""

    item: ItemName


class ListCasesQuery(msgspec.Struct, frozen=True):
    """The cases behind a number of a year's list, after the `next` of the page before."""

    year: Year
    matter: Matter
    of: Of = "cases"
    after: After = ""


class ItemCasesQuery(msgspec.Struct, frozen=True):
    """The cases behind a number of an item, as it was proposed or measured last."""

    when: Literal["proposed", "measured"] = "proposed"
    of: Of = "cases"
    after: After = ""


Act = Callable[[Needs, ApiRequest, str], Refused | None]


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The operations."""
    one = "/yearly/items/{item_id}"

    def post(step: str, act: Act, body: type[msgspec.Struct], roles: frozenset[Role], summary: str) -> ApiRoute:
        return ApiRoute(
            "POST", f"{one}/{step}", f"joint.campaign_{step}", partial(_taken, needs, act), ItemView, request=body,
            roles=roles, summary=summary,
        )  # fmt: skip

    return (
        ApiRoute(
            "GET", "/yearly", "joint.yearly", partial(_list, needs), ListView, query=YearQuery, roles=SEE_ROLES,
            summary="A year's hard matters as the ledger gives them: counts, repeat rate, unresolved share",
        ),
        ApiRoute(
            "POST", "/yearly/items", "joint.campaign_propose", partial(_propose, needs), ItemView, request=ProposeBody,
            roles=CHAIR_ROLES, summary="Propose a matter of the list, with its numbers of now",
        ),
        ApiRoute(
            "GET", "/yearly/cases", "joint.yearly_cases", partial(_list_cases, needs), BehindPage,
            query=ListCasesQuery, roles=SEE_ROLES, summary="The cases behind a number of a year's list",
        ),
        ApiRoute("GET", one, "joint.campaign", partial(_item, needs), ItemView, roles=SEE_ROLES, summary="One item"),
        ApiRoute(
            "GET", f"{one}/cases", "joint.campaign_cases", partial(_item_cases, needs), BehindPage,
            query=ItemCasesQuery, roles=SEE_ROLES, summary="The cases behind a number of an item, as they stood then",
        ),
        post("adopt", _adopt, AdoptBody, CHAIR_ROLES, "Adopt an item by the minutes that adopted its list"),
        post("reach", _reach, ReachBody, OWNER_ROLES, "Reach a milestone: the item's owner"),
        ApiRoute(
            "POST", "/yearly/measurements", "joint.campaign_measure", partial(_measure, needs), ItemView,
            request=MeasureBody, roles=CHAIR_ROLES, summary="Say how an item stands, until its time is over",
        ),
    )  # fmt: skip


def _list(needs: Needs, asked: ApiRequest) -> ListView | Refused:
    found = yearly_list(needs, asked.query.year)
    return found if isinstance(found, Refused) else list_view(needs, found, asked.now)


def _propose(needs: Needs, asked: ApiRequest) -> ItemView | Missing | Refused:
    done = propose(needs, asked.viewer, asked.command_id, asked.body.year, asked.body.matter)
    return done if isinstance(done, Refused) else _view(needs, asked, done)


def _item(needs: Needs, asked: ApiRequest) -> ItemView | Missing:
    return _view(needs, asked, asked.path["item_id"])


def _list_cases(needs: Needs, asked: ApiRequest) -> BehindPage | Refused:
    query: ListCasesQuery = asked.query
    span = year_span(needs.calendar, query.year)
    if isinstance(span, Refused):
        return span
    return behind(needs, asked.viewer, Span(query.matter, *span), query.of, query.after)


def _item_cases(needs: Needs, asked: ApiRequest) -> BehindPage | Missing | Refused:
    query: ItemCasesQuery = asked.query
    item = item_of(needs, asked.path["item_id"])
    if item is None:
        return NO_ITEM
    span = span_of(needs, item, measured=query.when == "measured")
    return span if isinstance(span, Refused) else behind(needs, asked.viewer, span, query.of, query.after)


def _taken(needs: Needs, act: Act, asked: ApiRequest) -> ItemView | Missing | Refused:
    item = asked.path["item_id"]
    return act(needs, asked, item) or _view(needs, asked, item)


def _view(needs: Needs, asked: ApiRequest, item: str) -> ItemView | Missing:
    found = item_of(needs, item)
    return NO_ITEM if found is None else item_view(needs, found, asked.now)


def _adopt(needs: Needs, asked: ApiRequest, item: str) -> Refused | None:
    body: AdoptBody = asked.body
    until = day_end(needs.calendar, body.until)
    if isinstance(until, Refused):
        return until
    milestones = []
    for one in body.milestones:
        due = day_end(needs.calendar, one.day)
        if isinstance(due, Refused):
            return due
        milestones.append((due, one.text))
    return adopt(
        needs, asked.viewer, asked.command_id, item, asked.now, unit=body.unit, measure=body.measure,
        below=body.below, measured_until=until, milestones=milestones,
    )  # fmt: skip


def _reach(needs: Needs, asked: ApiRequest, item: str) -> Refused | None:
    return reach(needs, asked.viewer, asked.command_id, item, asked.body.milestone)


def _measure(needs: Needs, asked: ApiRequest) -> ItemView | Missing | Refused:
    return measure(needs, asked.command_id, asked.body.item) or _view(needs, asked, asked.body.item)
