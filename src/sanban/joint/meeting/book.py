"""The book of coordination meetings: one stream for the district, so that nothing decided falls between two meetings.

    call --> decide ... --> minute --> adopt ...
              `--> finish, by its owner, --> accept, by the meeting; or missed, by time, and still undone
                     ^                  `--> send back, with a reason and a new limit
                     `-----------------------'

A meeting opens with every decision that is undone then: that is worked out here from the book itself, and nobody can
leave one out. No meeting is called while one is open. What was late once stays late, however often its report is sent
back, and a report that is sent back did not stop the limit: when that is over by then, it was missed. Adopting a path
of a matter, or the yearly list, cites the minutes of a meeting, so it comes after them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from sanban.joint.board.tables import waiting
from sanban.joint.meeting.event import (
    AdoptedKind,
    AgendaCase,
    DecisionAccepted,
    DecisionFinished,
    DecisionMissed,
    DecisionSentBack,
    Event,
    MeetingAdopted,
    MeetingCalled,
    MeetingDecided,
    MeetingMinuted,
)
from sanban.joint.surrounding import due_at
from sanban.kernel.case.facts import case_facts
from sanban.kernel.case.state import Case
from sanban.kernel.case.words import GivenCode, GivenId, GivenRef
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.clock.limit import Length
from sanban.kernel.errors import Refused
from sanban.kernel.party import Links
from sanban.kernel.permission import UNIT_ROLES, may_be_dispatched
from sanban.ledger.port import Part, Turn
from sanban.ledger.stream_kind import shaped
from sanban.packs.joint.meeting import MeetingTerms, limit_code

KIND = "meeting"
STREAM = f"{KIND}:district"
CHAIRS = frozenset({"coordinator"})


class Call(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meeting: GivenId
    held_at: int
    cases: tuple[GivenId, ...] = ()


class Decide(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meeting: GivenId
    decision: GivenId
    unit: GivenCode
    limit: str
    text: GivenRef
    case: GivenCode = ""


class Minute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meeting: GivenId
    minutes: GivenRef


class Adopt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meeting: GivenId
    kind: AdoptedKind
    what: GivenCode


class Finish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    decision: GivenId
    note: GivenRef = ""


class Accept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    decision: GivenId


class SendBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    decision: GivenId
    limit: str
    reason: GivenRef


class Miss(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    decision: GivenId


SHAPES: Mapping[str, Any] = {
    "call": Call,
    "decide": Decide,
    "minute": Minute,
    "adopt": Adopt,
    "finish": Finish,
    "accept": Accept,
    "send_back": SendBack,
    "miss": Miss,
}


class Meeting(msgspec.Struct, frozen=True):
    """One meeting, with what was adopted by it."""

    called: MeetingCalled
    minuted: MeetingMinuted | None = None
    adopted: tuple[MeetingAdopted, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.minuted is None


class Decision(msgspec.Struct, frozen=True):
    """One decision and how it stands. `missed_at` and `done_at` 0 where not; `reported_at`: when its owner said so.

    `sent_back`: every report that the meeting found wanting, with the time it then gave.
    """

    decided: MeetingDecided
    reported_at: int = 0
    done_at: int = 0
    done_by: str = ""
    note: str = ""
    missed_at: int = 0
    sent_back: tuple[DecisionSentBack, ...] = ()

    @property
    def due_at(self) -> int:
        """Until when it is to be done now."""
        return self.sent_back[-1].due_at if self.sent_back else self.decided.due_at

    @property
    def reason(self) -> str:
        """Why its last report was sent back, as a ref; '' where none was."""
        return self.sent_back[-1].reason if self.sent_back else ""

    def missed_by(self, now: int) -> bool:
        """Whether it was, or is, not reported in time."""
        return bool(self.missed_at) or (self.reported_at or now) >= self.due_at


class Book(msgspec.Struct, frozen=True):
    """Every meeting and every decision, in their order, by id."""

    meetings: dict[str, Meeting] = {}
    decisions: dict[str, Decision] = {}

    @property
    def undone(self) -> tuple[str, ...]:
        """The decisions that no meeting has accepted as done."""
        return tuple(name for name, one in self.decisions.items() if not one.done_at)

    @property
    def latest(self) -> Meeting | None:
        """The newest meeting."""
        return next(reversed(self.meetings.values()), None)

    def minutes_that_adopted(self, kind: AdoptedKind, what: str) -> MeetingAdopted | None:
        """The adoption of a path or a list, with the minutes it cites."""
        adopted = (one for meeting in self.meetings.values() for one in meeting.adopted)
        return next((one for one in adopted if (one.kind, one.what) == (kind, what)), None)


class Rules(msgspec.Struct, frozen=True):
    """What decisions rest on besides the book. `links`: who stands for whom, as a command sees it.

    `has_path`: whether a matter has a mechanism in force at an instant, which a meeting can adopt as its path.
    """

    terms: MeetingTerms
    calendar: Calendar
    is_unit: Callable[[str, int], bool]
    links: Callable[[Turn], Links]
    has_path: Callable[[str, int], bool]


def decide(book: Book, part: Part, turn: Turn, rules: Rules) -> Sequence[Event] | Refused:
    """The events of a step, or why not."""
    args = shaped(SHAPES, part, noun="a meeting", example='{"meeting": "0197...", "minutes": "v:..."}')
    if isinstance(args, Refused):
        return args
    if part.step in ("finish", "miss"):
        return _ended(book, args, turn)
    if turn.actor.role not in CHAIRS or turn.actor.unit_kind != "centre":
        return Refused("not_permitted", "meetings are held by the centre's coordinators", "sign in as a coordinator")
    if part.step == "call":
        return _call(book, args, turn, rules)
    if part.step in ("accept", "send_back"):
        return _judged(book, args, turn, rules)
    meeting = book.meetings.get(args.meeting)
    if meeting is None:
        return Refused("unknown_meeting", "there is no such meeting", "call it first")
    if part.step == "adopt":
        return _adopt(book, meeting, args, turn, rules)
    if not meeting.is_open:
        return Refused("meeting_over", "this meeting has its minutes", "call the next one")
    return _decide(book, meeting, args, turn, rules) if part.step == "decide" else _minute(args, turn)


def fold(book: Book | None, event: Event) -> Book:
    """The book after an event."""
    book = book or Book()
    match event:
        case MeetingCalled():
            return replace(book, meetings={**book.meetings, event.meeting: Meeting(event)})
        case MeetingDecided():
            return replace(book, decisions={**book.decisions, event.decision: Decision(event)})
        case MeetingMinuted():
            meeting = replace(book.meetings[event.meeting], minuted=event)
        case MeetingAdopted():
            before = book.meetings[event.meeting]
            meeting = replace(before, adopted=(*before.adopted, event))
        case DecisionFinished():
            done_at = 0 if event.awaits else event.at
            told = {"reported_at": event.at, "done_at": done_at, "done_by": event.by, "note": event.note}
            reported = replace(book.decisions[event.decision], **told)
            return replace(book, decisions={**book.decisions, event.decision: reported})
        case DecisionAccepted():
            done = book.decisions[event.decision]
            done = replace(done, done_at=done.reported_at)
            return replace(book, decisions={**book.decisions, event.decision: done})
        case DecisionSentBack():
            found = book.decisions[event.decision]
            missed_at = found.missed_at or (found.due_at if event.at >= found.due_at else 0)
            again = replace(found, reported_at=0, missed_at=missed_at, sent_back=(*found.sent_back, event))
            return replace(book, decisions={**book.decisions, event.decision: again})
        case DecisionMissed():
            missed = replace(book.decisions[event.decision], missed_at=event.at)
            return replace(book, decisions={**book.decisions, event.decision: missed})
    return replace(book, meetings={**book.meetings, event.meeting: meeting})


def _call(book: Book, args: Call, turn: Turn, rules: Rules) -> Sequence[Event] | Refused:
    if args.meeting in book.meetings:
        return Refused("already_called", "this meeting is called already", "use a new id for a new meeting")
    if book.latest is not None and book.latest.is_open:
        number = book.latest.called.number
        return Refused("meeting_open", f"meeting {number} has no minutes yet", "write its minutes, then call the next")
    if len(args.cases) > rules.terms.agenda:
        return Refused("agenda_full", f"an agenda has at most {rules.terms.agenda} cases", "the oldest ones")
    agenda = [_on_the_board(turn.look(f"case:{one}")) for one in dict.fromkeys(args.cases)]
    cases = tuple(one for one in agenda if one is not None)
    if len(cases) < len(agenda):
        return Refused("not_on_the_board", "an agenda has cases of the ageing board alone", "draw the agenda again")
    return (
        MeetingCalled(
            at=turn.now,
            by=turn.actor.id,
            meeting=args.meeting,
            number=turn.number(KIND),
            held_at=args.held_at,
            undone=book.undone,
            cases=cases,
        ),
    )


def _on_the_board(case: Any) -> AgendaCase | None:
    """The case with since when it waits, as the board has it; None where it does not stand there."""
    stands = waiting(case) if isinstance(case, Case) else None
    return None if stands is None else AgendaCase(case.id, case.number, stands[1])


def _decide(book: Book, meeting: Meeting, args: Decide, turn: Turn, rules: Rules) -> Sequence[Event] | Refused:
    length = _length(args.limit, rules)
    if args.decision in book.decisions:
        return Refused("already_decided", "a decision of this id is in the book", "use a new id for a new decision")
    if not args.text:
        return Refused("no_text", "a decision says what is to be done", "三日内完成现场清理。")
    if not rules.is_unit(args.unit, turn.now):
        return Refused("no_owner", "a decision is a task of one unit", "street-01")
    if isinstance(length, Refused):
        return length
    if args.case and args.case not in {one.case for one in meeting.called.cases}:
        return Refused("not_on_the_agenda", "this case is not on the agenda", "a case of the agenda, or none")
    case = turn.look(f"case:{args.case}") if args.case else None
    if isinstance(case, Case):
        barred = may_be_dispatched(args.unit, case_facts(case), rules.links(turn), turn.now)
        if barred is not None:
            return barred
    return (
        MeetingDecided(
            at=turn.now,
            by=turn.actor.id,
            meeting=args.meeting,
            decision=args.decision,
            unit=args.unit,
            limit=length,
            due_at=due_at(rules.calendar, length, turn.now),
            text=args.text,
            case=args.case,
        ),
    )


def _length(code: str, rules: Rules) -> Length | Refused:
    known = ", ".join(limit_code(one) for one in rules.terms.limits)
    return rules.terms.limit(code) or Refused("no_limit", "a decision has one of the declared limits", known)


def _minute(args: Minute, turn: Turn) -> Sequence[Event] | Refused:
    if not args.minutes:
        return Refused("no_text", "minutes say what was discussed and decided", "会议研究了三件难点问题……")
    return (MeetingMinuted(at=turn.now, by=turn.actor.id, meeting=args.meeting, minutes=args.minutes),)


def _adopt(book: Book, meeting: Meeting, args: Adopt, turn: Turn, rules: Rules) -> Sequence[Event] | Refused:
    if meeting.minuted is None:
        return Refused("no_minutes", "what is adopted cites the meeting's minutes", "write the minutes first")
    if not args.what:
        return Refused("nothing_adopted", "say which path or which year's list", "noise, or 2026")
    if args.kind == "path" and not rules.has_path(args.what, turn.now):
        return Refused("unknown_path", "no matter of this code has a mechanism in force", "noise")
    this_year = int(rules.calendar.local(turn.now)[:4])
    if args.kind == "yearly_list" and args.what not in {str(this_year + one) for one in (-1, 0, 1)}:
        return Refused("unknown_year", "the list is that of last year, of this one or of the next", str(this_year))
    if book.minutes_that_adopted(args.kind, args.what) is not None:
        return Refused("already_adopted", "this was adopted before", "another path or list")
    return (
        MeetingAdopted(
            at=turn.now,
            by=turn.actor.id,
            meeting=args.meeting,
            kind=args.kind,
            what=args.what,
            minutes=meeting.minuted.minutes,
        ),
    )


def _ended(book: Book, args: Finish | Miss, turn: Turn) -> Sequence[Event] | Refused:
    decision = book.decisions.get(args.decision)
    if decision is None:
        return Refused("unknown_decision", "there is no such decision", "one of your unit's tasks")
    if decision.done_at:
        return Refused("already_done", "this is done already", "another of your unit's tasks")
    if decision.reported_at:
        return Refused("already_reported", "the meeting has not answered the report yet", "await its answer")
    if isinstance(args, Finish):
        own = turn.actor.unit == decision.decided.unit and turn.actor.role in UNIT_ROLES
        if not own:
            return Refused("not_the_owner", "its owner alone says that it is done", "sign in as one of that unit")
        if not args.note:
            return Refused("no_text", "a report says what was done", "建筑垃圾已清运，现场已复绿。")
        return (DecisionFinished(at=turn.now, by=turn.actor.id, decision=args.decision, note=args.note, awaits=True),)
    passed = turn.now >= decision.due_at and not decision.missed_at
    if turn.actor.role != "system" or not passed:
        return Refused("not_now", "a limit passes by its own time", "await its end")
    return (DecisionMissed(at=turn.now, by=turn.actor.id, decision=args.decision),)


def _judged(book: Book, args: Accept | SendBack, turn: Turn, rules: Rules) -> Sequence[Event] | Refused:
    """The meeting's answer to a report."""
    decision = book.decisions.get(args.decision)
    if decision is None:
        return Refused("unknown_decision", "there is no such decision", "one that its owner reported done")
    if decision.done_at or not decision.reported_at:
        return Refused("not_now", "what is answered was reported done, and not accepted before", "await its report")
    if decision.done_by == turn.actor.id:
        return Refused("same_person", "nobody judges what they reported themselves", "ask a colleague")
    told: dict[str, Any] = {"at": turn.now, "by": turn.actor.id, "decision": args.decision}
    if isinstance(args, Accept):
        return (DecisionAccepted(**told),)
    if not args.reason:
        return Refused("no_text", "a report is sent back for a reason", "现场仍有三处未清，请补办。")
    length = _length(args.limit, rules)
    if isinstance(length, Refused):
        return length
    due = due_at(rules.calendar, length, turn.now)
    return (DecisionSentBack(**told, reason=args.reason, limit=length, due_at=due),)
