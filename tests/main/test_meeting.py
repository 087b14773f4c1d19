"""Where requests and cases meet, on both stores: found, joined, split off; linked; erased and proven."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from sanban.handling.views import near
from sanban.intake.desk.deciding import Filled, open_case
from sanban.intake.desk.joining import Joined, Looked, candidates, join, recurring, split_off
from sanban.intake.ports import Needs, Wish
from sanban.intake.request import Request
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission
from sanban.main.binding import intake_needs_of, needs_of, officer_role
from sanban.main.copies import erase_person
from sanban.main.deployment.officers import add_officer, set_disabled
from sanban.main.house import House, open_house
from sanban.main.proving import prove
from sanban.main.setup import init

OPERATOR = Actor("op-1", "operator", "hotline", unit_kind="desk")
HANDLER = Actor("h-1", "handler", "street-01", unit_kind="street")
TEXT = "小区路灯不亮，路灯坏了好几天，夜里漆黑一片，请尽快维修路灯。"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A deployment with two requests at the desk."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    init(tmp_path / "home", code="demo", title="示范区", mode="trial", database_url=url)
    file = tmp_path / "messages.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = [["1", "U1", "一件小事", TEXT], ["2", "U2", "另一件小事", TEXT]]
        csv.writer(out).writerows([["编号", "用户", "标题", "内容"], *rows])
    with open_house(tmp_path / "home") as opened:
        opened.import_file(file, rejects_path=tmp_path / "rejects.csv")
        yield opened


def requests_of(house: House) -> list[Request]:
    sql = "SELECT request FROM request_view WHERE district = :district ORDER BY number"
    return [house.reader.state(f"request:{row[0]}") for row in house.reader.query(sql)]


def opened(house: House, needs: Needs, request: Request) -> str:
    """The number of the request's own case."""
    street = next(unit.code for unit in house.district.streets)
    wish = Wish("key-1", "street-light", street=street)
    assert open_case(needs, OPERATOR, "open-1", request, wish, Filled(), 0) is None
    ((number,),) = house.reader.query("SELECT number FROM case_view WHERE district = :district")
    return str(number)


def test_a_request_is_found_a_case_joins_it_and_leaves_it_with_its_promise(house: House) -> None:
    needs, (first, second) = intake_needs_of(house), requests_of(house)
    number = opened(house, needs, first)
    street = next(unit.code for unit in house.district.streets)
    now = house.clock()
    (found,) = candidates(needs, OPERATOR, second, Looked(matter="street-light", street=street), now).cases
    assert (found.number, found.way, found.requests, found.same_person) == (number, "attach", 1, False)
    assert candidates(needs, OPERATOR, second, Looked(number=number), now).cases == (found,)
    assert candidates(needs, HANDLER, second, Looked(number=number), now).cases == ()
    assert near.near_cases(OPERATOR, needs_of(house), near.Around(cases=(found.id,)), now)[0].number == number
    joined = join(needs, OPERATOR, "join-1", second, "attach", number, now)
    assert isinstance(joined, Joined)
    case = house.reader.state(f"case:{joined.case}")
    assert [one.id for one in case.requests] == [first.id, second.id]
    assert isinstance(recurring(needs, OPERATOR, number, now), Refused)
    left = split_off(needs, OPERATOR, "split-1", second, joined.case, now)
    assert isinstance(left, Joined)
    assert house.reader.state(f"request:{second.id}").promised_at == case.requests[1].promised_at
    assert prove(house).findings == []


def test_a_joined_request_is_missing_for_whom_a_link_binds_to_its_subject(house: House) -> None:
    needs, (first, _) = intake_needs_of(house), requests_of(house)
    number = opened(house, needs, first)
    found = needs.joins.find(OPERATOR, number, house.clock())
    assert found is not None
    subject = Part(f"case:{found.id}", "reclassify", {"matter": "fire-safety", "fields": {"operator": "firm-anjia"}})
    assert house.ledger.submit(Submission("about", OPERATOR, (subject,))).refused is None
    clerk = Actor("op-2", "operator", "hotline", unit_kind="desk")
    assert needs.joins.sees(clerk, found.id, house.clock())
    link = {"id": "l-1", "kind": "member_of", "source": "op-2", "target": "firm-anjia", "valid_from": 0}
    assert house.ledger.submit(Submission("link", OPERATOR, (Part("party:links", "record", link),))).refused is None
    assert not needs.joins.sees(clerk, found.id, house.clock())
    assert needs.joins.find(clerk, number, house.clock()) is None
    assert needs.joins.sees(OPERATOR, found.id, house.clock())
    erase_person(house, first.received.requester)
    assert prove(house).findings == []


def test_officers_are_the_accounts_of_the_deployment(house: House) -> None:
    add_officer(house, "desk-07", "operator", house.district.desk, "correct-horse-battery")
    assert officer_role(house, "desk-07") == "operator"
    assert officer_role(house, "desk-08") is None
    set_disabled(house, "desk-07", disabled=True)
    assert officer_role(house, "desk-07") is None
