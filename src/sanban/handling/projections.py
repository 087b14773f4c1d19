"""The tables that pages and counts read: every case once, whose desk each open case lies on, and unmaskings.

`case_queue` has one row for each queue a case stands in: the leading unit's, each co-unit's with an open task, each
called unit's until it is let go, or that of a holder (`desk` units by their code, `role:verifier`, `role:coordinator`).
It is ordered by the time left, or by the risk of missing the due time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf

import msgspec
from msgspec.structs import astuple

from sanban.kernel.case.facts import came_again
from sanban.kernel.case.state import OPEN_TASK, Case, Clock
from sanban.kernel.case.verbs.joint.whistling import summons_id
from sanban.kernel.mechanism import Mechanism
from sanban.ledger.port import Projection, columns

NO_DUE = 2**62
"""Sorts behind every due time: clocks that stand still."""
WHOLE, NO_RISK = 10_000, -1
"""Basis points: missed already; nothing to say."""

Row = tuple[object, ...]


def case_tables(mechanism_of: Callable[[Case], Mechanism]) -> tuple[Projection, ...]:
    """Every case, open cases by queue, whom each case is about, to whom requesters were shown, what came up."""
    last = _LastRead()
    return _case_view(last), _case_queue(last, mechanism_of), _case_subject(), _unmasking(), _case_raised(last)


def _case_subject() -> Projection:
    """The parties complained about: what keeps a case out of the lists of those who are one of them or act for one."""
    return Projection(
        table="case_subject",
        version=1,
        columns=columns("subject:text"),
        key=("subject",),
        indexes=(),
        rows=lambda _stream, case: [(subject,) for subject in sorted(case.subjects)] if case.subjects else (),
    )


def _unmasking() -> Projection:
    """To whom a requester was shown by name and number, and why."""
    return Projection(
        table="unmasking",
        version=1,
        columns=columns("number:int request:text account:text unit:text ground:text at:int until:int"),
        key=("number",),
        indexes=(("account", "at"), ("at",)),
        rows=lambda _stream, case: _unmasked(case) if case.unmasked else (),
    )


def _unmasked(case: Case) -> list[Row]:
    return [(number, *astuple(one)) for number, one in enumerate(case.unmasked)]


def _case_view(last: _LastRead) -> Projection:
    """Every case, open or closed."""

    def rows(_stream: str, case: Case) -> Sequence[Row]:
        return (_view_row(case, last.clocks(case)),)

    return Projection(
        table="case_view",
        version=3,
        columns=columns(
            "case_id:text number:text mechanism:text matter:text state:text lead:text street:text "
            "grid:text opened_at:int closed_at:int? due_at:int missed:int requests:int priority:int "
            "ending:text reopened:int returns:int provisional:bool suspended:bool unit_from:int "
            "unit_due:int unit_done:int? risk:int risk_model:text again:bool"
        ),
        key=(),
        indexes=(
            ("opened_at", "case_id"),
            ("matter", "street", "closed_at"),
            ("state",),
            ("number",),
            ("provisional",),
            ("grid", "matter"),
        ),
        rows=rows,
    )


def _case_queue(last: _LastRead, mechanism_of: Callable[[Case], Mechanism]) -> Projection:
    """Open cases by queue and time left."""

    def rows(_stream: str, case: Case) -> Sequence[Row]:
        if case.closed_at is not None:
            return ()
        return _queue_rows(case, last.clocks(case), _queues(case, mechanism_of(case)))

    return Projection(
        table="case_queue",
        version=5,
        columns=columns(
            "queue:text due_at:int case_id:text number:text matter:text state:text limit_name:text "
            "lead:text grid:text opened_at:int requests:int priority:int missed:int provisional:bool "
            "stopped:bool risk:int advice:text words_at:int"
        ),
        key=("queue",),
        indexes=(("queue", "due_at", "case_id"), ("queue", "risk", "case_id"), ("due_at", "case_id")),
        rows=rows,
    )


def _case_raised(last: _LastRead) -> Projection:
    """Open cases that came up to those above a unit. `kind`: supervised (not answered yet), reopened, missed.

    `limit_name` '' of what was missed: a station's own time, before that of its unit.
    """

    def rows(_stream: str, case: Case) -> Sequence[Row]:
        """Of most cases there is nothing to say, which is told from a few of their values."""
        stations_late = [one for one in case.tasks if one.late]
        quiet = not (case.supervision or case.reopened or stations_late or last.clocks(case).missed)
        return () if quiet or case.closed_at is not None else tuple(_raised(case))

    return Projection(
        table="case_raised",
        version=3,
        columns=columns("kind:text unit:text level:text at:int case_id:text number:text matter:text limit_name:text"),
        key=("kind", "unit"),
        indexes=(("unit", "at"), ("at",)),
        rows=rows,
    )


def _raised(case: Case) -> Iterator[Row]:
    """A row for supervision that waits for an answer, one for a reopening, one for each unit that is late now."""
    waiting = [one for one in case.supervision if one.unit == case.lead and one.answered_at is None]
    if waiting:
        newest = waiting[-1]
        yield ("supervised", case.lead, newest.level, newest.at, case.id, case.number, case.matter, "")
    lead = case.lead_task
    if case.reopened and lead is not None:
        yield ("reopened", case.lead, "", lead.dispatched_at, case.id, case.number, case.matter, "")
    late: dict[str, Clock] = {}
    for clock in case.clocks:
        if clock.stopped_at is None and clock.missed_at is not None and clock.unit:
            late[clock.unit] = _sooner(clock, late.get(clock.unit))
    for unit, clock in late.items():
        yield ("missed", unit, "", clock.missed_at, case.id, case.number, case.matter, clock.limit)
    stations = {station: at for task in case.open_tasks for station, at in task.late}
    for station, at in stations.items():
        yield ("missed", station, "", at, case.id, case.number, case.matter, "")


class _Clocks(msgspec.Struct, frozen=True, gc=False):
    """What the tables say of a case's clocks, read in one pass: the next to run out, how many ran out, and so on.

    `lead`: the lead task's clock that runs longest, the one that says when the work is due.
    """

    next: Clock | None
    lead: Clock | None
    due_at: int
    missed: int
    provisional: bool


class _LastRead:
    """The clocks of the case read last: the tables are filled from the same state, one after the other."""

    def __init__(self) -> None:
        self._kept: tuple[Case | None, _Clocks] = (None, _NO_CLOCKS)

    def clocks(self, case: Case) -> _Clocks:
        """The reading of this very state."""
        known, read = self._kept
        if known is not case:
            read = _read_clocks(case)
            self._kept = (case, read)
        return read


_NO_CLOCKS = _Clocks(None, None, NO_DUE, 0, provisional=False)


def _read_clocks(case: Case) -> _Clocks:
    """In one pass and with few calls: every command of a case asks."""
    task = case.lead_task
    lead_id = "" if task is None else task.id
    late: Clock | None = None
    waiting: Clock | None = None
    longest: Clock | None = None
    missed, provisional, sooner, later = 0, False, inf, -inf
    for clock in case.clocks:
        is_missed, due_at = clock.missed_at is not None, clock.due_at
        if is_missed:
            missed += 1
        if clock.stopped_at is None:
            if clock.provisional:
                provisional = True
            if due_at is None:
                continue
            if is_missed:
                late = _sooner(clock, late)
            elif due_at < sooner or (due_at == sooner and clock is _sooner(clock, waiting)):
                waiting, sooner = clock, due_at
        if due_at is None or clock.subject != lead_id:
            continue
        if due_at > later or (due_at == later and longest is _sooner(clock, longest)):
            longest, later = clock, due_at
    first = late or waiting
    due_at = NO_DUE if first is None or first.due_at is None else first.due_at
    return _Clocks(first, longest, due_at, missed, provisional)


def _sooner(clock: Clock, other: Clock | None) -> Clock:
    if other is None or other.due_at is None or clock.due_at is None:
        return clock
    return clock if (clock.due_at, clock.id) < (other.due_at, other.id) else other


def _view_row(case: Case, read: _Clocks) -> Row:
    risk = case.risk
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
        *_unit_time(read.lead),
        risk.share if risk else 0,
        risk.model if risk else "",
        came_again(case),
    )


def _unit_time(clock: Clock | None) -> tuple[int, int, int | None]:
    """(start, due, stop) of the lead task's clock that runs longest; zeros where a unit has none."""
    return (0, 0, None) if clock is None or clock.due_at is None else (clock.started_at, clock.due_at, clock.stopped_at)


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
        if task.state in OPEN_TASK:
            queues.setdefault(task.unit, task.id)
            if task.station:
                queues.setdefault(task.station, task.id)
    for whistle in case.whistles:
        for unit in whistle.held:
            queues.setdefault(unit, summons_id(whistle.id, unit))
    return queues


def _queue_rows(case: Case, read: _Clocks, queues: Mapping[str, str]) -> tuple[Row, ...]:
    """A row for each queue, with the clock of its subject that runs out next."""
    known = (case.id, case.number, case.matter, case.state)
    common = (case.lead, case.grid, case.opened_at, len(case.requests), case.priority, read.missed)
    stopped = bool(case.suspensions)
    rows: list[Row] = []
    for queue, subject in queues.items():
        clock = _next_of(case, subject) if subject else read.next
        due_at, limit, provisional = NO_DUE, "", False
        if clock is not None:
            limit, provisional = clock.limit, clock.provisional
            due_at = NO_DUE if clock.due_at is None else clock.due_at
        task = case.task(subject) if subject else None
        if task is not None and queue == task.station and task.inner_due_at is not None:
            due_at = min(due_at, task.inner_due_at)
        advice = _advice(case, clock, read.lead)
        rows.append((queue, due_at, *known, limit, *common, provisional, stopped, *advice, case.words_at))
    return tuple(rows)


def _advice(case: Case, next_: Clock | None, lead: Clock | None) -> tuple[int, str]:
    """(risk in basis points, `model reason reason`): a missed clock is past advice, work that is done needs none."""
    risk, is_missed = case.risk, next_ is not None and next_.missed_at is not None
    if risk is None or not (is_missed or (lead is not None and lead.running)):
        return (WHOLE if is_missed else NO_RISK), ""
    return WHOLE if is_missed else risk.share, " ".join((risk.model, *risk.reasons))


def _next_of(case: Case, subject: str) -> Clock | None:
    """The task's own clock that runs out first, missed ones included."""
    first, sooner = None, inf
    for clock in case.clocks:
        if clock.subject != subject or clock.stopped_at is not None or (due_at := clock.due_at) is None:
            continue
        if due_at < sooner or (due_at == sooner and clock is _sooner(clock, first)):
            first, sooner = clock, due_at
    return first
