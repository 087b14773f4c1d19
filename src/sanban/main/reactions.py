"""REACTIONS: which events are followed by what. Slices meet here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from sanban.handling.aggregate import CaseAggregate
from sanban.handling.reactions import SYSTEM, Arrival, dispatch_by_itself, keep_precedent, opening
from sanban.intake.aggregate import RequestAggregate
from sanban.intake.event import RequestSuggested
from sanban.intake.request import Request
from sanban.kernel.case.event import CaseClosed, RequestDetached
from sanban.kernel.case.state import Case
from sanban.kernel.duty.place import NOWHERE, Place
from sanban.ledger.port import Part, Reader, Stored, Submission
from sanban.ledger.reading.reactions import Reaction

Answering = Callable[[Stored], Sequence[Submission]]
Follow = Callable[[CaseAggregate, RequestAggregate, Reader], Answering]
NOTHING_MORE: Mapping[str, Answering] = MappingProxyType({})

OFFLINE_LAG = 3 * 86_400_000_000
"""A request taken down offline counts from when it was said, if it reaches us within this many microseconds."""


def open_by_itself(
    cases: CaseAggregate, requests: RequestAggregate, reader: Reader
) -> Callable[[Stored], Sequence[Submission]]:
    """On `request.suggested` above the declared threshold: the request becomes a case."""

    def answer(event: Stored) -> Sequence[Submission]:
        suggested = requests.decode(event.type, event.v, event.payload)
        if not isinstance(suggested, RequestSuggested) or not suggested.auto:
            return ()
        request = reader.state(event.stream, at=event.recorded_at)
        if not isinstance(request, Request):
            return ()
        return (opening(arrival_of(request, suggested.candidates[0].matter, cases)),)

    return answer


def arrival_of(request: Request, matter: str, cases: CaseAggregate) -> Arrival:
    """The request as handling needs it to open a case."""
    received = request.received
    place = Place(received.grid, None) if received.grid else NOWHERE
    street = cases.duty(None).grids.street_of(place, received.at) or received.street
    return Arrival(
        request=received.id,
        requester=received.requester,
        channel=received.channel,
        desk=received.desk,
        received_at=counted_from(received.received_at, received.at),
        matter=matter,
        grid=received.grid,
        street=street,
        place=received.point or received.address,
    )


def counted_from(said_at: int, recorded_at: int) -> int:
    """From when a request's age counts: when it was said if that was lately, else when it was recorded."""
    return said_at if 0 <= recorded_at - said_at <= OFFLINE_LAG else recorded_at


def close_requests(
    cases: CaseAggregate, _requests: RequestAggregate, reader: Reader
) -> Callable[[Stored], Sequence[Submission]]:
    """On `case.closed`: its requests are closed with the case's ending."""

    def answer(event: Stored) -> Sequence[Submission]:
        closed = cases.decode(event.type, event.v, event.payload)
        case = reader.state(event.stream, at=event.recorded_at)
        if not isinstance(closed, CaseClosed) or not isinstance(case, Case):
            return ()
        return [Submission("", SYSTEM, (Part(f"request:{request.id}", "close", {}),)) for request in case.requests]

    return answer


def release_request(
    cases: CaseAggregate, _requests: RequestAggregate, _reader: Reader
) -> Callable[[Stored], Sequence[Submission]]:
    """On `request.detached`: the desk owns the request again."""

    def answer(event: Stored) -> Sequence[Submission]:
        detached = cases.decode(event.type, event.v, event.payload)
        if not isinstance(detached, RequestDetached):
            return ()
        case_id = event.stream.partition(":")[2]
        return (Submission("", SYSTEM, (Part(f"request:{detached.request}", "unlink", {"case": case_id}),)),)

    return answer


def _dispatch(
    cases: CaseAggregate, _requests: RequestAggregate, _reader: Reader
) -> Callable[[Stored], Sequence[Submission]]:
    return dispatch_by_itself(cases)


def _precedent(
    cases: CaseAggregate, _requests: RequestAggregate, reader: Reader
) -> Callable[[Stored], Sequence[Submission]]:
    return keep_precedent(cases, reader)


REACTIONS: Mapping[str, Follow] = MappingProxyType(
    {
        "request.suggested": open_by_itself,
        "case.opened": _dispatch,
        "case.ruled": _precedent,
        "case.closed": close_requests,
        "request.detached": release_request,
    }
)
"""Event type -> what follows it. All share one cursor, so that a batch of events is followed in one commit."""

NAME = "house"


def reactions(
    cases: CaseAggregate, requests: RequestAggregate, reader: Reader, more: Mapping[str, Answering] = NOTHING_MORE
) -> tuple[Reaction, ...]:
    """The reactions, bound to this deployment; `more` follow the same events after them."""
    follows = {kind: [follow(cases, requests, reader)] for kind, follow in REACTIONS.items()}
    for kind, answering in more.items():
        follows.setdefault(kind, []).append(answering)

    def handler(event: Stored) -> Sequence[Submission]:
        return [answer for answering in follows[event.type] for answer in answering(event)]

    return (Reaction(NAME, handler, frozenset(follows)),)
