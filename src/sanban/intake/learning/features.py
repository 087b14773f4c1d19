"""What of a text is counted: words and runs of one to three signs, of the whole text and of its title apart.

A run of signs is one integer, 21 bits a sign, so that a text's runs are made, counted and looked up set-wise. A text
becomes one vector for each of four views; in each, a feature weighs

    (1 + ln(times said)) x (1 + ln((1 + texts) / (1 + texts that say it)))

and the view is brought to length one, then to the view's factor.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from sanban.intake.learning.cutting import Cutter, joined

Keys = NDArray[np.uint64]
Floats = NDArray[np.float32]
Halves = NDArray[np.float16]
Places = NDArray[np.int64]

BITS = 21
SIGN = (1 << BITS) - 1
VIEWS: tuple[tuple[str, float], ...] = (("words", 1.0), ("runs", 1.0), ("title_words", 0.5), ("title_runs", 0.5))
"""The views and their factors. Chosen by cross-validation on seven classes of citizens' messages."""


class Read(msgspec.Struct, frozen=True):
    """A text as it is counted: its words, and those of its title."""

    words: list[str]
    title: list[str]


def read(cutter: Cutter, text: str, title: str = "") -> Read:
    """Cuts a text. Without a title, what stands as one is the first sentence."""
    plain = joined(text) if "　" in text else text
    if title:
        head = cutter.cut(title)
        return Read(head + cutter.cut(plain), head)
    return Read(cutter.cut(plain), cutter.head(plain))


def runs_of(words: Sequence[str]) -> Keys:
    """Every run of one to three signs in the joined words, as integers, in no order that matters."""
    signs = np.frombuffer("".join(words).encode("utf-32-le", "replace"), dtype="<u4").astype(np.uint64)
    shift = np.uint64(BITS)
    two = (signs[:-1] << shift) | signs[1:]
    three = (two[:-1] << shift) | signs[2:]
    return np.concatenate((signs, two, three))


def text_of(key: int) -> str:
    """The run of signs behind an integer."""
    signs = []
    while key:
        signs.append(chr(key & SIGN))
        key >>= BITS
    return "".join(reversed(signs))


def key_of(run: str) -> int:
    """The integer of a run of at most three signs."""
    key = 0
    for sign in run:
        key = (key << BITS) | ord(sign)
    return key


class Words:
    """A table of words: their places and how much rare ones weigh more."""

    def __init__(self, words: Sequence[str], rarity: Floats) -> None:
        self.words = tuple(words)
        self.rarity = rarity
        self.places = {word: place for place, word in enumerate(self.words)}

    def vector(self, words: Sequence[str]) -> tuple[Places, Floats]:
        """Places and weights of a text, of length one."""
        known = self.places.get
        said = [place for word in words if (place := known(word)) is not None]
        found, times = np.unique(np.array(said, dtype=np.int64), return_counts=True)
        return found, _weighed(times.astype(np.float32), self.rarity[found])


class Runs:
    """A table of runs of signs: sorted integers, looked up by halving."""

    def __init__(self, keys: Keys, rarity: Floats) -> None:
        self.keys = keys
        self.rarity = rarity

    def vector(self, words: Sequence[str]) -> tuple[Places, Floats]:
        """Places and weights of a text, of length one."""
        said, times = np.unique(runs_of(words), return_counts=True)
        places = np.searchsorted(self.keys, said)
        places[places == len(self.keys)] = 0
        known = self.keys[places] == said if len(self.keys) else np.zeros(len(said), dtype=bool)
        found = places[known]
        return found, _weighed(times[known].astype(np.float32), self.rarity[found])


def rarity_of(texts: int, saying: NDArray[np.int64]) -> Floats:
    """How much a feature weighs that `saying` of `texts` say."""
    return (np.log((1 + texts) / (1 + saying)) + 1).astype(np.float32)


def _weighed(times: Floats, rarity: Floats) -> Floats:
    weights = (1 + np.log(times)) * rarity
    length = float(np.sqrt(weights @ weights))
    return weights / np.float32(length) if length else weights
