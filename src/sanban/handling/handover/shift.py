"""The stream `shift:<unit>`: one handover after another, each signed by who gives and by who takes.

Theory of operation. Who hands over names the cases that cannot wait, as codes; the event carries the account, and the
ledger's chain makes it a signature. Until somebody else has taken over, whoever handed over is still answerable: there
is no instant at which nobody is. The next handover lists what is still open of the last one again.

    shift.handed_over  -->  shift.taken_over  -->  shift.handed_over ...
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from sanban.kernel.case.words import Code, GivenId, GivenRef, Id, TextRef
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor, Role
from sanban.ledger.port import Part, Turn
from sanban.ledger.stream_kind import StreamKind, arguments

KIND = "shift"
MOST_CASES = 200
SHIFT_ROLES: frozenset[Role] = frozenset({"operator", "dispatcher", "handler", "grid_leader"})

Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class ShiftEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What both have: when, and whose account signs."""

    v: int = 1
    at: int
    actor: Code


class ShiftHandedOver(ShiftEvent, frozen=True, tag="shift.handed_over"):
    """`open`: how many cases wait in all; `cases`: those that cannot wait, the most urgent first; `note`: in the vault.

    `urgent`: how many of them are late or due soon; `promised`: how many were promised an answer within a day.
    """

    open: int
    urgent: int
    promised: int
    cases: tuple[Id, ...] = ()
    note: TextRef = ""


class ShiftTakenOver(ShiftEvent, frozen=True, tag="shift.taken_over"):
    """The next shift has seen what was left, and answers from now on."""


Event = ShiftHandedOver | ShiftTakenOver


class HandOverArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    open: Count
    urgent: Count
    promised: Count
    cases: Annotated[tuple[GivenId, ...], msgspec.Meta(max_length=MOST_CASES)] = ()
    note: GivenRef = ""


class Shift(msgspec.Struct, frozen=True):
    """Where the unit's shifts stand: the last handover, and who took it over, '' while nobody has.

    `answerable`: who answers now: who took over last, or hands over still.
    """

    last: ShiftHandedOver
    taken_by: Code = ""
    taken_at: int | None = None
    count: int = 1

    @property
    def answerable(self) -> str:
        return self.taken_by or self.last.actor


def stream_of(unit: str) -> str:
    """The stream of a unit's shifts."""
    return f"{KIND}:{unit}"


class ShiftAggregate(StreamKind[Event], kind=KIND, events=Event, noun="a shift"):
    """The handovers of every unit."""

    def decide(self, state: Shift | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        refused = _refusal(part, turn.actor)
        if refused is not None:
            return refused
        if part.step == "hand_over":
            return _hand_over(state, part, turn)
        if part.step == "take_over":
            return _take_over(state, turn)
        return Refused("unknown_step", f"a shift has no step {part.step}", "hand_over, take_over")

    def fold(self, state: Shift | None, event: Event) -> Shift:
        if isinstance(event, ShiftHandedOver):
            return Shift(event, count=1 if state is None else state.count + 1)
        assert state is not None, "a shift is handed over before it is taken over"
        return msgspec.structs.replace(state, taken_by=event.actor, taken_at=event.at)


def _refusal(part: Part, actor: Actor) -> Refused | None:
    if actor.role in SHIFT_ROLES and actor.unit and part.stream == stream_of(actor.unit):
        return None
    return Refused("not_permitted", "a shift is handed over and taken over by its own unit", "sign in at that unit")


def _hand_over(state: Shift | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
    if state is not None and not state.taken_by:
        return Refused("not_taken_over", "the last handover was not taken over yet", "take_over")
    args = arguments(part, HandOverArgs, "open, urgent, promised, cases")
    if isinstance(args, Refused):
        return args
    return (ShiftHandedOver(at=turn.now, actor=turn.actor.id, **msgspec.structs.asdict(args)),)


def _take_over(state: Shift | None, turn: Turn) -> Sequence[Event] | Refused:
    if state is None or state.taken_by:
        return Refused("nothing_handed_over", "no handover waits to be taken over", "hand_over")
    if state.last.actor == turn.actor.id:
        return Refused("own_handover", "who hands over does not take over", "another officer of the unit")
    return (ShiftTakenOver(at=turn.now, actor=turn.actor.id),)
