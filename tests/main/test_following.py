"""What follows an event across slices: a request goes where its case goes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sanban.handling.reactions import opening
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission
from sanban.main.house import House, open_house
from sanban.main.meeting.facts import arrival_of
from sanban.main.setup import init

DISPATCHER = Actor("dispatcher-1", "dispatcher", "centre", unit_kind="centre")
TEXT = "小区路灯不亮，路灯坏了好几天，夜里漆黑一片，请尽快维修路灯。"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    init(tmp_path / "home", code="demo", title="示范区", mode="trial")
    file = tmp_path / "messages.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([["编号", "标题", "内容"], ["1", "路灯不亮", TEXT], ["2", "路灯不亮", TEXT + "谢谢"]])
    with open_house(tmp_path / "home") as opened:
        opened.import_file(file, rejects_path=tmp_path / "rejects.csv")
        for (request,) in opened.reader.query("SELECT request FROM request_view WHERE district = :district"):
            arrival = arrival_of(opened.reader.state(f"request:{request}"), "street-light", opened.cases)
            answer = opened.ledger.submit(msgspec.structs.replace(opening(arrival), command_id=f"open-{request}"))
            assert answer.refused is None, answer.refused
        yield opened


def requests_of(house: House) -> dict[str, tuple[str, str]]:
    """Request -> (state, case)."""
    rows = house.reader.query("SELECT request, state, case_id FROM request_view WHERE district = :district")
    return {row[0]: (row[1], row[2]) for row in rows}


def act(house: House, number: int, *parts: Part) -> None:
    answer = house.ledger.submit(Submission(f"c-{number}", DISPATCHER, parts))
    assert answer.refused is None, answer.refused
    house.run()


def test_a_closed_case_closes_its_request(house: House) -> None:
    request, (state, case_id) = next(iter(requests_of(house).items()))
    assert state == "linked"
    house.ledger.submit(
        Submission("c-0", DISPATCHER, (Part(f"case:{case_id}", "close_statutory", {"ending": "statutory"}),))
    )
    house.run()
    assert requests_of(house)[request][0] == "closed"


def test_a_reopened_case_opens_its_requests_again_and_its_next_closing_closes_them(house: House) -> None:
    request, (_, case_id) = next(iter(requests_of(house).items()))
    act(house, 0, Part(f"case:{case_id}", "close_statutory", {"ending": "statutory"}))
    operator = Actor("operator-1", "operator", "hotline", unit_kind="desk")
    reopening = Part(f"case:{case_id}", "reopen", {"unit": "street-01"})
    assert house.ledger.submit(Submission("c-again", operator, (reopening,))).refused is None
    house.run()
    assert requests_of(house)[request][0] == "linked"
    handler = Actor("handler-street-01", "handler", "street-01", unit_kind="street")
    for number, (who, step, args) in enumerate(
        (
            (handler, "accept", {}),
            (handler, "finish", {}),
            (Actor("verifier-1", "verifier"), "verify", {}),
            (operator, "call_back", {"request": request, "reached": True, "resolved": "yes"}),
            (operator, "close", {"ending": "resolved"}),
        )
    ):
        part = Part(f"case:{case_id}", step, args)
        assert house.ledger.submit(Submission(f"c-step-{number}", who, (part,))).refused is None, step
    house.run()
    assert requests_of(house)[request][0] == "closed"


def test_nobody_opens_a_request_again_without_its_case(house: House) -> None:
    request = next(iter(requests_of(house)))
    answer = house.ledger.submit(Submission("c-own", DISPATCHER, (Part(f"request:{request}", "reopen"),)))
    assert answer.refused is not None
    assert answer.refused.reason == "not_permitted"


def test_a_request_that_is_split_off_lies_at_the_desk_again(house: House) -> None:
    (first, (_, case_id)), (second, (_, other)) = requests_of(house).items()
    assert case_id != other
    promised = house.reader.state(f"case:{other}").requests[0].promised_at
    moved = (
        Part(f"request:{second}", "unlink", {"case": other}),
        Part(f"case:{case_id}", "attach", {"request": second}),
        Part(f"request:{second}", "link", {"case": case_id}),
    )
    act(house, 2, *moved)
    assert requests_of(house)[second] == ("linked", case_id)
    assert house.reader.state(f"case:{case_id}").requests[1].promised_at == promised
    leaves = (
        Part(f"request:{second}", "unlink", {"case": case_id}),
        Part(f"case:{case_id}", "split", {"request": second}),
    )
    act(house, 3, *leaves)
    assert house.reader.state(f"request:{second}").promised_at == promised
    assert requests_of(house)[second] == ("received", "")
    assert requests_of(house)[first] == ("linked", case_id)
