"""How texts are cut into words, and what of them is counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.learning.cutting import Cutter, is_cut, joined, lexicon
from sanban.intake.learning.features import Runs, Words, key_of, rarity_of, read, runs_of, text_of

CUT = [
    "小区 路灯 不亮 请求 处理",
    "小区 停水 请求 处理",
    "路灯 灯杆 小区 请求",
    "路灯 停水 处理 灯杆 不亮",
    "停水 不亮 灯杆",
]
LEXICON = lexicon(CUT)
CUTTER = Cutter(LEXICON)
WORDS = ("小区", "路灯", "停水", "请求", "处理", "不亮", "灯杆")
ANY_TEXT = st.text(st.sampled_from("小区路灯不亮停水请求处理的了，。 \nA3ａ") | st.characters(), max_size=60)


def test_the_lexicon_holds_words_heard_three_times() -> None:
    assert set(LEXICON) == set(WORDS)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("我们小区的路灯不亮了，请求处理！", ["小区", "路灯", "不亮", "请求", "处理"]),
        ("小区 路灯 不亮", ["小区", "路灯", "不亮"]),
        ("", []),
        ("天气真好", []),
    ],
)
def test_a_raw_text_comes_out_as_the_words_of_one_that_was_cut(raw: str, expected: list[str]) -> None:
    assert CUTTER.cut(raw) == expected


def test_without_a_lexicon_runs_of_signs_stay_whole() -> None:
    assert Cutter({}).cut("Street LIGHT 坏了，ＡＢＣ") == ["street", "light", "坏了", "abc"]


@given(ANY_TEXT)
def test_words_stand_in_the_lexicon_and_in_the_text_in_their_order(text: str) -> None:
    words = CUTTER.cut(text)
    assert set(words) <= set(LEXICON)
    assert CUTTER.cut(" ".join(words)) == words
    assert CUTTER.cut(text) == words


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=20))
def test_joined_words_are_cut_apart_again(words: list[str]) -> None:
    assert CUTTER.cut("".join(words)) == words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("小区 路灯 不亮 请求 处理", True),
        ("小区路灯不亮，请求处理。", False),
        ("the light is broken now", False),
        ("", False),
    ],
)
def test_texts_that_were_cut_are_told_from_texts_that_were_not(text: str, expected: bool) -> None:
    assert is_cut(text) is expected


def test_what_stands_before_a_wide_space_or_a_full_stop_is_the_title() -> None:
    assert read(CUTTER, "小区 路灯 不亮 　 　 停水 请求 处理").title == ["小区", "路灯", "不亮"]
    assert read(CUTTER, "路灯不亮。小区停水").title == ["路灯", "不亮"]
    assert joined("小区 路灯　停 水") == "小区路灯　停水"


def test_a_title_of_its_own_is_read_with_the_text() -> None:
    said = read(CUTTER, "小区停水", "路灯")
    assert (said.words, said.title) == (["路灯", "小区", "停水"], ["路灯"])


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=3))
def test_a_run_of_signs_and_its_number_are_one(run: str) -> None:
    assert text_of(key_of(run)) == run
    assert key_of(run) in runs_of([run]).tolist()


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_every_view_of_a_text_has_length_one_or_says_nothing(words: list[str]) -> None:
    runs = np.unique(runs_of(WORDS[:5]))
    tables = (
        Words(WORDS[:5], rarity_of(10, np.arange(1, 6))),
        Runs(runs, rarity_of(10, np.ones(len(runs), dtype=np.int64))),
    )
    for table in tables:
        places, values = table.vector(words)
        assert len(places) == len(values) == len(set(places.tolist()))
        assert not len(places) or abs(float(values @ values) - 1) < 1e-5


def test_a_table_without_runs_knows_nothing() -> None:
    empty = Runs(np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.float32))
    assert len(empty.vector(["路灯"])[0]) == 0
