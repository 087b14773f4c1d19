"""The stream kind `finding`: what a grid worker found, and whether it was set right on the spot.

    reported, not fixed            confirmed: it becomes a case by the normal mechanism (a reaction, see `main`)
    reported, fixed on the spot    fixed, or to be looked at again when chance picked it
    looked at again                holds, or not: then it becomes a case as well

Who looks again is another person than who reported. Chance is worked out before (`reporting.sampled`) and kept in the
event, so that folding needs none. Events hold codes, instants, ids and refs; what was found stands in the vault.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec.structs import replace

from sanban.kernel.case.words import Code, GivenCode, GivenId, Id, TextRef
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Column, Part, Projection, Turn
from sanban.ledger.stream_kind import StreamKind, arguments

KIND: Final = "finding"
REPORTERS = frozenset({"grid_worker", "grid_leader"})
CHECKERS = frozenset({"grid_worker", "grid_leader", "verifier", "dispatcher", "coordinator"})
EXAMPLE = '{"matter": "street-light", "grid": "01-003", "text": "v:0197..."}'

FindingState = Literal["confirmed", "fixed", "to_recheck", "holds", "not_fixed"]
SomeRef = Annotated[str, msgspec.Meta(pattern=r"^v:[0-9a-f\-]{32,36}$(?!\n)")]

DAY = 86_400_000_000


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    v: int = 1
    at: int


class FindingReported(_Event, frozen=True, tag="finding.reported"):
    """`found_at`: when it was seen, `at`: when it reached us. `person`: under whose key the words stand.

    `recheck`: chance picked it to be looked at again, until `recheck_by` (microseconds UTC).
    """

    id: Id
    number: Code
    by: Code
    unit: Code
    matter: Code
    grid: Code
    person: Id
    text: TextRef
    found_at: int
    point: TextRef = ""
    fixed: bool = False
    recheck: bool = False
    recheck_by: int = 0


class FindingRechecked(_Event, frozen=True, tag="finding.rechecked"):
    """Somebody else looked: `holds` says whether it is really set right."""

    by: Code
    holds: bool


Event = FindingReported | FindingRechecked


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments of `report`; `found_at` None = when it occurred. `recheck_days`: within which somebody looks again."""

    matter: GivenId
    grid: GivenId
    person: GivenId
    text: SomeRef
    found_at: int | None = None
    point: GivenCode = ""
    fixed: bool = False
    recheck: bool = False
    recheck_days: Annotated[int, msgspec.Meta(ge=0, le=366)] = 0


class Recheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments of `recheck`."""

    holds: bool


class Finding(msgspec.Struct, frozen=True):
    """One finding. `rechecked_by` is '' until somebody looked again."""

    reported: FindingReported
    rechecked_by: str = ""
    rechecked_at: int = 0
    holds: bool = False

    @property
    def state(self) -> FindingState:
        if not self.reported.fixed:
            return "confirmed"
        if self.rechecked_by:
            return "holds" if self.holds else "not_fixed"
        return "to_recheck" if self.reported.recheck else "fixed"


def stream_of(id: str) -> str:  # noqa: A002 -- the glossary's word
    """The stream of a finding's id."""
    return f"{KIND}:{id}"


def decide(state: Finding | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
    """The events of a step, or why not."""
    shape = {"report": Report, "recheck": Recheck}.get(part.step)
    if shape is None:
        return Refused("unknown_step", f"a finding has no step {part.step!r}", "report, recheck")
    args: Any = arguments(part, shape, EXAMPLE)
    if isinstance(args, Refused):
        return args
    if part.step == "report":
        return _report(state, args, turn, part.stream.partition(":")[2])
    return _recheck(state, args, turn)


def _report(state: Finding | None, args: Report, turn: Turn, id: str) -> Sequence[Event] | Refused:  # noqa: A002 -- the glossary's word
    found_at = turn.occurred_at if args.found_at is None else args.found_at
    if state is not None:
        return Refused("already_received", "this finding was reported before", "use a new id for a new finding")
    if turn.actor.role not in REPORTERS or not turn.actor.unit:
        return Refused("not_permitted", "findings are reported by grid workers", "sign in as a grid worker")
    if found_at > turn.now:
        return Refused("in_the_future", "nothing is found before it was seen", "2026-01-05 09:30:00")
    fields = {name: getattr(args, name) for name in ("matter", "grid", "person", "text", "point", "fixed")}
    if args.fixed and args.recheck:
        fields |= {"recheck": True, "recheck_by": turn.now + args.recheck_days * DAY}
    actor, number = turn.actor, turn.number(KIND)
    return (
        FindingReported(at=turn.now, id=id, number=number, by=actor.id, unit=actor.unit, found_at=found_at, **fields),
    )


def _recheck(state: Finding | None, args: Recheck, turn: Turn) -> Sequence[Event] | Refused:
    if state is None:
        return Refused("unknown_finding", "there is no such finding", "choose one from the list")
    refused = may_recheck(turn.actor, state)
    return refused or (FindingRechecked(at=turn.now, by=turn.actor.id, holds=args.holds),)


def may_recheck(actor: Actor, finding: Finding) -> Refused | None:
    """None if the actor may look again at the finding: somebody else than who set it right, while it waits for it."""
    if actor.role not in CHECKERS:
        return Refused("not_permitted", "who looks again is a grid worker, a verifier or of the centre", "sign in")
    if actor.id == finding.reported.by:
        return Refused("own_work", "who set it right does not judge it", "a colleague")
    if finding.state != "to_recheck":
        return Refused("no_recheck_due", "this finding does not wait for a second look", "choose one from the list")
    return None


def fold(state: Finding | None, event: Event) -> Finding:
    """The state after an event; the first is `finding.reported`."""
    if isinstance(event, FindingReported):
        return Finding(event)
    assert state is not None, "a finding begins with finding.reported"
    return replace(state, rechecked_by=event.by, rechecked_at=event.at, holds=event.holds)


def _rows(_stream: str, state: Finding) -> Sequence[tuple[object, ...]]:
    told = state.reported
    row = (told.id, told.number, told.at, told.found_at, told.by, told.unit, told.matter, told.grid, state.state)
    return ((*row, told.recheck_by),)


FINDING_VIEW = Projection(
    table="finding_view",
    version=1,
    columns=(
        Column("finding", "text"),
        Column("number", "text"),
        Column("recorded_at", "int"),
        Column("found_at", "int"),
        Column("reported_by", "text"),
        Column("unit", "text"),
        Column("matter", "text"),
        Column("grid", "text"),
        Column("state", "text"),
        Column("recheck_by", "int"),
    ),
    key=(),
    indexes=(("unit", "recorded_at", "finding"), ("state", "recorded_at", "finding"), ("recorded_at", "finding")),
    rows=_rows,
)


class FindingAggregate(StreamKind[Event], kind=KIND, events=Event, noun="a finding"):
    """Findings as the ledger sees them."""

    projections = (FINDING_VIEW,)

    def decide(self, state: Finding | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        return decide(state, part, turn)

    def fold(self, state: Finding | None, event: Event) -> Finding:
        return fold(state, event)
