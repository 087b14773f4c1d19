"""A small map of a place: grids, roads with their names and numbered pins, drawn by the server as SVG.

A `Window` is a rectangle of the ground, in 1e-7 degree of WGS-84, laid over a square of `SIDE` pixels. It travels with
the form, so that a click, which a browser sends as pixels without any program of ours, leads back to a point. A window
is as high as it is wide on the ground, so that nothing is drawn out of shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import cos, radians

import msgspec

from sanban.kernel.duty.grid import Grid
from sanban.kernel.duty.place import METRE, Point
from sanban.packs.district.gazetteer import Gazetteer, Spot

SIDE = 300
NEAREST_METRES, ROOM = 900, 1.5
NAMED_METRES = 4_000
"""A window larger than this shows roads and grids without names."""
LETTER = 11
"""Pixels that a letter of a label is high, and a Chinese one wide."""
_WINDOW = re.compile(r"(-?\d{1,10}),(-?\d{1,10}),(\d{1,10}),(\d{1,10})")


class Window(msgspec.Struct, frozen=True):
    """West and south edge, width and height, in 1e-7 degree."""

    west: int
    south: int
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.west},{self.south},{self.width},{self.height}"

    @property
    def metres(self) -> float:
        """How high it is on the ground."""
        return self.height * METRE

    def pixels(self, point: Point) -> tuple[float, float]:
        """Where a point is drawn: right and down from the upper left corner."""
        return (
            round((point.lon - self.west) * SIDE / self.width, 1),
            round(SIDE - (point.lat - self.south) * SIDE / self.height, 1),
        )

    def point(self, x: int, y: int) -> Point:
        """The ground under a pixel."""
        return Point(
            self.west + round((x + 0.5) * self.width / SIDE), self.south + round((SIDE - y - 0.5) * self.height / SIDE)
        )

    def holds(self, point: Point) -> bool:
        """Whether the point is drawn."""
        return 0 <= point.lon - self.west <= self.width and 0 <= point.lat - self.south <= self.height


class Label(msgspec.Struct, frozen=True):
    """A name at its place, in pixels."""

    text: str
    x: float
    y: float


class Pin(msgspec.Struct, frozen=True):
    """A numbered pin, in pixels."""

    number: int
    x: float
    y: float


class Map(msgspec.Struct, frozen=True):
    """What `intake/place.html` draws: `d` of SVG paths, and labels. `near`: it shows a part of the district."""

    window: Window
    side: int
    grids: str
    marked: str
    roads: str
    codes: tuple[Label, ...]
    names: tuple[Label, ...]
    pins: tuple[Pin, ...]
    near: bool


def map_of(
    grids: Sequence[Grid], gazetteer: Gazetteer, pins: Sequence[tuple[int, Point]], marked: Iterable[str], *, near: bool
) -> Map:
    """The whole district, or what lies round the pins where there are any and `near` is wanted."""
    every = [point for grid in grids for ring in grid.rings for point in ring]
    near = near and bool(pins)
    window = around([point for _, point in pins], NEAREST_METRES) if near else around(every, 0)
    shown = [grid for grid in grids if _meets(grid.rings[0], window)]
    roads = [spot for spot in gazetteer.spots if spot.kind == "road" and _meets(spot.points, window)]
    wanted = set(marked)
    named = window.metres <= NAMED_METRES
    names = tuple(_labels(_named(roads, gazetteer, window), window)) if named else ()
    codes = tuple(_labels(((grid.code, grid.middle) for grid in shown), window, names)) if named else ()
    return Map(
        window=window,
        side=SIDE,
        grids=paths([ring for grid in shown for ring in grid.rings], window, closed=True),
        marked=paths([ring for grid in shown if grid.code in wanted for ring in grid.rings], window, closed=True),
        roads=paths([road.points for road in roads], window, closed=False),
        codes=codes,
        names=names,
        pins=tuple(Pin(number, *window.pixels(point)) for number, point in pins),
        near=near,
    )


def around(points: Sequence[Point], least: float) -> Window:
    """The window round the points, with room at its edges, at least so many metres high."""
    west, east = min(point.lon for point in points), max(point.lon for point in points)
    south, north = min(point.lat for point in points), max(point.lat for point in points)
    narrow = cos(radians((south + north) / 2e7))
    high = max((north - south) * ROOM, (east - west) * narrow * ROOM, least / METRE) if least else 0
    high = high or max(north - south, (east - west) * narrow) * 1.04
    height, width = round(high) + 1, round(high / narrow) + 1
    return Window((west + east - width) // 2, (south + north - height) // 2, width, height)


def window_of(text: str) -> Window | None:
    """The window that `str(window)` wrote; None for anything else."""
    found = _WINDOW.fullmatch(text)
    window = Window(*map(int, found.groups())) if found else None
    return window if window and window.width and window.height else None


def _meets(points: Sequence[Point], window: Window) -> bool:
    """Whether the box of the points reaches into the window."""
    east, north = window.west + window.width, window.south + window.height
    return (
        min(point.lon for point in points) <= east
        and max(point.lon for point in points) >= window.west
        and min(point.lat for point in points) <= north
        and max(point.lat for point in points) >= window.south
    )


def paths(lines: Iterable[Sequence[Point]], window: Window, *, closed: bool) -> str:
    """The `d` of an SVG path."""
    end = "Z" if closed else ""
    return "".join(
        "M" + "L".join(f"{x:g} {y:g}" for x, y in map(window.pixels, line)) + end for line in lines
    )  # fmt: skip


def _labels(named: Iterable[tuple[str, Point | None]], window: Window, taken: Sequence[Label] = ()) -> Iterable[Label]:
    """Labels in the window; one that would stand on another, or on one that is `taken`, is left out."""
    shown = list(taken)
    for text, point in named:
        if point is not None and window.holds(point):
            label = Label(text, *window.pixels(point))
            if not any(_touch(label, other) for other in shown):
                shown.append(label)
                yield label


def _touch(one: Label, other: Label) -> bool:
    return abs(one.y - other.y) < LETTER and abs(one.x - other.x) < LETTER * (len(one.text) + len(other.text)) / 2


def _named(roads: Sequence[Spot], gazetteer: Gazetteer, window: Window) -> Iterable[tuple[str, Point | None]]:
    """Roads by the part of them that lies nearest the middle; everything else at its point."""
    middle = window.point(SIDE // 2, SIDE // 2)
    for road in roads:
        inside = [point for point in _dense(road.points) if window.holds(point)]
        yield road.name, min(inside, key=lambda one: _apart(one, middle), default=None)
    yield from ((spot.name, spot.points[0]) for spot in gazetteer.spots if spot.kind != "road")


def _dense(points: Sequence[Point], steps: int = 8) -> Iterable[Point]:
    for start, end in pairwise(points):
        for step in range(steps + 1):
            yield Point(
                start.lon + (end.lon - start.lon) * step // steps, start.lat + (end.lat - start.lat) * step // steps
            )


def _apart(one: Point, other: Point) -> int:
    return (one.lon - other.lon) ** 2 + (one.lat - other.lat) ** 2
