"""Routes and flags by declared words; what waits for a person, and what never happens by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.triage import MatterWords, Triage
from sanban.intake.triage.heeding import Heeding, is_mostly_address, repeats_itself
from sanban.packs.desk.heeds import load_heeds

MATTERS = Triage(
    [
        MatterWords("noise", "噪音", "Noise", (("噪音", 60), ("夜间施工", 60)), auto_at=6000),
        MatterWords("street-light", "路灯", "Light", (("路灯", 60),), auto_at=6000),
        MatterWords("gas-supply", "燃气", "Gas", (("燃气", 60),), auto_at=6000),
    ],
    "1",
)
HEEDING = Heeding(MATTERS, load_heeds(), "1")


@pytest.mark.parametrize(
    ("text", "route", "flags"),
    [
        ("楼下工地噪音很大，晚上睡不着", "", ()),
        ("楼道里燃气泄漏，味道很重，快来人", "emergency", ("danger",)),
        ("厨房着火了，家里有孕妇和婴儿", "emergency", ("danger", "urgent")),
        ("对法院判决不服，申请强制执行", "statutory", ()),
        ("再不解决我就报复社会，家里有炸弹", "police_clue", ()),
        ("我要查询他人的户籍和他人隐私", "explain", ()),
        ("法院判决之后房子着火了", "emergency", ("danger",)),
        ("代开发票，加我微信，日赚千元", "", ("spam",)),
        ("There is a gas leak in the hall", "emergency", ("danger",)),
        ("消防通道被堵住，救护车进不来", "", ("danger",)),
        ("消防通道被堵住，救护车进不来。小区路灯也坏了。还有半夜噪音很大", "", ("danger", "several")),
    ],
)
def test_declared_words_speak_for_routes_and_flags(text: str, route: str, flags: tuple[str, ...]) -> None:
    advice = HEEDING.advise(text)
    assert ((advice.route, advice.flags) if advice else ("", ())) == (route, flags)


@pytest.mark.parametrize("text", ["", "   ", "！！！", "123", "噪音"])
def test_a_text_without_speech_is_flagged_and_suggests_nothing(text: str) -> None:
    advice = HEEDING.advise(text)
    assert advice is not None
    assert (advice.flags, advice.candidates, advice.auto, advice.route) == (("empty",), (), False, "")


def test_nothing_to_say_is_no_advice() -> None:
    assert HEEDING.advise("今天天气不错，没有什么事情") is None


def test_a_clear_matter_acts_and_a_danger_acts_too() -> None:
    assert HEEDING.advise("楼下夜间施工噪音很大").auto  # type: ignore[union-attr]  # it has something to say
    danger = HEEDING.advise("楼道燃气管子断了，燃气泄漏，快来人")
    assert danger is not None
    assert (danger.auto, danger.route, danger.flags) == (True, "emergency", ("danger",))


@pytest.mark.parametrize(
    "text",
    [
        "昨天夜间施工噪音的问题已经解决了，谢谢你们",
        "请问夜间施工噪音在哪里投诉",
        "楼下的噪音，孩子睡不着觉",
        "小区门口有燃气，想咨询一下",
    ],
)
def test_thanks_a_question_or_one_word_alone_open_nothing_by_themselves(text: str) -> None:
    advice = HEEDING.advise(text)
    assert advice is not None
    assert advice.candidates
    assert not advice.auto


def test_a_danger_waits_for_no_second_word_and_for_no_answer_to_its_question() -> None:
    advice = HEEDING.advise("请问家里燃气泄漏了怎么办")
    assert advice is not None
    assert (advice.auto, advice.flags) == (True, ("danger", "question"))


@given(st.text(st.sampled_from("燃气噪音路灯夜间施工请问谢谢你们 ，"), max_size=60))
def test_declared_words_open_a_case_only_together(text: str) -> None:
    advice = HEEDING.advise(text)
    if advice is not None and advice.auto:
        assert len(advice.candidates[0].reasons) > 1
        assert not {"thanks", "question"}.intersection(advice.flags)


@pytest.mark.parametrize(
    "text",
    [
        "楼下夜间施工噪音很大，孩子没法睡觉。小区的路灯也坏了很久没有人修。",
        "楼下夜间施工噪音很大，法院判决也下来了，没有强制执行",
        "噪音投诉代开发票加我微信日赚千元扫码领",
        "夜间施工噪音很大！" * 30,
    ],
)
def test_what_asks_for_a_person_does_not_act_by_itself(text: str) -> None:
    advice = HEEDING.advise(text)
    assert advice is not None
    assert advice.candidates
    assert not advice.auto


def test_grounds_are_codes_that_are_read_back_to_words() -> None:
    advice = HEEDING.advise("楼道里着火了，有人触电")
    assert advice is not None
    assert [HEEDING.word(code) for code in advice.grounds] == ["着火", "触电"]
    noise = HEEDING.advise("夜间施工噪音大")
    assert noise is not None
    assert {HEEDING.word(code) for code in noise.candidates[0].reasons} == {"夜间施工", "噪音"}


@pytest.mark.parametrize(
    ("text", "expected"), [("路灯坏了" * 40, True), ("好" * 80, True), ("路灯坏了" * 3, False), ("", False)]
)
def test_a_text_that_repeats_itself_is_noticed(text: str, expected: bool) -> None:
    assert repeats_itself(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://spam.example/buy-it-now 快来", True),
        ("路灯坏了，照片见 https://a.example/1 ，已经一个星期了没有人来修理过", False),
        ("", False),
    ],
)
def test_a_text_made_of_links_is_noticed(text: str, expected: bool) -> None:
    assert is_mostly_address(text) is expected


@given(st.text(st.sampled_from("着火燃气泄漏噪音路灯法院判决代开发票，。 的了a") | st.characters(), max_size=80))
def test_advice_is_the_same_each_time_and_holds_no_text(text: str) -> None:
    advice = HEEDING.advise(text)
    assert advice == HEEDING.advise(text)
    if advice is not None:
        assert all(code.isascii() for code in advice.grounds)
        assert all(0 <= block.start < block.end <= len(text) for block in advice.blocks)
        assert advice.candidates or not advice.auto
        assert advice.arguments().keys() >= {"model", "candidates", "auto"}
