"""The facts of a home in a session, and the figures in force there.

Facts lie in HOME/facts, those of a published position in a folder of their own inside; figures in the shipped folder
and in HOME/figures, where a file takes the place of the shipped figure of its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sanban.columnar.laying import Layout, case_layout
from sanban.columnar.session import Session, duckdb_session
from sanban.columnar.snapshot import follow, forget, keep
from sanban.handling.figures.judging import facts_of
from sanban.intake.facts import request_layout
from sanban.joint.facts import rating_layout
from sanban.kernel.duty.place import Place
from sanban.ledger.port import Reader
from sanban.main.house import House
from sanban.packs.figures.definition import FigureBook
from sanban.packs.figures.loading import FIGURES, load_figures
from sanban.scorecard.period.stream import AssessedPeriod, stream_of

FACTS = "facts"
AT = "at-"
OWN = "figures"
_BRIEFS = "SELECT position FROM brief_view WHERE district = :district"
_PERIODS = "SELECT period FROM period_view WHERE district = :district"


class _Read(NamedTuple):
    """Figures, and what the files were that they were read from."""

    stamp: tuple[object, ...]
    book: FigureBook


_books: dict[Path, _Read] = {}


def layouts_of(house: House) -> Sequence[Layout]:
    """What of the ledger is laid out."""
    duty = house.district.duty
    return (
        case_layout(house.cases.pinned, facts_of),
        rating_layout(),
        request_layout(lambda grid, at: duty.grids.street_of(Place(grid), at) or "", duty.version),
    )


def figures_of(house: House) -> FigureBook:
    """The figures a home counts by, read anew once a file of theirs has changed. Raises FaultsFound."""
    own, rating = house.home.folder / OWN, house.joint_terms.rating
    stamp = (rating, *_stamps(FIGURES), *_stamps(own))
    known = _books.get(own)
    if known is None or known.stamp != stamp:
        known = _books[own] = _Read(stamp, load_figures((FIGURES, own), rating))
    return known.book


def _stamps(folder: Path) -> Iterator[tuple[str, int, int]]:
    for path in sorted(folder.glob("*.yaml")):
        found = path.stat()
        yield path.name, found.st_mtime_ns, found.st_size


def open_facts(
    house: House, *, position: int | None = None, without: Sequence[str] = (), patience: float = 0, keeps: bool = False
) -> Session:
    """A session on the ledger as it stands, or as it stood at a position; brings the facts up to there first.

    `without`: ids of cases that nothing is seen of; `patience`: as of `follow`; `keeps`: a period or brief will rest on
    these facts, so they are kept, and those of positions that none needs any more are forgotten.
    """
    folder = facts_folder(house, position)
    facts = follow(folder, house.reader, layouts_of(house), position=position, patience=patience)
    if keeps:
        keep(folder, facts, facts_folder(house, facts.place.position))
        needed = {facts_folder(house, one) for one in _published(house.reader)}
        forget(one for one in folder.glob(f"{AT}*") if one not in needed)
    return duckdb_session(folder, facts, without=without)


def facts_folder(house: House, position: int | None = None) -> Path:
    """Where the facts of the ledger's end lie, or those of a position."""
    folder = house.home.folder / FACTS
    return folder if position is None else folder / f"{AT}{position:012}"


def _published(reader: Reader) -> Iterator[int]:
    """The positions that periods and briefs were counted at."""
    yield from (int(position) for (position,) in reader.query(_BRIEFS))
    for (name,) in reader.query(_PERIODS):
        state = reader.state(stream_of(name))
        if isinstance(state, AssessedPeriod):
            yield state.drafted.position
