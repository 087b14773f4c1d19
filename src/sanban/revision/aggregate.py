"""The stream kind `revision`: one proposal from its evidence to its effect.

    proposed -> replayed -> approved -> in force -> measured
                         \\-> refused

The ledger proposes and replays; a person decides, whose office it is, and only after the replay. Nothing is ever
decided by the system. What comes into force is a file, whose digest stands in the stream; an approval whose file could
not be written is given again, for the same day or another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from sanban.kernel.case.words import GivenCode, GivenId
from sanban.kernel.clock.calendar import day_of_iso
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Role
from sanban.ledger.port import Column, Part, Projection, Turn
from sanban.ledger.stream_kind import StreamKind, arguments
from sanban.revision.change import Change
from sanban.revision.effect import Effect
from sanban.revision.event import (
    Event,
    RevisionApproved,
    RevisionEnacted,
    RevisionMeasured,
    RevisionProposed,
    RevisionRefused,
    RevisionReplayed,
)
from sanban.revision.proposing.finding import Finding
from sanban.revision.replay.result import Replayed

KIND: Final = "revision"
State = Literal["proposed", "approved", "refused", "in_force"]
DECIDERS: Final[frozenset[Role]] = frozenset({"mechanism_owner"})
"""Whose office it is to change a rule."""
GROUNDS: Final[Mapping[str, Title]] = {
    "no_need": Title("情况已变，无须修订", "Things have changed; there is no need"),
    "elsewhere": Title("问题不在规则", "It is not the rule that is wrong"),
    "side_effects": Title("回放显示副作用过大", "The replay shows too much else changing"),
    "not_lawful": Title("与上位规定不符", "A higher rule forbids it"),
}
"""Why a proposal is refused."""


class Revision(msgspec.Struct, frozen=True):
    """A proposal as it stands. `decided_by` '' and `from_day` '' while nobody has decided.

    `position`, `counted_at`: where the record ended that the last effect counts, and as of when; 0 where not kept.
    """

    id: str
    finding: Finding
    since: int
    until: int
    tests: int
    proposed_at: int
    state: State = "proposed"
    results: tuple[Replayed, ...] = ()
    decided_by: str = ""
    decided_at: int = 0
    ground: str = ""
    from_day: str = ""
    digest: str = ""
    from_at: int = 0
    effects: tuple[Effect, ...] = ()
    position: int = 0
    counted_at: int = 0

    @property
    def change(self) -> Change:
        """What is to be changed."""
        return self.finding.change


class ProposeArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: GivenId
    finding: Finding
    since: int
    until: int
    tests: int = 0


class ReplayArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    results: tuple[Replayed, ...]


class ApproveArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    day: GivenCode
    adopted: GivenCode = ""


class RefuseArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ground: GivenCode


class EnactArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    digest: GivenCode
    from_at: int


class MeasureArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    effect: Effect
    position: int
    counted_at: int


def stream_of(revision_id: str) -> str:
    """The stream of a proposal's id."""
    return f"{KIND}:{revision_id}"


class RevisionAggregate(StreamKind[Event], kind=KIND, events=Event, noun="a proposal"):
    """Proposals, and the table of how they stand."""

    def __init__(self) -> None:
        self.projections: tuple[Projection, ...] = (_revision_view(),)

    def decide(self, state: Revision | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        shape = _STEPS.get(part.step)
        if shape is None:
            return Refused("unknown_step", f"a proposal has no step {part.step}", ", ".join(_STEPS))
        kind, decide = shape
        decided = part.step in ("approve", "refuse")
        if turn.actor.role not in (DECIDERS if decided else {*DECIDERS, "system"}):
            message = "a rule is changed by the person whose office it is, never by the system"
            return Refused("not_permitted", message, "sign in as a mechanism owner")
        if (state is None) != (part.step == "propose"):
            return () if state is not None else Refused("unknown_revision", "there is no such proposal", "propose")
        args = arguments(part, kind, ", ".join(kind.__annotations__))
        return args if isinstance(args, Refused) else decide(state, args, turn)

    def fold(self, state: Revision | None, event: Event) -> Revision:
        if isinstance(event, RevisionProposed):
            return Revision(event.id, event.finding, event.since, event.until, event.tests, event.at)
        assert state is not None, "a proposal is proposed first"
        return msgspec.structs.replace(state, **_FOLDS[type(event)](state, event))


def _proposed(_state: None, args: ProposeArgs, turn: Turn) -> Sequence[Event]:
    return (RevisionProposed(at=turn.now, actor=turn.actor.id, **msgspec.structs.asdict(args)),)


def _replayed(state: Revision, args: ReplayArgs, turn: Turn) -> Sequence[Event] | Refused:
    return _while_open(state) or (RevisionReplayed(at=turn.now, actor=turn.actor.id, results=args.results),)


def _approved(state: Revision, args: ApproveArgs, turn: Turn) -> Sequence[Event] | Refused:
    if not state.results:
        return Refused("not_replayed", "a change is replayed on past cases before anybody approves it", "replay")
    try:
        day_of_iso(args.day)
    except ValueError:
        return Refused("bad_arguments", f"{args.day} is not a date", "day: 2026-12-01")
    approved = RevisionApproved(at=turn.now, actor=turn.actor.id, day=args.day, adopted=args.adopted)
    return _while_open(state, also="approved") or (approved,)


def _refused(state: Revision, args: RefuseArgs, turn: Turn) -> Sequence[Event] | Refused:
    if args.ground not in GROUNDS:
        known = ", ".join(GROUNDS)
        return Refused("unknown_ground", f"{args.ground} is not a ground here; there are: {known}", "no_need")
    return _while_open(state) or (RevisionRefused(at=turn.now, actor=turn.actor.id, ground=args.ground),)


def _enacted(state: Revision, args: EnactArgs, turn: Turn) -> Sequence[Event] | Refused:
    if state.state == "in_force":
        return ()
    if state.state != "approved":
        return Refused("not_approved", "a file is changed after a person has approved it", "approve")
    return (RevisionEnacted(at=turn.now, actor=turn.actor.id, digest=args.digest, from_at=args.from_at),)


def _measured(state: Revision, args: MeasureArgs, turn: Turn) -> Sequence[Event] | Refused:
    if state.state != "in_force" or turn.now < state.from_at:
        return Refused("not_in_force", "what is not in force yet has no effect to measure", "wait for its day")
    if state.effects and state.effects[-1] == args.effect:
        return ()
    return (RevisionMeasured(at=turn.now, actor=turn.actor.id, **msgspec.structs.asdict(args)),)


def _while_open(state: Revision, also: State = "proposed") -> Refused | None:
    if state.state in ("proposed", also):
        return None
    return Refused("already_decided", f"this proposal was decided on: {state.state}", "the next proposal")


_STEPS: Final[Mapping[str, tuple[type[msgspec.Struct], Callable[[Any, Any, Turn], Sequence[Event] | Refused]]]] = {
    "propose": (ProposeArgs, _proposed),
    "replay": (ReplayArgs, _replayed),
    "approve": (ApproveArgs, _approved),
    "refuse": (RefuseArgs, _refused),
    "enact": (EnactArgs, _enacted),
    "measure": (MeasureArgs, _measured),
}

_FOLDS: Final[Mapping[type, Callable[[Revision, Any], dict[str, Any]]]] = {
    RevisionReplayed: lambda _, event: {"results": event.results},
    RevisionApproved: lambda _, event: {**_decision(event), "state": "approved", "from_day": event.day},
    RevisionRefused: lambda _, event: {**_decision(event), "state": "refused", "ground": event.ground},
    RevisionEnacted: lambda _, event: {"state": "in_force", "digest": event.digest, "from_at": event.from_at},
    RevisionMeasured: lambda state, event: {
        "effects": (*state.effects, event.effect),
        "position": event.position,
        "counted_at": event.counted_at,
    },
}


def _decision(event: RevisionApproved | RevisionRefused) -> dict[str, Any]:
    return {"decided_by": event.actor, "decided_at": event.at}


def _revision_view() -> Projection:
    return Projection(
        table="revision_view",
        version=2,
        columns=(
            Column("revision", "text"),
            Column("state", "text"),
            Column("change", "text"),
            Column("place", "text"),
            Column("proposed_at", "int"),
            Column("chance", "int"),
            Column("from_at", "int"),
        ),
        key=("revision",),
        indexes=(("proposed_at", "revision"), ("place", "state")),
        rows=lambda _stream, one: [
            (one.id, one.state, one.change.key, one.change.place, one.proposed_at, one.finding.chance, one.from_at)
        ],
    )
