"""Which texts say nearly the same: groups that must stand on one side when a classifier is measured or calibrated.

Two texts are near when the sets of their runs of four signs overlap by half or more (Jaccard). Candidates come from
MinHash: 64 smallest hashes of a set, in bands of two; texts that share a band are compared. Groups are what hangs
together.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from sanban.intake.learning.cutting import normal

NEAR = 0.5
RUN = 4
HASHES = 64
BAND = 2
COMPARED_AT_MOST = 20
MARKS = 16

_NOT_SIGNS = re.compile(r"[\W_]+")
_PRIME = np.uint64(4_294_967_311)
_ODD = np.arange(1, MARKS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) | np.uint64(1)


def near_groups(texts: Sequence[str], near: float = NEAR) -> NDArray[np.int64]:
    """For each text the place of the first text of its group."""
    sets = [_runs(text) for text in texts]
    first = list(range(len(texts)))

    def root(place: int) -> int:
        while first[place] != place:
            first[place] = first[first[place]]
            place = first[place]
        return place

    for one, other in _candidates(_signatures(sets)):
        left, right = root(one), root(other)
        if left != right and _overlap(sets[one], sets[other]) >= near:
            first[max(left, right)] = min(left, right)
    return np.array([root(place) for place in range(len(texts))], dtype=np.int64)


def marks(words: Iterable[str]) -> NDArray[np.uint16]:
    """Sixteen small numbers of which texts share about as many as they share words; no word can be read from them."""
    codes = np.fromiter({zlib.crc32(word.encode()) for word in words} or {0}, dtype=np.uint64)
    return np.asarray(((codes[:, None] * _ODD) >> np.uint64(48)).min(axis=0), dtype=np.uint16)


def is_twin(own: NDArray[np.uint16], others: NDArray[np.uint16]) -> bool:
    """Whether one of the others shares half of the marks or more."""
    return bool(((others == own).sum(axis=1) >= MARKS * NEAR).any())


def _runs(text: str) -> frozenset[int]:
    signs = _NOT_SIGNS.sub("", normal(text))
    return frozenset(zlib.crc32(signs[at : at + RUN].encode()) for at in range(max(1, len(signs) - RUN + 1)))


def _signatures(sets: Sequence[frozenset[int]]) -> NDArray[np.uint64]:
    at = np.arange(1, HASHES + 1, dtype=np.uint64)
    factor = at * np.uint64(2_654_435_761) % _PRIME | np.uint64(1)
    offset = at * np.uint64(40_503_000_011) % _PRIME
    found = np.empty((len(sets), HASHES), dtype=np.uint64)
    for place, runs in enumerate(sets):
        hashed = np.fromiter(runs, dtype=np.uint64, count=len(runs))
        found[place] = ((hashed[:, None] * factor + offset) % _PRIME).min(axis=0)
    return found


def _candidates(signatures: NDArray[np.uint64]) -> list[tuple[int, int]]:
    """Pairs that share a band; in a crowded bucket each text is paired with the 20 before it."""
    pairs: set[tuple[int, int]] = set()
    for start in range(0, HASHES, BAND):
        buckets: dict[bytes, list[int]] = {}
        for place, band in enumerate(np.ascontiguousarray(signatures[:, start : start + BAND])):
            bucket = buckets.setdefault(band.tobytes(), [])
            pairs.update((other, place) for other in bucket[-COMPARED_AT_MOST:])
            bucket.append(place)
    return sorted(pairs)


def _overlap(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / len(one | other)
