"""Where a problem is: an exact point, and the codes by which it may be spoken of.

A `Point` is personal (it may be somebody's door) and stays in the vault; a `Place` holds codes alone and may stand in
an event. `GridMap.place_at` in `grid.py` turns the first into the second, at a named instant.
"""

from __future__ import annotations

import msgspec


class Point(msgspec.Struct, frozen=True, order=True):
    """A point of WGS-84. `lon` and `lat` are integers of 1e-7 degree (about 1 cm)."""

    lon: int
    lat: int


class Place(msgspec.Struct, frozen=True):
    """The codes of a place as they stood when it was located; `None` means not known."""

    grid: str | None = None
    street: str | None = None


NOWHERE = Place()
