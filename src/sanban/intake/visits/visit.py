"""The stream kind `visit`: somebody of the district listens to residents, and notes what they raise.

    open --> note (an issue, which is a request of channel `visit`) ... --> close

An issue is a request like any other: the same reading, the same mechanism, the same clocks; where it came from is a
field. The visit cannot be closed while an issue has neither a case nor a recorded answer: `decide` looks at the
requests themselves, as they stand in that very command.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from sanban.intake.aggregate import stream_of as request_stream
from sanban.intake.request import Request
from sanban.kernel.case.words import Code, GivenCode, GivenId, GivenRef, Id, TextRef
from sanban.kernel.errors import Refused
from sanban.ledger.port import Column, Part, Projection, Turn
from sanban.ledger.stream_kind import StreamKind, arguments

KIND = "visit"
CHANNEL = "visit"
VISITORS = frozenset({"operator", "dispatcher", "coordinator", "handler"})
ISSUES_AT_MOST = 200

VisitState = Literal["open", "closed"]


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    v: int = 1
    at: int
    by: Code


class VisitOpened(_Event, frozen=True, tag="visit.opened"):
    """`held_at`: when it took place, microseconds UTC. `place`: where, and `person`: under whose key that stands."""

    id: Id
    number: Code
    unit: Code
    held_at: int
    street: Code = ""
    place: TextRef = ""
    person: Code = ""


class IssueNoted(_Event, frozen=True, tag="visit.issue_noted"):
    """What a resident raised, as the request that it is."""

    request: Id


class VisitClosed(_Event, frozen=True, tag="visit.closed"):
    """Every issue has its case or its answer."""


Event = VisitOpened | IssueNoted | VisitClosed


class Open(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    held_at: int
    street: GivenCode = ""
    place: GivenRef = ""
    person: GivenCode = ""


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    request: GivenId


class Close(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Visit(msgspec.Struct, frozen=True):
    """One visit. `issues`: ids of requests, as noted."""

    opened: VisitOpened
    issues: tuple[str, ...] = ()
    closed_at: int = 0

    @property
    def state(self) -> VisitState:
        return "closed" if self.closed_at else "open"


def stream_of(id: str) -> str:  # noqa: A002 -- the glossary's word
    """The stream of a visit's id."""
    return f"{KIND}:{id}"


def is_settled(request: Request | None) -> bool:
    """Whether an issue has its reply: a case that owes it, or an answer on record."""
    return request is not None and bool(request.case or request.ending)


def decide(state: Visit | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
    """The events of a step, or why not."""
    shape = {"open": Open, "note": Note, "close": Close}.get(part.step)
    if shape is None:
        return Refused("unknown_step", f"a visit has no step {part.step!r}", "open, note, close")
    if turn.actor.role not in VISITORS or not turn.actor.unit:
        return Refused("not_permitted", "visits are noted by officers of a unit", "sign in as a handler")
    args: Any = arguments(part, shape, '{"request": "0197..."}')
    if isinstance(args, Refused):
        return args
    if part.step == "open":
        return _open(state, args, turn, part.stream.partition(":")[2])
    if state is None:
        return Refused("unknown_visit", "there is no such visit", "open it first")
    if turn.actor.unit != state.opened.unit:
        return Refused("not_permitted", "a visit is noted by the unit that holds it", "sign in as one of that unit")
    if state.closed_at:
        return Refused("visit_over", "this visit is closed", "open a new one")
    return _note(state, args, turn, part.stream) if part.step == "note" else _close(state, turn)


def _open(state: Visit | None, args: Open, turn: Turn, id: str) -> Sequence[Event] | Refused:  # noqa: A002 -- the glossary's word
    if state is not None:
        return Refused("already_open", "this visit is open already", "use a new id for a new visit")
    if args.held_at > turn.now:
        return Refused("in_the_future", "a visit is noted when it is held", "2026-01-05 09:30:00")
    given = msgspec.structs.asdict(args)
    return (VisitOpened(at=turn.now, by=turn.actor.id, id=id, number=turn.number(KIND), unit=turn.actor.unit, **given),)


def _note(state: Visit, args: Note, turn: Turn, stream: str) -> Sequence[Event] | Refused:
    if len(state.issues) >= ISSUES_AT_MOST:
        return Refused("too_many_issues", f"a visit has at most {ISSUES_AT_MOST} issues", "open a second visit")
    request = turn.look(request_stream(args.request))
    if not isinstance(request, Request) or request.received.origin != stream:
        return Refused("unknown_request", "an issue is a request that was noted in this visit", "receive it first")
    if args.request in state.issues:
        return ()
    return (IssueNoted(at=turn.now, by=turn.actor.id, request=args.request),)


def _close(state: Visit, turn: Turn) -> Sequence[Event] | Refused:
    owed = sum(not is_settled(turn.look(request_stream(one))) for one in state.issues)
    if owed:
        message = f"{owed} of {len(state.issues)} issues have neither a case nor an answer"
        return Refused("issues_owed", message, "answer them on the spot, or let the desk open their cases")
    return (VisitClosed(at=turn.now, by=turn.actor.id),)


def fold(state: Visit | None, event: Event) -> Visit:
    """The state after an event; the first is `visit.opened`."""
    if isinstance(event, VisitOpened):
        return Visit(event)
    assert state is not None, "a visit begins with visit.opened"
    if isinstance(event, IssueNoted):
        return replace(state, issues=(*state.issues, event.request))
    return replace(state, closed_at=event.at)


def _rows(_stream: str, state: Visit) -> Sequence[tuple[object, ...]]:
    held = state.opened
    return ((held.id, held.number, held.held_at, held.unit, held.street, state.state, len(state.issues)),)


VISIT_VIEW = Projection(
    table="visit_view",
    version=1,
    columns=(
        Column("visit", "text"),
        Column("number", "text"),
        Column("held_at", "int"),
        Column("unit", "text"),
        Column("street", "text"),
        Column("state", "text"),
        Column("issues", "int"),
    ),
    key=(),
    indexes=(("held_at", "visit"), ("unit", "held_at", "visit")),
    rows=_rows,
)


class VisitAggregate(StreamKind[Event], kind=KIND, events=Event, noun="a visit"):
    """Visits as the ledger sees them."""

    projections = (VISIT_VIEW,)

    def decide(self, state: Visit | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        return decide(state, part, turn)

    def fold(self, state: Visit | None, event: Event) -> Visit:
        return fold(state, event)
