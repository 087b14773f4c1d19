"""The reasons of a risk in words: message ids by code. The Chinese texts stand in the slice's catalogue."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from sanban.kernel.view import phrase

PHRASES: Mapping[str, str] = {
    "matter": phrase("%(number)s of 100 of this matter missed their due time"),
    "unit": phrase("%(number)s of 100 of this unit's missed their due time"),
    "survived": phrase("%(number)s of 100 of this matter that were open this long missed their due time"),
    "load": phrase("open with the unit: %(number)s weeks of what it closes"),
    "overdue": phrase("%(number)s of 100 open ones of the unit are overdue"),
    "time": phrase("%(number)s days of %(of)s gone"),
    "more_at_place": phrase("more are missed at this place than elsewhere"),
    "fewer_at_place": phrase("fewer are missed at this place than elsewhere"),
}
"""Message ids by code; `number` and `of` are put in."""


class RiskReason(msgspec.Struct, frozen=True):
    """One reason. `weight`: what it adds to the log odds; above 0 it raises the risk.

    `number` and `of`: as its phrase says.
    """

    code: str
    weight: float
    number: int = 0
    of: int = 0

    @property
    def raises(self) -> bool:
        """Whether it raises the risk."""
        return self.weight > 0

    @property
    def phrase(self) -> str:
        """The message id to say it by."""
        return PHRASES[self.code]
