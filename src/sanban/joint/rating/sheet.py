"""The rating sheet: one unit at one whistle, its two versions, and who may do what with it.

    open --> given --> settled                       nobody objects in time
      |        +--> appealed --> reviewed            upheld, revised, or left out of the score
      +--> lapsed                                    the street did not rate in time

A sheet is opened by the system when the unit is released, so there is one for each unit and whistle and no rating
without one. Only the street that whistled rates; only the unit that was rated appeals; the reviewer is of neither and
did not rate. A review adds a version and leaves the first one as it was given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import replace

from sanban.joint.rating.event import (
    Event,
    Outcome,
    RatingAppealed,
    RatingGiven,
    RatingLapsed,
    RatingOpened,
    RatingReviewed,
    RatingSettled,
)
from sanban.joint.surrounding import due_at
from sanban.kernel.case.words import GivenCode, GivenId, GivenRef
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Turn
from sanban.ledger.stream_kind import shaped
from sanban.packs.joint.rating import RatingTerms

KIND = "rating"
RATERS = frozenset({"handler", "coordinator", "dispatcher"})
REVIEWERS = frozenset({"coordinator"})

SheetState = Literal["open", "lapsed", "given", "settled", "appealed", "reviewed"]
Marks = dict[GivenCode, Annotated[int, msgspec.Meta(ge=0, le=100)]]


class Open(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    case: GivenId
    number: GivenCode
    whistle: GivenId
    unit: GivenCode
    street: GivenCode
    released_at: int
    absent: bool = False


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    marks: Marks
    note: GivenRef = ""


class Appeal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ground: GivenCode
    note: GivenRef = ""


class Review(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outcome: Outcome
    reason: GivenRef
    marks: Marks = {}
    ground: GivenCode = ""


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


SHAPES: Mapping[str, Any] = {
    "open": Open, "rate": Rate, "appeal": Appeal, "review": Review, "lapse": Nothing, "settle": Nothing,
}  # fmt: skip


class Sheet(msgspec.Struct, frozen=True):
    """One rating with both its versions: `given`, and after an appeal `reviewed`."""

    opened: RatingOpened
    given: RatingGiven | None = None
    appealed: RatingAppealed | None = None
    reviewed: RatingReviewed | None = None
    ended_at: int = 0

    @property
    def state(self) -> SheetState:
        if self.given is None:
            return "lapsed" if self.ended_at else "open"
        if self.appealed is None:
            return "settled" if self.ended_at else "given"
        return "reviewed" if self.reviewed else "appealed"

    @property
    def next_at(self) -> int:
        """Until when what comes next is possible, 0 where nothing comes."""
        given, appealed = self.given, self.appealed
        by_state = {
            "open": self.opened.until,
            "given": given.appeal_until if given else 0,
            "appealed": appealed.review_until if appealed else 0,
        }
        return by_state.get(self.state, 0)


def sheet_id(whistle: str, unit: str) -> str:
    """The id of a unit's sheet at a whistle."""
    return f"{whistle}.{unit}"


def stream_of(id: str) -> str:  # noqa: A002 -- the glossary's word
    """The stream of a sheet's id."""
    return f"{KIND}:{id}"


def decide(
    state: Sheet | None, part: Part, turn: Turn, terms: RatingTerms, calendar: Calendar
) -> Sequence[Event] | Refused:
    """The events of a step, or why not."""
    example = '{"marks": {"reported_in": 40, "worked_together": 30, "solved": 25}}'
    args = shaped(SHAPES, part, noun="a rating", example=example, known="rate, appeal, review")
    if isinstance(args, Refused):
        return args
    if part.step == "open":
        return _open(state, args, turn, part.stream.partition(":")[2], terms, calendar)
    if state is None:
        return Refused("unknown_rating", "there is nothing to rate here", "a unit is rated once it was released")
    if part.step in ("lapse", "settle"):
        return _ended(state, part.step, turn)
    refused = may(part.step, state, turn.actor) or _in_time(part.step, state, turn.now)
    if refused is not None:
        return refused
    if part.step == "rate":
        return _rate(state, args, turn, terms, calendar)
    if part.step == "appeal":
        return _appeal(args, turn, terms, calendar)
    return _review(state, args, turn, terms)


def may(step: str, state: Sheet, actor: Actor) -> Refused | None:
    """None for who may take a step: the whistling street rates, the rated unit appeals, a third one reviews."""
    opened, given = state.opened, state.given
    if step == "rate":
        if actor.unit == opened.street and actor.role in RATERS:
            return None
        return Refused("not_the_street", "a unit is rated by the street that whistled", "sign in as that street")
    if step == "appeal":
        if actor.unit == opened.unit and actor.role in RATERS:
            return None
        return Refused("not_the_unit", "an appeal is the rated unit's own", "sign in as one of that unit")
    if actor.role not in REVIEWERS or actor.unit in (opened.street, opened.unit):
        return Refused("not_permitted", "an appeal is decided by a coordinator of neither side", "ask the centre")
    if given is not None and given.by == actor.id:
        return Refused("same_person", "whoever rated does not review", "let another coordinator decide")
    return None


def fold(state: Sheet | None, event: Event) -> Sheet:
    """The state after an event; the first is `rating.opened`."""
    if isinstance(event, RatingOpened):
        return Sheet(event)
    assert state is not None, "a rating begins with rating.opened"
    if isinstance(event, RatingGiven):
        return replace(state, given=event)
    if isinstance(event, RatingAppealed):
        return replace(state, appealed=event)
    if isinstance(event, RatingReviewed):
        return replace(state, reviewed=event)
    return replace(state, ended_at=event.at)


def marks_refused(marks: Mapping[str, int], state: Sheet, terms: RatingTerms) -> Refused | None:
    """Why these points cannot stand: one for every criterion, none too high, none for being there when one was not."""
    example = ", ".join(f"{code}: {one.points}" for code, one in terms.criteria.items())
    if marks.keys() != terms.criteria.keys():
        return Refused("marks_incomplete", "every criterion has its points, and no other", example)
    high = [code for code, points in marks.items() if points > terms.criteria[code].points]
    if high:
        return Refused("too_many_points", f"{high[0]} has at most {terms.criteria[high[0]].points} points", example)
    if state.opened.absent and any(marks[code] for code, one in terms.criteria.items() if one.attendance):
        none = ", ".join(f"{code}: 0" for code, one in terms.criteria.items() if one.attendance)
        return Refused("was_absent", "this unit was marked absent: it cannot be rated as attended", none)
    return None


def _open(
    state: Sheet | None,
    args: Open,
    turn: Turn,
    id: str,  # noqa: A002 -- the glossary's word
    terms: RatingTerms,
    calendar: Calendar,
) -> Sequence[Event] | Refused:
    if turn.actor.role != "system":
        return Refused("not_permitted", "a sheet is opened by a unit's release", "release the unit")
    if state is not None:
        return ()
    until = due_at(calendar, terms.rate, args.released_at)
    given = msgspec.structs.asdict(args)
    return (RatingOpened(at=turn.now, by=turn.actor.id, id=id, until=until, **given),)


def _in_time(step: str, state: Sheet, now: int) -> Refused | None:
    wanted = {"rate": "open", "appeal": "given", "review": "appealed"}[step]
    if step == "rate" and state.given is not None:
        return Refused("already_rated", "this unit is rated for this whistle", "an appeal can change it")
    if step == "appeal" and state.appealed is not None:
        return Refused("already_appealed", "this rating was appealed against before", "await the review")
    window = state.state in ("lapsed", "settled") or (step != "review" and 0 < state.next_at <= now)
    if window and state.state != "reviewed":
        return Refused("window_over", f"the time to {step} is over for this sheet", "another sheet, within its window")
    if state.state != wanted:
        return Refused("not_now", f"a rating that is {state.state} takes no {step}", "rate, appeal, review")
    return None


def _rate(state: Sheet, args: Rate, turn: Turn, terms: RatingTerms, calendar: Calendar) -> Sequence[Event] | Refused:
    refused = marks_refused(args.marks, state, terms)
    if refused is not None:
        return refused
    points = sum(args.marks.values())
    until = due_at(calendar, terms.appeal, turn.now)
    return (
        RatingGiven(
            at=turn.now, by=turn.actor.id, marks=args.marks, points=points, most=terms.most,
            good=terms.is_good(points), appeal_until=until, note=args.note,
        ),
    )  # fmt: skip


def _appeal(args: Appeal, turn: Turn, terms: RatingTerms, calendar: Calendar) -> Sequence[Event] | Refused:
    if args.ground not in terms.grounds:
        return Refused("unknown_ground", "an appeal names one of the declared grounds", ", ".join(terms.grounds))
    until = due_at(calendar, terms.review, turn.now)
    return (RatingAppealed(at=turn.now, by=turn.actor.id, ground=args.ground, review_until=until, note=args.note),)


def _review(state: Sheet, args: Review, turn: Turn, terms: RatingTerms) -> Sequence[Event] | Refused:
    if not args.reason:
        return Refused("no_reason", "a review says why", "核对签到记录，单位按时到场。")
    given: dict[str, Any] = {"outcome": args.outcome, "reason": args.reason}
    if args.outcome == "revised":
        refused = marks_refused(args.marks, state, terms)
        if refused is not None:
            return refused
        points = sum(args.marks.values())
        given |= {"marks": args.marks, "points": points, "good": terms.is_good(points)}
    if args.outcome == "excluded":
        if args.ground not in terms.exclusions:
            return Refused("unknown_ground", "what is left out has a declared ground", ", ".join(terms.exclusions))
        given |= {"ground": args.ground}
    return (RatingReviewed(at=turn.now, by=turn.actor.id, **given),)


def _ended(state: Sheet, step: str, turn: Turn) -> Sequence[Event] | Refused:
    wanted = {"lapse": "open", "settle": "given"}[step]
    if turn.actor.role != "system" or state.state != wanted or turn.now < state.next_at:
        return Refused("not_now", "a window ends by its own time", "await its end")
    kind = RatingLapsed if step == "lapse" else RatingSettled
    return (kind(at=turn.now, by=turn.actor.id),)
