"""Verbs about giving back what does not belong to one: return_order for the lead's order, return_task for a helper's.

Both are taken on a declared ground, once, and only as long as neither the unit nor its silence has signed. Nothing is
ever without an owner meanwhile: an order's unit leads until another has accepted, and a helper's task goes to the lead,
who asks somebody else for it or does it. What was promised to requesters moves in neither case.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from sanban.kernel.case.event import TaskReturned
from sanban.kernel.case.facts import answer_clocks, open_task, running_clocks, unknown_ground, waits_for
from sanban.kernel.case.situation import Effect, Situation, Verb, task_happening
from sanban.kernel.case.state import LEAD, Case, Clock, Task
from sanban.kernel.case.words import GivenCode, GivenId, GivenRef
from sanban.kernel.errors import Refused


class ReturnArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ground: GivenCode
    note: GivenRef = ""


class ReturnTaskArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    task: GivenId
    ground: GivenCode
    note: GivenRef = ""


def return_order(case: Case, args: ReturnArgs, situation: Situation) -> Effect | Refused:
    """Give the order back on a declared ground; the returning unit leads until another has accepted.

    Once for each unit, before it has signed for this case and before silence has; never after a ruling. What it was
    asked under supervision it still answers.
    """
    task = open_task(case, "")
    if isinstance(task, Refused):
        return task
    if case.ruled:
        return Refused("ruled", "a ruling is final for this case; appeal after it is closed", "accept")
    if task.unit in case.returned_by:
        return Refused("already_returned", f"{task.unit} has returned this case once", "accept")
    if any(one.unit == task.unit and one.spec == LEAD and one.accepted_at is not None for one in case.tasks):
        return Refused("already_accepted", f"{task.unit} has signed for this case", "finish, or ask for a ruling")
    refusal = _refused(case, task, args.ground, situation)
    if refusal is not None:
        return refusal
    owed = answer_clocks(case, situation.mechanism)
    stops = tuple(clock.id for clock in _clocks_of(case, task) if clock.id not in owed)
    return Effect(TaskReturned, {"task": task.id, "ground": args.ground}, stops=stops)


def return_task(case: Case, args: ReturnTaskArgs, situation: Situation) -> Effect | Refused:
    """A helper gives its task back on a declared ground: the lead has it from now on, with its time before it."""
    task = case.task(args.task)
    if task is None or not task.open or task.spec == LEAD:
        return Refused("unknown_task", "there is no open task of a co-unit by that id", "task: t2")
    if task.unit == case.lead:
        return Refused("own_task", f"{task.unit} leads the case: the task would come back to it", "finish_task")
    if task.state != "dispatched":
        return Refused("already_accepted", f"{task.unit} has signed for task {task.id}", "finish_task")
    if any(one.unit == task.unit and one.spec != LEAD and one.state == "returned" for one in case.tasks):
        return Refused("already_returned", f"{task.unit} has returned a task of this case once", "accept")
    refusal = _refused(case, task, args.ground, situation)
    if refusal is not None:
        return refusal
    number, now = f"t{len(case.tasks) + 1}", situation.now
    anew = Task(number, task.spec, case.lead, now, mandatory=task.mandatory, sent_by=task.unit)
    instead = replace(anew, after=task.after, gate=task.gate)
    fields = {"task": task.id, "ground": args.ground, "instead": instead}
    stops = tuple(clock.id for clock in _clocks_of(case, task))
    begun = () if waits_for(case, instead) else (task_happening("dispatched", instead),)
    return Effect(TaskReturned, fields, begun, stops)


def _clocks_of(case: Case, task: Task) -> list[Clock]:
    return [clock for clock in running_clocks(case) if clock.subject == task.id]


def _refused(case: Case, task: Task, ground: str, situation: Situation) -> Refused | None:
    """Whether silence has accepted it, its timer fired or not, or the ground is none."""
    if any(_is_signed(clock, situation) for clock in _clocks_of(case, task)):
        return Refused("too_late", "the time to sign for it is over: silence has accepted it", "accept")
    known = situation.mechanism.grounds.returning
    return None if ground in known else unknown_ground(ground, known)


def _is_signed(clock: Clock, situation: Situation) -> bool:
    limit = situation.mechanism.limits.get(clock.limit)
    stops_at_acceptance = limit is not None and limit.stops == "accepted" and limit.on_expiry != ""
    return stops_at_acceptance and clock.due_at is not None and situation.now >= clock.due_at


VERBS = (
    Verb("return_order", ReturnArgs, return_order, owned="lead", handles=True, grounds="returning"),
    Verb(
        "return_task",
        ReturnTaskArgs,
        return_task,
        frozenset({"dispatched"}),
        owned="co",
        handles=True,
        grounds="returning",
    ),
)
