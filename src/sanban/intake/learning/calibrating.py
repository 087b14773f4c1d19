"""Fits how confidence follows from scores, so that it also holds where messages are harder than most examples.

    words of all texts --> topics --> loss of each topic's unseen texts --> the hardest quarter --> sharpness

What comes in is no fair sample of the examples: topics that are rare among them, or that two classes share, may be
most of a week. So the sharpness is not the one that is likeliest over all texts, but over the quarter of them whose
topics go worst; over all of them confidence is then a little too low. Topics are found by nearness, each text with the
mean it is nearest to, and about as many as the third level of a municipal classification has.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from sanban.intake.learning.features import Floats
from sanban.intake.learning.model import claims

BEND = 4.0
"""How soon a score says no more: chosen by the likelihood of unseen texts."""
LEAST_SHARP, MOST_SHARP = 0.1, 30.0
HARDEST = 0.25
TEXTS_A_TOPIC = 40
TOPICS_AT_MOST = 200
ROUNDS = 10
BLOCK = 10_000

Places = NDArray[np.int64]


def topics_of(vectors: csr_matrix, seed: int) -> Places:
    """The topic of each text, from vectors of length one; one topic for all where there are few texts."""
    texts = vectors.shape[0]
    topics = min(texts // TEXTS_A_TOPIC, TOPICS_AT_MOST)
    if topics < 2:
        return np.zeros(texts, dtype=np.int64)
    first = np.random.default_rng(seed).choice(texts, topics, replace=False)
    means, found = vectors[first].toarray(), np.zeros(texts, dtype=np.int64)
    for _ in range(ROUNDS):
        for at in range(0, texts, BLOCK):
            found[at : at + BLOCK] = (vectors[at : at + BLOCK] @ means.T).argmax(axis=1)
        members = csr_matrix((np.ones(texts), (found, np.arange(texts))), shape=(topics, texts))
        sums = (members @ vectors).toarray()
        means = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return found


def sharpness_of(scores: Floats, truth: Places, topics: Places) -> float:
    """The factor that makes the softmax likeliest where topics are hardest, by golden section; without any score the
    least."""
    if not len(truth):
        return LEAST_SHARP
    claimed = claims(scores.astype(np.float64), BEND)
    claimed -= claimed.max(axis=1, keepdims=True)
    own = claimed[np.arange(len(truth)), truth]
    sizes = np.maximum(np.bincount(topics), 1)
    hardest = max(1, round(len(truth) * HARDEST))

    def loss(sharpness: float) -> float:
        each = np.log(np.exp(sharpness * claimed).sum(axis=1)) - sharpness * own
        of_topic = np.bincount(topics, each) / sizes
        return float(np.sort(of_topic[topics])[-hardest:].mean())

    low, high, golden = LEAST_SHARP, MOST_SHARP, (5**0.5 - 1) / 2
    while high - low > 1e-3:
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
    return round((low + high) / 2, 3)
