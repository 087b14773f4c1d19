"""Places read from what people write: what every name is worth, and what is never guessed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import read_once
from sanban.intake.place.advising import Places, spotted
from sanban.intake.place.names import Names, folded, house_number, number_of
from sanban.intake.place.reading import Found, PlaceReader, along, metres
from sanban.kernel.duty.place import Point

DISTRICT = read_once.district()
NOW = DISTRICT.duty.moments[-1]
STREETS = {unit.title_zh: unit.code for unit in DISTRICT.streets}
READER = PlaceReader(DISTRICT.gazetteer, STREETS, lambda point: DISTRICT.duty.grids.place_at(point, NOW))
SPOTS = {spot.name: spot for spot in DISTRICT.gazetteer.spots}
ROADS = [spot for spot in DISTRICT.gazetteer.spots if spot.kind == "road"]
LONELY = [spot for spot in DISTRICT.gazetteer.spots if spot.kind != "road" and
          sum(spot.name in other.names for other in DISTRICT.gazetteer.spots) == 1]  # fmt: skip
DIGITS = "零一二三四五六七八九"


def spelled(number: int) -> str:
    """A number below ten thousand, as it is said."""
    said, rest = "", number
    for value, sign in ((1000, "千"), (100, "百"), (10, "十")):
        if number >= value:
            digit, rest = divmod(rest, value)
            said += DIGITS[digit] + sign if digit else ("" if said.endswith("零") else "零")
    return (said.rstrip("零") if not rest else said) + (DIGITS[rest] if rest else "")


def read(text: str) -> list[tuple[str, int]]:
    return [(one.kind, one.confidence) for one in READER.read(text)]


@given(st.integers(1, 9_999))
def test_a_number_is_the_same_in_figures_in_words_and_digit_by_digit(number: int) -> None:
    assert number_of(str(number)) == number
    assert number_of(spelled(number)) == number
    assert number_of("".join(DIGITS[int(digit)] for digit in str(number))) == number


@given(st.text(max_size=60))
def test_any_text_is_read_without_a_fault_and_folding_keeps_offsets(text: str) -> None:
    assert len(folded(text)) == len(text)
    for one in READER.read(text):
        assert 0 < one.confidence <= 9_900
        assert all(words in text for words in one.words)
        assert one.point or one.grid or one.street


@given(st.sampled_from(ROADS), st.data())
def test_every_house_number_of_a_road_lies_on_it_and_comes_in_order(road, data) -> None:
    low, high = road.numbers
    first, second = sorted((data.draw(st.integers(low, high)), data.draw(st.integers(low, high))))
    near, far = along(road, first), along(road, second)
    length = sum(metres(start, end) for start, end in pairwise(road.points))
    assert metres(near, far) <= length * (second - first) / (high - low) + 1
    (found,) = READER.read(f"{road.name}{first}号有人占道")
    assert (found.kind, found.point) == ("house", near)
    assert found.grid == DISTRICT.duty.grids.place_at(near, NOW).grid


@given(st.sampled_from(ROADS), st.integers(1, 9_999))
def test_a_number_that_the_road_does_not_have_is_no_point(road, number: int) -> None:
    point = along(road, number)
    assert (point is None) == (not road.numbers[0] <= number <= road.numbers[1])
    if point is None:
        assert all(one.kind == "road" and one.point is None for one in READER.read(f"{road.name}{number}号"))


@given(st.sampled_from(LONELY), st.sampled_from(("在{}附近", "{}８号楼302室", "（{}）", "我们 {}门口")))
def test_a_name_that_only_one_place_has_is_that_place(spot, around: str) -> None:
    (found,) = READER.read(around.format(spot.name))
    assert (found.kind, found.point, found.reasons) == (spot.kind, spot.points[0], (spot.code,))


@given(st.sampled_from([spot for spot in LONELY if len(spot.name) >= 4 and not spot.aliases]), st.data())
def test_with_one_wrong_sign_a_name_is_thought_of_but_never_sure(spot, data) -> None:
    place = data.draw(st.integers(0, len(spot.name) - 1))
    wrong = f"{spot.name[:place]}龘{spot.name[place + 1 :]}"
    found = READER.read(wrong)
    assert spot.code in {code for one in found for code in one.reasons}
    assert all(one.confidence < DISTRICT.places_from for one in found)


@given(
    st.sampled_from(DISTRICT.gazetteer.crossings),
    st.sampled_from(("{}与{}交叉口", "{}{}路口", "{}（近{}路口）", "{}/{}")),
)
def test_two_roads_that_meet_are_their_junction_in_either_order(crossing, said: str) -> None:
    names = {spot.code: spot.name for spot in ROADS}
    one, other = (names[code] for code in crossing.roads)
    for text in (said.format(one, other), said.format(other, one)):
        (found,) = READER.read(text)
        assert (found.kind, found.point) == ("junction", crossing.point)
        assert found.confidence >= DISTRICT.places_from


def test_a_name_that_two_places_have_is_both_and_neither_is_sure() -> None:
    assert read("阳光小区门口") == [("estate", 4_500), ("estate", 4_500)]


def test_the_streets_name_chooses_among_places_of_one_name_and_doubts_those_elsewhere() -> None:
    here, there = READER.read("阳光小区")
    street = next(name for name, code in STREETS.items() if code == here.street)
    (found,) = READER.read(f"{street}阳光小区")
    assert (found.point, found.confidence) == (here.point, 9_400)
    other = next(name for name, code in STREETS.items() if code not in (here.street, there.street))
    assert all(one.confidence < here.confidence for one in READER.read(f"{other}阳光小区"))


def test_two_places_in_one_text_leave_it_to_a_person() -> None:
    found = READER.read("我住在团结新村，想反映解放北路100号的噪音")
    assert {one.kind for one in found} == {"house", "estate"}
    assert found[0].confidence < DISTRICT.places_from


@pytest.mark.parametrize("text", ["", "  ", "什么都没有", "12号", "和平路长期堵车", "3弄5号", "路", "火星路12号的隔壁"])
def test_what_names_no_point_gives_none(text: str) -> None:
    """A road without a number runs through many grids: it is not put at its middle."""
    assert [one for one in READER.read(text) if one.point] == []


def test_a_street_alone_is_a_street_and_no_point() -> None:
    (found,) = READER.read("示范三街道")
    assert (found.kind, found.point, found.grid, found.street) == ("street", None, "", "street-03")


def test_aliases_and_other_letters_are_the_same_place() -> None:
    place = READER.read("示范路１２号")[0].point
    assert READER.read("示范大道十二号")[0].point == place
    assert READER.read("SHIFAN ROAD 12号")[0].point == place


def test_of_the_longest_name_and_a_shorter_one_in_it_the_longest_speaks() -> None:
    names = Names([("四川北路", 0), ("四川北路街道", 1), ("北路", 2)])
    assert [hit.keys for hit in names.hits("四川北路街道有人")] == [(1,)]
    assert [hit.keys for hit in names.hits("四川北路12号")] == [(0,)]


def test_the_numbers_tail_is_bounded() -> None:
    assert house_number("12弄3号", 0) == (12, 3)
    assert house_number("12年", 0) is None
    assert house_number("十二号", 0) == (12, 3)


def advised(text: str, address: str = "", auto_at: int | None = 8_500):
    return Places(READER, "v", auto_at).advise(address, text)


def test_the_address_is_read_first_and_the_text_where_it_leads_nowhere() -> None:
    both = advised("团结新村有人养鸡", "解放北路100号")
    assert (both.source, both.candidates[0].kind) == ("address", "house")
    said = advised("团结新村有人养鸡", "我家楼下")
    assert (said.source, said.candidates[0].confidence) == ("text", 8_550)
    assert advised("有人养鸡", "我家楼下") is None


def test_only_above_the_declared_threshold_and_with_a_grid_it_stands_by_itself() -> None:
    assert advised("", "解放北路100号").auto
    assert not advised("", "阳光小区").auto
    assert not advised("", "示范三街道", auto_at=1_000).auto
    assert not advised("", "解放北路100号", auto_at=None).auto


def test_what_is_stored_of_it_has_codes_and_the_vault_has_points_and_words() -> None:
    advice = advised("", "团结新村8号楼")
    args = advice.arguments("v:ref")
    assert "团结" not in str(args)
    assert args["candidates"][0]["reasons"] == (SPOTS["团结新村"].code,)
    (one,) = spotted(advice.exact())
    assert (Point(one.lon, one.lat), one.words) == (SPOTS["团结新村"].points[0], ("团结新村8号楼",))
    assert spotted("not JSON") == ()


def test_a_reasons_code_is_a_name_again_as_long_as_the_gazetteer_knows_it() -> None:
    found: Found = READER.read("团结新村")[0]
    assert [READER.name(code) for code in found.reasons] == ["团结新村"]
    assert READER.name("g:000000000000") == ""
