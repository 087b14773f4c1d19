"""One case as a viewer may see it, now or as it was known at an instant.

The sight is worked out on the case as it stands now, once, and everything else asks it: whoever may not see the case
gets None, exactly as for a case that is not there. A viewer without a view of the history (a co-unit, a firm, a
station) sees the tasks and clocks of their own unit and of the lead, and nothing of anybody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sanban.handling.aggregate import stream_of
from sanban.handling.disputes.listing import DisputeLine, dispute_line
from sanban.handling.disputes.spells import disputes_in
from sanban.handling.needs import Needs, Words
from sanban.handling.views.lines import (
    CallBackLine,
    CaseView,
    ClockLine,
    ExplainedClock,
    FieldLine,
    Opened,
    RequestLine,
    StopLine,
    SupervisionLine,
    TaskLine,
)
from sanban.handling.views.masking import Seen, rewritten, sight_of, spot_in_words, text_of
from sanban.handling.views.naming import (
    TASK_TONES,
    Names,
    ground_title,
    is_late,
    plain,
    task_title,
    tone_of,
)
from sanban.handling.views.timeline import PHASES, Told, timeline, told
from sanban.handling.views.timing import age_of, clock_left, explained, in_own_unit, left_until, spent_of, until
from sanban.kernel.case.clocks import STAGE
from sanban.kernel.case.engine import offers
from sanban.kernel.case.event import SupervisionAnswered
from sanban.kernel.case.facts import running_clocks
from sanban.kernel.case.state import Case, Clock, Request, Task
from sanban.kernel.case.verbs.imposing import limit_title
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.mechanism import Limit, Mechanism, Title
from sanban.kernel.permission import Actor
from sanban.kernel.sight import Sight
from sanban.kernel.view import TimeLeft


def case_page(viewer: Actor, needs: Needs, case_id: str, *, now: int, at: int | None = None) -> Opened | None:
    """The case as the viewer may see it; None when there is none, or none for them. Two or three statements.

    `at`: as it was known then; nothing is known of what comes, so a later instant is now.
    """
    at = None if at is None or at >= now else at
    history = told(needs.cases, needs.reader.events(stream_of(case_id)))
    if not history:
        return None
    case = history[-1].case
    mechanism = needs.cases.pinned(case)
    sight = sight_of(viewer, needs, case, mechanism, now)
    shown = history if at is None else [one for one in history if one.stored.recorded_at <= at]
    if not sight.case or not shown:
        return None
    view = _view(viewer, needs, shown, sight, now=now, at=at)
    steps = offers(case, viewer, needs.situation(case, viewer, now)) if at is None else ()
    return Opened(view, case, mechanism, steps)


def explained_clock(viewer: Actor, needs: Needs, case_id: str, clock_id: str, *, now: int) -> ExplainedClock | None:
    """A clock that the viewer may see, with the kernel's explanation; None otherwise."""
    opened = case_page(viewer, needs, case_id, now=now)
    line = next((one for one in opened.view.clocks if one.id == clock_id), None) if opened else None
    if opened is None or line is None:
        return None
    clock = next(one for one in opened.case.clocks if one.id == clock_id)
    calendar = needs.cases.calendar
    return ExplainedClock(
        case_id=case_id,
        number=opened.view.number,
        matter=opened.view.matter,
        clock=line,
        lines=explained(calendar, opened.mechanism.limits.get(clock.limit), clock),
        calendar=clock.calendar,
        other_calendar=clock.calendar not in ("", calendar.label),
    )


def _view(viewer: Actor, needs: Needs, history: Sequence[Told], sight: Sight, *, now: int, at: int | None) -> CaseView:
    case, instant = history[-1].case, now if at is None else at
    mechanism, names = needs.cases.pinned(case), Names(needs.cases, instant)
    answers = [one.event.note for one in history if sight.history and isinstance(one.event, SupervisionAnswered)]
    seen = Seen(viewer, needs, case, sight, now).open((one.event.note for one in history if sight.history), answers)
    state = mechanism.states[case.state]
    clocks = _clocks(needs, names, mechanism, seen, instant)
    return CaseView(
        id=case.id,
        number=case.number,
        mechanism=case.mechanism,
        matter=mechanism.title,
        state_code=case.state,
        state=state.title,
        tone=tone_of(state, late=_overdue(case, instant), stopped=bool(case.suspensions)),
        phase=state.phase,
        phase_title=PHASES[state.phase],
        lead=names.unit(case.lead),
        desk=names.unit(case.desk),
        street=case.street if sight.place != "none" else "",
        grid=case.grid if sight.place != "none" else "",
        place=spot_in_words(seen.text(case.place)) if sight.place == "exact" else "",
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        ending=ground_title(mechanism, case.ending) if case.ending else None,
        priority=case.priority,
        supervised=case.supervised,
        found=case.found,
        reopened=case.reopened,
        returns=len(case.returned_by),
        recurs=case.recurs,
        late=is_late(case),
        due=next((one for one in clocks if one.running and one.due_at is not None), None),
        sight=sight,
        requests=tuple(_requests(needs, mechanism, seen, instant)),
        hidden_requests=sum(not _request_shown(seen, one) for one in case.requests),
        tasks=tuple(_task(mechanism, names, one, seen) for one in case.tasks if _task_shown(seen, one)),
        clocks=clocks,
        stops=tuple(_stops(needs.cases.calendar, mechanism, names, seen)),
        fields=tuple(_fields(mechanism, seen)),
        events=timeline(needs.cases, names, history, seen) if sight.history and not sight.own else (),
        supervision=tuple(_supervision(mechanism, names, case)) if sight.history and not sight.own else (),
        disputes=_disputes(names, case, instant) if sight.history and not sight.own else (),
        review_at=case.review_at,
        review=until(needs.cases.calendar, case.review_at),
        known_at=at,
        about=_units(names, case.subjects) if sight.history and not sight.own else (),
        cleared=_units(names, case.cleared) if sight.history and not sight.own else (),
        unread_at=_unread_at(needs, case) if at is None and sight.history and not sight.own else 0,
    )


def _unread_at(needs: Needs, case: Case) -> int:
    if not case.words_at or case.closed_at is not None:
        return 0
    return case.words_at if needs.unread([Words(case.id, case.lead, case.words_at)]) else 0


def _units(names: Names, parties: Iterable[str]) -> tuple[Title, ...]:
    """The units and firms among the parties; a person is named nowhere."""
    return tuple(names.unit(party) for party in sorted(parties) if party in names.units)


def _supervision(mechanism: Mechanism, names: Names, case: Case) -> Iterator[SupervisionLine]:
    for one in case.supervision:
        level = ground_title(mechanism, one.level) if one.level else Title("督办", "Supervised")
        yield SupervisionLine(level, names.unit(one.unit), names.unit(one.by), one.at, one.answered_at)


def _disputes(names: Names, case: Case, now: int) -> tuple[DisputeLine, ...]:
    return tuple(dispute_line(names, one, now) for one in disputes_in(case))


def _overdue(case: Case, now: int) -> bool:
    """Whether a clock that still runs is over."""
    return any(clock.due_at is not None and clock.due_at <= now for clock in running_clocks(case))


def _request_shown(seen: Seen, request: Request) -> bool:
    """Requesters see their own; firms and units that help see none, only that there are some."""
    return seen.is_own(request) if seen.sight.own else seen.sight.history


def _requests(needs: Needs, mechanism: Mechanism, seen: Seen, now: int) -> Iterator[RequestLine]:
    known = seen.sight.requester != "none"
    promise = next((limit for limit in mechanism.limits.values() if limit.promise), None)
    for number, one in enumerate(seen.case.requests, start=1):
        if not _request_shown(seen, one):
            continue
        whole = known or seen.is_own(one)
        relay, relay_until = seen.relay_of(one)
        yield RequestLine(
            number=number,
            id=one.id,
            received_at=one.received_at,
            age=age_of((now if one.replied_at is None else one.replied_at) - one.received_at),
            promised_at=one.promised_at,
            promised=until(needs.cases.calendar, one.promised_at),
            promised_left=_promised_left(needs, promise, one, now) if seen.sight.clocks else None,
            told="full" if seen.is_own(one) else seen.sight.text,
            channel=one.channel if whole else "",
            requester=seen.requester_of(one),
            text=seen.words_of(one) or (rewritten(seen, mechanism, one) if seen.sight.text == "rewritten" else ""),
            contacted_at=one.contacted_at,
            replied_at=one.replied_at,
            repeat=one.repeat if whole else 0,
            found=one.found,
            own=seen.is_own(one),
            call_back=_call_back(one),
            spared=one.call_back is None and one.id in seen.case.spared,
            unmasked_until=seen.unmasked_until(one),
            relay=relay,
            relay_until=relay_until,
        )


def _promised_left(needs: Needs, promise: Limit | None, request: Request, now: int) -> TimeLeft | None:
    if request.promised_at is None or request.replied_at is not None:
        return None
    return left_until(needs.cases.calendar, promise, request.promised_at, now, provisional=request.provisional)


def _call_back(request: Request) -> CallBackLine | None:
    said = request.call_back
    return None if said is None else CallBackLine(said.at, said.reached, said.contacted, said.resolved, said.satisfied)


def _owned(viewer: Actor, task: Task) -> bool:
    return viewer.unit != "" and viewer.unit in (task.unit, task.station)


def _task_shown(seen: Seen, task: Task) -> bool:
    """Those who see the history see every task; others their own and the lead's."""
    if seen.sight.history and not seen.sight.own:
        return True
    return _owned(seen.viewer, task) or task is seen.case.lead_task


def _task(mechanism: Mechanism, names: Names, task: Task, seen: Seen) -> TaskLine:
    return TaskLine(
        id=task.id,
        title=task_title(mechanism, task.spec),
        unit=names.unit(task.unit),
        station=names.unit(task.station) if task.station else None,
        state=task.state,
        tone=TASK_TONES[task.state],
        lead=task.spec == "lead",
        mine=_owned(seen.viewer, task),
        dispatched_at=task.dispatched_at,
        accepted_at=task.accepted_at,
        silent=task.silent,
        ended_at=task.ended_at,
        mandatory=task.mandatory,
        reworked=task.reworked,
        after=task.after,
        text=text_of(seen, mechanism, task),
    )


def _clocks(needs: Needs, names: Names, mechanism: Mechanism, seen: Seen, now: int) -> tuple[ClockLine, ...]:
    """Running clocks by time left, then stopped ones, newest first."""
    if not seen.sight.clocks:
        return ()
    shown = [clock for clock in seen.case.clocks if _clock_shown(seen, clock)]
    running = sorted((one for one in shown if one.running), key=lambda one: (one.due_at is None, one.due_at or 0))
    stopped = sorted((one for one in shown if not one.running), key=lambda one: -(one.stopped_at or 0))
    return tuple(_clock(needs, names, mechanism, seen.case, one, now) for one in (*running, *stopped))


def _clock_shown(seen: Seen, clock: Clock) -> bool:
    """Own requests' clocks for a requester; own tasks' clocks for those who help; all for those who see the history."""
    if seen.sight.own:
        request = seen.case.request(clock.subject)
        return request is not None and seen.is_own(request)
    if seen.sight.history:
        return True
    task = seen.case.task(clock.subject)
    return task is not None and _owned(seen.viewer, task)


def _clock(needs: Needs, names: Names, mechanism: Mechanism, case: Case, clock: Clock, now: int) -> ClockLine:
    calendar, limit = needs.cases.calendar, mechanism.limits.get(clock.limit)
    spent = spent_of(calendar, limit, clock, now)
    used, remaining = (None, None) if spent is None else in_own_unit(spent)
    return ClockLine(
        id=clock.id,
        title=limit_title(mechanism, clock.limit),
        about=_about(mechanism, case, clock),
        unit=names.unit(clock.unit),
        started_at=clock.started_at,
        due_at=clock.due_at,
        due=until(calendar, clock.due_at),
        left=clock_left(calendar, limit, clock, now),
        used=used,
        remaining=remaining,
        running=clock.running,
        paused=clock.paused and clock.running,
        stopped_at=clock.stopped_at,
        missed_at=clock.missed_at,
        extended=clock.extended,
        provisional=clock.provisional,
        calendar=clock.calendar,
    )


def _about(mechanism: Mechanism, case: Case, clock: Clock) -> Title:
    """What a clock is about: the stage, a task, or a request by its number in the case."""
    if clock.subject == STAGE:
        return Title("本阶段", "this stage")
    task = case.task(clock.subject)
    if task is not None:
        return task_title(mechanism, task.spec)
    number = next((no for no, one in enumerate(case.requests, start=1) if one.id == clock.subject), 0)
    return Title(f"诉求{number}", f"request {number}") if number else plain("")


def _stops(calendar: Calendar, mechanism: Mechanism, names: Names, seen: Seen) -> Iterable[StopLine]:
    if not seen.sight.history or seen.sight.own:
        return
    for stop in seen.case.suspensions:
        task = seen.case.task(stop.task)
        unit = names.unit(task.unit if task else seen.case.lead)
        ground = ground_title(mechanism, stop.ground)
        review = until(calendar, stop.review_at)
        yield StopLine("suspension", stop.task, ground, unit, stop.since, stop.review_at, review, stop.approver)
    for asked in seen.case.asked:
        ground = ground_title(mechanism, asked.ground)
        unit, review = names.unit(asked.unit), until(calendar, asked.review_at)
        yield StopLine(asked.kind, asked.subject, ground, unit, asked.at, asked.review_at, review)


def _fields(mechanism: Mechanism, seen: Seen) -> Iterator[FieldLine]:
    """Choices for all who work on it, numbers and texts for those who see the text; parties for nobody."""
    for name, value in seen.case.fields.items():
        field = mechanism.form.get(name)
        if field is None or field.kind == "party" or seen.sight.text == "none":
            continue
        if field.kind in ("yes_no", "choice"):
            code = str(value).lower() if isinstance(value, bool) else str(value)
            yield FieldLine(field.title, code, field.kind, field.choices.get(code))
        elif seen.sight.text == "full" and (field.kind != "place" or seen.sight.place == "exact"):
            yield FieldLine(field.title, seen.text(value) if isinstance(value, str) else str(value), field.kind)
