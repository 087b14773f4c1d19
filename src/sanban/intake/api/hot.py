"""What is hot right now, for programs: waves with their evidence, events of the last days, one case of many requests.

GET   /hot               waves of the last day and events of the last seven
POST  /requests/gather   requests that wait become one case, a new one or the one named
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec

from sanban.intake.api.joining import DESK, CaseGiven, CodeGiven
from sanban.intake.desk.gathering import TOGETHER, Gathered, gather
from sanban.intake.desk.hot import Event, Surge, events, surges
from sanban.intake.desk.seeing import SEE_ROLES
from sanban.intake.grouping.stream import Progress
from sanban.intake.ports import Needs
from sanban.kernel.case.words import GivenId
from sanban.kernel.errors import Refused
from sanban.kernel.view import Answered, ApiRequest, ApiRoute


class HotAnswer(msgspec.Struct, frozen=True):
    """`surges`: many at once; `events`: what people speak of these days. Requests and cases are both counted.

    Events are grouped behind the answers: `grouping` says as of when they are (`at` 0: the first round is under way).
    """

    surges: tuple[Surge, ...]
    events: tuple[Event, ...]
    grouping: Progress


class GatherBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Requests that wait at the desk. `case`: the open one they join, empty = a new one of the matter."""

    requests: Annotated[tuple[GivenId, ...], msgspec.Meta(min_length=1, max_length=TOGETHER)]
    matter: CodeGiven = ""
    case: CaseGiven = ""


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The two operations."""
    return (
        ApiRoute(
            "GET",
            "/hot",
            "intake.hot",
            partial(_hot, needs),
            HotAnswer,
            roles=SEE_ROLES,
            summary="Waves of the last day and events of the last seven",
        ),
        ApiRoute(
            "POST",
            "/requests/gather",
            "intake.gather",
            partial(_gather, needs),
            Gathered,
            request=GatherBody,
            roles=DESK,
            summary="Many requests become one case; send an Idempotency-Key to repeat it safely",
        ),
    )


def _hot(needs: Needs, asked: ApiRequest) -> Answered:
    told = events(needs, asked.viewer, asked.now)
    answer = HotAnswer(surges(needs, asked.viewer, asked.now), told, needs.stream.progress)
    return Answered(answer, tuple(about for one in told for about in one.about))


def _gather(needs: Needs, asked: ApiRequest) -> Gathered | Refused:
    body: GatherBody = asked.body
    return gather(needs, asked.viewer, asked.command_id, body.requests, body.matter, body.case, asked.now)
