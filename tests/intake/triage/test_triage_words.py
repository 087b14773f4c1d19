"""What a directory of keywords suggests, and when it keeps silent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.triage import MatterWords, Triage, is_speech
from sanban.kernel.errors import SanbanError

NOISE = MatterWords("noise", "噪音扰民", "Noise", (("噪音", 3), ("扰民", 3), ("夜间施工", 5)), auto_at=6000)
PARKING = MatterWords("parking", "停车", "Parking", (("停车", 3), ("车位", 3), ("parking", 3)))
LIGHT = MatterWords("light", "路灯", "Street light", (("路灯", 4), ("light", 4), ("扰民", 1)), auto_at=5000)
TRIAGE = Triage([NOISE, PARKING, LIGHT], "2026-01-01")


def matters(text: str, title: str = "") -> list[str]:
    return [candidate.matter for candidate in TRIAGE.suggest(text, title)]


@pytest.mark.parametrize(
    ("text", "title", "expected"),
    [
        ("楼下夜间施工，噪音很大", "", ["noise"]),
        ("小区没有车位，路灯也不亮，路灯坏了", "", ["light", "parking"]),
        ("晚上休息不好，非常扰民", "", ["noise", "light"]),
        ("住户希望尽快解决这个问题", "关于停车", ["parking"]),
        ("The PARKING lot is full", "", ["parking"]),
        ("The highlight of my day", "", []),
        ("a street light, broken", "", ["light"]),
        ("今天天气不错，没有什么事", "", []),
        ("", "", []),
        ("   \n\t", "", []),
        ("噪音", "", []),
        ("噪音噪音噪音噪音噪音", "", []),
        ("https://spam.example/噪音停车路灯", "", []),
        ("！！！？？？。。。", "", []),
    ],
)
def test_matters_are_suggested_by_their_words(text, title, expected) -> None:
    assert matters(text, title) == expected


def test_a_longer_word_is_not_heard_as_the_shorter_one_in_it() -> None:
    fee = Triage([PARKING, MatterWords("fee", "收费", "Fee", (("停车费", 3),))], "1")
    assert [found.matter for found in fee.suggest("物业乱收停车费")] == ["fee"]
    assert [found.matter for found in fee.suggest("停车困难，还乱收停车费")] == ["parking", "fee"]


def test_a_word_in_the_title_counts_double() -> None:
    text = "小区停车难，而且路灯不亮"
    assert matters(text) == ["light", "parking"]
    assert matters(text, "停车") == ["parking", "light"]


def test_reasons_are_codes_that_the_directory_reads_back() -> None:
    (best, *_) = TRIAGE.suggest("夜间施工噪音扰民，无法入睡")
    assert [TRIAGE.word(reason) for reason in best.reasons] == ["夜间施工", "噪音", "扰民"]
    assert all(reason.isascii() for reason in best.reasons)
    assert TRIAGE.word("k:00000000") == "k:00000000"


@pytest.mark.parametrize(
    ("text", "acts"),
    [
        ("楼下夜间施工，噪音很大，扰民", True),
        ("这里非常吵闹，属于扰民", False),
        ("没有车位，停车很难，parking", False),
        ("完全无关的一句话而已", False),
    ],
)
def test_only_a_declared_threshold_lets_a_suggestion_act(text, acts) -> None:
    assert TRIAGE.acts(TRIAGE.suggest(text)) is acts


def test_two_equally_confident_matters_never_act() -> None:
    twins = Triage([MatterWords(m, m, m, (("漏水", 90),), auto_at=1) for m in ("a", "b")], "1")
    found = twins.suggest("家中天花板漏水严重")
    assert [candidate.matter for candidate in found] == ["a", "b"]
    assert not twins.acts(found)


def test_the_model_names_its_version_and_changes_with_the_words() -> None:
    other = Triage([NOISE, PARKING], "2026-01-01")
    assert TRIAGE.model.startswith("words-2026-01-01:")
    assert other.model != TRIAGE.model == Triage([NOISE, PARKING, LIGHT], "2026-01-01").model


def test_a_directory_without_words_suggests_nothing() -> None:
    assert Triage([], "1").suggest("夜间施工噪音扰民") == ()


@pytest.mark.parametrize(
    "matters",
    [
        [NOISE, NOISE],
        [MatterWords("a", "a", "a", (("", 1),))],
        [MatterWords("a", "a", "a", (("x", 0),))],
        [MatterWords("a", "a", "a", (("x", 101),))],
        [MatterWords("a", "a", "a", (("X", 1), ("x", 1)))],
        [MatterWords("a", "a", "a", (("x", 1),), auto_at=0)],
        [MatterWords("a", "a", "a", (("x", 1),), auto_at=10_001)],
    ],
)
def test_a_faulty_directory_is_refused_with_an_example(matters) -> None:
    with pytest.raises(SanbanError, match="for example"):
        Triage(matters, "1")


def test_a_version_is_a_code() -> None:
    with pytest.raises(SanbanError, match="version"):
        Triage([NOISE], "新版")


@given(
    text=st.text(st.sampled_from("噪音扰民夜间施工停车位路灯 light，。坏了\n"), max_size=60), title=st.text(max_size=10)
)
def test_suggestions_are_few_ordered_repeatable_and_within_bounds(text, title) -> None:
    found = TRIAGE.suggest(text, title)
    confidences = [candidate.confidence for candidate in found]
    assert found == TRIAGE.suggest(text, title)
    assert len(found) <= 3
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= confidence <= 10_000 for confidence in confidences)
    assert all(candidate.reasons for candidate in found)
    assert not found or is_speech(f"{title} {text}")


def test_only_the_beginning_of_an_endless_text_is_read() -> None:
    assert matters("平安无事" * 5000 + "噪音") == []
    assert matters("平安无事" * 4000 + "噪音") == ["noise"]
