"""A trained classifier before the declared words, in one voice.

    the model knows classes that are matters in force   -> its confidences, for those matters alone
    a declared word speaks for a matter it never learned -> stands beside them, says so, and nothing acts by itself
    nothing learned fits, or the text says nothing known -> the declared words alone, as before

Classes that are no matters are passed over; what confidence they took is not given to others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from msgspec.structs import replace

from sanban.intake.event import LEARNED, Candidate
from sanban.intake.triage.advice import Advice
from sanban.intake.triage.words import AT_MOST, READ_AT_MOST, Triage, is_speech

FAINTEST = 100
UNLEARNED = "unlearned"
"""The reason that says of a matter that the model in use was not trained on it."""


class LearnedGuess(Protocol):
    """A class, its confidence in basis points and the words that spoke for it."""

    @property
    def label(self) -> str: ...

    @property
    def confidence(self) -> int: ...

    @property
    def words(self) -> tuple[str, ...]: ...


class Classifier(Protocol):
    """What a trained model can do; `intake.learning.model.Model` does."""

    @property
    def labels(self) -> tuple[str, ...]: ...

    def guess(self, text: str, title: str = "", among: Sequence[str] | None = None) -> Sequence[LearnedGuess]: ...

    def name_of(self, code: str) -> str: ...


class LearnedTriage:
    """Both together. `version`: of the model; `thresholds`: matters in force and from which confidence they act."""

    def __init__(
        self,
        declared: Triage,
        classifier: Classifier,
        version: str,
        thresholds: Mapping[str, int | None],
        code_of: Callable[[str], str],
    ) -> None:
        self._declared = declared
        self._classifier = classifier
        self._thresholds = dict(thresholds)
        self._code_of = code_of
        self._known = tuple(label for label in classifier.labels if label in thresholds)
        self.model = f"learned-{version[:12]}:{declared.model.removeprefix('words-')}"

    def suggest(self, text: str, title: str = "") -> tuple[Candidate, ...]:
        """At most three matters, most confident first; none for an empty text."""
        text, title = text[:READ_AT_MOST], title[:READ_AT_MOST]
        if not is_speech(f"{title} {text}"):
            return ()
        learned = self._learned(text, title)
        if not learned:
            return self._declared.suggest(text, title)
        return _together(learned, self._beside(text, title))

    def acts(self, candidates: Sequence[Candidate]) -> bool:
        """Whether the first reaches its mechanism's threshold. Learned and declared side by side wait for a person."""
        learned = [one.matter in self._known for one in candidates]
        if not any(learned):
            return self._declared.acts(candidates)
        auto_at = self._thresholds.get(candidates[0].matter)
        return all(learned) and auto_at is not None and candidates[0].confidence >= auto_at

    def advise(self, text: str, title: str = "") -> Advice | None:
        """What `suggest` and `acts` say, as it is stored."""
        candidates = self.suggest(text, title)
        return Advice(self.model, candidates, self.acts(candidates)) if candidates else None

    def word(self, reason: str) -> str:
        """The word behind a reason's code; '' for a learned word that today's model no longer knows."""
        return self._classifier.name_of(reason) if reason.startswith(LEARNED) else self._declared.word(reason)

    def _beside(self, text: str, title: str) -> list[Candidate]:
        """Matters that the model never learned, for which declared words speak."""
        return [
            replace(one, reasons=(*one.reasons, UNLEARNED))
            for one in self._declared.suggest(text, title, apart_from=self._known)
        ]

    def _learned(self, text: str, title: str) -> list[Candidate]:
        if not self._known:
            return []
        guesses = self._classifier.guess(text, title, self._known)
        return [
            Candidate(one.label, one.confidence, tuple(map(self._code_of, one.words)))
            for one in guesses
            if one.confidence >= FAINTEST
        ]


def _together(learned: Sequence[Candidate], beside: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """At most three, most confident first; of what stands beside one is kept, however sure the model is."""
    ranked = sorted([*learned, *beside], key=lambda one: -one.confidence)
    kept = ranked[:AT_MOST]
    return tuple(kept if not beside or any(one in beside for one in kept) else [*kept[:-1], beside[0]])
