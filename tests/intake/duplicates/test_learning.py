"""Learning to rank from linked requests."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.duplicates.entry import Entry
from sanban.intake.duplicates.features import FEATURES, Compared
from sanban.intake.duplicates.index import DAY, DuplicateIndex
from sanban.intake.duplicates.learning import Example, affinity_of, example, folds, learn
from sanban.kernel.errors import SanbanError

MATTERS = Counter({"light": 50, "noise": 30, "power": 20})


def town(seed: int, count: int) -> list[Example]:
    """Requests whose duplicate is the nearest of the same matter, among strangers farther away."""
    rng = np.random.default_rng(seed)
    index = DuplicateIndex(312_700_000)
    examples = []
    for number in range(count):
        point = tuple((np.array([312_700_000, 1_214_900_000]) + rng.integers(-40_000, 40_000, 2)).tolist())
        matter = ("light", "noise", "power")[number % 3]
        index.add(Entry(f"o{number}", number * DAY // 50, matter, "u1", point))
        query = index.query(Entry(f"n{number}", number * DAY // 50 + 9, matter, "u1", (point[0] + 100, point[1])))
        slots = index.candidates(query)
        names = [index.columns.name(int(slot)) for slot in slots]
        matters = [index.columns.matters.names[index.columns.matter[int(slot)]] for slot in slots]
        right = names.index(f"o{number}")
        kin = np.array([name == f"o{number}" for name in names])
        examples.append(example(f"g{number}", (matter, matter), Compared(index, query, slots, {}), matters, right, kin))
    return examples


def rank(one: Example, weights) -> int:
    scores = weights.scores(one.with_affinity(weights.affinity))
    return int((scores > scores[one.right]).sum())


def test_what_was_learned_ranks_new_examples_right_and_the_same_each_time() -> None:
    weights = learn(town(1, 60), MATTERS, "town", "a made-up town")
    assert weights.model == learn(town(1, 60), MATTERS, "town", "a made-up town").model
    ranks = [rank(one, weights) for one in town(2, 60)]
    assert sum(place == 0 for place in ranks) >= 55


def test_without_matters_no_matter_is_named() -> None:
    weights = learn(town(1, 40), MATTERS, "town", "a made-up town", by_matter=False)
    assert weights.affinity == {}
    assert weights.file.weights["affinity"] == 0


def test_nothing_is_learned_from_nothing() -> None:
    with pytest.raises(SanbanError, match="no request among these"):
        learn([], MATTERS, "town", "nobody")


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=40), st.integers(2, 6), st.integers(0, 9))
def test_a_group_is_never_in_two_folds(groups: list[str], count: int, seed: int) -> None:
    fold = folds(groups, count, seed)
    for name in set(groups):
        assert len({int(at) for at, group in zip(fold, groups, strict=True) if group == name}) == 1


def test_affinity_is_above_chance_for_what_is_linked_and_below_for_the_rest() -> None:
    table = affinity_of([("light", "power")] * 8 + [("light", "light")] * 4, MATTERS)
    assert table["light", "power"] > table["light", "light"] > table["", ""]


def test_an_affinity_is_told_for_each_candidate_and_near_ones_twice() -> None:
    one = town(1, 5)[4]
    rows = one.with_affinity({("noise", "light"): 2.0, ("", ""): -1.0})
    told = rows[:, FEATURES.index("affinity")]
    assert [value == 2.0 for value in told] == [matter == "light" for matter in one.candidate_matters]
    assert np.array_equal(rows[:, FEATURES.index("affinity_near")], told * one.near)
