"""The facts of a home in a session, and the figures in force there.

Facts lie in HOME/facts, figures in the shipped folder and in HOME/figures, where a file takes the place of the shipped
figure of its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sanban.columnar.laying import Layout, case_layout
from sanban.columnar.session import Session, duckdb_session
from sanban.columnar.snapshot import follow
from sanban.handling.figures.judging import facts_of
from sanban.intake.facts import request_layout
from sanban.kernel.duty.place import Place
from sanban.main.house import House
from sanban.packs.figures.definition import FigureBook
from sanban.packs.figures.loading import FIGURES, load_figures

FACTS = "facts"
OWN = "figures"


def layouts_of(house: House) -> Sequence[Layout]:
    """What of the ledger is laid out."""
    duty = house.district.duty
    return (
        case_layout(house.cases.pinned, facts_of),
        request_layout(lambda grid, at: duty.grids.street_of(Place(grid), at) or "", duty.version),
    )


def figures_of(home: Path) -> FigureBook:
    """The figures a home counts by. Raises FaultsFound."""
    return load_figures((FIGURES, home / OWN))


def open_facts(house: House, *, position: int | None = None, without: Sequence[str] = ()) -> Session:
    """A session on the ledger as it stands, or as it stood at a position; brings the facts up to there first.

    `without`: ids of cases that nothing is seen of.
    """
    folder = house.home.folder / FACTS
    if position is not None:
        folder = folder / f"at-{position:012}"
    facts = follow(folder, house.reader, layouts_of(house), position=position)
    return duckdb_session(folder, facts, without=without)
