#!/usr/bin/env python3
"""Draws the grids of the synthetic demo district: the same file every time.

Cells of a Voronoi diagram, evened out twice, inside an irregular outline that lies in the open sea, so that no point
of it is anybody's home. All lines are noded on the lattice of 1e-7 degree before the cells are made of them: shared
edges are the same points. Eight streets of about 25 grids; two grids on a border between streets are redrawn on
1 May 2026.

Usage: scripts/make_demo_district.py [FOLDER]
"""

from __future__ import annotations

import json
import math
import random  # noqa: TID251 -- seeded, and a script
import sys
from itertools import pairwise
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

FOLDER = Path(__file__).parents[1] / "src/sanban/matters/_districts/demo"
CENTRE = (1_234_000_000, 304_000_000)
WIDE, HIGH = 340_000, 260_000
STREETS, GRIDS = 8, 200
REDRAWN_ON = "2026-05-01"
Lattice = tuple[int, int]


def outline(chance: random.Random) -> BaseGeometry:
    """An uneven ring about the origin, in 1e-7 degree."""
    corners = []
    for step in range(40):
        angle = math.tau * step / 40
        reach = 1 + 0.12 * math.sin(3 * angle + 1) + 0.05 * math.sin(7 * angle) + chance.uniform(-0.02, 0.02)
        corners.append((round(WIDE * reach * math.cos(angle)), round(HIGH * reach * math.sin(angle))))
    return shapely.Polygon(corners)


def scattered(chance: random.Random, area: BaseGeometry, count: int) -> list[tuple[float, float]]:
    """Points of the area by chance."""
    west, south, east, north = area.bounds
    points: list[tuple[float, float]] = []
    while len(points) < count:
        point = (chance.uniform(west, east), chance.uniform(south, north))
        if area.contains(shapely.Point(point)):
            points.append(point)
    return points


def evened(points: list[tuple[float, float]], area: BaseGeometry, times: int) -> list[tuple[float, float]]:
    """Each point moved to the middle of its cell."""
    for _ in range(times):
        cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=area))
        middles = [cell.intersection(area).centroid for cell in cells]
        points = [(round(middle.x), round(middle.y)) for middle in middles if not middle.is_empty]
    return points


def cells_of(points: list[tuple[float, float]], area: BaseGeometry) -> list[BaseGeometry]:
    """The cells, with every line noded on the lattice."""
    edges = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=area, only_edges=True)
    lines = shapely.union_all([edges.intersection(area), area.exterior], grid_size=1)
    return list(shapely.get_parts(shapely.polygonize(shapely.get_parts(lines))))


def coded(cells: list[BaseGeometry], middles: list[tuple[float, float]]) -> dict[str, tuple[str, BaseGeometry]]:
    """Code -> street and cell: the street whose middle is nearest; numbered from the north-west."""
    ordered = sorted(middles, key=lambda middle: (-round(middle[1] / 120_000), middle[0]))
    by_street: dict[int, list[BaseGeometry]] = {}
    for cell in cells:
        near = min(range(STREETS), key=lambda number: math.dist(ordered[number], cell.centroid.coords[0]))
        by_street.setdefault(near, []).append(cell)
    found = {}
    for street, own in sorted(by_street.items()):
        own.sort(key=lambda cell: (-round(cell.centroid.y / 40_000), cell.centroid.x))
        for number, cell in enumerate(own, 1):
            found[f"{street + 1:02d}-{number:03d}"] = (f"street-{street + 1:02d}", cell)
    return found


def redrawn(grids: dict[str, tuple[str, BaseGeometry]]) -> dict[str, BaseGeometry]:
    """Two neighbours in different streets with a new point in the middle of their longest shared edge."""
    best: tuple[float, str, str, Lattice, Lattice] | None = None
    names = sorted(grids)
    for first in names:
        for second in names:
            if first < second and grids[first][0] != grids[second][0]:
                shared = grids[first][1].intersection(grids[second][1])
                if shared.geom_type == "LineString" and (best is None or shared.length > best[0]):
                    start, end = ((round(x), round(y)) for x, y in (shared.coords[0], shared.coords[-1]))
                    best = (shared.length, first, second, start, end)
    assert best is not None
    _, first, second, start, end = best
    into = grids[second][1].centroid
    bend = (round((start[0] + end[0]) / 2 * 0.6 + into.x * 0.4), round((start[1] + end[1]) / 2 * 0.6 + into.y * 0.4))
    return {code: shapely.Polygon(bent(grids[code][1], {start, end}, bend)) for code in (first, second)}


def bent(cell: BaseGeometry, edge: set[Lattice], bend: Lattice) -> list[Lattice]:
    """The cell's ring with a point put into one edge."""
    ring = [(round(x), round(y)) for x, y in cell.exterior.coords]
    made = ring[:1]
    for before, after in pairwise(ring):
        made += [bend, after] if {before, after} == edge else [after]
    return made


def feature(shape: BaseGeometry, **properties: object) -> str:
    """One line of GeoJSON."""
    ring = shapely.geometry.polygon.orient(shape).exterior.coords
    degrees = ", ".join(f"[{(x + CENTRE[0]) / 1e7:.7f}, {(y + CENTRE[1]) / 1e7:.7f}]" for x, y in ring)
    head = json.dumps({"type": "Feature", "properties": properties})[:-1]
    return f'{head}, "geometry": {{"type": "Polygon", "coordinates": [[{degrees}]]}}}}'


def main() -> None:
    """Writes grids.geojson."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    chance = random.Random(8)  # noqa: S311 -- a drawing, not a secret
    area = outline(chance)
    cells = cells_of(evened(scattered(chance, area, GRIDS), area, 2), area)
    grids = coded(cells, evened(scattered(chance, area, STREETS), area, 12))
    anew = redrawn(grids)
    lines = [feature(shapely.union_all(cells), outline=True)]
    for code, (street, cell) in sorted(grids.items()):
        if code not in anew:
            lines.append(feature(cell, code=code, street=street))
            continue
        lines.append(feature(cell, code=code, street=street, valid_to=REDRAWN_ON))
        lines.append(feature(anew[code], code=code, street=street, valid_from=REDRAWN_ON))
    text = '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"
    (folder / "grids.geojson").write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(grids)} grids, {len(text):,} characters, redrawn: {', '.join(anew)}\n")


if __name__ == "__main__":
    main()
