"""The district's border: a point that lies in none of its grids is refused, with one that does as the example.

Every channel asks here, whatever it makes of the answer: a request, a row of a file and a pin are refused, an order of
the city is taken without the point. A district that draws no grids has no border.
"""

from __future__ import annotations

import msgspec

from sanban.kernel.duty.grid import GridMap
from sanban.kernel.errors import Refused

DEGREE = 10_000_000
OUTSIDE = Refused("outside_district", "this point lies in no grid of the district")
REASON, MESSAGE = OUTSIDE.reason, OUTSIDE.message


def inside(grids: GridMap, now: int) -> str:
    """A point within, as one types it: the middle of a grid, where that is in a grid; '' where none is drawn."""
    drawn = [grid for code in sorted(grids.versions) if (grid := grids.version(code, now)) is not None]
    middle = next((one.middle for one in drawn if grids.grid_at(one.middle, now)), None)
    if middle is None:
        return "a point within the outline" if drawn else ""
    return f"{middle.lon / DEGREE:.6f}, {middle.lat / DEGREE:.6f}"


def outside(grids: GridMap, now: int) -> Refused:
    """Why a point outside is not taken."""
    return msgspec.structs.replace(OUTSIDE, example=inside(grids, now))
