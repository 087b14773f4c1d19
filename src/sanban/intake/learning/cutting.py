"""Cuts a text into words by a lexicon that was learned from texts already cut, and finds what stands as its title.

Where the examples are cut into words (separated by spaces, words that say nothing left out), their words become the
lexicon, and every text is cut by it: of all ways to cut a run of signs the most likely is taken, each word as likely
as it was frequent. Signs that no word covers are dropped. So a raw message comes out as the same words, without the
ones that say nothing, as if it had been cut like the examples. Without such examples runs of signs stay whole.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

LONGEST_WORD = 6
FEWEST_HEARD = 3
LONGEST_HEAD = 24
SHORT_HEAD = 14
READ_AT_MOST = 20_000

_RUN = re.compile(r"[^\W_]+")
_HAN = re.compile(r"[㐀-鿿]")
_BREAK = re.compile(r"[　\n。！？!?]")
_UNKNOWN = -6.0
_NEVER = -1e18


class Cutter:
    """Cuts texts. `likely`: word -> logarithm of how likely it is; empty: runs stay whole.

    Words are found by their first two signs, so that most places of a text cost two look-ups.
    """

    def __init__(self, likely: Mapping[str, float]) -> None:
        self._likely = likely
        self._unknown = min(self._likely.values(), default=0.0) + _UNKNOWN
        longer: dict[str, list[str]] = {}
        for word in likely:
            if len(word) > 1:
                longer.setdefault(word[:2], []).append(word)
        self._longer = {pair: tuple(words) for pair, words in longer.items()}

    def cut(self, text: str) -> list[str]:
        """The words of a text in their order, without case and width."""
        runs = _RUN.findall(normal(text))
        if not self._likely:
            return runs
        return [word for run in runs for word in self._cut_run(run)]

    def head(self, text: str) -> list[str]:
        """The words of what stands as a title: the first sentence or line, or its beginning when it is long."""
        words = self.cut(_BREAK.split(text.strip(), maxsplit=1)[0])
        return words if len(words) <= LONGEST_HEAD else words[:SHORT_HEAD]

    def _cut_run(self, run: str) -> list[str]:
        likely, longer, unknown, size = self._likely, self._longer.get, self._unknown, len(run)
        best, back = [0.0] + [_NEVER] * size, [0] * (size + 1)
        for start in range(size):
            here = best[start]
            reached = here + likely.get(run[start], unknown)
            if reached > best[start + 1]:
                best[start + 1], back[start + 1] = reached, start
            for word in longer(run[start : start + 2], ()):
                if run.startswith(word, start):
                    reached, stop = here + likely[word], start + len(word)
                    if reached > best[stop]:
                        best[stop], back[stop] = reached, start
        words: list[str] = []
        end = size
        while end:
            words.append(run[back[end] : end])
            end = back[end]
        words.reverse()
        return [word for word in words if word in likely]


def normal(text: str) -> str:
    """Without differences of width and case, at most 20,000 signs."""
    return unicodedata.normalize("NFKC", text[:READ_AT_MOST]).casefold()


def is_cut(text: str) -> bool:
    """Whether a Chinese text was cut into words: at least five pieces, of 1 to 4 signs in the mean."""
    pieces = text.split()
    signs = sum(map(len, pieces))
    return len(pieces) >= 5 and signs <= 4 * len(pieces) and len(_HAN.findall(text)) * 2 > signs


def joined(text: str) -> str:
    """A text that was cut, as it would be read: its words joined, wide spaces kept as breaks between sentences."""
    return "　".join("".join(part.split()) for part in text.split("　"))


def lexicon(texts: Iterable[str]) -> dict[str, float]:
    """Words of texts that were cut, heard three times or more, and the logarithm of how likely each is."""
    counts = Counter(word for text in texts for word in _RUN.findall(normal(text)) if len(word) <= LONGEST_WORD)
    total = sum(counts.values())
    return {word: math.log(count / total) for word, count in sorted(counts.items()) if count >= FEWEST_HEARD}
