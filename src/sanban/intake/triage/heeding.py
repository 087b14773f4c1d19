"""What a text asks of a person first: its route, its flags, and the words behind both.

Declared words speak for routes and flags as they do for matters. Of the routes whose points are enough the first
counts: a danger is handed over before anything is argued, and a threat before a pointer to the courts.

    emergency > police_clue > statutory > explain > accept (when nothing else speaks)

A text without speech is `empty`; one that repeats itself, is made of addresses or of declared advertising is `spam`,
and the ground says which. Both wait for a person like any other request: nothing is refused or closed, no limit moves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from sanban.intake.event import DANGER, AdvisedRoute, Block, Candidate, Flag, Route
from sanban.intake.triage.advice import Advice
from sanban.intake.triage.blocks import SURE, several
from sanban.intake.triage.words import READ_AT_MOST, MatterWords, Triage, is_speech
from sanban.packs.desk.heeds import SEVERAL, TOGETHER, DeclaredWords

ORDER: tuple[Route, ...] = ("emergency", "police_clue", "statutory", "explain")
FLAGS: tuple[Flag, ...] = ("danger", "urgent", "several", "spam", "thanks", "question")
WAITS: frozenset[str] = frozenset({"several", "spam", "empty"})
NO_CASE: frozenset[str] = frozenset({"thanks", "question"})
TOWARDS_HANDLING: frozenset[str] = frozenset({"", "accept", "emergency"})
GROUNDS_AT_MOST = 8
PIECE = 4
LONG_ENOUGH = 60
FEWEST_NEW = 0.25
MOSTLY_ADDRESS = 0.5

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_SIGNS = re.compile(r"[^\W_]")


class OfMatters(Protocol):
    """A triage of matters: declared words, or a trained model before them."""

    @property
    def model(self) -> str: ...

    def suggest(self, text: str, title: str = "") -> tuple[Candidate, ...]: ...

    def acts(self, candidates: Sequence[Candidate]) -> bool: ...

    def word(self, reason: str) -> str: ...


class Heeding:
    """A triage of matters, with routes and flags round it."""

    def __init__(self, matters: OfMatters, heeds: Sequence[DeclaredWords], version: str) -> None:
        """Raises `SanbanError` for words that are empty, repeated or out of range."""
        self._matters = matters
        self._at = {heed.code: heed.at for heed in heeds}
        self._words = Triage([MatterWords(heed.code, heed.code, heed.code, heed.words) for heed in heeds], version)
        self.model = matters.model

    def suggest(self, text: str, title: str = "") -> tuple[Candidate, ...]:
        """Matters alone."""
        return self._matters.suggest(text, title)

    def advise(self, text: str, title: str = "") -> Advice | None:
        """Matters, route, flags and blocks; None when there is nothing to say."""
        if not is_speech(f"{title} {text}"):
            return Advice(self.model, flags=("empty",), grounds=(SILENT,))
        candidates = self._matters.suggest(text, title)
        blocks = several(text, self._matters.suggest, self._at.get(SEVERAL, SURE))
        route, flags, grounds = self._heeded(text, title, blocks)
        if not (candidates or flags or route):
            return None
        auto = self._acts(candidates, flags) and route in TOWARDS_HANDLING
        return Advice(self.model, candidates, auto, route, flags, grounds, blocks)

    def word(self, reason: str) -> str:
        """The word behind a reason's code, of matters, routes and flags."""
        own = self._words.word(reason)
        return own if own != reason else self._matters.word(reason)

    def _acts(self, candidates: Sequence[Candidate], flags: Sequence[Flag]) -> bool:
        """Whether the first opens a case by itself: declared words only together, or beside those of a danger."""
        danger = DANGER in flags
        if not self._matters.acts(candidates) or (WAITS if danger else WAITS | NO_CASE).intersection(flags):
            return False
        first = candidates[0]
        return danger or first.calibrated or len(first.reasons) >= self._at.get(TOGETHER, 1)

    def _heeded(
        self, text: str, title: str, blocks: tuple[Block, ...]
    ) -> tuple[AdvisedRoute, tuple[Flag, ...], tuple[str, ...]]:
        points, reasons = self._words.points(text, title)
        spoken = {code for code, found in points.items() if found >= self._at[code]}
        if "emergency" in spoken:
            spoken.add("danger")
        route: AdvisedRoute = next((one for one in ORDER if one in spoken), "")
        looks = [code for code, holds in LOOKS.items() if holds(text)]
        found = ({"several"} if blocks else set()) | ({"spam"} if looks else set())
        flags = tuple(flag for flag in FLAGS if flag in spoken | found)
        grounds = looks + [code for one in (route, *flags) for code in reasons.get(one, ())]
        return route, flags, tuple(dict.fromkeys(grounds))[:GROUNDS_AT_MOST]


def repeats_itself(text: str) -> bool:
    """Whether a long text says the same few things over and over: fewer than a quarter of its runs of four are new."""
    signs = "".join(_SIGNS.findall(text[:READ_AT_MOST]))
    runs = [signs[at : at + PIECE] for at in range(len(signs) - PIECE + 1)]
    return len(signs) >= LONG_ENOUGH and len(set(runs)) < FEWEST_NEW * len(runs)


def is_mostly_address(text: str) -> bool:
    """Whether links are half of a text or more."""
    text = text[:READ_AT_MOST].strip()
    links = sum(len(found[0]) for found in _ADDRESS.finditer(text)) if "://" in text or "www." in text else 0
    return bool(text) and links >= MOSTLY_ADDRESS * len(text)


SILENT = "silent"
"""The ground of `empty`."""
LOOKS: Mapping[str, Callable[[str], bool]] = {"repeats": repeats_itself, "links": is_mostly_address}
"""Grounds of `spam` that no word speaks for: how a text looks."""
