"""The table `case_figure`: every fact that cases count, so that a figure is one sum and opens its cases.

No step of a case waits for it: it is filled behind the commands, within seconds while a server runs.
"""

from __future__ import annotations

from collections.abc import Callable

from sanban.handling.figures.judging import facts_of
from sanban.kernel.case.state import Case
from sanban.kernel.mechanism import Mechanism
from sanban.ledger.port import Projection, columns


def case_figures(mechanism_of: Callable[[Case], Mechanism]) -> Projection:
    """One row a fact. `at`: from when it counts, which may lie ahead; `holds`: 1 or 0; `requests`: of the case."""

    def rows(_stream: str, case: Case) -> list[tuple[object, ...]]:
        requests = len(case.requests)
        facts = facts_of(case, mechanism_of(case)) if case.tasks else []
        return [
            (one.figure, one.unit, one.part, one.at, int(one.holds), case.id, case.number, requests) for one in facts
        ]

    return Projection(
        table="case_figure",
        version=6,
        columns=columns("figure:text unit:text part:text at:int holds:int case_id:text number:text requests:int"),
        key=("figure", "unit", "part"),
        indexes=(("figure", "unit", "at"), ("at", "figure", "unit", "holds")),
        rows=rows,
        deferred=True,
    )
