"""`fold(state, event) -> state`: how each event changes a case. No calendar, no mechanism, no decision.

Every event may move the case, start clocks and stop clocks; what else it does stands in `_CHANGES`, one small function
a type. A clock that is stopped at or after its due time is late, and stays so for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from msgspec.structs import replace

from sanban.kernel.case import event as events
from sanban.kernel.case.event import Event
from sanban.kernel.case.facts import UNRESOLVED, calls_unresolved, said_no
from sanban.kernel.case.fold_joint import JOINT_CHANGES, with_due_times
from sanban.kernel.case.state import LEAD, Case, Clock, Heard, Request, Supervision, Task
from sanban.kernel.case.words import URGED
from sanban.kernel.errors import SanbanError

Changes = dict[str, Any]

NO_INNER: Changes = {"inner_due_at": None, "inner_remind_at": None}
"""A station's own time while its unit's stands still, or when it is over and the work begins again."""


def fold(case: Case | None, event: Event) -> Case:
    """The case after the event. Raises SanbanError when a first event is not `case.opened`, or a later one is."""
    if case is None or type(event) is events.CaseOpened:
        return _opened(case, event)
    changes = _CHANGES[type(event)](case, event)
    if event.to:
        changes["state"] = event.to
    if event.started or event.stopped:
        clocks = changes.get("clocks", case.clocks)
        if event.stopped:
            ids, at = event.stopped, event.at
            clocks = [clock.ended(at) if clock.stopped_at is None and clock.id in ids else clock for clock in clocks]
            asked = changes.get("asked", case.asked)
            if asked:
                changes["asked"] = tuple([one for one in asked if one.subject not in ids])
        changes["clocks"] = (*clocks, *event.started)
    if event.handler and event.actor not in case.handlers:
        changes["handlers"] = case.handlers | {event.actor}
    step = f"{event.step}@{event.unit}"
    changes["taken"] = taken = case.taken.copy()
    taken[step] = taken[step] + 1 if step in taken else 1
    return replace(case, **changes)


def fold_all(case: Case | None, events_: Iterable[Event]) -> Case | None:
    """The case after all the events, in order."""
    for event in events_:
        case = fold(case, event)
    return case


def _opened(case: Case | None, event: Event) -> Case:
    if case is not None or not isinstance(event, events.CaseOpened):
        name = type(event).__name__
        raise SanbanError(f"the first event of a case, and only that, opens it, not {name}", "case.opened")
    return Case(
        event.id,
        event.number,
        event.mechanism,
        event.to,
        event.desk,
        event.desk,
        event.at,
        (event.request,),
        event.started,
        event.fields,
        frozenset(event.subjects),
        frozenset(event.cleared),
        {f"{event.step}@{event.unit}": 1},
        event.grid,
        event.street,
        event.place,
        event.priority,
        event.recurs,
        event.found,
    )


def _with_tasks(case: Case, ids: Collection[str], **changes: Any) -> tuple[Task, ...]:
    return tuple([replace(task, **changes) if task.id in ids else task for task in case.tasks])


def _with_request(case: Case, request_id: str, **changes: Any) -> tuple[Request, ...]:
    return tuple([replace(one, **changes) if one.id == request_id else one for one in case.requests])


def _with_clocks(case: Case, changed: Iterable[Clock]) -> tuple[Clock, ...]:
    by_id = {clock.id: clock for clock in changed}
    return tuple(by_id.get(clock.id, clock) for clock in case.clocks)


def _with_more_time(case: Case, changed: Iterable[Clock]) -> tuple[Clock, ...]:
    """As `_with_clocks`; when they would have run out without it stays known."""
    first = {one.id: one.due_at if one.first_due_at is None else one.first_due_at for one in case.clocks}
    return _with_clocks(case, [replace(clock, first_due_at=first[clock.id]) for clock in changed])


def _request_attached(case: Case, event: events.RequestAttached) -> Changes:
    return {
        "requests": (*case.requests, event.request),
        "priority": event.priority,
        **_about(case, event.subjects, event.cleared),
        **_more_words(event, said=event.request.repeat > 1),
    }


def _more_words(event: events.CaseEvent, *, said: bool) -> Changes:
    return {"words_at": event.at} if said else {}


def _case_noted(case: Case, event: events.CaseNoted) -> Changes:
    return _more_words(event, said=any(one.requester == event.actor for one in case.requests))


def _about(case: Case, named: Iterable[str], cleared: Iterable[str] = ()) -> Changes:
    """The case is about parties as well, whatever was said before; it is not about others unless it was until now."""
    if not named and not cleared:
        return {}
    subjects = case.subjects.union(named)
    return {"subjects": subjects, "cleared": case.cleared.union(cleared) - subjects}


def _request_detached(case: Case, event: events.RequestDetached) -> Changes:
    """What was answered before stays said."""
    kept, gone = [tuple(one for one in case.requests if (one.id == event.request) is split) for split in (False, True)]
    priority = case.priority if event.priority is None else event.priority
    left = (*case.left, *gone) if any(one.request == event.request for one in case.heard) else case.left
    return {"requests": kept, "left": left, "detached": (*case.detached, event.request), "priority": priority}


def _case_located(case: Case, event: events.CaseLocated) -> Changes:
    return {"grid": event.grid, "street": event.street, "place": event.place or case.place}


def _case_dispatched(case: Case, event: events.CaseDispatched) -> Changes:
    unit = event.tasks[0].unit
    lead: Changes = {"next_lead": unit} if event.keeps_lead else {"lead": unit, "next_lead": ""}
    return {"tasks": (*case.tasks, *event.tasks), **lead}


def _case_ruled(case: Case, event: events.CaseRuled) -> Changes:
    """Where a unit still had the order, its task ends with the ruling: there is one lead before, and one after."""
    ended = _task_ended(case, event.withdrawn, "withdrawn", event.at) if event.withdrawn else {}
    tasks = (*ended.get("tasks", case.tasks), event.task)
    return {**ended, "tasks": tasks, "lead": event.task.unit, "next_lead": "", "ruled": True}


def _task_accepted(case: Case, event: events.TaskAccepted) -> Changes:
    changes: Changes = {
        "tasks": _with_tasks(case, (event.task,), state="accepted", accepted_at=event.at, silent=event.silent)
    }
    lead_task = case.lead_task
    if lead_task is not None and lead_task.id == event.task and case.next_lead:
        changes |= {"lead": case.next_lead, "next_lead": ""}
    return changes


def _task_returned(case: Case, event: events.TaskReturned) -> Changes:
    if event.instead is not None:
        return _given_back(case, event.task, event.instead, event.at)
    unit = next(task.unit for task in case.tasks if task.id == event.task)
    return {
        **_task_ended(case, event.task, "returned", event.at),
        "returned_by": (*case.returned_by, unit),
        "next_lead": "",
    }


def _given_back(case: Case, task_id: str, instead: Task, at: int) -> Changes:
    """Who waits for the task waits for the one in its place."""
    changes = _task_ended(case, task_id, "returned", at)
    waiting: tuple[Task, ...] = changes["tasks"]
    tasks = (_waits_instead(task, task_id, instead.id) for task in waiting)
    return {**changes, "tasks": (*tasks, instead)}


def _waits_instead(task: Task, before: str, after: str) -> Task:
    if before not in task.after:
        return task
    return replace(task, after=tuple(after if one == before else one for one in task.after))


def _task_passed_down(case: Case, event: events.TaskPassedDown) -> Changes:
    inner: Changes = {"inner_due_at": event.due_at, "inner_remind_at": event.remind_at, "inner_missed_at": None}
    return {"tasks": _with_tasks(case, (event.task,), station=event.station, **inner)}


def _station_reminded(case: Case, event: events.StationReminded) -> Changes:
    return {"tasks": _with_tasks(case, (event.task,), inner_remind_at=None)}


def _station_missed(case: Case, event: events.StationMissed) -> Changes:
    task = next(task for task in case.tasks if task.id == event.task)
    late = tuple({task.station: task.inner_due_at, **dict(task.late)}.items())
    return {"tasks": _with_tasks(case, (task.id,), inner_remind_at=None, inner_missed_at=task.inner_due_at, late=late)}


def _task_planned(case: Case, event: events.TaskPlanned) -> Changes:
    return {"tasks": (*case.tasks, *event.tasks)}


def _task_finished(case: Case, event: events.TaskFinished) -> Changes:
    changes = _task_ended(case, event.task, "finished", event.at)
    lead_task = case.lead_task
    if lead_task is not None and lead_task.id == event.task and case.first_finished_at is None:
        changes["first_finished_at"] = event.at
    return changes


def _task_waived(case: Case, event: events.TaskWaived) -> Changes:
    return _task_ended(case, event.task, "waived", event.at)


def _task_ended(case: Case, task_id: str, state: str, at: int) -> Changes:
    """The task is over, and with it what was asked about it and its suspension."""
    tasks = _with_tasks(case, (task_id,), state=state, ended_at=at)
    return {"tasks": tasks, **_without_asked(case, task_id), **_without_suspension(case, task_id)}


def _task_reworked(case: Case, event: events.TaskReworked | events.CaseVetoed) -> Changes:
    wanted = frozenset(event.tasks)
    tasks = tuple(
        replace(task, state="accepted", ended_at=None, reworked=task.reworked + 1, **NO_INNER)
        if task.id in wanted
        else task
        for task in case.tasks
    )
    asked = frozenset(event.requests)
    requests = tuple(replace(one, call_back=None, doubts=True) if one.id in asked else one for one in case.requests)
    anew = {"asked_anew": (*case.asked_anew, event.at)} if asked else {}
    return {"tasks": tasks, "requests": requests, "clocks": _with_clocks(case, event.clocks), **anew}


def _requester_contacted(case: Case, event: events.RequesterContacted) -> Changes:
    request = case.request(event.request)
    first = event.at if request is None or request.contacted_at is None else request.contacted_at
    return {"requests": _with_request(case, event.request, contacted_at=first)}


def _requester_unmasked(case: Case, event: events.RequesterUnmasked) -> Changes:
    return {"unmasked": (*case.unmasked, event.unmasking)}


def _requester_relayed(case: Case, event: events.RequesterRelayed) -> Changes:
    return {"relayed": (*case.relayed, event.relaying)}


def _task_reworded(case: Case, event: events.TaskReworded) -> Changes:
    return {"tasks": _with_tasks(case, (event.task,), text=event.note)}


def _subject_named(case: Case, event: events.SubjectNamed) -> Changes:
    return _about(case, (event.party,))


def _subject_cleared(case: Case, event: events.SubjectCleared) -> Changes:
    return {"subjects": case.subjects - {event.party}, "cleared": case.cleared | {event.party}}


def _case_stood_aside(case: Case, event: events.CaseStoodAside) -> Changes:
    """Nothing asked or stopped for a withdrawn task outlives it."""
    gone = frozenset(event.withdrawn)
    tasks: tuple[Task, ...] = (*_with_tasks(case, gone, state="withdrawn", ended_at=event.at), *event.tasks)
    for before, instead in zip(event.withdrawn, event.tasks, strict=False):
        tasks = tuple(_waits_instead(task, before, instead.id) for task in tasks)
    lead: Changes = {"lead": event.tasks[0].unit, "next_lead": ""} if event.tasks[0].spec == LEAD else {}
    return {
        **lead,
        "tasks": tasks,
        "asked": tuple(one for one in case.asked if one.subject not in gone),
        "suspensions": tuple(one for one in case.suspensions if one.task not in gone),
    }


def _requester_called_back(case: Case, event: events.RequesterCalledBack) -> Changes:
    """Several who say of the same work that it does not hold make one round that failed."""
    heard = (*case.heard, Heard(event.request, case.lead, len(case.asked_anew), event.call_back))
    said: Changes = {"requests": _with_request(case, event.request, call_back=event.call_back), "heard": heard}
    if event.call_back.resolved not in UNRESOLVED or calls_unresolved(case):
        return said
    return said | {"failed_calls": case.failed_calls + 1}


def _case_verified(case: Case, event: events.CaseVerified) -> Changes:
    return {"spared": event.spared} if event.seed else {}


def _case_closed(case: Case, event: events.CaseClosed) -> Changes:
    requests = tuple([replace(one, replied_at=one.replied_at or event.at) for one in case.requests])
    tasks = tuple([replace(task, state="withdrawn", ended_at=event.at) if task.open else task for task in case.tasks])
    return {
        "requests": requests,
        "tasks": tasks,
        "ending": event.ending,
        "closed_at": event.at,
        "closed_by_unit": case.lead,
        "next_lead": "",
        "asked": (),
        "suspensions": (),
        "review_at": None,
    }


def _case_reopened(case: Case, event: events.CaseReopened) -> Changes:
    """The call-backs are asked anew: what was said of the first closing does not close it again."""
    asked_anew = (replace(one, call_back=None, doubts=one.doubts or said_no(one)) for one in case.requests)
    came_back = () if event.request is None else (replace(event.request, doubts=True),)
    return {
        "tasks": (*case.tasks, event.task),
        "lead": event.task.unit,
        "requests": (*asked_anew, *came_back),
        "clocks": _with_clocks(case, event.clocks),
        "reopened": case.reopened + 1,
        "reopened_at": event.at,
        "asked_anew": (*case.asked_anew, event.at),
        "handled_before": case.handlers,
        "repeats_against": (*case.repeats_against, event.repeat_against),
        "spared": (),
        "closed_at": None,
        "ending": "",
        **_about(case, event.subjects, event.cleared),
    }


def _case_shelved(case: Case, event: events.CaseShelved) -> Changes:
    return {"review_at": event.review_at}


def _case_unshelved(case: Case, event: events.CaseUnshelved) -> Changes:
    return {"review_at": None}


def _no_change(case: Case, event: events.CaseEvent) -> Changes:
    return {}


def _case_supervised(case: Case, event: events.CaseSupervised) -> Changes:
    one = Supervision(event.level, event.rank, case.lead, event.unit, event.at)
    return {"supervised": True, "supervision": (*case.supervision, one)}


def _supervision_answered(case: Case, event: events.SupervisionAnswered) -> Changes:
    answered = tuple(
        replace(one, answered_at=event.at) if one.unit == case.lead and one.answered_at is None else one
        for one in case.supervision
    )
    return {"supervision": answered}


def _case_reclassified(case: Case, event: events.CaseReclassified) -> Changes:
    fields = {**case.fields, **event.fields}
    changes = {"mechanism": event.mechanism, "fields": fields, "tasks": (*case.tasks, *event.tasks)}
    return {**changes, **_about(case, event.subjects)}


def _case_migrated(case: Case, event: events.CaseMigrated) -> Changes:
    return {"mechanism": event.mechanism}


def _asked(case: Case, event: events.ExtensionAsked | events.SuspensionAsked) -> Changes:
    return {"asked": (*case.asked, event.asked)}


def _without_asked(case: Case, subject: str) -> Changes:
    return {"asked": tuple([one for one in case.asked if one.subject != subject])} if case.asked else {}


def _without_suspension(case: Case, task: str) -> Changes:
    return {"suspensions": tuple([one for one in case.suspensions if one.task != task])} if case.suspensions else {}


def _extension_granted(case: Case, event: events.ExtensionGranted) -> Changes:
    return {"clocks": _with_more_time(case, (event.clock,)), **_without_asked(case, event.clock.id)}


def _extension_refused(case: Case, event: events.ExtensionRefused) -> Changes:
    return _without_asked(case, event.clock)


def _clock_suspended(case: Case, event: events.ClockSuspended) -> Changes:
    changes = _without_asked(case, event.suspension.task)
    return changes | {
        "tasks": _with_tasks(case, (event.suspension.task,), **NO_INNER),
        "clocks": _with_more_time(case, event.clocks),
        "suspensions": (*case.suspensions, event.suspension),
    }


def _clock_resumed(case: Case, event: events.ClockResumed) -> Changes:
    return {
        "tasks": _with_tasks(
            case, (event.task,), inner_due_at=event.inner_due_at, inner_remind_at=event.inner_remind_at
        ),
        "clocks": _with_clocks(case, event.clocks),
        **_without_suspension(case, event.task),
    }


def _clock_missed(case: Case, event: events.ClockMissed) -> Changes:
    clocks = [replace(clock, missed_at=clock.due_at) if clock.id == event.clock else clock for clock in case.clocks]
    return {"clocks": tuple(clocks), **_without_asked(case, event.clock)}


def _clock_reminded(case: Case, event: events.ClockReminded) -> Changes:
    clocks = [replace(clock, reminded_at=event.at) if clock.id == event.clock else clock for clock in case.clocks]
    return {"clocks": tuple(clocks)}


def _clock_recomputed(case: Case, event: events.ClockRecomputed) -> Changes:
    """The requester's copy of a promised date follows its clock, unless a dispatcher has lengthened it."""
    before = {clock.id: clock.due_at for clock in case.clocks}
    moved = {(clock.subject, before[clock.id]): clock for clock in event.clocks}
    requests = tuple(_promised_anew(one, moved.get((one.id, one.promised_at))) for one in case.requests)
    return {"clocks": _with_clocks(case, event.clocks), "requests": requests, **with_due_times(case, event.clocks)}


def _promised_anew(request: Request, moved: Clock | None) -> Request:
    if moved is None:
        return request
    return replace(request, promised_at=moved.due_at, provisional=moved.provisional)


def _clock_imposed(case: Case, event: events.ClockImposed) -> Changes:
    known = {clock.id for clock in case.clocks}
    new = [clock for clock in event.clocks if clock.id not in known]
    urged = any(clock.limit == URGED for clock in event.clocks)
    return {"clocks": (*_with_clocks(case, event.clocks), *new), **_more_words(event, said=urged)}


def _promise_lengthened(case: Case, event: events.PromiseLengthened) -> Changes:
    return {"requests": _with_request(case, event.request, promised_at=event.promised_at, provisional=False)}


def _case_advised(_case: Case, event: events.CaseAdvised) -> Changes:
    return {"risk": event.risk}


_CHANGES: dict[type, Callable[[Case, Any], Changes]] = {
    events.RequestAttached: _request_attached,
    events.RequestDetached: _request_detached,
    events.CaseLocated: _case_located,
    events.CaseDispatched: _case_dispatched,
    events.CaseRuled: _case_ruled,
    events.TaskAccepted: _task_accepted,
    events.TaskReturned: _task_returned,
    events.TaskPassedDown: _task_passed_down,
    events.StationReminded: _station_reminded,
    events.StationMissed: _station_missed,
    events.TaskPlanned: _task_planned,
    events.TaskFinished: _task_finished,
    events.TaskWaived: _task_waived,
    events.TaskReworked: _task_reworked,
    events.RequesterContacted: _requester_contacted,
    events.CaseVerified: _case_verified,
    events.RequesterCalledBack: _requester_called_back,
    events.CaseClosed: _case_closed,
    events.CaseReopened: _case_reopened,
    events.CaseShelved: _case_shelved,
    events.CaseUnshelved: _case_unshelved,
    events.CaseMoved: _no_change,
    events.CaseSupervised: _case_supervised,
    events.SupervisionAnswered: _supervision_answered,
    events.CaseNoted: _case_noted,
    events.CaseReclassified: _case_reclassified,
    events.CaseMigrated: _case_migrated,
    events.ExtensionAsked: _asked,
    events.ExtensionGranted: _extension_granted,
    events.ExtensionRefused: _extension_refused,
    events.SuspensionAsked: _asked,
    events.ClockSuspended: _clock_suspended,
    events.ClockResumed: _clock_resumed,
    events.ClockMissed: _clock_missed,
    events.ClockReminded: _clock_reminded,
    events.ClockRecomputed: _clock_recomputed,
    events.ClockImposed: _clock_imposed,
    events.PromiseLengthened: _promise_lengthened,
    events.RequesterUnmasked: _requester_unmasked,
    events.RequesterMessaged: _no_change,
    events.RequesterRelayed: _requester_relayed,
    events.TaskReworded: _task_reworded,
    events.SubjectNamed: _subject_named,
    events.SubjectCleared: _subject_cleared,
    events.CaseStoodAside: _case_stood_aside,
    events.CaseAdvised: _case_advised,
    events.CaseVetoed: _task_reworked,
    **JOINT_CHANGES,
}
