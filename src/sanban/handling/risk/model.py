"""The learned risk as data: centres, scales and weights in JSON with a hash of the content; judged with numpy alone.

    probability = 1 / (1 + exp(-(intercept + sum of weight x (feature - centre) / scale)))

What a group of features adds to the sum is exact, and measured from the average request that the model was learned on:
above 0 it raises the risk, below 0 it lowers it.
"""

from __future__ import annotations

import hashlib

import msgspec
import numpy as np
from numpy.typing import NDArray

from sanban.handling.risk.features import FEATURES, GROUPS
from sanban.kernel.errors import SanbanError

_EXAMPLE = "learn the risk again: its file is written by sanban.handling.risk.learning"


class Weight(msgspec.Struct, frozen=True):
    """One feature: where its average lies, how widely it spreads, and what one spread adds."""

    centre: float
    scale: float
    weight: float


class RiskFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file holds. `as_of` in microseconds UTC: nothing known later went in. `hash` is over all else."""

    name: str
    as_of: int
    learned_on: int
    intercept: float
    features: dict[str, Weight]
    hash: str = ""


class RiskModel:
    """A learned risk, ready to judge."""

    def __init__(self, file: RiskFile) -> None:
        """Raises `SanbanError` if its features are not those of this version, or not numbers."""
        if set(file.features) != set(FEATURES):
            raise SanbanError("the risk was learned for other features", _EXAMPLE)
        self.file = file
        weights = [file.features[name] for name in FEATURES]
        self._centre = np.array([one.centre for one in weights])
        self._slope = np.array([one.weight / one.scale if one.scale > 0 else 0.0 for one in weights])
        if not np.isfinite([*self._centre, *self._slope, file.intercept]).all():
            raise SanbanError("a weight of the risk is no finite number", _EXAMPLE)
        self.model = f"overdue-{file.name}:{content_hash(file)[:12]}"
        self._groups = {group: [FEATURES.index(name) for name in names] for group, names in GROUPS.items()}

    def probabilities(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """The probability of each row."""
        score = (rows - self._centre) @ self._slope + self.file.intercept
        return np.asarray(1 / (1 + np.exp(-np.clip(score, -30, 30))), dtype=np.float64)

    def parts(self, row: NDArray[np.float64]) -> dict[str, float]:
        """What each group of features adds to a row's log odds."""
        added = (row - self._centre) * self._slope
        return {group: float(added[columns].sum()) for group, columns in self._groups.items()}


def content_hash(file: RiskFile) -> str:
    """SHA-256 of everything but the hash."""
    bare = msgspec.structs.replace(file, hash="")
    return hashlib.sha256(msgspec.json.encode(bare, order="deterministic")).hexdigest()


def written(file: RiskFile) -> bytes:
    """The file as bytes, with its hash."""
    whole = msgspec.structs.replace(file, hash=content_hash(file))
    return msgspec.json.format(msgspec.json.encode(whole, order="deterministic"), indent=1) + b"\n"


def read(content: bytes) -> RiskModel:
    """A model from a file's bytes. Raises `SanbanError` if they are none, or not what was written."""
    try:
        file = msgspec.json.decode(content, type=RiskFile)
    except msgspec.DecodeError as broken:
        raise SanbanError(f"this is no learned risk: {broken}", _EXAMPLE) from broken
    if file.hash != content_hash(file):
        raise SanbanError("the risk is not the one that was written: the hash differs", _EXAMPLE)
    return RiskModel(file)
