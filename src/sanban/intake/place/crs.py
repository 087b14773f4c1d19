"""WGS-84 from and to the coordinate systems of Chinese maps: GCJ-02 and BD-09.

GCJ-02 moves a point of WGS-84 by some hundred metres, by a fixed formula; BD-09 moves it once more. The formulas have
been published many times (as "eviltransform" among others) and lead one way only. The way back is found by walking:
take the displacement at the guess away from the point, and guess again, until nothing moves by more than a millimetre.
Outside the box round China nothing is moved, in either direction, as maps do.

Degrees are floats here and nowhere else: `brought` takes a point over the border, from what was typed to integers of
1e-7 degree of WGS-84. A point of WGS-84 is taken over digit by digit.
"""

from __future__ import annotations

from collections.abc import Callable
from math import atan2, cos, hypot, pi, sin, sqrt
from typing import Literal, get_args

from sanban.intake.files.cells import read_degrees
from sanban.kernel.errors import SanbanError

Crs = Literal["wgs84", "gcj02", "bd09"]
CRS: tuple[Crs, ...] = get_args(Crs)
Degrees = tuple[float, float]
"""(longitude, latitude)."""

WEST, EAST, SOUTH, NORTH = 72.004, 137.8347, 0.8293, 55.8271
"""The box round China within which GCJ-02 moves points."""

_AXIS = 6_378_245.0
_ECCENTRICITY = 0.00669342162296594323
"""Krasovsky 1940: semi-major axis in metres, and eccentricity squared."""

_BAIDU = pi * 3000.0 / 180.0
_UNITS = 1e7
_CLOSE = 1e-9
_MOST_WALKS = 30


def brought(lon: str, lat: str, crs: Crs) -> tuple[int, int] | None:
    """(lon, lat) in 1e-7 degree of WGS-84 of a point as typed; None for what is none."""
    east, north = read_degrees(lon, 180), read_degrees(lat, 90)
    if east is None or north is None:
        return None
    if crs == "wgs84":
        return east, north
    moved = to_wgs84(east / _UNITS, north / _UNITS, crs)
    return round(moved[0] * _UNITS), round(moved[1] * _UNITS)


def crs_of(text: str) -> Crs | None:
    """The coordinate system of a name, e.g. `GCJ-02`; None for one that is not known."""
    named = text.casefold().replace("-", "")
    return next((crs for crs in CRS if crs == named), None)


def told_crs(text: str) -> Crs | None:
    """The system that a user names, None for ''. Raises `SanbanError` for one that is not known."""
    crs = crs_of(text)
    if text and crs is None:
        raise SanbanError(f"{text!r} is no coordinate system that is known", "--crs gcj02")
    return crs


def to_wgs84(lon: float, lat: float, crs: Crs) -> Degrees:
    """The point in WGS-84, of one given in another system."""
    if crs == "wgs84" or _outside(lon, lat):
        return lon, lat
    if crs == "bd09":
        lon, lat = _walk_back(_bd09_of_gcj02, lon, lat)
    return _walk_back(_gcj02, lon, lat)


def from_wgs84(lon: float, lat: float, crs: Crs) -> Degrees:
    """The point in another system, of one given in WGS-84."""
    if crs == "wgs84" or _outside(lon, lat):
        return lon, lat
    moved = _gcj02(lon, lat)
    return _bd09_of_gcj02(*moved) if crs == "bd09" else moved


def _outside(lon: float, lat: float) -> bool:
    return not (WEST <= lon <= EAST and SOUTH <= lat <= NORTH)


def _walk_back(forth: Callable[[float, float], Degrees], lon: float, lat: float) -> Degrees:
    """The point that `forth` leads to (lon, lat)."""
    guess = (lon, lat)
    for _ in range(_MOST_WALKS):
        reached = forth(*guess)
        missed = (reached[0] - lon, reached[1] - lat)
        guess = (guess[0] - missed[0], guess[1] - missed[1])
        if hypot(*missed) < _CLOSE:
            break
    return guess


def _gcj02(lon: float, lat: float) -> Degrees:
    east, north = _metres_east(lon - 105.0, lat - 35.0), _metres_north(lon - 105.0, lat - 35.0)
    radians = lat / 180.0 * pi
    bend = 1 - _ECCENTRICITY * sin(radians) ** 2
    meridian = _AXIS * (1 - _ECCENTRICITY) / (bend * sqrt(bend))
    return (
        lon + east * 180.0 / (_AXIS / sqrt(bend) * cos(radians) * pi),
        lat + north * 180.0 / (meridian * pi),
    )


def _metres_north(x: float, y: float) -> float:
    moved = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    moved += (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    moved += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    return moved + (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0


def _metres_east(x: float, y: float) -> float:
    moved = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    moved += (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    moved += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    return moved + (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0


def _bd09_of_gcj02(lon: float, lat: float) -> Degrees:
    far = hypot(lon, lat) + 0.00002 * sin(lat * _BAIDU)
    turn = atan2(lat, lon) + 0.000003 * cos(lon * _BAIDU)
    return far * cos(turn) + 0.0065, far * sin(turn) + 0.006
