"""What the desk decides on a request that has no case yet, for programs: its route, its place, its answer.

    POST  /requests/{id}/route     one of the five; a clue to the police names officer, ground and evidence
    POST  /requests/{id}/place     one of the places that its words may mean, a point, or that nobody knows
    POST  /requests/{id}/answer    answered on the spot and closed
    POST  /requests/{id}/divide    each further matter that it speaks of becomes a request of its own

The commands are those of the request's page, and so are who may give them and why they are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

import msgspec

from sanban.intake.api.filing import NO_REQUEST, Degrees90, Degrees180, degrees, step_of_request
from sanban.intake.desk.deciding import (
    LONGEST_FIELD,
    LONGEST_TEXT,
    Clue,
    answer_on_the_spot,
    give_clue,
    take_route,
)
from sanban.intake.desk.dividing import divide
from sanban.intake.desk.placing import pinned, say_where
from sanban.intake.desk.receiving import request_of
from sanban.intake.desk.seeing import ACT_ROLES, RequestView, request_view
from sanban.intake.event import Block
from sanban.intake.place.crs import Crs
from sanban.intake.ports import Needs
from sanban.intake.request import Request
from sanban.intake.triage import WHOLE
from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute, Missing

Decides = Callable[[Needs, ApiRequest, Request], Refused | None]
Route = Literal["accept", "emergency", "statutory", "explain", "police_clue"]
Piece = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_FIELD, examples=["5月1日至5日来电四十次的录音"])]


class RouteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The route. `officer`, `ground`, `evidence`: of a clue to the police, and needed for it alone."""

    route: Route
    officer: Annotated[str, msgspec.Meta(max_length=96, examples=["coordinator-1"])] = ""
    ground: Annotated[str, msgspec.Meta(max_length=48, examples=["threats"])] = ""
    evidence: Annotated[tuple[Piece, ...], msgspec.Meta(max_length=20)] = ()


class PlaceBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where it is: the `spot` of that number among those suggested, or a point; `unknown`: nobody knows."""

    spot: Annotated[int, msgspec.Meta(ge=0, le=10, examples=[1])] = 0
    lon: Degrees180 | None = None
    lat: Degrees90 | None = None
    crs: Crs = "wgs84"
    unknown: bool = False


class AnswerBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the requester was told, and the declared ending that it is."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT, examples=["已说明办理条件和窗口地址。"])]
    ending: Annotated[str, msgspec.Meta(min_length=1, max_length=48, examples=["informed"])]


class PieceBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which matter the signs of the text from `start` to before `end` are about."""

    start: Annotated[int, msgspec.Meta(ge=0, le=100_000)]
    end: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    matter: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:\-]{1,96}$(?!\n)", examples=["noise"])]


class DivideBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`pieces`: in the order of the text; none: as triage suggests."""

    pieces: Annotated[tuple[PieceBody, ...], msgspec.Meta(max_length=16)] = ()


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The operations."""

    def post(step: str, decides: Decides, body: type[msgspec.Struct], summary: str) -> ApiRoute:
        return step_of_request(step, partial(_decided, needs, decides), body, RequestView, ACT_ROLES, summary)

    return (
        post("route", _route, RouteBody, "The request takes one of the five routes"),
        post("place", _place, PlaceBody, "Somebody says where the request is, or that nobody knows"),
        post("answer", _answer, AnswerBody, "The request is answered on the spot and closed"),
        post("divide", _divide, DivideBody, "Each further matter of the request becomes a request of its own"),
    )


def _decided(needs: Needs, decides: Decides, asked: ApiRequest) -> RequestView | Missing | Refused:
    request = request_of(needs, asked.path["request_id"])
    if request is None or request_view(asked.viewer, needs, request, asked.now) is None:
        return NO_REQUEST
    refused = decides(needs, asked, request)
    after = request_of(needs, request.id) or request
    return refused or request_view(asked.viewer, needs, after, asked.now) or NO_REQUEST


def _route(needs: Needs, asked: ApiRequest, request: Request) -> Refused | None:
    body: RouteBody = asked.body
    if body.route != "police_clue":
        return take_route(needs, asked.viewer, asked.command_id, request, body.route)
    clue = Clue(body.officer, body.ground, body.evidence)
    return give_clue(needs, asked.viewer, asked.command_id, request, clue)


def _place(needs: Needs, asked: ApiRequest, request: Request) -> Refused | None:
    body: PlaceBody = asked.body
    typed = {"lon": degrees(body.lon), "lat": degrees(body.lat), "crs": body.crs}
    chosen = {"spot": str(body.spot) if body.spot else "", "unknown": "yes" if body.unknown else ""}
    where = pinned(needs, request, typed | chosen, asked.now)
    return where if isinstance(where, Refused) else say_where(needs, asked.viewer, asked.command_id, request, where)


def _divide(needs: Needs, asked: ApiRequest, request: Request) -> Refused | None:
    body: DivideBody = asked.body
    blocks = tuple(Block(one.start, one.end, one.matter, WHOLE) for one in body.pieces)
    return divide(needs, asked.viewer, asked.command_id, request, asked.now, blocks)


def _answer(needs: Needs, asked: ApiRequest, request: Request) -> Refused | None:
    body: AnswerBody = asked.body
    return answer_on_the_spot(needs, asked.viewer, asked.command_id, request, body.text.strip(), body.ending, asked.now)
