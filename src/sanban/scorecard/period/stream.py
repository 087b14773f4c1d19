"""The stream kind `period`: one stream for each month, week or quarter, and the rules of its draft, appeals and final.

    draft --> appeal ... --> decide ... --> finish
      |         |              `- by somebody else than who published, and of no unit that appeals
      |         `- by the unit itself, within the window, once for each case of a figure
      `- when the period is over; the first version, never changed

An upheld appeal excludes a case from one figure of one unit. What is excluded is listed and counted, and capped: a unit
has at most so many per cent of a figure's cases excluded, rounded up, and never all of those that speak against it, so
none comes to 100 % that way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from sanban.kernel.errors import Refused
from sanban.kernel.permission import UNIT_ROLES, Actor, Role
from sanban.ledger.port import Column, Part, Projection, Turn
from sanban.ledger.stream_kind import StreamKind, arguments
from sanban.scorecard.period.event import (
    AppealArgs,
    AppealDecided,
    DecideArgs,
    DraftArgs,
    Event,
    FinishArgs,
    Line,
    PeriodAppealed,
    PeriodDrafted,
    PeriodFinal,
)  # fmt: skip

KIND = "period"
PUBLISHERS: frozenset[Role] = frozenset({"leader", "coordinator", "system"})
REVIEWERS: frozenset[Role] = frozenset({"leader", "coordinator", "auditor"})
PeriodState = Literal["draft", "final"]


class Appeal(msgspec.Struct, frozen=True):
    """One appeal and what became of it; `upheld` None while nobody has decided."""

    said: PeriodAppealed
    upheld: bool | None = None
    reviewer: str = ""
    decided_at: int = 0


class AssessedPeriod(msgspec.Struct, frozen=True):
    """A period's figures: both versions, and what was appealed against."""

    drafted: PeriodDrafted
    appeals: tuple[Appeal, ...] = ()
    final: PeriodFinal | None = None

    @property
    def state(self) -> PeriodState:
        return "final" if self.final else "draft"

    def line(self, figure: str, unit: str) -> Line | None:
        """The first version of a unit's figure."""
        return next((one for one in self.drafted.lines if (one.figure, one.unit) == (figure, unit)), None)

    def whole(self, figure: str) -> Line | None:
        """The first version of the district's."""
        return next((one for one in self.drafted.district if one.figure == figure), None)

    def excluded(self, figure: str, unit: str) -> tuple[Appeal, ...]:
        """What was left out of a unit's figure, or of the district's, ''."""
        left_out = (one for one in self.appeals if one.upheld and one.said.figure == figure)
        return tuple(one for one in left_out if unit in ("", one.said.unit))

    def room(self, line: Line) -> int:
        """How many more may be left out of a figure."""
        most = min(-(-line.n * self.drafted.cap // 100), line.against - 1)
        return max(0, most - len(self.excluded(line.figure, line.unit)))

    def second(self, lines: Sequence[Line]) -> tuple[Line, ...]:
        """These lines of the draft without what was excluded so far."""
        return tuple(line.without(len(self.excluded(line.figure, line.unit))) for line in lines)


Outcome = Sequence[Event] | Refused
NOT_REVIEWER = Refused(
    "not_reviewer",
    "who published the draft, who appeals and whom the case is about do not decide",
    "let another leader or auditor decide",
)
_EXAMPLE = '{"figure": "in_time", "case": "0197...", "ground": "force_majeure"}'


def stream_of(name: str) -> str:
    """The stream of a period's figures."""
    return f"{KIND}:{name}"


def may_publish(actor: Actor) -> bool:
    """Whether an account publishes drafts and finals."""
    return actor.role in PUBLISHERS


def decide(state: AssessedPeriod | None, part: Part, turn: Turn) -> Outcome:
    """The events of a step, or why not."""
    known = _STEPS.get(part.step)
    if known is None:
        return Refused("unknown_step", f"a period has no step {part.step!r}", ", ".join(_STEPS))
    shape, roles, step = known
    if turn.actor.role not in roles:
        return Refused("not_permitted", "this account takes no such step", "sign in as a leader or coordinator")
    args: Any = arguments(part, shape, _EXAMPLE)
    if isinstance(args, Refused):
        return args
    if (state is None) != (part.step == "draft"):
        return () if state else Refused("no_draft", "there is no draft of this period", "publish it first")
    return step(state, args, turn)


def _draft(_state: None, args: DraftArgs, turn: Turn) -> Outcome:
    if args.until > turn.now:
        return Refused("period_not_over", "this period is not over yet", "publish it when it is over")
    return (PeriodDrafted(at=turn.now, by=turn.actor.id, **_as_given(args)),)


def _appeal(state: AssessedPeriod, args: AppealArgs, turn: Turn) -> Outcome:
    line = state.line(args.figure, args.unit)
    if turn.actor.unit != args.unit or line is None:
        return Refused("not_own_figure", "a unit appeals against its own figures", "sign in as a handler of that unit")
    if state.final or turn.now >= state.drafted.appeal_until:
        return Refused("appeals_over", "the time for appeals is over", "appeal within the window of the draft")
    said = [one.said for one in state.appeals]
    if any(
        (one.figure, one.unit, one.case, one.part) == (args.figure, args.unit, args.case, args.part) for one in said
    ):
        return Refused("appealed_before", "this was appealed against already", "wait for what is decided")
    number = len(state.appeals) + 1
    return (PeriodAppealed(at=turn.now, by=turn.actor.id, number=number, **_as_given(args)),)


def _decide(state: AssessedPeriod, args: DecideArgs, turn: Turn) -> Outcome:
    if args.number > len(state.appeals):
        return Refused("unknown_appeal", "there is no such appeal", "number: 1")
    appeal = state.appeals[args.number - 1]
    if appeal.upheld is not None:
        return Refused("decided_before", "this appeal was decided", "a decision is final")
    if turn.actor.id in (state.drafted.by, appeal.said.by) or turn.actor.unit == appeal.said.unit:
        return NOT_REVIEWER
    line = state.line(appeal.said.figure, appeal.said.unit)
    if args.upheld and (line is None or not state.room(line)):
        message = f"no more than {state.drafted.cap} % may be excluded, and never all that speak against a unit"
        return Refused("exclusions_capped", message, "reject this appeal")
    return (AppealDecided(at=turn.now, by=turn.actor.id, number=args.number, upheld=args.upheld),)


def _finish(state: AssessedPeriod, _args: FinishArgs, turn: Turn) -> Outcome:
    if state.final:
        return ()
    if turn.now < state.drafted.appeal_until:
        return Refused("appeals_open", "units may still appeal", "publish the final when the window is over")
    if any(one.upheld is None for one in state.appeals):
        return Refused("appeals_undecided", "appeals wait for a decision", "decide on each of them first")
    lines, district = state.second(state.drafted.lines), state.second(state.drafted.district)
    return (PeriodFinal(at=turn.now, by=turn.actor.id, lines=lines, district=district),)


def _as_given(args: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(args, name) for name in args.__struct_fields__}


_STEPS: Mapping[str, tuple[type, frozenset[str], Callable[[Any, Any, Turn], Outcome]]] = MappingProxyType(
    {
        "draft": (DraftArgs, PUBLISHERS, _draft),
        "appeal": (AppealArgs, UNIT_ROLES, _appeal),
        "decide": (DecideArgs, REVIEWERS, _decide),
        "finish": (FinishArgs, PUBLISHERS, _finish),
    }
)


def fold(state: AssessedPeriod | None, event: Event) -> AssessedPeriod:
    """The state after an event; the first is `period.drafted`."""
    if isinstance(event, PeriodDrafted):
        return AssessedPeriod(event)
    assert state is not None, "a period begins with period.drafted"
    if isinstance(event, PeriodAppealed):
        return replace(state, appeals=(*state.appeals, Appeal(event)))
    if isinstance(event, PeriodFinal):
        return replace(state, final=event)
    decided = replace(state.appeals[event.number - 1], upheld=event.upheld, reviewer=event.by, decided_at=event.at)
    return replace(state, appeals=(*state.appeals[: event.number - 1], decided, *state.appeals[event.number :]))


def _rows(_stream: str, state: AssessedPeriod) -> Sequence[tuple[object, ...]]:
    drafted = state.drafted
    waiting = sum(one.upheld is None for one in state.appeals)
    return ((drafted.period, state.state, drafted.at, drafted.appeal_until, len(state.appeals), waiting),)


PERIOD_VIEW = Projection(
    table="period_view",
    version=1,
    columns=(
        Column("period", "text"),
        Column("state", "text"),
        Column("drafted_at", "int"),
        Column("appeal_until", "int"),
        Column("appeals", "int"),
        Column("waiting", "int"),
    ),
    key=(),
    indexes=(("period",),),
    rows=_rows,
)


def _appeal_rows(_stream: str, state: AssessedPeriod) -> Sequence[tuple[object, ...]]:
    period = state.drafted.period
    return tuple((period, one.said.number, one.said.unit, one.said.case, one.upheld is None) for one in state.appeals)


APPEAL_VIEW = Projection(
    table="appeal_view",
    version=1,
    columns=(
        Column("period", "text"),
        Column("appeal", "int"),
        Column("unit", "text"),
        Column("case_id", "text"),
        Column("waiting", "bool"),
    ),
    key=("appeal",),
    indexes=(("period", "unit"),),
    rows=_appeal_rows,
)


class PeriodAggregate(StreamKind[Event], kind=KIND, events=Event, noun="a period"):
    """Periods as the ledger sees them."""

    projections = (PERIOD_VIEW, APPEAL_VIEW)

    def decide(self, state: AssessedPeriod | None, part: Part, turn: Turn) -> Outcome:
        return decide(state, part, turn)

    def fold(self, state: AssessedPeriod | None, event: Event) -> AssessedPeriod:
        return fold(state, event)
