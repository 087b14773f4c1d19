"""Intake's part of the API: file a request, read one, list those that wait at the desk.

Answers carry the views that pages show, so a program sees no more than its account would. Instants are microseconds
UTC. Texts are sent in bodies alone, never in addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal, cast

import msgspec

from sanban.intake.desk.deciding import heed
from sanban.intake.desk.receiving import Said, Taken, receive, request_of
from sanban.intake.desk.seeing import ACT_ROLES, SEE_ROLES, Line, Queue, RequestView, mark_of, queue, request_view
from sanban.intake.desk.waiting import dangers
from sanban.intake.firms.advising import policies_for
from sanban.intake.firms.matching import Match
from sanban.intake.identity.channels import CODES
from sanban.intake.place.crs import Crs
from sanban.intake.ports import Needs
from sanban.intake.row import LIMITS
from sanban.intake.views import WAVE_AT_MOST
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Role
from sanban.kernel.view import ApiRequest, ApiRoute, Missing, Paging, phrase

NO_REQUEST = Missing(phrase("Request"), "GET /api/v1/requests gives the ids")

Degrees180 = Annotated[float, msgspec.Meta(ge=-180, le=180, description="Degrees of `crs`.", examples=[121.4737])]
Degrees90 = Annotated[float, msgspec.Meta(ge=-90, le=90, description="Degrees of `crs`.", examples=[31.2304])]


class RequestBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one person said. Only `text` is needed; `lon` and `lat` go together, in the system that `crs` names.

    `proxy_phone`: of who speaks for the requester; `found`: somebody of the grid saw it before anybody complained.
    """

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LIMITS["text"], examples=["小区路灯不亮已有一周"])]
    title: Annotated[str, msgspec.Meta(max_length=LIMITS["title"])] = ""
    name: Annotated[str, msgspec.Meta(max_length=LIMITS["name"])] = ""
    phone: Annotated[str, msgspec.Meta(max_length=LIMITS["phone"], examples=["13800000000"])] = ""
    address: Annotated[str, msgspec.Meta(max_length=LIMITS["address"])] = ""
    channel: str = "web"
    lon: Degrees180 | None = None
    lat: Degrees90 | None = None
    crs: Crs = "wgs84"
    external_no: Annotated[str, msgspec.Meta(max_length=LIMITS["external_no"], examples=["SH-2026-000123"])] = ""
    grid: Annotated[str, msgspec.Meta(max_length=LIMITS["grid"], description="Code of a grid.")] = ""
    proxy_phone: Annotated[str, msgspec.Meta(max_length=LIMITS["phone"], examples=["13900000000"])] = ""
    found: bool = False


class WaitingPaging(Paging, frozen=True):
    """The query of the queue; `danger` pages what stands before it."""

    danger: Annotated[str, msgspec.Meta(max_length=200, description="`next_danger` of the page before.")] = ""


class RequestsAnswer(msgspec.Struct, frozen=True):
    """One page of the desk's queue, oldest first; `next` is empty on the last.

    `dangers`, on the first page: requests that speak of one, newest first, with a case too until somebody has looked
    at them; `next_danger`: the `danger` with which the next of them are asked for, empty on the last.
    """

    items: tuple[Line, ...]
    next: str = ""
    dangers: tuple[Line, ...] = ()
    next_danger: str = ""


class HeedBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which dangers of its case were looked at with it: `dangers` of the request as it was shown."""

    dangers: Annotated[
        tuple[Annotated[str, msgspec.Meta(max_length=96)], ...], msgspec.Meta(max_length=WAVE_AT_MOST)
    ] = ()


class PoliciesAnswer(msgspec.Struct, frozen=True):
    """Policies for the firm that asks, those that fit first; none for a request of anybody else."""

    items: tuple[Match, ...]


def _body_of(needs: Needs) -> type[RequestBody]:
    """`RequestBody`, whose channel is one of the product's or the district's codes."""
    one_of: Any = cast("Any", Literal)[tuple(sorted(CODES.union(needs.channels)))]
    channel = ("channel", Annotated[one_of, msgspec.Meta(examples=["app"])], "web")
    told = {"__doc__": RequestBody.__doc__, "__module__": __name__}
    shape = msgspec.defstruct(
        "RequestBody", [channel], bases=(RequestBody,), namespace=told, frozen=True, forbid_unknown_fields=True
    )
    return cast("type[RequestBody]", shape)


def step_of_request(
    step: str,
    handler: Callable[[ApiRequest], Any],
    body: type[msgspec.Struct],
    response: type[msgspec.Struct],
    roles: frozenset[Role],
    summary: str,
) -> ApiRoute:
    """The operation `POST /requests/{request_id}/STEP`."""
    path, told = f"/requests/{{request_id}}/{step}", f"{summary}; send an Idempotency-Key to repeat it safely"
    return ApiRoute("POST", path, f"intake.{step}", handler, response, request=body, roles=roles, summary=told)


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The operations."""
    return (
        ApiRoute(
            "POST",
            "/requests",
            "intake.receive",
            partial(_receive, needs),
            Taken,
            request=_body_of(needs),
            roles=ACT_ROLES,
            summary="File a request; send an Idempotency-Key to repeat it safely",
        ),
        ApiRoute(
            "GET",
            "/requests",
            "intake.requests",
            partial(_requests, needs),
            RequestsAnswer,
            query=WaitingPaging,
            roles=SEE_ROLES,
            summary="Dangers that nobody has looked at, newest first; requests that have no case yet, oldest first",
        ),
        ApiRoute(
            "GET",
            "/requests/{request_id}",
            "intake.request",
            partial(_request, needs),
            RequestView,
            roles=SEE_ROLES,
            summary="One request",
        ),
        ApiRoute(
            "POST",
            "/requests/{request_id}/heed",
            "intake.heed",
            partial(_heed, needs),
            RequestView,
            request=HeedBody,
            roles=ACT_ROLES,
            summary="Somebody of the desk has looked at the danger that a request speaks of",
        ),
        ApiRoute(
            "GET",
            "/requests/{request_id}/policies",
            "intake.policies",
            partial(_policies, needs),
            PoliciesAnswer,
            roles=ACT_ROLES,
            summary="Policies that a firm's request may be answered with",
        ),
    )


def _receive(needs: Needs, asked: ApiRequest) -> Taken | Refused:
    body: RequestBody = asked.body
    plain = {name: getattr(body, name) for name in body.__struct_fields__ if name not in ("lon", "lat")}
    said = Said(**plain, lon=degrees(body.lon), lat=degrees(body.lat))
    return receive(needs, asked.viewer, asked.command_id, said, asked.now)


def degrees(value: float | None) -> str:
    """Degrees as a form would send them."""
    return "" if value is None else f"{value:.7f}"


def _requests(needs: Needs, asked: ApiRequest) -> RequestsAnswer | Refused:
    query: WaitingPaging = asked.query
    mark = mark_of(query.after)
    if query.after and (mark is None or mark.back):
        return Refused("bad_cursor", "`after` is the `next` of the page before", "after~1767225600000000~0197c3e2")
    page = queue(asked.viewer, needs, asked.now, query.after, query.limit)
    if isinstance(page, Refused):
        return page
    first = Queue(()) if query.after else dangers(asked.viewer, needs, asked.now, query.danger)
    return RequestsAnswer(page.lines, page.next, first.lines, first.next)


def _request(needs: Needs, asked: ApiRequest) -> RequestView | Missing:
    request = request_of(needs, asked.path["request_id"])
    view = None if request is None else request_view(asked.viewer, needs, request, asked.now)
    return NO_REQUEST if view is None else view


def _heed(needs: Needs, asked: ApiRequest) -> RequestView | Missing | Refused:
    found = _request(needs, asked)
    request = request_of(needs, asked.path["request_id"])
    if request is None or isinstance(found, Missing):
        return NO_REQUEST
    body: HeedBody = asked.body
    refused = heed(needs, asked.viewer, asked.command_id, request, body.dangers, asked.now)
    return refused or _request(needs, asked)


def _policies(needs: Needs, asked: ApiRequest) -> PoliciesAnswer | Missing:
    request = request_of(needs, asked.path["request_id"])
    view = None if request is None else request_view(asked.viewer, needs, request, asked.now)
    if request is None or view is None:
        return NO_REQUEST
    return PoliciesAnswer(policies_for(needs, request, view.texts, asked.now) if view.texts else ())
