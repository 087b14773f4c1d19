"""What one case counts for and against the units in it: facts of one figure each, from the state of the case alone.

Theory of operation. A figure is a share: of so many things that should go well (or should not happen), how many did. A
`Fact` is one of these things, with the unit it counts for and the instant from which it counts. Denominators are what
lies in nobody's hand to choose: every order a unit was sent, whether it took it up or not; every limit as it was
declared, whatever time was granted later; every case whose requesters were asked, or should have been by then. A case
counts once, however many ask about it: it holds when all of them say so. A limit binds to those who asked before it.
So leaving work undone, asking for time, returning, or claiming what did not happen wins no figure.

    dispatch       wrong_dispatch, returned_unjustly, returned_again, signed_by_silence
    first contact  contact_confirmed (of those claimed), contacted (of all: in time, and the requester says so)
    work           in_time, lengthened, reworked, resolved, satisfied, reopened
    supervision    supervised, accounted_in_time
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from sanban.kernel.case.facts import is_upheld
from sanban.kernel.case.state import LEAD, Case, Clock, Task
from sanban.kernel.mechanism import Limit, Mechanism, Title

Better = Literal["high", "low", "neither"]
DIRECTORY = "directory"
"""Stands for the dispatcher where the dispatch directory sent the order by itself."""


class Figure(NamedTuple):
    """A figure's code, what it is called, and whether more of it is better. `neither`: told, not judged."""

    code: str
    title: Title
    better: Better


class Fact(NamedTuple):
    """One thing counted: by which figure, for which unit, which part of the case, from when, and whether it holds."""

    figure: str
    unit: str
    part: str
    at: int
    holds: bool


FIGURES: tuple[Figure, ...] = (
    Figure("wrong_dispatch", Title("错派率（退单成立）", "Wrong dispatch: returned, and upheld"), "low"),
    Figure("returned_unjustly", Title("不当退单率", "Returned without a ground that holds"), "low"),
    Figure("returned_again", Title("改派后再退率", "Returned again after another's return"), "low"),
    Figure("signed_by_silence", Title("逾期默认签收率", "Signed for by silence"), "low"),
    Figure("contact_confirmed", Title("先行联系属实率", "Claimed first contacts that the requester confirms"), "high"),
    Figure("contacted", Title("先行联系率（按时且经确认）", "First contact in time, as the requester says"), "high"),
    Figure("in_time", Title("按时办结率（按原定时限）", "Done in time, by the limit first set"), "high"),
    Figure("lengthened", Title("延期、中止率", "Given more time: extended or suspended"), "neither"),
    Figure("reworked", Title("返工率", "Sent back for rework"), "low"),
    Figure("resolved", Title("解决率（含到期未办）", "Resolved, as the requester says; overdue work counts"), "high"),
    Figure("satisfied", Title("满意率（含到期未办）", "Satisfied, as the requester says; overdue work counts"), "high"),
    Figure("reopened", Title("重启率", "Reopened after closing"), "low"),
    Figure("supervised", Title("被督办率", "Supervised"), "low"),
    Figure("accounted_in_time", Title("督办按时答复率", "Supervision answered in time"), "high"),
)
BY_CODE = {figure.code: figure for figure in FIGURES}


Heard = tuple[int, bool]
"""What one requester says, or has not been asked in time: from when it counts, and whether it holds."""
SATISFIED = 4
"""Of five: from here on the requester is satisfied."""


class _Judged(NamedTuple):
    """A case with what is asked of it over and over.

    `lead`: the lead's task in force, the newest one that was not returned. `timed`: the clocks of each task, with the
    limits they run by.
    """

    case: Case
    leads: tuple[Task, ...]
    lead: Task | None
    timed: dict[str, list[tuple[Limit, Clock]]]

    def clocks(self, task: Task, *, starts: str = "", stops: str = "") -> list[Clock]:
        """The task's unit clocks of limits that start or stop at these moments."""
        return [
            clock
            for limit, clock in self.timed.get(task.id, ())
            if (not starts or limit.starts == starts) and (not stops or limit.stops == stops)
        ]


def facts_of(case: Case, mechanism: Mechanism) -> list[Fact]:
    """Everything the case counts, as it stands; nothing before its first dispatch. Each (figure, unit, part) once."""
    if not case.tasks:
        return []
    leads = tuple([task for task in case.tasks if task.spec == LEAD])
    taken = [task for task in leads if task.state != "returned"]
    judged = _Judged(case, leads, taken[-1] if taken else None, _timed(case, mechanism))
    return [fact for judge in _JUDGES for fact in judge(judged)]


def _timed(case: Case, mechanism: Mechanism) -> dict[str, list[tuple[Limit, Clock]]]:
    timed: dict[str, list[tuple[Limit, Clock]]] = {}
    limits = mechanism.limits
    for clock in case.clocks:
        limit = limits.get(clock.limit)
        if limit is not None:
            timed.setdefault(clock.subject, []).append((limit, clock))
    return timed


def _dispatches(judged: _Judged) -> Iterator[Fact]:
    """Against the dispatcher: orders that others returned rightly. A ruling is no dispatch; it settles one."""
    for task in judged.leads:
        if not task.ruled:
            wrong = task.state == "returned" and is_upheld(judged.case, task) is True
            yield Fact("wrong_dispatch", task.sent_by or DIRECTORY, task.id, task.dispatched_at, wrong)


def _returns(judged: _Judged) -> Iterator[Fact]:
    """Against units: of the orders that a unit got, those it returned; getting one back is not another order."""
    returned_before = False
    for task in judged.leads:
        returned = task.state == "returned"
        if not task.ruled:
            unjust = returned and is_upheld(judged.case, task) is False
            yield Fact("returned_unjustly", task.unit, task.id, task.dispatched_at, unjust)
            if returned_before:
                yield Fact("returned_again", task.unit, task.id, task.dispatched_at, returned)
        returned_before = returned_before or returned
    yield from _returns_of_helpers(judged)


def _returns_of_helpers(judged: _Judged) -> Iterator[Fact]:
    """Of the tasks that a helper got, those that it gave back and was given again: it had no ground to."""
    led = {task.unit for task in judged.leads}
    helping = [task for task in judged.case.tasks if task.spec != LEAD and task.unit not in led]
    for number, task in enumerate(helping):
        again = any(one.unit == task.unit and one.state != "returned" for one in helping[number + 1 :])
        yield Fact("returned_unjustly", task.unit, task.id, task.dispatched_at, task.state == "returned" and again)


def _signing(judged: _Judged) -> Iterator[Fact]:
    for task in judged.case.tasks:
        if task.accepted_at is not None:
            yield Fact("signed_by_silence", task.unit, task.id, task.dispatched_at, task.silent)


def _contacts(judged: _Judged) -> Iterator[Fact]:
    """What the unit says against what the requester says; nobody asked means nobody knows, but late is late."""
    lead = judged.lead
    if lead is None:
        return
    clocks = judged.clocks(lead, stops="contacted")
    late, due_at = _is_late(clocks), _first_due(clocks)
    claimed: list[Heard] = []
    contacted: list[Heard] = []
    for request in judged.case.requests:
        said = request.call_back if request.call_back is not None and request.call_back.reached else None
        if said is not None and request.contacted_at is not None:
            claimed.append((said.at, said.contacted))
        if said is not None:
            contacted.append((said.at, said.contacted and not late))
        elif due_at is not None and request.attached_at < due_at and (late or request.contacted_at is None):
            contacted.append((due_at, False))
    yield from _together("contact_confirmed", lead.unit, claimed)
    yield from _together("contacted", lead.unit, contacted)


def _work(judged: _Judged) -> Iterator[Fact]:
    """One thing a unit and case, however it was cut into tasks: in time when all of it was."""
    by_unit: dict[str, list[Task]] = {}
    for task in judged.case.tasks:
        if _is_judged(judged, task):
            by_unit.setdefault(task.unit, []).append(task)
    for unit, tasks in by_unit.items():
        at = min([task.dispatched_at for task in tasks])
        lengthened = [clock.first_due_at is not None for task in tasks for _, clock in judged.timed.get(task.id, ())]
        yield Fact("lengthened", unit, "", at, any(lengthened))
        reworked = [task.reworked for task in tasks if task.reworked or task.state == "finished"]
        if reworked:
            yield Fact("reworked", unit, "", at, any(reworked))
        yield from _in_time(judged, unit, tasks)


def _is_judged(judged: _Judged, task: Task) -> bool:
    """Not what went back, nor what was waived in its time; what is waived when its time is over stays late."""
    if task.state != "waived":
        return task.state != "returned"
    due_at = _first_due(judged.clocks(task, starts="dispatched", stops="finished"))
    return due_at is not None and (task.ended_at or 0) >= due_at


def _in_time(judged: _Judged, unit: str, tasks: list[Task]) -> Iterator[Fact]:
    """From when its first limit is over, or all of it is done, by the limits as they were first set."""
    ends = [(task, _first_due(judged.clocks(task, starts="dispatched", stops="finished"))) for task in tasks]
    timed = [(task, due_at) for task, due_at in ends if due_at is not None and task.state != "withdrawn"]
    if not timed:
        return
    late = [due_at for task, due_at in timed if task.ended_at is None or task.ended_at >= due_at]
    at = min(late) if late else max(task.ended_at or 0 for task, _ in timed)
    yield Fact("in_time", unit, "", at, not late)


def _outcome(judged: _Judged) -> Iterator[Fact]:
    """What requesters say of the work; work that is overdue, and that nobody could ask about, speaks for itself."""
    lead = judged.lead
    if lead is None:
        return
    due_at = _first_due(judged.clocks(lead, starts="dispatched", stops="finished"))
    resolved: list[Heard] = []
    satisfied: list[Heard] = []
    for request in judged.case.requests:
        said = request.call_back
        if said is not None and said.reached:
            resolved.append((said.at, said.resolved == "yes"))
            if said.satisfied:
                satisfied.append((said.at, said.satisfied >= SATISFIED))
        elif said is None and due_at is not None and judged.case.closed_at is None:
            overdue = (max(due_at, request.attached_at), False)
            resolved.append(overdue)
            satisfied.append(overdue)
    yield from _together("resolved", lead.unit, resolved)
    yield from _together("satisfied", lead.unit, satisfied)


def _together(figure: str, unit: str, heard: list[Heard]) -> Iterator[Fact]:
    """One thing of a case: from the first that does not hold, or, when all of it does, from the last."""
    if heard:
        failing = [at for at, holds in heard if not holds]
        yield Fact(figure, unit, "", min(failing) if failing else max(at for at, _ in heard), not failing)


def _endings(judged: _Judged) -> Iterator[Fact]:
    """Against the unit whose closing did not hold, whoever works on it now."""
    case, at = judged.case, judged.case.opened_at
    for unit in dict.fromkeys((*case.repeats_against, case.closed_by_unit)):
        if unit:
            yield Fact("reopened", unit, "", at, unit in case.repeats_against)


def _supervisions(judged: _Judged) -> Iterator[Fact]:
    supervised = {one.unit for one in judged.case.supervision}
    for unit in _led(judged, supervised):
        at = min([task.dispatched_at for task in judged.leads if task.unit == unit])
        yield Fact("supervised", unit, "", at, unit in supervised)
    for task in judged.leads:
        yield from _answers(judged, task)


def _answers(judged: _Judged, task: Task) -> Iterator[Fact]:
    """What the unit was asked and has answered, or still owes, or owed too long; not what another's lead took away."""
    said = {(one.unit, one.at): one.answered_at for one in judged.case.supervision}
    asked = [(clock, said.get((clock.unit, clock.started_at))) for clock in judged.clocks(task, starts="supervised")]
    counted = [(clock, at) for clock, at in asked if at is not None or clock.running or clock.missed_at is not None]
    if not counted:
        return
    clocks, answers = [clock for clock, _ in counted], [at for _, at in counted if at is not None]
    held = len(answers) == len(clocks) and not _is_late(clocks)
    yield Fact("accounted_in_time", task.unit, task.id, max(answers) if held else _first_due(clocks) or 0, held)


def _led(judged: _Judged, supervised: set[str]) -> Iterable[str]:
    """Units that kept an order of the case, or were supervised while they led on after returning it."""
    return dict.fromkeys([one.unit for one in judged.leads if one.state != "returned" or one.unit in supervised])


def _first_due(clocks: Iterable[Clock]) -> int | None:
    """When the first of them runs out, without the time granted later."""
    dues = [clock.due_at if clock.first_due_at is None else clock.first_due_at for clock in clocks]
    return min([due_at for due_at in dues if due_at is not None], default=None)


def _is_late(clocks: Iterable[Clock]) -> bool:
    return any(clock.missed_at is not None for clock in clocks)


_JUDGES: tuple[Callable[[_Judged], Iterator[Fact]], ...] = (
    _dispatches, _returns, _signing, _contacts, _work, _outcome, _endings, _supervisions,
)  # fmt: skip
