"""REACTIONS: which events are followed by what. Slices meet here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

import msgspec

from sanban.handling.aggregate import CaseAggregate
from sanban.handling.reactions import (
    SYSTEM,
    dispatch_by_itself,
    dispatch_where_located,
    keep_precedent,
    opening,
    stand_aside_again,
)
from sanban.intake.aggregate import RequestAggregate, stream_of
from sanban.intake.desk.about import named_by
from sanban.intake.event import RequestSuggested
from sanban.intake.request import Request
from sanban.kernel.case.state import Case
from sanban.ledger.port import Part, Reader, Stored, Submission
from sanban.ledger.reading.reactions import Reaction
from sanban.main.lending.flooding import joining_wave
from sanban.main.lending.naming import name_in_other_parts
from sanban.main.meeting.facts import arrival_of

Answering = Callable[[Stored], Sequence[Submission]]
Follow = Callable[[CaseAggregate, RequestAggregate, Reader], Answering]
NOTHING_MORE: Mapping[str, Answering] = MappingProxyType({})


def open_by_itself(
    cases: CaseAggregate, requests: RequestAggregate, reader: Reader
) -> Callable[[Stored], Sequence[Submission]]:
    """On `request.suggested` above the declared threshold: the request becomes a case, or in a wave joins its case.

    One whose words name whom it may be about waits for the desk to say so. A danger takes its route, and joins a wave
    of dangers alone: the case of what is none has no clocks for it.
    """

    def answer(event: Stored) -> Sequence[Submission]:
        suggested = requests.decode(event.type, event.v, event.payload)
        if not isinstance(suggested, RequestSuggested) or not suggested.auto:
            return ()
        request = reader.state(event.stream, at=event.recorded_at)
        if not isinstance(request, Request):
            return ()
        if named_by(cases.duty(None), reader, request, event.recorded_at):
            return ()
        arrival = arrival_of(request, suggested.candidates[0].matter, cases)
        submission = joining_wave(cases, reader, request, arrival) or opening(arrival)
        return (_by_its_route(submission, request, suggested.route) if request.in_danger else submission,)

    return answer


def _by_its_route(linking: Submission, request: Request, route: str) -> Submission:
    """The request takes the route that triage advised, before it is linked to its case."""
    routed = Part(stream_of(request.id), "route", {"route": route or "accept", "auto": True})
    return msgspec.structs.replace(linking, parts=(routed, *linking.parts))


def close_requests(
    cases: CaseAggregate, _requests: RequestAggregate, reader: Reader
) -> Callable[[Stored], Sequence[Submission]]:
    """On `case.closed`: its requests are closed with its ending; who led joint work answers for the next like case."""
    keep = keep_precedent(cases, reader)
    return lambda event: (*_with_requests(reader, "close", event), *keep(event))


def reopen_requests(
    _cases: CaseAggregate, _requests: RequestAggregate, reader: Reader
) -> Callable[[Stored], Sequence[Submission]]:
    """On `case.reopened`: its requests are open again, and so their requesters' pages say."""
    return partial(_with_requests, reader, "reopen")


def _with_requests(reader: Reader, step: str, event: Stored) -> Sequence[Submission]:
    """The step for every request of the case, each by itself: one that cannot take it hinders no other."""
    case = reader.state(event.stream, at=event.recorded_at)
    if not isinstance(case, Case):
        return ()
    return [Submission("", SYSTEM, (Part(f"request:{request.id}", step, {}),)) for request in case.requests]


def _dispatch(
    cases: CaseAggregate, _requests: RequestAggregate, _reader: Reader
) -> Callable[[Stored], Sequence[Submission]]:
    return dispatch_by_itself(cases)


def _located(
    cases: CaseAggregate, _requests: RequestAggregate, reader: Reader
) -> Callable[[Stored], Sequence[Submission]]:
    return dispatch_where_located(cases, reader)


def _precedent(
    cases: CaseAggregate, _requests: RequestAggregate, reader: Reader
) -> Callable[[Stored], Sequence[Submission]]:
    return keep_precedent(cases, reader)


def _stand_aside_again(
    _cases: CaseAggregate, _requests: RequestAggregate, reader: Reader
) -> Callable[[Stored], Sequence[Submission]]:
    return stand_aside_again(reader)


def _named(
    cases: CaseAggregate, _requests: RequestAggregate, reader: Reader
) -> Callable[[Stored], Sequence[Submission]]:
    both = stand_aside_again(reader), name_in_other_parts(cases, reader)
    return lambda event: [submission for answer in both for submission in answer(event)]


def _reopened(
    cases: CaseAggregate, requests: RequestAggregate, reader: Reader
) -> Callable[[Stored], Sequence[Submission]]:
    both = reopen_requests(cases, requests, reader), stand_aside_again(reader)
    return lambda event: [submission for answer in both for submission in answer(event)]


REACTIONS: Mapping[str, Follow] = MappingProxyType(
    {
        "request.suggested": open_by_itself,
        "case.opened": _dispatch,
        "case.located": _located,
        "case.ruled": _precedent,
        "case.closed": close_requests,
        "case.reopened": _reopened,
        "case.reclassified": _stand_aside_again,
        "request.attached": _stand_aside_again,
        "subject.named": _named,
        "task.reworked": _stand_aside_again,
        "case.vetoed": _stand_aside_again,
    }
)
"""Event type -> what follows it. All share one cursor, so that a batch of events is followed in one commit."""

NAME = "house"


def reactions(
    cases: CaseAggregate, requests: RequestAggregate, reader: Reader, more: Mapping[str, Answering] = NOTHING_MORE
) -> tuple[Reaction, ...]:
    """The reactions, bound to this deployment; `more` follow the same events after them."""
    first = {kind: follow(cases, requests, reader) for kind, follow in REACTIONS.items()}
    return (Reaction(NAME, _by_type(first), frozenset({*first, *more}), beside=(_by_type(more),)),)


def _by_type(answerings: Mapping[str, Answering]) -> Answering:
    def answer(event: Stored) -> Sequence[Submission]:
        answering = answerings.get(event.type)
        return () if answering is None else answering(event)

    return answer
