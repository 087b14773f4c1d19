"""A worker's route in the API, and what the outbox of a phone sends when it is back: each step under its own key."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import msgspec

from sanban.handling.aggregate import stream_of
from sanban.handling.api.cases import CodeText, StepAnswer
from sanban.handling.pages.forms import LONGEST_NOTE
from sanban.handling.route.doing import MOST_PHOTOS, Done, do
from sanban.handling.route.pages import MOST_PAGES, PHOTO_BYTES, WORKERS
from sanban.handling.route.ports import RouteNeeds
from sanban.handling.route.standing import Route, route
from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute, FileBody, Missing


class RouteQuery(msgspec.Struct, frozen=True):
    """From where, and which page."""

    at: CodeText = ""
    page: Annotated[int, msgspec.Meta(ge=0, le=MOST_PAGES, description="From 0.", examples=[0])] = 0


class DoneBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was done at a stop. `done_at`: microseconds UTC; within the declared days it is kept as the time told.

    `note` is text; it goes to the vault and never into an event.
    """

    args: dict[str, Any] = {}
    note: Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE)] = ""
    done_at: Annotated[int, msgspec.Meta(ge=0)] = 0
    photos: Annotated[tuple[FileBody, ...], msgspec.Meta(max_length=MOST_PHOTOS)] = ()


def routes(needs: RouteNeeds) -> tuple[ApiRoute, ...]:
    """The operations."""
    return (
        ApiRoute(
            "GET",
            "/shift/route",
            "handling.route",
            partial(_route, needs),
            Route,
            query=RouteQuery,
            roles=WORKERS,
            summary="Open tasks and checks in the order in which they are walked, each with why",
        ),
        ApiRoute(
            "POST",
            "/shift/cases/{case_id}/steps/{step}",
            "handling.step_at_stop",
            partial(_done, needs),
            StepAnswer,
            request=DoneBody,
            roles=WORKERS,
            summary="What was done on site, with photos and when; the same Idempotency-Key is taken once",
            body_limit=PHOTO_BYTES,
        ),
    )


def _route(needs: RouteNeeds, asked: ApiRequest) -> Route | Refused:
    query: RouteQuery = asked.query
    return route(needs, asked.viewer, asked.now, query.at, query.page)


def _done(needs: RouteNeeds, asked: ApiRequest) -> StepAnswer | Missing | Refused:
    body: DoneBody = asked.body
    if any(isinstance(value, str) and value.startswith("v:") for value in body.args.values()):
        return Refused("bad_arguments", "texts are sent as `note`, not as refs", '{"args": {}, "note": "..."}')
    case_id = asked.path["case_id"]
    done = Done(asked.path["step"], body.args, body.note.strip(), body.photos, body.done_at)
    answer = do(needs, asked.viewer, asked.command_id, case_id, done, asked.now)
    if isinstance(answer, Refused | Missing):
        return answer
    return StepAnswer(case_id, answer.streams.get(stream_of(case_id), 0), answer.position, answer.repeated)
