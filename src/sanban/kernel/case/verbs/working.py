"""Verbs about the work and its end: contact, finish, finish_task, verify, rework, call_back, close, reopen, move."""

from __future__ import annotations

from typing import Literal

import msgspec

from sanban.kernel.case.event import (
    CaseClosed,
    CaseMoved,
    CaseNoted,
    CaseReopened,
    CaseSupervised,
    CaseVerified,
    RequesterCalledBack,
    RequesterContacted,
    TaskFinished,
    TaskReworked,
)
from sanban.kernel.case.facts import open_co_tasks, running_clocks
from sanban.kernel.case.situation import Effect, Happening, Situation, Verb, task_happening
from sanban.kernel.case.state import CallBack, Case, Code, Id, Request, Task, TextRef
from sanban.kernel.case.verbs.dispatching import LEAD, TaskArgs
from sanban.kernel.case.verbs.opening import AttachArgs, attached_request
from sanban.kernel.errors import Refused


class RequestArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    request: Id
    note: TextRef = ""


class FinishArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`note`: what was done, for the reply."""

    note: TextRef = ""


class NoteArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`problem` and `wanted_units` serve steps that state them, such as a whistle."""

    note: TextRef = ""
    problem: Code = ""
    wanted_units: tuple[Code, ...] = ()


class ReworkArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`tasks` empty: the lead's."""

    tasks: tuple[Id, ...] = ()
    note: TextRef = ""


class CallBackArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    request: Id
    reached: bool
    contacted: bool = False
    resolved: Literal["yes", "partly", "no", "unknown"] = "unknown"
    satisfied: int = 0
    note: TextRef = ""


class CloseArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ending: Code
    note: TextRef = ""


class ReopenArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`unit` '' keeps the unit that led; `request`: the request that comes back, when it is a new one."""

    unit: Code = ""
    request: AttachArgs | None = None
    note: TextRef = ""


def contact(case: Case, args: RequestArgs, situation: Situation) -> Effect | Refused:
    """The unit spoke with a requester. Stops the first-contact clock of the request and of the lead's task."""
    if case.request(args.request) is None:
        return _no_request(case)
    happenings: tuple[Happening, ...] = (Happening("contacted", args.request, case.lead),)
    lead_task = case.lead_task
    if lead_task is not None:
        happenings += (task_happening("contacted", lead_task),)
    return Effect(RequesterContacted, {"request": args.request}, happenings)


def finish(case: Case, args: FinishArgs, situation: Situation) -> Effect | Refused:
    """The lead reports its work done; not while a mandatory task of a co-unit is open."""
    task = case.lead_task
    if task is None or not task.open:
        return Refused("unknown_task", "the lead has no open task", "accept the order first")
    waiting = open_co_tasks(case)
    if waiting:
        return Refused("tasks_open", f"co-units still work on {', '.join(waiting)}", "finish_task, or waive")
    return _finished(case, task)


def finish_task(case: Case, args: TaskArgs, situation: Situation) -> Effect | Refused:
    """A co-unit reports its task done, once those it waits for are done."""
    task = case.task(args.task)
    if task is None or not task.open or task.spec == LEAD:
        return Refused("unknown_task", "there is no open task of a co-unit by that id", "task: t2")
    before = [one for one in task.after if (other := case.task(one)) is not None and other.open]
    if before:
        return Refused("not_its_turn", f"{task.id} waits for {', '.join(before)}", f"task: {before[0]}")
    return _finished(case, task)._replace(to="")


def _finished(case: Case, task: Task) -> Effect:
    stops = tuple(clock.id for clock in running_clocks(case) if clock.subject == task.id)
    return Effect(TaskFinished, {"task": task.id}, (task_happening("finished", task),), stops)


def verify(case: Case, args: FinishArgs, situation: Situation) -> Effect | Refused:
    """Someone who did not do the work found it done."""
    return Effect(CaseVerified, {})


def rework(case: Case, args: ReworkArgs, situation: Situation) -> Effect | Refused:
    """Found wanting: just the tasks concerned open again; call-backs that did not hold are asked anew."""
    lead_task = case.lead_task
    wanted = args.tasks or ((lead_task.id,) if lead_task is not None else ())
    tasks = [task for task in case.tasks if task.id in wanted and task.state == "finished"]
    if not tasks or len(tasks) != len(set(wanted)):
        return Refused("unknown_task", "rework names finished tasks of this case", "tasks: [t1]")
    asked_anew = tuple(one.id for one in case.requests if one.call_back is not None and one.call_back.resolved != "yes")
    fields = {"tasks": tuple(task.id for task in tasks), "requests": asked_anew}
    return Effect(TaskReworked, fields, tuple(task_happening("reworked", task) for task in tasks))


def call_back(case: Case, args: CallBackArgs, situation: Situation) -> Effect | Refused:
    """What the requester says: contacted? resolved? satisfied? Never asked by someone who handled the case."""
    if case.request(args.request) is None:
        return _no_request(case)
    if not 0 <= args.satisfied <= 5:
        return Refused("bad_arguments", "satisfied goes from 1 to 5, 0 when not asked", "satisfied: 4")
    if situation.actor.id in case.handlers:
        return Refused("own_work", "who handled the case does not ask how it went", "another officer of the desk")
    said = CallBack(situation.now, situation.actor.id, args.reached, args.contacted, args.resolved, args.satisfied)
    happening = Happening("called_back", args.request, case.lead)
    return Effect(RequesterCalledBack, {"request": args.request, "call_back": said}, (happening,))


def close(case: Case, args: CloseArgs, situation: Situation) -> Effect | Refused:
    """The centre closes with an honest ending; every request is replied to and every clock stops."""
    endings = situation.mechanism.grounds.ending
    if args.ending not in endings:
        return Refused("unknown_ground", f"{args.ending} is not an ending; there are: {', '.join(endings)}", "resolved")
    waiting = open_co_tasks(case)
    if waiting:
        return Refused("tasks_open", f"co-units still work on {', '.join(waiting)}", "finish_task, or waive")
    happenings = tuple(Happening("replied", one.id, case.lead) for one in case.requests)
    return Effect(CaseClosed, {"ending": args.ending}, happenings)


def reopen(case: Case, args: ReopenArgs, situation: Situation) -> Effect | Refused:
    """The same problem again inside the window: the old history goes on, and counts against the unit that closed it."""
    before = case.lead_task
    unit = args.unit or (before.unit if before is not None else case.desk)
    if situation.duty.unit_at(unit, situation.now) is None:
        return Refused("unknown_unit", f"there is no unit {unit} now", next(iter(situation.duty.units), "street-01"))
    request: Request | None = None
    happenings: tuple[Happening, ...] = ()
    if args.request is not None:
        read = attached_request(case, args.request, situation)
        if isinstance(read, Refused):
            return read
        request, received = read
        happenings = (received,)
    task = Task(f"t{len(case.tasks) + 1}", LEAD, unit, situation.now)
    fields = {"task": task, "repeat_against": case.closed_by_unit, "request": request}
    return Effect(CaseReopened, fields, (*happenings, task_happening("dispatched", task)), lead=unit)


def move(case: Case, args: NoteArgs, situation: Situation) -> Effect | Refused:
    """A declared step that only moves the case."""
    return Effect(CaseMoved, {})


def supervise(case: Case, args: FinishArgs, situation: Situation) -> Effect | Refused:
    """Higher attention from now on."""
    return Effect(CaseSupervised, {})


def note(case: Case, args: FinishArgs, situation: Situation) -> Effect | Refused:
    """A note for the file."""
    return Effect(CaseNoted, {}) if args.note else Refused("missing_argument", "a note needs a text", "note: v:0123...")


def _no_request(case: Case) -> Refused:
    return Refused("unknown_request", "this request is not part of the case", case.requests[0].id)


VERBS = (
    Verb("contact", RequestArgs, contact, frozenset({"contacted"})),
    Verb("finish", FinishArgs, finish, frozenset({"finished"})),
    Verb("finish_task", TaskArgs, finish_task, frozenset({"finished"})),
    Verb("verify", FinishArgs, verify),
    Verb("rework", ReworkArgs, rework, frozenset({"reworked"})),
    Verb("call_back", CallBackArgs, call_back, frozenset({"called_back"})),
    Verb("close", CloseArgs, close, frozenset({"replied"})),
    Verb("reopen", ReopenArgs, reopen, frozenset({"dispatched", "received"})),
    Verb("move", NoteArgs, move),
    Verb("supervise", FinishArgs, supervise),
    Verb("note", FinishArgs, note),
)
