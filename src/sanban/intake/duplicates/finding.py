"""Duplicates at work: requests come in and are closed, and a new one is shown its most likely earlier ones.

One `Duplicates` serves one district in one process. It is filled from `EarlierRequests` at the start and told of every
request afterwards; what it answers are suggestions with the model's name, so that they can be stored as advice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from sanban.intake.duplicates.buckets import Slots
from sanban.intake.duplicates.entry import Entry
from sanban.intake.duplicates.features import Compared
from sanban.intake.duplicates.index import DAY, DuplicateIndex, Search
from sanban.intake.duplicates.ports import ReadsTexts
from sanban.intake.duplicates.reasons import Reason, reasons, words_in_common
from sanban.intake.duplicates.weights import Weights, declared

SHOWN = 3


class Suggested(msgspec.Struct, frozen=True):
    """An earlier request that may be the same problem.

    `share`: of all candidates' softmax, in basis points: how clearly it stands out among them, no probability.
    """

    request: str
    score: float
    share: int
    reasons: tuple[Reason, ...]


class Duplicates:
    """The index and the weights together. `latitude`: of the district, in 1e-7 degree."""

    def __init__(self, latitude: int, weights: Weights | None = None, search: Search | None = None) -> None:
        self.weights = weights or declared()
        self.index = DuplicateIndex(latitude, search)

    @property
    def model(self) -> str:
        """Name and hash of the weights, to be stored with what was suggested."""
        return self.weights.model

    def fill(self, earlier: Iterable[Entry]) -> int:
        """Adds earlier requests that are not there yet; returns how many were added."""
        count = 0
        for entry in earlier:
            if entry.id not in self.index:
                self.index.add(entry)
                count += 1
        return count

    def closed(self, request: str, at: int | None) -> None:
        """Notes that a request's problem was closed; None: it is open again."""
        self.index.close(request, at)

    def removed(self, request: str) -> bool:
        """Takes a request out, when it was erased for example."""
        return self.index.remove(request)

    def forget(self, now: int) -> int:
        """Lets go of what is older than the look back; returns how many."""
        return self.index.forget(now - self.index.search.look_back_days * DAY)

    def suggest(self, entry: Entry, most: int = SHOWN, texts: ReadsTexts | None = None) -> tuple[Suggested, ...]:
        """The likeliest earlier requests, best first; the later one of two that score the same.

        `texts` reads the few shown, to tell words in common; without it they are not told.
        """
        query = self.index.query(entry)
        slots = self.index.candidates(query)
        if not len(slots) or most < 1:
            return ()
        compared = Compared(self.index, query, slots, self.weights.affinity)
        rows = compared.rows()
        scores = self.weights.scores(rows)
        best = self._order(scores, slots)[:most]
        lifted = np.exp(scores - scores.max())
        names = [self.index.columns.name(int(slots[at])) for at in best]
        read = texts.texts(names) if texts else {}
        usual = rows.mean(axis=0)
        return tuple(
            Suggested(
                name,
                float(scores[at]),
                round(float(lifted[at] / lifted.sum()) * 10_000),
                self._reasons(compared, at, self.weights.parts(rows[at] - usual), entry.text, read.get(name, "")),
            )
            for name, at in zip(names, best, strict=True)
        )

    def _order(self, scores: NDArray[np.float64], slots: Slots) -> Sequence[int]:
        """Places by score, then later moment, then id, so that the order of adding decides nothing."""
        columns = self.index.columns
        opened = columns.opened[slots]
        first = np.lexsort((-opened, -scores)).tolist()
        return sorted(first, key=lambda at: (-float(scores[at]), -int(opened[at]), columns.name(int(slots[at]))))

    def _reasons(
        self, compared: Compared, at: int, parts: Mapping[str, float], new: str, earlier: str
    ) -> tuple[Reason, ...]:
        told = reasons(compared, at, parts)
        words = words_in_common(new, earlier) if new and earlier else ()
        return (*told, Reason("words", words=words, weight=parts["words"])) if words else told
