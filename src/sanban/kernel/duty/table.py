"""The duty table: grids, units, rosters and the directory of one district, as one frozen, versioned value.

`duty_table` checks and indexes the parts once, when they are loaded; everything that asks who answers then reads
dictionaries. The order of the parts does not matter. The table's `version` is a word of its owner's choosing that a
ledger event can cite.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from sanban.kernel.duty.directory import Directory, Entry, Level, directory
from sanban.kernel.duty.grid import Grid, GridMap, grid_map
from sanban.kernel.duty.unit import Roster, Unit
from sanban.kernel.duty.validity import Valid, version_at, versions_by_code
from sanban.kernel.errors import SanbanError


class DutyTable(msgspec.Struct, frozen=True, eq=False):
    """Everything duty depends on. `known_from`: the instant of the first row of each duty and level.

    `moments`: every instant at which some part begins or ends, in order; between two of them nothing changes, so that
    `kept` answers (see `answer`) stay true.
    """

    version: str
    grids: GridMap
    units: dict[str, tuple[Unit, ...]]
    rosters: dict[str, tuple[Roster, ...]]
    rows: Directory
    entries: dict[str, Entry]
    known_from: dict[tuple[str, Level], int]
    moments: tuple[int, ...] = ()
    kept: dict[tuple[object, ...], object] = {}

    def unit_at(self, code: str, instant: int) -> Unit | None:
        """The version of the unit in force at the instant."""
        return version_at(self.units.get(code, ()), instant)

    @property
    def centres(self) -> tuple[str, ...]:
        """The units whose duty officers answer when nobody else is there."""
        return tuple(code for code, versions in self.units.items() if versions[-1].kind == "centre")

    def line_of(self, code: str, instant: int) -> tuple[str, ...]:
        """The unit and the units above it, nearest first; a ring of parents is walked once."""
        line: dict[str, None] = {}
        unit = self.unit_at(code, instant)
        while unit is not None and unit.code not in line:
            line[unit.code] = None
            unit = self.unit_at(unit.parent, instant) if unit.parent else None
        return tuple(line)


def duty_table(
    version: str,
    units: Iterable[Unit],
    grids: Iterable[Grid] = (),
    entries: Iterable[Entry] = (),
    rosters: Iterable[Roster] = (),
) -> DutyTable:
    """Check and index the parts.

    Raises `SanbanError` for versions of one code that overlap in time, an entry id used twice, and a parent, entry or
    roster naming a unit that is not there.
    """
    by_code = versions_by_code("unit", units)
    rows = tuple(entries)
    turns: dict[str, tuple[Roster, ...]] = {}
    for roster in rosters:
        _known(by_code, f"roster of {roster.unit}", roster.unit)
        turns[roster.unit] = (*turns.get(roster.unit, ()), roster)
    for unit in (unit for versions in by_code.values() for unit in versions if unit.parent):
        _known(by_code, f"unit {unit.code}", unit.parent)
    for entry in rows:
        _known(by_code, f"directory entry {entry.id}", entry.unit)
    drawn = tuple(grids)
    return DutyTable(
        version=version,
        grids=grid_map(drawn),
        units=by_code,
        rosters=turns,
        rows=directory(rows),
        entries={entry.id: entry for entry in rows},
        known_from=_known_from(rows),
        moments=_moments((*rows, *drawn, *(unit for versions in by_code.values() for unit in versions))),
    )


def _moments(parts: Iterable[Valid]) -> tuple[int, ...]:
    spans = [(part.valid_from, part.valid_to) for part in parts]
    return tuple(sorted({at for span in spans for at in span if at is not None}))


def _known_from(rows: Iterable[Entry]) -> dict[tuple[str, Level], int]:
    first: dict[tuple[str, Level], int] = {}
    for row in rows:
        key = (row.duty, row.level)
        first[key] = min(first.get(key, row.valid_from), row.valid_from)
    return first


def _known(units: dict[str, tuple[Unit, ...]], who: str, code: str | None) -> None:
    if code not in units:
        raise SanbanError(f"{who}: no unit has the code {code}", f"unit: {next(iter(units), 'street-01')}")
