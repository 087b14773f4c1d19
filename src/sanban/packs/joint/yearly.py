"""Reads `yearly.yaml`: how the yearly list of hard matters is chosen from recorded demand, and what its measures need.

length: 10
least: 5                                              # cases
points: {requests: 1, repeats: 2, unresolved: 3}
resolved: [resolved, explained]                       # endings
minimum: 10                                           # cases behind a measure
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from sanban.packs.joint.opening import opened

FILE_NAME: Final = "yearly.yaml"


class YearlyTerms(msgspec.Struct, frozen=True):
    """How the list is made. `requests`, `repeats`, `unresolved`: points for each; `resolved`: endings that count so."""

    origin: str
    length: int
    least: int
    requests: int
    repeats: int
    unresolved: int
    resolved: tuple[str, ...]
    minimum: int


def load_yearly_terms(district: Path) -> YearlyTerms:
    """The terms of a district's folder, else the shipped illustration. Raises FaultsFound with every fault."""
    with opened(district, FILE_NAME, "yearly") as (root, origin):
        points = root.section("points", "points", example="{requests: 1, repeats: 2, unresolved: 3}", required=True)
        weights = {
            name: points.integer(name, 0, 100, default=1, required=True) if points else 1
            for name in ("requests", "repeats", "unresolved")
        }
        if points is not None:
            points.close()
        return YearlyTerms(
            origin=origin,
            length=root.integer("length", 1, 100, default=10, required=True),
            least=root.integer("least", 1, 10_000, default=5, required=True),
            resolved=root.words("resolved", "[resolved]", required=True),
            minimum=root.integer("minimum", 1, 10_000, default=10, required=True),
            **weights,
        )
