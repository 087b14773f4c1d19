"""`sanban systems`: what the product carries of the 33 systems of a district, as far as its tests show."""

from __future__ import annotations

from sanban.packs.systems import System, load_systems


def systems() -> tuple[System, ...]:
    """All systems, in the order of their ids."""
    return load_systems()
