"""The table that anybody may read: requests of cases whose matter is public, each with what became of it.

A request stands here while its case runs under a mechanism that says `public: true`, and in no other case: what is not
in the table cannot be listed, counted, asked for by id or told by the time that a look-up takes. Reclassified to
another matter, it leaves with the same commit. No ref into the vault is among the columns, and no party. `first` is the
case's earliest request, which stands for the case where cases are listed, `requests` how many the case has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sanban.kernel.case.state import Case, Request
from sanban.kernel.mechanism import Mechanism
from sanban.ledger.port import Column, Projection

Row = tuple[object, ...]


def public_requests(mechanism_of: Callable[[Case], Mechanism]) -> Projection:
    """Every request of every public case. `mechanism_of`: the version a case is pinned to."""

    def rows(_stream: str, case: Case) -> Sequence[Row]:
        if case.subjects or not mechanism_of(case).public:
            return ()
        changed_at = max(_instants(case))
        return [_row(case, request, changed_at) for request in case.requests]

    return Projection(
        table="public_request",
        version=2,
        columns=(
            Column("request", "text"),
            Column("matter", "text"),
            Column("mechanism", "text"),
            Column("requested_at", "int"),
            Column("updated_at", "int"),
            Column("promised_at", "int", nullable=True),
            Column("closed_at", "int", nullable=True),
            Column("state", "text"),
            Column("ending", "text"),
            Column("unit", "text"),
            Column("grid", "text"),
            Column("first", "text"),
            Column("requests", "int"),
        ),
        key=("request",),
        indexes=(("requested_at", "request"), ("request",)),
        rows=rows,
    )


def _row(case: Case, request: Request, changed_at: int) -> Row:
    return (
        request.id,
        case.matter,
        case.mechanism,
        request.received_at,
        max(changed_at, request.attached_at),
        request.promised_at,
        case.closed_at,
        case.state,
        case.ending,
        case.lead,
        case.grid,
        case.requests[0].id,
        len(case.requests),
    )


def _instants(case: Case) -> Iterator[int]:
    """When the public could have seen a change: opened, dispatched, accepted, finished, closed."""
    yield case.opened_at
    for task in case.tasks:
        yield from (at for at in (task.dispatched_at, task.accepted_at, task.ended_at) if at is not None)
    if case.closed_at is not None:
        yield case.closed_at
