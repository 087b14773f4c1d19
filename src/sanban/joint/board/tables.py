"""Tables filled from cases: every whistle, every unit that one called, and open cases that wait to be solved together.

Each is a function of one case's state; they stand beside the tables that handling keeps of the same streams. An open
case stands on the ageing board once: as handled jointly, shelved, offered for joint handling, or late.
"""

from __future__ import annotations

from collections.abc import Sequence

from sanban.kernel.case.clocks import STAGE
from sanban.kernel.case.facts import joint_offered, running_clocks
from sanban.kernel.case.state import Case, Whistle
from sanban.ledger.port import Column, Projection

Row = tuple[object, ...]

HELD, SCREENING, DONE, REFUSED = "held", "screening", "done", "refused"
"""How a whistle stands: units are there still, it waits to be screened, all were let go, the centre refused it."""

JOINT, SHELVED, OFFERED, LATE = "joint", "shelved", "offered", "late"
"""Why a case stands on the ageing board."""


def joint_tables() -> tuple[Projection, ...]:
    """The three tables."""
    return _whistles(), _summonses(), _ageing()


def _whistles() -> Projection:
    return Projection(
        table="whistle_view",
        version=2,
        columns=(
            Column("whistle", "text"),
            Column("case_id", "text"),
            Column("number", "text"),
            Column("matter", "text"),
            Column("lead", "text"),
            Column("street", "text"),
            Column("kind", "text"),
            Column("stands", "text"),
            Column("at", "int"),
            Column("screen_by", "int"),
            Column("silent", "bool"),
            Column("called", "int"),
            Column("there", "int"),
            Column("absent", "int"),
        ),
        key=("whistle",),
        indexes=(("stands", "at"), ("street", "at"), ("at", "whistle")),
        rows=lambda _stream, case: [_whistle_row(case, one) for one in case.whistles],
    )


def _whistle_row(case: Case, one: Whistle) -> Row:
    due = (clock.due_at for clock in running_clocks(case) if clock.subject == one.id)
    return (
        one.id,
        case.id,
        case.number,
        case.matter,
        case.lead,
        one.street,
        one.kind,
        stands(one),
        one.at,
        next(due, None) or 0,
        one.silent,
        len(one.summons),
        sum(called.reported_at is not None for called in one.summons),
        sum(called.absent_at is not None for called in one.summons),
    )


def stands(one: Whistle) -> str:
    """How a whistle stands, as a code."""
    if one.outcome == "":
        return SCREENING
    if one.outcome == "refused":
        return REFUSED
    return HELD if one.held else DONE


def _summonses() -> Projection:
    return Projection(
        table="summons_view",
        version=2,
        columns=(
            Column("whistle", "text"),
            Column("called", "text"),
            Column("case_id", "text"),
            Column("summoned_at", "int"),
            Column("due_at", "int", nullable=True),
            Column("reported_at", "int", nullable=True),
            Column("absent_at", "int", nullable=True),
            Column("released_at", "int", nullable=True),
            Column("how", "text"),
        ),
        key=("whistle", "called"),
        indexes=(("called", "summoned_at"), ("whistle",)),
        rows=lambda _stream, case: [
            (
                whistle.id,
                one.unit,
                case.id,
                one.summoned_at,
                one.due_at,
                one.reported_at,
                one.absent_at,
                one.released_at,
                one.how,
            )
            for whistle in case.whistles
            for one in whistle.summons
        ],
    )


def _ageing() -> Projection:
    return Projection(
        table="ageing_view",
        version=2,
        columns=(
            Column("case_id", "text"),
            Column("number", "text"),
            Column("matter", "text"),
            Column("state", "text"),
            Column("lead", "text"),
            Column("street", "text"),
            Column("stands", "text"),
            Column("since", "int"),
            Column("opened_at", "int"),
            Column("missed", "int"),
            Column("requests", "int"),
            Column("crosses", "text"),
        ),
        key=(),
        indexes=(("since", "case_id"), ("stands", "since")),
        rows=_ageing_rows,
    )


def _ageing_rows(_stream: str, case: Case) -> Sequence[Row]:
    waits = waiting(case)
    if waits is None:
        return ()
    missed = sum(clock.missed_at is not None for clock in case.clocks)
    crosses = " ".join(case.crosses)
    about = (case.id, case.number, case.matter, case.state, case.lead, case.street)
    return ((*about, *waits, case.opened_at, missed, len(case.requests), crosses),)


def waiting(case: Case) -> tuple[str, int] | None:
    """Why and since when a case is on the board; None for one that is not."""
    if case.closed_at is not None:
        return None
    if case.review_at is not None:
        return SHELVED, _stage_since(case)
    if case.joint_since is not None:
        return JOINT, case.joint_since
    if joint_offered(case):
        return OFFERED, case.offers[-1].at
    late = any(clock.missed_at is not None and clock.stopped_at is None for clock in case.clocks)
    return (LATE, case.opened_at) if late else None


def _stage_since(case: Case) -> int:
    """Since when the case stands where it stands, as its stage limit counts it."""
    stages = (clock.started_at for clock in running_clocks(case) if clock.subject == STAGE)
    return min(stages, default=case.opened_at)
