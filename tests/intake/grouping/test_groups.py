"""Groups of messages: a partition, whatever happens, in which the same event comes together and others do not."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanban.intake.grouping.groups import DAY, Groups, Linking
from sanban.intake.grouping.vectors import Packed, Weighing, likeness, message
from sanban.kernel.errors import SanbanError

EVENTS = {
    "mixer": ["丽园附近搅拌站噪音扰民", "搅拌站夜间噪音很大，丽园居民无法休息", "丽园旁边的搅拌站噪音污染"],
    "water": ["山阴小区停水三天", "山阴小区又停水了", "山阴小区什么时候来水，停水三天了"],
    "school": ["学校门口交通拥堵", "接送孩子时学校门口拥堵", "学校门口早高峰拥堵严重"],
}
TEXTS = st.text(st.sampled_from("路灯停水噪音扰民小区学校拥堵搅拌"), max_size=20)
STREAMS = st.lists(st.tuples(TEXTS, st.integers(0, 400)), min_size=1, max_size=25)


def seasoned() -> Weighing:
    weighing = Weighing()
    weighing.learn(message(f"{text}第{number}次") for number in range(5) for text in ("关于补贴", "咨询公积金", "办证"))
    return weighing


def played(stream: list[tuple[str, int]], linking: Linking | None = None) -> Groups:
    groups = Groups(linking, seasoned())
    for number, (text, day) in enumerate(stream):
        groups.add(f"m{number}", day * DAY, message(text))
    return groups


def check(groups: Groups, names: set[str]) -> None:
    members = [one for group in groups for one in group.members]
    assert sorted(members) == sorted(names)
    for group in groups:
        assert group.members
        assert all(groups.group_of(one) == group.id for one in group.members)
        assert group.first <= group.latest


@given(STREAMS)
@settings(max_examples=120)
def test_groups_form_a_partition(stream: list[tuple[str, int]]) -> None:
    check(played(stream), {f"m{number}" for number in range(len(stream))})


@given(STREAMS, st.data())
@settings(max_examples=120)
def test_groups_form_a_partition_after_removals_too(stream: list[tuple[str, int]], data: st.DataObject) -> None:
    groups = played(stream)
    names = {f"m{number}" for number in range(len(stream))}
    for gone in data.draw(st.lists(st.sampled_from(sorted(names)), unique=True)):
        assert groups.remove(gone)
        names.discard(gone)
        assert groups.group_of(gone) is None
    check(groups, names)
    assert not groups.remove("m99")


@given(STREAMS, st.data())
def test_a_groups_sum_and_times_are_those_of_its_members_whoever_left(
    stream: list[tuple[str, int]], data: st.DataObject
) -> None:
    groups, weighing = played(stream), seasoned()
    vectors, days = {}, {}
    for number, (text, day) in enumerate(stream):
        weighing.see(message(text))
        vectors[f"m{number}"], days[f"m{number}"] = weighing.weigh(message(text)), day
    gone = data.draw(st.lists(st.sampled_from(sorted(vectors)), unique=True))
    assert groups.remove(*gone, "m99") == len(gone)
    for group in groups:
        total: Counter[int] = Counter()
        for one in group.members:
            total.update(vectors[one])  # type: ignore[arg-type]  # weights, not counts
        assert group.total == pytest.approx(dict(total))
        times = [days[one] * DAY for one in group.members]
        assert (group.first, group.latest) == (min(times), max(times))


def test_leaving_a_large_group_costs_as_much_as_what_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = played([("山阴小区停水三天", 0)] * 60)
    unpacked, unpack = [], Packed.unpacked
    monkeypatch.setattr(Packed, "unpacked", lambda packed: unpacked.append(packed) or unpack(packed))
    for number in range(40):
        groups.remove(f"m{number}")
    assert groups.remove(*(f"m{number}" for number in range(40, 59))) == 19
    assert len(unpacked) == 59


@given(STREAMS)
def test_two_groups_are_as_like_one_way_as_the_other(stream: list[tuple[str, int]]) -> None:
    found = list(played(stream))[:6]
    groups = played(stream)
    for one in found:
        for other in found:
            assert groups.between(one, other) == pytest.approx(groups.between(other, one))


def test_messages_of_one_event_come_together_and_others_stay_apart() -> None:
    stream = [(texts[number], number) for number in range(3) for texts in EVENTS.values()]
    groups = played(stream)
    assert sorted(sorted(group.members) for group in groups) == [
        ["m0", "m3", "m6"], ["m1", "m4", "m7"], ["m2", "m5", "m8"],
    ]  # fmt: skip


def test_a_chain_of_half_alike_messages_makes_no_heap() -> None:
    signs = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地玄黄宇宙洪荒日月盈昃"
    chain = [(signs[at : at + 8], 0) for at in range(0, 28, 2)]
    sizes = [len(group.members) for group in played(chain, Linking(threshold=0.3))]
    assert max(sizes) < len(chain) / 2


def test_an_event_fades_when_nobody_speaks_of_it() -> None:
    texts = EVENTS["water"]
    kept = played([(texts[0], 0), (texts[1], 30)], Linking(half_life_days=60))
    faded = played([(texts[0], 0), (texts[1], 900)], Linking(half_life_days=60))
    assert (len(kept), len(faded)) == (1, 2)


def test_two_groups_become_one_when_a_message_shows_that_they_are() -> None:
    groups = Groups(Linking(threshold=0.2), seasoned())
    texts = ["三天没来水山阴小区", "没来水停水噪音", "噪音没来水"]
    placed = [groups.add(f"m{number}", 0, message(text)) for number, text in enumerate(texts)]
    assert [(one.group, one.merged) for one in placed] == [("m0", ()), ("m1", ()), ("m1", ("m0",))]
    check(groups, {"m0", "m1", "m2"})
    assert len(groups) == 1


def test_a_message_that_says_nothing_is_alone() -> None:
    groups = played([("", 0), ("!!", 0), ("", 1)])
    assert len(groups) == 3


def test_silent_groups_are_let_go() -> None:
    groups = played([("停水了停水了", 0), ("路灯不亮", 50)])
    assert groups.forget(10 * DAY) == 1
    assert [group.id for group in groups] == ["m1"]


def test_a_message_is_added_once() -> None:
    groups = played([("停水", 0)])
    with pytest.raises(SanbanError, match="remove it first"):
        groups.add("m0", 0, message("停水"))


@given(TEXTS, TEXTS)
def test_a_vector_has_length_one_and_likeness_is_the_same_both_ways(one: str, other: str) -> None:
    weighing = seasoned()
    first, second = weighing.weigh(message(one, other)), weighing.weigh(message(other))
    for vector in (first, second):
        assert not vector or math.fsum(weight**2 for weight in vector.values()) == pytest.approx(1)
        assert Packed(vector).unpacked() == vector
        assert likeness(vector, vector) == pytest.approx(1 if vector else 0)
    assert likeness(first, second) == pytest.approx(likeness(second, first))
    assert 0 <= likeness(first, second) <= 1


def test_what_everybody_says_weighs_nothing() -> None:
    weighing = Weighing()
    weighing.learn(message("停水") for _ in range(3))
    assert weighing.weigh(message("停水")) == {}
