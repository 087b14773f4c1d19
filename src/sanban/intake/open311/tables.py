"""The table of requests that were filed under a public matter: what may be shown of them while they have no case.

With a case, the case's own row says what became of the request (`public_request`); this one then only holds the ref of
the text. A request that was filed under any other matter, or whose words spoke for one, has no row at all.
"""

from __future__ import annotations

from collections.abc import Sequence

from sanban.intake.request import Request
from sanban.ledger.port import Column, Projection

SHOWN_ROUTES = frozenset({"", "accept", "emergency"})
"""A request that the desk sent another way, to the police for instance, is no longer shown."""


def _rows(_stream: str, state: Request) -> Sequence[tuple[object, ...]]:
    received = state.received
    if not received.public:
        return ()
    return (
        (
            state.id,
            received.matter,
            received.received_at,
            max(received.at, state.closed_at),
            state.closed_at or None,
            state.ending,
            received.desk,
            state.grid,
            received.text,
            not state.case and state.route in SHOWN_ROUTES,
        ),
    )


PUBLIC_FILING = Projection(
    table="public_filing",
    version=2,
    columns=(
        Column("request", "text"),
        Column("matter", "text"),
        Column("requested_at", "int"),
        Column("updated_at", "int"),
        Column("closed_at", "int", nullable=True),
        Column("ending", "text"),
        Column("unit", "text"),
        Column("grid", "text"),
        Column("text", "text"),
        Column("shown", "bool"),
    ),
    key=(),
    indexes=(("shown", "requested_at", "request"), ("request",)),
    rows=_rows,
)
