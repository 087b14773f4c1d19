"""Duties that no unit answers for: what the matters that run ask of the dispatch directory, and it cannot say.

A task's duty is looked up at district level, in every street, as of now. One that no row of the directory names is a
fault at the matter's file, with a row that would cure it.
"""

from __future__ import annotations

from sanban.kernel.duty.answer import NoAnswer, who_answers
from sanban.kernel.duty.place import NOWHERE, Place
from sanban.kernel.errors import Fault
from sanban.main.house import House
from sanban.packs.matter import Matter


def unanswered(house: House) -> list[Fault]:
    """A fault for each duty of a matter in force that nobody answers for in some street now."""
    now = house.clock()
    running = house.matters.in_force(now)
    return [fault for matter in running for fault in _of_matter(house, matter, now)]


def _of_matter(house: House, matter: Matter, now: int) -> list[Fault]:
    if matter.mechanism is None:
        return []
    faults = []
    for task in matter.mechanism.tasks.values():
        missing = _missing(house, matter.head.matter, task.duty, now)
        if missing:
            message = f"{matter.key}: nobody answers for the duty {task.duty} of the task {task.name} {missing}"
            example = f"{{id: d-{task.duty}, duty: {task.duty}, unit: street-01}}"
            faults.append(Fault(str(matter.path), 0, "duty_without_unit", message, example))
    return faults


def _missing(house: House, matter: str, duty: str, now: int) -> str:
    """Where nobody answers; '' where there is always somebody."""
    table = house.district.duty
    streets: dict[str, Place] = {}
    for code, versions in table.grids.versions.items():
        grid = versions[-1]
        streets.setdefault(grid.street, Place(code, None))
    places = streets.values() or (NOWHERE,)
    silent = [place for place in places if isinstance(who_answers(table, matter, duty, place, now), NoAnswer)]
    if not silent:
        return ""
    return "anywhere" if len(silent) == len(streets) else f"in {len(silent)} of {len(streets)} streets"
