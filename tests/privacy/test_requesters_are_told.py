"""What a requester reads of it all on the follow page, and units that stand aside when a link becomes known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from attachments.test_files_of_requests_and_cases import sign_in
from notices.telling_house import DAY, HOUR, PHONE, Telling, handler
from sanban.adapters.carriers import MemoryRelay
from sanban.handling.views.case import case_page
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission
from sanban.main.binding import needs_of
from sanban.main.serving import application

SUBJECT = "firm-short-let"
WORKER = handler("street-01")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telling]:
    made = Telling(tmp_path_factory.mktemp("told") / "home", mode="demo")
    yield made
    made.house.close()


@pytest.fixture(scope="module")
def client(place: Telling) -> Iterator[TestClient[Any]]:
    with TestClient(application(place.house)) as made:
        yield made


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def follow(client: TestClient[Any], receipt: str, act: str = "", **words: str) -> str:
    client.cookies.clear()
    page = client.get("/follow?lang=en").text
    hidden = dict(re.findall(r'name="(_csrf_token|command_id)" value="([^"]+)"', page))
    form = {**hidden, "receipt": receipt, "tail": PHONE[-4:], **words}
    answer = client.post(f"/follow{act and '/' + act}", data=form)
    assert answer.status_code == 200
    return text_of(answer)


def case_form(client: TestClient[Any], case_id: str, step: str, **typed: str) -> Any:
    page = client.get(f"/cases/{case_id}").text
    hidden = dict(re.findall(r'name="(_csrf_token|command_id)" value="([^"]+)"', page))
    return client.post(f"/cases/{case_id}/steps/{step}", data={**hidden, **typed}, follow_redirects=False)


def test_handler_and_requester_write_to_each_other_and_neither_sees_a_number(
    client: TestClient[Any], place: Telling
) -> None:
    taken = place.receive()
    case_id = place.dispatched(taken.request)
    place.step(case_id, "accept", WORKER)
    sign_in(client, "handler-street-01")
    assert case_form(client, case_id, "message", note="明天上午九点可以上门吗？").status_code == 303
    place.go_on(HOUR)
    told = [text for text in place.texts() if "留言" in text]
    assert len(told) == 1
    assert "九点" not in told[0]
    shown = follow(client, taken.receipt)
    assert "writes to you: 明天上午九点可以上门吗？" in shown
    follow(client, taken.receipt, "add", words="可以，九点在家。")
    sign_in(client, "handler-street-01")
    assert "可以，九点在家。" in client.get(f"/cases/{case_id}").text
    assert "13911110001" not in shown


def test_a_call_goes_through_a_number_that_is_neither_sides(client: TestClient[Any], place: Telling) -> None:
    taken = place.receive(text="挂号难，医院窗口无人", phone="13800006666")
    case_id = place.opened(taken.request, "medical-service", request_kind="complaint")
    place.step(case_id, "dispatch", unit="street-01")
    place.step(case_id, "accept", WORKER)
    sign_in(client, "handler-street-01")
    assert case_form(client, case_id, "relay").status_code == 303
    page = client.get(f"/cases/{case_id}?lang=en")
    found = re.search(r"<strong>(95013\d+)</strong>", page.text)
    assert found is not None
    assert "13800006666" not in page.text
    twin = place.house.relay
    assert isinstance(twin, MemoryRelay)
    assert twin.call("13911110001", found[1])
    assert twin.calls == [("13911110001", "13800006666")]
    sign_in(client, "verifier-1")
    assert found[1] not in client.get(f"/cases/{case_id}").text
    sign_in(client, "handler-fire-brigade")
    key = {"X-Sanban-Request": "1"}
    body = {"args": {"request": taken.request}}
    assert client.post(f"/api/v1/cases/{case_id}/steps/relay", json=body, headers=key).status_code == 404
    assert len(twin.leads) == 1
    place.go_on(2 * HOUR)
    sign_in(client, "handler-street-01")
    assert found[1] not in client.get(f"/cases/{case_id}").text


def test_who_was_shown_a_number_and_why_stands_on_the_requesters_own_page(
    client: TestClient[Any], place: Telling
) -> None:
    taken = place.receive(text="挂号难，医院窗口无人", phone=PHONE)
    case_id = place.opened(taken.request, "medical-service", request_kind="complaint")
    place.step(case_id, "dispatch", unit="street-01")
    place.step(case_id, "accept", WORKER)
    sign_in(client, "handler-street-01")
    assert PHONE not in client.get(f"/cases/{case_id}").text
    assert case_form(client, case_id, "unmask", ground="to_call").status_code == 303
    assert PHONE in client.get(f"/cases/{case_id}").text
    shown = follow(client, taken.receipt)
    assert "Your name and number were shown to an officer of Demo Street 1 until 2026-06-03" in shown
    assert "Reason: Has to be called" in shown
    assert "handler-street-01" not in shown


def test_a_firms_manager_has_a_whole_day_without_learning_of_anybody(client: TestClient[Any], place: Telling) -> None:
    """From the queue to the end of the task: what to do, where, until when; nothing of a person."""
    taken = place.receive(phone="13800007777", address="和平路12弄3号502室")
    case_id = place.dispatched(taken.request)
    place.step(case_id, "accept", WORKER)
    place.step(case_id, "plan", WORKER, tasks=[{"key": "a", "unit": "firm-anjia"}])
    sign_in(client, "handler-street-01")
    assert case_form(client, case_id, "reword", task="t2", note="小区东门外道闸夜间噪音，请检修").status_code == 303
    sign_in(client, "manager-anjia")
    queue = client.get("/queue")
    assert f"/cases/{case_id}" in queue.text
    page = client.get(f"/cases/{case_id}?lang=en")
    assert "小区东门外道闸夜间噪音，请检修" in page.text
    read = [queue.text, page.text]
    for step in ("accept", "finish_task"):
        answer = case_form(client, case_id, step, task="t2", note="道闸已检修" if step == "finish_task" else "")
        assert answer.status_code == 303
        read.append(client.get(answer.headers["location"]).text)
    assert place.case(case_id).tasks[1].state == "finished"
    for word in ("欧阳", "13800007777", "和平路", "502室", "楼下工地夜间施工"):
        assert word not in "".join(read)
    sign_in(client, "handler-street-01")
    assert "道闸已检修" in client.get(f"/cases/{case_id}").text


@pytest.mark.parametrize(("operator", "begins_in"), [(SUBJECT, -DAY), (f"{SUBJECT}-2", DAY)])
def test_a_lead_that_turns_out_to_act_for_the_subject_hands_the_case_up_when_it_does(
    place: Telling, operator: str, begins_in: int
) -> None:
    taken = place.receive(phone="13800005678")
    case_id = place.opened(taken.request, "noise")
    opened = place.case(case_id)
    if opened.state == "filed":
        place.step(case_id, "dispatch", unit="street-01")
    place.step(case_id, "reclassify", matter="short-let", fields={"operator": operator, "premises": f"v:{'0' * 32}"})
    assert place.case(case_id).subjects == {operator}
    place.step(case_id, "accept", WORKER)
    needs, viewer = needs_of(place.house), WORKER
    assert case_page(viewer, needs, case_id, now=place.now) is not None
    args = {"id": f"l-{operator}", "kind": "agent_of", "source": "street-01", "target": operator}
    args |= {"valid_from": place.now + begins_in}
    system = Actor("system", "system")
    place.submit(Submission("", system, (Part("party:links", "record", args),)), system)
    place.go_on(max(HOUR, begins_in))
    case = place.case(case_id)
    assert case.lead == "hotline"
    assert case.lead_task is not None
    assert case.lead_task.open
    assert case_page(viewer, needs, case_id, now=place.now) is None
