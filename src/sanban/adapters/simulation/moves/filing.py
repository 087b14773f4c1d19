"""The desk and the centre: dispatch, dispatch again after a return, rule; and what comes after a case is closed."""

from __future__ import annotations

from functools import partial

from sanban.adapters.simulation.fates import MISSENT, Course
from sanban.adapters.simulation.moves.acting import Acts, Move
from sanban.adapters.simulation.moves.checking import closing
from sanban.adapters.simulation.people import asking_again
from sanban.adapters.simulation.texts import AGAIN
from sanban.adapters.simulation.world import OFFICE_DAY, Wait
from sanban.kernel.case.state import Case
from sanban.kernel.mechanism import Step
from sanban.ledger.port import Part, Submission

FILING = Wait(10, 40, always=True)
AGAIN_DISPATCHED = Wait(20, 120)
RULED = Wait(60, 300)
COMES_BACK = Wait(OFFICE_DAY // 2, 3 * OFFICE_DAY)


def undispatched(acts: Acts, case: Case, course: Course) -> Move | None:
    """Nobody holds the order: close what needs no unit, dispatch where that is still open, else rule."""
    for fate, ending in (("explained_at_once", "explained"), ("statutory", "statutory")):
        if course.fate == fate and not case.returned_by:
            move = closing(acts, case, ending, FILING)
            if move is not None and move.key not in course.tried:
                return move
    step = acts.open_step(case, "dispatch")
    if step is not None:
        wait = AGAIN_DISPATCHED if case.returned_by else FILING
        return Move(f"dispatch:{len(case.tasks)}", wait, step.name, partial(_dispatch, acts, case, step))
    step = acts.open_step(case, "rule")
    if step is not None:
        return Move(f"rule:{len(case.tasks)}", RULED, step.name, partial(_rule, acts, case, step))
    return None


def after_closing(acts: Acts, case: Case, course: Course) -> Move | None:
    """The same problem again: inside the window the case is reopened; or a new case recurs to it."""
    if course.wants("reopened"):
        step = acts.open_step(case, "reopen")
        if step is not None:
            return Move("reopened", COMES_BACK, step.name, partial(_reopen, acts, case, step))
    if course.wants("recurring"):
        return Move("recurring", COMES_BACK, "open", partial(_recur, acts, case))
    return None


def _rule(acts: Acts, case: Case, step: Step) -> Submission:
    """The unit that the directory named first has it after all; every other ruling is kept for the grid."""
    actor = acts.staff.who(step, case, prefer="coordinator") or acts.staff.coordinators[0]
    precedent = case.grid if acts.chance.random() < 0.6 else ""
    ground = acts.ground(acts.mechanism(case).grounds.returning)
    return acts.take(case, step, actor, unit=case.returned_by[0], ground=ground, precedent=precedent)


def _dispatch(acts: Acts, case: Case, step: Step) -> Submission:
    actor = acts.staff.who(step, case, prefer="dispatcher") or acts.staff.dispatchers[0]
    if not case.returned_by:
        return acts.take(case, step, actor)
    owner = MISSENT.get(case.matter, "")
    if owner and owner not in case.returned_by:
        return acts.take(case, step, actor, unit=owner)
    others = [
        code
        for code, kind in acts.staff.kinds.items()
        if kind in ("street", "department") and code not in case.returned_by
    ]
    return acts.take(case, step, actor, unit=acts.chance.choice(others))


def _reopen(acts: Acts, case: Case, step: Step) -> Submission:
    actor = acts.staff.who(step, case, prefer="desk") or acts.staff.operators[0]
    asking = asking_again(case.requests[0].requester)
    request, _, receiving, secrets = acts.receive(asking, acts.mechanism(case), case.grid, "phone", before=AGAIN[0])
    parts = (
        *receiving,
        Part(f"case:{case.id}", step.name, {"request": request}),
        Part(f"request:{request}", "link", {"case": case.id}),
    )
    return acts.send(actor, parts, secrets)


def _recur(acts: Acts, case: Case) -> Submission:
    """A request after the case was closed, filed as a case of its own that points back."""
    asking = asking_again(case.requests[0].requester)
    mechanism = acts.mechanism(case)
    request, _, receiving, secrets = acts.receive(asking, mechanism, case.grid, "phone", before=AGAIN[1])
    now = acts.world.clock.now
    args, form = acts.open_args(mechanism, request, asking.party, "phone", now, case.grid, recurs=case.number)
    parts = (
        *receiving,
        Part(f"case:{args['id']}", "open", args),
        Part(f"request:{request}", "link", {"case": args["id"]}),
    )
    return acts.send(acts.staff.operators[0], parts, (*secrets, *form))
