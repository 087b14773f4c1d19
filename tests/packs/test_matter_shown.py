"""What is shown of a matter: its diagram, the difference of two versions, and which keys are lonely."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

import read_once
from sanban.kernel.errors import SanbanError
from sanban.kernel.mechanism import Mechanism, State, Title
from sanban.packs.change.difference import difference
from sanban.packs.diagram import dot_of, draw, svg_of
from sanban.packs.loading import load_matters
from sanban.packs.usage import lonely_keys
from sanban.packs.wording import in_words

MATTERS = read_once.matters()
HEAD = """\
format: 1
matter: lamp
version: {version}
title: {{zh: 路灯, en: Street light}}
origin: illustrative
extends: seven-steps
"""


def short_let() -> Mechanism:
    found = MATTERS.by_key("short-let@2024-01-01")
    assert found is not None
    return found


def test_every_state_and_every_move_is_drawn() -> None:
    dot = dot_of(short_let(), "en")
    for state in short_let().states.values():
        assert f'"{state.name}" [label="{state.title.en}"' in dot
    assert '"handling" -> "joint" [label="  Screen the whistle  \\n  Handle jointly  "]' in dot
    assert '"joint" -> "joint"' not in dot


def test_the_diagram_speaks_both_languages_and_marks_the_current_state_not_by_colour_alone() -> None:
    zh, en = dot_of(short_let(), "zh", current="handling"), dot_of(short_let(), "en", current="handling")
    assert '"handling" [label="● 办理中"' in zh
    assert '"handling" [label="● Being handled"' in en
    assert len(re.findall('penwidth="3"', zh)) == 1


def noise() -> Mechanism:
    found = MATTERS.by_key("noise@2024-01-01")
    assert found is not None
    return found


def test_tasks_of_co_units_are_drawn_with_their_conditions_in_words_and_no_code() -> None:
    zh, en = dot_of(noise(), "zh"), dot_of(noise(), "en")
    assert "工地查处: 噪声来源 为 建筑工地 且 夜间发生" in zh
    assert "Visit to the site: Source is Building site and At night" in en
    assert "噪声来源 为其一 (企业设备、娱乐场所)" in zh
    assert "Source is one of (Industry, Entertainment)" in en
    assert not re.search("building_site|noise_source|known", zh + en)


def test_a_condition_keeps_what_has_no_title() -> None:
    lamps = MATTERS.by_key("street-light@2024-01-01")
    assert lamps is not None
    condition = lamps.tasks["footpath"].when
    assert condition is not None
    assert in_words(condition, lamps).en.endswith("≥ dark_stretch")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_the_drawing_is_one_svg_element_kept_once_drawn_and_hostile_titles_stay_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hostile = Title('"]; x [label="<script>alert(1)</script>\\', "\x00 & <b>\n")
    state = State("handling", hostile, "lead_unit")
    mechanism = replace(short_let(), states={**short_let().states, "handling": state})
    svg = svg_of(mechanism, "zh", current="handling")
    root = ElementTree.fromstring(svg)
    texts = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert any("<script>alert(1)</script>" in text for text in texts)
    assert "<script" not in svg
    assert svg.startswith("<svg")
    monkeypatch.setenv("PATH", "")
    assert svg_of(mechanism, "zh", current="handling") == svg


def test_without_graphviz_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SanbanError, match="Graphviz is not installed"):
        draw("digraph { nobody_drew_this_before }")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_what_graphviz_refuses_is_an_error_in_its_words() -> None:
    with pytest.raises(SanbanError, match=r"Graphviz failed: .*syntax error"):
        draw("digraph {")


def lines_between(folder: Path, old: str, new: str) -> list[Title]:
    """The difference of two versions that add these texts to the seven steps."""
    (folder / "lamp" / "texts").mkdir(parents=True)
    for version, added in (("2025-01-01", old), ("2026-01-01", new)):
        text = HEAD.format(version=version) + added
        (folder / "lamp" / f"mechanism-{version}.yaml").write_text(text, encoding="utf-8")
    for language, word in (("zh", "查看"), ("en", "Look")):
        text = f"steps: {{look: {word}}}\n" if "look" in old + new else "{}\n"
        (folder / "lamp" / "texts" / f"{language}.yaml").write_text(text, encoding="utf-8")
    matters = load_matters([folder])
    return list(difference(matters.keys["lamp@2025-01-01"], matters.keys["lamp@2026-01-01"]))


CHANGES = [
    (
        "limits: {resolve: {within: 5 working_days}}\n",
        "limits: {resolve: {within: 3 working_days}}\n",
        "时限办理时限（resolve）：期限由“5个工作日”改为“3个工作日”",
        "limit Time to handle / resolve: length changes from '5 working days' to '3 working days'",
    ),
    (
        "",
        "steps: {look: {verb: note, from: handling, by: desk}}\n",
        "新增步骤：查看（look）",
        "step added: Look / look",
    ),
    ("", "remove: [steps.pass_down]\n", "删除步骤：二级派单（pass_down）", "step removed: Pass down / pass_down"),
    (
        "",
        "steps: {accept: {when: returns == 0}}\n",
        "步骤签收（accept）：条件由“无”改为“returns == 0”",
        "step Sign for it / accept: condition changes from 'none' to 'returns == 0'",
    ),
    (
        "limits: {resolve: {extend: {approvers: leader}}}\n",
        "limits: {resolve: {extend: {times: 1, approvers: leader}}}\n",
        "时限办理时限（resolve）：延期由“每次10个工作日，至多2次，由leader批准”改为“每次10个工作日，至多1次，由leader批准”",
        (
            "limit Time to handle / resolve: extension changes from '10 working days each, at most 2 time(s), "
            "approved by leader' to '10 working days each, at most 1 time(s), approved by leader'"
        ),
    ),
    (
        "",
        "steps: {pass_down: {from: [dispatched, finished]}}\n",
        "步骤二级派单（pass_down）：起于增加“已办结，待核查”，去掉“办理中”",
        "step Pass down / pass_down: from now with 'Work done, to be verified', without 'Being handled'",
    ),
    (
        "",
        "steps: {accept: {to: finished}}\n",
        "步骤签收（accept）：去向由“办理中”改为“已办结，待核查”",
        "step Sign for it / accept: leads to changes from 'Being handled' to 'Work done, to be verified'",
    ),
    (
        "",
        "migrations: {'2025-01-01': {states: {handling: handling, finished: handling}}}\n",
        "在办件转入由“无”改为“2025-01-01 版：“办理中”不变，“已办结，待核查”转为“办理中””",
        (
            "moving open cases here changes from 'none' to 'version 2025-01-01: Being handled stays, "
            "Work done, to be verified becomes Being handled'"
        ),
    ),
    ("", "auto_dispatch: yes\n", "自动派单由“否”改为“是”", "automatic dispatch changes from 'no' to 'yes'"),
    (
        "",
        "triage: {words: {路灯: 50}}\n",
        "分类词由“words: 无; auto_at: 0”改为“words: 路灯, 50; auto_at: 0”",
        "triage words changes from 'words: none; auto_at: 0' to 'words: 路灯, 50; auto_at: 0'",
    ),
]


@pytest.mark.parametrize(("old", "new", "zh", "en"), CHANGES)
def test_a_change_is_said_in_both_languages(tmp_path: Path, old: str, new: str, zh: str, en: str) -> None:
    assert lines_between(tmp_path, old, new) == [Title(zh, en)]


def test_between_shipped_rule_sets_states_have_titles_and_only_the_rules_have_a_source() -> None:
    said = difference(MATTERS.keys["shanghai-street@2024-01-01"], MATTERS.keys["beijing-hotline@2024-01-01"])
    assert [line.zh for line in said if "依据" in line.zh] == [said[1].zh]
    assert "步骤签收（accept）：起于去掉“难诉共办中”" in {line.zh for line in said}
    assert not [line.zh for line in said if "calling_back" in line.zh]


def test_versions_that_work_the_same_have_no_difference(tmp_path: Path) -> None:
    assert lines_between(tmp_path, "", "# a comment\n") == []


def test_texts_and_declarations_are_compared_too() -> None:
    old = MATTERS.keys["short-let@2024-01-01"]
    new = replace(old, texts={**old.texts, "steps.accept": Title("接单", "Take it")})
    assert [line.zh for line in difference(old, new)] == ["文字 steps.accept 由“签收”改为“接单”"]
    coupons = MATTERS.keys["book-swap@2024-01-01"]
    assert coupons.primitive is not None
    dearer = replace(coupons, primitive=replace(coupons.primitive, floor=-1))
    assert [line.en for line in difference(coupons, dearer)] == ["floor changes from '0' to '-1'"]


def test_lonely_keys_are_those_of_fewer_than_two_matters() -> None:
    lonely = {each.key: each.matter for each in lonely_keys(MATTERS)}
    assert lonely["account.redeem"] == "book-swap"
    assert lonely["matter.adopted"] == ""
    assert "matter.title" not in lonely
    assert not [key for key in lonely if "民宿" in key or "on_site" in key]
