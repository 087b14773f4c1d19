"""Reads `assessment.yaml`: how the district assesses its units.

    directions: {volume: down, contacted: up, resolved: up, satisfied: up}   # 一降三升
    appeal: 5 working_days               # from the draft: as long as a unit may appeal
    excluded_at_most: 10                 # per cent of a figure's cases
    least: 10                            # below so many cases a figure is compared with nothing
    grounds: {force_majeure: {zh: ..., en: ...}}

A district's own file takes the place of the shipped illustration.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, cast

import msgspec

from sanban.kernel.clock.limit import Length
from sanban.kernel.errors import FaultsFound
from sanban.kernel.mechanism import Title
from sanban.packs.desk.heeds import DESK
from sanban.packs.document import read_document
from sanban.packs.reading.section import Notes, Section

FILE_NAME: Final = "assessment.yaml"
VOLUME: Final = "volume"
"""The one direction that is no figure: how many requests came in."""
Direction = Literal["up", "down"]


class Assessment(msgspec.Struct, frozen=True):
    """The terms. `directions`: of a figure's code, or of `volume`; `excluded_at_most` in per cent, `least` in cases."""

    origin: str
    directions: Mapping[str, Direction]
    appeal: Length
    excluded_at_most: int
    least: int
    grounds: Mapping[str, Title]

    @property
    def is_assumed(self) -> bool:
        """Whether no authority has said so."""
        return self.origin == "illustrative"


def load_assessment(district: Path) -> Assessment:
    """The terms of a district's folder, else the shipped illustration. Raises FaultsFound with every fault."""
    own = district / FILE_NAME
    notes = Notes()
    root = Section(read_document(own if own.is_file() else DESK / FILE_NAME), "assessment", notes)
    root.integer("format", 1, 1, default=1, required=True)
    source = root.section("source", "source", required=True)
    if source is not None:
        source.texts()
    terms = Assessment(
        origin=root.choice("origin", ("illustrative", "local", "official"), required=True),
        directions=_directions(root),
        appeal=root.length("appeal", "5 working_days", required=True) or Length(1, "day"),
        excluded_at_most=root.integer("excluded_at_most", 0, 50, required=True),
        least=root.integer("least", 1, 1_000, default=10, required=True),
        grounds=_grounds(root),
    )
    root.close()
    if notes.faults:
        raise FaultsFound(notes.faults)
    return terms


def _directions(root: Section) -> dict[str, Direction]:
    table = root.section("directions", "directions", example="{volume: down, resolved: up}", required=True)
    if table is None:
        return {}
    return {name: cast(Direction, table.choice(name, ("up", "down"))) for name in table.texts()}


def _grounds(root: Section) -> dict[str, Title]:
    table = root.section("grounds", "grounds", example="{force_majeure: {zh: ..., en: ...}}", required=True)
    if table is None:
        return {}
    names = table.each("ground")
    return {name: table.title(name) or Title(name, name) for name in names}
