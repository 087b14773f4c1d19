"""A grid leader's day on one screen: who is on duty, what waits and is about to be late, whom to pass it down to.

Forces are the officers on the rosters of the leader's unit and of every unit below it. Passing down is a step of the
case like any other; here it is offered beside each order that the unit still holds itself, with the station that the
directory names for that grid chosen already.
"""

from __future__ import annotations

import msgspec

from sanban.handling.aggregate import stream_of
from sanban.handling.needs import Needs, VisitOfDay
from sanban.handling.oversight.raised import rungs_below
from sanban.handling.views.lists import Counts, QueueRow, queue_page
from sanban.handling.views.naming import Names
from sanban.kernel.case.engine import offers
from sanban.kernel.case.state import Case, Task
from sanban.kernel.duty import Answer, Place, on_duty, who_answers
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor

ROWS = 30


class Force(msgspec.Struct, frozen=True):
    """A unit and its officers on duty now; `keeps_roster`: whether the rosters say anything of it."""

    unit: str
    title: Title
    officers: tuple[str, ...]
    keeps_roster: bool


class Order(msgspec.Struct, frozen=True):
    """A row of the queue; `task`: what may be passed down, '' for nothing, `step`: by which step, `to`: suggested."""

    row: QueueRow
    step: str = ""
    task: str = ""
    to: str = ""


class GridDay(msgspec.Struct, frozen=True):
    """Everything on the screen."""

    unit: Title
    forces: tuple[Force, ...]
    counts: Counts
    orders: tuple[Order, ...]
    stations: tuple[Force, ...]
    visits: tuple[VisitOfDay, ...]


def grid_day(viewer: Actor, needs: Needs, now: int) -> GridDay | Refused:
    """The day of the viewer's unit, as it stands now."""
    page = queue_page(viewer, needs.reader, needs.cases, now=now, limit=ROWS)
    if isinstance(page, Refused):
        return page
    names, calendar = Names(needs.cases, now), needs.cases.calendar
    rungs = rungs_below(needs, viewer.unit, now)
    forces = tuple(_force(needs, names, code, now) for code in sorted(rungs, key=lambda code: (rungs[code], code)))
    stations = tuple(force for force in forces if rungs[force.unit] > 0)
    today = calendar.day_of(now)
    return GridDay(
        unit=names.unit(viewer.unit),
        forces=forces,
        counts=page.counts,
        orders=tuple(_order(viewer, needs, row, now) if stations else Order(row) for row in page.rows),
        stations=stations,
        visits=tuple(needs.visits(tuple(rungs), calendar.start_of(today), calendar.start_of(today + 1))),
    )


def _force(needs: Needs, names: Names, code: str, now: int) -> Force:
    duty = needs.cases.duty(None)
    return Force(code, names.unit(code), on_duty(duty, code, now), code in duty.rosters)


def _order(viewer: Actor, needs: Needs, row: QueueRow, now: int) -> Order:
    """The row, with the step that passes it down where the viewer may take that now."""
    case = needs.reader.state(stream_of(row.case_id))
    if not isinstance(case, Case):
        return Order(row)
    situation = needs.situation(case, viewer, now)
    step = next((one.name for one in offers(case, viewer, situation) if one.verb == "pass_down"), "")
    task = next((one for one in case.open_tasks if one.unit == viewer.unit and not one.station), None)
    if not step or task is None:
        return Order(row)
    return Order(row, step, task.id, _suggested(needs, case, task, now))


def _suggested(needs: Needs, case: Case, task: Task, now: int) -> str:
    spec = needs.cases.pinned(case).tasks.get(task.spec)
    if spec is None:
        return ""
    place = Place(case.grid or None, case.street or None)
    found = who_answers(needs.cases.duty(None), case.matter, spec.duty, place, now, level="grid", upper=task.unit)
    return found.unit if isinstance(found, Answer) else ""
