"""The dispatch directory: which unit answers for which duty, matter and area, since when, and why.

An entry is a row: *for this matter (or any), in this area (or anywhere), this duty is held by this unit, from then to
then*. A ruling that settles a dispute is kept as a row too, of origin `precedent`, so that the next like case needs no
dispute. Rows are never edited: a change ends one and begins another.

Several rows may fit one question; `rank` puts them in order: a precedent before the directory, the matter by name
before any matter, the grid before the street before anywhere, the row in force later before the one in force earlier,
and the lowest id last of all, so that exactly one row is first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from sanban.kernel.errors import SanbanError

Level = Literal["district", "street", "grid"]
Origin = Literal["directory", "precedent"]

ANY = "*"


class Entry(msgspec.Struct, frozen=True):
    """One row of the dispatch directory.

    `matter` is a code or `*`; `area` is a grid code, a street code or `*`; `duty` is a duty word such as `street` or
    `fire_brigade`. `level` says whose dispatch the row serves: the `district` sends to a street or department, and
    inside that unit a `street` or `grid` row names the office, team or station. `cites` is the document or ruling.
    """

    id: str
    matter: str
    duty: str
    area: str
    unit: str
    level: Level
    valid_from: int
    valid_to: int | None = None
    origin: Origin = "directory"
    cites: str = ""


class Question(msgspec.Struct, frozen=True):
    """What is asked of the directory; `grid` and `street` are the place's codes as of the instant."""

    matter: str
    duty: str
    grid: str | None
    street: str | None
    instant: int
    level: Level = "district"


Key = tuple[str, Level, str, str]
Rank = tuple[bool, bool, int, int, str]
Directory = dict[Key, tuple[Entry, ...]]


def directory(entries: Iterable[Entry]) -> Directory:
    """Index the rows by duty, level, matter and area. Raises `SanbanError` if two rows share an id."""
    found: dict[Key, list[Entry]] = {}
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            raise SanbanError(f"directory entry {entry.id}: the id is used twice", "id: d-0001, then id: d-0002")
        seen.add(entry.id)
        found.setdefault((entry.duty, entry.level, entry.matter, entry.area), []).append(entry)
    return {key: tuple(sorted(rows, key=lambda row: rank(row, 0))) for key, rows in found.items()}


def rank(entry: Entry, area_step: int) -> Rank:
    """The place of a row among those that fit; lower is first. `area_step`: 0 grid, 1 street, 2 anywhere."""
    return (entry.origin != "precedent", entry.matter == ANY, area_step, -entry.valid_from, entry.id)


def fitting(rows: Directory, question: Question) -> list[tuple[Rank, Entry]]:
    """Every row in force that fits, first the one that goes first."""
    duty, level, instant = question.duty, question.level, question.instant
    areas = ((0, question.grid), (1, question.street), (2, ANY))
    found: list[tuple[Rank, Entry]] = []
    for matter in (question.matter, ANY) if question.matter != ANY else (ANY,):
        for step, area in areas:
            if area is None:
                continue
            for entry in rows.get((duty, level, matter, area), ()):
                if entry.valid_from <= instant and (entry.valid_to is None or instant < entry.valid_to):
                    found.append((rank(entry, step), entry))
    return sorted(found, key=lambda pair: pair[0]) if len(found) > 1 else found
