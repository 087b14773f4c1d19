"""Loads one district from its folder, with every fault of all its files at once.

    district.yaml    code, titles, zone, since when, on whose authority, whether it is synthetic
    units.yaml       desk, centre, streets, departments, stations, grid teams, firms
    directory.yaml   the dispatch directory: duty words to units, by matter and area, on three levels
    rosters.yaml     weekly shifts, laid out between two dates
    links.yaml       who acts for whom, who belongs to whom
    grids.geojson    merged grids in versions, and the district's outline, in WGS-84
    gazetteer.geojson   roads, estates and landmarks with their names; may be absent

All versions are dated by days of the district's zone. The files' names and bytes give the version of the duty table,
so what has the same version answers the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final, TypeVar, cast, get_args
from zoneinfo import ZoneInfo

import msgspec

from sanban.kernel.duty.grid import Ring
from sanban.kernel.duty.place import Point
from sanban.kernel.duty.table import DutyTable, duty_table
from sanban.kernel.duty.unit import Unit
from sanban.kernel.errors import Fault, FaultsFound, SanbanError
from sanban.kernel.mechanism import Origin, Title
from sanban.kernel.party import Links, links
from sanban.packs.district.gazetteer import FILE as GAZETTEER
from sanban.packs.district.gazetteer import NO_GAZETTEER, Gazetteer, read_gazetteer
from sanban.packs.district.grids import Drawing, Outline, read_grids
from sanban.packs.district.parts import (
    Dates,
    check_units,
    read_entries,
    read_links,
    read_rosters,
    read_units,
    versions_clash,
)
from sanban.packs.document import read_document
from sanban.packs.loading import SHIPPED
from sanban.packs.reading.head import instant_of_day, read_adopted
from sanban.packs.reading.section import Notes, Section

DISTRICTS: Final = "_districts"
GEOMETRY: Final = "sanban.packs.district.geometry"
FILES: Final = ("district.yaml", "units.yaml", "directory.yaml", "rosters.yaml", "links.yaml", "grids.geojson")
MOST_FAULTS: Final = 200

T = TypeVar("T")


class District(msgspec.Struct, frozen=True):
    """One district as its folder says. `valid_from`: microseconds UTC; `synthetic`: invented, no real place or person.

    `outline`: rings of the district's border today. `desk`: code of the receiving desk. `adopted`: by whom, if so.
    `places_from`: confidence in basis points from which a place that was read acts by itself; None = never.
    """

    code: str
    title: Title
    zone: str
    origin: Origin
    synthetic: bool
    valid_from: int
    units: tuple[Unit, ...]
    duty: DutyTable
    links: Links
    outline: tuple[Ring, ...]
    adopted: str = ""
    gazetteer: Gazetteer = NO_GAZETTEER
    places_from: int | None = None

    @property
    def desk(self) -> str:
        return next((unit.code for unit in self.units if unit.kind == "desk"), "")

    @property
    def streets(self) -> tuple[Unit, ...]:
        """Every version of every street, in the order of the file."""
        return tuple(unit for unit in self.units if unit.kind == "street")

    @property
    def titles(self) -> dict[str, Title]:
        """The newest title of each unit, by its code."""
        return {unit.code: Title(unit.title_zh, unit.title_en) for unit in self.units}


class _Head(msgspec.Struct, frozen=True):
    code: str
    title: Title
    zone: ZoneInfo
    origin: Origin
    synthetic: bool
    valid_from: int
    adopted: str = ""
    places_from: int | None = None


def shipped_district(name: str = "demo") -> Path:
    """The folder of a district that comes with the program."""
    return SHIPPED / DISTRICTS / name


def load_district(folder: Path) -> District:
    """The district of a folder. Raises FaultsFound with every fault of all its files."""
    notes = Notes()
    head = _opened(folder, "district.yaml", notes, _read_head) or _STAND_IN
    dates = Dates(head.zone, head.valid_from)
    units = _listed(folder, "units.yaml", notes, lambda root: read_units(root, dates))
    known = check_units(units, notes)
    entries = _listed(folder, "directory.yaml", notes, lambda root: read_entries(root, dates, known))
    rosters = _listed(folder, "rosters.yaml", notes, lambda root: read_rosters(root, dates, known))
    found_links = _listed(folder, "links.yaml", notes, lambda root: read_links(root, dates))
    drawing = _drawing(folder, notes, dates, known)
    _stop_at(notes)
    try:
        table = duty_table(
            _version(folder),
            [unit for _, unit in units],
            [drawn.grid for drawn in drawing.grids],
            entries,
            rosters,
        )
    except SanbanError as error:
        raise FaultsFound([Fault(str(folder), 0, "not_a_table", error.message, error.example)]) from error
    gazetteer = read_gazetteer(folder / GAZETTEER, partial(_is_ever_inside, table), notes)
    _stop_at(notes)
    return District(
        code=head.code,
        title=head.title,
        zone=head.zone.key,
        origin=head.origin,
        synthetic=head.synthetic,
        valid_from=head.valid_from,
        units=tuple(unit for _, unit in units),
        duty=table,
        links=links(found_links),
        outline=drawing.outlines[-1].rings,
        adopted=head.adopted,
        gazetteer=gazetteer,
        places_from=head.places_from,
    )


def _is_ever_inside(table: DutyTable, point: Point) -> bool:
    return any(table.grids.grid_at(point, moment) is not None for moment in table.moments)


def _opened(folder: Path, name: str, notes: Notes, read: Callable[[Section], T]) -> T | None:
    """What a file says; None, with the faults kept, where it cannot be read."""
    try:
        root = Section(read_document(folder / name, shown=str(folder / name)), Path(name).stem, notes)
    except FaultsFound as found:
        notes.faults.update(found.faults)
        return None
    made = read(root)
    root.close()
    return made


def _listed(folder: Path, name: str, notes: Notes, read: Callable[[Section], list[T]]) -> list[T]:
    return _opened(folder, name, notes, read) or []


def _read_head(root: Section) -> _Head:
    code = root.text("district", "demo", required=True)
    zone = _zone(root)
    day = root.day("valid_from", "2024-01-01", required=True) or 0
    origin = cast(Origin, root.choice("origin", get_args(Origin), default="illustrative", required=True))
    adopted = root.section("adopted", "adopted")
    if (origin == "local") != (adopted is not None):
        message = "a local district, and no other, says who adopted its files"
        example = "adopted: {authority: 区城运中心, document: 城运〔2026〕3号, date: 2026-01-15}"
        root.refuse(root.take("origin") or root.node, "origin_without_adoption", message, example)
    return _Head(
        code=code,
        title=root.title(required=True) or Title("?", "?"),
        zone=zone,
        origin=origin,
        synthetic=root.flag("synthetic"),
        valid_from=instant_of_day(day, zone),
        adopted="" if adopted is None else read_adopted(adopted),
        places_from=_places_from(root),
    )


def _places_from(root: Section) -> int | None:
    places = root.section("places", "places", example="{auto_at: 8500}")
    if places is None:
        return None
    auto_at = places.integer("auto_at", 1, 10_000, default=8_500, required=True)
    places.close()
    return auto_at


def _zone(root: Section) -> ZoneInfo:
    name = root.text("zone", "Asia/Shanghai", required=True, default="Asia/Shanghai")
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        root.refuse(root.take("zone") or root.node, "not_a_zone", f"{name!r} is not a time zone", "zone: Asia/Shanghai")
        return ZoneInfo("Asia/Shanghai")


def _drawing(folder: Path, notes: Notes, dates: Dates, units: dict[str, Sequence[Unit]]) -> Drawing:
    """The grids, proven to cover the outline exactly at every instant."""
    path = folder / "grids.geojson"
    drawing = read_grids(path, dates, notes)
    before = len(notes.faults)
    for drawn in drawing.grids:
        street = units.get(drawn.grid.street)
        if street is None or street[0].kind != "street":
            message = f"grid {drawn.grid.code}: {drawn.grid.street!r} is not a street of units.yaml"
            example = next((code for code, found in units.items() if found[0].kind == "street"), "street-01")
            notes.faults.add(Fault(str(path), drawn.line, "unknown_street", message, f'"street": "{example}"'))
    clashes = versions_clash("grid", [(drawn.line, drawn.grid) for drawn in drawing.grids], str(path))
    notes.faults.update(clashes)
    if drawing.whole and len(notes.faults) == before:
        notes.faults.update(
            import_module(GEOMETRY).cover_faults(drawing.grids, drawing.outlines, str(path), dates.zone)
        )
    return drawing if drawing.outlines else Drawing((), (Outline((), 0),), whole=False)


def _stop_at(notes: Notes) -> None:
    if notes.faults:
        raise FaultsFound(sorted(notes.faults)[:MOST_FAULTS])


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in FILES:
        content = (folder / name).read_bytes()
        digest.update(f"{name}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


_STAND_IN: Final = _Head("", Title("?", "?"), ZoneInfo("Asia/Shanghai"), "illustrative", synthetic=True, valid_from=0)
