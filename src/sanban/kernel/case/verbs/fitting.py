"""Arguments that a step would take just now: the valid example that a refusal of other ones shows.

Theory of operation. Each argument of a verb is filled by its name from what there is: coded reasons from the mechanism,
units and grids from the district, requests, tasks and clocks from the case, instants from now. An argument that the
verb can do without, and neither it nor the step needs, is left out; one that nothing here can fill shows an example of
its type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import msgspec

from sanban.kernel.case.facts import closed_gates, running_clocks
from sanban.kernel.case.form import answers_for
from sanban.kernel.case.situation import Situation, Verb
from sanban.kernel.case.state import LEAD, Case, Task
from sanban.kernel.case.verbs.dispatching import may_take
from sanban.kernel.case.verbs.joint.planning import may_be_asked
from sanban.kernel.duty.place import Place
from sanban.kernel.example import shown_of
from sanban.kernel.mechanism import Mechanism, Step

A_REQUEST = "0197c3e2-7b1d-7a40-9f3e-2b6c1d5e8f90"
"""The id of a request that is part of no case yet."""

HOUR = 3_600_000_000
"""In microseconds: whatever is asked for lasts that long at least."""


class Asked(NamedTuple):
    """What arguments are filled from: a case, the verb that takes them, and the situation."""

    case: Case
    verb: Verb
    situation: Situation


def fitting(case: Case | None, verb: Verb, step: Step, situation: Situation) -> dict[str, Any]:
    """Valid values of the arguments that a step needs, by name; of the one that opens, for a case that is none yet."""
    fills: Mapping[str, Callable[[], Any]]
    if case is None:
        fills = {name: partial(fill, situation) for name, fill in _OPENING.items()}
    else:
        fills = {name: partial(fill, Asked(case, verb, situation)) for name, fill in _FILLED.items()}
    needed = {*step.needs, *verb.needs, *_TOLD.get(verb.name, ())}
    return {
        field.name: shown_of(field.type) if (value := fills.get(field.name, _nothing)()) is None else value
        for field in msgspec.structs.fields(verb.args)
        if field.required or field.name in needed
    }


def _nothing() -> None:
    """No value of one's own."""


def _coded(asked: Asked) -> str | None:
    """The first of the coded reasons that the verb reads."""
    return next(iter(asked.situation.mechanism.grounds.of(asked.verb.grounds)), None)


def _units(asked: Asked) -> Iterator[str]:
    """Units that whoever asks may bring to the case: not there already, and not the party complained about."""
    case, situation = asked.case, asked.situation
    there = {case.lead, case.street, situation.actor.unit, *case.returned_by, *(task.unit for task in case.tasks)}
    there.update(unit for whistle in case.whistles for unit in (whistle.street, *whistle.wanted))
    may = may_be_asked if asked.verb.name == "plan" else may_take
    return (unit for unit in situation.duty.units if unit not in there and may(case, unit, situation) is None)


def _unit(asked: Asked) -> str | None:
    return next(_units(asked), None)


def _task(asked: Asked) -> Task | None:
    """An open task, one's own before others': the lead's only for verbs that are about any."""
    tasks = [task for task in asked.case.open_tasks if asked.verb.owned == "any" or task.spec != LEAD]
    mine = asked.situation.actor.unit
    return next(iter(sorted(tasks, key=lambda task: mine not in (task.unit, task.station))), None)


def _station(asked: Asked) -> str | None:
    """A unit below the one whose task it is."""
    task, duty, now = _task(asked), asked.situation.duty, asked.situation.now
    below = (unit for unit in _units(asked) if task is not None and task.unit in duty.line_of(unit, now))
    return next(below, None)


def _clock(asked: Asked) -> str | None:
    """One that something is asked about, else any that runs."""
    subjects = {one.subject for one in asked.case.asked}
    clocks = sorted(running_clocks(asked.case), key=lambda one: one.id not in subjects)
    return next((one.id for one in clocks), None)


def _grid(asked: Asked) -> str | None:
    return next(iter(asked.situation.duty.grids.versions), None)


def _other(asked: Asked) -> Mechanism | None:
    """Another matter that is in force, and has the state that the case stands in."""
    case, situation = asked.case, asked.situation
    found = (situation.mechanism_of(matter, situation.now) for matter in situation.matters if matter != case.matter)
    return next((one for one in found if one is not None and case.state in one.states), None)


def _newest(asked: Asked) -> Mechanism | None:
    return asked.situation.mechanism_of(asked.case.matter, asked.situation.now)


_TOLD: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("open", "reclassify"), ("fields",)),
    **dict.fromkeys(("accept", "ask_suspension", "resume"), ("task",)),
    "pass_down": ("task", "station"),
}
"""Arguments that are shown though a verb can do without them: what they are taken for depends on who asks."""

_OPENING: Mapping[str, Callable[[Situation], Any]] = {
    "desk": lambda situation: situation.actor.unit or None,
    "request": lambda _situation: A_REQUEST,
    "received_at": lambda situation: situation.now,
    "fields": lambda situation: answers_for(situation.mechanism),
}

_FILLED: Mapping[str, Callable[[Asked], Any]] = {
    **dict.fromkeys(("ground", "kind", "ending", "level"), _coded),
    **dict.fromkeys(("unit", "called", "party"), _unit),
    "wanted": lambda asked: list(_units(asked))[:1],
    "tasks": lambda asked: [{"key": "a", "unit": unit} for unit in _units(asked)][:1],
    "task": lambda asked: getattr(_task(asked), "id", None),
    "station": _station,
    "request": lambda asked: A_REQUEST if asked.verb.name == "attach" else asked.case.requests[-1].id,
    "clock": _clock,
    "review_at": lambda asked: asked.situation.now + HOUR,
    "promised_at": lambda asked: max(one.promised_at or 0 for one in asked.case.requests) + HOUR,
    "received_at": lambda asked: asked.situation.now,
    "grid": _grid,
    "street": lambda asked: asked.situation.duty.grids.street_of(Place(_grid(asked), None), asked.situation.now),
    "matter": lambda asked: getattr(_other(asked), "matter", None),
    "fields": lambda asked: answers_for(_other(asked)),
    "version": lambda asked: getattr(_newest(asked), "version", None),
    "gate": lambda asked: next(iter(closed_gates(asked.case)), None),
}
