"""Subscribers, in streams `subscriber:<id>`: who is sent which events, bound to a unit, to a party, or to neither.

Where they are sent and the key they are signed with stand in the vault under a key of the subscriber's own; when a
subscriber is removed, that key is destroyed like an erased person's. The events hold codes alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from sanban.kernel.case.words import Code, GivenCode, GivenRef, Id, TextRef
from sanban.kernel.errors import Refused
from sanban.ledger.port import Column, Part, Projection, Turn
from sanban.ledger.stream_kind import StreamKind, arguments

KIND = "subscriber"
KEEPERS = frozenset({"system", "coordinator"})
MOST_TYPES = 40

TYPES: frozenset[str] = frozenset(
    {
        "case.opened", "request.attached", "request.detached", "case.dispatched", "case.ruled", "task.accepted",
        "task.returned", "task.passed_down", "task.planned", "task.finished", "task.waived", "task.reworked",
        "case.verified", "case.closed", "case.reopened", "case.shelved", "case.unshelved", "case.supervised",
        "extension.granted", "clock.suspended", "clock.resumed", "clock.missed", "clock.reminded",
        "promise.lengthened",
    }
)  # fmt: skip
"""The events that can be subscribed to: what happens to a case. Notes, fields and call-backs are nobody else's."""


class SubscriberEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all have."""

    v: int = 1
    at: int


class SubscriberAdded(SubscriberEvent, frozen=True, tag="subscriber.added"):
    """`unit`: only cases it works on, '' = the whole district. `party`: who runs the system, if it is no unit."""

    id: Id
    url: TextRef
    key: TextRef
    types: tuple[Code, ...]
    unit: Code = ""
    party: Code = ""


class SubscriberRemoved(SubscriberEvent, frozen=True, tag="subscriber.removed"):
    """Is sent nothing any more."""


Event = SubscriberAdded | SubscriberRemoved


class Subscriber(msgspec.Struct, frozen=True):
    """A subscriber; `removed_at` 0 while it is one."""

    added: SubscriberAdded
    removed_at: int = 0

    @property
    def parties(self) -> tuple[str, ...]:
        """For whom it listens: a case about any of them, or about anyone they act for, is kept from it."""
        return tuple(one for one in (self.added.unit, self.added.party) if one)


class Add(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: GivenRef
    key: GivenRef
    types: Annotated[tuple[GivenCode, ...], msgspec.Meta(min_length=1, max_length=MOST_TYPES)]
    unit: GivenCode = ""
    party: GivenCode = ""


def stream_of(id: str) -> str:  # noqa: A002 -- the glossary's word
    """The stream of a subscriber's id."""
    return f"{KIND}:{id}"


WEBHOOK_SUBSCRIBER = Projection(
    table="webhook_subscriber",
    version=1,
    columns=(
        Column("subscriber", "text"),
        Column("unit", "text"),
        Column("party", "text"),
        Column("types", "text"),
        Column("added_at", "int"),
        Column("removed_at", "int"),
    ),
    key=(),
    indexes=(("removed_at", "subscriber"),),
    rows=lambda _stream, state: [
        (
            state.added.id,
            state.added.unit,
            state.added.party,
            " ".join(state.added.types),
            state.added.at,
            state.removed_at,
        )
    ],
)


class SubscriberAggregate(StreamKind[Event], kind=KIND, events=Event, noun="a subscriber"):
    """Subscribers; steps `add` and `remove`."""

    projections = (WEBHOOK_SUBSCRIBER,)

    def decide(self, state: Subscriber | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        """Add once, remove once; removing again is no refusal."""
        if turn.actor.role not in KEEPERS:
            return Refused("not_permitted", "subscribers are kept by whoever runs the deployment", "sanban webhook add")
        if part.step == "remove":
            return () if state is None or state.removed_at else (SubscriberRemoved(at=turn.now),)
        if part.step != "add":
            return Refused("unknown_step", f"a subscriber has no step {part.step!r}", "add or remove")
        args = arguments(part, Add, '{"url": "v:...", "key": "v:...", "types": ["case.closed"]}')
        if isinstance(args, Refused):
            return args
        unknown = sorted(set(args.types) - TYPES)
        if unknown:
            return Refused("unknown_type", f"{unknown[0]} cannot be subscribed to", ", ".join(sorted(TYPES)[:3]))
        if state is not None:
            return Refused("already_added", "there is such a subscriber", "another name")
        id_ = part.stream.partition(":")[2]
        return (SubscriberAdded(at=turn.now, id=id_, **msgspec.structs.asdict(args)),)

    def fold(self, state: Subscriber | None, event: Event) -> Subscriber:
        if isinstance(event, SubscriberAdded):
            return Subscriber(event)
        assert state is not None, "a subscriber begins with subscriber.added"
        return msgspec.structs.replace(state, removed_at=event.at)
