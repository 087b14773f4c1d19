"""Many at once (corner case 4): one case of an outage, a flag for few who repeat themselves, and nobody refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from handling.small_district import SUBJECT, actor
from intake.alike_desk import AlikeDesk
from intake.small_desk import HOUR, text_of
from intake.test_alike_at_the_desk import cases_of
from sanban.intake.desk.hot import events, surges
from sanban.intake.triage.flood import Voice, lately, rule_of

MINUTE = HOUR // 60
MANY, PEOPLE = 500, 400
"""So many requests in an hour, from so many numbers, as corner case 4 has it."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[AlikeDesk]:
    opened = AlikeDesk(tmp_path)
    yield opened
    opened.close()


def outage(desk: AlikeDesk, count: int, people: int, texts: int = 1, **more: Any) -> list[str]:
    """So many requests about one outage within the hour."""
    found = []
    for number in range(count):
        text = (
            f"我们小区停水了{'，' * (number % texts)}" if texts == 1 else f"{'甲乙丙丁戊己庚辛'[number % texts]}楼停水"
        )
        said = {"title": "", "name": "", "address": "", "grid": "g1", **more}
        found.append(desk.file(text=text, phone=f"139173{40_100 + number % people}", **said))
        desk.now += HOUR // (count + 1)
    return found


def test_an_outage_from_many_people_is_one_urgent_proposal_and_one_action_makes_one_case(desk, enter) -> None:
    requests = outage(desk, MANY, PEOPLE, texts=8)
    operator = enter("op")
    shown = text_of(operator.get("/hot"))
    assert "Water failure" in shown
    assert "urgent" in shown
    assert "few repeat one text" not in shown
    (wave,) = surges(desk.needs, actor("op"), desk.now)
    assert (wave.wave.requests, wave.wave.persons, wave.cases, len(wave.waiting)) == (MANY, PEOPLE, 0, MANY)
    sent = operator.hidden("/hot") | {"matter": "water-outage", "place": "st1"}
    assert operator.client.post("/hot/gather", data=sent, follow_redirects=False).status_code == 303
    ((case, count),) = cases_of(desk)
    assert count == MANY
    assert {desk.request(one).case for one in requests} == {case}
    received = [one.received_at for one in desk.case(case).requests]
    assert len(set(received)) == MANY
    assert all(one.promised_at is not None for one in desk.case(case).requests)
    (wave,) = surges(desk.needs, actor("op"), desk.now)
    assert (wave.wave.requests, wave.cases, wave.waiting) == (MANY, 1, ())


def test_those_who_come_later_join_the_umbrella_that_is_there(desk, enter) -> None:
    outage(desk, 25, 25, texts=8)
    operator = enter("op")
    operator.post("/hot", "/hot/gather", matter="water-outage", place="st1")
    ((case, _),) = cases_of(desk)
    late = desk.file(text="还是停水", phone="13700000000", grid="g1", title="", name="", address="")
    page = operator.get("/hot").text
    assert f'name="case" value="{case}"' in page
    operator.post("/hot", "/hot/gather", matter="water-outage", place="st1", case=case)
    assert desk.request(late).case == case
    assert cases_of(desk) == [(case, 26)]


def test_three_numbers_with_one_text_are_one_case_flagged_for_a_person_and_nothing_is_closed(desk, enter) -> None:
    requests = outage(desk, MANY, 3)
    operator = enter("op")
    shown = text_of(operator.get("/hot"))
    assert "few repeat one text" in shown
    (wave,) = surges(desk.needs, actor("op"), desk.now)
    assert (wave.wave.flagged, wave.wave.urgent, wave.most) == (True, False, -(-MANY // 3))
    operator.post("/hot", "/hot/gather", matter="water-outage", place="st1")
    assert [count for _, count in cases_of(desk)] == [MANY]
    assert {desk.request(one).state for one in requests} == {"linked"}
    assert all(desk.request(one).closed_at == 0 for one in requests)


def test_a_flag_lowers_no_limit_of_the_problem(desk, enter) -> None:
    def limits(case_id: str) -> dict[str, int]:
        case = desk.case(case_id)
        first = case.requests[0].id
        return {one.limit: one.due_at - case.opened_at for one in case.clocks if one.subject in (first, "stage")}

    quiet = desk.file(text="停水", phone="13600000000", grid="g2", title="", name="", address="")
    flood = outage(desk, 30, 3)
    operator = enter("op")
    operator.post("/hot", "/hot/gather", matter="water-outage", place="st1")
    operator.decide(quiet, "case", matter="water-outage", grid="g2")
    flooded, alone = limits(desk.request(flood[0]).case), limits(desk.request(quiet).case)
    assert flooded.keys() == alone.keys()
    assert all(abs(flooded[name] - alone[name]) <= 2 * HOUR for name in alone)


def test_above_the_declared_threshold_like_requests_join_one_case_by_themselves(desk) -> None:
    desk.sure()
    outage(desk, 5, 5, texts=5)
    elsewhere = outage(desk, 1, 1, grid="g2")
    desk.follow()
    counted = dict(cases_of(desk))
    assert sorted(counted.values()) == [1, 5]
    assert counted[desk.request(elsewhere[0]).case] == 1
    again = outage(desk, 1, 1)
    desk.follow()
    assert counted[desk.request(again[0]).case] == 5
    desk.now += 2 * HOUR
    tomorrow = outage(desk, 1, 1)
    desk.follow()
    assert desk.request(tomorrow[0]).case not in counted


def test_everybody_of_the_case_is_closed_and_answered_with_it(desk, enter) -> None:
    requests = outage(desk, 21, 21, texts=8)
    enter("op").post("/hot", "/hot/gather", matter="water-outage", place="st1")
    ((case, _),) = cases_of(desk)
    desk.took("disp", case, "close_explained", ending="explained")
    desk.follow()
    assert {desk.request(one).state for one in requests} == {"closed"}


def test_a_wave_counts_nothing_that_the_viewer_may_not_see(desk, enter) -> None:
    everyday(desk)
    hidden = [desk.file(text="民宿夜间施工噪音", phone=f"135{n:08}", grid="g1", title="", name="") for n in range(21)]
    operator = enter("op")
    details = {"matter": "short-let", "stage": "details", "f-operator": SUBJECT, "f-premises": "x"}
    operator.decide(hidden[0], "case", **details)
    case = desk.request(hidden[0]).case
    for one in hidden[1:]:
        operator.decide(one, "join", case=case, way="attach")
    agent = desk.people["op-agent"]
    assert [one.cases for one in surges(desk.needs, actor("op"), desk.now)] == [1]
    assert surges(desk.needs, agent, desk.now) == ()
    desk.group()
    assert [one.count for one in events(desk.needs, actor("op"), desk.now)] == [21]
    assert events(desk.needs, agent, desk.now) == ()


EVERYDAY = (
    "阳台漏水到楼下", "小区门口垃圾没人收", "路灯不亮", "公交站牌看不清", "医院挂不上号", "学校食堂不干净",
    "社保卡怎么办", "违章停车太多",
    "电梯坏了", "狗没有拴绳", "树枝挡住窗户", "快递堆在楼道",
)  # fmt: skip
"""What people say otherwise: it teaches which words are common."""


def everyday(desk: AlikeDesk) -> None:
    for number, text in enumerate(EVERYDAY):
        desk.file(text=text, phone=f"133{number:08}", grid="g2", title="", name="", address="")


@pytest.mark.parametrize("who", ["h1", "team", "pm", "ver"])
def test_those_who_handle_see_no_waves_and_gather_nothing(desk, enter, who) -> None:
    visitor = enter(who)
    assert visitor.get("/hot").status_code == 403
    assert visitor.client.post("/hot/gather", data={"matter": "water-outage"}).status_code == 403


def test_programs_gather_too_and_get_the_same_answer_again(desk, enter) -> None:
    requests = outage(desk, 21, 21, texts=8)
    operator = enter("op")
    told = operator.get("/api/v1/hot").json()
    assert told["surges"][0]["waiting"] == requests
    assert "person:" not in str(told)
    headers = {"X-Sanban-Request": "1", "Idempotency-Key": "00000000-0000-4000-8000-00000000000a"}
    body = {"requests": requests, "matter": "water-outage"}
    answers = [operator.client.post("/api/v1/requests/gather", json=body, headers=headers).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert (answers[0]["joined"], answers[0]["left"]) == (21, 0)
    assert len(cases_of(desk)) == 1


def test_a_matter_that_wants_its_form_is_opened_by_hand_first(desk, enter) -> None:
    one = desk.file(text="夜间施工", phone="13100000000", grid="g1", title="", name="", address="")
    body = {"requests": [one], "matter": "short-let"}
    answer = enter("op").client.post("/api/v1/requests/gather", json=body, headers={"X-Sanban-Request": "1"})
    assert answer.status_code == 409 or answer.status_code == 422
    assert desk.request(one).case == ""


def test_a_wave_that_is_over_is_told_and_gathers_nothing(desk, enter) -> None:
    answer = enter("op").post("/hot", "/hot/gather", matter="water-outage", place="st1")
    assert answer.status_code == 422
    assert "this wave is over" in text_of(answer)


def spoken(desk: AlikeDesk) -> list[str]:
    """Three requests of one event, earliest first."""
    everyday(desk)
    said = ("和平路工地夜间施工太吵", "工地夜间施工吵得睡不着", "和平路工地夜里还在施工太吵")
    return [
        desk.file(text=text, phone=f"1340000000{n}", grid="g1", title="", name="", address="")
        for n, text in enumerate(said)
    ]


def test_the_request_whose_words_tell_of_an_event_is_looked_at(desk, enter) -> None:
    spoken(desk)
    desk.group()
    operator, leader = enter("op"), enter("lead")
    desk.looks.clear()
    (event,) = operator.get("/api/v1/hot").json()["events"]
    assert event["said"] in operator.get("/hot").text
    assert desk.request(event["requests"][0]["request"]).received.requester not in str(event)
    assert event["said"] not in leader.get("/hot").text
    newest = f"request:{events(desk.needs, actor('op'), desk.now)[0].requests[0].request}"
    assert [(one.way, one.about) for one in desk.looks] == [("api", newest), ("page", newest), ("page", "")]


def test_events_of_the_last_days_open_their_requests_and_leave_after_a_week(desk, enter) -> None:
    requests, operator = spoken(desk), enter("op")
    first = text_of(operator.get("/hot"))
    assert "Being computed for the first time: 0 % are grouped." in first
    assert operator.get("/api/v1/hot").json()["grouping"] == {"at": 0, "percent": 0}
    desk.group()
    page = operator.get("/hot").text
    assert "Grouped as of" in page
    assert all(f"/requests/{one}" in page for one in requests)
    (event,) = events(desk.needs, actor("op"), desk.now)
    assert (event.count, event.persons, event.waiting, event.cases) == (3, 3, 3, 0)
    desk.now += 8 * 24 * HOUR
    desk.group()
    assert events(desk.needs, actor("op"), desk.now) == ()


def test_a_wave_lasts_from_its_first_full_window_to_its_last() -> None:
    rule = rule_of({"flood_requests": 3, "flood_minutes": 10})
    told = [Voice(minute * MINUTE, "m", "p", f"person:{minute}", minute) for minute in (0, 20, 22, 24, 40, 60, 61, 62)]
    (wave,) = lately(told, HOUR * 3, lambda _matter: rule)
    assert (wave.since, wave.until, wave.requests) == (20 * MINUTE, 62 * MINUTE, 7)
    assert lately(told[:3], HOUR * 3, lambda _matter: rule) == ()
