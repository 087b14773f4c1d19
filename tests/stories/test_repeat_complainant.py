"""Repeat complainants (CC3), as the desk lives it: through the pages and the API, on a real ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from litestar.testing import TestClient

from handling.small_district import DAY, HOUR, SUBJECT, actor
from intake.small_desk import AGENT, PRIVATE, Desk, Visitor, text_of
from sanban.kernel.case.state import Case
from sanban.ledger.port import Part, Submission

OTHER = {"phone": "13900005678", "name": "司马测试", "text": "小区门口工地夜间施工，噪音吵得睡不着。"}
KEYS = UUID(int=7)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


@pytest.fixture
def enter(desk: Desk) -> Iterator[Callable[[str], Visitor]]:
    with ExitStack() as stack:
        yield lambda name: Visitor(stack.enter_context(TestClient(desk.app(), raise_server_exceptions=False)), name)


def call(visitor: Visitor, path: str, key: int = 0, **body: Any) -> Any:
    """One call of the API, with the account's session; `key` makes it idempotent."""
    headers = {"X-Sanban-Request": "1"}
    if key:
        headers["Idempotency-Key"] = str(uuid5(KEYS, str(key)))
    return visitor.client.post(f"/api/v1{path}", json=body, headers=headers)


def case_of(desk: Desk, request: str) -> Case:
    found = desk.reader.state(f"case:{desk.request(request).case}")
    assert isinstance(found, Case)
    return found


def opened(desk: Desk, operator: Visitor, **said: Any) -> tuple[str, Case]:
    """A request with a case of its own."""
    request = desk.file(**said)
    assert operator.decide(request, "case", matter="noise", grid="g1").status_code == 303
    return request, case_of(desk, request)


def take(desk: Desk, who: str, case: str, step: str, **args: Any) -> None:
    answer = desk.ledger.submit(Submission(desk.command_id(), actor(who), (Part(f"case:{case}", step, args),)))
    assert answer.refused is None, (step, answer.refused)


def dispatched(desk: Desk, case: str) -> None:
    desk.now += HOUR
    take(desk, "disp", case, "dispatch")


def closed(desk: Desk, case: str) -> None:
    """Worked by the street, verified, called back and closed."""
    dispatched(desk, case)
    take(desk, "h1", case, "accept")
    desk.now += DAY
    take(desk, "h1", case, "finish")
    take(desk, "ver", case, "verify")
    found = desk.reader.state(f"case:{case}")
    for request in found.requests:
        take(desk, "op", case, "call_back", request=request.id, reached=True, resolved="yes", satisfied=4)
    take(desk, "op", case, "close", ending="resolved")


def test_the_same_person_about_the_same_matter_while_open_is_request_number_two(desk, enter) -> None:
    operator = enter("op")
    _, case = opened(desk, operator)
    dispatched(desk, case.id)
    clocks = [clock.id for clock in case_of_id(desk, case.id).clocks if clock.unit == "st1"]
    desk.now += DAY
    operator = enter("op")
    again = desk.file(grid="g1")
    page = operator.get(f"/requests/{again}?lang=en")
    shown = text_of(page)
    assert case.number in shown
    assert "the same person asked before" in shown
    answer = operator.decide(again, "join", case=case.id, way="attach")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{case.id}")
    after = case_of(desk, again)
    joined = after.requests[1]
    received = desk.request(again).received
    assert (joined.id, joined.repeat, joined.requester) == (again, 2, received.requester)
    assert (joined.received_at, joined.channel) == (received.received_at, received.channel)
    assert [clock.id for clock in after.clocks if clock.unit == "st1" and clock.subject != again] == clocks
    assert after.priority > case.priority
    assert again not in operator.get("/requests").text
    assert desk.request(again).state == "linked"


def case_of_id(desk: Desk, case: str) -> Case:
    found = desk.reader.state(f"case:{case}")
    assert isinstance(found, Case)
    return found


def test_another_person_joins_with_an_age_of_their_own_and_starts_no_unit_clock(desk, enter) -> None:
    operator = enter("op")
    _, case = opened(desk, operator)
    dispatched(desk, case.id)
    before = case_of_id(desk, case.id)
    desk.now += 2 * DAY
    operator = enter("op")
    other = desk.file(**OTHER, grid="g1")
    answer = call(operator, f"/requests/{other}/attach", case=case.number)
    assert answer.status_code == 200, answer.text
    assert answer.json() | {"position": 0} == {
        "request": other, "case": case.id, "number": case.number, "position": 0, "repeated": False,
    }  # fmt: skip
    after = case_of_id(desk, case.id)
    tasks = {task.id for task in after.tasks}
    assert [one for one in after.clocks if one.subject in tasks] == [
        one for one in before.clocks if one.subject in tasks
    ]
    own = [clock for clock in after.clocks if clock.subject == other]
    assert own
    assert all(clock.started_at == desk.request(other).received.received_at for clock in own)
    assert [one.repeat for one in after.requests] == [1, 1]
    assert after.requests[1].promised_at != after.requests[0].promised_at


def test_attaching_twice_with_one_key_acts_once_and_answers_the_same(desk, enter) -> None:
    operator = enter("op")
    _, case = opened(desk, operator)
    other = desk.file(**OTHER)
    first, second = (call(operator, f"/requests/{other}/attach", key=1, case=case.number).json() for _ in range(2))
    assert (first["repeated"], second["repeated"]) == (False, True)
    assert first["position"] == second["position"]
    assert len(case_of_id(desk, case.id).requests) == 2
    third = call(operator, f"/requests/{other}/attach", case=case.number)
    assert (third.status_code, third.json()["code"]) == (409, "already_attached")


def test_within_the_window_the_case_is_reopened_and_counts_against_the_unit_that_closed_it(desk, enter) -> None:
    operator = enter("op")
    _, case = opened(desk, operator)
    closed(desk, case.id)
    desk.now += 10 * DAY
    operator = enter("op")
    again = desk.file(grid="g1")
    shown = text_of(operator.get(f"/requests/{again}?lang=en"))
    assert "can be reopened until" in shown, shown
    refused = call(operator, f"/requests/{again}/attach", case=case.number)
    assert refused.json()["code"] == "wrong_state"
    assert desk.request(again).case == ""
    answer = operator.decide(again, "join", case=case.id, way="reopen")
    assert answer.status_code == 303
    after = case_of(desk, again)
    assert (after.id, after.state, after.reopened, after.lead) == (case.id, "dispatched", 1, "st1")
    assert [one.id for one in after.requests][-1] == again
    assert '"repeat_against":"st1"' in desk.payloads()
    page = operator.get(f"/cases/{case.id}?lang=en")
    assert "counted against Heping street" in page.text


def test_after_the_window_a_new_case_says_what_it_recurs_from(desk, enter) -> None:
    operator = enter("op")
    _, case = opened(desk, operator)
    closed(desk, case.id)
    desk.now += 40 * DAY
    operator = enter("op")
    again = desk.file(grid="g1")
    page = operator.get(f"/requests/{again}?lang=en")
    assert "Open a new case that recurs from it" in page.text
    refused = call(operator, f"/requests/{again}/reopen", case=case.number)
    assert refused.json()["code"] == "window_over"
    answer = operator.decide(again, "case", matter="noise", grid="g1", recurs=case.number)
    assert answer.status_code == 303
    recurring = case_of(desk, again)
    assert (recurring.id != case.id, recurring.recurs, recurring.reopened) == (True, case.number, 0)
    assert f"/cases?number={case.number}" in operator.get(f"/cases/{recurring.id}").text


@pytest.mark.parametrize("days", [0, 10])
def test_a_case_that_is_not_over_is_not_recurred_from(desk, enter, days: int) -> None:
    operator = enter("op")
    _, case = opened(desk, operator)
    if days:
        closed(desk, case.id)
        desk.now += days * DAY
    operator = enter("op")
    again = desk.file(grid="g1")
    page = operator.decide(again, "case", matter="noise", grid="g1", recurs=case.number)
    assert page.status_code == 422
    assert "attach the request or reopen it" in text_of(page)
    answer = call(operator, f"/requests/{again}/open", matter="noise", recurs=case.number)
    assert answer.json()["code"] == "not_over"
    assert desk.request(again).case == ""


def test_a_wrong_merge_is_undone_with_everything_intact(desk, enter) -> None:
    operator = enter("op")
    first, case = opened(desk, operator)
    other = desk.file(**OTHER)
    before = desk.request(other)
    assert operator.decide(other, "join", case=case.id, way="attach").status_code == 303
    promised = case_of(desk, other).requests[1].promised_at
    take(desk, "disp", case.id, "lengthen_promise", request=other, promised_at=promised + DAY, note="v:" + "0" * 32)
    page = operator.get(f"/requests/{other}?lang=en")
    assert "Split it off again" in page.text
    answer = operator.post(f"/requests/{other}", f"/requests/{other}/split", case=case.id)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/requests/{other}")
    after = desk.request(other)
    assert (after.case, after.owner, after.received) == ("", "desk", before.received)
    assert after.promised_at == promised + DAY
    assert [one.id for one in case_of_id(desk, case.id).requests] == [first]
    assert other in operator.get("/requests").text
    again = operator.post(f"/requests/{other}", f"/requests/{other}/split", case=case.id)
    assert again.status_code == 303
    assert operator.decide(other, "case", matter="noise", grid="g2").status_code == 303
    assert case_of(desk, other).requests[0].promised_at == promised + DAY


def test_the_only_request_of_a_case_stays_and_the_page_says_why(desk, enter) -> None:
    operator = enter("op")
    request, case = opened(desk, operator)
    page = operator.post(f"/requests/{request}", f"/requests/{request}/split", case=case.id)
    assert page.status_code == 422
    assert "cannot be split off" in text_of(page)
    assert desk.request(request).case == case.id
    assert call(operator, f"/requests/{request}/split").json()["code"] == "last_request"


@pytest.mark.parametrize("name", ["h1", "cop", "pm", "ver", "coord"])
def test_only_the_desk_merges_and_splits(desk, enter, name: str) -> None:
    operator = enter("op")
    request, case = opened(desk, operator)
    other = desk.file(**OTHER)
    visitor = enter(name)
    for step, body in (("attach", {"case": case.number}), ("split", {}), ("open", {"matter": "noise"})):
        answer = call(visitor, f"/requests/{other}/{step}", **body)
        assert answer.status_code in (403, 404), (step, answer.text)
    raw = call(visitor, f"/cases/{case.id}/steps/attach", args={"request": other})
    assert raw.status_code in (403, 404) or raw.json()["code"] == "not_permitted"
    assert [one.id for one in case_of_id(desk, case.id).requests] == [request]
    assert desk.request(other).case == ""


def test_raw_steps_take_the_requests_id_alone_and_move_both_streams(desk, enter) -> None:
    operator = enter("op")
    _, case = opened(desk, operator)
    other = desk.file(**OTHER)
    step = f"/cases/{case.id}/steps"
    told = {"request": other, "requester": "person:forged", "channel": "phone", "received_at": desk.now - 9 * DAY}
    for args, reason in (
        (told, "bad_arguments"),
        ({"request": other, "promised_at": 1}, "bad_arguments"),
        ({"request": "no-such-request"}, "unknown_request"),
    ):
        refused = call(operator, f"{step}/attach", args=args)
        assert (refused.status_code >= 400, refused.json()["code"]) == (True, reason)
    assert call(operator, f"{step}/attach", args={"request": other}).status_code == 200
    assert desk.request(other).case == case.id
    assert case_of_id(desk, case.id).requests[1].requester == desk.request(other).received.requester
    assert call(operator, f"{step}/split", args={"request": other}).status_code == 200
    assert (desk.request(other).case, desk.request(other).owner) == ("", "desk")
    closed(desk, case.id)
    operator = enter("op")
    assert call(operator, f"{step}/reopen", args={"request": other}).status_code == 200
    assert desk.request(other).case == case.id


def test_closing_the_case_closes_all_its_requests(desk, enter) -> None:
    operator = enter("op")
    first, case = opened(desk, operator)
    other = desk.file(**OTHER)
    operator.decide(other, "join", case=case.id, way="attach")
    closed(desk, case.id)
    desk.follow()
    assert [desk.request(one).state for one in (first, other)] == ["closed", "closed"]


def test_a_request_leaves_no_trace_for_the_party_complained_about(desk, enter) -> None:
    operator = enter("op")
    request = desk.file(text="投诉民宿扰民")
    fields = {
        "matter": "short-let",
        "grid": "g1",
        "stage": "details",
        "f-premises": "和平路12弄3号",
        "f-operator": "firm",
    }
    assert operator.decide(request, "case", **fields).status_code == 303
    case = case_of(desk, request)
    agent = enter(AGENT.id)
    assert agent.get(f"/requests/{request}").status_code == 200
    link = {"kind": "agent_of", "source": AGENT.id, "target": "firm", "first_day": "2026-05-01"}
    assert operator.post("/links", "/links", **link).status_code == 303
    fresh = desk.file(**OTHER, grid="g1")
    assert agent.get(f"/requests/{request}").status_code == 404
    assert agent.client.get(f"/api/v1/requests/{request}").status_code == 404
    assert agent.post("/requests/new", f"/requests/{request}/split", case=case.id).status_code == 404
    looked = agent.get(f"/requests/{fresh}?near_matter=short-let&near_street=st1")
    assert case.number not in looked.text
    by_number = text_of(agent.get(f"/requests/{fresh}?near_number={case.number}&lang=en"))
    assert "There is no case of this number." in by_number
    assert case.number not in by_number
    missing = call(agent, f"/requests/{fresh}/attach", case=case.number)
    nothing = call(agent, f"/requests/{fresh}/attach", case="2026-999999")
    assert missing.json()["code"] == nothing.json()["code"] == "unknown_case"
    assert desk.request(fresh).case == ""
    assert operator.get(f"/requests/{request}").status_code == 200


def test_who_is_complained_about_does_not_join_the_case_against_them(desk, enter) -> None:
    operator = enter("op")
    request = desk.file(text="投诉民宿扰民")
    fields = {
        "matter": "short-let",
        "grid": "g1",
        "stage": "details",
        "f-premises": "和平路12弄3号",
        "f-operator": "firm",
    }
    operator.decide(request, "case", **fields)
    case = case_of(desk, request)
    theirs = desk.file(**OTHER)
    landlord = desk.request(theirs).received.requester
    link = {"kind": "agent_of", "source": landlord, "target": "firm", "first_day": "2026-05-01"}
    assert operator.post("/links", "/links", **link).status_code == 303
    page = operator.decide(theirs, "join", case=case.id, way="attach")
    assert page.status_code == 422
    assert desk.request(theirs).case == ""
    assert call(operator, f"/requests/{theirs}/attach", case=case.number).json()["code"] == "requester_is_subject"


def test_cases_are_found_by_number_matter_and_street_with_enough_said_to_decide(desk, enter) -> None:
    operator = enter("op")
    _, case = opened(desk, operator)
    desk.now += 3 * DAY
    operator = enter("op")
    other = desk.file(**OTHER, grid="g2")
    assert case.number not in operator.get(f"/requests/{other}").text
    for query in (f"near_number={case.number}", "near_matter=noise&near_street=st1"):
        shown = text_of(operator.get(f"/requests/{other}?lang=en&{query}"))
        assert all(word in shown for word in (case.number, "g1", "3 days ago", "Attach to this case")), shown
    (found,) = operator.client.get(f"/api/v1/requests/{other}/cases?street=st1").json()["items"]
    assert (found["number"], found["way"], found["grid"], found["requests"]) == (case.number, "attach", "g1", 1)
    assert found["same_person"] is False
    assert not any(word in str(found) for word in PRIVATE.values())


def test_a_new_case_is_opened_by_api_with_its_form(desk, enter) -> None:
    operator = enter("op")
    request = desk.file(text="投诉民宿扰民")
    missing = call(operator, f"/requests/{request}/open", matter="short-let", grid="g1")
    assert missing.json()["code"] == "missing_field"
    fields = {"premises": "和平路12弄3号502室", "fire_risk": True}
    answer = call(operator, f"/requests/{request}/open", key=3, matter="short-let", grid="g1", fields=fields)
    assert answer.status_code == 200, answer.text
    case = case_of(desk, request)
    assert (answer.json()["case"], answer.json()["number"]) == (case.id, case.number)
    assert case.fields["fire_risk"] is True
    assert "502室" not in desk.payloads()
    assert call(operator, f"/requests/{request}/open", matter="nothing").json()["code"] == "unknown_matter"
    assert SUBJECT not in case.subjects
