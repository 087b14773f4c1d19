"""What the scorecard's own files say of cases that were played: shares that rest on whole cases, calls and summons.

The facts are those of a deployment (`columnar.laying`), counted by the very expressions of the files on DuckDB.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from sanban.columnar.laying import Row, case_layout
from sanban.columnar.session import duckdb_session
from sanban.columnar.snapshot import Facts, Place
from sanban.handling.figures.judging import BY_CODE, Figure, facts_of
from sanban.kernel.case.state import Case
from sanban.kernel.clock.calendar import day_of_iso
from sanban.kernel.mechanism import Mechanism
from sanban.packs.figures.loading import load_figures
from sanban.packs.figures.vocabulary import RATINGS
from sanban.scorecard.figures.asking import ask
from sanban.scorecard.figures.spans import Period

FIRST: Final = day_of_iso("2026-01-01")
FILES: Final = tuple(
    one
    for one in load_figures().in_force(FIRST)
    if one.over is not None
    and one.better != "neither"
    and one.key not in BY_CODE
    and one.base.events.table is not RATINGS  # no case tells its ratings; `whistling` counts them from their sheets
)
SCORED: Final = tuple(Figure(one.key, one.title, one.better) for one in FILES)
"""Every judged share of the scorecard that is no fact of `handling.figures`."""


def scores(cases: Iterable[Case], mechanism: Mechanism, until: int) -> Mapping[str, dict[str, tuple[int, int]]]:
    """By unit, (holds, of) of each figure in `SCORED` as the cases stand at the instant."""
    layout = case_layout(lambda _: mechanism, facts_of)
    laid: defaultdict[str, list[Row]] = defaultdict(list)
    for case in cases:
        for table, rows in layout.rows(case).items():
            laid[table].extend(rows)
    place, period = Place("played", 1, 1, "", until), Period("all", "days", FIRST, FIRST + 1, 0, until + 1, 1)
    found: defaultdict[str, dict[str, tuple[int, int]]] = defaultdict(lambda: {one.key: (0, 0) for one in FILES})
    with duckdb_session(Path(), Facts("played", place, {})) as session:
        for table in {one.base.events.table.name for one in FILES}:
            if laid[table]:
                session.answer(f"INSERT INTO {table} VALUES {', '.join(map(_literal, laid[table]))}")
        for figure in FILES:
            for unit, result in ask(session, figure, period).units.items():
                found[unit][figure.key] = result.numerator, result.denominator or 0
    return found


def _literal(row: Row) -> str:
    """A row in SQL."""
    told = ["NULL" if one is None else f"'{one}'" if isinstance(one, str) else str(one) for one in row]
    return f"({', '.join(told)})"
