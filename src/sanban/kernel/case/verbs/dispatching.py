"""Verbs about who works: dispatch, accept, rule, waive."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from sanban.kernel.case.event import (
    CaseDispatched,
    CaseRuled,
    TaskAccepted,
    TaskWaived,
)
from sanban.kernel.case.facts import (
    answer_clocks,
    case_facts,
    evaluated,
    open_co_tasks,
    open_task,
    running_clocks,
)
from sanban.kernel.case.situation import Effect, Happening, Situation, Verb, begun_after, task_happening
from sanban.kernel.case.state import LEAD, Case, Task
from sanban.kernel.case.words import GivenCode, GivenId, GivenRef
from sanban.kernel.duty.answer import Answer, who_answers
from sanban.kernel.duty.place import Place
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import TaskSpec
from sanban.kernel.permission import may_be_dispatched


class DispatchArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`unit` '' leaves the choice to the duty directory."""

    unit: GivenCode = ""
    note: GivenRef = ""


class TaskArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`task` '' means the lead's."""

    task: GivenCode = ""
    note: GivenRef = ""


class RuleArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`precedent`: the area (grid or street code) for which the ruling stands in the directory from now on."""

    unit: GivenId
    ground: GivenCode = ""
    precedent: GivenCode = ""
    note: GivenRef = ""


class WaiveArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    task: GivenId
    ground: GivenCode
    note: GivenRef = ""


def dispatch(case: Case, args: DispatchArgs, situation: Situation) -> Effect | Refused:
    """The lead's task, and the co-units' tasks whose conditions hold. After a return the returner leads on."""
    spec = situation.mechanism.tasks[LEAD]
    unit, cites = (args.unit, "") if args.unit else by_directory(case, spec, situation)
    if not unit:
        return Refused("no_duty", f"nobody answers for {spec.duty} here: {cites}", "unit: 310109009")
    refusal = may_take(case, unit, situation)
    if refusal is not None:
        return refusal
    held = case.lead_task
    if held is not None and held.open:
        return Refused("still_held", f"{held.unit} holds the order", "dispatch after it has been returned")
    if unit in case.returned_by:
        return Refused("already_returned", f"{unit} has returned this case; another unit or a ruling is needed", "rule")
    tasks = [_task(case, 1, LEAD, unit, situation)]
    if held is None:
        tasks += co_tasks(case, unit, situation, first=len(case.tasks) + 2)
    happenings = tuple(task_happening("dispatched", task) for task in tasks)
    keeps = bool(case.returned_by)
    fields = {"tasks": tuple(tasks), "cites": cites, "keeps_lead": keeps}
    return Effect(CaseDispatched, fields, happenings, lead=case.lead if keeps else unit)


def accept(case: Case, args: TaskArgs, situation: Situation) -> Effect | Refused:
    """Sign for a task; silence is acceptance when the file says so. Only the lead's acceptance moves the case."""
    task = open_task(case, args.task)
    if isinstance(task, Refused):
        return task
    if task.state != "dispatched":
        return Refused("already_accepted", f"task {task.id} was accepted before", "finish it when the work is done")
    silent = situation.actor.role == "system"
    if silent and _came_back(case, task):
        return Refused(
            "own_work", f"silence of {task.unit} takes up nothing that its closing did not settle", "take_up"
        )
    fields = {"task": task.id, "silent": silent}
    to = None if task.spec == LEAD else ""
    lead = case.next_lead if task.spec == LEAD and case.next_lead else case.lead
    stops = _no_longer_asked(case, lead, situation)
    return Effect(TaskAccepted, fields, (task_happening("accepted", task),), stops, to=to, lead=lead)


def _came_back(case: Case, task: Task) -> bool:
    """Whether the order of a reopened case lies with a unit that has led it before."""
    earlier = case.tasks[: case.tasks.index(task)]
    return (
        case.reopened > 0 and task.spec == LEAD and any(one.spec == LEAD and one.unit == task.unit for one in earlier)
    )


def _no_longer_asked(case: Case, lead: str, situation: Situation) -> tuple[str, ...]:
    """Clocks of answers that the unit which leads until now does not owe any more once another leads."""
    return () if lead == case.lead else answer_clocks(case, situation.mechanism)


def rule(case: Case, args: RuleArgs, situation: Situation) -> Effect | Refused:
    """The centre decides who answers; that unit leads at once and cannot return the order.

    A unit that gets back what it returned has had it since it got it first: returning won it no time.
    """
    held = case.lead_task
    if held is not None and held.open:
        return Refused("still_held", f"{held.unit} holds the order", "rule after it has been returned")
    return ruling(case, args, situation)


def ruling(case: Case, args: RuleArgs, situation: Situation) -> Effect | Refused:
    """The ruling itself: a task of the lead that its unit has accepted by it."""
    refusal = may_take(case, args.unit, situation)
    if refusal is not None:
        return refusal
    task = _task(case, 1, LEAD, args.unit, situation)
    ruled = msgspec.structs.replace(task, state="accepted", accepted_at=situation.now, ruled=True)
    happenings = (*_had_before(case, ruled), task_happening("accepted", ruled))
    fields = {"task": ruled, "ground": args.ground, "precedent": args.precedent}
    return Effect(CaseRuled, fields, happenings, _no_longer_asked(case, args.unit, situation), lead=args.unit)


def _had_before(case: Case, task: Task) -> Iterator[Happening]:
    """The task's dispatch, counted from when its unit had the order first, and the word it has had since."""
    since = next((one.dispatched_at for one in case.tasks if one.spec == LEAD and one.unit == task.unit), None)
    yield Happening("dispatched", task.id, task.unit, LEAD, since)
    if since is not None and any((one.contacted_at or 0) >= since for one in case.requests):
        yield task_happening("contacted", task)


def waive(case: Case, args: WaiveArgs, situation: Situation) -> Effect | Refused:
    """A co-unit's task is no longer needed, for a reason; never by the unit that leads, nor by the co-unit."""
    task = case.task(args.task)
    if task is None or not task.open or task.spec == LEAD:
        return Refused("unknown_task", "only an open task of a co-unit can be waived", "task: t2")
    if situation.actor.unit == case.lead:
        return Refused("not_permitted", "the leading unit does not waive its co-units' tasks", "ask the dispatcher")
    stops = tuple(clock.id for clock in running_clocks(case) if clock.subject == task.id)
    to = state_after_task(case, task, situation)
    return Effect(TaskWaived, {"task": task.id, "ground": args.ground}, begun_after(case, task), stops, to)


def state_after_task(case: Case, task: Task, situation: Situation) -> str:
    """Where the case goes when a co-unit's task is over: nowhere, unless the lead was done and this was the last.

    So it is after a check that found just this task wanting: the lead has nothing to report anew.
    """
    lead_task = case.lead_task
    if lead_task is None or lead_task.state != "finished" or set(open_co_tasks(case)) - {task.id}:
        return ""
    return next((step.to for step in situation.mechanism.steps_from(case.state) if step.verb == "finish"), "")


def by_directory(case: Case, spec: TaskSpec, situation: Situation) -> tuple[str, str]:
    """The unit and the directory entry, or '' and the reason there is none."""
    place = Place(case.grid or None, case.street or None)
    answer = who_answers(situation.duty, case.matter, spec.duty, place, situation.now)
    return (answer.unit, answer.entry) if isinstance(answer, Answer) else ("", answer.reason)


def co_tasks(case: Case, lead: str, situation: Situation, first: int) -> list[Task]:
    """Co-units' tasks whose `when` holds and that the case has neither open nor done, numbered from `first`.

    Where nobody else answers, the lead has the task: no task is ever without owner.
    """
    mechanism = situation.mechanism
    there = {task.spec for task in case.tasks if task.open or task.state == "finished"} | {LEAD}
    tasks: list[Task] = []
    for spec in mechanism.tasks.values():
        if spec.name in there or (spec.when is not None and not evaluated(spec.when, mechanism, case, situation.now)):
            continue
        unit, _ = by_directory(case, spec, situation)
        if not unit or may_take(case, unit, situation) is not None:
            unit = lead
        tasks.append(Task(f"t{first + len(tasks)}", spec.name, unit, situation.now, mandatory=spec.mandatory))
    return tasks


def _task(case: Case, offset: int, spec: str, unit: str, situation: Situation) -> Task:
    return Task(f"t{len(case.tasks) + offset}", spec, unit, situation.now, sent_by=situation.actor.unit)


def may_take(case: Case, unit: str, situation: Situation) -> Refused | None:
    """Whether the unit exists now and is neither the party complained about nor its agent."""
    if situation.duty.unit_at(unit, situation.now) is None:
        return Refused("unknown_unit", f"there is no unit {unit} now", next(iter(situation.duty.units), "street-01"))
    return may_be_dispatched(unit, case_facts(case), situation.links, situation.now) if case.subjects else None


VERBS = (
    Verb("dispatch", DispatchArgs, dispatch, frozenset({"dispatched"}), apart=True),
    Verb("accept", TaskArgs, accept, frozenset({"accepted"}), owned="any", handles=True, afresh=True),
    Verb("rule", RuleArgs, rule, frozenset({"dispatched", "accepted"}), apart=True, grounds="returning"),
    Verb("waive", WaiveArgs, waive, apart=True, needs=("ground",), grounds="returning"),
)
