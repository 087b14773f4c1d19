"""What is suggested as a duplicate, in what order, and with which reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sanban.intake.duplicates.entry import Entry
from sanban.intake.duplicates.features import FEATURES, GROUPS
from sanban.intake.duplicates.finding import Duplicates
from sanban.intake.duplicates.index import DAY, Search
from sanban.intake.duplicates.reasons import PHRASES, words_in_common
from sanban.intake.duplicates.weights import Weights, WeightsFile, content_hash, declared, read, written
from sanban.kernel.errors import SanbanError

HERE = (312_700_000, 1_214_900_000)
NEAR = (312_702_000, 1_214_900_000)
FAR = (312_760_000, 1_214_900_000)
NOW = 100 * DAY


class KeptTexts:
    """Texts in memory."""

    def __init__(self, kept: Mapping[str, str]) -> None:
        self.kept = kept

    def texts(self, requests: Sequence[str]) -> Mapping[str, str]:
        return {name: self.kept[name] for name in requests if name in self.kept}


def district(*found: Entry) -> Duplicates:
    duplicates = Duplicates(312_700_000)
    duplicates.fill(found)
    return duplicates


LAMP = Entry("lamp", NOW - DAY // 4, "light", "u1", NEAR, "四川北路12号", "路灯坏了三天没人修")
NOISE = Entry("noise", NOW - DAY, "noise", "u2", NEAR, "四川北路18号", "夜间施工噪音很大")
OLD = Entry("old", NOW - 90 * DAY, "light", "u1", HERE, "四川北路12号", "路灯不亮", closed_at=NOW - 80 * DAY)
AWAY = Entry("away", NOW - DAY // 2, "light", "u1", FAR, "山阴路3号", "路灯坏了")
NEW = Entry("new", NOW, "light", "u1", HERE, "四川北路12号", "这里的路灯坏了，晚上很黑")


def test_the_likeliest_comes_first_and_closed_ones_are_among_them() -> None:
    found = district(NOISE, OLD, LAMP, AWAY).suggest(NEW, most=4)
    assert found[0].request == "lamp"
    assert "old" in [one.request for one in found]
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert sum(one.share for one in found) == pytest.approx(10_000, abs=4)


def test_reasons_say_place_matter_time_and_words() -> None:
    duplicates = district(LAMP, NOISE)
    reasons = duplicates.suggest(NEW, texts=KeptTexts({"lamp": LAMP.text}))[0].reasons
    told = {reason.code: reason for reason in reasons}
    assert told["near"].number == 22
    assert told["hours_apart"].number == 6
    assert {"same_matter", "same_address", "still_open", "same_unit"} <= told.keys()
    assert told["words"].words == ("路灯坏了",)
    assert told["words"].phrase % told["words"].values == "words in common: 路灯坏了"


def test_reasons_of_another_matter_long_ago_say_so() -> None:
    found = {one.request: one for one in district(OLD, NOISE).suggest(NEW, most=3)}
    assert {"same_point", "days_apart", "closed_since"} <= {reason.code for reason in found["old"].reasons}
    assert "same_matter" not in {reason.code for reason in found["noise"].reasons}


def test_matters_that_are_often_linked_are_a_reason() -> None:
    kindred = WeightsFile("k", "by hand", {"affinity": 1.0}, (("light", "power", 2.0), ("", "", -1.0)))
    duplicates = Duplicates(312_700_000, Weights(kindred))
    duplicates.fill([replace(LAMP, id="power", matter="power"), replace(LAMP, id="wages", matter="wages")])
    first, second = duplicates.suggest(NEW)
    assert (first.request, second.request) == ("power", "wages")
    assert "kindred_matter" in {reason.code for reason in first.reasons}
    assert "kindred_matter" not in {reason.code for reason in second.reasons}


def test_without_place_address_or_text_nothing_is_suggested() -> None:
    assert district(LAMP, OLD).suggest(Entry("new", NOW, "light")) == ()
    assert district(LAMP).suggest(NEW, most=0) == ()


def test_a_request_without_place_is_found_by_what_it_says() -> None:
    found = district(NOISE, LAMP).suggest(replace(NEW, point=None, address=""))
    assert found[0].request == "lamp"
    assert "near" not in {reason.code for reason in found[0].reasons}


def test_filling_twice_adds_once_and_erasing_takes_out() -> None:
    duplicates = district(LAMP, OLD)
    assert duplicates.fill([LAMP, NOISE]) == 1
    assert duplicates.removed("lamp")
    assert not duplicates.removed("lamp")
    assert "lamp" not in [one.request for one in duplicates.suggest(NEW)]


def test_what_is_older_than_the_look_back_is_let_go() -> None:
    duplicates = Duplicates(312_700_000, search=Search(look_back_days=30))
    duplicates.fill([LAMP, OLD])
    assert duplicates.forget(NOW) == 1
    assert len(duplicates.index) == 1


def test_a_closed_problem_counts_less_than_an_open_one() -> None:
    duplicates = district(LAMP, replace(LAMP, id="twin"))
    duplicates.closed("lamp", NOW - 1)
    assert [one.request for one in duplicates.suggest(NEW)] == ["twin", "lamp"]
    duplicates.closed("lamp", None)
    duplicates.closed("twin", NOW - 1)
    assert [one.request for one in duplicates.suggest(NEW)] == ["lamp", "twin"]


def test_closing_later_than_the_request_came_in_is_not_known_to_it() -> None:
    one, other = district(LAMP), district(replace(LAMP, closed_at=NOW + 1))
    assert one.suggest(NEW) == other.suggest(NEW)


@given(st.permutations([LAMP, NOISE, OLD, AWAY, replace(LAMP, id="twin")]))
def test_the_order_of_adding_changes_no_suggestion(found: list[Entry]) -> None:
    given_order = district(*found).suggest(NEW, most=5)
    assert [(one.request, one.share) for one in given_order] == [
        (one.request, one.share)
        for one in district(LAMP, NOISE, OLD, AWAY, replace(LAMP, id="twin")).suggest(NEW, most=5)
    ]


def test_every_feature_belongs_to_one_group_and_every_reason_has_a_phrase() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(FEATURES)
    assert all(phrase for phrase in PHRASES.values())


def test_declared_weights_name_no_matter_and_their_model_carries_their_hash() -> None:
    weights = declared()
    assert weights.affinity == {}
    assert weights.model == f"duplicates-declared:{content_hash(weights.file)[:12]}"
    assert district(LAMP).model == weights.model


def test_weights_come_back_as_they_were_written() -> None:
    file = WeightsFile("w", "by hand", {"far": -1.5}, (("a", "b", 0.5),))
    assert read(written(file)).file.weights == file.weights
    assert read(written(file)).affinity == {("a", "b"): 0.5}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"nothing", "these are no weights"),
        (written(WeightsFile("w", "s", {"far": -1.5})).replace(b"-1.5", b"-1.6"), "hash differs"),
        (written(WeightsFile("w", "s", {"nearness": 1.0})), "no feature nearness"),
    ],
)
def test_weights_that_were_changed_or_are_none_are_not_used(content: bytes, said: str) -> None:
    with pytest.raises(SanbanError, match=said):
        read(content)


def test_weights_are_finite() -> None:
    with pytest.raises(SanbanError, match="finite"):
        Weights(WeightsFile("w", "s", {"far": float("inf")}))


def test_the_declared_file_is_written_as_the_product_writes_it() -> None:
    path = Path(__file__).parents[3] / "src/sanban/intake/duplicates/declared.json"
    assert path.read_bytes() == written(msgspec.json.decode(path.read_bytes(), type=WeightsFile))


@pytest.mark.parametrize(
    ("new", "earlier", "common"),
    [
        ("路灯坏了，很黑", "小区路灯坏了三天", ("路灯坏了",)),
        ("the street lamp is out", "Lamp out since Monday, streets dark", ("lamp", "out")),
        ("楼道漏水", "路灯坏了", ()),
        ("灯", "灯", ()),
        ("ＡＢＣ小区停水", "abc小区没有水", ("abc", "小区")),
        ("", "路灯", ()),
    ],
)
def test_words_in_common_are_the_longest_stretches(new: str, earlier: str, common: tuple[str, ...]) -> None:
    assert words_in_common(new, earlier) == common


@given(st.text("路灯坏了ab 1", max_size=30), st.text("路灯坏了ab 1", max_size=30))
def test_words_in_common_stand_in_both_texts(new: str, earlier: str) -> None:
    assert all(word in new and word in earlier for word in words_in_common(new, earlier))
