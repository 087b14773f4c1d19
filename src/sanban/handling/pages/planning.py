"""The form of a plan: rows without a script, each a unit, what its task comes after, and the gate that it waits at.

A row comes after any of the others and after tasks that the case has; an empty one is no task. Rows that wait for each
other in a ring are marked when the plan is refused for it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sanban.kernel.case.verbs.joint.planning import Planned, ring_of
from sanban.kernel.view import Values, first

ROWS = 6


class PlanRow(msgspec.Struct, frozen=True):
    """One row as it was typed. `key`: what the others come after."""

    number: int
    key: str
    unit: str = ""
    after: tuple[str, ...] = ()
    gate: str = ""


EMPTY = tuple(PlanRow(number, f"p{number}") for number in range(1, ROWS + 1))


def rows_of(sent: Values) -> tuple[PlanRow, ...]:
    """Every row of a sent form."""
    return tuple(
        PlanRow(
            row.number,
            row.key,
            first(sent, f"unit_{row.number}"),
            tuple(one for one in sent.get(f"after_{row.number}", ()) if one),
            first(sent, f"gate_{row.number}"),
        )
        for row in EMPTY
    )


def tasks_of(sent: Values) -> list[dict[str, Any]]:
    """The tasks of a plan: the rows that name a unit."""
    return [
        {"key": row.key, "unit": row.unit, "after": list(row.after), "gate": row.gate}
        for row in rows_of(sent)
        if row.unit
    ]


def ring_in(sent: Values) -> tuple[int, ...]:
    """Numbers of the rows that wait for each other, the first again at the end; empty when none do."""
    tasks = tuple(Planned(row.key, row.unit, after=row.after) for row in rows_of(sent) if row.unit)
    numbers = {row.key: row.number for row in EMPTY}
    return tuple(numbers[key] for key in ring_of(tasks))
