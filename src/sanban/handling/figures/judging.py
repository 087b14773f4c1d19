"""What one case counts for and against the units in it: facts of one figure each, from the state of the case alone.

Theory of operation. A figure is a share: of so many things that should go well (or should not happen), how many did. A
`Fact` is one of these things, with the unit it counts for and the instant from which it counts. Denominators are what
lies in nobody's hand to choose: every order a unit was sent, whether it took it up or not; every limit as it was
declared, whatever time was granted later; every case whose requesters were asked, or should have been by then. A case
counts once each time its requesters are asked, however many they are: it holds when all who answered say so. What was
said stays said, though its request is split off: rework and reopening ask anew, and the new answers count beside the
old, each for the unit that led when it was given. A first contact is made once: there the first answer counts. A limit
binds to those who asked before it; rework has its own. So leaving work undone, asking for time, returning, or claiming
what did not happen wins no figure.

    dispatch       wrong_dispatch, returned_unjustly, returned_again, signed_by_silence
    first contact  contact_confirmed (of those claimed), contacted (of all: in time, and the requester says so)
    work           in_time, lengthened, reworked, resolved, satisfied, reopened
    supervision    supervised, accounted_in_time
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final, Literal, NamedTuple

import msgspec

from sanban.kernel.case.facts import is_upheld
from sanban.kernel.case.state import LEAD, Case, Clock, Heard, Task
from sanban.kernel.mechanism import Mechanism, Title

Better = Literal["high", "low", "neither"]
DIRECTORY = "directory"
"""Stands for the dispatcher where the dispatch directory sent the order by itself."""


class Figure(NamedTuple):
    """A figure's code, what it is called, and whether more of it is better. `neither`: told, not judged."""

    code: str
    title: Title
    better: Better


class Fact(msgspec.Struct, frozen=True, gc=False):
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


Said = tuple[int, bool]
"""What one requester says, or has not been asked in time: from when it counts, and whether it holds."""
SATISFIED = 4
"""Of five: from here on the requester is satisfied."""
CONTACT: Final = "contact"
WORK: Final = "work"
REWORK: Final = "rework"
SUPERVISION: Final = "supervision"
"""What limits are about, see `_about`."""


class _Judged(NamedTuple):
    """A case with what is asked of it over and over.

    `lead`: the lead's task in force, the newest one that was not returned. `heard`: call-backs that reached somebody.
    `timed`: the clocks of each task, by what their limits are about. `lengthened`: the tasks that were given more time.
    """

    case: Case
    leads: list[Task]
    lead: Task | None
    heard: list[Heard]
    timed: Mapping[tuple[str, str], list[Clock]]
    lengthened: set[str]

    def clocks(self, task: Task, about: str) -> Sequence[Clock]:
        """The task's unit clocks of limits about this."""
        return self.timed.get((task.id, about), ())

    def contacted_late(self, unit: str, at: int) -> bool:
        """Whether a time for first contact ran out for the unit before `at`, in an order that it kept."""
        for task in self.leads:
            if task.unit == unit and task.state != "returned":
                for clock in self.clocks(task, CONTACT):
                    if clock.missed_at is not None and clock.missed_at <= at:
                        return True
        return False


def facts_of(case: Case, mechanism: Mechanism) -> list[Fact]:
    """Everything the case counts, as it stands; nothing before its first dispatch. Each (figure, unit, part) once."""
    if not case.tasks:
        return []
    leads = [task for task in case.tasks if task.spec == LEAD]
    taken = [task for task in leads if task.state != "returned"]
    heard = [one for one in case.heard if one.said.reached]
    judged = _Judged(case, leads, taken[-1] if taken else None, heard, *_timed(case, mechanism))
    facts: list[Fact] = []
    for judge in _JUDGES:
        facts.extend(judge(judged))
    return facts


def _timed(case: Case, mechanism: Mechanism) -> tuple[dict[tuple[str, str], list[Clock]], set[str]]:
    """The clocks of each task by what their limits are about, and the tasks that were given more time."""
    timed: dict[tuple[str, str], list[Clock]] = {}
    lengthened: set[str] = set()
    limits = mechanism.limits
    for clock in case.clocks:
        limit = limits.get(clock.limit)
        if limit is not None:
            subject = clock.subject
            if clock.first_due_at is not None:
                lengthened.add(subject)
            for about in _about(limit.starts, limit.stops):
                key = subject, about
                if key in timed:
                    timed[key].append(clock)
                else:
                    timed[key] = [clock]
    return timed, lengthened


@cache
def _about(starts: str, stops: str) -> tuple[str, ...]:
    """What a limit between these moments is about."""
    said = (
        (CONTACT, stops == "contacted"),
        (WORK, (starts, stops) == ("dispatched", "finished")),
        (REWORK, (starts, stops) == ("reworked", "finished")),
        (SUPERVISION, starts == "supervised"),
    )
    return tuple(about for about, holds in said if holds)


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
    if len(judged.leads) == len(judged.case.tasks):
        return
    led = {task.unit for task in judged.leads}
    helping = [task for task in judged.case.tasks if task.spec != LEAD and task.unit not in led]
    for number, task in enumerate(helping):
        again = task.state == "returned" and any(
            one.unit == task.unit and one.state != "returned" for one in helping[number + 1 :]
        )
        yield Fact("returned_unjustly", task.unit, task.id, task.dispatched_at, again)


def _signing(judged: _Judged) -> Iterator[Fact]:
    for task in judged.case.tasks:
        if task.accepted_at is not None:
            yield Fact("signed_by_silence", task.unit, task.id, task.dispatched_at, task.silent)


def _contacts(judged: _Judged) -> Iterator[Fact]:
    """What the unit says against what the requester says first; nobody asked means nobody knows, but late is late."""
    claimed: dict[str, list[Said]] = {}
    contacted: dict[str, list[Said]] = {}
    first = {(one.request, one.unit): one.said for one in reversed(judged.heard)}
    requests = judged.case.heard_of if first else {}
    for (request, unit), said in first.items():
        claimed_at = requests[request].contacted_at
        if claimed_at is not None and claimed_at <= said.at:
            claimed.setdefault(unit, []).append((said.at, said.contacted))
        in_time = said.contacted and not judged.contacted_late(unit, said.at)
        contacted.setdefault(unit, []).append((said.at, in_time))
    lead = judged.lead
    if lead is not None:
        unheard = [one for one in judged.case.requests if (one.id, lead.unit) not in first]
        clocks = judged.clocks(lead, CONTACT) if unheard else ()
        due_at, late = _first_due(clocks), _is_late(clocks)
        for one in unheard:
            if due_at is not None and one.attached_at < due_at and (late or one.contacted_at is None):
                contacted.setdefault(lead.unit, []).append((due_at, False))
    yield from _together("contact_confirmed", claimed)
    yield from _together("contacted", contacted)


def _work(judged: _Judged) -> Iterator[Fact]:
    """One thing a unit and case, however it was cut into tasks: in time when all of it was."""
    by_unit: dict[str, list[Task]] = {}
    for task in judged.case.tasks:
        if task.state != "returned" and (task.state != "waived" or _is_waived_late(judged, task)):
            by_unit.setdefault(task.unit, []).append(task)
    for unit, tasks in by_unit.items():
        at = min([task.dispatched_at for task in tasks])
        lengthened = bool(judged.lengthened) and not judged.lengthened.isdisjoint([task.id for task in tasks])
        yield Fact("lengthened", unit, "", at, lengthened)
        reworked = [task.reworked for task in tasks if task.reworked or task.state == "finished"]
        if reworked:
            yield Fact("reworked", unit, "", at, any(reworked))
        done = _in_time(judged, unit, tasks)
        if done is not None:
            yield done


def _is_waived_late(judged: _Judged, task: Task) -> bool:
    """What is waived when its time is over stays late; what is waived in its time is not judged."""
    due_at = _first_due(judged.clocks(task, WORK))
    return due_at is not None and (task.ended_at or 0) >= due_at


def _in_time(judged: _Judged, unit: str, tasks: list[Task]) -> Fact | None:
    """From when its first limit is over, or all of it is done, by the limits as they were first set."""
    late: list[int] = []
    done: list[int] = []
    for task in tasks:
        due_at = _first_due(judged.clocks(task, WORK))
        if due_at is None:
            continue
        if task.ended_at is None or task.ended_at >= due_at:
            late.append(due_at)
        elif task.state != "withdrawn":
            done.append(task.ended_at)
    return Fact("in_time", unit, "", min(late) if late else max(done), not late) if late or done else None


def _outcome(judged: _Judged) -> Iterator[Fact]:
    """What requesters say of the work, each time they are asked; what is overdue and unasked speaks for itself."""
    resolved: dict[int, dict[str, list[Said]]] = {}
    satisfied: dict[int, dict[str, list[Said]]] = {}
    for one in judged.heard:
        said = one.said
        _say(resolved, one.anew, one.unit, (said.at, said.resolved == "yes"))
        if said.satisfied:
            _say(satisfied, one.anew, one.unit, (said.at, said.satisfied >= SATISFIED))
    for anew, unit, at in _overdue(judged):
        _say(resolved, anew, unit, (at, False))
        _say(satisfied, anew, unit, (at, False))
    for anew in sorted(resolved):
        part = f"asked-{anew + 1}" if anew else ""
        yield from _together("resolved", resolved[anew], part)
        if anew in satisfied:
            yield from _together("satisfied", satisfied[anew], part)


def _say(told: dict[int, dict[str, list[Said]]], anew: int, unit: str, said: Said) -> None:
    told.setdefault(anew, {}).setdefault(unit, []).append(said)


def _overdue(judged: _Judged) -> Iterator[tuple[int, str, int]]:
    """(how often asked anew, unit, from when) of what was left too long to be asked about.

    By the lead, for as long as nobody is asked; by a unit before it whose order was taken away late, for good.
    """
    case, lead = judged.case, judged.lead
    for task in judged.leads:
        if case.closed_at is not None if task is lead else task.state != "withdrawn":
            continue
        asked_anew = [at for at in case.asked_anew if task is lead or at <= (task.ended_at or 0)]
        due_at = _due_anew(judged, task, asked_anew)
        if due_at is None:
            continue
        if task is not lead:
            if (task.ended_at or 0) >= due_at:
                yield len(asked_anew), task.unit, due_at
        else:
            begun_at = asked_anew[-1] if asked_anew else case.opened_at
            for request in case.requests:
                if request.call_back is None:
                    yield len(asked_anew), task.unit, max(due_at, request.attached_at, begun_at)


def _due_anew(judged: _Judged, task: Task, asked_anew: list[int]) -> int | None:
    """When the task's time is over since its requesters were asked anew: that of the rework, where it has a limit."""
    rework = judged.clocks(task, REWORK)
    again = [clock for at in asked_anew[-1:] for clock in rework if clock.started_at >= at]
    return _first_due(again or judged.clocks(task, WORK))


def _together(figure: str, said: Mapping[str, list[Said]], part: str = "") -> list[Fact]:
    """One thing of a case and unit: from the first that does not hold, or, when all of it does, from the last."""
    facts: list[Fact] = []
    for unit, each in said.items():
        if len(each) == 1:
            facts.append(Fact(figure, unit, part, *each[0]))
            continue
        failing = [at for at, holds in each if not holds]
        at = min(failing) if failing else max(each)[0]
        facts.append(Fact(figure, unit, part, at, not failing))
    return facts


def _endings(judged: _Judged) -> Iterator[Fact]:
    """Against the unit whose closing did not hold, whoever works on it now."""
    case, at = judged.case, judged.case.opened_at
    if not case.closed_by_unit and not case.repeats_against:
        return
    for unit in dict.fromkeys((*case.repeats_against, case.closed_by_unit)):
        if unit:
            yield Fact("reopened", unit, "", at, unit in case.repeats_against)


def _supervisions(judged: _Judged) -> Iterator[Fact]:
    """Whether units that kept an order, or led on after returning it, were supervised, and whether they answered."""
    supervised = {one.unit for one in judged.case.supervision} if judged.case.supervision else frozenset()
    since: dict[str, int] = {}
    led: dict[str, None] = {}  # in turn, each once
    for task in judged.leads:
        unit, at = task.unit, task.dispatched_at
        since[unit] = min(at, since.get(unit, at))
        if task.state != "returned" or unit in supervised:
            led[unit] = None
    for unit in led:
        yield Fact("supervised", unit, "", since[unit], unit in supervised)
    for task in judged.leads:
        asked = judged.timed.get((task.id, SUPERVISION))
        if asked:
            yield from _answers(judged, task, asked)


def _answers(judged: _Judged, task: Task, asked: Sequence[Clock]) -> Iterator[Fact]:
    """What the unit was asked and has answered, or still owes, or owed too long; not what another's lead took away."""
    said = {(one.unit, one.at): one.answered_at for one in judged.case.supervision}
    heard = [(clock, said.get((clock.unit, clock.started_at))) for clock in asked]
    counted = [(clock, at) for clock, at in heard if at is not None or clock.running or clock.missed_at is not None]
    if not counted:
        return
    clocks, answers = [clock for clock, _ in counted], [at for _, at in counted if at is not None]
    held = len(answers) == len(clocks) and not _is_late(clocks)
    yield Fact("accounted_in_time", task.unit, task.id, max(answers) if held else _first_due(clocks) or 0, held)


def _first_due(clocks: Sequence[Clock]) -> int | None:
    """When the first of them runs out, without the time granted later."""
    if len(clocks) == 1:
        return clocks[0].over_at
    first: int | None = None
    for clock in clocks:
        at = clock.over_at
        if at is not None and (first is None or at < first):
            first = at
    return first


def _is_late(clocks: Iterable[Clock]) -> bool:
    return any([clock.missed_at is not None for clock in clocks])  # noqa: C419 -- a list is quicker for few


_JUDGES: tuple[Callable[[_Judged], Iterator[Fact]], ...] = (
    _dispatches, _returns, _signing, _contacts, _work, _outcome, _endings, _supervisions,
)  # fmt: skip
