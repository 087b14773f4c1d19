"""A trained classifier: one sparse product a view, a softmax, and the words that spoke for each class.

    score = bias + sum over views of factor x (vector of the view . weights of the view)
    confidence = softmax(sharpness x claim), in basis points

A claim is the score as far as it says something: the clearer a class is meant already, the less more of it adds.
`sharpness` was fitted on texts that the scoring model had not seen, on the topics that are hardest for it, so a
confidence of 9,000 is right at least nine times in ten among texts like the examples. The same model and text give the
same answer always. Prediction needs numpy and nothing else of its size.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from sanban.intake.learning.cutting import Cutter
from sanban.intake.learning.features import SIGN, VIEWS, Floats, Halves, Read, Runs, Words, read, text_of
from sanban.intake.learning.neighbours import is_twin, marks

WHOLE = 10_000
AT_MOST = 3
REASONS_AT_MOST = 8

Marks = NDArray[np.uint16]


class Guess(msgspec.Struct, frozen=True):
    """A class that the model thinks of: its label, its confidence in basis points, the words that spoke for it."""

    label: str
    confidence: int
    words: tuple[str, ...] = ()


class Head(msgspec.Struct, frozen=True):
    """What is told about a model beside its numbers. `examples`: how many it was trained on; `left_out`: labels that
    had too few; `bend`: how soon a score adds no more confidence, 0 never, as in models from before."""

    labels: tuple[str, ...]
    sharpness: float
    examples: int
    cuts: bool
    left_out: dict[str, int] = {}
    bend: float = 0.0


class Model:
    """The classifier. `likely`: the lexicon; `tables`: one for each view; `weights`: rows of features, columns of
    classes, in half precision, which halves what a server holds and moves no figure; `seen`: marks of the texts it was
    trained on, which measure it no more."""

    def __init__(
        self,
        head: Head,
        likely: Mapping[str, float],
        tables: Mapping[str, Words | Runs],
        weights: Mapping[str, Halves],
        bias: Floats,
        seen: Marks,
    ) -> None:
        self.head = head
        self.likely = likely
        self.tables = dict(tables)
        self.weights = dict(weights)
        self.bias = bias
        self.seen = seen
        self.cutter = Cutter(likely)
        self._views = [(tables[name], weights[name], np.float32(factor)) for name, factor in VIEWS]
        words, runs = tables["words"], tables["runs"]
        assert isinstance(words, Words), "this view is of words"
        assert isinstance(runs, Runs), "this view is of runs"
        self._words, self._runs = words, runs
        self._names: dict[str, str] | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes it knows."""
        return self.head.labels

    def scores(self, said: Read) -> Floats | None:
        """Score of each class; None when nothing in the text is known to the model."""
        total, known = self.bias.copy(), False
        for (table, weights, factor), words in zip(
            self._views, (said.words, said.words, said.title, said.title), strict=True
        ):
            places, values = table.vector(words)
            if len(places):
                known = True
                total += factor * (values @ weights[places].astype(np.float32))
        return total if known else None

    def confidences(self, text: str, title: str = "") -> NDArray[np.int64] | None:
        """Basis points of each class, in the order of `head.labels`; None when the text says nothing known."""
        scores = self.scores(read(self.cutter, text, title))
        return None if scores is None else points_of(scores, self.head)

    def guess(self, text: str, title: str = "", among: Sequence[str] | None = None) -> tuple[Guess, ...]:
        """At most three classes, most confident first, of those `among`; none when the text says nothing known."""
        said = read(self.cutter, text, title)
        scores = self.scores(said)
        if scores is None:
            return ()
        points = points_of(scores, self.head)
        labels = self.head.labels
        allowed = [place for place, label in enumerate(labels) if among is None or label in among]
        ranked = sorted(allowed, key=lambda place: (-points[place], labels[place]))[:AT_MOST]
        spoken = self._spoken(said, ranked)
        return tuple(
            Guess(labels[place], int(points[place]), words) for place, words in zip(ranked, spoken, strict=True)
        )

    def has_seen(self, text: str, title: str = "") -> bool:
        """Whether it was trained on a text of mostly these words."""
        return is_twin(marks(read(self.cutter, text, title).words), self.seen)

    def name_of(self, code: str) -> str:
        """The word behind a reason's code; '' when this model does not know it."""
        if self._names is None:
            self._names = {code_of(word): word for word in self._sayable()}
        return self._names.get(code, "")

    def _sayable(self) -> list[str]:
        """The words that may stand as reasons."""
        words, runs = self._words, self._runs
        if self.head.cuts:
            return list(words.words)
        return [text_of(int(key)) for key in runs.keys if int(key) > SIGN]

    def _spoken(self, said: Read, places: Sequence[int]) -> list[tuple[str, ...]]:
        """For each class the words that spoke for it more than for the others, strongest first."""
        words, runs = self._words, self._runs
        if self.head.cuts:
            found, values = words.vector(said.words)
            names = [words.words[place] for place in found]
            pull = values[:, None] * self.weights["words"][found]
        else:
            found, values = runs.vector(said.words)
            long = runs.keys[found] > np.uint64(SIGN)
            found, values = found[long], values[long]
            names = [text_of(int(key)) for key in runs.keys[found]]
            pull = values[:, None] * self.weights["runs"][found]
        pull = pull - pull.mean(axis=1, keepdims=True)
        return [_strongest(names, pull[:, place]) for place in places]


def points_of(scores: Floats, head: Head) -> NDArray[np.int64]:
    """Confidences in basis points, rounded down: they add to 10,000 at most."""
    claimed = claims(scores.astype(np.float64), head.bend)
    raised = np.exp(head.sharpness * (claimed - claimed.max(axis=-1, keepdims=True)))
    return np.asarray(WHOLE * raised / raised.sum(axis=-1, keepdims=True)).astype(np.int64)


def claims(scores: NDArray[np.float64], bend: float) -> NDArray[np.float64]:
    """Scores that rise ever less above 0, in the order that they had: the logarithm of a logistic curve."""
    return -np.logaddexp(0, -bend * scores) / bend if bend else scores


def code_of(word: str) -> str:
    """How a learned word stands in an event: twelve hexadecimal digits of its SHA-256, never the word."""
    return "w:" + hashlib.sha256(word.encode()).hexdigest()[:12]


def _strongest(names: Sequence[str], pull: Floats) -> tuple[str, ...]:
    """Names of what pulls towards a class, strongest first; a part of a stronger one is left out."""
    chosen: list[str] = []
    for place in np.argsort(-pull, kind="stable")[: 2 * REASONS_AT_MOST]:
        if pull[place] <= 0 or len(chosen) == REASONS_AT_MOST:
            break
        name = names[place]
        if len(name) > 1 and not any(name in one or one in name for one in chosen):
            chosen.append(name)
    return tuple(chosen)
