"""Template answers: filled from the case, finished by a person, never sent with a gap."""

from __future__ import annotations

import pytest

from sanban.kernel.reply import flaws_of_answer, gaps_in, started, unfilled


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
