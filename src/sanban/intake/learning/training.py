"""Trains a classifier from labelled texts: a linear support vector machine over the views, then its calibration.

    examples --> lexicon, tables --> one machine a class, classes weighed alike --> weights
             --> five folds, near-duplicates together --> scores of unseen texts, their topics --> sharpness

A feature enters the tables when three different people (or texts, where persons are not told) said it, so that nobody's
name is learned from their own messages. Everything is seeded: the same examples give the same model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.svm import LinearSVC

from sanban.intake.learning.calibrating import BEND, sharpness_of, topics_of
from sanban.intake.learning.cutting import Cutter, is_cut, lexicon
from sanban.intake.learning.examples import Example, texts_of
from sanban.intake.learning.features import VIEWS, Floats, Halves, Read, Runs, Words, rarity_of, read, runs_of
from sanban.intake.learning.folding import folds
from sanban.intake.learning.model import Head, Model
from sanban.intake.learning.neighbours import marks, near_groups
from sanban.kernel.errors import SanbanError

FEWEST_EXAMPLES = 12
FEWEST_SAYING = 3
COST = 1.0
SEED = 20_260_101
NEVER = -1e4
"""The score of a label that a machine has not seen."""
MAJORITY_CUT = 0.5

Places = NDArray[np.int64]


def train(examples: Sequence[Example]) -> Model:
    """The model of these examples. Raises `SanbanError` when fewer than two labels have twelve examples or more."""
    kept, left_out = enough(examples)
    labels = taught(kept)
    truth = np.array([labels.index(one.label) for one in kept])
    likely = lexicon_of(kept)
    cutter = Cutter(likely)
    said = [read(cutter, one.text, one.title) for one in kept]
    tables = _tables(said, [one.person for one in kept])
    matrix = _matrix(said, tables)
    weights, bias = _fitted(matrix, truth, len(labels))
    scores, unseen = _unseen_scores(matrix, truth, near_groups(texts_of(kept)), len(labels))
    topics = topics_of(_of_words(matrix, tables), SEED)
    sharpness = sharpness_of(scores, truth[unseen], topics[unseen])
    head = Head(labels, sharpness, len(kept), bool(likely), left_out, BEND)
    seen = np.stack([marks(one.words) for one in said])
    return Model(head, likely, tables, _by_view(weights, tables), bias, seen)


def taught(examples: Sequence[Example]) -> tuple[str, ...]:
    """The labels that have twelve examples or more."""
    counts = Counter(one.label for one in examples)
    return tuple(sorted(label for label, count in counts.items() if count >= FEWEST_EXAMPLES))


def enough(examples: Sequence[Example]) -> tuple[list[Example], dict[str, int]]:
    """The examples of those labels, and how many each of the others has. Raises `SanbanError` without two labels."""
    labels = taught(examples)
    left_out = Counter(one.label for one in examples if one.label not in labels)
    if len(labels) < 2:
        message = f"two classes with {FEWEST_EXAMPLES} examples each are needed; there are {len(examples)} examples"
        found = f"{message} of {len(labels) + len(left_out)} classes"
        raise SanbanError(found, "sanban triage train labelled.csv --label 一级分类")
    return [one for one in examples if one.label in labels], dict(sorted(left_out.items()))


def lexicon_of(examples: Sequence[Example]) -> dict[str, float]:
    """The lexicon of examples that were cut into words; none when most were not."""
    cut = [one.text for one in examples if is_cut(one.text)]
    return lexicon(cut) if len(cut) > MAJORITY_CUT * len(examples) else {}


def _tables(said: Sequence[Read], persons: Sequence[str]) -> dict[str, Words | Runs]:
    people = [person or f"\0{place}" for place, person in enumerate(persons)]
    bodies, titles = [one.words for one in said], [one.title for one in said]
    return {
        "words": _words(bodies, people),
        "runs": _runs(bodies, people),
        "title_words": _words(titles, people),
        "title_runs": _runs(titles, people),
    }


def _words(texts: Sequence[Sequence[str]], people: Sequence[str]) -> Words:
    saying: dict[str, set[str]] = {}
    texts_with: dict[str, int] = {}
    for words, person in zip(texts, people, strict=True):
        for word in set(words):
            saying.setdefault(word, set()).add(person)
            texts_with[word] = texts_with.get(word, 0) + 1
    kept = sorted(word for word, who in saying.items() if len(who) >= FEWEST_SAYING)
    return Words(kept, rarity_of(len(texts), np.array([texts_with[word] for word in kept], dtype=np.int64)))


def _runs(texts: Sequence[Sequence[str]], people: Sequence[str]) -> Runs:
    known = {person: place for place, person in enumerate(dict.fromkeys(people))}
    said = [np.unique(runs_of(words)) for words in texts]
    runs = np.concatenate(said) if said else np.empty(0, dtype=np.uint64)
    who = np.repeat([known[person] for person in people], [len(one) for one in said])
    keys, place, texts_with = np.unique(runs, return_inverse=True, return_counts=True)
    people_with = texts_with if len(known) == len(people) else _people_with(place, who, len(known), len(keys))
    enough = people_with >= FEWEST_SAYING
    return Runs(keys[enough], rarity_of(len(texts), texts_with[enough]))


def _people_with(run: Places, person: Places, people: int, runs: int) -> Places:
    """How many different people said each run: pairs sorted, and each counted once."""
    pairs = np.sort(run * people + person)
    first = np.ones(len(pairs), dtype=bool)
    first[1:] = pairs[1:] != pairs[:-1]
    return np.bincount(pairs[first] // people, minlength=runs)


def _matrix(said: Sequence[Read], tables: dict[str, Words | Runs]) -> csr_matrix:
    def view(name: str, words: Callable[[Read], list[str]]) -> csr_matrix:
        table = tables[name]
        vectors = [table.vector(words(one)) for one in said]
        ends = np.cumsum([0, *(len(places) for places, _ in vectors)])
        columns = np.concatenate([places for places, _ in vectors])
        values = np.concatenate([values for _, values in vectors]).astype(np.float64)
        return csr_matrix((values, columns, ends), shape=(len(said), len(table.rarity)))

    views = [
        view(name, (lambda one: one.title) if name.startswith("title") else (lambda one: one.words)) * factor
        for name, factor in VIEWS
    ]
    return hstack(views).tocsr()


def _fitted(matrix: csr_matrix, truth: Places, classes: int) -> tuple[Floats, Floats]:
    """Weights, features x classes, and the bias of each class."""
    machine = LinearSVC(C=COST, class_weight="balanced", random_state=SEED, tol=1e-3)
    machine.fit(matrix, truth)
    weights, bias = machine.coef_.T, machine.intercept_
    if classes == 2:
        weights, bias = np.hstack((-weights, weights)), np.concatenate((-bias, bias))
    return weights.astype(np.float32), bias.astype(np.float32)


def _unseen_scores(matrix: csr_matrix, truth: Places, groups: Places, classes: int) -> tuple[Floats, Places]:
    """Scores of texts by machines that saw neither them nor what is near to them, and the places of the texts.

    Where all texts of a class are near to each other, the machine that should judge them has not seen the class: they
    say nothing about confidence, and neither does anything that a machine of one class says.
    """
    found = [np.empty((0, classes), dtype=np.float32)]
    places = [np.empty(0, dtype=np.int64)]
    for seen, unseen in folds(truth, groups, SEED):
        known = np.unique(truth[seen])
        told = unseen[np.isin(truth[unseen], known)]
        if len(known) < 2:
            continue
        weights, bias = _fitted(matrix[seen], truth[seen], len(known))
        scores = np.full((len(told), classes), NEVER, dtype=np.float32)
        scores[:, known] = matrix[told] @ weights + bias
        found.append(scores)
        places.append(told)
    return np.concatenate(found), np.concatenate(places)


def _of_words(matrix: csr_matrix, tables: dict[str, Words | Runs]) -> csr_matrix:
    """The view of words alone, which stands first."""
    return matrix[:, : len(tables["words"].rarity)]


def _by_view(weights: Floats, tables: dict[str, Words | Runs]) -> dict[str, Halves]:
    found, start = {}, 0
    for name, _ in VIEWS:
        end = start + len(tables[name].rarity)
        found[name] = np.ascontiguousarray(weights[start:end], dtype=np.float16)
        start = end
    return found
