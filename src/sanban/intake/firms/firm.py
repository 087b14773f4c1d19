"""The stream kind `firm`: what a person has said of policies for a firm, over all of their requests for it.

    decline a policy, for a coded reason --> it is offered to the firm no more
    reconsider                           --> it is offered again

Its id is made of the person and the pseudonym under which the vault finds the credit code again; the code itself
stands in no event. Every step rests on a request for the firm: whoever holds its receipt speaks for that person alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

import msgspec

from sanban.intake.aggregate import stream_of as request_stream
from sanban.intake.firms.filing import CHANNEL
from sanban.intake.request import Request
from sanban.kernel.case.words import Code, GivenCode, GivenId, Id
from sanban.kernel.errors import Refused
from sanban.ledger.port import Column, Part, Projection, Turn
from sanban.ledger.stream_kind import StreamKind, arguments

KIND: Final = "firm"
Reason = Literal["not_needed", "not_eligible", "applied_already", "too_much_effort", "other"]
REASONS: tuple[Reason, ...] = get_args(Reason)


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """`request`: the one whose receipt was shown."""

    v: int = 1
    at: int
    policy: Code
    request: Id


class PolicyDeclined(_Event, frozen=True, tag="policy.declined"):
    """Not for this firm."""

    reason: Reason


class PolicyReconsidered(_Event, frozen=True, tag="policy.reconsidered"):
    """For this firm after all."""


Event = PolicyDeclined | PolicyReconsidered


class Decline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments of `decline`."""

    policy: GivenCode
    request: GivenId
    reason: Reason


class Reconsider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments of `reconsider`."""

    policy: GivenCode
    request: GivenId


class Firm(msgspec.Struct, frozen=True):
    """`declined`: policy -> the event that declined it, as it stands now."""

    declined: Mapping[str, PolicyDeclined] = MappingProxyType({})


def stream_of(id: str) -> str:  # noqa: A002 -- the glossary's word
    """The stream of a firm's id."""
    return f"{KIND}:{id}"


def decide(state: Firm | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
    """The events of a step, or why not; what is so already needs none."""
    shape = {"decline": Decline, "reconsider": Reconsider}.get(part.step)
    if shape is None:
        return Refused("unknown_step", f"a firm has no step {part.step!r}", "decline, reconsider")
    args: Any = arguments(part, shape, '{"policy": "rent-support", "request": "0197...", "reason": "not_needed"}')
    if isinstance(args, Refused):
        return args
    request = turn.look(request_stream(args.request))
    known = isinstance(request, Request) and request.received.channel == CHANNEL
    if not known or request.received.requester != turn.actor.party:
        return Refused("not_permitted", "whoever filed a request of the firm speaks for it", "show its receipt")
    before = (state or Firm()).declined.get(args.policy)
    if isinstance(args, Decline):
        return () if before and before.reason == args.reason else (_declined(args, turn),)
    return (PolicyReconsidered(at=turn.now, policy=args.policy, request=args.request),) if before else ()


def _declined(args: Decline, turn: Turn) -> PolicyDeclined:
    return PolicyDeclined(at=turn.now, policy=args.policy, request=args.request, reason=args.reason)


def fold(state: Firm | None, event: Event) -> Firm:
    """The state after an event."""
    others = {code: one for code, one in (state or Firm()).declined.items() if code != event.policy}
    return Firm(others | {event.policy: event} if isinstance(event, PolicyDeclined) else others)


def _rows(_stream: str, state: Firm) -> Sequence[tuple[object, ...]]:
    return tuple((one.policy, one.reason, one.at, one.request) for one in state.declined.values())


DECLINED_POLICY = Projection(
    table="declined_policy",
    version=1,
    columns=(
        Column("policy", "text"),
        Column("reason", "text"),
        Column("declined_at", "int"),
        Column("request", "text"),
    ),
    key=("policy",),
    indexes=(("declined_at",),),
    rows=_rows,
)


class FirmAggregate(StreamKind[Event], kind=KIND, events=Event, noun="a firm"):
    """Firms as the ledger sees them."""

    projections = (DECLINED_POLICY,)

    def decide(self, state: Firm | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        return decide(state, part, turn)

    def fold(self, state: Firm | None, event: Event) -> Firm:
        return fold(state, event)
