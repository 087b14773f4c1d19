"""Why a risk is high or low, in words with the figures behind them, weightiest first.

A reason is a group of features with what it adds to the log odds, and a figure as it was at that instant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from sanban.handling.risk.features import FEATURES, chance
from sanban.handling.risk.phrases import RiskReason

SHOWN = 3
WORTH_TELLING = 0.1
"""Log odds: less does not move a probability by three in a hundred."""


def _share(feature: str) -> Callable[[NDArray[np.float64]], int]:
    return lambda row: round(100 * chance(_value(row, feature)))


def _value(row: NDArray[np.float64], feature: str) -> float:
    return float(row[FEATURES.index(feature)])


def _allowed(row: NDArray[np.float64]) -> float:
    """Days from the start to the due time."""
    return float(np.expm1(_value(row, "allowed")))


_NUMBERS: dict[str, Callable[[NDArray[np.float64]], int]] = {
    "matter": _share("matter"),
    "unit": _share("unit"),
    "survived": _share("survived"),
    "load": lambda row: round(float(np.exp(_value(row, "unit_load")))),
    "overdue": lambda row: round(100 * _value(row, "unit_overdue")),
    "time": lambda row: round(_value(row, "share") * _allowed(row)),
}


def reasons(row: NDArray[np.float64], parts: Mapping[str, float], most: int = SHOWN) -> tuple[RiskReason, ...]:
    """The weightiest reasons for a row's risk, up or down; `parts` as from `RiskModel.parts`."""
    heavy = sorted(parts.items(), key=lambda item: (-abs(item[1]), item[0]))
    return tuple(_told(group, weight, row) for group, weight in heavy[:most] if abs(weight) >= WORTH_TELLING)


def _told(group: str, weight: float, row: NDArray[np.float64]) -> RiskReason:
    if group == "place":
        return RiskReason("more_at_place" if weight > 0 else "fewer_at_place", weight)
    return RiskReason(group, weight, _NUMBERS[group](row), round(_allowed(row)) if group == "time" else 0)
