"""Facts with what engines differ in (orders of text, instants not known), and every figure compared on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ibis

from columnar.made_facts import facts
from sanban.columnar.session import Session
from sanban.columnar.snapshot import Facts
from sanban.packs.figures.definition import Definition
from sanban.packs.figures.loading import load_figures
from sanban.scorecard.figures.building import Span, first, sums
from scorecard.figures.small_figures import period

MAY = period("2026-05")
NOON = MAY.since + 43_200_000_000
ON_TIME = """better: high
minimum_n: 0
over: {of: case.due}
count: {of: case.closed, having: closed_at < due_at}
"""
CAPPED = (
    ON_TIME
    + """cap: 2500
exclude: {withdrawn: {title: {zh: 撤回, en: Withdrawn}, when: ending == 'withdrawn'}}
"""
)


def case(number: int, **more: Any) -> dict[str, Any]:
    return {
        "case_id": f"c-{number}",
        "number": f"2026-{number:06}",
        "unit": "st1",
        "matter": "noise",
        "due_at": NOON,
        **more,
    }


def every_table(folder: Path, size: int) -> Facts:
    """So many cases, and about as many of everything else."""
    cases = [
        case(
            n,
            unit=("st2", "消防", "st1", "Zz", "")[n % 5],
            matter=("noise", "waste")[n % 2],
            opened_at=NOON + n,
            due_at=NOON + n if n % 7 else None,
            closed_at=NOON + n - 1 + n % 3 if n % 4 else None,
            ending="withdrawn" if n % 6 == 0 else "resolved",
        )
        for n in range(size)
    ]
    shared = [{name: one[name] for name in ("case_id", "number", "unit", "matter")} for one in cases]
    judged = [
        {**one, "fact": ("in_time", "satisfied", "contacted")[n % 3], "holds": n % 4 > 0, "counted_at": NOON + n}
        for n, one in enumerate(shared)
    ]
    calls = [
        {**one, "part": "r", "reached": n % 5 > 0, "satisfied": n % 6, "called_at": NOON}
        for n, one in enumerate(shared)
    ]
    requests = [{**one, "part": f"r-{n}", "received_at": NOON} for n, one in enumerate(shared)]
    offers = [{**one, "answer": ("accepted", "refused")[n % 2], "answered_at": NOON} for n, one in enumerate(shared)]
    ratings = [
        {**one, "good": n % 3 > 0, "left_out": "wrong_fact" if n % 7 == 0 else "", "given_at": NOON + n}
        for n, one in enumerate(shared)
    ]
    tables = {"cases": cases, "judged": judged, "calls": calls, "requests": requests}
    return facts(folder, tables | {"offers": offers, "ratings": ratings})


def compare_every_figure(here: Session, there: Session, more: Sequence[Definition]) -> None:
    """Every shipped figure and `more`: the same rows, and the same cases behind them."""
    span = Span(MAY.since, MAY.until)
    figures = (*load_figures().definitions, *more)
    named = [sums(one, span).mutate(figure=ibis.literal(one.key)) for one in figures]
    every = ibis.union(*named).order_by("figure", "unit", "matter", "excluded")
    found = here.rows(every)
    assert there.rows(every) == found
    assert {row[-1] for row in found} >= {
        "in_time",
        "closed_on_time",
        "satisfied",
        "requests",
        "joint_accepted",
        "rated_good",
        *(one.key for one in more),
    }
    for one in more:
        behind = first(one, span, unit="st2", excluded=True, limit=40)
        assert here.rows(behind) == there.rows(behind), one.key
