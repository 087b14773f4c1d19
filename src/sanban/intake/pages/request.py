"""One request: what was said, what triage thinks and why, and three forms that decide what becomes of it.

    open a case       the matter, the place; a matter with required fields asks for them on a second page
    another route     one of the five; a clue to the police names its officer and its ground
    answer and close  on the spot, for what needs no case

A form that was refused is shown again with what was typed and why (422). A request that has a case leads there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec

from sanban.intake.desk.deciding import (
    ENDINGS,
    GROUNDS,
    ROUTES,
    Filled,
    answer_on_the_spot,
    fill_in,
    open_case,
    take_route,
)
from sanban.intake.desk.receiving import UNKNOWN_GRID, request_of
from sanban.intake.desk.seeing import ACT_ROLES, SEE_ROLES, RequestView, request_view
from sanban.intake.pages.details import CARRIED, DetailsContext, inputs_of, named
from sanban.intake.pages.noting import grids_of
from sanban.intake.ports import Needs, Wish
from sanban.intake.request import Request
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism, Title
from sanban.kernel.permission import DESK_ROLES
from sanban.kernel.view import Missing, PageAnswer, PageRequest, PageRoute, Redirected, Shown, phrase
from sanban.packs.desk.knowledge import KnowledgeEntry

NO_REQUEST = Missing(phrase("Request"), "0197c3e2-7b1d-7a40-9f3e-2b6c1d5e8f90")
CASE_OPENED = phrase("The case is open; its clocks run.")
ROUTED = phrase("The route is taken.")
ANSWERED = phrase("Answered and closed.")


class Choice(msgspec.Struct, frozen=True):
    """An option with its title."""

    value: str
    title: Title


class Entry(msgspec.Struct, frozen=True):
    """A knowledge entry that may answer the request."""

    code: str
    title: Title
    answer: Title
    source: str = ""


class RequestContext(msgspec.Struct, frozen=True):
    """`intake/request.html`: the request and the choices of its forms.

    `matters`: all in force but those `suggested`; `typed`, `tried`, `fault`: of the form that was refused.
    `entries`: declared answers that fit; `entry`: the one that was chosen to start the answer from.
    """

    request: RequestView
    opens: bool
    suggested: tuple[Choice, ...] = ()
    matters: tuple[Choice, ...] = ()
    streets: tuple[Choice, ...] = ()
    grids: tuple[str, ...] = ()
    routes: tuple[str, ...] = ROUTES
    grounds: tuple[str, ...] = GROUNDS
    endings: tuple[str, ...] = ENDINGS
    typed: dict[str, str] = {}
    tried: str = ""
    fault: Refused | None = None
    entries: tuple[Entry, ...] = ()
    entry: Entry | None = None


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The request and the targets of its forms."""

    def post(step: str, handler: Callable[[Needs, PageRequest, Request], PageAnswer]) -> PageRoute:
        target = partial(_decided, needs, handler)
        return PageRoute("POST", f"/requests/{{request_id}}/{step}", f"intake.{step}", target, roles=ACT_ROLES)

    return (
        PageRoute("GET", "/requests/{request_id}", "intake.request", partial(_request, needs), roles=SEE_ROLES),
        post("case", _open),
        post("route", _route),
        post("answer", _answer),
    )


def _request(needs: Needs, asked: PageRequest) -> PageAnswer:
    request = request_of(needs, asked.path["request_id"])
    return NO_REQUEST if request is None else _shown(needs, asked, request)


def _decided(
    needs: Needs, handler: Callable[[Needs, PageRequest, Request], PageAnswer], asked: PageRequest
) -> PageAnswer:
    """What all three forms share: the request must be there, be the viewer's business, and have no case yet."""
    request = request_of(needs, asked.path["request_id"])
    if request is None or request_view(asked.viewer, needs, request, asked.now) is None:
        return NO_REQUEST
    return Redirected(f"/cases/{request.case}") if request.case else handler(needs, asked, request)


def _open(needs: Needs, asked: PageRequest, request: Request) -> PageAnswer:
    mechanism = next((one for one in needs.matters(asked.now) if one.matter == asked.given("matter")), None)
    if mechanism is None:
        unknown = Refused("unknown_matter", "choose a matter that is in force", "noise")
        return _shown(needs, asked, request, ("case", unknown))
    if asked.given("grid") and asked.given("grid") not in grids_of(needs, asked.now):
        return _shown(needs, asked, request, ("case", UNKNOWN_GRID))
    wants = any(field.required for field in mechanism.form.values()) or asked.given("details") == "yes"
    if wants and asked.given("stage") != "details":
        return _details(needs, asked, request, mechanism)
    filled = fill_in(mechanism, named(asked.form), request, asked.command_id)
    refused = filled if isinstance(filled, Refused) else _opened(needs, asked, request, filled)
    after = request_of(needs, request.id)
    if after is not None and after.case:
        return Redirected(f"/cases/{after.case}", "" if refused else CASE_OPENED)
    if asked.given("stage") == "details":
        return _details(needs, asked, request, mechanism, refused)
    return _shown(needs, asked, request, ("case", refused) if refused else None)


def _opened(needs: Needs, asked: PageRequest, request: Request, filled: Filled) -> Refused | None:
    wish = Wish(
        key=asked.command_id,
        matter=asked.given("matter"),
        grid=asked.given("grid"),
        street=asked.given("street"),
        found=asked.given("found") == "yes",
    )
    return open_case(needs, asked.viewer, asked.command_id, request, wish, filled)


def _details(
    needs: Needs, asked: PageRequest, request: Request, mechanism: Mechanism, fault: Refused | None = None
) -> PageAnswer:
    view = request_view(asked.viewer, needs, request, asked.now)
    if view is None:
        return NO_REQUEST
    carried = {name: asked.given(name) for name in CARRIED}
    inputs = inputs_of(mechanism, named(asked.form), view, needs.duty, asked.now)
    context = DetailsContext(view, mechanism.title, inputs, carried, fault)
    return Shown("intake/details.html", context, 422 if fault else 200)


def _route(needs: Needs, asked: PageRequest, request: Request) -> PageAnswer:
    given = {name: asked.given(name) for name in ("route", "officer", "ground")}
    if given["route"] != "police_clue":
        given = {"route": given["route"]}
    refused = take_route(needs, asked.viewer, asked.command_id, request, given)
    if refused is not None:
        return _shown(needs, asked, request, ("route", refused))
    return Redirected(f"/requests/{request.id}", ROUTED)


def _answer(needs: Needs, asked: PageRequest, request: Request) -> PageAnswer:
    text, ending = asked.given("text"), asked.given("ending")
    refused = answer_on_the_spot(needs, asked.viewer, asked.command_id, request, text, ending)
    if refused is not None:
        return _shown(needs, asked, request, ("answer", refused))
    return Redirected("/requests", ANSWERED)


def _shown(needs: Needs, asked: PageRequest, request: Request, tried: tuple[str, Refused] | None = None) -> PageAnswer:
    view = request_view(asked.viewer, needs, request, asked.now)
    if view is None:
        return NO_REQUEST
    if not view.acts:
        return tried[1] if tried else Shown("intake/request.html", RequestContext(view, opens=False))
    thought = {one.matter for one in view.suggestions}
    matters = tuple(Choice(one.matter, one.title) for one in needs.matters(asked.now))
    first = {one.matter: place for place, one in enumerate(view.suggestions)}
    suggested = sorted((one for one in matters if one.value in thought), key=lambda one: first[one.value])
    context = RequestContext(
        request=view,
        opens=asked.viewer.role in DESK_ROLES,
        suggested=tuple(suggested),
        matters=tuple(one for one in matters if one.value not in thought),
        streets=_streets(needs, asked.now),
        grids=grids_of(needs, asked.now),
        typed={name: asked.given(name) for name in asked.form} if tried else {},
        tried=tried[0] if tried else "",
        fault=tried[1] if tried else None,
        entries=_entries(needs, asked, request, view),
        entry=_chosen(needs, asked),
    )
    return Shown("intake/request.html", context, 422 if tried else 200)


def _entries(needs: Needs, asked: PageRequest, request: Request, view: RequestView) -> tuple[Entry, ...]:
    if view.texts is None:
        return ()
    fitting = needs.knowledge.fitting(view.texts.text, view.texts.title, asked.now, request.candidates)
    return tuple(_entry(one.entry) for one in fitting)


def _chosen(needs: Needs, asked: PageRequest) -> Entry | None:
    found = needs.knowledge.entry(asked.asked("entry"), asked.now)
    return None if found is None else _entry(found)


def _entry(entry: KnowledgeEntry) -> Entry:
    return Entry(entry.code, entry.title, entry.answer, entry.source)


def _streets(needs: Needs, now: int) -> tuple[Choice, ...]:
    found = (needs.duty.unit_at(code, now) for code in needs.duty.units)
    return tuple(
        Choice(unit.code, Title(unit.title_zh, unit.title_en))
        for unit in found
        if unit is not None and unit.kind == "street"
    )
