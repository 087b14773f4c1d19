"""What a decision is made from, and what a verb answers: plain values between the engine and its verbs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, Literal, NamedTuple

import msgspec

from sanban.kernel.case.event import CaseEvent
from sanban.kernel.case.facts import waits_for
from sanban.kernel.case.state import Case, Task
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism, Step, Title
from sanban.kernel.party import NO_LINKS, Links
from sanban.kernel.permission import Actor


class Command(msgspec.Struct, frozen=True):
    """A step someone wants to take, with its arguments as plain codes, integers, ids and TextRefs."""

    step: str
    args: Mapping[str, Any] = {}


class Situation(msgspec.Struct, frozen=True, gc=False):
    """Everything outside the case that a decision may look at. Instants are microseconds UTC.

    `number` gives out the next case number; `mechanism_of(matter, instant)` finds the version in force;
    `matters` are the names that it may know.
    """

    mechanism: Mechanism
    actor: Actor
    now: int
    calendar: Calendar
    duty: DutyTable
    links: Links = NO_LINKS
    number: Callable[[], str] = lambda: "0"
    mechanism_of: Callable[[str, int], Mechanism | None] = lambda _matter, _instant: None
    matters: Collection[str] = ()


class Happening(msgspec.Struct, frozen=True, gc=False):
    """A moment that starts and stops clocks: its word, the request or task it is about, and the unit answerable.

    `since`: when the clocks count from earlier than now; `pauses`: the spells in which they stood still since then.
    """

    moment: str
    subject: str
    unit: str
    spec: str = ""
    since: int | None = None
    pauses: tuple[tuple[int, int | None], ...] = ()


class Effect(msgspec.Struct, frozen=True, gc=False):
    """What a verb wants to happen: one event, the moments in it, clocks to stop besides, and another state to go to.

    `to` None means the step's own; `lead` is the unit that leads afterwards, '' = as before; `mechanism` is the one to
    start clocks under, when it changes; `seen` is the case that conditions of clocks are read from, None = as before.
    """

    kind: type[CaseEvent]
    fields: dict[str, Any]
    happenings: tuple[Happening, ...] = ()
    stops: tuple[str, ...] = ()
    to: str | None = None
    lead: str = ""
    mechanism: Mechanism | None = None
    seen: Case | None = None


class Verb(NamedTuple):
    """A registered way of acting: the struct its arguments are read into, its act, the moments it can bring about.

    `owned`: an open task (the lead's, those of co-units, or any) is acted on by its owner alone, whatever unit the file
    names; '' where the relation to the case decides. `inner`: of all stations, only that of the lead's open task takes
    it. `apart`: taken by someone who neither handled the case nor is of a unit that works on it; `beside`: by a unit
    that does not lead it. `handles`: whoever takes it has handled the case.
    `needs`: arguments that it does nothing without, whatever the file says. `grounds`: the coded reasons it reads.
    `afresh`: what a reopened case brings its lead is taken up by someone who had not handled it before.
    """

    name: str
    args: type[msgspec.Struct]
    act: Callable[[Case, Any, Situation], Effect | Refused | None]
    moments: frozenset[str] = frozenset()
    owned: Literal["", "lead", "co", "any"] = ""
    inner: bool = False
    apart: bool = False
    beside: bool = False
    handles: bool = False
    afresh: bool = False
    needs: tuple[str, ...] = ()
    grounds: str = ""


class NoArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step that needs nothing but the case."""


def task_happening(moment: str, task: Task) -> Happening:
    """A moment of a task, now."""
    return Happening(moment, task.id, task.unit, task.spec)


def begun_after(case: Case, over: Task) -> tuple[Happening, ...]:
    """What a task's end brings about for those that waited for it and for nothing else: their time begins."""
    found: list[Happening] = []
    for task in case.open_tasks:
        if over.id not in task.after or set(waits_for(case, task)) - {over.id} or _has_begun(case, task):
            continue
        found.append(task_happening("dispatched", task))
        if task.accepted_at is not None:
            found.append(task_happening("accepted", task))
    return tuple(found)


def _has_begun(case: Case, task: Task) -> bool:
    return any(clock.subject == task.id for clock in case.clocks)


@cache
def system_step(name: str) -> Step:
    """The undeclared step behind one of the system's own verbs: from any state, to the same."""
    return Step(name, name, Title(name, name), frozenset(), "", frozenset({"system"}))
