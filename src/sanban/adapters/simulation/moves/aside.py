"""Beside a case's main line: more people ask, the same one asks again, a merge is undone, the matter is corrected.

A unit that is supervised answers by its temper: in time, late, or never.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from sanban.adapters.simulation.fates import ACCOUNTS, Course, Temper
from sanban.adapters.simulation.moves.acting import Acts, Move
from sanban.adapters.simulation.people import REQUESTERS, asking_again, requester
from sanban.adapters.simulation.texts import ACCOUNT, AGAIN
from sanban.adapters.simulation.world import Wait
from sanban.kernel.case.facts import answer_clocks, supervised_rank
from sanban.kernel.case.state import Case
from sanban.kernel.clock.calendar import DAY, Day
from sanban.kernel.clock.limit import FixedDate
from sanban.kernel.mechanism import Mechanism, Step
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission

LATER = Wait(60, 420)
AT_ONCE = Wait(5, 30)
SEASON: Final = 90
"""Days before a fixed date in which people speak of what has to be ready by then."""

Aside = Callable[[Acts, Case, Course], Move | None]


def aside(acts: Acts, case: Case, course: Course) -> Move | None:
    """What the case's fate wants beside the main line, once."""
    wanted = _ASIDES.get(course.fate)
    if wanted is None or case.closed_at is not None:
        return None
    move = wanted(acts, case, course)
    return None if move is None or move.key in course.tried else move


def account(acts: Acts, case: Case, temper: Temper) -> Move | None:
    """What a supervised unit says of the case: a good one before the time for it is over."""
    wait = ACCOUNTS[temper]
    step = acts.open_step(case, "account_for") if supervised_rank(case) and wait is not None else None
    if step is None or wait is None:
        return None
    if temper == "good":
        ids = answer_clocks(case, acts.mechanism(case))
        wait = wait._replace(by=min((one.due_at or 0 for one in case.clocks if one.id in ids), default=0))
    actor = acts.staff.handler(case.lead, case.handled_before)
    act = partial(acts.take, case, step, actor, text=ACCOUNT)
    return Move(f"account:{len(case.supervision)}", wait, step.name, act)


def _attach(acts: Acts, case: Case, course: Course) -> Move | None:
    """Another requester, or for `repeated` the same one."""
    same = course.fate == "repeated"
    step = acts.open_step(case, "attach")
    if step is not None:
        return Move("attach", LATER, step.name, partial(_join, acts, case, step, same=same))
    return None


def _join(acts: Acts, case: Case, step: Step, *, same: bool) -> Submission:
    asking = asking_again(case.requests[0].requester) if same else requester(acts.chance.randint(1, REQUESTERS))
    before = acts.chance.choice(AGAIN[:2]) if same else AGAIN[2]
    request, _, receiving, secrets = acts.receive(asking, acts.mechanism(case), case.grid, "phone", before=before)
    parts = (
        *receiving,
        Part(f"case:{case.id}", step.name, {"request": request}),
        Part(f"request:{request}", "link", {"case": case.id}),
    )
    return acts.send(acts.staff.operators[0], parts, secrets)


def _split(acts: Acts, case: Case, course: Course) -> Move | None:
    """A wrong merge, undone a little later."""
    if len(case.requests) < 2:
        return _attach(acts, case, course)
    step = acts.open_step(case, "split")
    if step is not None:
        return Move("split", LATER, step.name, partial(_leave, acts, case, step))
    return None


def _leave(acts: Acts, case: Case, step: Step) -> Submission:
    """The last request leaves for a case of its own, with its age and its promise."""
    last = case.requests[-1]
    args, form = acts.open_args(
        acts.mechanism(case), last.id, last.requester, last.channel, last.received_at, case.grid,
        promised_at=last.promised_at,
    )  # fmt: skip
    parts = (
        Part(f"request:{last.id}", "unlink", {"case": case.id}),
        Part(f"case:{case.id}", step.name, {"request": last.id}),
        Part(f"case:{args['id']}", "open", args),
        Part(f"request:{last.id}", "link", {"case": args["id"]}),
    )
    return acts.send(acts.staff.operators[1], parts, form)


def _reclassify(acts: Acts, case: Case, _course: Course) -> Move | None:
    others = [one for one in everyday(acts) if one.matter != case.matter and case.state in one.states]
    step = acts.open_step(case, "reclassify") if others else None
    if step is not None:
        actor = acts.staff.who(step, case, prefer="desk")
        if actor is not None:
            return Move("reclassify", AT_ONCE, step.name, partial(_correct, acts, case, step, actor, others))
    return None


def _correct(acts: Acts, case: Case, step: Step, actor: Actor, others: list[Mechanism]) -> Submission:
    return acts.reclassify(case, step, actor, acts.chance.choice(others))


def _supervise(acts: Acts, case: Case, _course: Course) -> Move | None:
    step = acts.open_step(case, "supervise")
    if step is not None:
        actor = acts.staff.who(step, case, prefer="leader")
        if actor is not None:
            return Move("supervise", LATER, step.name, partial(acts.take, case, step, actor))
    return None


def _lengthen(acts: Acts, case: Case, _course: Course) -> Move | None:
    first = case.requests[0]
    step = acts.open_step(case, "lengthen_promise") if first.promised_at is not None else None
    if step is not None:
        actor = acts.staff.who(step, case, prefer="dispatcher")
        if actor is not None:
            later = (first.promised_at or 0) + 5 * DAY
            return Move("lengthen", LATER, step.name, partial(acts.notice, case, step, actor, first.id, later))
    return None


def everyday(acts: Acts) -> list[Mechanism]:
    """The matters in force now that requests can be about, by name; one with a fixed date in the weeks before it."""
    now = acts.world.clock.now
    today = acts.world.calendar.day_of(now)
    found = (one.mechanism for one in acts.world.matters.in_force(now))
    return [one for one in found if one is not None and "call_back" in one.steps and _in_season(one, today)]


def _in_season(mechanism: Mechanism, today: Day) -> bool:
    dates = (limit.within.day for limit in mechanism.limits.values() if isinstance(limit.within, FixedDate))
    return all(0 < day - today <= SEASON for day in dates)


_ASIDES: Final[Mapping[str, Aside]] = MappingProxyType(
    {
        "attached": _attach,
        "repeated": _attach,
        "split": _split,
        "reclassified": _reclassify,
        "supervised": _supervise,
        "lengthened": _lengthen,
    }
)
