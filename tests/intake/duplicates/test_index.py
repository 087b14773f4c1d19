"""The index: finds what was added, forgets what was removed, and does not care in what order things came."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sanban.intake.duplicates.entry import Entry
from sanban.intake.duplicates.index import DAY, DuplicateIndex, Search
from sanban.kernel.errors import SanbanError

LATITUDE = 312_700_000
HERE = (312_700_000, 1_214_900_000)
TIGHT = Search(nearest=4, same_matter=3, said_alike=4, per_cell=4, per_gram=3, crowd_from=4, crowd_matters=3)
"""Bounds so small that every one of them is met."""


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    count = draw(st.integers(1, 25))
    return [
        Entry(
            f"r{number}",
            opened_at=draw(st.integers(0, 40)) * DAY // 4,
            matter=draw(st.sampled_from(["", "noise", "light", "water"])),
            unit=draw(st.sampled_from(["", "u1"])),
            point=draw(
                st.none()
                | st.tuples(
                    st.sampled_from([HERE[0], HERE[0] + 3_000, HERE[0] + 60_000]),
                    st.sampled_from([HERE[1], HERE[1] + 20_000]),
                )
            ),
            address=draw(st.sampled_from(["", "四川北路12号", "四川北路14号", "山阴路1弄", "Main St"])),
            text=draw(st.sampled_from(["", "路灯坏了", "楼上夜间施工噪音很大", "路灯不亮已经三天"])),
        )
        for number in range(count)
    ]


def filled(found: list[Entry], search: Search = TIGHT) -> DuplicateIndex:
    index = DuplicateIndex(LATITUDE, search)
    for entry in found:
        index.add(entry)
    return index


def names(index: DuplicateIndex, entry: Entry) -> set[str]:
    return {index.columns.name(int(slot)) for slot in index.candidates(index.query(entry))}


@given(entries(), st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_the_order_of_adding_changes_no_candidates(found: list[Entry], chance) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    one, other = filled(found), filled(shuffled)
    asked = replace(found[0], id="new", opened_at=11 * DAY)
    assert names(one, asked) == names(other, asked)
    places = [
        {index.columns.name(int(slot)): far for slot, far in zip(slots, index.distance(query, slots), strict=True)}
        for index in (one, other)
        for query in [index.query(asked)]
        for slots in [index.candidates(query)]
    ]
    assert places[0] == places[1]


@given(entries(), st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_what_was_removed_was_never_there(found: list[Entry], data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.sampled_from([entry.id for entry in found])))
    index = filled(found)
    for name in sorted(gone):
        assert index.remove(name)
    kept = filled([entry for entry in found if entry.id not in gone])
    asked = replace(found[0], id="new", opened_at=11 * DAY)
    assert names(index, asked) == names(kept, asked)
    assert len(index) == len(kept)
    assert (index.query(asked).placed, index.remove("r99")) == (kept.query(asked).placed, False)


@given(entries())
def test_what_was_added_finds_itself_unless_it_says_nothing(found: list[Entry]) -> None:
    index = filled(found, Search())
    for entry in found:
        if entry.point or entry.address or entry.text:
            assert entry.id in names(index, replace(entry, id="new"))
        assert entry.id not in names(index, entry)


@given(entries(), st.integers(0, 12))
def test_nothing_later_and_nothing_older_than_the_look_back_is_found(found: list[Entry], day: int) -> None:
    index = filled(found, Search(look_back_days=3))
    opened = {entry.id: entry.opened_at for entry in found}
    for name in names(index, replace(found[0], id="new", opened_at=day * DAY)):
        assert (day - 3) * DAY <= opened[name] <= day * DAY


@given(entries(), st.integers(0, 12))
def test_forgetting_takes_out_what_is_older_and_nothing_else(found: list[Entry], day: int) -> None:
    index = filled(found)
    old = {entry.id for entry in found if entry.opened_at < day * DAY}
    assert index.forget(day * DAY) == len(old)
    assert {entry.id for entry in found if entry.id in index} == {entry.id for entry in found} - old


def test_of_many_equally_near_the_latest_are_kept_and_as_many_as_may_be() -> None:
    index = filled([Entry(f"r{number}", number, point=HERE) for number in range(9)], Search(nearest=4))
    assert names(index, Entry("new", DAY, point=HERE)) == {"r5", "r6", "r7", "r8"}


def test_a_point_with_everything_at_it_tells_nothing_of_place_until_it_empties() -> None:
    crowd = [Entry(f"c{number}", number, matter=f"m{number % 3}", point=HERE) for number in range(4)]
    index = filled(crowd[:3])
    asked = Entry("new", DAY, "m0", point=HERE)
    assert names(index, asked) == {"c0", "c1", "c2"}
    index.add(crowd[3])
    assert names(index, asked) == set()
    assert not index.query(asked).placed
    index.remove("c0")
    assert names(index, asked) == {"c1", "c2", "c3"}


def test_a_hot_spot_of_one_matter_stays_a_place() -> None:
    index = filled([Entry(f"c{number}", number, matter="water", point=HERE) for number in range(50)])
    assert index.query(Entry("new", DAY, "water", point=HERE)).placed


def test_requests_of_a_crowded_point_are_found_by_their_address() -> None:
    crowd = [Entry(f"c{number}", number, f"m{number % 3}", point=HERE, address=f"路{number}号") for number in range(6)]
    index = filled([*crowd, Entry("far", 9, "m1", point=(HERE[0] + 500_000, HERE[1]), address="山阴路133弄7号")])
    assert "far" in names(index, Entry("new", DAY, "m1", point=HERE, address="山阴路133弄7号"))


def test_closing_and_opening_again_are_noted_and_for_strangers_ignored() -> None:
    index = filled([Entry("r1", 0, point=HERE)])
    slot = index.columns.slot_of["r1"]
    index.close("r1", 5)
    assert index.columns.closed[slot] == 5
    index.close("r1", None)
    index.close("r2", 7)
    assert index.columns.closed[slot] > 10**18


def test_a_request_is_added_once() -> None:
    index = filled([Entry("r1", 0)])
    with pytest.raises(SanbanError, match=r"remove it first"):
        index.add(Entry("r1", 1))


def test_a_point_that_is_none_is_refused() -> None:
    with pytest.raises(SanbanError, match="1e-7 degree"):
        Entry("r1", 0, point=(900_000_001, 0))


def test_columns_grow_and_free_slots_are_used_again() -> None:
    index = DuplicateIndex(LATITUDE)
    for number in range(1500):
        index.add(Entry(f"r{number}", number, point=(HERE[0] + number, HERE[1])))
    assert index.nbytes() > 1500 * 200
    index.remove("r7")
    index.add(Entry("again", 7, point=HERE))
    assert len(index.columns.ids) == 1500
