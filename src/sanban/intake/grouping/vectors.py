"""A text as a vector of hashed character n-grams, weighed by how few other texts have them, of length 1.

Grams are those of duplicates' sketches in kind, bigrams and trigrams of Han and words, but all of them and counted: a
gram weighs (1 + log of its count) times log((1 + texts) / (1 + texts with it)). The title counts `TITLE_FACTOR` times.
`Weighing` counts texts as they come, so weights rest on what was seen before; `learn` lets it see earlier ones first.
"""

from __future__ import annotations

import math
import re
import unicodedata
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable

TITLE_FACTOR = 3
READ_AT_MOST = 4_000
SHORTEST, LONGEST = 2, 3

Vector = dict[int, float]
"""Weight by hashed gram; the squares of the weights add to 1, or it is empty."""

_RUN = re.compile(r"[^\W_]+")


def counted(text: str) -> Counter[int]:
    """How often each hashed gram stands in a text, cut at 4,000 characters."""
    found: Counter[int] = Counter()
    for run in _RUN.findall(unicodedata.normalize("NFKC", text[:READ_AT_MOST]).casefold()):
        for size in range(SHORTEST, LONGEST + 1):
            for at in range(len(run) - size + 1):
                found[zlib.crc32(run[at : at + size].encode("utf-8", "surrogatepass"))] += 1
    return found


def message(title: str, body: str = "") -> Counter[int]:
    """The counts of a message: its title `TITLE_FACTOR` times, its body once."""
    found = counted(body)
    for gram, count in counted(title).items():
        found[gram] += TITLE_FACTOR * count
    return found


class Weighing:
    """In how many of the texts seen each gram stands."""

    def __init__(self) -> None:
        self.texts = 0
        self._with: Counter[int] = Counter()

    def learn(self, earlier: Iterable[Counter[int]]) -> None:
        """Sees texts without weighing them."""
        for counts in earlier:
            self.see(counts)

    def see(self, counts: Counter[int]) -> None:
        """Counts one text."""
        if counts:
            self.texts += 1
            self._with.update(counts.keys())

    def weigh(self, counts: Counter[int]) -> Vector:
        """The vector of a text by what was seen; empty for a text without grams, or with none that tells anything."""
        texts, seen = 1 + self.texts, self._with
        weights = {
            gram: (1 + math.log(count)) * math.log(texts / (1 + seen[gram])) if texts > 1 + seen[gram] else 0.0
            for gram, count in counts.items()
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values()))
        return {gram: weight / length for gram, weight in weights.items() if weight} if length else {}


def likeness(one: Vector, other: Vector) -> float:
    """The cosine of two vectors, 0 to 1."""
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    return min(math.fsum(weight * large[gram] for gram, weight in small.items() if gram in large), 1.0)


class Packed:
    """A vector in little room: sixteen bytes a gram less than a dictionary needs."""

    __slots__ = ("grams", "weights")

    def __init__(self, vector: Vector) -> None:
        self.grams = array("I", vector.keys())
        self.weights = array("d", vector.values())

    def unpacked(self) -> Vector:
        """The vector again."""
        return dict(zip(self.grams, self.weights, strict=True))
