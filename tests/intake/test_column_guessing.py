"""Which column holds what: by name, by part of a name, by values, and as told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sanban.intake.columns import FIELDS, NAMES, Mapping, guess_mapping, parse_told
from sanban.intake.importing import preview
from sanban.kernel.errors import SanbanError

DATA = Path(os.environ.get("SANBAN_DATA", Path(__file__).parents[3] / "shared" / "data"))


def chosen(mapping: Mapping) -> dict[str, tuple[str, str]]:
    return {choice.field: (choice.column, choice.why) for choice in mapping.choices}


def guess(headers: str, *rows: str, told: dict[str, str] | None = None) -> dict[str, tuple[str, str]]:
    return chosen(guess_mapping(headers.split(","), [row.split(",") for row in rows], told))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("工单号,联系人,联系电话,标题,受理时间,诉求内容,地址,经度,纬度,渠道",
         "external_no name phone title received_at text address lon lat channel"),
        ("order_no,user,subject,time,content,lat,lon", "external_no requester title received_at text lat lon"),
        ("Order No.,User ID,Title,Created-At,Description", "external_no requester title received_at text"),
        ("编号（必填）,内容*,网格编码", "external_no text grid"),
        ("ＩＤ,ＴＥＸＴ", "external_no text"),
    ],
)  # fmt: skip
def test_known_names_are_recognised(headers, expected) -> None:
    columns = guess_mapping(headers.split(","), [])
    by_place = [choice.field for choice in sorted(columns.choices, key=lambda choice: choice.place)]
    assert by_place == expected.split()
    assert {choice.why for choice in columns.choices} == {"name"}
    assert not columns.unused


def test_endings_of_names_are_recognised_but_never_those_of_the_answering_side() -> None:
    headers = "市民反映的内容,答复内容,答复时间,第一次登记时间,处理结果描述,家庭电话"
    assert guess(headers) == {
        "text": ("市民反映的内容", "part_of_name"),
        "received_at": ("第一次登记时间", "part_of_name"),
        "phone": ("家庭电话", "part_of_name"),
    }


def test_unknown_names_are_judged_by_their_values() -> None:
    rows = [
        f"SH-{number},2026-01-0{number} 09:30,1380000000{number},121.47{number},31.23{number},"
        "小区路灯不亮已经有一个星期了"
        for number in range(1, 6)
    ]
    assert guess("c1,c2,c3,c4,c5,c6", *rows) == {
        "external_no": ("c1", "values"),
        "received_at": ("c2", "values"),
        "phone": ("c3", "values"),
        "lon": ("c4", "values"),
        "lat": ("c5", "values"),
        "text": ("c6", "values"),
    }


def test_the_longest_prose_is_taken_for_the_text() -> None:
    assert guess("a,b", "小区路灯不亮有一个星期了,小区路灯不亮已经有一个星期了，请尽快派人来修理，谢谢")["text"] == (
        "b",
        "values",
    )


def test_a_longitude_without_a_latitude_is_not_used() -> None:
    mapping = guess_mapping(["lon", "text"], [])
    assert chosen(mapping) == {"text": ("text", "name")}
    assert mapping.unused == ("lon",)


def test_what_the_user_says_comes_first() -> None:
    told = parse_told(["text=备注", "title="])
    assert guess("标题,内容,备注", told=told) == {"text": ("备注", "told")}


def test_a_name_that_fits_best_wins_over_a_shorter_one() -> None:
    mapping = guess_mapping(["时间", "留言时间", "内容"], [])
    assert mapping.place("received_at") == 1
    assert mapping.place("phone") is None
    assert mapping.unused == ("时间",)


@pytest.mark.parametrize(
    ("headers", "options", "message"),
    [
        ("一级分类,二级分类", [], "no column seems to hold"),
        ("a,内容", ["words=a"], "not a field"),
        ("a,内容", ["text=b"], "not in the file"),
        ("a,a,内容", ["title=a"], "stands twice"),
        ("a,内容", ["title=a", "text=a"], "two fields"),
        ("a,内容", ["title"], "names no column"),
        ("a,内容", ["text="], "no column seems to hold"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_with_an_example(headers, options, message) -> None:
    with pytest.raises(SanbanError, match=message) as caught:
        guess(headers, told=parse_told(options))
    assert caught.value.example.startswith("--map ")


def test_every_known_name_stands_for_one_field() -> None:
    assert set(NAMES) == set(FIELDS)
    names = [name for spelled in NAMES.values() for name in spelled.split()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "unused"),
    [
        ("answered.csv", ("答复意见", "答复时间")),
        ("labelled_raw.csv", ("一级分类",)),
        ("unlabelled.csv", ("一级分类",)),
        ("stream.csv", ("反对数", "点赞数")),
    ],
)
def test_real_files_of_messages_are_mapped_by_name(name, unused) -> None:
    path = DATA / "messages" / name
    if not path.is_file():
        pytest.skip(f"{path} is absent: set SANBAN_DATA to the folder of real data")
    mapping = preview(path)
    assert chosen(mapping) == {
        "external_no": ("留言编号", "name"),
        "requester": ("留言用户", "name"),
        "title": ("留言主题", "name"),
        "text": ("留言详情", "name"),
        "received_at": ("留言时间", "name"),
    }
    assert mapping.unused == unused
