"""Proves that a district's grids cover it, at every instant, without a gap and without an overlap.

Theory of operation. Every ring is a chain of directed edges with its inside on the left. Cut each edge at all lattice
points that lie exactly on it, then add up: where two grids meet, the edge of one cancels the opposite edge of the
other. If the sum of all grids equals the chain of the outline, edge by edge, the number of grids over any point off
the edges is exactly 1 inside the outline and 0 outside: a sum of areas is determined by its boundary. All of it is
integer arithmetic on the lattice of 1e-7 degree, so there is no tolerance to be chosen and none to hide in.

Only when the sums differ is an area named: shapely finds the overlaps, gaps and overhangs, in a local plane.
Rings that cross themselves are refused first, by shapely's exact predicates. Whoever reads a district loads this when
there is something to prove.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import shapely
from shapely.geometry.base import BaseGeometry

from sanban.kernel.duty.grid import Grid, Ring
from sanban.kernel.duty.place import METRE, Point
from sanban.kernel.duty.validity import in_force
from sanban.kernel.errors import Fault
from sanban.packs.district.grids import Drawn, Outline

AT_MOST: Final = 20
"""Areas named for one instant."""

Edge = tuple[Point, Point]


class Area(NamedTuple):
    """What is wrong at a place: gap, overlap, overhang or ragged_edge; the grids about it, its size and a point."""

    kind: str
    codes: tuple[str, ...]
    square_metres: float
    point: Point


def cover_faults(grids: Sequence[Drawn], outlines: Sequence[Outline], path: str, zone: ZoneInfo) -> list[Fault]:
    """A fault for every area that is not covered exactly once, at the first instant where it is so."""
    faults = [fault for drawn in grids if (fault := _crossing(drawn, path))]
    if faults:
        return faults
    seen: set[Area] = set()
    lines = {drawn.grid.code: drawn.line for drawn in grids}
    for instant in _instants(grids, outlines):
        for area in wrong_areas([drawn.grid for drawn in grids], outlines, instant):
            if area not in seen:
                seen.add(area)
                faults.append(
                    _fault(area, path, max((lines.get(code, 0) for code in area.codes), default=0), instant, zone)
                )
    return faults


def wrong_areas(grids: Sequence[Grid], outlines: Sequence[Outline], instant: int) -> list[Area]:
    """What is not covered exactly once at an instant (microseconds UTC); empty is the proof."""
    alive = [grid for grid in grids if in_force(grid, instant)]
    border = [ring for outline in outlines if in_force(outline, instant) for ring in outline.rings]
    if not _differences([ring for grid in alive for ring in _oriented(grid.rings)], _oriented(border)):
        return []
    return _named(alive, border)[:AT_MOST]


def _instants(grids: Iterable[Drawn], outlines: Iterable[Outline]) -> list[int]:
    """Every instant at which something begins or ends, from the first outline on."""
    spans = [(drawn.grid.valid_from, drawn.grid.valid_to) for drawn in grids]
    spans += [(outline.valid_from, outline.valid_to) for outline in outlines]
    last = [end for _, end in spans if end is not None]
    return sorted({*(start for start, _ in spans), *last})


def _differences(rings: Iterable[Ring], border: Iterable[Ring]) -> list[Edge]:
    """Elementary edges whose sum over the rings is not that of the border."""
    edges = [(edge, 1) for ring in rings for edge in _edges(ring)]
    edges += [(edge, -1) for ring in border for edge in _edges(ring)]
    total: Counter[Edge] = Counter()
    for (start, end), sign in _cut(edges):
        if start < end:
            total[(start, end)] += sign
        else:
            total[(end, start)] -= sign
    return [edge for edge, count in total.items() if count]


def _edges(ring: Ring) -> Iterator[Edge]:
    return pairwise((*ring, ring[0]))


def _cut(edges: Sequence[tuple[Edge, int]]) -> Iterator[tuple[Edge, int]]:
    """Every edge, cut at the points that lie exactly on it; the tree finds those in the edge's box."""
    if not edges:
        return
    points = sorted({point for edge, _ in edges for point in edge})
    tree = shapely.STRtree(shapely.points([(point.lon, point.lat) for point in points]))
    lines = shapely.linestrings([[(point.lon, point.lat) for point in edge] for edge, _ in edges])
    on: dict[int, list[Point]] = {}
    for edge_number, point_number in zip(*tree.query(lines), strict=True):
        if _lies_on(points[point_number], edges[edge_number][0]):
            on.setdefault(int(edge_number), []).append(points[point_number])
    for number, (edge, sign) in enumerate(edges):
        stops = sorted(on[number], reverse=edge[0] > edge[1])
        yield from ((piece, sign) for piece in pairwise(stops))


def _lies_on(point: Point, edge: Edge) -> bool:
    start, end = edge
    turn = (end.lon - start.lon) * (point.lat - start.lat) - (end.lat - start.lat) * (point.lon - start.lon)
    return turn == 0


def _oriented(rings: Sequence[Ring]) -> list[Ring]:
    """Rings with the inside on the left: those inside an odd number of others are holes and run clockwise."""
    shapes = [shapely.Polygon([(point.lon, point.lat) for point in ring]) for ring in rings]
    oriented = []
    for number, ring in enumerate(rings):
        others = (shape for place, shape in enumerate(shapes) if place != number)
        is_hole = sum(other.contains(shapes[number]) for other in others) % 2 == 1
        oriented.append(ring if (_area_twice(ring) > 0) != is_hole else tuple(reversed(ring)))
    return oriented


def _area_twice(ring: Ring) -> int:
    return sum(start.lon * end.lat - end.lon * start.lat for start, end in _edges(ring))


def _crossing(drawn: Drawn, path: str) -> Fault | None:
    """A grid with a ring that crosses itself has no inside."""
    shapes = [shapely.Polygon([(point.lon, point.lat) for point in ring]) for ring in drawn.grid.rings]
    reasons = [shapely.is_valid_reason(shape) for shape in shapes if not shape.is_valid]
    if not reasons:
        return None
    message = f"grid {drawn.grid.code} crosses itself: {', '.join(reasons)} (1e-7 degree)"
    return Fault(path, drawn.line, "crosses_itself", message, "a ring whose edges meet only at its points")


def _named(grids: Sequence[Grid], border: Sequence[Ring]) -> list[Area]:
    """Overlaps, gaps and overhangs with an area; a ragged edge where the difference has none."""
    if not border:
        return [Area("overhang", (grid.code,), 0.0, grid.rings[0][0]) for grid in grids]
    origin = border[0][0]
    shapes = [_shape(grid.rings, origin) for grid in grids]
    whole = _shape(border, origin)
    tree = shapely.STRtree(shapes)
    found = [*_overlaps(grids, shapes, tree, origin)]
    union = shapely.union_all(shapes)
    for kind, rest in (("gap", whole.difference(union)), ("overhang", union.difference(whole))):
        for part in _parts(rest):
            near = tuple(sorted(grids[int(number)].code for number in tree.query(part, "dwithin", distance=1.5)))
            found.append(_area(kind, near, part, origin))
    found.sort(key=lambda area: -area.square_metres)
    return found or _ragged(grids, border)


def _overlaps(
    grids: Sequence[Grid], shapes: Sequence[BaseGeometry], tree: shapely.STRtree, origin: Point
) -> Iterator[Area]:
    for first, second in zip(*tree.query(shapes, predicate="intersects"), strict=True):
        if first < second:
            codes = tuple(sorted((grids[first].code, grids[second].code)))
            shared = shapes[first].intersection(shapes[second])
            yield from (_area("overlap", codes, part, origin) for part in _parts(shared))


def _ragged(grids: Sequence[Grid], border: Sequence[Ring]) -> list[Area]:
    edges = _differences([ring for grid in grids for ring in _oriented(grid.rings)], _oriented(border))
    ends = sorted({point for edge in edges for point in edge})
    near = {
        point: [grid.code for grid in grids if any(point in ring for ring in grid.rings)] for point in ends[:AT_MOST]
    }
    return [Area("ragged_edge", tuple(sorted(codes)), 0.0, point) for point, codes in near.items()]


def _parts(shape: BaseGeometry) -> list[BaseGeometry]:
    return [part for part in shapely.get_parts(shape) if part.area > 0]


def _shape(rings: Sequence[Ring], origin: Point) -> BaseGeometry:
    """The even-odd area of the rings, with the origin at 0, in 1e-7 degree."""
    shape: BaseGeometry = shapely.Polygon()
    for ring in rings:
        part = shapely.Polygon([(point.lon - origin.lon, point.lat - origin.lat) for point in ring])
        shape = shape.symmetric_difference(part)
    return shape


def _area(kind: str, codes: tuple[str, ...], part: BaseGeometry, origin: Point) -> Area:
    inner = part.representative_point()
    point = Point(round(inner.x) + origin.lon, round(inner.y) + origin.lat)
    square = METRE**2 * math.cos(math.radians(point.lat / 10_000_000))
    return Area(kind, codes, round(part.area * square, 4), point)


_SAYS: Final = {
    "gap": "no grid covers",
    "overlap": "more than one grid covers",
    "overhang": "grids reach out of the district's outline over",
    "ragged_edge": "edges do not meet point by point about",
}


def _fault(area: Area, path: str, line: int, instant: int, zone: ZoneInfo) -> Fault:
    day = datetime.fromtimestamp(instant // 1_000_000, zone).date().isoformat()
    place = f"{area.point.lon / 10_000_000:.7f}, {area.point.lat / 10_000_000:.7f}"
    size = f"{area.square_metres:,.0f}" if area.square_metres >= 10 else f"{area.square_metres:.4f}"
    message = f"on {day} {_SAYS[area.kind]} {size} m² at [{place}]; grids there: {', '.join(area.codes) or 'none'}"
    example = "neighbouring grids with the same points along their shared edge"
    return Fault(path, line, area.kind, message, example)
