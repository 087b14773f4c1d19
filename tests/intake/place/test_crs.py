"""Coordinate systems of Chinese maps: there and back, nothing outside, and known points."""

from __future__ import annotations

from math import cos, hypot, radians

from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.place.crs import CRS, EAST, NORTH, SOUTH, WEST, from_wgs84, to_wgs84

INSIDE = (st.floats(73.5, 135.0), st.floats(18.0, 53.5))
ABROAD = st.one_of(
    st.tuples(st.floats(-180, WEST, exclude_max=True), st.floats(-90, 90)),
    st.tuples(st.floats(EAST, 180, exclude_min=True), st.floats(-90, 90)),
    st.tuples(st.floats(-180, 180), st.floats(-90, SOUTH, exclude_max=True)),
    st.tuples(st.floats(-180, 180), st.floats(NORTH, 90, exclude_min=True)),
)


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    east = (one[0] - other[0]) * 111_320 * cos(radians(one[1]))
    return hypot(east, (one[1] - other[1]) * 110_574)


@given(*INSIDE, st.sampled_from(CRS))
def test_a_point_inside_china_comes_back_within_a_metre(lon, lat, crs) -> None:
    assert metres(to_wgs84(*from_wgs84(lon, lat, crs), crs), (lon, lat)) < 1


@given(ABROAD, st.sampled_from(CRS))
def test_a_point_outside_china_is_not_moved(point, crs) -> None:
    assert to_wgs84(*point, crs) == from_wgs84(*point, crs) == point


@given(*INSIDE)
def test_each_system_moves_a_point_by_what_maps_move_it(lon, lat) -> None:
    assert from_wgs84(lon, lat, "wgs84") == (lon, lat)
    assert 10 < metres(from_wgs84(lon, lat, "gcj02"), (lon, lat)) < 1500
    assert 100 < metres(from_wgs84(lon, lat, "bd09"), (lon, lat)) < 3000


def test_known_points_are_where_converters_put_them() -> None:
    """Values that the widely used converters print for a street corner of the capital."""
    assert metres(from_wgs84(116.404, 39.915, "gcj02"), (116.41024449916938, 39.91640428150164)) < 0.01
    same_place = to_wgs84(116.404, 39.915, "gcj02")
    assert metres(from_wgs84(*same_place, "bd09"), (116.41036949371029, 39.92133699351021)) < 0.01
