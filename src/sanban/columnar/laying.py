"""What the state of a stream leaves in the tables of facts: rows of codes, ids, numbers and instants, nothing personal.

A `Layout` belongs to one kind of stream and works on its folded state alone, as the ledger's projections do, so there
is no second account of what happened: the kernel's fold is the only one. `case_layout` lays out cases; what a case
counts for and against its units is judged elsewhere and handed in, and so are the states of other kinds of stream.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import msgspec

from sanban.kernel.case.state import LEAD, Case, Clock, Summons, Task, Whistle
from sanban.kernel.mechanism import Mechanism
from sanban.packs.figures.vocabulary import TABLES

VERSION = 5
"""To be raised when rows would come out differently: snapshots are then made anew."""

Row = tuple[Any, ...]
Rows = Mapping[str, Sequence[Row]]
MechanismOf = Callable[[Case], Mechanism]


class Judged(Protocol):
    """One thing that a case counts: by which figure, for which unit, which part, from when, and whether it holds."""

    @property
    def figure(self) -> str: ...

    @property
    def unit(self) -> str: ...

    @property
    def part(self) -> str: ...

    @property
    def at(self) -> int: ...

    @property
    def holds(self) -> bool: ...


Judges = Callable[[Case, Mechanism], Iterable[Judged]]


class Layout(msgspec.Struct, frozen=True):
    """How one kind of stream is laid out. `begins`: an instant of the state that never moves; rows lie by its month.

    `rests_on`: the version of whatever besides the state says what the rows are.
    """

    kind: str
    begins: Callable[[Any], int]
    rows: Callable[[Any], Rows]
    rests_on: str = ""


def layout_version(layouts: Sequence[Layout]) -> str:
    """Names tables, columns and kinds: two snapshots of one version have the same shape."""
    tables = [f"{name}({' '.join(column.name for column in table.columns)})" for name, table in TABLES.items()]
    kinds = [f"{layout.kind} {layout.rests_on}".strip() for layout in layouts]
    return f"{VERSION}: {', '.join(kinds)}: {'; '.join(tables)}"


def case_layout(mechanism_of: MechanismOf, judges: Judges) -> Layout:
    """Cases, with their tasks, clocks, call-backs, whistles and offers, and what they count for and against units."""
    return Layout("case", lambda case: case.opened_at, partial(_case_rows, mechanism_of, judges))


def _case_rows(mechanism_of: MechanismOf, judges: Judges, case: Case) -> Rows:
    mechanism = mechanism_of(case)
    finishing = _finishing_clocks(case, mechanism)
    return {
        "cases": [_case_row(case, finishing)],
        "calls": _call_rows(case),
        "tasks": [_task_row(case, task, finishing.get(task.id, ())) for task in case.tasks],
        "clocks": [_clock_row(case, clock) for clock in case.clocks],
        "whistles": [_whistle_row(case, whistle) for whistle in case.whistles],
        "summons": [_summons_row(case, whistle, one) for whistle in case.whistles for one in whistle.summons],
        "offers": [
            (*_shared(case, f"o{number}", ""), one.cause, one.answer, one.ground, one.at, one.answered_at)
            for number, one in enumerate(case.offers, start=1)
        ],
        "judged": [
            (*_shared(case, one.part, one.unit), one.figure, one.holds, len(case.requests), one.at)
            for one in judges(case, mechanism)
        ],
    }


def _shared(case: Case, part: str, unit: str) -> Row:
    return case.id, case.number, part, case.matter, case.street, case.grid, unit


def _case_row(case: Case, finishing: Mapping[str, Sequence[Clock]]) -> Row:
    """Due by the time of the unit that answers for it; of none while it lies with the dispatcher, returned."""
    leads = [task for task in case.tasks if task.spec == LEAD]
    kept = [task for task in leads if task.state != "returned"]
    answering = next((task for task in kept if _overran(task, finishing)), kept[-1] if kept else None)
    unit = answering.unit if answering else "" if leads else case.lead
    own = [clock for task in leads if unit in ("", task.unit) for clock in finishing.get(task.id, ())]
    return (
        *_shared(case, "", unit),
        case.requests[0].channel if case.requests else "",
        case.state,
        case.ending,
        case.lead,
        case.found,
        case.opened_at,
        len(case.requests),
        case.reopened,
        _first_due(own),
        case.first_finished_at,
        case.closed_at,
    )


def _overran(task: Task, finishing: Mapping[str, Sequence[Clock]]) -> bool:
    """Whether its time ran out before it was taken away: who is sent the case then does not make it punctual."""
    due_at = _first_due(finishing.get(task.id, ()))
    return task.state == "withdrawn" and due_at is not None and due_at <= (task.ended_at or 0)


def _call_rows(case: Case) -> list[Row]:
    requests = case.heard_of
    asked: Counter[str] = Counter()
    rows = []
    for heard in case.heard:
        asked[heard.request] += 1
        request, said = requests[heard.request], heard.said
        rows.append(
            (
                *_shared(case, request.id, heard.unit),
                request.channel,
                said.reached,
                said.contacted,
                said.resolved,
                said.satisfied,
                request.repeat,
                asked[heard.request],
                request.attached_at,
                said.at,
            )
        )
    return rows


def _task_row(case: Case, task: Task, finishing: Sequence[Clock]) -> Row:
    return (
        *_shared(case, task.id, task.unit),
        task.spec,
        task.station,
        task.state,
        task.silent,
        task.mandatory,
        task.ruled,
        any(clock.extended for clock in finishing),
        task.reworked,
        task.dispatched_at,
        task.accepted_at,
        task.ended_at if task.state == "finished" else None,
        task.ended_at if task.state == "returned" else None,
        _first_due(finishing),
    )


def _clock_row(case: Case, clock: Clock) -> Row:
    return (
        *_shared(case, clock.id, clock.unit),
        clock.limit,
        clock.extended,
        len(clock.pauses),
        clock.started_at,
        _first_due((clock,)),
        clock.stopped_at,
        clock.missed_at,
    )


def _whistle_row(case: Case, whistle: Whistle) -> Row:
    return (
        *_shared(case, whistle.id, whistle.street),
        whistle.kind,
        whistle.outcome,
        whistle.silent,
        whistle.at,
        whistle.screened_at,
    )


def _summons_row(case: Case, whistle: Whistle, summons: Summons) -> Row:
    return (
        *_shared(case, whistle.id, summons.unit),
        whistle.kind,
        whistle.street,
        summons.how,
        summons.summoned_at,
        summons.due_at,
        summons.reported_at,
        summons.absent_at,
        summons.released_at,
    )


def _finishing_clocks(case: Case, mechanism: Mechanism) -> dict[str, list[Clock]]:
    """By task, the clocks of the time that a unit has from dispatch until it finishes."""
    found: dict[str, list[Clock]] = {}
    for clock in case.clocks:
        limit = mechanism.limits.get(clock.limit)
        if limit is not None and limit.starts == "dispatched" and limit.stops == "finished":
            found.setdefault(clock.subject, []).append(clock)
    return found


def _first_due(clocks: Sequence[Clock]) -> int | None:
    """When the first of them runs out, without the time granted later."""
    return min([at for clock in clocks if (at := clock.over_at) is not None], default=None)
