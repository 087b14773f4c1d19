"""Rulings that the directory keeps: who answers for which matter where, from when, on the ground of which case.

An area is a grid or a street; where it lay when the ruling was made can be drawn from the grids as they stood then.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from sanban.joint.room.ports import Needs
from sanban.kernel.duty.directory import Entry
from sanban.kernel.duty.grid import Grid, GridMap
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor

MOST = 200
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
    """A kept ruling. `case`: the number of the case it rests on, '' where the viewer may not know of it."""

    entry: str
    matter: Title
    duty: str
    area: str
    unit: Title
    since: int
    case: str
    outline: Outline | None


def rulings(viewer: Actor, needs: Needs, now: int) -> tuple[RulingLine, ...]:
    """Every kept ruling, the newest first."""
    newest = list(reversed(needs.precedents()))[:MOST]
    return tuple(_line(viewer, needs, entry, now) for entry in newest)


def _line(viewer: Actor, needs: Needs, entry: Entry, now: int) -> RulingLine:
    mechanism = needs.mechanism(entry.matter, now)
    known = needs.case(viewer, entry.cites) if entry.cites else None
    return RulingLine(
        entry=entry.id,
        matter=mechanism.title if mechanism else Title(entry.matter, entry.matter),
        duty=entry.duty,
        area=entry.area,
        unit=needs.unit(entry.unit, now),
        since=entry.valid_from,
        case=known.number if known else "",
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
