"""Verbs of second-level dispatch: pass_down; and the system's own remind_station and expire_station.

A station under a unit does the task, the unit stays answerable and its clocks run on. The station has to be done
earlier, by the limits' `inner`. Before that it is reminded once; when it is late it stays late, and its unit hears of
it while there is time left.
"""

from __future__ import annotations

import msgspec

from sanban.kernel.case.clocks import inner_due
from sanban.kernel.case.event import StationMissed, StationReminded, TaskPassedDown
from sanban.kernel.case.facts import open_task, running_clocks
from sanban.kernel.case.situation import Effect, Situation, Verb
from sanban.kernel.case.state import Case, Task
from sanban.kernel.case.verbs.dispatching import may_take
from sanban.kernel.case.words import GivenCode, GivenId, GivenRef
from sanban.kernel.duty.answer import Answer, who_answers
from sanban.kernel.duty.place import Place
from sanban.kernel.errors import Refused


class PassDownArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    task: GivenCode = ""
    station: GivenCode = ""
    note: GivenRef = ""


class InnerArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    task: GivenId


def pass_down(case: Case, args: PassDownArgs, situation: Situation) -> Effect | Refused:
    """Second-level dispatch: a station under the unit acts, the unit stays answerable and its clocks run on."""
    task = open_task(case, args.task)
    if isinstance(task, Refused):
        return task
    station = args.station or _station(case, task, situation)
    if station and station == task.station:
        return Refused("with_the_station", f"{station} has the task already, and its time runs", "another station")
    if not station or task.unit not in situation.duty.line_of(station, situation.now)[1:]:
        return Refused("not_under", f"{station or 'nobody'} does not stand under {task.unit}", "station: a unit below")
    refusal = may_take(case, station, situation)
    if refusal is not None:
        return refusal
    inner = inner_due(situation, task.id, running_clocks(case))
    fields = {"task": task.id, "station": station, "due_at": inner.due_at, "remind_at": inner.remind_at}
    return Effect(TaskPassedDown, fields)


def _station(case: Case, task: Task, situation: Situation) -> str:
    spec = situation.mechanism.tasks.get(task.spec)
    if spec is None:
        return ""
    place = Place(case.grid or None, case.street or None)
    answer = who_answers(situation.duty, case.matter, spec.duty, place, situation.now, level="grid", upper=task.unit)
    return answer.unit if isinstance(answer, Answer) else ""


def remind_station(case: Case, args: InnerArgs, situation: Situation) -> Effect | None:
    """The reminder of a station before its own time ends, once."""
    task = case.task(args.task)
    if task is None or not task.open or task.inner_remind_at is None or situation.now < task.inner_remind_at:
        return None
    return Effect(StationReminded, {"task": task.id, "station": task.station})


def expire_station(case: Case, args: InnerArgs, situation: Situation) -> Effect | None:
    """A station's own time is over: it is late from now on, whatever its unit's clocks say."""
    task = case.task(args.task)
    if task is None or not task.open or task.inner_missed_at is not None:
        return None
    if task.inner_due_at is None or situation.now < task.inner_due_at:
        return None
    return Effect(StationMissed, {"task": task.id, "station": task.station})


VERBS = (Verb("pass_down", PassDownArgs, pass_down, owned="any", handles=True),)

SYSTEM_VERBS = (
    Verb("remind_station", InnerArgs, remind_station),
    Verb("expire_station", InnerArgs, expire_station),
)
