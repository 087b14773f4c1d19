"""Cells and distances: the same both ways, and no near point outside the rings that are opened."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.duplicates.places import FINE, Grid, metres

LATITUDE = 312_700_000
POINTS = st.tuples(st.integers(312_000_000, 313_500_000), st.integers(1_214_000_000, 1_215_500_000))


def apart(one: tuple[int, int], other: tuple[int, int]) -> float:
    return float(metres(one, np.array([other[0]], np.int32), np.array([other[1]], np.int32))[0])


@given(POINTS, POINTS)
def test_distance_is_the_same_both_ways_and_none_to_itself(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert apart(one, other) == pytest.approx(apart(other, one), abs=1e-6)
    assert apart(one, one) == 0


@given(POINTS, POINTS, POINTS)
def test_no_way_round_is_shorter(one: tuple[int, int], other: tuple[int, int], third: tuple[int, int]) -> None:
    assert apart(one, third) <= (apart(one, other) + apart(other, third)) * 1.001 + 0.01


def test_a_thousandth_of_a_degree_is_a_hundred_and_eleven_metres_north() -> None:
    assert apart((312_700_000, 1_214_900_000), (312_710_000, 1_214_900_000)) == pytest.approx(111.2, abs=0.1)


@given(POINTS, st.integers(-30_000, 30_000), st.integers(-30_000, 30_000))
def test_what_lies_within_the_rings_width_is_in_one_of_them(point: tuple[int, int], up: int, aside: int) -> None:
    grid = Grid(FINE, LATITUDE)
    there = grid.cell(point[0] + up, point[1] + aside)
    rings = {cell: radius for radius in range(5) for cell in grid.ring(grid.cell(*point), radius)}
    assert there in rings
    assert len(rings) == 81


@given(POINTS)
def test_every_cell_of_a_ring_is_another(point: tuple[int, int]) -> None:
    grid = Grid(FINE, LATITUDE)
    ring = list(grid.ring(grid.cell(*point), 3))
    assert len(set(ring)) == len(ring) == 24
