"""Which texts count as one when a classifier is measured."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.learning.neighbours import is_twin, marks, near_groups

LONG = "小区门口的路灯已经坏了整整一个星期了，晚上出门什么都看不见，希望有关部门尽快派人来修理"


def test_copies_and_near_copies_are_one_group_and_others_are_not() -> None:
    groups = near_groups([LONG, "停水三天没有人来通知我们应该怎么办", LONG + "，谢谢", f" {LONG}！"]).tolist()
    assert groups == [0, 1, 0, 0]


def test_texts_that_share_most_words_are_twins_by_their_marks_and_others_are_not() -> None:
    words = [f"词{number}" for number in range(40)]
    others = np.stack([marks(words), marks([])])
    assert is_twin(marks(reversed(words[4:])), others)
    assert not is_twin(marks(words[:8]), others)
    assert not is_twin(marks(f"字{number}" for number in range(40)), others)


def test_there_may_be_nothing_or_hardly_anything() -> None:
    assert near_groups([]).tolist() == []
    assert near_groups(["", "路灯"]).tolist() == [0, 1]


@given(st.lists(st.text(st.sampled_from("路灯停水噪音小区"), max_size=12), max_size=8))
def test_groups_are_named_by_their_first_text_and_equal_texts_share_one(texts: list[str]) -> None:
    groups = near_groups(texts).tolist()
    assert all(first <= place and groups[first] == first for place, first in enumerate(groups))
    assert all(groups[place] == groups[texts.index(text)] for place, text in enumerate(texts))
    assert near_groups(texts).tolist() == groups
