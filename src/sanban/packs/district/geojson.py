"""Reads the features of a GeoJSON file (RFC 7946, WGS-84), each with the line where it stands.

Coordinates are degrees; they are put on the lattice of 1e-7 degree, and only what stands on the lattice is used. What
cannot be read is a `Wrong` with a fault's code, message and example; whoever reads a file keeps it with the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from sanban.kernel.duty.place import Point
from sanban.kernel.errors import Fault
from sanban.packs.reading.section import Notes

MAX_BYTES: Final = 50_000_000
SCALE: Final = 10_000_000
WGS84: Final = frozenset({"urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "OGC:CRS84", "CRS84",
                          "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"})  # fmt: skip
_FEATURE: Final = re.compile(rb'"type"\s*:\s*"Feature"')


class Wrong(Exception):
    """A feature that cannot be read: code, message, example."""


class Feature(NamedTuple):
    """One feature: its line, from 1, its properties and its geometry as they stand in the file."""

    line: int
    properties: dict[str, Any]
    geometry: Any


def read_features(path: Path, example: str, notes: Notes) -> Iterator[Feature]:
    """The features of a file, an `example` of which is given; what is wrong is noted with its line."""
    try:
        content = path.read_bytes()
        features = _features(content, path.name, example)
    except OSError as error:
        notes.faults.add(Fault(str(path), 0, "not_readable", f"cannot be read: {error.strerror}", example))
        return
    except Wrong as wrong:
        notes.faults.add(Fault(str(path), 0, *wrong.args))
        return
    lines = _lines(content)
    for number, feature in enumerate(features):
        line = lines[number] if number < len(lines) else 0
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if isinstance(properties, dict):
            yield Feature(line, properties, feature.get("geometry"))
        else:
            notes.faults.add(Fault(str(path), line, "no_properties", "a feature has properties", example))


def points_of(coordinates: Any) -> Iterator[Point]:
    """The points of a list of positions. Raises `Wrong` for what is none."""
    for pair in coordinates:
        if not _is_pair(pair):
            raise Wrong("wrong_geometry", f"{pair!r} is not a point: longitude, latitude", "[121.48, 31.25]")
        lon, lat = pair[:2]
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise Wrong("other_crs", f"[{lon}, {lat}] is not in degrees of WGS-84", _convert("grids.geojson"))
        yield Point(round(lon * SCALE), round(lat * SCALE))


def _convert(name: str) -> str:
    return f"ogr2ogr -t_srs EPSG:4326 {name} old.geojson"


def _features(content: bytes, name: str, example: str) -> list[Any]:
    if len(content) > MAX_BYTES:
        raise Wrong("too_large", f"is larger than {MAX_BYTES} bytes", "several districts in several folders")
    try:
        root = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Wrong("not_json", f"is not JSON: {error}", example) from error
    features = root.get("features") if isinstance(root, dict) else None
    if not isinstance(features, list) or not features:
        raise Wrong("no_features", "is not a GeoJSON FeatureCollection with features", example)
    crs = root.get("crs")
    if crs is not None:
        _check_crs(crs, name)
    return features


def _check_crs(crs: object, file: str) -> None:
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else crs
    if name not in WGS84:
        raise Wrong("other_crs", f"its coordinates are in {name}, not in WGS-84 degrees (EPSG:4326)", _convert(file))


def _lines(content: bytes) -> list[int]:
    """The line of each feature, from 1."""
    lines, line, last = [], 1, 0
    for match in _FEATURE.finditer(content):
        line += content.count(b"\n", last, match.start())
        last = match.start()
        lines.append(line)
    return lines


def _is_pair(pair: Any) -> bool:
    return (
        isinstance(pair, Sequence)
        and len(pair) in (2, 3)
        and all(isinstance(each, int | float) and not isinstance(each, bool) for each in pair[:2])
    )
