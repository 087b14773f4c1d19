"""A case's history, one line for each event: who did what, when it was true and when it was recorded, what moved.

The state after each event gives its phase (未诉先办, 接诉快办, 难诉共办) and the mechanism version whose titles name
the step. Accounts of officers are named; whoever acted without a unit (a requester, for instance) is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from sanban.handling.aggregate import CaseAggregate
from sanban.handling.views.masking import Seen
from sanban.handling.views.naming import Names, ground_title
from sanban.handling.views.timing import until
from sanban.kernel.case import event as events
from sanban.kernel.case.event import Event
from sanban.kernel.case.fold import fold
from sanban.kernel.case.state import Case, Clock, matter_of
from sanban.kernel.case.verbs.imposing import limit_title
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.mechanism import Mechanism, Phase, Title
from sanban.kernel.view import Tone
from sanban.ledger.port import Stored

PHASES: dict[Phase, Title] = {
    "proactive": Title("未诉先办", "Act before"),
    "responsive": Title("接诉快办", "Act fast"),
    "joint": Title("难诉共办", "Act together"),
}

SYSTEM_STEPS = {
    "expire": Title("时限已过", "Limit missed"),
    "remind": Title("催办提醒", "Reminder"),
    "expire_station": Title("本级办理时限已过", "The station's own time is over"),
    "remind_station": Title("催办提醒（本级）", "Reminder of the station"),
    "review": Title("中止期满，恢复计时", "Suspension over, clocks run again"),
    "impose": Title("区外时限变动", "A limit from outside"),
    "stand_aside": Title("承办单位回避，上提办理", "The unit stood aside"),
    "recompute": Title("按新公布的放假安排重新计算", "Computed again under a newer calendar"),
}

_LOOKS: dict[type, tuple[str, Tone]] = {
    events.CaseOpened: ("inbox", "waiting"),
    events.RequestAttached: ("plus", "waiting"),
    events.CaseDispatched: ("send", "moving"),
    events.CaseRuled: ("gavel", "moving"),
    events.TaskAccepted: ("check", "moving"),
    events.TaskReturned: ("arrow-back-up", "late"),
    events.TaskFinished: ("checklist", "done"),
    events.TaskReworked: ("refresh", "late"),
    events.RequesterContacted: ("phone", "moving"),
    events.RequesterCalledBack: ("phone", "done"),
    events.CaseVerified: ("shield-check", "done"),
    events.CaseClosed: ("circle-check", "done"),
    events.CaseReopened: ("refresh", "late"),
    events.CaseShelved: ("archive", "stopped"),
    events.CaseNoted: ("note", "plain"),
    events.CaseSupervised: ("flag", "late"),
    events.SupervisionAnswered: ("message", "moving"),
    events.ClockSuspended: ("clock-pause", "stopped"),
    events.ClockResumed: ("clock-play", "moving"),
    events.ClockMissed: ("alert-triangle", "late"),
    events.ClockReminded: ("bell", "waiting"),
    events.StationMissed: ("alert-triangle", "late"),
    events.StationReminded: ("bell", "waiting"),
    events.PromiseLengthened: ("calendar-due", "waiting"),
    events.RequesterUnmasked: ("eye", "late"),
    events.RequesterMessaged: ("send", "moving"),
    events.RequesterRelayed: ("phone", "moving"),
    events.TaskReworded: ("edit", "plain"),
    events.SubjectNamed: ("flag", "late"),
    events.SubjectCleared: ("check", "plain"),
    events.CaseStoodAside: ("arrow-right", "late"),
    events.CaseWhistled: ("speakerphone", "late"),
    events.CaseScreened: ("check", "moving"),
    events.CaseSummoned: ("bell", "waiting"),
    events.CaseReportedIn: ("user-check", "done"),
    events.CaseMarkedAbsent: ("alert-triangle", "late"),
    events.CaseReleased: ("arrow-right", "plain"),
    events.CaseVetoed: ("hand-stop", "late"),
    events.JointOffered: ("users", "waiting"),
    events.JointAccepted: ("users", "moving"),
    events.CaseMinuted: ("note", "plain"),
}


class Told(NamedTuple):
    """One event as stored and as read, and the case after it."""

    stored: Stored
    event: Event
    case: Case


class StartedClock(msgspec.Struct, frozen=True):
    """A clock that an event started. `due_at` in microseconds UTC, `due` in local time."""

    id: str
    title: Title
    due_at: int | None
    due: str


class EventLine(msgspec.Struct, frozen=True):
    """One line of the timeline. Instants are microseconds UTC; `who` is the unit, `account` the officer, '' = none.

    `to`: the state it moved to, None when it stayed. `has_note`: a note is on file, whether or not it may be read.
    """

    seq: int
    type: str
    step: str
    title: Title
    mark: str
    tone: Tone
    who: Title
    account: str
    recorded_at: int
    occurred_at: int
    phase: Phase
    phase_title: Title
    to: Title | None
    details: tuple[Title, ...] = ()
    started: tuple[StartedClock, ...] = ()
    stopped: tuple[Title, ...] = ()
    note: str = ""
    has_note: bool = False


def told(cases: CaseAggregate, stored: Iterable[Stored]) -> list[Told]:
    """Every event with the case after it."""
    found: list[Told] = []
    case: Case | None = None
    for one in stored:
        event = cases.decode(one.type, one.v, one.payload)
        case = fold(case, event)
        found.append(Told(one, event, case))
    return found


def timeline(cases: CaseAggregate, names: Names, history: Sequence[Told], seen: Seen) -> tuple[EventLine, ...]:
    """The lines, oldest first, without what machines advised. Only for viewers whose sight covers the history."""
    return tuple(
        _line(cases.calendar, cases.pinned(one.case), names, one, seen)
        for one in history
        if not isinstance(one.event, events.CaseAdvised)
    )


def step_title(mechanism: Mechanism, event: Event) -> Title:
    """The title of the step that made the event."""
    step = mechanism.steps.get(event.step)
    if step is not None:
        return step.title
    return SYSTEM_STEPS.get(event.step, Title(event.step, event.step))


def _line(calendar: Calendar, mechanism: Mechanism, names: Names, one: Told, seen: Seen) -> EventLine:
    event, stored, case = one.event, one.stored, one.case
    clocks = {clock.id: clock for clock in case.clocks}
    mark, tone = _LOOKS.get(type(event), ("circle-dot", "plain"))
    phase: Phase = mechanism.states[case.state].phase
    note = (
        "" if isinstance(event, events.RequesterRelayed) else event.note
    )  # a number is shown while it leads somewhere
    return EventLine(
        seq=stored.seq,
        type=stored.type,
        step=event.step,
        title=step_title(mechanism, event),
        mark=mark,
        tone=tone,
        who=_who(names, event),
        account=event.actor if event.unit else "",
        recorded_at=stored.recorded_at,
        occurred_at=stored.occurred_at,
        phase=phase,
        phase_title=PHASES[phase],
        to=mechanism.states[event.to].title if event.to else None,
        details=(
            *_details(mechanism, names, event, clocks),
            *_imposed(calendar, mechanism, event),
            *_joined(mechanism, names, event),
            *_drawn(event),
        ),
        started=tuple(_started(calendar, mechanism, each) for each in event.started),
        stopped=tuple(limit_title(mechanism, clocks[each].limit) for each in event.stopped if each in clocks),
        note=seen.text(note),
        has_note=bool(note),
    )


def _started(calendar: Calendar, mechanism: Mechanism, clock: Clock) -> StartedClock:
    title = limit_title(mechanism, clock.limit)
    return StartedClock(clock.id, title, clock.due_at, until(calendar, clock.due_at))


def _who(names: Names, event: Event) -> Title:
    if event.unit:
        return names.unit(event.unit)
    return Title("系统", "System") if event.actor == "system" else Title("", "")


def _details(mechanism: Mechanism, names: Names, event: Event, clocks: dict[str, Clock]) -> Iterable[Title]:
    """What the event was about: units, grounds and limits, all of them codes with titles."""
    ground = _ground_of(event)
    if ground:
        yield ground_title(mechanism, ground)
    match event:
        case events.CaseDispatched() | events.TaskPlanned() | events.CaseStoodAside():
            yield from (names.unit(task.unit) for task in event.tasks)
        case events.CaseRuled():
            yield names.unit(event.task.unit)
        case events.CaseReopened():
            yield from _reopened(names, event)
        case events.CaseReclassified():
            yield names.matter(matter_of(event.mechanism))
            yield from (names.unit(task.unit) for task in event.tasks)
        case events.SubjectNamed() | events.SubjectCleared():
            yield names.unit(event.party)
        case events.RequestAttached():
            yield from map(names.unit, event.subjects)
        case events.TaskPassedDown() | events.StationMissed() | events.StationReminded():
            yield names.unit(event.station)
        case events.ClockMissed() | events.ClockReminded() if event.clock in clocks:
            yield limit_title(mechanism, clocks[event.clock].limit)


def _imposed(calendar: Calendar, mechanism: Mechanism, event: Event) -> Iterable[Title]:
    """What somebody outside wants, and by when."""
    if isinstance(event, events.ClockImposed):
        for clock in event.clocks:
            due = until(calendar, clock.due_at)
            yield from (limit_title(mechanism, clock.limit), Title(due, due))


def _joined(mechanism: Mechanism, names: Names, event: Event) -> Iterable[Title]:
    """Whom a whistle calls, who came or did not, and which tests of three-cross problems fired."""
    match event:
        case events.CaseWhistled() | events.JointOffered() | events.JointAccepted():
            units = event.wanted if isinstance(event, events.CaseWhistled) else ()
            yield from (names.unit(unit) for unit in units)
            yield from (mechanism.crosses[test].title for test in event.tests if test in mechanism.crosses)
        case events.CaseSummoned() | events.CaseReportedIn() | events.CaseMarkedAbsent() | events.CaseReleased():
            yield names.unit(event.called)
        case events.CaseMinuted():
            yield from (names.unit(unit) for unit in event.present)


def _drawn(event: Event) -> Iterable[Title]:
    """How many a draw of call-backs spared, and the seed by which anybody can draw again."""
    if isinstance(event, events.CaseVerified) and event.seed:
        count = len(event.spared)
        yield Title(f"回访抽样：{count}件以通知答复", f"call-backs drawn: {count} answered by notice")
        yield Title(f"抽样种子 {event.seed}", f"seed {event.seed}")


def _ground_of(event: Event) -> str:
    """The coded reason that an event names, '' for none."""
    match event:
        case events.TaskReturned() | events.TaskWaived() | events.CaseShelved():
            return event.ground
        case events.CaseScreened() | events.JointRefused() | events.CaseRuled():
            return event.ground
        case events.CaseWhistled():
            return event.kind
        case events.CaseSupervised():
            return event.level
        case events.CaseClosed():
            return event.ending
        case events.ExtensionAsked() | events.SuspensionAsked():
            return event.asked.ground
        case events.RequesterUnmasked():
            return event.unmasking.ground
        case events.SubjectNamed() | events.SubjectCleared():
            return event.ground
    return ""


def _reopened(names: Names, event: events.CaseReopened) -> Iterable[Title]:
    """Who leads now, whom it is about too, and against whom the return counts."""
    yield names.unit(event.task.unit)
    yield from map(names.unit, event.subjects)
    if event.repeat_against:
        closed = names.unit(event.repeat_against)
        yield Title(f"计入原结案单位：{closed.zh}", f"counted against {closed.en}, which led at the closing")
