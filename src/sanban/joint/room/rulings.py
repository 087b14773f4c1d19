"""Rulings that the directory keeps: who answers for which matter where, from when, on the ground of which case.

An area is a grid or a street; where it lay when the ruling was made can be drawn from the grids as they stood then.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator

import msgspec

from sanban.joint.room.ports import Needs
from sanban.kernel.duty.directory import Entry
from sanban.kernel.duty.grid import Grid, GridMap
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor

MOST = 200
_KNOWN = "SELECT number FROM case_view WHERE district = :district AND number IN ({numbers}) {kept}"
OPAQUE = re.compile("p-[0-9a-f]{32}")
Ring = tuple[tuple[int, int], ...]


class Outline(msgspec.Struct, frozen=True):
    """Where an area lies: rings of points of 1e-7 degree (longitude, latitude), as drawn when the ruling was made."""

    rings: tuple[Ring, ...]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """West, north, width and height, latitude counted downwards as a picture does."""
        points = [point for ring in self.rings for point in ring]
        west, east = min(lon for lon, _ in points), max(lon for lon, _ in points)
        south, north = min(lat for _, lat in points), max(lat for _, lat in points)
        return west, -north, max(1, east - west), max(1, north - south)

    @property
    def paths(self) -> tuple[str, ...]:
        """The rings as paths of SVG, in the box's coordinates."""
        return tuple("M" + "L".join(f"{lon} {-lat}" for lon, lat in ring) + "Z" for ring in self.rings)


class RulingLine(msgspec.Struct, frozen=True):
    """A kept ruling. `case`: the number of the case it rests on, '' where the viewer may not know of it.

    `entry`: its row of the directory, '' for one whose id tells the case's own, as the first ones did.
    """

    entry: str
    matter: Title
    duty: str
    area: str
    unit: Title
    since: int
    case: str
    outline: Outline | None


def rulings(viewer: Actor, needs: Needs, now: int) -> tuple[RulingLine, ...]:
    """The newest kept rulings. One statement."""
    newest = list(reversed(needs.precedents()))[:MOST]
    known = _known(viewer, needs, {entry.cites for entry in newest if entry.cites})
    return tuple(_line(needs, entry, known, now) for entry in newest)


def _known(viewer: Actor, needs: Needs, cited: Iterable[str]) -> frozenset[str]:
    """Those of the case numbers that the viewer may know of."""
    numbers = {f"number{place}": number for place, number in enumerate(sorted(cited))}
    kept, selves = needs.kept(viewer, "case_view")
    statement = _KNOWN.format(numbers=", ".join(f":{name}" for name in numbers), kept=kept)
    found = needs.reader.query(statement, {**numbers, **selves}) if numbers else ()
    return frozenset(row[0] for row in found)


def _line(needs: Needs, entry: Entry, known: Container[str], now: int) -> RulingLine:
    mechanism = needs.mechanism(entry.matter, now)
    return RulingLine(
        entry=entry.id if OPAQUE.fullmatch(entry.id) else "",
        matter=mechanism.title if mechanism else Title(entry.matter, entry.matter),
        duty=entry.duty,
        area=entry.area,
        unit=needs.unit(entry.unit, now),
        since=entry.valid_from,
        case=entry.cites if entry.cites in known else "",
        outline=outline_of(needs.grids, entry.area, entry.valid_from),
    )


def outline_of(grids: GridMap, area: str, instant: int) -> Outline | None:
    """The area as drawn at the instant: a grid, or all grids of a street; None for one that is drawn nowhere."""
    rings = tuple(
        tuple((point.lon, point.lat) for point in ring) for grid in _drawn(grids, area, instant) for ring in grid.rings
    )
    return Outline(rings) if rings else None


def _drawn(grids: GridMap, area: str, instant: int) -> Iterator[Grid]:
    for code in grids.versions:
        grid = grids.version(code, instant)
        if grid is not None and area in (code, grid.street):
            yield grid
