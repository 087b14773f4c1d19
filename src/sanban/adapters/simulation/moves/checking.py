"""After the work: verify or send back, ask every requester, and close with an honest ending."""

from __future__ import annotations

from functools import partial
from typing import Any

from sanban.adapters.simulation.fates import HARD, Course
from sanban.adapters.simulation.moves.acting import Acts, Move
from sanban.adapters.simulation.moves.joining import veto
from sanban.adapters.simulation.world import Wait
from sanban.kernel.case.facts import to_call_back
from sanban.kernel.case.state import Case, Request
from sanban.kernel.mechanism import Step

VERIFIES, CALLS, CLOSES = Wait(60, 500), Wait(60, 600), Wait(15, 240)
ROUNDS = 2
"""How many rounds of call-backs a hard case fails."""
RESOLVED = "resolved"
ENDINGS = {"unsolved": "unsolved", "explained": "explained", "statutory": "statutory"}


def check(acts: Acts, case: Case, course: Course) -> Move | None:
    """What happens next to a case whose lead has finished."""
    verify = acts.open_step(case, "verify")
    if verify is not None:
        stopped = veto(acts, case, course)
        if stopped is not None:
            return stopped
        again = _send_back(acts, case, "failed_check", "verifier") if course.wants("failed_check") else None
        return again or _by(acts, case, f"verify:{_round(case)}", VERIFIES, verify, "verifier")
    waiting = next((one for one in case.requests if to_call_back(case, one)), None)
    if waiting is not None:
        step = acts.open_step(case, "call_back")
        if step is not None:
            return _call(acts, case, course, step, waiting)
    if course.wants("unresolved") and _unresolved(case):
        return _send_back(acts, case, "unresolved", "desk")
    if course.fate == HARD and _unresolved(case) and case.failed_calls <= ROUNDS:
        return _send_back(acts, case, f"hard:{case.failed_calls}", "desk")
    if any(whistle.held for whistle in case.whistles):
        return None
    return closing(acts, case, _ending(acts, case, course), CLOSES)


def closing(acts: Acts, case: Case, ending: str, wait: Wait) -> Move | None:
    """The closing step of an ending: `close_<ending>` where the matter has one, for its first ending `close`."""
    steps = {step.name: step for step in acts.open_steps(case, "close")}
    endings = acts.mechanism(case).grounds.ending
    step = steps.get(f"close_{ending}") or (steps.get("close") if ending == next(iter(endings), "") else None)
    if step is None or ending not in endings:
        return None
    actor = acts.staff.who(step, case)
    if actor is None:
        return None
    return Move(f"close:{ending}:{_round(case)}", wait, step.name, partial(acts.close, case, step, actor, ending))


def _ending(acts: Acts, case: Case, course: Course) -> str:
    """What the work has come to. Where nothing is resolved or not, the first ending that the matter declares."""
    declared = acts.mechanism(case).grounds.ending
    if RESOLVED not in declared:
        return next(iter(declared), "")
    return ENDINGS.get(course.fate, "unsolved" if _unresolved(case) else RESOLVED)


def _round(case: Case) -> int:
    """Tells one round of checking from the next."""
    return len(case.tasks) + sum(task.reworked for task in case.tasks)


def _unresolved(case: Case) -> bool:
    return any(one.call_back is not None and one.call_back.resolved in ("no", "partly") for one in case.requests)


def _send_back(acts: Acts, case: Case, key: str, prefer: str) -> Move | None:
    step = acts.open_step(case, "rework")
    if step is not None:
        return _by(acts, case, key, VERIFIES, step, prefer)
    return None


def _call(acts: Acts, case: Case, course: Course, step: Step, request: Request) -> Move | None:
    """What the requester says."""
    hard = course.fate == HARD and case.failed_calls < ROUNDS
    bad = hard or course.fate == "unsolved" or course.wants("unresolved")
    if course.fate == "unreached":
        said: dict[str, Any] = {"reached": False}
    else:
        resolved = ("partly" if course.temper == "slow" else "no") if bad else "yes"
        said = {
            "reached": True,
            "contacted": request.contacted_at is not None,
            "resolved": resolved,
            "satisfied": 2 if bad else {"good": 5, "slow": 4, "shirk": 3}[course.temper],
        }
    return _by(acts, case, f"call:{request.id}:{_round(case)}", CALLS, step, "desk", request=request.id, **said)


def _by(acts: Acts, case: Case, key: str, wait: Wait, step: Step, prefer: str, **args: Any) -> Move | None:
    actor = acts.staff.who(step, case, prefer=prefer)
    return None if actor is None else Move(key, wait, step.name, partial(acts.take, case, step, actor, **args))
