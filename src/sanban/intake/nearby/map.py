"""The district's grids as a drawing: outlines out of its map files, shaded by a count. No tiles are fetched.

North is up; a degree of longitude is drawn as much shorter as it is at the district's latitude. Coordinates are whole
numbers in a box that is `WIDTH` wide.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from sanban.intake.duplicates.places import widening
from sanban.kernel.duty.grid import Grid
from sanban.kernel.duty.place import Point

WIDTH = 1_000
LEVELS = (1, 3, 6)
"""From how many on a grid is shaded darker."""


class Area(msgspec.Struct, frozen=True):
    """One grid: its outline as an SVG path, where its number stands, how many, and how dark (0 to 3)."""

    code: str
    street: str
    outline: str
    x: int
    y: int
    count: int
    level: int


class Drawing(msgspec.Struct, frozen=True):
    """All grids and the box that they are drawn in."""

    width: int
    height: int
    areas: tuple[Area, ...]


def drawing(grids: Mapping[str, Grid], counts: Mapping[str, int]) -> Drawing:
    """The grids with their counts; an empty drawing for a district without grids."""
    points = [point for grid in grids.values() for ring in grid.rings for point in ring]
    if not points:
        return Drawing(0, 0, ())
    west, north = min(point.lon for point in points), max(point.lat for point in points)
    east, south = max(point.lon for point in points), min(point.lat for point in points)
    narrow = widening((north + south) // 2)
    scale = WIDTH / ((east - west) * narrow)

    def at(point: Point) -> tuple[int, int]:
        return round((point.lon - west) * narrow * scale), round((north - point.lat) * scale)

    def area(code: str, grid: Grid) -> Area:
        rings = (" ".join(f"{x},{y}" for x, y in map(at, ring)) for ring in grid.rings)
        x, y = at(grid.middle)
        count = counts.get(code, 0)
        return Area(
            code=code,
            street=grid.street,
            outline=" ".join(f"M{ring}Z" for ring in rings),
            x=x,
            y=y,
            count=count,
            level=sum(count >= least for least in LEVELS),
        )

    return Drawing(WIDTH, round((north - south) * scale), tuple(area(code, grid) for code, grid in grids.items()))
