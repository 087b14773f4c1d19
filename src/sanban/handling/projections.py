"""The tables that pages and counts read: every case once, whose desk each open case lies on, and unmaskings.

`case_queue` has one row for each queue a case stands in: the leading unit's, each co-unit's with an open task, or that
of a holder (`desk` units by their code, `role:verifier`, `role:coordinator`). It is ordered by the time left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec.structs import astuple

from sanban.kernel.case.state import Case, Clock
from sanban.kernel.mechanism import Mechanism
from sanban.ledger.port import Column, Projection

NO_DUE = 2**62
"""Sorts behind every due time: clocks that stand still."""

Row = tuple[object, ...]


def case_tables(mechanism_of: Callable[[Case], Mechanism]) -> tuple[Projection, ...]:
    """Every case, open cases by queue, whom each case is about, and to whom requesters were shown."""
    last = _LastRead()
    return _case_view(last), _case_queue(last, mechanism_of), _case_subject(), _unmasking()


def _case_subject() -> Projection:
    """The parties complained about: what keeps a case out of the lists of those who are one of them or act for one."""
    return Projection(
        table="case_subject",
        version=1,
        columns=(Column("subject", "text"),),
        key=("subject",),
        indexes=(),
        rows=lambda _stream, case: [(subject,) for subject in sorted(case.subjects)],
    )


def _unmasking() -> Projection:
    """To whom a requester was shown by name and number, and why."""
    return Projection(
        table="unmasking",
        version=1,
        columns=(
            Column("number", "int"),
            Column("request", "text"),
            Column("account", "text"),
            Column("unit", "text"),
            Column("ground", "text"),
            Column("at", "int"),
            Column("until", "int"),
        ),
        key=("number",),
        indexes=(("account", "at"), ("at",)),
        rows=lambda _stream, case: [(number, *astuple(one)) for number, one in enumerate(case.unmasked)],
    )


def _case_view(last: _LastRead) -> Projection:
    """Every case, open or closed."""

    def rows(_stream: str, case: Case) -> Sequence[Row]:
        return (_view_row(case, last.clocks(case)),)

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
        rows=rows,
    )


def _case_queue(last: _LastRead, mechanism_of: Callable[[Case], Mechanism]) -> Projection:
    """Open cases by queue and time left."""

    def rows(_stream: str, case: Case) -> Sequence[Row]:
        if case.closed_at is not None:
            return ()
        read = last.clocks(case)
        queues = _queues(case, mechanism_of(case))
        return [_queue_row(case, queue, subject, read) for queue, subject in queues.items()]

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


class _Clocks(NamedTuple):
    """What both tables say of a case's clocks, read in one pass: the next to run out, how many ran out, and so on."""

    next: Clock | None
    due_at: int
    missed: int
    provisional: bool


class _LastRead:
    """The clocks of the case read last: both tables are filled from the same state, one after the other."""

    def __init__(self) -> None:
        self._kept: tuple[Case | None, _Clocks] = (None, _NO_CLOCKS)

    def clocks(self, case: Case) -> _Clocks:
        """The reading of this very state."""
        known, read = self._kept
        if known is not case:
            read = _read_clocks(case.clocks)
            self._kept = (case, read)
        return read


_NO_CLOCKS = _Clocks(None, NO_DUE, 0, provisional=False)


def _read_clocks(clocks: tuple[Clock, ...]) -> _Clocks:
    late: Clock | None = None
    waiting: Clock | None = None
    missed, provisional = 0, False
    for clock in clocks:
        is_missed = clock.missed_at is not None
        missed += is_missed
        if clock.stopped_at is None:
            provisional = provisional or clock.provisional
            if clock.due_at is not None and is_missed:
                late = _sooner(clock, late)
            elif clock.due_at is not None:
                waiting = _sooner(clock, waiting)
    first = late or waiting
    return _Clocks(first, NO_DUE if first is None or first.due_at is None else first.due_at, missed, provisional)


def _sooner(clock: Clock, other: Clock | None) -> Clock:
    if other is None or other.due_at is None or clock.due_at is None:
        return clock
    return clock if (clock.due_at, clock.id) < (other.due_at, other.id) else other


def _view_row(case: Case, read: _Clocks) -> Row:
    return (
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
        read.due_at,
        read.missed,
        len(case.requests),
        case.priority,
        case.ending,
        case.reopened,
        len(case.returned_by),
        read.provisional,
        bool(case.suspensions),
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
    for task in case.tasks:
        if task.open:
            queues.setdefault(task.unit, task.id)
            if task.station:
                queues.setdefault(task.station, task.id)
    return queues


def _queue_row(case: Case, queue: str, subject: str, read: _Clocks) -> Row:
    clock = _next_of(case, subject) if subject else read.next
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
        read.missed,
        clock is not None and clock.provisional,
        bool(case.suspensions),
    )


def _next_of(case: Case, subject: str) -> Clock | None:
    """The task's own clock that runs out first, missed ones included."""
    first: Clock | None = None
    for clock in case.clocks:
        if clock.subject == subject and clock.stopped_at is None and clock.due_at is not None:
            first = _sooner(clock, first)
    return first
