"""`decide(case, command, situation)`: the one engine that interprets every mechanism.

Theory of operation. A command names a step of the mechanism's table. The engine asks, in this order and each with its
own refusal: is the step known here, may this actor take it, are its arguments well formed and complete, has it been
taken too often, is its time over, does its guard hold. Then the step's verb says which one event happens and which
moments it brings; the engine adds the move and the clocks those moments and that move start and stop.

    step   -> source states, relations, guard, needs, at_most   (data, from the file)
    verb   -> effect: one event and its moments                 (registered here, in `verbs`)
    limits -> clocks started and stopped by moments and states  (data, from the file)

Steps nobody declares are the system's own: `expire`, `remind`, `review`, `recompute`, `advise`, `impose` and others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sanban.kernel.case.event import Event
from sanban.kernel.case.facts import case_facts, evaluated, held_words, works_on
from sanban.kernel.case.fold import fold
from sanban.kernel.case.making import make_event
from sanban.kernel.case.situation import Command, Effect, Situation, Verb, system_step
from sanban.kernel.case.state import LEAD, Case, Task
from sanban.kernel.case.timers import Wanted, following, leads_on
from sanban.kernel.case.verbs import SYSTEM_VERBS, VERBS
from sanban.kernel.case.verbs.fitting import fitting
from sanban.kernel.case.verbs.opening import OpenArgs, opened
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.clock.due import due
from sanban.kernel.clock.limit import Length
from sanban.kernel.errors import Refused, in_words
from sanban.kernel.mechanism import Step
from sanban.kernel.permission import (
    DESK_ROLES,
    NOT_HANDLER,
    RELATIONS,
    Actor,
    holds_office,
    is_of_lead,
    is_subject,
    may,
)

TASK_OWNER = frozenset({"task_owner"})
OWNER_WORDS = frozenset({"task_owner", "lead_unit", "co_unit", "inner_unit"})
"""Relations that mean, in a step of an owned verb, the owner of the task in question and nobody else."""
INNER_WORDS = frozenset({"task_owner", "inner_unit"})
"""And in a step that of all stations only the lead's takes, whose unit is asked for by its relation to the case."""

SYSTEM = Actor("system", "system")

_NOBODY = frozenset({NOT_HANDLER})
_NO_WORDS: frozenset[str] = frozenset()
SYSTEM_STEP_EXAMPLE = "expire, taken by the ledger's own timers"


def decide(case: Case | None, command: Command, situation: Situation) -> tuple[Event, ...] | Refused:
    """The events the command makes of the case, none if it changes nothing, or why it is refused."""
    if case is None:
        return _open(command, situation)
    if command.step in SYSTEM_VERBS:
        return _system_step(case, command, situation)
    step = situation.mechanism.table.get((case.state, command.step))
    if step is None:
        return _not_here(case, command.step, situation)
    refusal = _refusal_before(case, step, _named_task(case, command.args), situation)
    if refusal is not None:
        return refusal
    verb = VERBS[step.verb]
    args = _read(case, verb, step, command.args, situation)
    if isinstance(args, Refused):
        return args
    refusal = _refusal_by_file(case, step, situation)
    if refusal is not None:
        return refusal
    effect = verb.act(case, args, situation)
    if not isinstance(effect, Effect):
        return effect or ()
    event = make_event(case, step, effect, situation, args.note, handles=verb.handles)
    return (event, *_followed(case, event, situation)) if leads_on(event) else (event,)


def offers(case: Case, actor: Actor, situation: Situation) -> tuple[Step, ...]:
    """The steps this actor may take now, guards included; what a page shows as buttons."""
    asked = msgspec.structs.replace(situation, actor=actor)
    return tuple(
        step
        for step in situation.mechanism.steps_from(case.state)
        if step.verb != "open" and _offered_to(case, step, asked) and _refusal_by_file(case, step, asked) is None
    )


def _offered_to(case: Case, step: Step, situation: Situation) -> bool:
    verb = VERBS[step.verb]
    about = "lead" if verb.inner else verb.owned
    helping = tuple(task for task in case.open_tasks if task.spec != LEAD)
    tasks = {"lead": (case.lead_task,), "co": helping}.get(about, (*helping, case.lead_task))
    return any(_refusal_before(case, step, task, situation) is None for task in tasks)


def _open(command: Command, situation: Situation) -> tuple[Event, ...] | Refused:
    step = situation.mechanism.steps.get(command.step)
    if step is None or step.verb != "open":
        return Refused("unknown_case", "there is no such case yet; only `open` makes one", "open")
    if not _is_desk(situation.actor.role, step.by):
        return Refused("not_permitted", "a case is opened by the receiving desk", "sign in as an operator of the desk")
    args = _read(None, VERBS["open"], step, command.args, situation)
    return opened(args, situation, step) if isinstance(args, OpenArgs) else args


def _is_desk(role: str, by: frozenset[str]) -> bool:
    return role in by or ("desk" in by and role in DESK_ROLES)


def _not_here(case: Case, name: str, situation: Situation) -> Refused:
    """Whoever has no business with the case learns nothing of it, not even that a step is not one of its own."""
    facts = case_facts(case)
    refusal = may(situation.actor, RELATIONS - {NOT_HANDLER}, facts, situation.links, situation.now)
    if refusal is not None:
        return _not_permitted(situation.mechanism.steps.get(name))
    here = ", ".join(step.name for step in situation.mechanism.steps_from(case.state))
    known = name in situation.mechanism.steps
    reason = "wrong_state" if known else "unknown_step"
    message = f"{name} is not a step from {case.state}" if known else f"this mechanism has no step {name}"
    return Refused(reason, message, here or "no step leads out of here")


def _not_permitted(step: Step | None) -> Refused:
    """The same words for everyone who may not, the party complained about included."""
    by = " or ".join(sorted(step.by)) if step is not None else "nobody"
    return Refused("not_permitted", f"this step is taken by {by}", "sign in as someone who may take it")


def _named_task(case: Case, args: Mapping[str, object]) -> Task | None:
    """The task a command is about: the one it names, or whose clock it names, else the lead's."""
    named = args.get("task")
    if isinstance(named, str) and named:
        return case.task(named)
    clock_id = args.get("clock")
    if isinstance(clock_id, str):
        subject = next((clock.subject for clock in case.clocks if clock.id == clock_id), "")
        return case.task(subject) or case.lead_task
    return case.lead_task


def _refusal_before(case: Case, step: Step, task: Task | None, situation: Situation) -> Refused | None:
    """Permission: the owner of the task in question where the file says so, else by relation to the case."""
    actor, verb, open_task = situation.actor, VERBS[step.verb], task is not None and task.open
    if actor.role == "system":  # its one relation is its office; it is no party, handles nothing and is of no unit
        return None if holds_office(actor, step.by, case.handlers) else _not_permitted(step)
    owner_words = OWNER_WORDS if verb.owned != "" and open_task else INNER_WORDS if verb.inner else TASK_OWNER
    held = held_words(task, actor) if task is not None and open_task else _NO_WORDS
    others = step.by - owner_words
    known = holds_office(actor, others, case.handlers) or is_of_lead(actor, others, case.lead)
    if known or not held.isdisjoint(step.by & owner_words):
        refused = case.subjects and is_subject(actor, case_facts(case), situation.links, situation.now)
    else:
        refused = others <= _NOBODY or may(actor, others, case_facts(case), situation.links, situation.now) is not None
    if refused:
        return _not_permitted(step)
    if (verb.apart and works_on(case, actor)) or (verb.beside and actor.unit == case.lead):
        return Refused("own_work", "who works on a case, or is of a unit that does, does not judge it", "the desk")
    if verb.afresh and actor.id in case.handled_before and task is not None and task.spec == LEAD:
        return Refused("own_work", "who handled a case before it was reopened does not take it up again", "a colleague")
    return None


def _read(case: Case | None, verb: Verb, step: Step, args: Mapping[str, object], situation: Situation) -> Any:
    """The arguments as the verb takes them, or what is wrong with them and what would be taken."""
    try:
        read: Any = msgspec.convert(args, verb.args)
    except msgspec.ValidationError as wrong:
        said = Refused("bad_arguments", f"{step.name}: {in_words(str(wrong))}")
    else:
        needs = dict.fromkeys((*step.needs, *verb.needs)) if step.needs or verb.needs else ()
        missing = [need for need in needs if not getattr(read, need)]
        if not missing:
            return read
        said = Refused("missing_argument", f"{step.name} needs {', '.join(missing)}")
    example = msgspec.json.encode(fitting(case, verb, step, situation)).decode()
    return msgspec.structs.replace(said, example=example)


def _refusal_by_file(case: Case, step: Step, situation: Situation) -> Refused | None:
    if step.at_most:
        by = None if step.per == "case" else situation.actor.unit
        if case.times_taken(step.name, by) >= step.at_most:
            return Refused("too_often", f"{step.name} may be taken {step.at_most} time(s) per {step.per}", "rule")
    if step.within is not None and _window_over(case, step.within, situation):
        return Refused("window_over", f"{step.name} is open for {step.within.en} after closing", "open a new case")
    if step.when is not None and not evaluated(step.when, situation.mechanism, case, situation.now):
        return Refused("guard_failed", f"{step.name} needs: {step.when.source}", step.when.source)
    return None


def _window_over(case: Case, within: Length, situation: Situation) -> bool:
    end = None if case.closed_at is None else window_end(within, case.closed_at, situation.calendar)
    return end is not None and situation.now >= end


def window_end(within: Length, closed_at: int, calendar: Calendar) -> int | None:
    """When a step that is bounded from the closing can no longer be taken, microseconds UTC; None = not yet known."""
    return due(calendar, (within,), closed_at).at


def _system_step(case: Case, command: Command, situation: Situation) -> tuple[Event, ...] | Refused:
    """A step of the ledger's own: it may be followed by the step that silence takes."""
    if situation.actor.role != "system":
        return Refused("not_permitted", f"{command.step} is taken by the system alone", SYSTEM_STEP_EXAMPLE)
    verb = SYSTEM_VERBS[command.step]
    args = _read(case, verb, system_step(command.step), command.args, situation)
    event = args if isinstance(args, Refused) else _by_itself(case, verb, args, situation)
    if event is None or isinstance(event, Refused):
        return event or ()
    return (event, *_followed(case, event, situation)) if leads_on(event) else (event,)


def fired(case: Case, timer: Wanted, situation: Situation) -> Event | Refused | None:
    """The event of a timer that the case wants itself, without what follows at once: nothing is read or asked anew."""
    verb = SYSTEM_VERBS[timer.step]
    return _by_itself(case, verb, verb.args(**{timer.name: timer.subject}), situation)


def _by_itself(case: Case, verb: Verb, args: Any, situation: Situation) -> Event | Refused | None:
    effect = None if case.closed_at is not None else verb.act(case, args, situation)
    return make_event(case, system_step(verb.name), effect, situation) if isinstance(effect, Effect) else effect


def _followed(case: Case, event: Event, situation: Situation) -> tuple[Event, ...]:
    """What the system does at once because of an event that leads on, each step if it is open then: see `following`."""
    made: tuple[Event, ...] = ()
    after, unfolded = fold(case, event), made
    if situation.actor != SYSTEM:
        situation = msgspec.structs.replace(situation, actor=SYSTEM)
    for command in following(after, event, situation.mechanism):
        for one in unfolded:
            after = fold(after, one)
        found = decide(after, command, situation)
        unfolded = () if isinstance(found, Refused) else found
        made += unfolded
    return made
