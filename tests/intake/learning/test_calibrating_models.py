"""That confidence keeps its order, is fitted where topics are hardest, and so holds on what the examples rarely say."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from intake.learning.made import ENDS, PLACES, SUBJECTS, examples
from sanban.intake.learning import calibrating
from sanban.intake.learning.calibrating import BEND, sharpness_of, topics_of
from sanban.intake.learning.examples import Example
from sanban.intake.learning.model import WHOLE, Head, claims, points_of
from sanban.intake.learning.training import train

SCORES = st.lists(st.floats(-3, 3), min_size=2, max_size=7, unique=True).map(np.array)
CONTESTED = ("井盖", "沉降", "围挡", "渣土", "塌陷", "护栏")


def head(sharpness: float, bend: float) -> Head:
    return Head(("noise", "street-light", "water-outage"), sharpness, 0, cuts=True, bend=bend)


@given(SCORES)
def test_what_scores_more_claims_more_and_ever_less_of_it(scores: NDArray[np.float64]) -> None:
    ranked = np.sort(scores)
    claimed = claims(ranked, BEND)
    assert (np.diff(claimed) >= 0).all()
    assert (np.diff(claimed) <= np.diff(ranked) + 1e-9).all()
    assert (claimed < 0).all()


def test_a_model_from_before_says_what_it_said() -> None:
    scores = np.array([0.5, -0.5, -1.0], dtype=np.float32)
    raised = np.exp(2 * scores.astype(np.float64))
    assert points_of(scores, Head(("noise", "street-light", "water-outage"), 2.0, 0, cuts=True)).tolist() == [
        int(WHOLE * one / raised.sum()) for one in raised
    ]


def test_two_classes_that_are_both_clearly_meant_share_the_confidence() -> None:
    first, second, _ = points_of(np.array([1.6, 1.2, -1.0], dtype=np.float32), head(5.0, BEND))
    assert 0 <= first - second <= 100
    apart, _, _ = points_of(np.array([0.0, -0.4, -1.0], dtype=np.float32), head(5.0, BEND))
    assert apart > 6_000


def drawn(count: int, sharpness: float, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Scores of three classes, and right ones that are as likely as a model of this sharpness says."""
    chance = np.random.default_rng(seed)
    scores = chance.normal(-0.5, 0.8, (count, 3)).astype(np.float32)
    raised = np.exp(sharpness * claims(scores.astype(np.float64), BEND))
    steps = np.cumsum(raised / raised.sum(axis=1, keepdims=True), axis=1)
    return scores, (chance.random((count, 1)) > steps).sum(axis=1)


@pytest.mark.parametrize("hard", [1.0, 2.0, 3.0])
def test_confidence_is_fitted_on_the_hardest_quarter_of_the_texts_topic_by_topic(hard: float) -> None:
    easy, right = drawn(6_000, 9.0, 1)
    other, right_there = drawn(2_000, hard, 2)
    scores, truth = np.concatenate([easy, other]), np.concatenate([right, right_there])
    topics = np.repeat([0, 1, 2, 3], 2_000)
    assert sharpness_of(scores, truth, topics) == pytest.approx(hard, rel=0.1)
    assert sharpness_of(easy, right, np.repeat([0, 1, 2], 2_000)) == pytest.approx(9.0, rel=0.15)


def test_texts_that_say_the_same_things_are_one_topic() -> None:
    chance = np.random.default_rng(3)
    about = np.repeat([0, 1, 2], 60)
    rows = np.zeros((180, 30))
    for row, subject in zip(rows, about, strict=True):
        row[10 * subject + chance.choice(10, 5, replace=False)] = 5**-0.5
    found = topics_of(csr_matrix(rows), seed=1)
    assert max(len(set(about[found == topic])) for topic in set(found.tolist())) == 1
    assert found.tolist() == topics_of(csr_matrix(rows), seed=1).tolist()
    assert set(topics_of(csr_matrix(rows[:79]), seed=1).tolist()) == {0}


def contested(start: int, count: int) -> list[Example]:
    """Messages about things that two matters share, half of them held to be the one and half the other."""
    return [
        Example(
            " ".join(
                [
                    PLACES[number % 8],
                    CONTESTED[number % 6],
                    CONTESTED[(number // 6 + 1) % 6],
                    PLACES[(number // 5) % 8],
                    CONTESTED[(number // 2 + 3) % 6],
                    ENDS[number % 6],
                ]
            ),
            ("noise", "street-light")[crc32(str(number).encode()) % 2],
        )
        for number in range(start, start + count)
    ]


def test_of_what_two_matters_share_it_is_less_sure_than_all_examples_alike_would_have_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = [*examples(100), *contested(0, 60)]
    model = train(known)
    monkeypatch.setattr(calibrating, "HARDEST", 1.0)
    alike = train(known)
    asked = [one.text for one in contested(60, 100)]
    cautious, usual = (sum(one.guess(text)[0].confidence for text in asked) / 100 for one in (model, alike))
    assert model.head.bend == BEND
    assert 5_000 < cautious < usual - 500
    for words in SUBJECTS.values():
        (best, *_), (other, *_) = model.guess("".join(words)), alike.guess("".join(words))
        assert best.label == other.label
        assert best.confidence > 9_500
