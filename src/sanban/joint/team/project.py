"""The stream kind `project`: a large project at its gates.

    found --> block a gate with a case ... --> pass the gate, once nothing blocks it --> ...
       `--> note a risk of the season, order gates otherwise

A blocker is a case of the declared matter and stands at the gate that its own form names: it is handled, whistled and
closed as any case is, and whether it still blocks is asked of the case itself. A gate is passed after those before it
and when no blocker of it is open. Gates never wait for each other in a ring.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec.structs import replace

from sanban.joint.team.event import (
    Event,
    GatesOrdered,
    ProjectBlocked,
    ProjectFounded,
    ProjectGatePassed,
    RiskNoted,
)
from sanban.kernel.case.state import Case
from sanban.kernel.case.words import GivenCode, GivenId, GivenRef
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Column, Part, Projection, Turn
from sanban.ledger.stream_kind import StreamKind, shaped
from sanban.packs.joint.team import TeamTerms, ring_of

KIND = "project"
MOST_BLOCKERS = 500
TEAM = frozenset({"handler", "coordinator"})


class Found(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    unit: GivenCode
    title: GivenRef


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    gate: GivenCode
    after: Annotated[tuple[GivenCode, ...], msgspec.Meta(max_length=20)] = ()
    note: GivenRef = ""


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    case: GivenId


class PassGate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    gate: GivenCode


class NoteRisk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    season: GivenCode
    since: int
    until: int
    text: GivenRef


SHAPES: Mapping[str, Any] = {
    "found": Found,
    "order": Order,
    "block": Block,
    "pass_gate": PassGate,
    "note_risk": NoteRisk,
}


class Project(msgspec.Struct, frozen=True):
    """One project. `after`: gate -> the gates before it; `passed`: gate -> when."""

    founded: ProjectFounded
    after: dict[str, tuple[str, ...]]
    blockers: tuple[ProjectBlocked, ...] = ()
    passed: dict[str, int] = {}
    risks: tuple[RiskNoted, ...] = ()

    def waits_for(self, gate: str) -> tuple[str, ...]:
        """The gates before this one that are not passed."""
        return tuple(one for one in self.after.get(gate, ()) if one not in self.passed)


def stream_of(id: str) -> str:  # noqa: A002 -- the glossary's word
    """The stream of a project's id."""
    return f"{KIND}:{id}"


def may_act(actor: Actor, project: Project) -> bool:
    """Whether somebody is of the team: its unit, or a coordinator of the centre."""
    return actor.role in TEAM and (actor.unit == project.founded.unit or is_centre(actor))


def is_centre(actor: Actor) -> bool:
    """Whether somebody may found teams."""
    return actor.role == "coordinator" and actor.unit_kind == "centre"


def decide(state: Project | None, part: Part, turn: Turn, terms: TeamTerms) -> Sequence[Event] | Refused:
    """The events of a step, or why not."""
    args = shaped(SHAPES, part, noun="a project", example='{"gate": "design"}')
    if isinstance(args, Refused):
        return args
    if part.step == "found":
        return _found(state, args, turn, part.stream.partition(":")[2], terms)
    if state is None:
        return Refused("unknown_project", "there is no such project", "found its team first")
    if not may_act(turn.actor, state):
        return Refused("not_of_the_team", "a project is its team's own", "sign in as one of the team's unit")
    if part.step == "block":
        return _block(state, args, turn, terms)
    if part.step == "note_risk":
        return _note_risk(args, turn, terms)
    if args.gate not in terms.gates:
        return Refused("unknown_gate", f"there is no gate {args.gate[:48]!r}", ", ".join(terms.gates))
    return _order(state, args, turn, terms) if part.step == "order" else _pass(state, args.gate, turn)


def fold(state: Project | None, event: Event) -> Project:
    """The state after an event; the first is `project.founded`."""
    if isinstance(event, ProjectFounded):
        return Project(event, event.after)
    assert state is not None, "a project begins with project.founded"
    match event:
        case GatesOrdered():
            return replace(state, after={**state.after, event.gate: event.after})
        case ProjectBlocked():
            return replace(state, blockers=(*state.blockers, event))
        case ProjectGatePassed():
            return replace(state, passed={**state.passed, event.gate: event.at})
    return replace(state, risks=(*state.risks, event))


def _found(state: Project | None, args: Found, turn: Turn, id: str, terms: TeamTerms) -> Sequence[Event] | Refused:  # noqa: A002 -- the glossary's word
    if not is_centre(turn.actor):
        return Refused("not_permitted", "teams are founded by the centre's coordinators", "sign in as a coordinator")
    if state is not None:
        return Refused("already_founded", "this project has its team", "use a new id for a new project")
    if not args.unit:
        return Refused("no_owner", "a project has one unit that answers for it", "construction")
    if not args.title:
        return Refused("no_text", "a project has a name", "北外滩绿地项目")
    return (
        ProjectFounded(
            at=turn.now,
            by=turn.actor.id,
            id=id,
            number=turn.number(KIND),
            unit=args.unit,
            title=args.title,
            after=dict(terms.after),
        ),
    )


def _order(state: Project, args: Order, turn: Turn, terms: TeamTerms) -> Sequence[Event] | Refused:
    if not is_centre(turn.actor):
        return Refused("not_permitted", "gates are ordered by the centre's coordinators", "sign in as a coordinator")
    unknown = [gate for gate in args.after if gate not in terms.gates]
    if unknown:
        return Refused("unknown_gate", f"there is no gate {unknown[0][:48]!r}", ", ".join(terms.gates))
    ring = ring_of({**state.after, args.gate: args.after})
    if ring:
        message = f"these gates would wait for each other: {' -> '.join(ring)}"
        return Refused("gate_ring", message, "gate: filing, after: [design]")
    if args.gate in state.passed:
        return Refused("gate_passed", "this gate is passed already", "another gate")
    skipped = [one for one in state.waits_for(args.gate) if one not in args.after]
    if skipped:
        message = f"{', '.join(skipped)} come before this gate and are not passed: no order skips them"
        return Refused("gate_skipped", message, "pass them first, or let the gate wait for more")
    if not args.note:
        return Refused("no_text", "another order says why", "规划条件调整，需先完成土地手续")
    return (GatesOrdered(at=turn.now, by=turn.actor.id, gate=args.gate, after=args.after, note=args.note),)


def _block(state: Project, args: Block, turn: Turn, terms: TeamTerms) -> Sequence[Event] | Refused:
    case = turn.look(f"case:{args.case}")
    if not isinstance(case, Case) or case.closed_at is not None or case.matter != terms.matter:
        return Refused("not_a_blocker", f"a blocker is an open case of {terms.matter}", "2026-000001")
    gate = str(case.fields.get("gate", ""))
    if gate not in terms.gates:
        return Refused("unknown_gate", "the case names no gate of the project", ", ".join(terms.gates))
    if any(one.case == case.id for one in state.blockers):
        return Refused("already_blocking", "this case is noted already", "another case")
    if gate in state.passed:
        return Refused("gate_passed", "this gate is passed already", "a case at a gate that is not")
    if len(state.blockers) >= MOST_BLOCKERS:
        return Refused("too_many_blockers", f"a project notes at most {MOST_BLOCKERS} blockers", "found a second team")
    return (ProjectBlocked(at=turn.now, by=turn.actor.id, case=case.id, number=case.number, gate=gate),)


def _pass(state: Project, gate: str, turn: Turn) -> Sequence[Event] | Refused:
    if gate in state.passed:
        return Refused("gate_passed", "this gate is passed already", "another gate")
    waits = state.waits_for(gate)
    if waits:
        return Refused("gate_waits", f"{', '.join(waits)} come before this gate and are not passed", waits[0])
    open_ = [one.number for one in state.blockers if one.gate == gate and _blocks(turn.look(f"case:{one.case}"))]
    if open_:
        return Refused("gate_blocked", f"still blocked by {', '.join(open_[:5])}", "close these cases, or whistle")
    return (ProjectGatePassed(at=turn.now, by=turn.actor.id, gate=gate),)


def _blocks(case: object) -> bool:
    return isinstance(case, Case) and case.closed_at is None


def _note_risk(args: NoteRisk, turn: Turn, terms: TeamTerms) -> Sequence[Event] | Refused:
    if args.season not in terms.seasons:
        return Refused("unknown_season", "a risk is of a declared season", ", ".join(terms.seasons))
    if not args.since < args.until:
        return Refused("bad_span", "a risk ends after it begins", "2026-07-01 to 2026-08-31")
    if not args.text:
        return Refused("no_text", "a risk says what may happen", "高温时段停止露天作业")
    span = {"since": args.since, "until": args.until}
    return (RiskNoted(at=turn.now, by=turn.actor.id, season=args.season, text=args.text, **span),)


def _rows(_stream: str, project: Project) -> Sequence[tuple[object, ...]]:
    founded = project.founded
    return ((founded.id, founded.number, founded.unit, founded.title, founded.at, len(project.passed)),)


def _blocker_rows(_stream: str, project: Project) -> Sequence[tuple[object, ...]]:
    return [(one.case, one.gate, project.founded.id, one.number) for one in project.blockers]


PROJECT_VIEW = Projection(
    table="project_view",
    version=1,
    columns=(
        Column("project", "text"),
        Column("number", "text"),
        Column("unit", "text"),
        Column("title", "text"),
        Column("founded_at", "int"),
        Column("passed", "int"),
    ),
    key=(),
    indexes=(("founded_at", "project"), ("unit", "founded_at")),
    rows=_rows,
)
BLOCKER_VIEW = Projection(
    table="blocker_view",
    version=1,
    columns=(Column("case_id", "text"), Column("gate", "text"), Column("project", "text"), Column("number", "text")),
    key=("case_id",),
    indexes=(("case_id",),),
    rows=_blocker_rows,
)


class ProjectAggregate(StreamKind[Event], kind=KIND, events=Event, noun="a project"):
    """Projects as the ledger sees them."""

    projections = (PROJECT_VIEW, BLOCKER_VIEW)

    def __init__(self, terms: TeamTerms) -> None:
        self.terms = terms

    def decide(self, state: Project | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        return decide(state, part, turn, self.terms)

    def fold(self, state: Project | None, event: Event) -> Project:
        return fold(state, event)
