"""Joint work: a street whistles, the centre screens, called units come, come late or stay away, and are let go.

Who is called comes by the temper of the unit: in time, at leisure, or after the timer has marked it absent, if at all.
By a case's fate the centre refuses the whistle, or rules that a called unit leads, now and for the next such case of
the grid; the street stops the closing of that unit's work once.
"""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import Any, Final

from sanban.adapters.simulation.fates import Course, Temper
from sanban.adapters.simulation.moves.acting import Acts, Move
from sanban.adapters.simulation.world import OFFICE_DAY, Wait
from sanban.kernel.case.facts import closed_gates
from sanban.kernel.case.state import Case, Summons, Whistle
from sanban.kernel.clock.calendar import HOUR
from sanban.kernel.mechanism import Step
from sanban.kernel.permission import Actor

CALLS, SCREENS, AGREES, LETS_GO = Wait(30, 240), Wait(20, 150), Wait(60, 400), Wait(OFFICE_DAY, 3 * OFFICE_DAY)
COMES: Final = MappingProxyType({"good": Wait(5, 30), "slow": Wait(60, OFFICE_DAY), "shirk": Wait(60, 300)})
KINDS: Final = MappingProxyType({"good": "hard_problem", "slow": "enforcement", "shirk": "emergency"})
LATE: Final = 2 * HOUR
GATE: Final = "materials_ready"
PROBLEM: Final = "多部门职责交叉，单个单位难以解决，请到场共同处置。（合成数据）"
VETO: Final = "现场复看问题仍在，暂不同意结案。（合成数据）"
MINUTES: Final = "到场单位确认分工与时限，由牵头单位汇总进展。（合成数据）"


def whistle(acts: Acts, case: Case, course: Course) -> Move | None:
    """The street of the case calls two departments that do not lead it."""
    step = acts.open_step(case, "whistle")
    if step is None or acts.staff.kinds.get(case.street) != "street":
        return None
    others = [code for code, kind in acts.staff.kinds.items() if kind == "department" and code != case.lead]
    first = acts.chance.choice(others)
    wanted = [first, acts.chance.choice([code for code in others if code != first])]
    street = acts.staff.handler(case.street)
    return _by(acts, case, "summon", CALLS, step, street, PROBLEM, kind=KINDS[course.temper], wanted=wanted)


def together(acts: Acts, case: Case, course: Course) -> Move | None:
    """The centre's and the street's side of joint work, one thing after another."""
    if case.closed_at is not None:
        return None
    return (
        _screen(acts, case, course)
        or _offer(acts, case, course)
        or _rule(acts, case, course)
        or _plan(acts, case, course)
        or _let_go(acts, case)
    )


def _screen(acts: Acts, case: Case, course: Course) -> Move | None:
    """Where the street works slowly, the centre says nothing and silence lets the whistle pass."""
    step, refuses = acts.open_step(case, "screen"), course.fate == "not_summoned"
    if step is None or (course.temper == "slow" and not refuses):
        return None
    ground = acts.ground(acts.mechanism(case).grounds.screening) if refuses else ""
    return _office(acts, case, f"screen:{len(case.whistles)}", SCREENS, step, ground=ground)


def _offer(acts: Acts, case: Case, course: Course) -> Move | None:
    """An offer is accepted once the case is worked again; where units shirk, the centre finds one unit enough."""
    if course.temper == "shirk":
        step = acts.open_step(case, "refuse_joint")
        ground = acts.ground(acts.mechanism(case).grounds.screening)
        return None if step is None else _office(acts, case, f"offer:{len(case.offers)}", AGREES, step, ground=ground)
    step = acts.open_step(case, "accept_joint")
    return None if step is None else _office(acts, case, f"offer:{len(case.offers)}", AGREES, step)


def _rule(acts: Acts, case: Case, course: Course) -> Move | None:
    """The first unit that came leads from now on, in this grid for the next such case too."""
    present, step = _present(case), acts.open_step(case, "change_lead")
    if step is None or not present or not course.wants("vetoed", "rule"):
        return None
    return _office(acts, case, "rule", AGREES, step, unit=present[0], ground="one_unit_suffices", precedent=case.grid)


def _present(case: Case) -> list[str]:
    """Units that came and do not lead."""
    came = [one.unit for _, one in _held(case) if one.reported_at]
    return [unit for unit in came if unit != case.lead]


def veto(acts: Acts, case: Case, course: Course) -> Move | None:
    """The street that whistled finds the work of the unit that leads wanting, once."""
    step = acts.open_step(case, "veto") if course.wants("vetoed", "veto") else None
    if step is None or not case.whistles or case.lead == case.whistles[-1].street:
        return None
    return _by(acts, case, "veto", AGREES, step, acts.staff.handler(case.whistles[-1].street), VETO)


def _plan(acts: Acts, case: Case, course: Course) -> Move | None:
    """Tasks for the units that came, the second behind a gate; then minutes, then the gate is passed."""
    present = _present(case)
    step = acts.open_step(case, "plan")
    if step is not None and case.state == "joint" and len(present) > 1 and "plan_jointly" not in course.tried:
        tasks = [{"key": "a", "unit": present[0]}, {"key": "b", "unit": present[1], "after": ["a"], "gate": GATE}]
        return _office(acts, case, "plan_jointly", AGREES, step, tasks=tasks)
    step = acts.open_step(case, "minute")
    if step is not None and present and "minutes" not in course.tried:
        return _office(acts, case, "minutes", AGREES, step, MINUTES, present=present)
    step = acts.open_step(case, "pass_gate")
    return None if step is None else _office(acts, case, "gate", AGREES, step, gate=closed_gates(case)[0])


def _let_go(acts: Acts, case: Case) -> Move | None:
    """The street lets go whoever came and has nothing left to do, and whoever stayed away."""
    step = acts.open_step(case, "release")
    if step is None:
        return None
    busy = {task.unit for task in case.open_tasks}
    for whistle, called in _held(case):
        if (called.reported_at or called.absent_at) and called.unit not in busy:
            street = acts.staff.handler(whistle.street)
            key = f"release:{whistle.id}:{called.unit}"
            return _by(acts, case, key, LETS_GO, step, street, whistle=whistle.id, called=called.unit)
    return None


def come(acts: Acts, case: Case, unit: str, temper: Temper) -> Move | None:
    """A called unit comes by its temper; of those who shirk, half never do."""
    called = next((one for _, one in _held(case) if one.unit == unit), None)
    step = acts.open_step(case, "report_in")
    if step is None or called is None or called.reported_at is not None:
        return None
    wait, due = COMES[temper], called.due_at or 0
    if temper == "good":
        wait = wait._replace(by=due)
    if temper == "shirk":
        if (len(case.requests) + len(unit)) % 2:
            return None
        wait = wait._replace(until=due + LATE)
    return _by(acts, case, f"come:{unit}", wait, step, acts.staff.handler(unit))


def _held(case: Case) -> list[tuple[Whistle, Summons]]:
    return [(whistle, one) for whistle in case.whistles for one in whistle.summons if one.held]


def _by(acts: Acts, case: Case, key: str, wait: Wait, step: Step, actor: Actor, text: str = "", **args: Any) -> Move:
    return Move(key, wait, step.name, partial(acts.take, case, step, actor, text=text, **args))


def _office(acts: Acts, case: Case, key: str, wait: Wait, step: Step, text: str = "", **args: Any) -> Move | None:
    actor = acts.staff.who(step, case, prefer="coordinator")
    return None if actor is None else _by(acts, case, key, wait, step, actor, text, **args)
