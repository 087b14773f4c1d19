"""Template answers: filled from the case, finished by a person, never sent with a gap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.reply import NAMES, flaws_of_answer, gaps_in, started, unfilled

WORDS = st.text(st.characters(exclude_characters="[]{}"), max_size=12)
GAPS = WORDS.filter(bool)
PARTS = st.lists(st.tuples(WORDS, st.sampled_from(NAMES), GAPS), min_size=1, max_size=5)


@given(parts=PARTS, values=st.fixed_dictionaries(dict.fromkeys(NAMES, WORDS)))
def test_filling_keeps_every_gap_and_a_text_may_go_only_once_all_are_written(
    parts: list[tuple[str, str, str]], values: dict[str, str]
) -> None:
    template = "".join(f"{words}{{{name}}}[[{gap}]]" for words, name, gap in parts)
    assert not flaws_of_answer(template)
    text = started(template, values)
    assert text == "".join(f"{words}{values[name]}[[{gap}]]" for words, name, gap in parts)
    assert gaps_in(text) == tuple(gap for _, _, gap in parts)
    for _, _, gap in parts:
        assert unfilled(text) is not None
        text = text.replace(f"[[{gap}]]", gap, 1)
    assert unfilled(text) is None


def test_a_template_is_filled_from_the_case_and_keeps_its_gaps() -> None:
    text = started("{number}: {unit} did [[what]] on [[day]]", {"number": "2026-000001", "unit": "Heping"})
    assert text == "2026-000001: Heping did [[what]] on [[day]]"
    assert gaps_in(text) == ("what", "day")


def test_a_text_is_held_back_until_its_gaps_are_written() -> None:
    refused = unfilled("换了[[部件]]")
    assert refused is not None
    assert (refused.reason, "部件" in refused.message) == ("unfilled", True)
    assert unfilled("换了灯泡") is None


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("{number} [[what]]", []),
        ("{phone} [[what]]", ["unknown_placeholder"]),
        ("{number} done", ["no_gap"]),
        ("[[what]] and [[never closed", ["stray_bracket"]),
    ],
)
def test_flaws_of_a_template_are_told(text: str, codes: list[str]) -> None:
    assert [flaw.code for flaw in flaws_of_answer(text)] == codes
