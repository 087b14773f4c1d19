"""An item of a yearly list: proposed from the list, adopted by a meeting, ended by its measure and never by hand.

    propose --> adopt --> reach a milestone ... --> fall due (time) --> measured, and accepted or carried over
       ^------------------------------------------------ into the next year ---------------------'

There is no step that closes an item. The system measures, from the ledger; before the measure's time is over that only
says how it stands. When it is over the item falls due by its timer, whoever looks or not: it is measured once more, as
of that very instant, and that accepts it or carries it over to the next year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import replace

from sanban.joint.meeting.book import STREAM as MEETINGS
from sanban.joint.meeting.book import Book
from sanban.joint.yearly.event import (
    CampaignAccepted,
    CampaignAdopted,
    CampaignCarriedOver,
    CampaignFellDue,
    CampaignMeasured,
    CampaignProposed,
    Event,
    Milestone,
    MilestoneMissed,
    MilestoneReached,
)
from sanban.joint.yearly.listing import Measure
from sanban.kernel.case.words import GivenCode, GivenId, GivenRef
from sanban.kernel.errors import Refused
from sanban.kernel.permission import UNIT_ROLES
from sanban.kernel.score import WHOLE
from sanban.ledger.port import Column, Part, Projection, Timer, Turn, encoded
from sanban.ledger.stream_kind import StreamKind, shaped
from sanban.packs.joint.yearly import YearlyTerms

KIND = "campaign"
MOST_MILESTONES = 12
ItemState = Literal["proposed", "adopted", "accepted", "carried_over"]
Count = Annotated[int, msgspec.Meta(ge=0)]


class Propose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    year: GivenCode
    matter: GivenCode
    cases: Count
    requests: Count
    repeats: Count
    unresolved: Count
    position: Count
    carried: GivenId | Literal[""] = ""


class GivenMilestone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    due_at: int
    text: GivenRef


class Adopt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    unit: GivenCode
    measure: Measure
    below: Annotated[int, msgspec.Meta(ge=1, le=WHOLE)]
    measured_until: int
    milestones: Annotated[tuple[GivenMilestone, ...], msgspec.Meta(max_length=MOST_MILESTONES)] = ()


class Reach(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    milestone: int


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cases: Count
    count: Count
    position: Count


class FallDue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


SHAPES: Mapping[str, Any] = {
    "propose": Propose,
    "adopt": Adopt,
    "reach": Reach,
    "miss": Reach,
    "fall_due": FallDue,
    "measure": Measured,
}


class Item(msgspec.Struct, frozen=True):
    """One item. `reached` and `missed`: instants by milestone, counted from 1."""

    proposed: CampaignProposed
    adopted: CampaignAdopted | None = None
    reached: dict[int, int] = {}
    missed: dict[int, int] = {}
    fell_due: bool = False
    measured: CampaignMeasured | None = None
    ended: CampaignAccepted | CampaignCarriedOver | None = None

    @property
    def state(self) -> ItemState:
        if self.ended is not None:
            return "accepted" if isinstance(self.ended, CampaignAccepted) else "carried_over"
        return "proposed" if self.adopted is None else "adopted"


def item_id(year: str, matter: str) -> str:
    """The id of a matter's item in a year."""
    return f"{year}.{matter}"


def stream_of(id: str) -> str:  # noqa: A002 -- the glossary's word
    """The stream of an item's id."""
    return f"{KIND}:{id}"


def decide(state: Item | None, part: Part, turn: Turn, terms: YearlyTerms) -> Sequence[Event] | Refused:
    """The events of a step, or why not."""
    example = '{"unit": "street-01", "measure": "repeat_rate", "below": 1000}'
    noun, known = "an item, which ends by its measure alone,", "propose, adopt, reach, measure"
    args = shaped(SHAPES, part, noun=noun, example=example, known=known)
    if isinstance(args, Refused):
        return args
    if part.step == "propose":
        return _propose(state, args, turn, part.stream.partition(":")[2])
    if state is None:
        return Refused("unknown_item", "there is no such item", "propose it from the list")
    if state.ended is not None:
        return Refused("item_over", f"this item is {state.state.replace('_', ' ')}", "the item of another year")
    if part.step == "adopt":
        return _adopt(state, args, turn, terms)
    if state.adopted is None:
        return Refused("not_adopted", "no meeting has adopted this item", "adopt it, citing the minutes")
    if part.step == "measure":
        return _measure(state, state.adopted, args, turn)
    if part.step == "fall_due":
        return _fall_due(state, state.adopted, turn)
    return _milestone(state, state.adopted, args.milestone, turn, reached=part.step == "reach")


def fold(state: Item | None, event: Event) -> Item:
    """The state after an event; the first is `campaign.proposed`."""
    if isinstance(event, CampaignProposed):
        return Item(event)
    assert state is not None, "an item begins with campaign.proposed"
    match event:
        case CampaignAdopted():
            return replace(state, adopted=event)
        case MilestoneReached():
            return replace(state, reached={**state.reached, event.milestone: event.at})
        case MilestoneMissed():
            return replace(state, missed={**state.missed, event.milestone: event.at})
        case CampaignFellDue():
            return replace(state, fell_due=True)
        case CampaignMeasured():
            return replace(state, measured=event)
    return replace(state, ended=event)


def _propose(state: Item | None, args: Propose, turn: Turn, id: str) -> Sequence[Event] | Refused:  # noqa: A002 -- the glossary's word
    if turn.actor.role != ("system" if args.carried else "coordinator"):
        return Refused("not_permitted", "items are proposed by coordinators", "sign in as a coordinator")
    if state is not None:
        return Refused("already_proposed", "this matter is on that year's list", "another matter or year")
    return (CampaignProposed(at=turn.now, by=turn.actor.id, id=id, **msgspec.structs.asdict(args)),)


def _adopt(state: Item, args: Adopt, turn: Turn, terms: YearlyTerms) -> Sequence[Event] | Refused:
    if turn.actor.role != "coordinator":
        return Refused("not_permitted", "items are adopted by coordinators", "sign in as a coordinator")
    if state.adopted is not None:
        return Refused("already_adopted", "this item was adopted before", "another item")
    book = turn.look(MEETINGS)
    cited = book.minutes_that_adopted("yearly_list", state.proposed.year) if isinstance(book, Book) else None
    if cited is None:
        message = f"no meeting has adopted the list of {state.proposed.year}"
        return Refused("no_minutes", message, "let a meeting adopt the list, citing its minutes")
    if args.measured_until <= turn.now or any(one.due_at <= turn.now for one in args.milestones):
        return Refused("in_the_past", "a measure and its milestones lie ahead", "2026-12-31")
    if not args.unit:
        return Refused("no_owner", "an item has one unit that answers for it", "street-01")
    began = state.proposed.counted(args.measure)
    if state.proposed.cases and args.below * state.proposed.cases >= began * WHOLE:
        message = f"it stands at {began} of {state.proposed.cases} now: what it has to come below is less than that"
        return Refused("not_below", message, "a mark below where it stands, or the other measure")
    return (
        CampaignAdopted(
            at=turn.now,
            by=turn.actor.id,
            meeting=cited.meeting,
            minutes=cited.minutes,
            unit=args.unit,
            measure=args.measure,
            below=args.below,
            minimum=terms.minimum,
            measured_until=args.measured_until,
            milestones=tuple(Milestone(one.due_at, one.text) for one in args.milestones),
        ),
    )


def _fall_due(state: Item, adopted: CampaignAdopted, turn: Turn) -> Sequence[Event] | Refused:
    if turn.actor.role != "system" or turn.now < adopted.measured_until or state.fell_due:
        return Refused("not_now", "an item falls due by its own time", "await it")
    return (CampaignFellDue(at=turn.now, by=turn.actor.id),)


def _measure(state: Item, adopted: CampaignAdopted, args: Measured, turn: Turn) -> Sequence[Event] | Refused:
    if turn.actor.role != "system":
        return Refused("not_permitted", "an item is measured from the ledger, by nobody's hand", "measure it")
    if args.position and turn.now >= adopted.measured_until:
        return Refused("time_over", "its time is over: it is measured as of then, by itself", "await that")
    met = args.cases >= adopted.minimum and args.count * WHOLE < adopted.below * args.cases
    by = turn.actor.id
    measured = CampaignMeasured(at=turn.now, by=by, cases=args.cases, count=args.count, position=args.position, met=met)
    if args.position:
        return (measured,)
    if not state.fell_due:
        return Refused("not_now", "an item ends when its time is over", "await it")
    following = str(int(state.proposed.year) + 1)
    ended = CampaignAccepted(at=turn.now, by=by) if met else CampaignCarriedOver(at=turn.now, by=by, year=following)
    return (measured, ended)


def _milestone(
    state: Item, adopted: CampaignAdopted, number: int, turn: Turn, *, reached: bool
) -> Sequence[Event] | Refused:
    if not 1 <= number <= len(adopted.milestones) or number in state.reached:
        return Refused("no_milestone", "there is no such milestone to reach", f"1 to {len(adopted.milestones)}")
    if reached:
        if turn.actor.unit != adopted.unit or turn.actor.role not in UNIT_ROLES:
            return Refused("not_the_owner", "its owner alone says that it is reached", "sign in as one of that unit")
        return (MilestoneReached(at=turn.now, by=turn.actor.id, milestone=number),)
    if turn.actor.role != "system" or turn.now < adopted.milestones[number - 1].due_at or number in state.missed:
        return Refused("not_now", "a milestone's time passes by itself", "await it")
    return (MilestoneMissed(at=turn.now, by=turn.actor.id, milestone=number),)


def _rows(_stream: str, item: Item) -> Sequence[tuple[object, ...]]:
    adopted = item.adopted
    return ((item.proposed.id, item.proposed.year, item.proposed.matter, item.state, adopted.unit if adopted else ""),)


CAMPAIGN_VIEW = Projection(
    table="campaign_view",
    # 2: items fall due by a timer; the rebuild that a newer version asks for lays it for those adopted before
    version=2,
    columns=(
        Column("item", "text"),
        Column("year", "text"),
        Column("matter", "text"),
        Column("state", "text"),
        Column("unit", "text"),
    ),
    key=(),
    indexes=(("year", "matter"), ("unit", "state")),
    rows=_rows,
)


class CampaignAggregate(StreamKind[Event], kind=KIND, events=Event, noun="an item of a yearly list"):
    """Items. Their timers note milestones whose time passes, and that the measure's own is over."""

    projections = (CAMPAIGN_VIEW,)

    def __init__(self, terms: YearlyTerms) -> None:
        self.terms = terms

    def decide(self, state: Item | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        return decide(state, part, turn, self.terms)

    def fold(self, state: Item | None, event: Event) -> Item:
        return fold(state, event)

    def timers(self, state: Item) -> Sequence[Timer]:
        if state.adopted is None or state.ended is not None:
            return ()
        settled = state.reached.keys() | state.missed.keys()
        waiting = ((n, one) for n, one in enumerate(state.adopted.milestones, start=1) if n not in settled)
        missed = [
            Timer(f"milestone.{number}", one.due_at, "miss", encoded({"milestone": number})) for number, one in waiting
        ]
        return missed if state.fell_due else [*missed, Timer("due", state.adopted.measured_until, "fall_due")]
