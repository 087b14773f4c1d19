"""The addresses that the demo's people say: house numbers, estates and landmarks of its gazetteer, by grid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sanban.intake.place.reading import along
from sanban.kernel.duty.place import Point
from sanban.main.house import House
from sanban.packs.district.gazetteer import Spot

EVERY = 6
"""Of the house numbers of a road."""


def addresses_of(house: House) -> dict[str, tuple[str, ...]]:
    """Grid -> what people call places in it now."""
    found: dict[str, list[str]] = defaultdict(list)
    for spot in house.district.gazetteer.spots:
        for address, point in _told(spot):
            found[house.place_at(point).grid or ""].append(address)
    return {grid: tuple(addresses) for grid, addresses in found.items() if grid}


def _told(spot: Spot) -> Iterator[tuple[str, Point]]:
    if spot.numbers is None:
        yield spot.name, spot.points[0]
        return
    low, high = spot.numbers
    for number in range(low, high + 1, EVERY):
        point = along(spot, number)
        if point is not None:
            yield f"{spot.name}{number}号", point
