"""What stands beside the ledger, on both stores: like requests, waves, events, and the public list."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.test_floods_at_the_desk import EVERYDAY
from main.test_meeting import OPERATOR
from sanban.intake.desk.alike import likes
from sanban.intake.desk.gathering import Gathered, gather
from sanban.intake.desk.hot import events, surges
from sanban.intake.nearby.finding import Filter
from sanban.intake.request import Request
from sanban.main.binding import intake_needs_of, nearby_of
from sanban.main.house import House, open_house
from sanban.main.lending.earlier import EarlierRequests
from sanban.main.proving import prove
from sanban.main.setup import init

LAMP = "小区路灯不亮，路灯坏了好几天，夜里漆黑一片，请尽快维修路灯。"
WATER = "全小区停水，自来水一滴没有，供水什么时候恢复"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A deployment with twenty-five people without water and two without light, all of one morning."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    init(tmp_path / "home", code="demo", title="示范区", mode="trial", database_url=url)
    with open_house(tmp_path / "home") as opened:
        grid = sorted(opened.district.duty.grids.versions)[0]
        file = tmp_path / "messages.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            rows = [
                [f"E{number}", f"W{number}", text, ""] for number, text in enumerate(EVERYDAY) if "路灯" not in text
            ]
            rows += [[str(number), f"U{number}", WATER, grid] for number in range(25)]
            rows += [["L1", "V1", LAMP, grid], ["L2", "V2", LAMP, grid]]
            csv.writer(out).writerows([["编号", "用户", "内容", "网格"], *rows])
        opened.import_file(file, mapping={"grid": "网格"}, rejects_path=tmp_path / "rejects.csv")
        yield opened


def requests_of(house: House, matter: str) -> list[Request]:
    sql = "SELECT request FROM request_view WHERE district = :district AND matter = :matter ORDER BY number"
    return [house.reader.state(f"request:{row[0]}") for row in house.reader.query(sql, {"matter": matter})]


def test_an_outage_is_one_case_by_itself_where_the_matter_declares_it(house: House) -> None:
    house.run()
    rows = house.reader.query(
        "SELECT requests FROM case_view WHERE district = :district AND matter = :matter", {"matter": "water-outage"}
    )
    assert rows == [(25,)]
    (wave,) = surges(intake_needs_of(house), OPERATOR, house.clock())
    assert (wave.wave.requests, wave.cases, wave.waiting) == (25, 1, ())
    assert not prove(house).findings


def test_like_requests_gathered_by_the_desk_are_found_listed_and_proven(house: House) -> None:
    needs, now = intake_needs_of(house), house.clock()
    first, second = requests_of(house, "street-light")
    assert [one.request for one in likes(needs, OPERATOR, second, now)] == [first.id]
    done = gather(needs, OPERATOR, "gather-1", [first.id, second.id], "street-light", "", now)
    assert isinstance(done, Gathered)
    assert (done.joined, done.left) == (2, 0)
    nearby = nearby_of(house, needs)
    (case,) = nearby.cases(Filter(), now, 10)
    assert (case.requests, case.closed_at) == (2, None)
    assert nearby.by_grid(Filter(matters=("street-light",), status="open"), now) == {case.grid: 1}
    assert nearby.firsts([second.id], now) == nearby.firsts([first.id], now) != ()
    assert events(needs, OPERATOR, now) == ()
    house.stream.catch_up(now)
    assert events(needs, OPERATOR, now)[0].count == 25
    assert not prove(house).findings


def test_the_index_begins_where_the_look_back_begins(house: House) -> None:
    follows = EarlierRequests(house.reader, house.requests, lambda: house.district.duty.grids)
    head = house.head()
    assert head is not None
    assert follows.begin(0) == 0
    assert follows.begin(house.clock() + 1) == head.position
    assert follows.after(head.position) is None
