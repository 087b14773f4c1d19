"""`decide(case, command, situation)`: the one engine that interprets every mechanism.

Theory of operation. A command names a step of the mechanism's table. The engine asks, in this order and each with its
own refusal: is the step known here, may this actor take it, are its arguments well formed and complete, has it been
taken too often, is its time over, does its guard hold. Then the step's verb says which one event happens and which
moments it brings; the engine adds the move and the clocks those moments and that move start and stop.

    step   -> source states, relations, guard, needs, at_most   (data, from the file)
    verb   -> effect: one event and its moments                 (registered here, in `verbs`)
    limits -> clocks started and stopped by moments and states  (data, from the file)

Steps nobody declares are the system's own: `expire`, `remind`, `review`, `recompute`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sanban.kernel.case.clocks import STAGE
from sanban.kernel.case.event import ClockMissed, Event
from sanban.kernel.case.facts import case_facts, guard_values
from sanban.kernel.case.fold import fold
from sanban.kernel.case.making import make_event
from sanban.kernel.case.situation import Command, Situation, Verb, system_step
from sanban.kernel.case.state import Case, Task
from sanban.kernel.case.verbs import SYSTEM_VERBS, VERBS
from sanban.kernel.case.verbs.opening import OpenArgs, opened
from sanban.kernel.clock.due import due
from sanban.kernel.clock.limit import Length
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Step
from sanban.kernel.permission import DESK_ROLES, Actor, is_subject, may

TASK_OWNER = "task_owner"
SYSTEM_STEP_EXAMPLE = "expire, taken by the ledger's own timers"

Values = dict[str, "int | bool | str"]


def decide(case: Case | None, command: Command, situation: Situation) -> tuple[Event, ...] | Refused:
    """The events the command makes of the case, none if it changes nothing, or why it is refused."""
    if case is None:
        return _open(command, situation)
    if command.step in SYSTEM_VERBS:
        return _system_step(case, command, situation)
    step = situation.mechanism.table.get((case.state, command.step))
    if step is None:
        return _not_here(case, command.step, situation)
    verb = VERBS[step.verb]
    task = _named_task(case, command.args)
    args = _refusal_before(case, step, task, situation) or _read(verb, step, command.args)
    if isinstance(args, Refused):
        return args
    values = guard_values(case)
    refusal = _refusal_by_file(case, step, situation, values)
    if refusal is not None:
        return refusal
    effect = verb.act(case, args, situation)
    if effect is None or isinstance(effect, Refused):
        return effect or ()
    return (make_event(case, step, effect, situation, values, getattr(args, "note", "")),)


def offers(case: Case, actor: Actor, situation: Situation) -> tuple[Step, ...]:
    """The steps this actor may take now, guards included; what a page shows as buttons."""
    values = guard_values(case)
    asked = situation._replace(actor=actor)
    return tuple(
        step
        for step in situation.mechanism.steps_from(case.state)
        if _offered_to(case, step, asked) and _refusal_by_file(case, step, asked, values) is None
    )


def _offered_to(case: Case, step: Step, situation: Situation) -> bool:
    return any(_refusal_before(case, step, task, situation) is None for task in (*case.open_tasks, None))


def _open(command: Command, situation: Situation) -> tuple[Event, ...] | Refused:
    step = situation.mechanism.steps.get(command.step)
    if step is None or step.verb != "open":
        return Refused("unknown_case", "there is no such case yet; only `open` makes one", "open")
    if not step.by & _desk_words(situation.actor):
        return Refused("not_permitted", "a case is opened by the receiving desk", "sign in as an operator of the desk")
    args = _read(VERBS["open"], step, command.args)
    if not isinstance(args, OpenArgs):
        refused: Refused = args
        return refused
    return opened(args, situation, step)


def _desk_words(actor: Actor) -> frozenset[str]:
    return frozenset({"desk", actor.role} if actor.role in DESK_ROLES else {actor.role})


def _not_here(case: Case, name: str, situation: Situation) -> Refused:
    if is_subject(situation.actor, case_facts(case), situation.links, situation.now):
        return Refused("not_permitted", "this step is not open to you", "")
    here = ", ".join(step.name for step in situation.mechanism.steps_from(case.state))
    known = name in situation.mechanism.steps
    reason = "wrong_state" if known else "unknown_step"
    message = f"{name} is not a step from {case.state}" if known else f"this mechanism has no step {name}"
    return Refused(reason, message, here or "no step leads out of here")


def _named_task(case: Case, args: Mapping[str, object]) -> Task | None:
    """The task a command is about: the one it names, else the lead's."""
    named = args.get("task")
    return case.task(named) if isinstance(named, str) and named else case.lead_task


def _refusal_before(case: Case, step: Step, task: Task | None, situation: Situation) -> Refused | None:
    """Permission: the owner of the task in question where the file says so, else by relation to the case."""
    actor, facts = situation.actor, case_facts(case)
    owns = task is not None and task.open and actor.unit != "" and actor.unit in (task.unit, task.station)
    if TASK_OWNER in step.by and owns and not is_subject(actor, facts, situation.links, situation.now):
        return None
    return may(actor, step.by - {TASK_OWNER}, facts, situation.links, situation.now)


def _read(verb: Verb, step: Step, args: Mapping[str, object]) -> Any:
    try:
        read: Any = msgspec.convert(dict(args), verb.args, strict=True)
    except msgspec.ValidationError as wrong:
        return Refused("bad_arguments", f"{step.name}: {wrong}", example_of(verb))
    missing = [need for need in step.needs if not getattr(read, need)]
    if missing:
        return Refused("missing_argument", f"{step.name} needs {', '.join(missing)}", example_of(verb))
    return read


def example_of(verb: Verb) -> str:
    """The arguments of a verb as `name: type` pairs, to show beside a refusal."""
    return ", ".join(f"{name}: {kind}" for name, kind in verb.args.__annotations__.items()) or "no arguments"


def _refusal_by_file(case: Case, step: Step, situation: Situation, values: Values) -> Refused | None:
    if step.at_most:
        key = step.name if step.per == "case" else f"{step.name}@{situation.actor.unit}"
        if case.taken.get(key, 0) >= step.at_most:
            return Refused("too_often", f"{step.name} may be taken {step.at_most} time(s) per {step.per}", "rule")
    if step.within is not None and _window_over(case, step.within, situation):
        return Refused("window_over", f"{step.name} is open for {step.within.en} after closing", "open a new case")
    if step.when is not None:
        parameters = situation.mechanism.parameters_at(situation.now)
        if not step.when.evaluate(values, parameters):
            return Refused("guard_failed", f"{step.name} needs: {step.when.source}", step.when.source)
    return None


def _window_over(case: Case, within: Length, situation: Situation) -> bool:
    end = None if case.closed_at is None else due(situation.calendar, (within,), case.closed_at).at
    return end is not None and situation.now >= end


def _system_step(case: Case, command: Command, situation: Situation) -> tuple[Event, ...] | Refused:
    """A step of the ledger's own: it may be followed by the step that silence takes."""
    if situation.actor.role != "system":
        return Refused("not_permitted", f"{command.step} is taken by the system alone", SYSTEM_STEP_EXAMPLE)
    verb = SYSTEM_VERBS[command.step]
    step = system_step(command.step)
    args = _read(verb, step, command.args)
    if isinstance(args, Refused):
        return args
    if case.closed_at is not None:
        return ()
    effect = verb.act(case, args, situation)
    if effect is None:
        return ()
    if isinstance(effect, Refused):
        return effect
    event = make_event(case, step, effect, situation, guard_values(case))
    return (event, *_after_silence(case, event, situation))


def _after_silence(case: Case, event: Event, situation: Situation) -> tuple[Event, ...]:
    """When a limit that ran out names a step for silence, the system takes it at once, if it is open then."""
    if not isinstance(event, ClockMissed):
        return ()
    clock = next(one for one in case.clocks if one.id == event.clock)
    limit = situation.mechanism.limits.get(clock.limit)
    if limit is None or not limit.on_expiry:
        return ()
    args = {} if clock.subject == STAGE or limit.counts_for == "requester" else {"task": clock.subject}
    followed = decide(fold(case, event), Command(limit.on_expiry, args), situation)
    return () if isinstance(followed, Refused) else followed
