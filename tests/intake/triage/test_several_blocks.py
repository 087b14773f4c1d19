"""Several matters in one message, by offsets."""

from __future__ import annotations

import itertools

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
