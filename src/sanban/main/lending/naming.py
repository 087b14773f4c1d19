"""Whom one case turns out to be about holds for what else was said in the same message.

    subject.named --> name_subject of every open case of the message's other parts, on the same ground

A part that has no case yet is asked about when one is opened; where it was said of a case that it is not about the
party, that stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from sanban.handling.aggregate import CaseAggregate
from sanban.handling.aggregate import stream_of as case_stream
from sanban.handling.joining import step_for
from sanban.handling.reactions import SYSTEM
from sanban.intake.aggregate import stream_of
from sanban.intake.desk.about import whole_of
from sanban.intake.request import Request
from sanban.kernel.case.event import SubjectNamed
from sanban.kernel.case.state import Case
from sanban.ledger.port import Part, Reader, Stored, Submission


def name_in_other_parts(cases: CaseAggregate, reader: Reader) -> Callable[[Stored], Sequence[Submission]]:
    """What follows a naming in the cases of the other parts; each command is known by its case."""

    def answer(event: Stored) -> Sequence[Submission]:
        named = cases.decode(event.type, event.v, event.payload)
        case = reader.state(event.stream, at=event.recorded_at)
        if not isinstance(named, SubjectNamed) or not isinstance(case, Case):
            return ()
        others = dict.fromkeys(other for one in case.requests for other in _beside(reader, one.id) if other != case.id)
        return [_naming(cases, other, named) for other in _open(reader, others, named.party, event.recorded_at)]

    return answer


def _beside(reader: Reader, request_id: str) -> Iterator[str]:
    """The cases of the message that a request is, or is a part of, and of its parts."""
    request = reader.state(stream_of(request_id))
    whole = (whole_of(reader, request) or request) if isinstance(request, Request) else None
    parts = () if whole is None else (whole, *(reader.state(stream_of(one)) for one in whole.parts))
    return (one.case for one in parts if isinstance(one, Request) and one.case)


def _open(reader: Reader, ids: Iterable[str], party: str, at: int) -> Iterator[Case]:
    """Those that are open and of which nothing is said about the party."""
    for case_id in ids:
        case = reader.state(case_stream(case_id), at=at)
        if isinstance(case, Case) and case.closed_at is None and party not in case.subjects | case.cleared:
            yield case


def _naming(cases: CaseAggregate, case: Case, named: SubjectNamed) -> Submission:
    step = step_for(cases.pinned(case), "name_subject", case.state)
    args = {"party": named.party, "ground": named.ground}
    return Submission(case.id, SYSTEM, (Part(case_stream(case.id), step, args),))
