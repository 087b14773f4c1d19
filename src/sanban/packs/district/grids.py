"""Reads a district's grids and its outline from GeoJSON (RFC 7946: polygons and multipolygons in WGS-84).

A grid is a feature with the properties `code` and `street`; `valid_from` and `valid_to` are dates and may be left out.
The district's border is a feature with `"outline": true`, in versions of its own. Coordinates are degrees; they are
put on the lattice of 1e-7 degree, and only what stands on the lattice is proven and used.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from sanban.kernel.clock.calendar import day_of_iso
from sanban.kernel.duty.grid import Grid, Ring
from sanban.kernel.duty.place import Point
from sanban.kernel.errors import Fault, SanbanError
from sanban.packs.district.geojson import Feature, Wrong, points_of, read_features
from sanban.packs.district.parts import CODE, Dates
from sanban.packs.reading.head import instant_of_day
from sanban.packs.reading.section import Notes

EXAMPLE: Final = (
    '{"type": "Feature", "properties": {"code": "01-001", "street": "street-01"}, '
    '"geometry": {"type": "Polygon", "coordinates": [[[1.1, 3.5], [1.2, 3.5], [1.2, 3.6], [1.1, 3.5]]]}}'
)


class Drawn(NamedTuple):
    """A version of a grid and the line of the file where it stands."""

    grid: Grid
    line: int = 0


class Outline(NamedTuple):
    """The district's border: rings by the even-odd rule, in force like a grid (microseconds UTC)."""

    rings: tuple[Ring, ...]
    valid_from: int
    valid_to: int | None = None


class Drawing(NamedTuple):
    """What a file draws. `whole`: every feature could be read, so the cover can be proven."""

    grids: tuple[Drawn, ...]
    outlines: tuple[Outline, ...]
    whole: bool


def read_grids(path: Path, dates: Dates, notes: Notes) -> Drawing:
    """The grids and outlines of a file; what is wrong is noted with the line of its feature."""
    grids: list[Drawn] = []
    outlines: list[Outline] = []
    before = len(notes.faults)
    for feature in read_features(path, EXAMPLE, notes):
        try:
            _add(feature, dates, grids, outlines)
        except Wrong as wrong:
            notes.faults.add(Fault(str(path), feature.line, *wrong.args))
    if not outlines and len(notes.faults) == before:
        message = 'no feature is the district\'s outline ("outline": true)'
        notes.faults.add(Fault(str(path), 0, "no_outline", message, '"properties": {"outline": true}'))
    return Drawing(tuple(grids), tuple(outlines), len(notes.faults) == before)


def _add(feature: Feature, dates: Dates, grids: list[Drawn], outlines: list[Outline]) -> None:
    properties, line = feature.properties, feature.line
    start, end = _span(properties, dates)
    rings = _rings(feature.geometry)
    if properties.get("outline") is True:
        outlines.append(Outline(rings, start, end))
        return
    code, street = (_word(properties, name) for name in ("code", "street"))
    try:
        grid = Grid(code, street, rings, start, end)
    except SanbanError as error:
        raise Wrong("not_a_grid", error.message, EXAMPLE) from error
    grids.append(Drawn(grid, line))


def _word(properties: dict[str, Any], name: str) -> str:
    value = properties.get(name)
    if not isinstance(value, str) or not CODE.fullmatch(value):
        raise Wrong("bad_code", f"{name} {value!r} is not a code: letters, digits, . _ -", f'"{name}": "01-001"')
    return value


def _span(properties: dict[str, Any], dates: Dates) -> tuple[int, int | None]:
    instants: dict[str, int] = {}
    for name in ("valid_from", "valid_to"):
        value = properties.get(name)
        if value is None:
            continue
        try:
            instants[name] = instant_of_day(day_of_iso(value), dates.zone)
        except (ValueError, TypeError) as error:
            raise Wrong("not_a_date", f"{name} {value!r} is not a date", f'"{name}": "2026-05-01"') from error
    start, end = instants.get("valid_from", dates.valid_from), instants.get("valid_to")
    if end is not None and end <= start:
        raise Wrong("wrong_span", "a version ends before it begins", '"valid_to": "2027-01-01"')
    return start, end


def _rings(geometry: Any) -> tuple[Ring, ...]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise Wrong("wrong_geometry", f"a grid is a Polygon or a MultiPolygon, not {kind}", EXAMPLE)
    coordinates = geometry.get("coordinates")
    parts = coordinates if kind == "MultiPolygon" else [coordinates]
    if not isinstance(parts, list) or not all(isinstance(part, list) and part for part in parts):
        raise Wrong("wrong_geometry", "coordinates are lists of rings of points", EXAMPLE)
    return tuple(_ring(ring) for part in parts for ring in part)


def _ring(ring: Any) -> Ring:
    """The ring on the lattice, without its closing point and without points given twice in a row."""
    points = list(_points(ring))
    kept = [point for before, point in zip([points[-1], *points], points, strict=False) if point != before]
    if len(set(kept)) < 3:
        raise Wrong("too_small", "a ring has three or more different points 1e-7 degree (1 cm) apart", EXAMPLE)
    return tuple(kept)


def _points(ring: Any) -> Iterator[Point]:
    if not isinstance(ring, list) or len(ring) < 4:
        raise Wrong("wrong_geometry", "a ring has four or more points, the last like the first", EXAMPLE)
    yield from points_of(ring)
