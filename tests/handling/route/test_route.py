"""A grid worker's route and what is done at its stops: told in order, taken once, at its own time, by whoever may."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from intake.small_desk import Visitor
from sanban.ledger.port import Stored
from working_house import LAMP, PHOTO, Working

HOUR, DAY = 3_600_000_000, 86_400_000_000
STREET, TEAM = "street-01", "grids-01a"
SAID = "门禁坏了。"


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    made = Working(tmp_path_factory.mktemp("route") / "home", mode="demo")
    yield made
    made.close()


def passed_down(working: Working, text: str = SAID, matter: str = "property-management", grid: str = "01-001") -> str:
    """A case that lies with the grid team, unsigned."""
    working.real["grid"] = [grid]
    case = working.opened(working.filed(text=text), matter)
    working.step("dispatcher", case, "dispatch")
    working.step("street", case, "pass_down", task="t1", station=TEAM)
    return case


def route(working: Working, who: str = "grid_worker", **query: Any) -> dict[str, Any]:
    answer = working.call(who, "GET", "/shift/route", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def sent(working: Working, case: str, step: str, key: str, who: str = "grid_worker", **body: Any) -> Any:
    headers = {"Idempotency-Key": key}
    return working.call(who, "POST", f"/shift/cases/{case}/steps/{step}", json=body, headers=headers)


def events(working: Working, case: str) -> list[Stored]:
    return working.house.reader.events(f"case:{case}")


def test_tasks_and_checks_of_the_own_grids_are_stops_and_a_danger_is_the_first(working: Working) -> None:
    near, danger = passed_down(working), passed_down(working, "围墙随时会倒。" + SAID, grid="01-007")
    stops = route(working, "grid_leader", at="01-001")["stops"]
    assert (stops[0]["id"], stops[0]["danger"]) == (danger, True)
    assert near in [one["id"] for one in stops]
    assert {one["geo"].partition(":")[0] for one in stops} == {"geo"}
    checks = [one["id"] for one in stops if one["kind"] == "check"]
    assert working.real["finding_id"][0] in checks
    assert not [one for one in route(working)["stops"] if one["kind"] == "check"], "nobody judges their own work"


def test_a_route_is_told_in_a_bounded_number_of_statements(working: Working, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    query = type(working.house.reader).query

    def counted(reader: Any, sql: str, parameters: Any = {}) -> Any:  # noqa: B006 -- as in the port
        asked.append(sql)
        return query(reader, sql, parameters)

    passed_down(working)
    monkeypatch.setattr(type(working.house.reader), "query", counted)
    route(working)
    few = len(asked)
    passed_down(working)
    passed_down(working)
    asked.clear()
    route(working)
    assert len(asked) <= few <= 10


def test_what_is_done_is_signed_for_first_counts_from_when_it_was_done_and_is_taken_once(working: Working) -> None:
    case, key, done_at = passed_down(working), working.key(), working.now - HOUR
    photos = [{"name": "1.jpg", "content": PHOTO}]
    body = {"note": "门禁已修好", "done_at": done_at, "photos": photos}
    first, again = (sent(working, case, "finish", key, **body) for _ in range(2))
    assert (first.status_code, first.json()["repeated"]) == (200, False)
    assert (again.status_code, again.json()["repeated"]) == (200, True), "the case has left, and the answer is the same"
    told = [(one.type, one.occurred_at, one.recorded_at) for one in events(working, case)[-2:]]
    assert told == [("task.accepted", done_at, working.now), ("task.finished", done_at, working.now)]
    files = working.house.reader.state(f"attachment:case.{case}")
    assert [one.media for one in files.shown] == ["image.jpeg"]
    assert working.house.reader.state(f"case:{case}").lead == STREET, "the street stays answerable"


def test_a_station_says_that_it_spoke_with_the_requester_and_sees_no_more_of_them(working: Working) -> None:
    case, key, spoken_at = passed_down(working), working.key(), working.now - HOUR
    state = working.house.reader.state(f"case:{case}")
    (request,) = state.requests
    worker = Visitor(working.client, "grid-worker-grids-01a")
    page = worker.get(f"/shift/cases/{case}").text
    assert f'action="/shift/cases/{case}/steps/contact"' in page
    assert not any(word in page for word in (LAMP["name"], LAMP["phone"]))
    working.client.cookies.clear()
    args = {"request": request.id}
    answers = [sent(working, case, "contact", key, args=args, note="上门谈过", done_at=spoken_at) for _ in "12"]
    assert [(one.status_code, one.json()["repeated"]) for one in answers] == [(200, False), (200, True)]
    last = events(working, case)[-1]
    assert (last.type, last.occurred_at, last.actor) == ("requester.contacted", spoken_at, "grid-worker-of-grids-01a")
    after = working.house.reader.state(f"case:{case}")
    assert (after.lead, after.requests[0].contacted_at is not None) == (STREET, True)
    assert [(one.unit, one.running) for one in after.clocks if one.limit == "first_contact"] == [(STREET, False)]


def test_what_is_too_old_or_of_a_clock_that_runs_ahead_counts_from_when_it_came(working: Working) -> None:
    for done_at in (working.now - 4 * DAY, working.now + HOUR):
        case = passed_down(working)
        assert sent(working, case, "note", working.key(), note="现场无人", done_at=done_at).status_code == 200
        last = events(working, case)[-1]
        assert (last.type, last.occurred_at) == ("case.noted", last.recorded_at)


def test_what_is_sent_again_is_taken_once_whatever_time_has_passed(working: Working) -> None:
    for told in ({}, {"done_at": working.now - 3 * DAY}, {"done_at": working.now + HOUR}):
        case, key = passed_down(working), working.key()
        answers = []
        for _ in "12":
            answers.append(sent(working, case, "note", key, note="现场无人", **told))
            working.now += 2 * HOUR
        assert [(one.status_code, one.json().get("repeated")) for one in answers] == [(200, False), (200, True)]


def test_a_form_of_a_stop_that_is_sent_twice_answers_twice_though_the_case_has_left(working: Working) -> None:
    case, worker = passed_down(working), Visitor(working.client, "grid-worker-grids-01a")
    path = f"/shift/cases/{case}"
    form = worker.hidden(path) | {"note": "门禁已修好"}
    answers = [working.client.post(f"{path}/steps/finish", data=form, follow_redirects=False) for _ in "12"]
    assert [one.status_code for one in answers] == [303, 303]
    another = form | {"command_id": working.key()}
    assert working.client.post(f"{path}/steps/finish", data=another).status_code == 404
    working.client.cookies.clear()


def test_what_was_taken_away_in_the_meantime_is_not_there_and_nothing_of_it_is_taken(working: Working) -> None:
    case = passed_down(working)
    working.step("street", case, "pass_down", task="t1", station="grids-01b")
    before = len(events(working, case))
    answer = sent(working, case, "finish", working.key(), note="修好了", photos=[{"name": "1.jpg", "content": PHOTO}])
    assert answer.status_code == 404
    no_photo = [{"name": "1.jpg", "content": "bm9uZQ=="}]
    assert sent(working, case, "finish", working.key(), photos=no_photo).status_code == 404, "as for no case at all"
    assert len(events(working, case)) == before
    assert working.house.reader.state(f"attachment:case.{case}") is None


def test_a_photo_that_is_none_leaves_nothing_done_and_nothing_signed_for(working: Working) -> None:
    case = passed_down(working)
    before = len(events(working, case))
    answer = sent(working, case, "finish", working.key(), photos=[{"name": "1.jpg", "content": "bm9uZQ=="}])
    assert (answer.status_code, len(events(working, case))) == (409, before)


def test_a_stop_takes_what_is_done_there_and_no_other_step(working: Working) -> None:
    case = passed_down(working)
    before = len(events(working, case))
    answer = sent(working, case, "return_order", working.key(), args={"ground": "not_our_duty"}, note="不属本组")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_on_site")
    assert len(events(working, case)) == before
    working.step("street", case, "pass_down", task="t1", station="grids-01b")
    assert sent(working, case, "return_order", working.key()).status_code == 404


def test_the_route_is_for_those_who_walk_it(working: Working) -> None:
    case = passed_down(working)
    assert working.call("operator", "GET", "/shift/route").status_code == 403
    assert sent(working, case, "note", working.key(), "street", note="补充").status_code == 403


def test_a_stop_shows_what_may_stand_of_what_was_said_and_no_requester(working: Working) -> None:
    case = passed_down(working)
    shown = working.call("grid_worker", "GET", f"/cases/{case}").json()["case"]
    assert [one["text"] for one in shown["tasks"]] == ["门禁坏了"]
    assert shown["requests"] == []


def test_the_unit_that_leads_writes_the_task_out_for_its_station(working: Working) -> None:
    case = passed_down(working, "王阿姨说三号楼有动静。")
    assert working.call("grid_worker", "GET", f"/cases/{case}").json()["case"]["tasks"][0]["text"] == ""
    working.step("street", case, "reword", note="楼道灯不亮，请查看线路", task="t1")
    assert (
        working.call("grid_worker", "GET", f"/cases/{case}").json()["case"]["tasks"][0]["text"]
        == "楼道灯不亮，请查看线路"
    )
