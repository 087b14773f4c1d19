"""Learns weights from requests that people linked: which of its candidates was the one.

A conditional logit: within the candidates of one new request, the probability of the linked one is the softmax of the
scores. Newton's method on the penalised likelihood, which has one maximum, so the same examples give the same weights.
Requests of the same problem (the linked one's other duplicates) are no wrong answers and are left out of the negatives.

The affinity of two matters is the smoothed log of how much more often linked requests have them than chance would
give. It is learned on other examples than the weights that use it (crossed by groups), else it would promise too much.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from sanban.intake.duplicates.features import FEATURES, Affinity, Compared
from sanban.intake.duplicates.weights import Weights, WeightsFile
from sanban.kernel.errors import SanbanError

PENALTY = 1.0
STEPS_AT_MOST = 60
SMOOTH = 0.5
FOLDS = 5


class Example(msgspec.Struct, frozen=True):
    """One new request whose earlier one is known, compared with its candidates when it came in.

    `right`: place of the linked one among the candidates, None when it is not among them. `kin`: candidates of the
    same problem. `affine`: recomputes the comparison's affinity for a table.
    """

    group: str
    matters: tuple[str, str]
    rows: NDArray[np.float64]
    candidate_matters: tuple[str, ...]
    near: NDArray[np.bool_]
    right: int | None
    kin: NDArray[np.bool_]

    def with_affinity(self, affinity: Affinity) -> NDArray[np.float64]:
        """The rows with the affinities of a table put in."""
        default = affinity.get(("", ""), 0.0)
        told = np.array([affinity.get((self.matters[0], earlier), default) for earlier in self.candidate_matters])
        rows = self.rows.copy()
        rows[:, FEATURES.index("affinity")] = told
        rows[:, FEATURES.index("affinity_near")] = told * self.near
        return rows


def example(group: str, matters: tuple[str, str], compared: Compared, names: Sequence[str], right: int | None,
            kin: NDArray[np.bool_]) -> Example:  # fmt: skip
    """An example from a comparison made without affinity; `names`: the candidates' matters."""
    near = compared.rows()[:, FEATURES.index("within_150")].astype(np.bool_)
    return Example(group, matters, compared.rows(), tuple(names), near, right, kin)


def affinity_of(pairs: Iterable[tuple[str, str]], matters: Counter[str]) -> Affinity:
    """The affinity of (new, earlier) matters, and under ('', '') that of pairs never seen.

    `matters`: how many requests of each matter there are: what chance would give.
    """
    both, new = Counter(pairs), Counter[str]()
    for (one, _), count in both.items():
        new[one] += count
    total = max(matters.total(), 1)
    table: Affinity = {}
    for (one, other), count in both.items():
        chance = max(matters[other], 1) / total
        table[one, other] = float(np.log((count + SMOOTH * chance) / (new[one] + SMOOTH) / chance))
    table["", ""] = float(np.log(SMOOTH / (SMOOTH + both.total() / max(len(new), 1))))
    return table


def folds(groups: Sequence[str], count: int, seed: int) -> NDArray[np.int64]:
    """A fold for each, all of one group in the same; `seed` shuffles the groups."""
    names = sorted(set(groups))
    order = np.random.default_rng(seed).permutation(len(names))
    fold = {names[place]: number % count for number, place in enumerate(order.tolist())}
    return np.array([fold[group] for group in groups], dtype=np.int64)


def learn(examples: Sequence[Example], matters: Counter[str], name: str, source: str, *,
          by_matter: bool = True, seed: int = 0) -> Weights:  # fmt: skip
    """Weights from examples; without `by_matter` they name no matter and know only same or not.

    Raises `SanbanError` when no example has its linked request among the candidates.
    """
    fold = folds([one.group for one in examples], FOLDS, seed)
    prepared: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    for number in range(FOLDS):
        train = [one.matters for one, at in zip(examples, fold, strict=True) if at != number]
        others = affinity_of(train, matters) if by_matter else {}
        for one, at in zip(examples, fold, strict=True):
            if at == number and one.right is not None:
                rows = one.with_affinity(others)
                prepared.append((rows[one.right], rows[~one.kin]))
    if not prepared:
        raise SanbanError("no request among these has its earlier one among the candidates", "learn from more links")
    vector = _conditional_logit(prepared)
    table = affinity_of((one.matters for one in examples), matters) if by_matter else {}
    weights = {feature: round(float(value), 4) for feature, value in zip(FEATURES, vector, strict=True)}
    kindred = tuple(sorted((new, earlier, round(value, 4)) for (new, earlier), value in table.items()))
    return Weights(WeightsFile(name, source, weights, kindred))


def _conditional_logit(prepared: list[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> NDArray[np.float64]:
    """Weights that make the right ones likeliest. Features are scaled for the penalty and scaled back."""
    rows = np.vstack([np.vstack((right, wrong)) for right, wrong in prepared])
    starts = np.cumsum([0] + [1 + len(wrong) for _, wrong in prepared[:-1]])
    of = np.repeat(np.arange(len(prepared)), [1 + len(wrong) for _, wrong in prepared])
    scale = np.maximum(rows.std(axis=0), 1e-9)
    dead = rows.std(axis=0) < 1e-9
    scaled = np.where(dead, 0.0, rows / scale)
    wide = scaled.shape[1]
    weights, best = np.zeros(wide), _loss(scaled, starts, of, np.zeros(wide))
    for _ in range(STEPS_AT_MOST):
        share = _shares(scaled, starts, of, weights)
        mean = np.add.reduceat(share[:, None] * scaled, starts)
        slope = (mean - scaled[starts]).sum(axis=0) + PENALTY * weights
        curve = (scaled * share[:, None]).T @ scaled - mean.T @ mean + PENALTY * np.eye(wide)
        step, length = np.linalg.solve(curve, slope), 1.0
        while (loss := _loss(scaled, starts, of, weights - length * step)) > best and length > 1e-6:
            length /= 2
        if best - loss < 1e-7:
            break
        weights, best = weights - length * step, loss
    return np.asarray(weights / scale, dtype=np.float64)


def _shares(rows: NDArray[np.float64], starts: NDArray[np.int64], of: NDArray[np.int64],
            weights: NDArray[np.float64]) -> NDArray[np.float64]:  # fmt: skip
    score = rows @ weights
    lifted = np.exp(score - np.maximum.reduceat(score, starts)[of])
    return np.asarray(lifted / np.add.reduceat(lifted, starts)[of], dtype=np.float64)


def _loss(rows: NDArray[np.float64], starts: NDArray[np.int64], of: NDArray[np.int64],
          weights: NDArray[np.float64]) -> float:  # fmt: skip
    share = _shares(rows, starts, of, weights)
    return float(-np.log(np.maximum(share[starts], 1e-300)).sum() + PENALTY * (weights @ weights) / 2)
