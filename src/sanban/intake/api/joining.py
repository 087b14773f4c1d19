"""A request and the cases there are, for programs: look for those near it, join one, open one, split off again.

    GET   /requests/{id}/cases     cases that it may belong to, and what can be done with each
    POST  /requests/{id}/attach    it joins an open case
    POST  /requests/{id}/reopen    a closed case is opened again with it
    POST  /requests/{id}/open      a new case, which may recur from one that is over
    POST  /requests/{id}/split     it leaves its case and is the desk's again

Each takes what cannot be known otherwise: the case, the unit, the matter's form. Who asked, when, how, and what date
they were promised is the request's own to say.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal

import msgspec

from sanban.intake.api.filing import NO_REQUEST, step_of_request
from sanban.intake.desk.deciding import LONGEST_FIELD, fill_in, open_case
from sanban.intake.desk.joining import Joined, Looked, candidates, join, recurring, split_off
from sanban.intake.desk.receiving import request_of
from sanban.intake.desk.seeing import ACT_ROLES, request_view
from sanban.intake.ports import CaseLine, Like, Needs, Wish
from sanban.intake.request import Request
from sanban.kernel.errors import Refused
from sanban.kernel.permission import DESK_ROLES, Role
from sanban.kernel.view import Answered, ApiRequest, ApiRoute, Missing

DESK: frozenset[Role] = frozenset(role for role in ACT_ROLES if role in DESK_ROLES)

Answer = Joined | Missing | Refused
Handler = Callable[[Needs, ApiRequest, Request], Any]

CaseGiven = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:\-]{0,96}$(?!\n)", description="Number or id.", examples=["2026-000123"])
]
CodeGiven = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:\-]{0,96}$(?!\n)")]


class CasesQuery(msgspec.Struct, frozen=True):
    """Where to look: nothing given looks for the suggested matters where the request is."""

    matter: CodeGiven = ""
    grid: CodeGiven = ""
    street: CodeGiven = ""
    number: CaseGiven = ""


class CasesAnswer(msgspec.Struct, frozen=True):
    """Cases that the request may belong to; `way` says what can be done. `waiting`: requests like it without a case."""

    items: tuple[CaseLine, ...]
    waiting: tuple[Like, ...] = ()


class AttachBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Only the case is named: who asked, when and how is taken from the request. `about`: as for a new case."""

    case: CaseGiven
    about: dict[CodeGiven, bool] = {}


class ReopenBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`unit`: who leads from now on, empty = who led before. `about`: as for a new case."""

    case: CaseGiven
    unit: CodeGiven = ""
    about: dict[CodeGiven, bool] = {}


class OpenBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new case. `recurs`: the case it recurs from; `fields`: the matter's form, texts as they are said.

    `about`: units, and whether the request is about them; needed of each that its words name.
    """

    matter: CodeGiven
    grid: CodeGiven = ""
    street: CodeGiven = ""
    found: bool = False
    recurs: CaseGiven = ""
    fields: dict[str, Annotated[str, msgspec.Meta(max_length=LONGEST_FIELD)] | int | bool] = {}
    about: dict[CodeGiven, bool] = {}


class SplitBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`case`: the one it is taken from, empty = the one it is in."""

    case: CaseGiven = ""


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The operations."""

    def post(step: str, handler: Handler, body: type[msgspec.Struct], summary: str) -> ApiRoute:
        return step_of_request(step, partial(_of_request, needs, handler), body, Joined, DESK, summary)

    return (
        ApiRoute(
            "GET",
            "/requests/{request_id}/cases",
            "intake.cases",
            partial(_of_request, needs, _near),
            CasesAnswer,
            query=CasesQuery,
            roles=DESK,
            summary="Cases that the request may belong to",
        ),
        post("attach", partial(_join, "attach"), AttachBody, "The request joins an open case"),
        post("reopen", partial(_join, "reopen"), ReopenBody, "A closed case is opened again with the request"),
        post("open", _open, OpenBody, "A new case for the request"),
        post("split", _split, SplitBody, "A wrong merge is undone: the request is the desk's again"),
    )


def _of_request(needs: Needs, handler: Handler, asked: ApiRequest) -> Any:
    """What all share: the request must be there, and be one that the viewer may see."""
    request = request_of(needs, asked.path["request_id"])
    if request is None or request_view(asked.viewer, needs, request, asked.now) is None:
        return NO_REQUEST
    return handler(needs, asked, request)


def _near(needs: Needs, asked: ApiRequest, request: Request) -> Answered:
    query: CasesQuery = asked.query
    looked = Looked(query.matter, query.grid, query.street, query.number)
    found = candidates(needs, asked.viewer, request, looked, asked.now)
    return Answered(CasesAnswer(found.cases, found.waiting), found.about)


def _join(verb: Literal["attach", "reopen"], needs: Needs, asked: ApiRequest, request: Request) -> Answer:
    body: AttachBody | ReopenBody = asked.body
    unit = body.unit if isinstance(body, ReopenBody) else ""
    return join(needs, asked.viewer, asked.command_id, request, verb, body.case, asked.now, unit, body.about)


def _open(needs: Needs, asked: ApiRequest, request: Request) -> Answer:
    body: OpenBody = asked.body
    mechanism = next((one for one in needs.matters(asked.now) if one.matter == body.matter), None)
    if mechanism is None:
        return Refused("unknown_matter", "choose a matter that is in force", "noise")
    recurs = recurring(needs, asked.viewer, body.recurs, asked.now)
    if isinstance(recurs, Refused):
        return recurs
    typed = {name: _typed(value) for name, value in body.fields.items()}
    filled = fill_in(needs, mechanism, typed, request, asked.command_id)
    if isinstance(filled, Refused):
        return filled
    wish = Wish(asked.command_id, body.matter, body.grid, body.street, body.found, recurs=recurs, about=body.about)
    refused = open_case(needs, asked.viewer, asked.command_id, request, wish, filled, asked.now)
    return refused or _opened(needs, asked, request)


def _split(needs: Needs, asked: ApiRequest, request: Request) -> Answer:
    body: SplitBody = asked.body
    return split_off(needs, asked.viewer, asked.command_id, request, body.case or request.case, asked.now)


def _opened(needs: Needs, asked: ApiRequest, request: Request) -> Joined:
    after = request_of(needs, request.id) or request
    line = needs.joins.find(asked.viewer, after.case, asked.now) if after.case else None
    position = needs.reader.events(f"request:{request.id}")[-1].position
    return Joined(request.id, after.case, line.number if line else "", position)


def _typed(value: str | int | bool) -> str:
    """A value as a form would send it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
