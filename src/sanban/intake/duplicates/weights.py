"""The weights by which candidates are ranked: declared in a file, or learned; kept as JSON with a hash of its content.

A candidate's score is the sum of weight times feature, an ordering within one query and no probability. What a group
of features (place, matter, time, ...) adds is its part of that sum, so a reason's weight is exact and not estimated.
Taken of a row less the mean row of all candidates, it says what makes this candidate stand out.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files

import msgspec
import numpy as np
from numpy.typing import NDArray

from sanban.intake.duplicates.features import FEATURES, GROUPS, Affinity
from sanban.kernel.errors import SanbanError

_EXAMPLE = '{"name": "declared", "source": "...", "weights": {"far": -1.5}, "affinity": [], "hash": "..."}'


class WeightsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file holds. Features that are not named weigh nothing; `hash` is over everything else."""

    name: str
    source: str
    weights: dict[str, float]
    affinity: tuple[tuple[str, str, float], ...] = ()
    hash: str = ""


class Weights:
    """A ranking, ready to use."""

    def __init__(self, file: WeightsFile) -> None:
        """Raises `SanbanError` for a feature that there is none of, or a weight that is no number."""
        unknown = sorted(set(file.weights) - set(FEATURES))
        if unknown:
            raise SanbanError(f"there is no feature {', '.join(unknown)}", _EXAMPLE)
        self.file = file
        self.vector = np.array([file.weights.get(name, 0.0) for name in FEATURES])
        if not np.isfinite(self.vector).all():
            raise SanbanError("a weight is a finite number", _EXAMPLE)
        self.affinity: Affinity = {(new, earlier): value for new, earlier, value in file.affinity}
        self.model = f"duplicates-{file.name}:{content_hash(file)[:12]}"
        self._groups = tuple((group, [FEATURES.index(name) for name in names]) for group, names in GROUPS.items())

    def scores(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """The score of each row."""
        return np.asarray(rows @ self.vector, dtype=np.float64)

    def parts(self, row: NDArray[np.float64]) -> dict[str, float]:
        """What each group of features adds to a row's score."""
        weighted = row * self.vector
        return {group: float(weighted[columns].sum()) for group, columns in self._groups}


def content_hash(file: WeightsFile) -> str:
    """SHA-256 of everything but the hash."""
    bare = msgspec.structs.replace(file, hash="")
    return hashlib.sha256(msgspec.json.encode(bare, order="deterministic")).hexdigest()


def written(file: WeightsFile) -> bytes:
    """The file as bytes, with its hash."""
    whole = msgspec.structs.replace(file, hash=content_hash(file))
    return msgspec.json.format(msgspec.json.encode(whole, order="deterministic"), indent=1) + b"\n"


def read(content: bytes) -> Weights:
    """Weights from a file's bytes. Raises `SanbanError` if they are none, or not what was written."""
    try:
        file = msgspec.json.decode(content, type=WeightsFile)
    except msgspec.DecodeError as broken:
        raise SanbanError(f"these are no weights: {broken}", _EXAMPLE) from broken
    if file.hash != content_hash(file):
        raise SanbanError("the weights are not those that were written: the hash differs", "learn or copy them again")
    return Weights(file)


def declared() -> Weights:
    """The weights that come with the product: no matter is named in them, so they serve any district."""
    return read(files("sanban.intake.duplicates").joinpath("declared.json").read_bytes())
