"""A point lies in one grid at an instant: on edges and corners, over redraws, and against shapely as an oracle."""

from __future__ import annotations

import random  # noqa: TID251 - seeded here: the test is the shell
from itertools import permutations

import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from sanban.kernel.duty import NOWHERE, Grid, Place, Point, grid_map
from sanban.kernel.duty.grid import holds
from sanban.kernel.duty.place import geo_of, metres
from sanban.kernel.errors import SanbanError

WEST, SOUTH, STEP, SIDE = 1_214_800_000, 312_500_000, 10_000, 14
APRIL, MAY = 1_743_436_800_000_000, 1_746_028_800_000_000


def ring(*corners: tuple[int, int]) -> tuple[Point, ...]:
    return tuple(Point(lon, lat) for lon, lat in corners)


def square(code: str, west: int, south: int, side: int = 10, **more: object) -> Grid:
    corners = ring((west, south), (west + side, south), (west + side, south + side), (west, south + side))
    fields = {"street": "s1", "valid_from": 0, "valid_to": None} | more
    return Grid(code=code, rings=(corners,), **fields)  # type: ignore[arg-type]  # test data, by keyword


def mesh(seed: int, side: int = SIDE) -> list[Grid]:
    """A district without gap or overlap: a net of crooked quadrilaterals with jittered inner corners."""
    chance = random.Random(seed)

    def corner(column: int, row: int) -> Point:
        edge = column in {0, side} or row in {0, side}
        stray = (0, 0) if edge else (chance.randint(-4_900, 4_900), chance.randint(-4_900, 4_900))
        return Point(WEST + column * STEP + stray[0], SOUTH + row * STEP + stray[1])

    net = {(column, row): corner(column, row) for column in range(side + 1) for row in range(side + 1)}
    return [
        Grid(
            f"{row:02}{column:02}",
            f"s{row // 2}",
            ((net[column, row], net[column + 1, row], net[column + 1, row + 1], net[column, row + 1]),),
            0,
        )
        for column in range(side)
        for row in range(side)
    ]


def test_ten_thousand_random_points_each_resolve_to_exactly_one_grid() -> None:
    grids = mesh(7)
    found = grid_map(grids)
    tree = shapely.STRtree([shapely.Polygon([(p.lon, p.lat) for p in grid.rings[0]]) for grid in grids])
    chance = random.Random(11)
    reach = SIDE * STEP
    points = [Point(WEST + chance.randint(0, reach), SOUTH + chance.randint(0, reach)) for _ in range(10_000)]
    hits = tree.query(shapely.points([(p.lon, p.lat) for p in points]), predicate="intersects").T
    touching: dict[int, list[str]] = {}
    for at, grid in hits:
        touching.setdefault(int(at), []).append(grids[grid].code)
    for at, point in enumerate(points):
        grid = found.grid_at(point, 0)
        assert grid is not None
        assert grid.code == min(touching[at]), "the only grid that holds it, or the lowest code of those that touch"


@given(st.integers(0, 50), st.integers(0, 8), st.integers(0, 7), st.integers(0, 4), st.booleans())
def test_every_point_of_a_shared_edge_belongs_to_the_lowest_code_that_touches_it(
    seed: int, line: int, along: int, part: int, upright: bool
) -> None:
    grids = mesh(seed, 8)
    at = min(line, 7)
    grid = next(g for g in grids if g.code == (f"{along:02}{at:02}" if upright else f"{at:02}{along:02}"))
    start, end = grid.rings[0][0], grid.rings[0][3 if upright else 1]
    point = start if part == 0 else Point((start.lon + end.lon) // 2, (start.lat + end.lat) // 2)
    found = grid_map(grids).grid_at(point, 0)
    assert found is not None
    assert found.code == min(g.code for g in grids if holds(g, point))


def test_corner_of_four_grids_goes_to_the_lowest_code_whatever_the_order_of_loading() -> None:
    four = [square("d", 0, 0), square("b", 10, 0), square("c", 0, 10), square("a", 10, 10)]
    for order in permutations(four):
        found = grid_map(order)
        assert found.grid_at(Point(10, 10), 0) == four[3]
        assert found.grid_at(Point(10, 5), 0) == four[1]
        assert found.grid_at(Point(5, 5), 0) == four[0]


@pytest.mark.parametrize(
    ("point", "code"),
    [
        ((1, 1), "frame"),
        ((3, 5), "frame"),
        ((5, 5), None),
        ((25, 5), "frame"),
        ((15, 5), None),
        ((-1, 5), None),
        ((5, 30), None),
        ((0, 0), "frame"),
        ((10, 10), "frame"),
    ],
)
def test_holes_and_separate_parts_are_read_by_the_even_odd_rule(point: tuple[int, int], code: str | None) -> None:
    outer = ring((0, 0), (10, 0), (10, 10), (0, 10), (0, 0))
    hole = ring((3, 3), (7, 3), (7, 7), (3, 7))
    apart = ring((20, 0), (30, 0), (30, 10), (20, 10))
    grid = grid_map([Grid("frame", "s1", (outer, hole, apart), 0)]).grid_at(Point(*point), 0)
    assert (grid.code if grid else None) == code


CORNERS = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=3, max_size=7, unique=True)


@given(CORNERS, st.integers(-10, 10), st.integers(-10, 10))
def test_point_in_polygon_agrees_with_shapely(corners: list[tuple[int, int]], lon: int, lat: int) -> None:
    shape: BaseGeometry = shapely.Polygon(corners)
    if not shape.is_valid:
        shape = shapely.convex_hull(shapely.MultiPoint(corners))
    assume(isinstance(shape, shapely.Polygon))
    outline = [(int(x), int(y)) for x, y in shapely.get_coordinates(shape)]
    assert holds(Grid("g", "s1", (ring(*outline),), 0), Point(lon, lat)) == shape.intersects(shapely.Point(lon, lat))


def test_redraw_keeps_april_as_it_was_and_answers_may_with_the_new_grid() -> None:
    old = square("g1", 0, 0, street="s1", valid_from=0, valid_to=MAY)
    redrawn = square("g1", 0, 0, street="s2", valid_from=MAY)
    split = square("g2", 100, 0, valid_to=MAY)
    halves = [square("g3", 100, 0, 5, valid_from=MAY), square("g4", 105, 0, 5, street="s9", valid_from=MAY)]
    found = grid_map([redrawn, old, split, *halves])
    assert found.grid_at(Point(5, 5), MAY - 1) == old
    assert found.grid_at(Point(5, 5), MAY) == redrawn
    assert found.place_at(Point(107, 2), APRIL) == Place("g2", "s1")
    assert found.place_at(Point(107, 2), MAY) == Place("g4", "s9")
    located = found.place_at(Point(5, 5), APRIL)
    assert located == Place("g1", "s1")
    assert found.street_of(located, APRIL) == "s1"
    assert found.street_of(located, MAY) == "s2"


def test_street_written_down_with_the_place_serves_where_the_grid_is_unknown_or_no_longer_drawn() -> None:
    found = grid_map([square("g1", 0, 0, valid_to=MAY)])
    assert found.street_of(Place("g1", "s7"), MAY) == "s7"
    assert found.street_of(Place(None, "s7"), APRIL) == "s7"
    assert found.street_of(NOWHERE, APRIL) is None
    assert found.version("g1", MAY) is None
    assert found.version("g9", APRIL) is None


def test_point_outside_the_district_has_no_grid() -> None:
    assert grid_map([]).grid_at(Point(0, 0), 0) is None
    assert grid_map([square("g1", 0, 0)]).place_at(Point(11, 5), 0) == NOWHERE


@pytest.mark.parametrize(
    ("code", "rings"),
    [("", (ring((0, 0), (1, 0), (1, 1)),)), ("g", ()), ("g", (ring((0, 0), (1, 0), (0, 0)),))],
    ids=["no code", "no ring", "a ring of two points"],
)
def test_grid_without_code_or_area_is_refused_with_an_example(code: str, rings: tuple[tuple[Point, ...], ...]) -> None:
    with pytest.raises(SanbanError, match="for example: code"):
        Grid(code, "s1", rings, 0)


@pytest.mark.parametrize("end", [None, MAY + 1])
def test_two_versions_of_a_grid_in_force_at_once_are_refused(end: int | None) -> None:
    with pytest.raises(SanbanError, match="grid g1: two versions hold"):
        grid_map([square("g1", 0, 0, valid_from=MAY), square("g1", 0, 0, valid_to=end)])


def test_the_middle_of_a_grid_is_that_of_the_box_round_it() -> None:
    assert square("g", 100, 200, side=10).middle == Point(105, 205)
    two = Grid("g", "s", (ring((0, 0), (4, 0), (0, 4)), ring((10, 10), (20, 10), (10, 30))), 0)
    assert two.middle == Point(10, 15)


def test_a_kilometre_is_one_northwards_and_eastwards() -> None:
    here, north, east = Point(WEST, SOUTH), Point(WEST, SOUTH + 89_832), Point(WEST + 105_080, SOUTH)
    assert [round(metres(here, there)) for there in (here, north, east)] == [0, 1000, 1000]


def test_a_map_is_opened_at_latitude_and_longitude_and_nowhere_without_a_point() -> None:
    assert (geo_of(Point(WEST, SOUTH)), geo_of(None)) == ("geo:31.25000,121.48000", "")
