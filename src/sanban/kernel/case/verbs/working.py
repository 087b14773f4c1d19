"""Verbs about the work and its end: contact, finish, finish_task, verify, rework, call_back, close, reopen, move."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

import msgspec
from msgspec.structs import replace

from sanban.kernel.case.clocks import run_on
from sanban.kernel.case.event import (
    CaseClosed,
    CaseMoved,
    CaseNoted,
    CaseReopened,
    CaseVerified,
    RequesterCalledBack,
    RequesterContacted,
    TaskFinished,
    TaskReworked,
)
from sanban.kernel.case.facts import UNRESOLVED, not_released, not_screened, open_co_tasks, running_clocks, waits_for
from sanban.kernel.case.situation import Effect, Happening, Situation, Verb, begun_after, task_happening
from sanban.kernel.case.state import LEAD, CallBack, Case, Clock, Request, Task
from sanban.kernel.case.verbs.dispatching import TaskArgs, may_take, state_after_task
from sanban.kernel.case.verbs.opening import AttachArgs, attached_request
from sanban.kernel.case.words import GivenCode, GivenId, GivenRef
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Limit

RESOLVED = "resolved"
"""The ending that no matter may use against what a requester says."""


OWED_WORDS = frozenset({"contacted", "accounted"})
"""Moments in which a unit says something; doing the work does not bring them about."""


class RequestArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    request: GivenId
    note: GivenRef = ""


class FinishArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`note`: what was done, for the reply."""

    note: GivenRef = ""


class ReworkArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`tasks` empty: the lead's."""

    tasks: tuple[GivenId, ...] = ()
    note: GivenRef = ""


class CallBackArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    request: GivenId
    reached: bool
    contacted: bool = False
    resolved: Literal["yes", "partly", "no", "unknown"] = "unknown"
    satisfied: int = 0
    note: GivenRef = ""


class CloseArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ending: GivenCode
    note: GivenRef = ""


class ReopenArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`unit` '' keeps the unit that led; `request`: the request that comes back, when it is a new one."""

    unit: GivenCode = ""
    request: AttachArgs | None = None
    note: GivenRef = ""


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
    return _still_at_work(case) or _finished(case, task, situation)


def _still_at_work(case: Case) -> Refused | None:
    """What keeps the work from being called done: a task of a co-unit, or a whistle that nobody has screened."""
    waiting = open_co_tasks(case)
    if waiting:
        return Refused("tasks_open", f"co-units still work on {', '.join(waiting)}", "finish_task, or waive")
    return not_screened(case)


def finish_task(case: Case, args: TaskArgs, situation: Situation) -> Effect | Refused:
    """A co-unit reports its task done, once those it waits for are done."""
    task = case.task(args.task)
    if task is None or not task.open or task.spec == LEAD:
        return Refused("unknown_task", "there is no open task of a co-unit by that id", "task: t2")
    before = waits_for(case, task)
    if before:
        return Refused("not_its_turn", f"{task.id} waits for {', '.join(before)}", f"task: {before[0]}")
    if task.gate and task.gate not in case.gates:
        return Refused("gate_closed", f"{task.id} waits until {task.gate} is passed", f"pass_gate, gate: {task.gate}")
    return replace(_finished(case, task, situation), to=state_after_task(case, task, situation))


def _finished(case: Case, task: Task, situation: Situation) -> Effect:
    """The task's clocks stop, but for those that wait for a word, with the requester or above: work done says none."""
    limits = situation.mechanism.limits
    stops = tuple(
        clock.id
        for clock in running_clocks(case)
        if clock.subject == task.id and not (clock.limit in limits and limits[clock.limit].stops in OWED_WORDS)
    )
    happenings = (task_happening("finished", task), *begun_after(case, task))
    return Effect(TaskFinished, {"task": task.id}, happenings, stops)


def verify(case: Case, args: FinishArgs, situation: Situation) -> Effect | Refused:
    """Someone who did not do the work found it done. In a flood, who is called back is drawn by the declared rule."""
    return Effect(CaseVerified, _drawn(case, situation))


def _drawn(case: Case, situation: Situation) -> dict[str, object]:
    """Whom the draw spares. It is made once for each closing, and everybody has a part in it once.

    Who did not accept an outcome of the case, or is asked anew, is called back whatever the lot, about the last they
    said.
    The seed is the instant of the check, which nobody knows who works on the case: anyone can draw again by the record.
    """
    rule = situation.mechanism.call_backs
    if rule is None or case.spared or len(case.requests) < rule.sample_from:
        return {}
    seed = f"{case.id}.{situation.now}"
    waiting = [one for one in case.requests if one.call_back is None]
    doubting = {one.requester: one.id for one in waiting if one.doubts}
    equal = (one.id for one in waiting if one.repeat == 1 and one.requester not in doubting)
    lots = sorted(equal, key=lambda one: _lot(seed, one))
    called = {*doubting.values(), *lots[: max(rule.least, -(-len(lots) * rule.share // 100))]}
    return {"spared": tuple(one.id for one in waiting if one.id not in called), "seed": seed}


def _lot(seed: str, request: str) -> bytes:
    return sha256(f"{seed} {request}".encode()).digest()


def rework(case: Case, args: ReworkArgs, situation: Situation) -> Effect | Refused:
    """Found wanting: just the tasks concerned open again; call-backs that did not hold are asked anew."""
    return reworked(case, args.tasks, situation)


def reworked(case: Case, named: tuple[str, ...], situation: Situation) -> Effect | Refused:
    """Finished tasks taken up again, the lead's where none is named; their clocks run on."""
    lead_task = case.lead_task
    wanted = named or ((lead_task.id,) if lead_task is not None else ())
    tasks = [task for task in case.tasks if task.id in wanted and task.state == "finished"]
    if not tasks or len(tasks) != len(set(wanted)):
        return Refused("unknown_task", "rework names finished tasks of this case", "tasks: [t1]")
    asked_anew = tuple(one.id for one in case.requests if one.call_back is not None and one.call_back.resolved != "yes")
    limits = situation.mechanism.limits
    clocks = tuple(
        run_on(situation, limits[clock.limit], clock)
        for task in tasks
        for clock in case.clocks
        if clock.subject == task.id
        and clock.stopped_at == task.ended_at
        and clock.limit in limits
        and _waits_for_the_end(limits[clock.limit])
    )
    fields = {"tasks": tuple(task.id for task in tasks), "requests": asked_anew, "clocks": clocks}
    return Effect(TaskReworked, fields, tuple(task_happening("reworked", task) for task in tasks))


def _waits_for_the_end(limit: Limit) -> bool:
    """Whether a clock of the limit goes on when the work turns out not to be done; a limit of rework begins anew."""
    return limit.stops == "finished" and limit.starts != "reworked"


def call_back(case: Case, args: CallBackArgs, situation: Situation) -> Effect | Refused:
    """What the requester says: contacted? resolved? satisfied? Never asked by someone who handled the case."""
    if case.request(args.request) is None:
        return _no_request(case)
    if not 0 <= args.satisfied <= 5:
        return Refused("bad_arguments", "satisfied goes from 1 to 5, 0 when not asked", "satisfied: 4")
    if not args.reached and (args.contacted or args.resolved != "unknown" or args.satisfied):
        return Refused("bad_arguments", "who was not reached has said nothing", "reached: false")
    before = next(one.call_back for one in case.requests if one.id == args.request)
    if before is not None and before.reached:
        return Refused("already_called", "what the requester said is not asked again until it is reworked", "rework")
    said = CallBack(situation.now, situation.actor.id, args.reached, args.contacted, args.resolved, args.satisfied)
    happening = Happening("called_back", args.request, case.lead)
    return Effect(RequesterCalledBack, {"request": args.request, "call_back": said}, (happening,))


def close(case: Case, args: CloseArgs, situation: Situation) -> Effect | Refused:
    """The centre closes with an honest ending; every request is replied to and every clock stops."""
    endings = situation.mechanism.grounds.ending
    if args.ending not in endings:
        return Refused("unknown_ground", f"{args.ending} is not an ending; there are: {', '.join(endings)}", "resolved")
    said = {one.call_back.resolved for one in case.requests if one.call_back is not None}
    if args.ending == RESOLVED and not said.isdisjoint(UNRESOLVED):
        return Refused("not_resolved", "a requester says that it is not resolved", "ending: unsolved, or rework")
    refusal = _still_at_work(case) or not_released(case)
    if refusal is not None:
        return refusal
    happenings = tuple(Happening("replied", one.id, case.lead) for one in case.requests)
    return Effect(CaseClosed, {"ending": args.ending, "told": True}, happenings)


def reopen(case: Case, args: ReopenArgs, situation: Situation) -> Effect | Refused:
    """The same problem again inside the window: the old history goes on, and counts against the unit that closed it."""
    before = case.lead_task
    unit = args.unit or (before.unit if before is not None else case.desk)
    subjects = args.request.subjects if args.request is not None else ()
    refusal = may_take(replace(case, subjects=case.subjects.union(subjects)), unit, situation)
    if refusal is not None:
        return refusal
    if unit in case.returned_by and not case.ruled:
        return Refused("already_returned", f"{unit} has returned this case; another unit has it", "unit: 310109009")
    request: Request | None = None
    happenings: tuple[Happening, ...] = ()
    if args.request is not None:
        read = attached_request(case, args.request, situation)
        if isinstance(read, Refused):
            return read
        request, received = read
        happenings = (received,)
    task = Task(f"t{len(case.tasks) + 1}", LEAD, unit, situation.now)
    clocks = _unanswered(case, situation) if request is None else ()
    fields = {"task": task, "repeat_against": case.closed_by_unit, "request": request, "clocks": clocks}
    if args.request is not None:
        fields |= {"subjects": subjects, "cleared": args.request.cleared}
    seen = replace(case, reopened=case.reopened + 1)
    return Effect(CaseReopened, fields, (*happenings, task_happening("dispatched", task)), lead=unit, seen=seen)


def _unanswered(case: Case, situation: Situation) -> tuple[Clock, ...]:
    """Clocks that the reply at closing had stopped. It did not hold, so they run on; a request's age never paused."""
    limits = situation.mechanism.limits
    requests = {one.id for one in case.requests}
    return tuple(
        replace(clock, stopped_at=None)
        for clock in case.clocks
        if clock.subject in requests
        and clock.stopped_at == case.closed_at
        and clock.limit in limits
        and limits[clock.limit].stops == "replied"
    )


def move(case: Case, args: FinishArgs, situation: Situation) -> Effect | Refused:
    """A declared step that only moves the case."""
    return Effect(CaseMoved, {})


def note(case: Case, args: FinishArgs, situation: Situation) -> Effect:
    """A note for the file."""
    return Effect(CaseNoted, {})


def _no_request(case: Case) -> Refused:
    return Refused("unknown_request", "this request is not part of the case", case.requests[0].id)


VERBS = (
    Verb("contact", RequestArgs, contact, frozenset({"contacted"}), inner=True, handles=True),
    Verb("finish", FinishArgs, finish, frozenset({"finished"}), owned="lead", handles=True),
    Verb("finish_task", TaskArgs, finish_task, frozenset({"finished"}), owned="co", handles=True, needs=("task",)),
    Verb("verify", FinishArgs, verify, apart=True),
    Verb("rework", ReworkArgs, rework, frozenset({"reworked"}), apart=True),
    Verb("call_back", CallBackArgs, call_back, frozenset({"called_back"}), apart=True),
    Verb("close", CloseArgs, close, frozenset({"replied"}), apart=True, grounds="ending"),
    Verb("reopen", ReopenArgs, reopen, frozenset({"dispatched", "received"}), apart=True),
    Verb("move", FinishArgs, move),
    Verb("note", FinishArgs, note, needs=("note",)),
)
