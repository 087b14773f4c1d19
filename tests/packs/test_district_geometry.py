"""Every point of a district lies in exactly one grid at every instant, and what does not is named."""

from __future__ import annotations

import random  # noqa: TID251 -- seeded, in a test
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import read_once
from sanban.kernel.duty.grid import Grid, Ring, grid_map, holds
from sanban.kernel.duty.place import Place, Point
from sanban.kernel.duty.validity import in_force
from sanban.kernel.mechanism import Title
from sanban.packs.district import District
from sanban.packs.district.geometry import cover_faults, wrong_areas
from sanban.packs.district.grids import Drawn, Outline

ZONE = ZoneInfo("Asia/Shanghai")
DAY = 86_400_000_000
FIRST_OF_MAY = 1_777_564_800_000_000
"""2026-05-01T00:00+08:00."""
INSTANTS = (FIRST_OF_MAY - 1, FIRST_OF_MAY)


@pytest.fixture(scope="module")
def demo() -> District:
    return read_once.district()


def square(west: int, south: int, east: int, north: int) -> Ring:
    return (Point(west, south), Point(east, south), Point(east, north), Point(west, north))


def grid(code: str, *rings: Ring, start: int = 0, end: int | None = None) -> Grid:
    return Grid(code, "street-01", rings, start, end)


WHOLE = square(0, 0, 1000, 1000)
BORDER = (Outline((WHOLE,), 0),)
LEFT, RIGHT = square(0, 0, 400, 1000), square(400, 0, 1000, 1000)


def all_grids(district: District) -> list[Grid]:
    return [version for versions in district.duty.grids.versions.values() for version in versions]


@pytest.mark.parametrize("instant", INSTANTS)
def test_ten_thousand_points_lie_in_exactly_one_grid_each(demo: District, instant: int) -> None:
    chance = random.Random(20260501)
    border = shapely.Polygon([(point.lon, point.lat) for point in demo.outline[0]])
    alive = [one for one in all_grids(demo) if in_force(one, instant)]
    shapes = [shapely.Polygon([(p.lon, p.lat) for p in one.rings[0]]) for one in alive]
    tree = shapely.STRtree(shapes)
    west, south, east, north = (int(edge) for edge in border.bounds)
    points = [Point(chance.randint(west, east), chance.randint(south, north)) for _ in range(16_000)]
    inside = [point for point in points if border.covers(shapely.Point(point.lon, point.lat))][:10_000]
    assert len(inside) == 10_000
    for point in inside:
        near = [alive[number] for number in tree.query(shapely.Point(point.lon, point.lat))]
        holding = sorted(one.code for one in near if holds(one, point))
        found = demo.duty.grids.grid_at(point, instant)
        assert found is not None
        assert holding[0] == found.code
        assert (
            len(holding) == 1 or sum(shapely.Point(point.lon, point.lat).distance(s.exterior) == 0 for s in shapes) > 1
        )


@pytest.mark.parametrize("instant", INSTANTS)
def test_a_corner_or_a_point_on_an_edge_belongs_to_the_lowest_code_that_touches_it(
    demo: District, instant: int
) -> None:
    alive = [one for one in all_grids(demo) if in_force(one, instant)]
    touching: dict[Point, list[str]] = {}
    for one in alive:
        ring = one.rings[0]
        for here, after in zip(ring, (*ring[1:], ring[0]), strict=True):
            touching.setdefault(here, []).append(one.code)
            if (here.lon + after.lon) % 2 == 0 and (here.lat + after.lat) % 2 == 0:
                touching.setdefault(Point((here.lon + after.lon) // 2, (here.lat + after.lat) // 2), []).append(
                    one.code
                )
    assert max(len(codes) for codes in touching.values()) >= 3
    for point, codes in touching.items():
        found = demo.duty.grids.grid_at(point, instant)
        assert found is not None
        assert found.code == min(codes)


def test_the_shipped_grids_are_proven(demo: District) -> None:
    border = [Outline(demo.outline, demo.valid_from)]
    for instant in (demo.valid_from, *INSTANTS):
        assert wrong_areas(all_grids(demo), border, instant) == []


def test_one_lattice_point_moved_by_a_centimetre_is_found(demo: District) -> None:
    border = [Outline(demo.outline, demo.valid_from)]
    grids = all_grids(demo)
    ring = grids[30].rings[0]
    moved = (Point(ring[0].lon + 1, ring[0].lat + 1), *ring[1:])
    wrong = wrong_areas([*grids[:30], grid(grids[30].code, moved), *grids[31:]], border, FIRST_OF_MAY)
    assert any(grids[30].code in area.codes for area in wrong)


def test_after_a_redraw_april_keeps_its_grids_and_may_has_new_ones(demo: District) -> None:
    redrawn = [versions for versions in demo.duty.grids.versions.values() if len(versions) == 2]
    assert [versions[0].code for versions in redrawn] == ["01-011", "02-001"]
    bend = next(iter(set(redrawn[0][1].rings[0]) - set(redrawn[0][0].rings[0])))
    grids = demo.duty.grids
    inside = Point(bend.lon, bend.lat)
    before, after = grids.place_at(inside, INSTANTS[0]), grids.place_at(inside, INSTANTS[1])
    assert (before, after) == (Place("02-001", "street-02"), Place("01-011", "street-01"))
    assert grids.street_of(before, FIRST_OF_MAY + DAY) == "street-02"


def test_the_demo_says_that_it_is_synthetic(demo: District) -> None:
    assert demo.synthetic
    assert demo.title == Title("示范区（合成）", "Demo District (synthetic)")
    assert len(demo.duty.grids.versions) == 200
    assert len(demo.streets) == 8


@pytest.mark.parametrize(
    ("grids", "kind", "codes", "square_metres"),
    [
        ([grid("a", LEFT), grid("b", square(300, 0, 1000, 1000))], "overlap", ("a", "b"), 100_000),
        ([grid("a", LEFT), grid("b", square(500, 0, 1000, 1000))], "gap", ("a", "b"), 100_000),
        ([grid("a", LEFT), grid("b", square(400, 0, 1100, 1000))], "overhang", ("b",), 100_000),
        ([grid("a", LEFT), grid("b", RIGHT), grid("c", square(100, 100, 200, 200))], "overlap", ("a", "c"), 10_000),
        ([grid("a", WHOLE, square(200, 200, 300, 300))], "gap", ("a",), 10_000),
        ([grid("a", LEFT), grid("b", RIGHT), grid("b2", RIGHT)], "overlap", ("b", "b2"), 600_000),
    ],
)
def test_what_is_not_covered_once_is_named(
    grids: list[Grid], kind: str, codes: tuple[str, ...], square_metres: int
) -> None:
    areas = wrong_areas(grids, BORDER, 0)
    assert [(area.kind, area.codes) for area in areas] == [(kind, codes)]
    lattice_square = (111_319.49 / 1e7) ** 2
    assert areas[0].square_metres == pytest.approx(square_metres * lattice_square, rel=1e-3)
    assert all(grid_map([grid("x", WHOLE)]).grid_at(area.point, 0) for area in areas if kind != "overhang")


def test_a_gap_thinner_than_the_lattice_is_still_refused() -> None:
    """The shared edge has a point that its neighbour lacks, one unit off the straight line."""
    bent = (Point(0, 0), Point(401, 0), Point(400, 500), Point(400, 1000), Point(0, 1000))
    straight = (Point(401, 0), Point(1000, 0), Point(1000, 1000), Point(400, 1000))
    assert wrong_areas([grid("a", bent), grid("b", straight)], BORDER, 0)


def test_a_point_on_a_neighbours_straight_edge_is_no_gap() -> None:
    upper, lower = square(400, 500, 1000, 1000), square(400, 0, 1000, 500)
    assert wrong_areas([grid("a", LEFT), grid("b", upper), grid("c", lower)], BORDER, 0) == []


def test_holes_and_parts_are_covered_by_the_grids_inside_them() -> None:
    hole = square(200, 200, 300, 300)
    island = square(2000, 0, 3000, 1000)
    border = (Outline((WHOLE, island), 0),)
    assert wrong_areas([grid("a", WHOLE, hole, island), grid("b", hole)], border, 0) == []


def test_a_ring_that_crosses_itself_is_refused_with_its_line() -> None:
    bow = (Point(0, 0), Point(1000, 1000), Point(1000, 0), Point(0, 1000))
    faults = cover_faults([Drawn(grid("a", bow), 7)], BORDER, "grids.geojson", ZONE)
    assert [(fault.line, fault.code) for fault in faults] == [(7, "crosses_itself")]


def test_each_instant_is_proven_by_itself() -> None:
    redrawn = [
        Drawn(grid("a", LEFT, end=FIRST_OF_MAY), 2),
        Drawn(grid("a", square(0, 0, 500, 1000), start=FIRST_OF_MAY), 3),
        Drawn(grid("b", RIGHT), 4),
    ]
    faults = cover_faults(redrawn, BORDER, "grids.geojson", ZONE)
    assert [fault.code for fault in faults] == ["overlap"]
    assert "2026-05-01" in faults[0].message
    assert "a, b" in faults[0].message


def test_a_grid_that_ends_without_a_successor_leaves_a_gap_from_then_on() -> None:
    grids = [Drawn(grid("a", LEFT, end=FIRST_OF_MAY), 2), Drawn(grid("b", RIGHT), 4)]
    assert [fault.code for fault in cover_faults(grids, BORDER, "grids.geojson", ZONE)] == ["gap"]


def test_grids_without_a_border_in_force_hang_over() -> None:
    assert [area.kind for area in wrong_areas([grid("a", LEFT)], (), 0)] == ["overhang"]


@given(cuts=st.lists(st.integers(1, 999), max_size=6, unique=True), data=st.data())
def test_strips_cover_exactly_until_one_of_them_is_moved(cuts: list[int], data: st.DataObject) -> None:
    edges = [0, *sorted(cuts), 1000]
    strips = [grid(f"s{n}", square(w, 0, e, 1000)) for n, (w, e) in enumerate(pairwise(edges))]
    assert wrong_areas(strips, BORDER, 0) == []
    number = data.draw(st.integers(0, len(strips) - 1))
    west, east = edges[number], edges[number + 1] + data.draw(st.sampled_from((-1, 1)))
    if west < east:
        moved = [*strips[:number], grid(f"s{number}", square(west, 0, east, 1000)), *strips[number + 1 :]]
        assert wrong_areas(moved, BORDER, 0)
