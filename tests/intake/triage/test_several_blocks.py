"""Several matters in one message, by offsets."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.triage import MatterWords, Triage
from sanban.intake.triage.blocks import BLOCKS_AT_MOST, READ_AT_MOST, several, spans

TRIAGE = Triage(
    [
        MatterWords("noise", "噪音", "Noise", (("噪音", 60), ("夜间施工", 60))),
        MatterWords("street-light", "路灯", "Light", (("路灯", 60),)),
    ],
    "1",
)
TEXT = "楼下夜间施工噪音很大，没法睡觉。还有小区门口的路灯也坏了很久了。路灯坏了没有人来修理过。"


def test_each_matter_is_shown_with_where_it_is_spoken_of() -> None:
    first, second = several(TEXT, TRIAGE.suggest)
    assert (first.matter, TEXT[first.start : first.end]) == ("noise", "楼下夜间施工噪音很大，没法睡觉。")
    assert (second.matter, second.end) == ("street-light", len(TEXT))


@pytest.mark.parametrize(
    "text",
    [
        "噪音很大。路灯坏了。",
        "1、噪音很大。2、路灯坏了。",
        "1.噪音很大2.路灯坏了",
        "（一）噪音很大（二）路灯坏了",
        "反映两件事：一是噪音很大，二是路灯坏了",
        "路灯坏了没人修，另外噪音很大",
        "路灯坏了没人修，还有噪音很大",
        "路灯坏了没人修，此外噪音很大",
        "路灯 broken for a week, also 噪音 at night",
    ],
)
def test_items_and_short_sentences_are_blocks_of_their_own(text: str) -> None:
    assert [block.matter for block in several(text, TRIAGE.suggest)] in (
        ["noise", "street-light"],
        ["street-light", "noise"],
    )


@pytest.mark.parametrize(
    "text", ["路灯坏了3.5天，在1.2米高处", "三、四号楼前的路灯坏了", "路灯坏了还有没有人管，还没修"]
)
def test_numbers_and_questions_are_no_items(text: str) -> None:
    assert spans(text) == [(0, len(text))]


def test_what_is_mentioned_in_a_long_text_is_no_matter_of_its_own_unless_an_item_says_it() -> None:
    long = "路灯坏了很久了没人修，晚上出门什么都看不见，老人摔倒过。" * 4
    assert several(f"{long}平时噪音也有。", TRIAGE.suggest) == ()
    assert [block.matter for block in several(f"{long}另外噪音也大。", TRIAGE.suggest)] == ["street-light", "noise"]


def test_one_matter_is_no_finding() -> None:
    assert several(TEXT[:16], TRIAGE.suggest) == ()
    assert several("路灯坏了很久了没人修。路灯还是坏的没有人管。", TRIAGE.suggest) == ()
    assert several("", TRIAGE.suggest) == ()


@given(st.text(st.sampled_from("路灯噪音坏了。！\n.；很 "), max_size=300) | st.text(max_size=60))
def test_blocks_cover_the_text_in_order_without_overlap(text: str) -> None:
    found = spans(text)
    assert "".join(text[start:end] for start, end in found) == text[:READ_AT_MOST]
    assert all(start < end for start, end in found)
    assert len(found) <= BLOCKS_AT_MOST


@given(st.text(st.sampled_from("路灯噪音坏了很久没人管。\n"), max_size=200))
def test_blocks_of_a_finding_differ_from_their_neighbours(text: str) -> None:
    found = several(text, TRIAGE.suggest)
    assert all(one.matter != other.matter and one.end <= other.start for one, other in itertools.pairwise(found))
    assert len(found) != 1
