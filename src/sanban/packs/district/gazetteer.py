"""Reads a district's gazetteer from GeoJSON: what places are called, and where they are.

    road       a LineString along its house numbers; `numbers`: the first and the last of them, evenly laid along it
    estate     a Point, the gate of a housing estate
    landmark   a Point, anything else that people name

Each has a `name` and may have `aliases`. Two estates may share a name, as they do in life: then both are thought of.
Where two roads cross is worked out, so junctions need no entry. Everything lies in a grid of the district. The file may
be absent: then addresses are read by the streets' names alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

import msgspec

from sanban.kernel.duty.place import Point
from sanban.kernel.errors import Fault
from sanban.kernel.expression.report import nearest, suggestion
from sanban.packs.district.geojson import Feature, Wrong, points_of, read_features
from sanban.packs.reading.section import Notes

FILE: Final = "gazetteer.geojson"
SpotKind = Literal["road", "estate", "landmark"]
LONGEST_NAME: Final = 40
LARGEST_NUMBER: Final = 9_999
EXAMPLE: Final = (
    '{"type": "Feature", "properties": {"kind": "road", "name": "示范路", "numbers": [1, 199]}, '
    '"geometry": {"type": "LineString", "coordinates": [[1.1, 3.5], [1.2, 3.5]]}}'
)
_KEYS: Final = ("kind", "name", "aliases", "numbers")


class Spot(msgspec.Struct, frozen=True):
    """Something with a name. `points`: one, or a road's line from its first house number to its last."""

    code: str
    kind: SpotKind
    name: str
    points: tuple[Point, ...]
    aliases: tuple[str, ...] = ()
    numbers: tuple[int, int] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


class Crossing(msgspec.Struct, frozen=True):
    """Where two roads, by their codes in order, cross."""

    roads: tuple[str, str]
    point: Point


class Gazetteer(msgspec.Struct, frozen=True):
    """The named places of a district. `version`: the same for the same file."""

    version: str = "none"
    spots: tuple[Spot, ...] = ()
    crossings: tuple[Crossing, ...] = ()


NO_GAZETTEER: Final = Gazetteer()


def read_gazetteer(path: Path, holds: Callable[[Point], bool], notes: Notes) -> Gazetteer:
    """The gazetteer of a file, `NO_GAZETTEER` where there is none. `holds`: whether a point lies in the district."""
    if not path.is_file():
        return NO_GAZETTEER
    lines: dict[str, int] = {}
    spots: list[Spot] = []
    for feature in read_features(path, EXAMPLE, notes):
        try:
            spot = _spot(feature, holds)
            if spot.code in lines:
                message = f"{spot.kind} {spot.name} stands on line {lines[spot.code]} already"
                raise Wrong("name_twice", message, '"aliases": ["示范大道"]')
            lines[spot.code] = feature.line
            spots.append(spot)
        except Wrong as wrong:
            notes.faults.add(Fault(str(path), feature.line, *wrong.args))
    version = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return Gazetteer(version, tuple(spots), tuple(_crossings([spot for spot in spots if spot.kind == "road"])))


def code_of(*parts: str) -> str:
    """How a name stands in an event: twelve hexadecimal digits, never the name."""
    return "g:" + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _spot(feature: Feature, holds: Callable[[Point], bool]) -> Spot:
    given = feature.properties
    unknown = sorted(given.keys() - set(_KEYS))
    if unknown:
        raise Wrong("unknown_key", f"{unknown[0]!r} is no property of a place{suggestion(nearest(unknown[0], _KEYS))}",
                    EXAMPLE)  # fmt: skip
    kind, name = str(given.get("kind", "")), _name(given.get("name"))
    if kind not in get_args(SpotKind):
        near = nearest(kind, get_args(SpotKind))
        known = ", ".join(get_args(SpotKind))
        raise Wrong(
            "not_a_choice", f"kind {kind!r} is none of {known}{suggestion(near)}", f'"kind": "{near or "road"}"'
        )
    aliases = given.get("aliases", [])
    if not isinstance(aliases, list):
        raise Wrong("wrong_kind", "aliases is a list of names", '"aliases": ["示范大道"]')
    points = _points(kind, feature.geometry)
    outside = next((point for point in points if not holds(point)), None)
    if outside is not None:
        at = f"[{outside.lon / 1e7:.7f}, {outside.lat / 1e7:.7f}]"
        raise Wrong("outside", f"{kind} {name}: {at} lies in no grid of the district", "a point within the outline")
    told_apart = () if kind == "road" else (f"{points[0].lon} {points[0].lat}",)
    return Spot(
        code=code_of(kind, name, *told_apart),
        kind=cast(SpotKind, kind),
        name=name,
        points=points,
        aliases=tuple(_name(alias) for alias in aliases),
        numbers=_numbers(kind, given.get("numbers")),
    )


def _name(value: object) -> str:
    if not isinstance(value, str) or not 2 <= len(value.strip()) <= LONGEST_NAME or value.strip().isdecimal():
        raise Wrong("bad_name", f"a name has 2 to {LONGEST_NAME} signs and is no number, not {value!r}",
                    '"name": "示范路"')  # fmt: skip
    return value.strip()


def _points(kind: str, geometry: Any) -> tuple[Point, ...]:
    wanted = "LineString" if kind == "road" else "Point"
    found = geometry.get("type") if isinstance(geometry, dict) else None
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if found != wanted or not isinstance(coordinates, list):
        article = "an" if kind == "estate" else "a"
        raise Wrong("wrong_geometry", f"{article} {kind} is a {wanted}, not {found}", EXAMPLE)
    points = tuple(points_of(coordinates if kind == "road" else [coordinates]))
    if kind == "road" and len(set(points)) < 2:
        raise Wrong("too_small", "a road has two or more different points", EXAMPLE)
    return points


def _numbers(kind: str, value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    whole = isinstance(value, list) and len(value) == 2 and all(type(each) is int for each in value)
    if kind != "road" or not whole or not 1 <= value[0] < value[1] <= LARGEST_NUMBER:
        message = f"numbers are a road's first and last house number, 1 to {LARGEST_NUMBER}, not {value!r}"
        raise Wrong("bad_numbers", message, '"numbers": [1, 199]')
    return value[0], value[1]


def _crossings(roads: Sequence[Spot]) -> Iterator[Crossing]:
    """Where roads meet; those that meet several times are told by the first place."""
    if len(roads) < 2:
        return
    shapely = import_module("shapely")
    lines = [shapely.LineString([(point.lon, point.lat) for point in road.points]) for road in roads]
    for first, second in zip(*shapely.STRtree(lines).query(lines, "intersects"), strict=True):
        if first < second:
            met = shapely.get_coordinates(lines[first].intersection(lines[second]))[0]
            pair = sorted((roads[first].code, roads[second].code))
            yield Crossing((pair[0], pair[1]), Point(round(met[0]), round(met[1])))
