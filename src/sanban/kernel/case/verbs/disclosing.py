"""Verbs about who is told what: reword, unmask, message, relay; and the system's own stand_aside.

A unit that helps reads a text written for it (`reword`), never the requester's own words. Who sees a requester masked
may see name and number for a declared reason and a declared time (`unmask`), or write (`message`) and speak (`relay`)
through the platform without either. A unit that turns out to be, belong to or act for the party complained about stands
aside: what it had to do goes to the unit above it, and what helped goes to the lead.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from sanban.kernel.case.event import (
    CaseStoodAside,
    RequesterMessaged,
    RequesterRelayed,
    RequesterUnmasked,
    TaskReworded,
)
from sanban.kernel.case.facts import case_facts, open_task, running_clocks, unknown_ground, unmasked_for, waits_for
from sanban.kernel.case.situation import Effect, NoArgs, Situation, Verb, task_happening
from sanban.kernel.case.state import LEAD, Case, Relaying, Task, Unmasking
from sanban.kernel.case.verbs.dispatching import may_take
from sanban.kernel.case.words import GivenCode, GivenId, GivenRef
from sanban.kernel.clock.due import due
from sanban.kernel.clock.limit import Length
from sanban.kernel.errors import Refused
from sanban.kernel.permission import may_be_dispatched

UNCAPPED = Length(1, "day")
"""How long somebody sees a requester on a ground that declares no cap."""


RELAYED = Length(1, "hour")
"""How long a number of the relay leads to a requester."""


class RewordArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`note`: what the task's unit has to do, in words that name nobody."""

    task: GivenId
    note: GivenRef = ""


class UnmaskArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    request: GivenId
    ground: GivenCode
    note: GivenRef = ""


class MessageArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`note`: what the requester reads, or the number that the relay gave."""

    request: GivenId
    note: GivenRef = ""


def reword(case: Case, args: RewordArgs, situation: Situation) -> Effect | Refused:
    """A text of its own for a task of a unit that helps, or of a station that was given it; the newest one counts."""
    task = open_task(case, args.task)
    if isinstance(task, Refused):
        return task
    if task.spec == LEAD and not task.station:
        return Refused("lead_reads_it", "the lead reads what was said itself", "task: t2, of a unit that helps")
    return Effect(TaskReworded, {"task": task.id})


def unmask(case: Case, args: UnmaskArgs, situation: Situation) -> Effect | Refused:
    """Name and number of one request's requester, for the one who asks, on a declared ground and until its cap."""
    if case.request(args.request) is None:
        return _no_request(case)
    ground = situation.mechanism.grounds.unmasking.get(args.ground)
    if ground is None:
        return unknown_ground(args.ground, situation.mechanism.grounds.unmasking)
    if args.request in unmasked_for(case, situation.actor, situation.now):
        return Refused("already_unmasked", "this account sees this requester already", "until the time shown")
    until = due(situation.calendar, (ground.cap or UNCAPPED,), situation.now).at
    assert until is not None, "a length without pauses has an end"
    actor = situation.actor
    seen = Unmasking(args.request, actor.id, actor.unit, args.ground, situation.now, until)
    return Effect(RequesterUnmasked, {"unmasking": seen})


def message(case: Case, args: MessageArgs, situation: Situation) -> Effect | Refused:
    """Words for a requester through the platform. They are no first contact: nobody has answered them."""
    if case.request(args.request) is None:
        return _no_request(case)
    return Effect(RequesterMessaged, {"request": args.request})


def relay(case: Case, args: MessageArgs, situation: Situation) -> Effect | Refused:
    """A number for an hour, through which neither side sees the other's; speaking is `contact`, said by the unit."""
    if case.request(args.request) is None:
        return _no_request(case)
    if not args.note:
        return Refused("no_relay", "there is no number for this requester", "message, or ask the desk to call")
    until = due(situation.calendar, (RELAYED,), situation.now).at
    assert until is not None, "a length without pauses has an end"
    number = Relaying(args.request, situation.actor.id, args.note, situation.now, until)
    return Effect(RequesterRelayed, {"relaying": number})


def stand_aside(case: Case, args: NoArgs, situation: Situation) -> Effect | None:
    """Open tasks of units that may not have the case are withdrawn, and each goes to somebody who may."""
    lead_first = sorted(case.open_tasks, key=lambda one: one.spec != LEAD)
    barred = [task for task in lead_first if _is_barred(case, task, situation)]
    if not barred:
        return None
    tasks = tuple(_instead(case, barred, situation))
    withdrawn = tuple(task.id for task in barred)
    return Effect(
        CaseStoodAside,
        {"withdrawn": withdrawn, "tasks": tasks},
        tuple(task_happening("dispatched", task) for task in tasks if not waits_for(case, task)),
        stops=tuple(clock.id for clock in running_clocks(case) if clock.subject in withdrawn),
        to="",
        lead=_lead_among(tasks),
    )


def _is_barred(case: Case, task: Task, situation: Situation) -> bool:
    """Whether its unit, or the station it was passed down to, is one the case may not be sent to."""
    held = filter(None, (task.unit, task.station))
    return any(not _may_have(case, unit, situation) for unit in held)


def _instead(case: Case, barred: list[Task], situation: Situation) -> Iterator[Task]:
    """The tasks anew: of the same unit where only its station may not, of the unit above the lead, of the lead."""
    lead = case.lead
    for number, task in enumerate(barred, start=len(case.tasks) + 1):
        unit = task.unit
        if not _may_have(case, unit, situation):
            unit = _above(case, unit, situation) if task.spec == LEAD else lead
        if task.spec == LEAD:
            lead = unit
        anew = Task(f"t{number}", task.spec, unit, situation.now, mandatory=task.mandatory, text=task.text)
        yield replace(anew, after=task.after, gate=task.gate)


def _above(case: Case, unit: str, situation: Situation) -> str:
    """The first unit above that may have the case, else the desk that received it."""
    line = situation.duty.line_of(unit, situation.now)[1:]
    return next((upper for upper in line if may_take(case, upper, situation) is None), case.desk)


def _may_have(case: Case, unit: str, situation: Situation) -> bool:
    return may_be_dispatched(unit, case_facts(case), situation.links, situation.now) is None


def _lead_among(tasks: tuple[Task, ...]) -> str:
    return next((task.unit for task in tasks if task.spec == LEAD), "")


def _no_request(case: Case) -> Refused:
    return Refused("unknown_request", "this request is not part of the case", case.requests[0].id)


VERBS = (
    Verb("reword", RewordArgs, reword, needs=("note",)),
    Verb("unmask", UnmaskArgs, unmask, grounds="unmasking"),
    Verb("message", MessageArgs, message, handles=True, needs=("note",)),
    Verb("relay", MessageArgs, relay, handles=True),
)

SYSTEM_VERBS = (Verb("stand_aside", NoArgs, stand_aside, frozenset({"dispatched"})),)
