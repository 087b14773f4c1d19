"""Places as keys: cells of a grid of degrees, rings of cells round one, and how far two points lie apart.

A fine cell is 0.001 degree of latitude (111 m) high and as wide at the district's latitude; a coarse cell is five fine
ones high and wide. Keys are single integers. Distances are flat: right to a thousandth within a district.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

METRES_A_UNIT = 0.0111195
"""Metres that 1e-7 degree of latitude is long: a mean Earth radius of 6,371,009 m. Source: IUGG mean radius R1."""

FINE = 10_000
COARSE = 5 * FINE
_SHIFT = 1 << 24


@cache
def widening(latitude: int) -> float:
    """How much shorter a degree of longitude is than one of latitude there, by tenths of a degree."""
    return max(math.cos(math.radians(round(latitude / 1e6) / 10)), 0.01)


def metres(point: tuple[int, int], lat: NDArray[np.int32], lon: NDArray[np.int32]) -> NDArray[np.float64]:
    """Distance of a point from each of many, in metres."""
    south = (lat.astype(np.float64) - point[0]) * METRES_A_UNIT
    # one longitude is as long as at the mean of both latitudes, so that there and back is equally far
    middle = np.cos(np.radians((lat.astype(np.float64) + point[0]) / 2e7))
    west = (lon.astype(np.float64) - point[1]) * METRES_A_UNIT * middle
    return np.asarray(np.hypot(south, west), dtype=np.float64)


class Grid:
    """Cells of one size at one latitude."""

    def __init__(self, size: int, latitude: int) -> None:
        self.high = size
        self.wide = round(size / widening(latitude))

    def cell(self, lat: int, lon: int) -> int:
        """The key of the cell a point lies in."""
        return (lat // self.high) * _SHIFT + lon // self.wide

    def ring(self, cell: int, radius: int) -> Iterator[int]:
        """The cells `radius` steps from one; itself for 0."""
        return (cell + step for step in _steps(radius))


@cache
def _steps(radius: int) -> tuple[int, ...]:
    span = range(-radius, radius + 1)
    return tuple(up * _SHIFT + aside for up in span for aside in span if max(abs(up), abs(aside)) == radius)
