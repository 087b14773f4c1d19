"""Merged grids, and which one a point lies in at an instant.

A grid is an area with a code, kept in versions: a redraw ends one version and begins the next at its effective
instant, so a question about April is answered by April's grids for ever.

`GridMap` lays a uniform net of buckets over all versions; a look-up takes one bucket, drops the versions not in force
and those whose box misses the point, and tests the rest exactly. All arithmetic is on integers: no point is ever in two
answers, or in none, through rounding. A point on an edge or a corner belongs to every grid that touches it, and the
lowest code among them wins, the same every time. That the grids leave no gap and no overlap is proven when a district
is loaded, outside the kernel.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import isqrt

import msgspec

from sanban.kernel.duty.place import NOWHERE, Place, Point
from sanban.kernel.duty.validity import in_force, version_at, versions_by_code
from sanban.kernel.errors import SanbanError

Ring = tuple[Point, ...]


class Grid(msgspec.Struct, frozen=True):
    """One version of a grid in one street.

    `rings` are read by the even-odd rule, so holes and separate parts need no mark; a ring may repeat its first
    point at its end or not. Raises `SanbanError` for an empty code, no ring, or a ring of fewer than three points.
    """

    code: str
    street: str
    rings: tuple[Ring, ...]
    valid_from: int
    valid_to: int | None = None

    def __post_init__(self) -> None:
        if not self.code or not self.rings or any(len(set(ring)) < 3 for ring in self.rings):
            raise SanbanError(
                f"grid {self.code!r}: a grid has a code and at least one ring of three or more points",
                "code: '0100203', rings: [[[1214800000, 312500000], [1214900000, 312500000], [1214900000, 312600000]]]",
            )

    @property
    def middle(self) -> Point:
        """The middle of the box around it."""
        lons = [point.lon for ring in self.rings for point in ring]
        lats = [point.lat for ring in self.rings for point in ring]
        return Point((min(lons) + max(lons)) // 2, (min(lats) + max(lats)) // 2)


class Bounded(msgspec.Struct, frozen=True):
    """A grid with the box around it, edges included, in 1e-7 degree."""

    grid: Grid
    west: int
    south: int
    east: int
    north: int

    def may_hold(self, point: Point, instant: int) -> bool:
        """Whether the grid is in force and its box holds the point."""
        return (
            self.west <= point.lon <= self.east
            and self.south <= point.lat <= self.north
            and in_force(self.grid, instant)
        )


class GridMap(msgspec.Struct, frozen=True):
    """All versions of all grids, indexed; made by `grid_map`. Buckets are `width` x `height`, in 1e-7 degree."""

    versions: dict[str, tuple[Grid, ...]]
    buckets: dict[tuple[int, int], tuple[Bounded, ...]]
    width: int
    height: int

    def grid_at(self, point: Point, instant: int) -> Grid | None:
        """The grid that holds the point at the instant: the lowest code of those that touch it, or `None` outside."""
        for bounded in self.buckets.get((point.lon // self.width, point.lat // self.height), ()):
            if bounded.may_hold(point, instant) and holds(bounded.grid, point):
                return bounded.grid
        return None

    def place_at(self, point: Point, instant: int) -> Place:
        """The codes of the point at the instant; both are `None` outside the district."""
        grid = self.grid_at(point, instant)
        return Place(grid.code, grid.street) if grid else NOWHERE

    def version(self, code: str, instant: int) -> Grid | None:
        """The version of the grid `code` in force at the instant."""
        return version_at(self.versions.get(code, ()), instant)

    def street_of(self, place: Place, instant: int) -> str | None:
        """The street a place belongs to at the instant.

        That of its grid as drawn at the instant; where the grid is unknown or no longer drawn, the street written down
        with the place.
        """
        grid = self.version(place.grid, instant) if place.grid else None
        return grid.street if grid else place.street


def grid_map(grids: Iterable[Grid]) -> GridMap:
    """Index the grids, in any order. Raises `SanbanError` if two versions of one code overlap in time."""
    versions = versions_by_code("grid", grids)
    boxes = [_bounded(grid) for code in versions for grid in versions[code]]
    side = isqrt(len(boxes)) * 2 + 1
    width = _span([box.west for box in boxes], [box.east for box in boxes]) // side + 1
    height = _span([box.south for box in boxes], [box.north for box in boxes]) // side + 1
    return GridMap(versions, _buckets(boxes, width, height), width, height)


def holds(grid: Grid, point: Point) -> bool:
    """Whether the point lies in the grid or on its edge; exact."""
    inside = False
    for ring in grid.rings:
        for start, end in pairwise((*ring, ring[0])):
            turn = _turn(start, end, point)
            if turn == 0 and _in_box(start, end, point):
                return True
            if (start.lat > point.lat) != (end.lat > point.lat) and (turn > 0) == (end.lat > start.lat):
                inside = not inside
    return inside


def _turn(start: Point, end: Point, point: Point) -> int:
    """Twice the signed area of the triangle: above 0 if the point is left of the edge, 0 if it is in line with it."""
    return (end.lon - start.lon) * (point.lat - start.lat) - (end.lat - start.lat) * (point.lon - start.lon)


def _in_box(start: Point, end: Point, point: Point) -> bool:
    low, high = sorted((start.lat, end.lat))
    west, east = sorted((start.lon, end.lon))
    return west <= point.lon <= east and low <= point.lat <= high


def _bounded(grid: Grid) -> Bounded:
    lons = [point.lon for ring in grid.rings for point in ring]
    lats = [point.lat for ring in grid.rings for point in ring]
    return Bounded(grid, min(lons), min(lats), max(lons), max(lats))


def _span(lows: list[int], highs: list[int]) -> int:
    return max(highs, default=0) - min(lows, default=0)


def _buckets(boxes: list[Bounded], width: int, height: int) -> dict[tuple[int, int], tuple[Bounded, ...]]:
    """Each bucket's grids by rising code, which is what makes the lowest code win."""
    buckets: dict[tuple[int, int], list[Bounded]] = {}
    for box in boxes:
        for column in range(box.west // width, box.east // width + 1):
            for row in range(box.south // height, box.north // height + 1):
                buckets.setdefault((column, row), []).append(box)
    return {key: tuple(found) for key, found in buckets.items()}
