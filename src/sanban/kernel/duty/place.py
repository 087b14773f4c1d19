"""Where a problem is: an exact point, and the codes by which it may be spoken of.

A `Point` is personal (it may be somebody's door) and stays in the vault; a `Place` holds codes alone and may stand in
an event. `GridMap.place_at` in `grid.py` turns the first into the second, at a named instant.
"""

from __future__ import annotations

from math import cos, hypot, radians
from typing import Final

import msgspec

METRE: Final = 111_319.49 / 1e7
"""Metres in 1e-7 degree of latitude. Source: WGS-84's semi-major axis, 6,378,137 m."""


class Point(msgspec.Struct, frozen=True, order=True):
    """A point of WGS-84. `lon` and `lat` are integers of 1e-7 degree (about 1 cm)."""

    lon: int
    lat: int


class Place(msgspec.Struct, frozen=True):
    """The codes of a place as they stood when it was located; `None` means not known."""

    grid: str | None = None
    street: str | None = None


NOWHERE = Place()


def metres(one: Point, other: Point) -> float:
    """How far two points are apart, in metres, in the plane that touches the first."""
    east = (other.lon - one.lon) * cos(radians(one.lat / 1e7))
    return hypot(east, other.lat - one.lat) * METRE


def geo_of(point: Point | None) -> str:
    """The address that opens a phone's map there (RFC 5870), '' for no point."""
    return "" if point is None else f"geo:{point.lat / 1e7:.5f},{point.lon / 1e7:.5f}"
