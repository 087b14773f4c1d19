"""The units: sign or stay silent, return, speak with the requester, ask for more time, help each other, finish."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from sanban.adapters.simulation.fates import CONTACTS, EXTENSION_MISSED, MISSENT, SIGNS, WORKS, Course
from sanban.adapters.simulation.moves.acting import Acts, Move
from sanban.adapters.simulation.moves.joining import whistle
from sanban.adapters.simulation.world import OFFICE_DAY, Wait
from sanban.kernel.case.facts import not_screened, open_co_tasks, running_clocks
from sanban.kernel.case.state import Asked, Case, Clock, Task
from sanban.kernel.clock.calendar import DAY, HOUR
from sanban.kernel.mechanism import Step

RETURNS: Final = MappingProxyType({"returned": 1, "returned_twice": 2})
SOON, ANSWERS, SOME_DAYS = Wait(30, 240), Wait(60, 400), Wait(2 * OFFICE_DAY, 4 * OFFICE_DAY)
OVERDUE: Final = 2 * HOUR

Extra = Callable[[Acts, Case, Course, Task], Move | None]


def sign(acts: Acts, case: Case, course: Course, task: Task) -> Move | None:
    """Accept the order, return it, or say nothing until silence accepts."""
    actor = acts.staff.handler(task.unit)
    temper = course.temper
    returns = len(case.returned_by) < RETURNS.get(course.fate, 0) or _is_missent(case, task)
    if returns and not task.ruled and not case.reopened:
        step = acts.open_step(case, "return_order")
        if step is not None:
            ground = acts.ground(acts.mechanism(case).grounds.returning)
            return _move(acts, case, f"return:{task.id}", SIGNS[temper], step, actor.unit, ground=ground)
    if course.fate == "silent" and not case.returned_by and _silence_accepts(acts, case):
        return None
    return _accept(acts, case, task, _in_time(acts, case, course, task, "accepted", SIGNS[temper]))


def _is_missent(case: Case, task: Task) -> bool:
    """Whether the directory sent the order to a unit that the work is not of; it says so once, before it signs."""
    fresh = not case.returned_by and all(one.accepted_at is None for one in case.tasks if one.unit == task.unit)
    return fresh and MISSENT.get(case.matter, task.unit) != task.unit


def contact(acts: Acts, case: Case, course: Course) -> Move | None:
    """Speak with the next requester whom nobody has spoken with; some wait until it is too late."""
    waiting = next((one for one in case.requests if one.contacted_at is None), None)
    lead = case.lead_task
    if waiting is None or lead is None or not lead.open or lead.state == "dispatched":
        return None
    wait = _in_time(acts, case, course, lead, "contacted", CONTACTS[course.temper])
    if course.fate == "no_contact":
        due = max((clock.due_at or 0 for clock in case.clocks if "contact" in clock.limit), default=0)
        wait = Wait(60, OFFICE_DAY, until=due + OVERDUE)
    step = acts.open_step(case, "contact")
    if step is not None:
        return _move(acts, case, f"contact:{waiting.id}", wait, step, case.lead, request=waiting.id)
    return None


def work(acts: Acts, case: Case, course: Course, task: Task) -> Move | None:
    """The lead's own line: what its fate wants first, then the end of the work."""
    if any(one.task == task.id for one in case.suspensions):
        return _resume(acts, case, course, task)
    answer = next((move for asked in case.asked if (move := _answer(acts, case, course, asked))), None)
    if answer is not None or any(asked.kind == "suspension" for asked in case.asked):
        return answer
    extra = _EXTRAS.get(course.fate)
    move = None if extra is None else extra(acts, case, course, task)
    if move is not None and move.key not in course.tried:
        return move
    if not_screened(case) or (open_co_tasks(case) and acts.open_steps(case, "finish")):
        return None
    step = acts.open_step(case, "finish")
    if step is not None:
        key = f"finish:{task.id}:{task.reworked}"
        return _move(acts, case, key, _working_time(acts, case, course, task), step, task.unit, with_note=True)
    return _move_on(acts, case, course)


def help_out(acts: Acts, case: Case, course: Course, task: Task) -> Move | None:
    """A co-unit's task: sign or give back, wait for those before it, finish."""
    temper = course.temper
    if task.state == "dispatched" and course.wants("planned", f"return:{task.unit}"):
        returning = _return_task(acts, case, course, task)
        if returning is not None:
            return returning
    if course.fate == "waived" and task is case.open_tasks[-1] and "waived" not in course.tried:
        return None
    if task.state == "dispatched":
        silent = temper == "shirk" and _silence_accepts(acts, case)
        return (
            None if silent else _accept(acts, case, task, _in_time(acts, case, course, task, "accepted", SIGNS[temper]))
        )
    waits = task.gate != "" and task.gate not in case.gates
    if waits or any((before := case.task(one)) is not None and before.open for one in task.after):
        return None
    step = acts.open_step(case, "finish_task")
    if step is not None:
        key, wait = f"finish:{task.id}:{task.reworked}", Wait(60, OFFICE_DAY) if temper == "good" else SOME_DAYS
        wait = _in_time(acts, case, course, task, "finished", wait)
        return _move(acts, case, key, wait, step, task.unit, task=task.id)
    return None


def _return_task(acts: Acts, case: Case, course: Course, task: Task) -> Move | None:
    """Some are asked for what is not theirs: each unit says so once, and the lead does it."""
    step = acts.open_step(case, "return_task")
    if step is not None and task.unit != case.lead and not task.after and task.mandatory:
        ground = acts.ground(acts.mechanism(case).grounds.returning)
        key, wait = f"return:{task.unit}", SIGNS[course.temper]
        return _move(acts, case, key, wait, step, task.unit, task=task.id, ground=ground)
    return None


def _accept(acts: Acts, case: Case, task: Task, wait: Wait) -> Move | None:
    step = acts.open_step(case, "accept")
    if step is not None:
        return _move(acts, case, f"accept:{task.id}", wait, step, task.unit, task=task.id)
    return None


def _silence_accepts(acts: Acts, case: Case) -> bool:
    return any(limit.on_expiry for limit in acts.mechanism(case).limits.values())


def _in_time(acts: Acts, case: Case, course: Course, task: Task, moment: str, wait: Wait) -> Wait:
    """Who is not shirking looks at the clock: the thing is done before the first due time that it stops."""
    limits = acts.mechanism(case).limits
    dues = [
        clock.due_at
        for clock in running_clocks(case)
        if clock.subject == task.id
        and clock.due_at is not None
        and clock.missed_at is None
        and (limit := limits.get(clock.limit)) is not None
        and limit.stops == moment
    ]
    return wait._replace(by=min(dues)) if dues and course.temper != "shirk" else wait


def _working_time(acts: Acts, case: Case, course: Course, task: Task) -> Wait:
    """Late fates finish after the last due time of the task's clocks, where there is one."""
    if course.fate in ("late", "extension_late", "extension_lapsed", EXTENSION_MISSED):
        due = max((clock.due_at or 0 for clock in running_clocks(case) if clock.subject == task.id), default=0)
        if due:
            return Wait(60, OFFICE_DAY, until=due + OVERDUE)
    wait = WORKS["good"] if task.reworked else WORKS[course.temper]
    return _in_time(acts, case, course, task, "finished", wait)


def _extendable(acts: Acts, case: Case, task: Task) -> Clock | None:
    limits = acts.mechanism(case).limits
    return next(
        (
            clock
            for clock in running_clocks(case)
            if clock.subject == task.id and (limit := limits.get(clock.limit)) is not None and limit.extend is not None
        ),
        None,
    )


def _ask_extension(acts: Acts, case: Case, course: Course, task: Task) -> Move | None:
    clock = _extendable(acts, case, task)
    if clock is None:
        return None
    wait = SOON
    if course.fate == "extension_late":
        wait = Wait(30, 120, until=(clock.due_at or 0) + OVERDUE)
    step = acts.open_step(case, "ask_extension")
    if step is not None:
        ground = acts.ground(acts.mechanism(case).grounds.extending)
        return _move(acts, case, "ask_extension", wait, step, task.unit, clock=clock.id, ground=ground)
    return None


def _ask_every_extension(acts: Acts, case: Case, _course: Course, task: Task) -> Move | None:
    """One extension after another, by day and by night, until there is none left to ask for."""
    clock, step = _extendable(acts, case, task), acts.open_step(case, "ask_extension")
    extend = acts.mechanism(case).limits[clock.limit].extend if clock is not None else None
    if clock is None or step is None or extend is None or clock.extended >= extend.times:
        return None
    args: dict[str, Any] = {"clock": clock.id, "ground": acts.ground(acts.mechanism(case).grounds.extending)}
    wait = SOON._replace(always=True, by=clock.due_at or 0)
    return _move(acts, case, f"ask_extension:{clock.extended}", wait, step, task.unit, **args)


def _ask_suspension(acts: Acts, case: Case, course: Course, task: Task) -> Move | None:
    days = 3 if course.fate == "suspended" else 12
    step = acts.open_step(case, "ask_suspension")
    if step is not None:
        args: dict[str, Any] = {
            "ground": acts.ground(acts.mechanism(case).grounds.suspending),
            "review_at": acts.world.clock.now + days * DAY,
        }
        return _move(acts, case, "ask_suspension", SOON, step, task.unit, **args)
    return None


def _answer(acts: Acts, case: Case, course: Course, asked: Asked) -> Move | None:
    """The approver's answer; where nobody answers, silence refuses."""
    if course.fate == "extension_lapsed":
        return None
    wanted = {"extension_refused": "refuse_extension"}.get(course.fate, "grant_extension")
    verb = "suspend" if asked.kind == "suspension" else wanted
    args = {"task" if verb == "suspend" else "clock": asked.subject}
    step = acts.open_step(case, verb)
    if step is not None:
        prefer = _approver(acts, case, asked) if verb == "grant_extension" else ""
        wait = ANSWERS._replace(by=_due(case, asked)) if course.fate == EXTENSION_MISSED else ANSWERS
        return _office(acts, case, f"answer:{asked.subject}:{asked.at}", wait, step, prefer=prefer, **args)
    return None


def _due(case: Case, asked: Asked) -> int:
    """When the time that is asked about is over; 0 for none."""
    return next((one.due_at or 0 for one in case.clocks if one.id == asked.subject), 0)


def _approver(acts: Acts, case: Case, asked: Asked) -> str:
    """Who decides this time, by the limit."""
    clock = next((one for one in case.clocks if one.id == asked.subject), None)
    limit = None if clock is None else acts.mechanism(case).limits.get(clock.limit)
    if clock is None or limit is None or limit.extend is None:
        return ""
    return limit.extend.approvers[min(clock.extended, len(limit.extend.approvers) - 1)]


def _resume(acts: Acts, case: Case, course: Course, task: Task) -> Move | None:
    """Early by the unit, else by the review date."""
    step = acts.open_step(case, "resume") if course.fate == "resumed_early" else None
    if step is not None:
        return _move(acts, case, f"resume:{task.id}", SOME_DAYS, step, task.unit, task=task.id)
    return None


def _shelve(acts: Acts, case: Case, _course: Course, _task: Task) -> Move | None:
    step = acts.open_step(case, "shelve")
    if step is not None:
        args: dict[str, Any] = {
            "ground": acts.ground(acts.mechanism(case).grounds.shelving),
            "review_at": acts.world.clock.now + 60 * DAY,
        }
        return _office(acts, case, "shelve", ANSWERS, step, **args)
    return None


def _plan(acts: Acts, case: Case, course: Course, task: Task) -> Move | None:
    """A department and then a firm, or another one where the case is about somebody a firm may act for.

    For the fate `waived` the second one is let off.
    """
    step = acts.open_step(case, "plan")
    if step is not None:
        kinds = acts.staff.kinds
        others = [code for code, kind in kinds.items() if kind == "department" and code != task.unit]
        first = acts.chance.choice(others)
        firms = [code for code, kind in kinds.items() if kind == "firm" and not case.subjects]
        second = acts.chance.choice(firms or [code for code in others if code != first])
        tasks = [{"key": "a", "unit": first}, {"key": "b", "unit": second, "after": ["a"]}]
        if "plan" not in course.tried:
            return _office(acts, case, "plan", SOON, step, prefer="coordinator", tasks=tasks)
    if course.fate == "waived" and len(case.open_tasks) > 1:
        step = acts.open_step(case, "waive")
        if step is not None:
            return _office(acts, case, "waived", ANSWERS, step, task=case.open_tasks[-1].id, ground="statutory_route")
    return None


def _summon(acts: Acts, case: Case, course: Course, task: Task) -> Move | None:
    """A whistle, where the matter has one; else a plan."""
    if "summon" in course.tried:
        return None
    return whistle(acts, case, course) or _plan(acts, case, course, task)


def _pass_down(acts: Acts, case: Case, _course: Course, task: Task) -> Move | None:
    missent = MISSENT.get(case.matter) == task.unit
    below = task.unit in acts.staff.uppers and not task.station and not case.returned_by and not missent
    step = acts.open_step(case, "pass_down") if below else None
    if step is not None:
        return _move(acts, case, f"pass_down:{task.id}", SOON, step, task.unit)
    return None


def _move_on(acts: Acts, case: Case, course: Course) -> Move | None:
    """From a state where the work cannot end: out of the problem bank, out of a joint stage."""
    step = None if course.fate == "shelved" else acts.open_step(case, "unshelve")
    if step is not None:
        return _office(acts, case, f"unshelve:{len(case.clocks)}", SOME_DAYS, step, prefer="lead_unit")
    for step in acts.open_steps(case, "move"):
        if step.to:
            return _office(acts, case, f"{step.name}:{len(case.clocks)}", SOME_DAYS, step)
    return None


def _move(
    acts: Acts, case: Case, key: str, wait: Wait, step: Step, unit: str, *, with_note: bool = False, **args: Any
) -> Move:
    """A step that somebody of the unit takes; of what was reopened, somebody who had no hand in it before."""
    actor = acts.staff.handler(unit, case.handled_before)
    text = "已完成处置，请核查。（合成数据）" if with_note else ""
    return Move(key, wait, step.name, partial(acts.take, case, step, actor, text=text, **args))


def _office(acts: Acts, case: Case, key: str, wait: Wait, step: Step, *, prefer: str = "", **args: Any) -> Move | None:
    """A step that somebody takes who may, by the file."""
    actor = acts.staff.who(step, case, prefer=prefer)
    return None if actor is None else Move(key, wait, step.name, partial(acts.take, case, step, actor, **args))


_EXTRAS: Final[Mapping[str, Extra]] = MappingProxyType(
    {
        "extension_granted": _ask_extension,
        "extension_refused": _ask_extension,
        "extension_lapsed": _ask_extension,
        "extension_late": _ask_extension,
        EXTENSION_MISSED: _ask_every_extension,
        "suspended": _ask_suspension,
        "resumed_early": _ask_suspension,
        "shelved": _shelve,
        "unshelved": _shelve,
        "planned": _plan,
        "waived": _plan,
        "summoned": _summon,
        "not_summoned": _summon,
        "vetoed": _summon,
        "plain": _pass_down,
    }
)
