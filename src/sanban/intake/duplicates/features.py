"""How a candidate compares with a new request: one row of numbers each, the same for learning and for ranking.

Columns are named in `FEATURES`; all are 0 where nothing is known. Nothing that is learnt later enters: a candidate
counts as open if it was not closed when the new request came in.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sanban.intake.duplicates.buckets import Slots
from sanban.intake.duplicates.index import DAY, DuplicateIndex, Query
from sanban.intake.duplicates.sketch import similarity

Affinity = dict[tuple[str, str], float]
"""(matter of the new, matter of the earlier) -> how much likelier than chance that linked ones have these, in nats."""

FEATURES = (
    "far", "farther", "at_point", "within_60", "within_150", "no_place",
    "same_matter", "same_matter_near", "affinity", "affinity_near",
    "apart", "within_2_days", "open", "open_same_matter", "open_near",
    "address", "address_alike", "address_alone", "address_near",
    "words", "words_near", "same_unit",
)  # fmt: skip

GROUPS: dict[str, tuple[str, ...]] = {
    "place": ("far", "farther", "at_point", "within_60", "within_150", "no_place"),
    "address": ("address", "address_alike", "address_alone", "address_near"),
    "matter": ("same_matter", "same_matter_near", "affinity", "affinity_near"),
    "time": ("apart", "within_2_days"),
    "open": ("open", "open_same_matter", "open_near"),
    "words": ("words", "words_near"),
    "unit": ("same_unit",),
}
"""What features speak of together, for reasons."""

ALIKE = 0.6
NEAR = 150.0


class Compared:
    """Candidates next to a query: the features, and the plain facts that reasons tell."""

    def __init__(self, index: DuplicateIndex, query: Query, slots: Slots, affinity: Affinity) -> None:
        columns = index.columns
        self.slots = slots
        self.metres = index.distance(query, slots)
        self.apart = (query.entry.opened_at - columns.opened[slots]) / DAY
        self.same_matter = columns.matter[slots] == query.matter
        self.same_unit = columns.unit[slots] == query.unit
        self.open = columns.closed[slots] > query.entry.opened_at
        self.address = similarity(query.address, columns.address[slots])
        self.words = similarity(query.text, columns.text[slots])
        self.affinity = self._affinity(index, query, affinity)

    def _affinity(self, index: DuplicateIndex, query: Query, affinity: Affinity) -> NDArray[np.float64]:
        matters = index.columns.matter[self.slots]
        if not affinity or not len(matters):
            return np.zeros(len(matters))
        seen, where = np.unique(matters, return_inverse=True)
        names = index.columns.matters.names
        default = affinity.get(("", ""), 0.0)
        told = [affinity.get((query.entry.matter, names[number]), default) for number in seen.tolist()]
        return np.asarray(np.array(told)[where], dtype=np.float64)

    def rows(self) -> NDArray[np.float64]:
        """One row a candidate, columns as in `FEATURES`."""
        known = self.metres >= 0
        metres = np.where(known, self.metres, 0.0)
        near = known & (metres < NEAR)
        columns = (
            np.log1p(metres / 10), np.minimum(metres, 1000) / 1000, known & (metres < 5), known & (metres < 60),
            near, ~known,
            self.same_matter, self.same_matter & known & (metres < 60), self.affinity, self.affinity * near,
            np.log1p(np.maximum(self.apart, 0) * 24), self.apart < 2, self.open, self.open & self.same_matter,
            self.open & near,
            self.address, self.address > ALIKE, self.address * ~known, self.address * np.log1p(metres / 10),
            self.words, self.words * near, self.same_unit,
        )  # fmt: skip
        return np.column_stack([np.asarray(column, np.float64) for column in columns])
