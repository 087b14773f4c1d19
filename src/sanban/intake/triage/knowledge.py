"""Declared answers to what is often asked: which entries fit a text, for the desk to answer on the spot.

An entry speaks through its words, as a matter does, and through its matter, when triage thinks of that matter too. It
is shown only between its two dates. The desk reads and sends it; nothing is answered by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sanban.intake.event import Candidate
from sanban.intake.triage.words import MatterWords, Triage
from sanban.packs.desk.knowledge import KnowledgeEntry

AT_MOST = 3
MATTER_POINTS = 20
FEWEST_POINTS = 30


class Fitting(msgspec.Struct, frozen=True):
    """An entry that fits a text. `words`: codes of what spoke for it, strongest first; `points`: how much it did."""

    entry: KnowledgeEntry
    points: int
    words: tuple[str, ...] = ()


class Knowledge:
    """The entries of a district, looked up by text."""

    def __init__(self, entries: Sequence[KnowledgeEntry] = (), version: str = "none") -> None:
        """Raises `SanbanError` for words that are empty, repeated or out of range."""
        self._entries = {entry.code: entry for entry in entries}
        named = [MatterWords(one.code, one.title.zh, one.title.en, one.words) for one in entries]
        self._words = Triage(named, version)

    def fitting(
        self, text: str, title: str = "", now: int = 0, candidates: Sequence[Candidate] = ()
    ) -> tuple[Fitting, ...]:
        """At most three entries in force now (microseconds UTC) that fit, best first. A matter alone fits nothing."""
        points, words = self._words.points(text, title)
        thought = {one.matter for one in candidates}
        found = []
        for code, spoken in points.items():
            entry = self._entries[code]
            more = MATTER_POINTS if entry.matter in thought else 0
            if entry.in_force(now) and spoken + more >= FEWEST_POINTS:
                found.append(Fitting(entry, spoken + more, words[code]))
        return tuple(sorted(found, key=lambda one: (-one.points, one.entry.code))[:AT_MOST])

    def entry(self, code: str, now: int) -> KnowledgeEntry | None:
        """The entry of a code while it is in force."""
        found = self._entries.get(code)
        return found if found is not None and found.in_force(now) else None

    def word(self, reason: str) -> str:
        """The word behind a code."""
        return self._words.word(reason)
