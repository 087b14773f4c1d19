"""The two tables that pages and counts read: every case once, and whose desk each open case lies on.

`case_queue` has one row for each queue a case stands in: the leading unit's, each co-unit's with an open task, or that
of a holder (`desk` units by their code, `role:verifier`, `role:coordinator`). It is ordered by the time left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sanban.kernel.case.facts import next_due
from sanban.kernel.case.state import Case, Clock
from sanban.kernel.mechanism import Mechanism
from sanban.ledger.port import Column, Projection

NO_DUE = 2**62
"""Sorts behind every due time: clocks that stand still."""

Row = tuple[object, ...]


def case_view() -> Projection:
    """Every case, open or closed."""
    return Projection(
        table="case_view",
        version=1,
        columns=(
            Column("case_id", "text"),
            Column("number", "text"),
            Column("mechanism", "text"),
            Column("matter", "text"),
            Column("state", "text"),
            Column("lead", "text"),
            Column("street", "text"),
            Column("grid", "text"),
            Column("opened_at", "int"),
            Column("closed_at", "int", nullable=True),
            Column("due_at", "int"),
            Column("missed", "int"),
            Column("requests", "int"),
            Column("priority", "int"),
            Column("ending", "text"),
            Column("reopened", "int"),
            Column("returns", "int"),
            Column("provisional", "bool"),
            Column("suspended", "bool"),
        ),
        key=(),
        indexes=(
            ("opened_at", "case_id"),
            ("matter", "street", "closed_at"),
            ("state",),
            ("number",),
            ("provisional",),
        ),
        rows=_view_row,
    )


def case_queue(mechanism_of: Callable[[Case], Mechanism]) -> Projection:
    """Open cases by queue and time left."""

    def rows(_stream: str, case: Case) -> Sequence[Row]:
        if case.closed_at is not None:
            return ()
        queues = _queues(case, mechanism_of(case))
        return [_queue_row(case, queue, subject) for queue, subject in queues.items()]

    return Projection(
        table="case_queue",
        version=1,
        columns=(
            Column("queue", "text"),
            Column("due_at", "int"),
            Column("case_id", "text"),
            Column("number", "text"),
            Column("matter", "text"),
            Column("state", "text"),
            Column("limit_name", "text"),
            Column("lead", "text"),
            Column("grid", "text"),
            Column("opened_at", "int"),
            Column("requests", "int"),
            Column("priority", "int"),
            Column("missed", "int"),
            Column("provisional", "bool"),
            Column("stopped", "bool"),
        ),
        key=("queue",),
        indexes=(("queue", "due_at", "case_id"),),
        rows=rows,
    )


def _view_row(_stream: str, case: Case) -> Sequence[Row]:
    clock = next_due(case)
    return (
        (
            case.id,
            case.number,
            case.mechanism,
            case.matter,
            case.state,
            case.lead,
            case.street,
            case.grid,
            case.opened_at,
            case.closed_at,
            NO_DUE if clock is None or clock.due_at is None else clock.due_at,
            sum(one.missed_at is not None for one in case.clocks),
            len(case.requests),
            case.priority,
            case.ending,
            case.reopened,
            len(case.returned_by),
            any(one.provisional and one.stopped_at is None for one in case.clocks),
            bool(case.suspensions),
        ),
    )


def _queues(case: Case, mechanism: Mechanism) -> dict[str, str]:
    """Queue -> subject whose clocks order it ('' = any). The holder of the state first, then every task's owner."""
    holder = mechanism.states[case.state].holder
    queues: dict[str, str] = {}
    if holder == "desk":
        queues[case.desk] = ""
    elif holder in ("coordinator", "verifier"):
        queues[f"role:{holder}"] = ""
    elif holder == "lead_unit":
        queues[case.lead] = ""
    for task in case.open_tasks:
        for unit in dict.fromkeys((task.unit, task.station)):
            if unit and unit not in queues:
                queues[unit] = task.id
    return queues


def _queue_row(case: Case, queue: str, subject: str) -> Row:
    clock = next_due(case) if not subject else _next_of(case, subject)
    due_at = NO_DUE if clock is None or clock.due_at is None else clock.due_at
    return (
        queue,
        due_at,
        case.id,
        case.number,
        case.matter,
        case.state,
        "" if clock is None else clock.limit,
        case.lead,
        case.grid,
        case.opened_at,
        len(case.requests),
        case.priority,
        sum(one.missed_at is not None for one in case.clocks),
        clock is not None and clock.provisional,
        bool(case.suspensions),
    )


def _next_of(case: Case, subject: str) -> Clock | None:
    clocks = [one for one in case.clocks if one.subject == subject and one.running and one.due_at is not None]
    return min(clocks, key=lambda one: (one.due_at, one.id), default=None)
