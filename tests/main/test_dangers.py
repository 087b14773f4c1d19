"""A danger acts as one: its route, its case's clocks and units, the desk that sees it first, whom to ring."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import read_once
from intake.small_desk import Visitor
from sanban.intake.desk.deciding import answer_on_the_spot
from sanban.intake.desk.receiving import Said, Taken, receive
from sanban.intake.desk.seeing import FLAGS
from sanban.intake.views import desk_alarms
from sanban.kernel.case.state import Case
from sanban.kernel.clock.calendar import HOUR
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.main.binding import intake_needs_of
from sanban.main.meeting.facts import fields_told
from working_house import FIRM, Working

GAS = "家里煤气泄漏，味道很大，快来人"
FAINTED = "小区门口有人晕倒在地上，怎么叫也叫不醒"
LAMP = "小区路灯不亮已有一周，路灯坏了，请尽快维修路灯。"
MATTERS = [one.mechanism for one in read_once.matters() if one.mechanism is not None]
PUBLIC = {"text": GAS, "street": "street-01", "phone": "13800001239"}


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    made = Working(tmp_path_factory.mktemp("dangers") / "home", mode="demo")
    yield made
    made.close()


def filed(working: Working, **said: str) -> dict[str, Any]:
    """What the public's API answers."""
    answer = working.client.post("/api/v1/public/requests", json=PUBLIC | said)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def case_of(working: Working, number: str) -> Case:
    """The case that a request has opened by itself."""
    working.house.run()
    ((case_id,),) = working.house.reader.query(
        "SELECT case_id FROM request_view WHERE district = :district AND number = :number", {"number": number}
    )
    found = working.house.reader.state(f"case:{case_id}")
    assert isinstance(found, Case)
    return found


def newest(working: Working, query: str = "") -> dict[str, Any]:
    """The queue as the desk reads it."""
    return dict(working.call("operator", "GET", f"/requests{query}").json())


def first(working: Working) -> list[str]:
    """The requests that the desk sees before all others."""
    return [line["request"] for line in newest(working)["dangers"]]


def request_of(working: Working, number: str) -> str:
    rows = working.house.reader.query(
        "SELECT request FROM request_view WHERE district = :district AND number = :number", {"number": number}
    )
    return str(rows[0][0])


def test_a_danger_that_opens_by_itself_has_its_route_form_tasks_clocks_and_priority(working: Working) -> None:
    case = case_of(working, filed(working)["number"])
    request = working.house.reader.state(f"request:{case.requests[0].id}")
    assert (request.route, request.flags) == ("emergency", ("danger",))
    assert case.fields == {"danger": True}
    assert {task.spec for task in case.open_tasks} == {"lead", "standby"}
    assert "danger" in {clock.limit for clock in case.clocks if clock.stopped_at is None}
    assert case.priority > 1000


def test_what_is_no_danger_says_nothing_of_one(working: Working) -> None:
    case = case_of(working, filed(working, text="家里停水了，自来水管爆了，大面积停水")["number"])
    assert case.fields == {}
    assert case.priority < 1000


def test_the_desk_sees_a_danger_first_until_somebody_has_looked_though_it_has_a_case(working: Working) -> None:
    case = case_of(working, filed(working)["number"])
    request_id = case.requests[0].id
    assert request_id in first(working)
    assert working.call("leader", "POST", f"/requests/{request_id}/heed", json={}).status_code == 403
    seen = working.done("operator", f"/requests/{request_id}/heed", {})
    assert seen["alarms"] is False
    assert request_id not in first(working)


def test_a_wave_of_one_danger_is_one_case_and_joins_no_case_of_what_is_no_danger(working: Working) -> None:
    needs, operator = intake_needs_of(working.house), Actor("op", "operator", "hotline", unit_kind="desk")

    def heard(text: str) -> str:
        said = Said(text=text, phone=PUBLIC["phone"], grid=working.real["grid"][0], channel="phone")
        taken = receive(needs, operator, working.key(), said, working.now)
        assert isinstance(taken, Taken)
        return taken.number

    quiet = heard("小区停电了，没有电，电表跳闸，供电所一直没来抢修")
    flood = [heard(f"变压器起火，停电了，{said}") for said in ("快来", "有烟", "很急")]
    (case,) = {one.id: one for one in (case_of(working, number) for number in flood)}.values()
    assert len(case.requests) == len(flood)
    assert "danger" in {clock.limit for clock in case.clocks if clock.stopped_at is None}
    assert {working.house.reader.state(f"request:{one.id}").route for one in case.requests} == {"emergency"}
    assert case_of(working, quiet).id != case.id


WAVE = 60
"""Messages of an hour about one danger, each from somebody else."""


def test_an_hour_of_messages_about_one_danger_is_one_wave_before_the_duty_officer_with_its_count(
    working: Working,
) -> None:
    needs, operator = intake_needs_of(working.house), Actor("op", "operator", "hotline", unit_kind="desk")
    grid, numbers, waiting = "02-001", [], len(first(working))
    for number in range(WAVE):
        working.now += HOUR // WAVE
        said = f"配电房着火，停电了，浓烟很大，我在{number + 1}楼，快来人"
        heard = Said(text=said, phone=f"1380005{number:04}", grid=grid, channel="phone")
        taken = receive(needs, operator, working.key(), heard, working.now)
        assert isinstance(taken, Taken)
        numbers.append(taken.number)
        working.house.run()
    (case,) = {one.id: one for one in (case_of(working, number) for number in numbers)}.values()
    assert len(case.requests) == WAVE
    assert len({one.requester for one in case.requests}) == WAVE
    lines = newest(working)["dangers"]
    assert len(lines) == waiting + 1
    assert (lines[0]["number"], lines[0]["wave"]) == (numbers[-1], WAVE)
    surges = working.call("operator", "GET", "/hot").json()["surges"]
    (wave,) = [one["wave"] for one in surges if (one["open"] or {}).get("id") == case.id]
    assert (wave["requests"], wave["persons"], wave["urgent"], wave["flagged"]) == (WAVE, WAVE, True, False)
    shown = working.call("operator", "GET", f"/requests/{lines[0]['request']}").json()["dangers"]
    working.done("operator", f"/requests/{lines[0]['request']}/heed", {"dangers": shown})
    assert len(first(working)) == waiting
    again = receive(needs, operator, working.key(), Said(text="配电房又着火了，停电，快来", grid=grid), working.now)
    working.house.run()
    assert isinstance(again, Taken)
    line = newest(working)["dangers"][0]
    assert (line["number"], line["wave"]) == (again.number, 1)


def test_a_danger_that_joins_a_wave_after_it_was_shown_still_waits_to_be_looked_at(working: Working) -> None:
    needs, operator = intake_needs_of(working.house), Actor("op", "operator", "hotline", unit_kind="desk")

    def heard(text: str) -> str:
        said = Said(text=text, phone=PUBLIC["phone"], grid=working.real["grid"][0], channel="phone")
        taken = receive(needs, operator, working.key(), said, working.now)
        assert isinstance(taken, Taken)
        case_of(working, taken.number)
        return taken.request

    seen = [heard(f"变压器起火，停电了，{said}") for said in ("在东门", "在西门")]
    shown = working.call("operator", "GET", f"/requests/{seen[1]}").json()["dangers"]
    assert set(seen) <= set(shown)
    late = heard("变压器起火，停电了，在北门")
    keyed = {"Idempotency-Key": working.key()}
    for _ in "12":
        path, body = f"/requests/{seen[1]}/heed", {"dangers": shown}
        assert working.call("operator", "POST", path, json=body, headers=keyed).status_code == 200
    assert late in first(working)
    states = [working.house.reader.state(f"request:{one}") for one in (*seen, late)]
    assert [one.heeded for one in states] == [True, True, False]
    visitor = Visitor(working.client, "operator-1")
    page = visitor.get(f"/requests/{late}").text
    (on_page,) = re.findall(r'name="dangers" value="([^"]*)"', page)
    assert on_page.split() == [late]
    latest = heard("变压器起火，停电了，在南门")
    assert visitor.decide(late, "heed", dangers=on_page).status_code == 303
    assert [working.house.reader.state(f"request:{one}").heeded for one in (late, latest)] == [True, False]
    working.client.cookies.clear()
    unknown = working.call("operator", "POST", path, json={"dangers": ["no-such"]})
    assert (unknown.status_code, unknown.json()["code"]) == (409, "unknown_request")


def test_a_question_about_a_danger_is_not_ended_by_telling_what_to_do(working: Working) -> None:
    number = filed(working, text="请问家里漏电怎么办")["number"]
    request_id = request_of(working, number)
    state = working.house.reader.state(f"request:{request_id}")
    assert (set(state.flags), state.candidates) == ({"danger", "question"}, ())
    needs, operator = intake_needs_of(working.house), Actor("op", "operator", "hotline", unit_kind="desk")
    refused = answer_on_the_spot(needs, operator, working.key(), state, "请联系物业检查线路", "informed", working.now)
    assert isinstance(refused, Refused)
    assert refused.reason == "no_question"
    assert request_id in first(working)


def test_more_dangers_than_a_page_are_all_reached(working: Working, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        filed(working, text=FAINTED)
    every = first(working)
    paged = partial(desk_alarms, limit=2)
    monkeypatch.setattr("sanban.intake.desk.waiting.desk_alarms", paged)
    seen, page = [], newest(working)
    while page["next_danger"]:
        seen += [line["request"] for line in page["dangers"]]
        page = newest(working, f"?danger={page['next_danger']}")
    assert [*seen, *(line["request"] for line in page["dangers"])] == every
    assert len(seen) >= 2


def test_a_danger_without_a_case_stands_first_until_it_has_one(working: Working) -> None:
    number = filed(working, text=FAINTED)["number"]
    working.house.run()
    request_id = request_of(working, number)
    working.done("operator", f"/requests/{request_id}/heed", {})
    assert request_id in first(working)
    working.opened(request_id)
    assert request_id not in first(working)


@pytest.mark.parametrize(("path", "more"), [("/file", {}), ("/firm", FIRM)])
@pytest.mark.parametrize("text", [GAS, FAINTED])
def test_the_requester_of_a_danger_is_told_whom_to_ring_before_and_after_sending(
    working: Working, text: str, path: str, more: dict[str, str]
) -> None:
    page = working.client.get(path).text
    hidden = {
        name: re.search(rf'name="{name}" value="([^"]+)"', page)[1]  # type: ignore[index]  # the form has it
        for name in ("_csrf_token", "command_id")
    }
    checked = working.client.post(path, data=hidden | more | {"text": text, "stage": "check"}).text
    sent = working.client.post(path, data=hidden | more | {"text": text, "stage": "send"}).text
    for shown in (checked, sent):
        assert re.findall(r'href="tel:(\d+)"', shown) == ["119", "120", "110"]


@pytest.mark.parametrize(("said", "numbers"), [(GAS, ["119", "120", "110"]), (LAMP, [])])
def test_a_program_that_files_is_told_whom_its_requester_rings(working: Working, said: str, numbers: list[str]) -> None:
    for path, body in (("public/requests", PUBLIC), ("public/firm-requests", FIRM)):
        answer = working.client.post(f"/api/v1/{path}", json=body | {"text": said}).json()
        assert [one["number"] for one in answer["emergency"]] == numbers


def test_whoever_is_in_no_danger_is_not_alarmed(working: Working) -> None:
    assert filed(working, text=LAMP)["emergency"] == []
    page = working.client.get("/file").text
    assert "tel:119" not in page


@given(st.sets(st.sampled_from(sorted(FLAGS))))
def test_only_a_danger_answers_a_field_and_always_with_a_value_the_field_takes(flags: set[str]) -> None:
    for matter in MATTERS:
        told = fields_told(flags, matter)
        assert "danger" in flags or told == {}
        for name, value in told.items():
            field = matter.form[name]
            assert value is True if field.kind == "yes_no" else value in field.choices
