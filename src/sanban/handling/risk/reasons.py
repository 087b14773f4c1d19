"""Why a risk is high or low, in words with the figures behind them, weightiest first.

A reason is a group of features with what it adds to the log odds, and a figure as it was at that instant. Phrases are
message ids; the Chinese texts stand in the slice's catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from sanban.handling.risk.features import FEATURES, chance
from sanban.kernel.view import phrase

SHOWN = 3
WORTH_TELLING = 0.1
"""Log odds: less does not move a probability by three in a hundred."""

PHRASES: Mapping[str, str] = {
    "matter": phrase("%(number)s of 100 of this matter missed their due time"),
    "unit": phrase("%(number)s of 100 of this unit's missed their due time"),
    "survived": phrase("%(number)s of 100 of this matter that were open this long missed their due time"),
    "load": phrase("open with the unit: %(number)s weeks of what it closes"),
    "overdue": phrase("%(number)s of 100 open ones of the unit are overdue"),
    "time": phrase("working days left: %(number)s"),
    "more_at_place": phrase("more are missed at this place than elsewhere"),
    "fewer_at_place": phrase("fewer are missed at this place than elsewhere"),
}
"""Message ids by code; `number` is put in."""


class RiskReason(msgspec.Struct, frozen=True):
    """One reason. `weight`: what it adds to the log odds; above 0 it raises the risk. `number`: as its phrase says."""

    code: str
    weight: float
    number: int = 0

    @property
    def raises(self) -> bool:
        """Whether it raises the risk."""
        return self.weight > 0

    @property
    def phrase(self) -> str:
        """The message id to say it by."""
        return PHRASES[self.code]


def _share(feature: str) -> Callable[[NDArray[np.float64]], int]:
    return lambda row: round(100 * chance(_value(row, feature)))


def _value(row: NDArray[np.float64], feature: str) -> float:
    return float(row[FEATURES.index(feature)])


_NUMBERS: dict[str, Callable[[NDArray[np.float64]], int]] = {
    "matter": _share("matter"),
    "unit": _share("unit"),
    "survived": _share("survived"),
    "load": lambda row: round(float(np.exp(_value(row, "unit_load")))),
    "overdue": lambda row: round(100 * _value(row, "unit_overdue")),
    "time": lambda row: round(_value(row, "working_left")),
}


def reasons(row: NDArray[np.float64], parts: Mapping[str, float], most: int = SHOWN) -> tuple[RiskReason, ...]:
    """The weightiest reasons for a row's risk, up or down; `parts` as from `RiskModel.parts`."""
    heavy = sorted(parts.items(), key=lambda item: (-abs(item[1]), item[0]))
    return tuple(_told(group, weight, row) for group, weight in heavy[:most] if abs(weight) >= WORTH_TELLING)


def _told(group: str, weight: float, row: NDArray[np.float64]) -> RiskReason:
    if group == "place":
        return RiskReason("more_at_place" if weight > 0 else "fewer_at_place", weight)
    return RiskReason(group, weight, _NUMBERS[group](row))
