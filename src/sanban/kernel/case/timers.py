"""What happens to a case by itself: its timers, from its state alone, and what follows at once when something happened.

Timers say when clocks are due, to be reminded of, to be reviewed. At once follow: the step that silence takes when a
limit ran out; the summons of every unit that a whistle wanted when it passes; the offer of joint handling when the last
extension is missed or a second round of call-backs says that it is not resolved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

import msgspec

from sanban.kernel.case.clocks import STAGE
from sanban.kernel.case.event import CaseScreened, ClockMissed, Event, RequesterCalledBack
from sanban.kernel.case.facts import UNRESOLVED
from sanban.kernel.case.situation import Command
from sanban.kernel.case.state import Case, Clock
from sanban.kernel.mechanism import Limit, Mechanism

LEADS_ON: Final[frozenset[type[Event]]] = frozenset({ClockMissed, CaseScreened, RequesterCalledBack})
"""Types of events that something may follow."""

NEVER: Final = 2**63 - 1
"""An instant that does not come, microseconds UTC."""

Made = TypeVar("Made")

FAILED_ROUNDS = 2
"""The round of call-backs that says a second time that a case is not resolved."""


class Wanted(msgspec.Struct, frozen=True, order=True, gc=False):
    """At `at` (microseconds UTC) the system takes `step` on `subject` (a clock or task id), argument `name`."""

    at: int
    step: str
    name: str
    subject: str


def wanted_timers(case: Case, until: int = NEVER) -> list[Wanted]:
    """Every timer of the case that is due by then, none for a closed one."""
    return made_of_timers(case, Wanted, until)


def made_of_timers(case: Case, make: Callable[[int, str, str, str], Made], until: int = NEVER) -> list[Made]:
    """What `make` makes of each timer that the case wants by then, as `Wanted` names its parts; [] for a closed one."""
    if case.closed_at is not None:
        return []
    made = _of_clocks(case.clocks, make, until)
    for task in case.tasks:
        if task.inner_due_at is not None and task.inner_missed_at is None and task.open:
            made += _of_station(task.id, task.inner_due_at, task.inner_remind_at, make, until)
    if case.review_at is not None and case.review_at <= until:
        made.append(make(case.review_at, "review", "task", ""))
    if case.suspensions:
        made += [make(one.review_at, "review", "task", one.task) for one in case.suspensions if one.review_at <= until]
    return made


def _of_clocks(clocks: Iterable[Clock], make: Callable[[int, str, str, str], Made], until: int) -> list[Made]:
    made: list[Made] = []
    for clock in clocks:
        due_at, remind_at = clock.due_at, clock.remind_at
        if due_at is None or clock.stopped_at is not None or clock.missed_at is not None:
            continue
        if due_at <= until:
            made.append(make(due_at, "expire", "clock", clock.id))
        if remind_at is not None and clock.reminded_at is None and remind_at < due_at and remind_at <= until:
            made.append(make(remind_at, "remind", "clock", clock.id))
    return made


def _of_station(
    task_id: str, due_at: int, remind_at: int | None, make: Callable[[int, str, str, str], Made], until: int
) -> list[Made]:
    made = [make(due_at, "expire_station", "task", task_id)] if due_at <= until else []
    if remind_at is not None and remind_at <= until:
        made.append(make(remind_at, "remind_station", "task", task_id))
    return made


def leads_on(event: Event) -> bool:
    """Whether something may follow the event at once; nothing follows a call-back that hears of no problem."""
    if type(event) is RequesterCalledBack:
        return event.call_back.resolved in UNRESOLVED
    return type(event) in LEADS_ON


def following(case: Case, event: Event, mechanism: Mechanism) -> Iterator[Command]:
    """The steps that the system takes at once after an event that leads on, which the case has folded already."""
    match event:
        case ClockMissed():
            clock = next(one for one in case.clocks if one.id == event.clock)
            limit = mechanism.limits.get(clock.limit)
            if limit is not None:
                yield from _after_expiry(case, clock, limit, mechanism)
        case CaseScreened(outcome="passed"):
            whistle = case.whistle(event.whistle)
            for unit in whistle.wanted if whistle is not None else ():
                yield from _by_verb(case, mechanism, "summon", {"whistle": event.whistle, "called": unit})
        case RequesterCalledBack() if case.failed_calls >= FAILED_ROUNDS:
            yield from _by_verb(case, mechanism, "offer_joint", {"cause": "call_back_failed"})


def _after_expiry(case: Case, clock: Clock, limit: Limit, mechanism: Mechanism) -> Iterator[Command]:
    if limit.on_expiry:
        yield Command(limit.on_expiry, _subject_of(case, clock, limit))
    if limit.extend is not None and clock.extended >= limit.extend.times:
        yield from _by_verb(case, mechanism, "offer_joint", {"cause": "extension_missed"})


def _subject_of(case: Case, clock: Clock, limit: Limit) -> dict[str, str]:
    """The arguments that name what a clock is about: a task, a whistle, or a unit that one has called."""
    if clock.subject == STAGE or limit.counts_for == "requester":
        return {}
    for whistle in case.whistles:
        if clock.subject == whistle.id:
            return {"whistle": whistle.id}
        if clock.subject.startswith(f"{whistle.id}:"):
            return {"whistle": whistle.id, "called": clock.unit}
    return {"task": clock.subject}


def _by_verb(case: Case, mechanism: Mechanism, verb: str, args: dict[str, str]) -> Iterator[Command]:
    """The step by which the system does it here, when the mechanism declares one."""
    for step in mechanism.steps_from(case.state):
        if step.verb == verb and "system" in step.by:
            yield Command(step.name, args)
            return
