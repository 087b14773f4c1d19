"""Reads `assessment.yaml`: how the district assesses its units.

    appeal: 5 working_days               # from the draft: as long as a unit may appeal
    excluded_at_most: 10                 # per cent of a figure's cases
    withheld_below: 10                   # sums of fewer are shown to nobody from whom cases are kept; may be left out
    grounds: {force_majeure: {zh: ..., en: ...}}

A district's own file takes the place of the shipped illustration.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from sanban.kernel.clock.limit import Length
from sanban.kernel.mechanism import Title
from sanban.packs.desk.heeds import DESK
from sanban.packs.reading.opening import opened, own_or_shipped
from sanban.packs.reading.section import Section

FILE_NAME: Final = "assessment.yaml"
WITHHELD_BELOW: Final = 10
"""Where a district's own file does not say: files written before there was the key."""


class Assessment(msgspec.Struct, frozen=True):
    """The terms. `excluded_at_most` in per cent of a figure's cases; `grounds`: why a case may be left out.

    `withheld_below`: a published sum of fewer is shown to nobody from whom cases are kept.
    """

    origin: str
    appeal: Length
    excluded_at_most: int
    withheld_below: int
    grounds: Mapping[str, Title]

    @property
    def is_assumed(self) -> bool:
        """Whether no authority has said so."""
        return self.origin == "illustrative"


def load_assessment(district: Path) -> Assessment:
    """The terms of a district's folder, else the shipped illustration. Raises FaultsFound with every fault."""
    with opened(own_or_shipped(district / FILE_NAME, DESK), "assessment") as (root, origin):
        return Assessment(
            origin=origin,
            appeal=root.length("appeal", "5 working_days", required=True) or Length(1, "day"),
            excluded_at_most=root.integer("excluded_at_most", 0, 50, required=True),
            withheld_below=root.integer("withheld_below", 2, 1_000, default=WITHHELD_BELOW),
            grounds=_grounds(root),
        )


def _grounds(root: Section) -> dict[str, Title]:
    table = root.section("grounds", "grounds", example="{force_majeure: {zh: ..., en: ...}}", required=True)
    if table is None:
        return {}
    names = table.each("ground")
    return {name: table.title(name) or Title(name, name) for name in names}
