"""Visits and suggestions: every issue gets a reply, there is no fast lane, and a suggestion is no complaint."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

import read_once
from intake.small_desk import text_of
from sanban.handling.reactions import opening
from sanban.intake.desk.receiving import Said, Taken
from sanban.intake.visits.noting import answer_issue, close_visit, issues_of, note_issue, open_visit, owed
from sanban.intake.visits.visit import Visit, stream_of
from sanban.kernel.case.state import Case
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission
from sanban.main.binding import intake_needs_of
from sanban.main.house import House, open_house
from sanban.main.reactions import arrival_of
from sanban.main.serving import application
from sanban.main.setup import init

HANDLER = Actor("handler-street-01", "handler", "street-01", unit_kind="street")
OTHER = Actor("handler-street-02", "handler", "street-02", unit_kind="street")
DESK = Actor("operator-1", "operator", "hotline", unit_kind="desk")
DISPATCHER = Actor("dispatcher-1", "dispatcher", "centre", unit_kind="centre")
NOW = 1_780_279_200_000_000


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    init(tmp_path / "home", code="demo", title="示范区", mode="demo")
    with open_house(tmp_path / "home", lambda: NOW) as opened:
        yield opened


@pytest.fixture
def visit(house: House) -> Visit:
    opened = open_visit(intake_needs_of(house), HANDLER, "v-1", "山下居委会", "street-01", NOW)
    assert isinstance(opened, str), opened
    return seen(house, opened)


def seen(house: House, visit: str) -> Visit:
    found = house.reader.state(stream_of(visit))
    assert isinstance(found, Visit)
    return found


def noted(house: House, visit: Visit, number: int, text: str = "楼里有件事想当面说", who: Actor = HANDLER) -> Taken:
    said = Said(text=text, name="欧阳测试", phone=f"1380000{number:04}")
    taken = note_issue(intake_needs_of(house), who, f"issue-{number}", visit, said, NOW)
    assert isinstance(taken, Taken), taken
    house.run()
    return taken


def open_case(house: House, request: str, matter: str) -> Case:
    arrival = arrival_of(house.reader.state(f"request:{request}"), matter, house.cases)
    parts = opening(arrival).parts
    answer = house.ledger.submit(Submission(f"open-{request}", DESK, parts))
    assert answer.refused is None, answer.refused
    house.run()
    case = house.reader.state(parts[0].stream)
    assert isinstance(case, Case)
    return case


@contextmanager
def signed_in(house: House, account: str) -> Iterator[tuple[TestClient[Any], dict[str, str]]]:
    """A browser of an account, and the hidden field of its forms."""
    with TestClient(application(house), raise_server_exceptions=False) as client:
        token = re.search(r'name="_csrf_token" value="([^"]+)"', client.get("/sign-in?lang=en").text)
        assert token is not None
        hidden = {"_csrf_token": token[1]}
        client.post("/sign-in/demo", data=hidden | {"account": account})
        yield client, hidden


def test_a_visit_stays_open_until_every_issue_has_its_case_or_its_answer(house: House, visit: Visit) -> None:
    needs = intake_needs_of(house)
    first, second = noted(house, visit, 1), noted(house, visit, 2, text="请问一下老年卡怎么办")
    for left in (2, 1):
        assert owed(needs, seen(house, visit.opened.id)) == left
        refused = close_visit(needs, HANDLER, f"close-{left}", visit)
        assert refused is not None
        assert (refused.reason, f"{left} of 2" in refused.message) == ("issues_owed", True)
        if left == 2:
            open_case(house, first.request, "noise")
    asked = issues_of(needs, seen(house, visit.opened.id))[1]
    assert asked.id == second.request
    assert answer_issue(needs, HANDLER, "a-1", asked, "已告知到社区事务受理中心办理", NOW) is None
    assert close_visit(needs, HANDLER, "close", visit) is None
    assert seen(house, visit.opened.id).state == "closed"
    stored = "".join(one.payload.decode() for one in house.reader.since(0, 1000))
    assert [word for word in ("当面说", "山下", "欧阳", "1380000", "受理中心") if word in stored] == []


@pytest.mark.parametrize("text", ["楼上漏水三个月没人管", "请问小区路灯坏了什么时候来修"])
def test_a_complaint_noted_on_a_visit_is_no_fast_lane_for_who_would_rather_talk_it_away(
    house: House, visit: Visit, text: str
) -> None:
    needs = intake_needs_of(house)
    issue = noted(house, visit, 1, text)
    request = house.reader.state(f"request:{issue.request}")
    refused = answer_issue(needs, HANDLER, "a-1", request, "已当场答复", NOW)
    assert (refused and refused.reason) == "no_question"
    for ending in ("explained", "statutory", "resolved", "informed"):
        part = Part(f"request:{issue.request}", "answer", {"text": "v:" + "0" * 32, "ending": ending})
        assert house.ledger.submit(Submission(f"talk {ending}", HANDLER, (part,))).refused is not None
    owed_still = close_visit(needs, HANDLER, "close", visit)
    assert (owed_still and owed_still.reason) == "issues_owed"
    assert house.reader.state(f"request:{issue.request}").owner == "hotline"


def test_an_issue_runs_under_the_same_mechanism_and_clocks_as_a_call_and_its_origin_is_a_field(
    house: House, visit: Visit
) -> None:
    issue = noted(house, visit, 1)
    of_visit = open_case(house, issue.request, "noise")
    args = {
        "requester": "person:2",
        "desk": "hotline",
        "channel": "phone",
        "text": "v:" + "1" * 32,
        "street": "street-01",
    }
    assert house.ledger.submit(Submission("call", DESK, (Part("request:call", "receive", args),))).refused is None
    of_call = open_case(house, "call", "noise")
    assert (of_visit.mechanism, of_visit.state, of_visit.priority) == (
        of_call.mechanism,
        of_call.state,
        of_call.priority,
    )
    clocks = [[(one.limit, one.due_at) for one in case.clocks] for case in (of_visit, of_call)]
    assert clocks[0] == clocks[1] != []
    assert of_visit.requests[0].promised_at == of_call.requests[0].promised_at
    received = house.reader.state(f"request:{issue.request}").received
    assert (received.channel, received.origin, received.street) == ("visit", stream_of(visit.opened.id), "street-01")


@pytest.mark.parametrize(
    ("part", "who", "reason"),
    [
        (("note", {"request": "nothing"}), HANDLER, "unknown_request"),
        (("note", {"request": "call"}), HANDLER, "unknown_request"),
        (("close", {}), OTHER, "not_permitted"),
        (("close", {}), Actor("w", "grid_worker", "grids-01a"), "not_permitted"),
        (("close", {"x": 1}), HANDLER, "bad_arguments"),
        (("open", {"held_at": NOW}), HANDLER, "already_open"),
        (("leave", {}), HANDLER, "unknown_step"),
    ],
)
def test_what_a_visit_does_not_take_says_why(house: House, visit: Visit, part: Any, who: Actor, reason: str) -> None:
    args = {"requester": "person:2", "desk": "hotline", "channel": "phone", "text": "v:" + "1" * 32}
    house.ledger.submit(Submission("call", DESK, (Part("request:call", "receive", args),)))
    answer = house.ledger.submit(Submission("c", who, (Part(stream_of(visit.opened.id), *part),)))
    assert answer.refused is not None
    assert answer.refused.reason == reason


def test_a_closed_visit_takes_no_more_and_a_visit_is_not_held_tomorrow(house: House, visit: Visit) -> None:
    needs = intake_needs_of(house)
    assert close_visit(needs, HANDLER, "close", visit) is None
    late = note_issue(needs, HANDLER, "late", visit, Said(text="晚了"), NOW)
    assert isinstance(late, Refused)
    assert late.reason == "visit_over"
    tomorrow = open_visit(needs, HANDLER, "v-2", "", "", NOW + 1)
    assert isinstance(tomorrow, Refused)
    assert tomorrow.reason == "in_the_future"
    unknown = house.ledger.submit(Submission("u", HANDLER, (Part(stream_of("none"), "close"),)))
    assert unknown.refused is not None
    assert unknown.refused.reason == "unknown_visit"


def test_the_pages_note_issues_with_receipts_and_say_what_is_owed(house: House) -> None:
    with signed_in(house, "handler-street-01") as (client, hidden):
        opened = client.post(
            "/visits", data=hidden | {"place": "居委会", "street": "street-01"}, follow_redirects=False
        )
        path = opened.headers["location"]
        page = client.post(f"{path}/issues", data=hidden | {"text": "请问老年卡怎么办"})
        assert re.search(r'class="receipt"[^>]*><span>[A-Z2-7]{5}', page.text)
        refused = client.post(f"{path}/close", data=hidden)
        assert (refused.status_code, "owed a reply: 1" in text_of(refused)) == (422, True)
        request = re.search(r'name="request" value="([^"]+)"', page.text)
        assert request is not None
        client.post(f"{path}/answer", data=hidden | {"request": request[1], "text": "已说明"})
        closed = text_of(client.post(f"{path}/close", data=hidden))
        assert "every issue has its case or its answer" in closed
        assert "every issue settled" in text_of(client.get("/visits"))
        assert client.get("/visits/nothing").status_code == 404
        assert client.post("/visits", data=hidden | {"street": "nowhere"}).status_code == 422


def test_an_issue_is_missing_for_whom_its_case_is_missing_and_the_place_is_the_units_own(
    house: House, visit: Visit
) -> None:
    first, second = noted(house, visit, 1), noted(house, visit, 2)
    case = open_case(house, first.request, "noise")
    path = f"/visits/{visit.opened.id}"
    sought = (case.id, f"Request no. {first.number}", f"Request no. {second.number}", "山下居委会")
    shown = {}
    for account in ("handler-street-01", "handler-fire-brigade", "auditor-1"):
        with signed_in(house, account) as (client, _hidden):
            page = client.get(path, follow_redirects=False)
            assert page.status_code == 200, account
            shown[account] = [what in page.text for what in sought]
    assert shown == {
        "handler-street-01": [True, True, True, True],
        "handler-fire-brigade": [False, False, True, False],
        "auditor-1": [True, True, True, False],
    }
    house.looks.flush()
    looks = house.reader.query("SELECT account, about FROM look_line WHERE district = :district AND page LIKE '%visit'")
    visited, words = f"visit:{visit.opened.id}", f"request:{second.request}"
    told = [("auditor-1", visited), ("handler-fire-brigade", visited)]
    assert sorted(looks) == [*told, ("handler-street-01", words), ("handler-street-01", visited)]


def test_an_issue_that_has_its_case_is_not_answered_on_the_spot_whoever_sends_the_form(
    house: House, visit: Visit
) -> None:
    issue = noted(house, visit, 1)
    open_case(house, issue.request, "noise")
    before = house.reader.head()
    with signed_in(house, "handler-street-01") as (client, hidden):
        answer = client.post(
            f"/visits/{visit.opened.id}/answer", data=hidden | {"request": issue.request, "text": "已说明"}
        )
    assert (answer.status_code, "has its case or its answer already" in text_of(answer)) == (422, True)
    assert house.reader.head() == before


def test_a_suggestion_is_answered_with_its_reason_and_stands_in_no_figure_of_complaints() -> None:
    mechanism = read_once.matters().mechanism_of("suggestion", NOW)
    assert mechanism is not None
    assert set(mechanism.grounds.ending) == {"adopted", "partly", "not_adopted"}
    assert "note" in mechanism.steps["close"].needs
    assert not [step for step in mechanism.steps.values() if step.verb in ("call_back", "verify")]
    assert any(limit.promise for limit in mechanism.limits.values())
