"""A text as a small set of numbers: hashed character n-grams, of which the smallest few stand for all of them.

A text is folded (full width, case), split into runs of Han characters and of other letters and digits, and cut into
bigrams (Han) and trigrams (the others, with their borders). Each gram has a 32-bit hash; the sketch keeps the `SIGNS`
smallest different ones, ascending. Two sketches tell the Jaccard similarity of the two sets of grams: exactly where
both texts have few grams, otherwise by the smallest of their union, which are a sample of it. A sketch holds no words:
the text itself stays where personal data stands.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SIGNS = 16
NO_SIGN = 0xFFFFFFFF
READ_AT_MOST = 4_000

Sketch = NDArray[np.uint32]
"""`SIGNS` hashes, ascending; the end of a short one is filled with `NO_SIGN`."""

RUN = re.compile(r"[㐀-鿿]+|[^\W_㐀-鿿]+")
"""Han characters in a row, or letters and digits of other scripts in a row."""


def folded(text: str) -> str:
    """The text as it is compared: compatibility forms and case folded, cut at 4,000 characters."""
    return unicodedata.normalize("NFKC", text[:READ_AT_MOST]).casefold()


def grams(text: str) -> set[str]:
    """The character n-grams of a text."""
    found: set[str] = set()
    for run in RUN.findall(folded(text)):
        if "㐀" <= run[0] <= "鿿":
            found.update(run[at : at + 2] for at in range(max(len(run) - 1, 1)))
        else:
            bordered = f" {run} "
            found.update(bordered[at : at + 3] for at in range(len(bordered) - 2))
    return found


@lru_cache(maxsize=1 << 16)
def gram_hash(gram: str) -> int:
    """32 well-mixed bits, below `NO_SIGN`; the same on every machine and in every process."""
    mixed = zlib.crc32(gram.encode("utf-8", "surrogatepass"))
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed = ((mixed ^ (mixed >> shift)) * factor) & 0xFFFFFFFF
    return min(mixed ^ (mixed >> 16), NO_SIGN - 1)


def sketch(text: str) -> Sketch:
    """The sketch of a text; nothing but `NO_SIGN` for one without letters and digits."""
    smallest = sorted({gram_hash(gram) for gram in grams(text)})[:SIGNS]
    return np.array(smallest + [NO_SIGN] * (SIGNS - len(smallest)), dtype=np.uint32)


def similarity(one: Sketch, others: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Jaccard similarity of one sketch with each row of `others`, 0 to 1; 0 where either is empty.

    Counts only hashes up to the smaller of the two largest when both are full: beyond it one of them saw nothing.
    """
    signs = one[one != NO_SIGN]
    if not len(signs) or not len(others):
        return np.zeros(len(others))
    mine = signs[-1] if len(signs) == SIGNS else NO_SIGN - 1
    reach = np.minimum(others[:, -1], mine)[:, None]
    within = others <= np.minimum(reach, NO_SIGN - 1)
    place = np.minimum(np.searchsorted(signs, others), len(signs) - 1)
    both = ((signs[place] == others) & within).sum(axis=1)
    either = np.searchsorted(signs, reach[:, 0], side="right") + within.sum(axis=1) - both
    return np.asarray(both / np.maximum(either, 1), dtype=np.float64)
