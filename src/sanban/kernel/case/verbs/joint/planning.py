"""Verbs of a plan: plan, pass_gate. Tasks for co-units, the order between them, and gates that somebody passes.

A task waits for those it comes `after`, and for its `gate`, which the coordinator or a meeting passes. Its clocks run
from when those it comes after are over. A plan whose tasks wait for each other in a ring is refused, and the ring is
named; none waits for the lead, who reports done when all the others have.
"""

from __future__ import annotations

import msgspec

from sanban.kernel.case.event import GatePassed, TaskPlanned
from sanban.kernel.case.facts import closed_gates
from sanban.kernel.case.situation import Effect, Situation, Verb, task_happening
from sanban.kernel.case.state import LEAD, Case, Task
from sanban.kernel.case.verbs.dispatching import by_directory, may_take
from sanban.kernel.case.words import GivenCode, GivenId, GivenRef
from sanban.kernel.errors import Refused

LONGEST_PLAN = 50
PUBLIC_KINDS = frozenset({"street", "department"})
"""Kinds of unit that hold duties of their own."""


class Planned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One task of a plan: `key` names it within the plan, `after` names those it waits for, `gate` what it waits at."""

    key: GivenCode
    unit: GivenId
    spec: GivenCode = "co"
    mandatory: bool = True
    after: tuple[GivenCode, ...] = ()
    gate: GivenCode = ""


class PlanArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tasks: tuple[Planned, ...]
    note: GivenRef = ""


class GateArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    gate: GivenId
    note: GivenRef = ""


def plan(case: Case, args: PlanArgs, situation: Situation) -> Effect | Refused:
    """Tasks for co-units, each with its own clocks. Refused when they wait for each other in a ring.

    A unit that leads gives others by itself only what the directory names them for; for more help it whistles.
    """
    if not 1 <= len(args.tasks) <= LONGEST_PLAN:
        return Refused("bad_plan", f"a plan has 1 to {LONGEST_PLAN} tasks", "tasks: [{key: a, unit: water}]")
    refusal = _plan_fault(args.tasks, case)
    if refusal is not None:
        return refusal
    for planned in args.tasks:
        refused = may_be_asked(case, planned.unit, situation)
        if refused is not None:
            return refused
    ids = {planned.key: f"t{len(case.tasks) + 1 + index}" for index, planned in enumerate(args.tasks)}
    tasks = tuple(
        Task(
            id=ids[planned.key],
            spec=planned.spec,
            unit=planned.unit,
            dispatched_at=situation.now,
            mandatory=planned.mandatory,
            after=tuple(ids.get(key, key) for key in planned.after),
            gate=planned.gate,
        )
        for planned in args.tasks
    )
    waiting = {task.id for task in (*case.open_tasks, *tasks)}
    begun = tuple(task_happening("dispatched", task) for task in tasks if waiting.isdisjoint(task.after))
    return Effect(TaskPlanned, {"tasks": tasks}, begun)


def may_be_asked(case: Case, unit: str, situation: Situation) -> Refused | None:
    """Whether whoever plans may give the unit a task: it may have the case, and its duty it is."""
    return may_take(case, unit, situation) or _not_theirs(case, unit, situation)


def _not_theirs(case: Case, unit: str, situation: Situation) -> Refused | None:
    """What a unit that leads may not hand to another by itself: work that the directory does not name that one for.

    Its own teams it sends, and firms it asks; in a joint stage those who were called help; a department never hands
    anything down to a street or its teams. An office above both still may.
    """
    if situation.actor.unit != case.lead or not (kinds := _kinds(case.lead, situation)) & PUBLIC_KINDS:
        return None
    if case.lead in situation.duty.line_of(unit, situation.now) or _is_named(case, unit, situation):
        return None
    message, asked = (
        f"{case.lead} does not give {unit} work that the directory does not name it for",
        _kinds(unit, situation),
    )
    if "department" in kinds and "street" in asked:
        return Refused("pushed_down", message, "ask the coordinator to plan it")
    if "firm" in asked or situation.mechanism.states[case.state].phase == "joint":
        return None
    return Refused("not_their_duty", message, f"whistle for {unit}, or ask the coordinator to plan it")


def _is_named(case: Case, unit: str, situation: Situation) -> bool:
    """Whether the directory names the unit for a task of a helper that the matter declares."""
    helping = (spec for spec in situation.mechanism.tasks.values() if spec.name != LEAD)
    return any(by_directory(case, spec, situation)[0] == unit for spec in helping)


def _kinds(unit: str, situation: Situation) -> set[str]:
    """What a unit and those above it are."""
    line = (situation.duty.unit_at(code, situation.now) for code in situation.duty.line_of(unit, situation.now))
    return {one.kind for one in line if one is not None}


def _plan_fault(tasks: tuple[Planned, ...], case: Case) -> Refused | None:
    keys = [planned.key for planned in tasks]
    there = {task.id for task in case.tasks}
    known = {*keys, *there}
    if len(set(keys)) != len(keys) or not there.isdisjoint(keys):
        return Refused("bad_plan", "two tasks have the same key", "keys: a, b, c")
    if any(planned.spec == LEAD for planned in tasks):
        return Refused("bad_plan", "a case has one lead; a plan has tasks for co-units", "spec: co")
    unknown = sorted({key for planned in tasks for key in planned.after} - known)
    if unknown:
        return Refused("bad_plan", f"a task waits for {', '.join(unknown)}, which is not there", "after: [a]")
    leads = {task.id for task in case.tasks if task.spec == LEAD}
    if any(not leads.isdisjoint(planned.after) for planned in tasks):
        return Refused("bad_plan", "the lead reports done last: no task waits for it", "after: the task of a co-unit")
    ring = ring_of(tasks)
    if not ring:
        return None
    named = " after ".join(ring)
    return Refused("plan_cycle", f"tasks wait for each other in a ring: {named}", f"key: {ring[0]}, after: []")


def ring_of(tasks: tuple[Planned, ...]) -> tuple[str, ...]:
    """Tasks that wait for each other, the first again at the end; empty when all can be done one after another.

    Tasks that wait for none are taken away until none is left; what is left then leads round.
    """
    waiting = {planned.key: set(planned.after) for planned in tasks}
    while free := [key for key, before in waiting.items() if before.isdisjoint(waiting)]:
        for key in free:
            del waiting[key]
    if not waiting:
        return ()
    way = [next(iter(waiting))]
    while way[-1] not in way[:-1]:
        way.append(min(waiting[way[-1]] & waiting.keys()))
    return tuple(way[way.index(way[-1]) :])


def pass_gate(case: Case, args: GateArgs, situation: Situation) -> Effect | Refused:
    """Tasks of the plan that wait at the gate may go on."""
    gates = closed_gates(case)
    if args.gate not in gates:
        there = ", ".join(gates) or "none"
        return Refused("unknown_gate", f"no task waits at {args.gate}; gates to be passed: {there}", f"gate: {there}")
    return Effect(GatePassed, {"gate": args.gate})


VERBS = (
    Verb("plan", PlanArgs, plan, frozenset({"dispatched"})),
    Verb("pass_gate", GateArgs, pass_gate, apart=True),
)
