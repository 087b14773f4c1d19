"""Sketches of texts: alike where texts are, the same both ways, and empty for nothing said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.duplicates.sketch import NO_SIGN, SIGNS, grams, similarity, sketch

TEXTS = st.text(st.sampled_from("路灯坏了不亮楼道漏水abc 12,。Ａ"), max_size=60)


def alike(one: str, other: str) -> float:
    return float(similarity(sketch(one), sketch(other)[None, :])[0])


@given(TEXTS, TEXTS)
def test_similarity_is_the_same_both_ways_and_a_share(one: str, other: str) -> None:
    assert alike(one, other) == alike(other, one)
    assert 0 <= alike(one, other) <= 1


@given(TEXTS)
def test_a_text_is_wholly_like_itself_unless_it_says_nothing(text: str) -> None:
    assert alike(text, text) == (1.0 if grams(text) else 0.0)


@given(TEXTS, TEXTS)
def test_texts_of_few_grams_are_compared_exactly(one: str, other: str) -> None:
    mine, theirs = grams(one), grams(other)
    if mine and theirs and max(len(mine), len(theirs)) < SIGNS:
        assert alike(one, other) == pytest.approx(len(mine & theirs) / len(mine | theirs))


SIGN_SETS = st.just(set()) | st.sets(st.integers(0, 40), min_size=SIGNS - 4, max_size=SIGNS + 14)


@given(SIGN_SETS, SIGN_SETS)
def test_only_what_both_sketches_can_have_seen_is_compared(one: set[int], other: set[int]) -> None:
    mine, theirs = (sorted(signs)[:SIGNS] for signs in (one, other))
    reach = min(signs[-1] if len(signs) == SIGNS else 99 for signs in (mine, theirs))
    low, high = ({sign for sign in signs if sign <= reach} for signs in (mine, theirs))
    rows = [np.array(signs + [NO_SIGN] * (SIGNS - len(signs)), np.uint32) for signs in (mine, theirs)]
    expected = len(low & high) / len(low | high) if mine and theirs else 0.0
    assert similarity(rows[0], rows[1][None, :])[0] == pytest.approx(expected)


@given(TEXTS)
def test_a_sketch_ascends_and_is_filled_at_its_end(text: str) -> None:
    signs = sketch(text)
    assert len(signs) == SIGNS
    kept = signs[signs != NO_SIGN]
    assert np.all(np.diff(kept.astype(np.int64)) > 0)
    assert np.all(signs[len(kept) :] == NO_SIGN)


@pytest.mark.parametrize(
    ("one", "other"),
    [("ＡＢＣ路灯", "abc路灯"), ("Main  St.", "main st"), ("路灯，坏了", "路灯 坏了")],
)
def test_width_case_and_punctuation_make_no_difference(one: str, other: str) -> None:
    assert alike(one, other) == 1.0


def test_long_texts_are_estimated_within_what_a_sample_allows() -> None:
    rng = np.random.default_rng(3)
    signs = [chr(0x4E00 + number) for number in rng.integers(0, 2000, 900)]
    one, other = "".join(signs[:600]), "".join(signs[300:])
    exact = len(grams(one) & grams(other)) / len(grams(one) | grams(other))
    assert abs(alike(one, other) - exact) < 0.35
    assert alike(one, "".join(signs[600:])) < 0.1


def test_nothing_compares_with_no_candidates() -> None:
    assert len(similarity(sketch("路灯"), np.zeros((0, SIGNS), np.uint32))) == 0
