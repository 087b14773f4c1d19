"""The district's grids as a drawing: outlines out of its map files, shaded by a count. No tiles are fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from sanban.intake.place.map import SIDE, around, paths
from sanban.kernel.duty.grid import Grid

LEVELS = (1, 3, 6)
"""From how many on a grid is shaded darker."""


class Area(msgspec.Struct, frozen=True):
    """One grid: its outline as an SVG path, where its number stands in pixels, how many, and how dark (0 to 3)."""

    code: str
    outline: str
    x: float
    y: float
    count: int
    level: int


class Drawing(msgspec.Struct, frozen=True):
    """All grids, in a square of `side` pixels."""

    side: int
    areas: tuple[Area, ...]


def drawing(grids: Mapping[str, Grid], counts: Mapping[str, int], levels: Sequence[int] = LEVELS) -> Drawing:
    """The grids with their counts; an empty drawing for a district without grids."""
    points = [point for grid in grids.values() for ring in grid.rings for point in ring]
    if not points:
        return Drawing(SIDE, ())
    window = around(points, 0)

    def area(code: str, grid: Grid) -> Area:
        count, (x, y) = counts.get(code, 0), window.pixels(grid.middle)
        level = sum(count >= least for least in levels)
        return Area(code, paths(grid.rings, window, closed=True), x, y, count, level)

    return Drawing(SIDE, tuple(area(code, grid) for code, grid in grids.items()))
