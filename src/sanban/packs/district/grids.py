"""Reads a district's grids and its outline from GeoJSON (RFC 7946: polygons and multipolygons in WGS-84).

A grid is a feature with the properties `code` and `street`; `valid_from` and `valid_to` are dates and may be left out.
The district's border is a feature with `"outline": true`, in versions of its own. Coordinates are degrees; they are
put on the lattice of 1e-7 degree, and only what stands on the lattice is proven and used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from sanban.kernel.clock.calendar import day_of_iso
from sanban.kernel.duty.grid import Grid, Ring
from sanban.kernel.duty.place import Point
from sanban.kernel.errors import Fault, SanbanError
from sanban.packs.district.geometry import Drawn, Outline
from sanban.packs.district.parts import CODE, Dates
from sanban.packs.reading.head import instant_of_day
from sanban.packs.reading.section import Notes

MAX_BYTES: Final = 50_000_000
SCALE: Final = 10_000_000
WGS84: Final = frozenset({"urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "OGC:CRS84", "CRS84",
                          "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"})  # fmt: skip
CONVERT: Final = "ogr2ogr -t_srs EPSG:4326 grids.geojson old.geojson"
EXAMPLE: Final = (
    '{"type": "Feature", "properties": {"code": "01-001", "street": "street-01"}, '
    '"geometry": {"type": "Polygon", "coordinates": [[[1.1, 3.5], [1.2, 3.5], [1.2, 3.6], [1.1, 3.5]]]}}'
)
_FEATURE: Final = re.compile(rb'"type"\s*:\s*"Feature"')


class Drawing(NamedTuple):
    """What a file draws. `whole`: every feature could be read, so the cover can be proven."""

    grids: tuple[Drawn, ...]
    outlines: tuple[Outline, ...]
    whole: bool


class _Wrong(Exception):
    """A feature that cannot be read: code, message, example."""


def read_grids(path: Path, dates: Dates, notes: Notes) -> Drawing:
    """The grids and outlines of a file; what is wrong is noted with the line of its feature."""
    try:
        content = path.read_bytes()
        features = _features(content)
    except OSError as error:
        return _nothing(notes, Fault(str(path), 0, "not_readable", f"cannot be read: {error.strerror}", EXAMPLE))
    except _Wrong as wrong:
        return _nothing(notes, Fault(str(path), 0, *wrong.args))
    lines = _lines(content)
    grids: list[Drawn] = []
    outlines: list[Outline] = []
    before = len(notes.faults)
    for number, feature in enumerate(features):
        line = lines[number] if number < len(lines) else 0
        try:
            _add(feature, line, dates, grids, outlines)
        except _Wrong as wrong:
            notes.faults.add(Fault(str(path), line, *wrong.args))
    if not outlines and len(notes.faults) == before:
        message = 'no feature is the district\'s outline ("outline": true)'
        notes.faults.add(Fault(str(path), 0, "no_outline", message, '"properties": {"outline": true}'))
    return Drawing(tuple(grids), tuple(outlines), len(notes.faults) == before)


def _nothing(notes: Notes, fault: Fault) -> Drawing:
    notes.faults.add(fault)
    return Drawing((), (), whole=False)


def _features(content: bytes) -> list[Any]:
    if len(content) > MAX_BYTES:
        raise _Wrong("too_large", f"is larger than {MAX_BYTES} bytes", "several districts in several folders")
    try:
        root = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _Wrong("not_json", f"is not JSON: {error}", EXAMPLE) from error
    features = root.get("features") if isinstance(root, dict) else None
    if not isinstance(features, list) or not features:
        raise _Wrong("no_features", "is not a GeoJSON FeatureCollection with features", EXAMPLE)
    crs = root.get("crs")
    if crs is not None:
        _check_crs(crs)
    return features


def _check_crs(crs: object) -> None:
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else crs
    if name not in WGS84:
        raise _Wrong("other_crs", f"its coordinates are in {name}, not in WGS-84 degrees (EPSG:4326)", CONVERT)


def _lines(content: bytes) -> list[int]:
    """The line of each feature, from 1."""
    lines, line, last = [], 1, 0
    for match in _FEATURE.finditer(content):
        line += content.count(b"\n", last, match.start())
        last = match.start()
        lines.append(line)
    return lines


def _add(feature: Any, line: int, dates: Dates, grids: list[Drawn], outlines: list[Outline]) -> None:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise _Wrong("no_properties", "a feature has properties", EXAMPLE)
    start, end = _span(properties, dates)
    rings = _rings(feature.get("geometry"))
    if properties.get("outline") is True:
        outlines.append(Outline(rings, start, end))
        return
    code, street = (_word(properties, name) for name in ("code", "street"))
    try:
        grid = Grid(code, street, rings, start, end)
    except SanbanError as error:
        raise _Wrong("not_a_grid", error.message, EXAMPLE) from error
    grids.append(Drawn(grid, line))


def _word(properties: dict[str, Any], name: str) -> str:
    value = properties.get(name)
    if not isinstance(value, str) or not CODE.fullmatch(value):
        raise _Wrong("bad_code", f"{name} {value!r} is not a code: letters, digits, . _ -", f'"{name}": "01-001"')
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
            raise _Wrong("not_a_date", f"{name} {value!r} is not a date", f'"{name}": "2026-05-01"') from error
    start, end = instants.get("valid_from", dates.valid_from), instants.get("valid_to")
    if end is not None and end <= start:
        raise _Wrong("wrong_span", "a version ends before it begins", '"valid_to": "2027-01-01"')
    return start, end


def _rings(geometry: Any) -> tuple[Ring, ...]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise _Wrong("wrong_geometry", f"a grid is a Polygon or a MultiPolygon, not {kind}", EXAMPLE)
    coordinates = geometry.get("coordinates")
    parts = coordinates if kind == "MultiPolygon" else [coordinates]
    if not isinstance(parts, list) or not all(isinstance(part, list) and part for part in parts):
        raise _Wrong("wrong_geometry", "coordinates are lists of rings of points", EXAMPLE)
    return tuple(_ring(ring) for part in parts for ring in part)


def _ring(ring: Any) -> Ring:
    """The ring on the lattice, without its closing point and without points given twice in a row."""
    points = list(_points(ring))
    kept = [point for before, point in zip([points[-1], *points], points, strict=False) if point != before]
    if len(set(kept)) < 3:
        raise _Wrong("too_small", "a ring has three or more different points 1e-7 degree (1 cm) apart", EXAMPLE)
    return tuple(kept)


def _points(ring: Any) -> Iterator[Point]:
    if not isinstance(ring, list) or len(ring) < 4:
        raise _Wrong("wrong_geometry", "a ring has four or more points, the last like the first", EXAMPLE)
    for pair in ring:
        if not _is_pair(pair):
            raise _Wrong("wrong_geometry", f"{pair!r} is not a point: longitude, latitude", "[121.48, 31.25]")
        lon, lat = pair[:2]
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise _Wrong("other_crs", f"[{lon}, {lat}] is not in degrees of WGS-84", CONVERT)
        yield Point(round(lon * SCALE), round(lat * SCALE))


def _is_pair(pair: Any) -> bool:
    return (
        isinstance(pair, Sequence)
        and len(pair) in (2, 3)
        and all(isinstance(each, int | float) and not isinstance(each, bool) for each in pair[:2])
    )
