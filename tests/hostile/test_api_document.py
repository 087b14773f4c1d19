"""Every operation of the API against the document that describes it: thousands of calls, right and wrong ones.

Cases are made from the document, half of them as it says and half as it does not; real ids take the place of invented
ones often enough that what lies behind them is reached. Whatever is sent, by whichever role: no failure of ours, only
statuses and shapes that the document names, every no in the form of a problem with what would have been right. What
was acknowledged meanwhile stands in a ledger that is still whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core import NotSet
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from postgres_server import MEMORY, database, server
from working_house import API, DAY, FIRM, LAMP, NOW, OFFICERS, PHOTO, Working

CASES = 20_000 if os.environ.get("SANBAN_PROVE") else 500
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MODES = st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
ROLES = st.one_of(st.sampled_from(["operator", "dispatcher", "coordinator"]), st.sampled_from(["", *OFFICERS]))
A_QUARTER = 15 * 60 * 1_000_000
"""Of an hour, between two cases: nobody waits for what too many attempts are answered with."""
QUESTION = "请问一下老年卡怎么办"
SAID_NO = {400, 401, 403, 404, 409, 413, 429}


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.prove])]
)
def working(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    """A deployment at work on either store; PostgreSQL with the full count alone."""
    folder = tmp_path_factory.mktemp("api") / "home"
    if request.param == "sqlite":
        made = Working(folder)
        made.surround()
        yield made
        made.close()
    else:
        with server(MEMORY) as url, database(url) as fresh:
            made = Working(folder, fresh)
            made.surround()
            yield made
            made.close()


@pytest.fixture(scope="module")
def operations(working: Working) -> dict[str, Any]:
    """Every operation of the document, by its id."""
    document = working.client.get(f"{API}/openapi.json")
    assert "(?" not in document.text.replace("(?:", ""), "a shape that not every reader of the document knows"
    schema = schemathesis.openapi.from_dict(document.json())
    found = (result.ok() for result in schema.get_all_operations())
    return {one.definition.raw["operationId"]: one for one in found}


def answered(working: Working, case: Case, role: str, key: str = "") -> Any:
    """The answer to a case as it is sent by a role; checked against the document."""
    names = {name: quote(str(value), safe="") or "-" for name, value in case.path_parameters.items()}
    path = case.path.format(**names).removeprefix(API)
    sent: dict[str, Any] = {"params": case.query, "headers": {"Idempotency-Key": key} if key else {}}
    if not isinstance(case.body, NotSet):
        sent["content"] = case.body if isinstance(case.body, bytes) else json.dumps(case.body, default=repr).encode()
        sent["headers"]["Content-Type"] = "application/json"
    answer = working.call(role, case.method, path, **sent)
    case.validate_response(answer, checks=CHECKS)
    return answer


def check_the_no(answer: Any) -> None:
    """A problem that says its status, a code for programs, and what would have been right."""
    assert answer.status_code in SAID_NO, answer.text
    problem = answer.json()
    assert (problem["status"], bool(problem["code"]), bool(problem["title"])) == (answer.status_code, True, True)
    shown = [problem.get("example"), *(fault.get("example") for fault in problem.get("errors", ()))]
    assert any(shown), problem


class Valid(NamedTuple):
    """A call that has to be answered: who makes it, where, and two bodies of which the first is sent."""

    role: str
    path: dict[str, str]
    body: dict[str, Any]
    other: dict[str, Any]


def valid_writes(working: Working) -> dict[str, Valid]:
    """One for each operation that writes, in an order in which each finds what it needs."""
    requests = [working.filed(phone=f"1380000999{last}") for last in "1234567"]
    case = working.opened(requests[0])
    return {
        **writes_of_requesters(working),
        **writes_of_intake(working, requests, case),
        **writes_of_handling(working, case),
        **writes_of_ratings_and_meetings(working),
        **writes_of_the_years_list(working),
        **writes_of_projects(working),
        **writes_of_revision(working),
        **writes_of_notices(working),
    }


def writes_of_intake(working: Working, requests: list[str], case: str) -> dict[str, Valid]:
    _, second, third, fourth, fifth, sixth, seventh = requests
    pieces = [{"start": 0, "end": 4, "matter": "street-light"}, {"start": 4, "end": 8, "matter": "waste"}]
    ended = working.real["case_id"][1]
    place = {"grid": working.real["grid"][0], "street": "street-01"}
    seen = {"matter": "street-light", "grid": working.real["grid"][0]}
    proxy = {"proxy_phone": "13800009996", "grid": seen["grid"], "found": True}
    shown = {"text": LAMP["text"], **working.point, "photos": [{"name": "photo.jpg", "content": PHOTO}]}
    return {
        "intake_public_file": Valid("", {}, shown, shown | {"text": "另一件事，垃圾没人清运"}),
        "intake_finding": Valid("grid_worker", {}, seen, seen | {"text": "路口第二盏"}),
        "intake_finding_recheck": Valid(
            "verifier", {"finding_id": working.real["finding_id"][0]}, {"holds": True}, {"holds": False}
        ),
        **writes_of_visits(working),
        "intake_firm_file": Valid("", {}, FIRM, FIRM | {"text": "想了解装修报批"}),
        "intake_firm_policies": Valid(
            "", {}, {"receipt": working.firm_receipt, "tail": "1234"}, {"receipt": working.receipt}
        ),
        "intake_firm_decline": Valid(
            "",
            {},
            {"receipt": working.firm_receipt, "tail": "1234", "policy": "rent-support", "reason": "other"},
            {"receipt": working.firm_receipt, "tail": "1234", "policy": "rent-support"},
        ),
        "intake_route": Valid("operator", {"request_id": fifth}, {"route": "statutory"}, {"route": "explain"}),
        "intake_place": Valid("operator", {"request_id": fifth}, {"unknown": True}, working.point),
        "intake_answer": Valid(
            "dispatcher",
            {"request_id": sixth},
            {"text": "已说明。", "ending": "explained"},
            {"text": "已答复。", "ending": "explained"},
        ),
        "intake_divide": Valid("operator", {"request_id": seventh}, {"pieces": pieces}, {"pieces": pieces[::-1]}),
        "intake_receive": Valid("operator", {}, LAMP | proxy, LAMP | {"name": "司马测试"}),
        "intake_attach": Valid("operator", {"request_id": second}, {"case": case}, {"case": ended}),
        "intake_split": Valid("operator", {"request_id": second}, {"case": case}, {"case": ended}),
        "intake_heed": Valid("operator", {"request_id": second}, {}, {"seen": True}),
        "intake_reopen": Valid("operator", {"request_id": second}, {"case": ended}, {"case": case}),
        "intake_open": Valid(
            "operator", {"request_id": third}, {"matter": "street-light", **place}, {"matter": "waste", **place}
        ),
        "intake_gather": Valid(
            "operator", {}, {"requests": [fourth], "case": case}, {"requests": [fourth], "case": ended}
        ),
        "intake_city_return": Valid(
            "operator", {"request_id": working.orders[0]}, {"ground": "other_district"}, {"ground": "not_public"}
        ),
        "intake_city_reply": Valid(
            "operator",
            {"request_id": working.orders[1]},
            {"text": "现场已复核", "ending": "resolved"},
            {"text": "已修复", "ending": "resolved"},
        ),
    }


def writes_of_requesters(working: Working) -> dict[str, Valid]:
    """What somebody does to a request of theirs: one that is open, and one that is closed."""
    (open_, asking), (over, ended) = (working.asked(f"1380000{last}") for last in ("5678", "8765"))
    working.opened(asking)
    working.step("dispatcher", working.opened(ended), "close_explained", ending="explained")
    working.now += DAY
    mine, closed = {"receipt": open_, "tail": "5678"}, {"receipt": over, "tail": "8765"}
    return {
        "intake_public_follow": Valid("", {}, {"receipt": working.receipt, "tail": "1234"}, {"receipt": "ABCDE23456"}),
        "intake_public_add": Valid("", {}, mine | {"words": "坏的是三号楼门口那盏"}, mine | {"words": "不止一盏"}),
        "intake_public_again": Valid("", {}, mine, mine | {"words": "还是不亮"}),
        "intake_public_dispute": Valid("", {}, closed, closed | {"words": "仍未修好"}),
    }


def writes_of_visits(working: Working) -> dict[str, Valid]:
    visit, over = ({"visit_id": working.done("operator", "/visits", {})["visit"]} for _ in "12")
    asks = {"text": QUESTION, "phone": "13800009997"}
    issues = [working.done("operator", f"/visits/{visit['visit_id']}/issues", asks)["request"] for _ in "12"]
    working.real["visit_id"] = [visit["visit_id"]]
    told = {"request": issues[0], "text": "窗口在人民路一号。"}
    return {
        "intake_visit_open": Valid("operator", {}, {"street": "street-01"}, {"street": "street-02"}),
        "intake_visit_issue": Valid("operator", visit, LAMP, asks),
        "intake_visit_answer": Valid("operator", visit, told, told | {"request": issues[1]}),
        "intake_visit_close": Valid("operator", over, {}, {"seen": True}),
    }


def writes_of_notices(working: Working) -> dict[str, Valid]:
    notices = working.real["notice_id"] = working.unsent(3)
    first, second, third = ({"notice_id": one} for one in notices)
    return {
        "notices_retry": Valid("operator", first, {}, {"seen": True}),
        "notices_told": Valid("operator", second, {}, {"seen": True}),
        "notices_reach": Valid("operator", third, {"wish": "no_links"}, {"wish": "no_notices"}),
    }


def writes_of_handling(working: Working, case: str) -> dict[str, Valid]:
    photo, drawing = {"name": "photo.jpg", "content": PHOTO}, {"name": "photo.png", "content": PHOTO}
    link = {"kind": "member_of", "source": "shop-02", "target": "firm-02", "valid_from": NOW}
    stop = working.opened(working.filed(phone="13800009981"), "noise")
    working.step("dispatcher", stop, "dispatch")
    working.step("street", stop, "pass_down", station="grids-01a")
    seen = {"note": "现场无人", "done_at": NOW, "photos": [photo]}
    return {
        "attachments_request_add": Valid("operator", {"request_id": working.real["request_id"][0]}, photo, drawing),
        "attachments_case_add": Valid("dispatcher", {"case_id": case}, photo, drawing),
        "attachments_meeting_add": Valid("coordinator", {"meeting_id": working.real["meeting_id"][0]}, photo, drawing),
        "handling_step": Valid("dispatcher", {"case_id": case, "step": "dispatch"}, {}, {"note": "请尽快"}),
        "handling_step_at_stop": Valid("grid_worker", {"case_id": stop, "step": "note"}, seen, seen | {"note": "有人"}),
        "handling_hand_over": Valid("operator", {}, {}, {"note": "两件等街道回电"}),
        "handling_take_over": Valid("next_operator", {}, {}, {"note": "已知悉"}),
        "handling_record_link": Valid("coordinator", {}, link, link | {"source": "shop-03"}),
        "handling_end_link": Valid(
            "coordinator", {"link_id": working.real["link_id"][0]}, {"valid_to": NOW + DAY}, {"valid_to": NOW + 2 * DAY}
        ),
    }


def writes_of_ratings_and_meetings(working: Working) -> dict[str, Valid]:
    sheet = {"rating_id": working.real["rating_id"][0]}
    full = {"reported_in": 40, "worked_together": 30, "solved": 30}
    upheld = {"outcome": "upheld", "text": "事实清楚"}
    task = {"unit": "street-01", "limit": "10 working_day", "text": "十日内拿出方案"}
    called = {"meeting_id": working.done("coordinator", "/meetings", {"day": "2026-06-30"})["meeting"]}
    path = f"/meetings/{called['meeting_id']}"
    first, second = (working.done("coordinator", f"{path}/decide", task)["decisions"][-1]["decision"] for _ in "12")
    working.done("street", f"/decisions/{second}/finish", {"text": "已清"})
    wanting = {"decision": second, "limit": "5 working_day", "text": "仍有三处未清"}
    over, path_of = {"meeting_id": working.real["meeting_id"][0]}, {"kind": "path", "what": "noise"}
    return {
        "joint_rating_rate": Valid("street", sheet, {"marks": full}, {"marks": {**full, "solved": 1}}),
        "joint_rating_appeal": Valid("handler", sheet, {"ground": "wrong_fact"}, {"ground": "not_its_duty"}),
        "joint_rating_review": Valid("coordinator", sheet, upheld, {**upheld, "text": "维持"}),
        "joint_meeting_decide": Valid("coordinator", called, task, {**task, "unit": "power"}),
        "joint_decision_finish": Valid("street", {"decision_id": first}, {"text": "已完成"}, {"text": "完成"}),
        "joint_meeting_accept": Valid("coordinator", called, {"decision": first}, {"decision": "none"}),
        "joint_meeting_send_back": Valid("coordinator", called, wanting, {**wanting, "text": "再查"}),
        "joint_meeting_minute": Valid("coordinator", called, {"text": "会议纪要"}, {"text": "另一份纪要"}),
        "joint_meeting_adopt": Valid("coordinator", over, path_of, {**path_of, "what": "waste"}),
        "joint_meeting_call": Valid("coordinator", {}, {"day": "2026-07-01"}, {"day": "2026-07-02"}),
    }


def writes_of_the_years_list(working: Working) -> dict[str, Valid]:
    adopted, proposed = ({"item_id": one} for one in working.real["item_id"])
    third, first = ({"year": "2026", "matter": working.real["listed"][place]} for place in (2, 0))
    measured = {"unit": "power", "measure": "unresolved_share", "below": 1000, "until": "2026-12-31"}
    return {
        "joint_campaign_propose": Valid("coordinator", {}, third, first),
        "joint_campaign_adopt": Valid("coordinator", proposed, measured, {**measured, "below": 500}),
        "joint_campaign_reach": Valid("street", adopted, {"milestone": 1}, {"milestone": 2}),
        "joint_campaign_measure": Valid("coordinator", {}, *({"item": one} for one in working.real["item_id"])),
    }


def writes_of_projects(working: Working) -> dict[str, Valid]:
    project = {"project_id": working.real["project_id"][0]}
    named = {"title": "轨道站城融合", "unit": "street-01"}
    risk = {"season": "heat", "since": "2026-07-01", "until": "2026-08-31", "text": "高温时段停工"}
    order = {"gate": "approval", "after": ["filing", "supporting_works"], "text": "按原顺序"}
    return {
        "joint_project_found": Valid("coordinator", {}, named, {**named, "title": "轨道"}),
        "joint_project_block": Valid(
            "street", project, {"case": working.real["blocker"][0]}, {"case": working.real["case_id"][0]}
        ),
        "joint_project_pass_gate": Valid("street", project, {"gate": "design"}, {"gate": "filing"}),
        "joint_project_order": Valid(
            "coordinator", project, {**order, "after": [*order["after"], "design"], "text": "先完成设计"}, order
        ),
        "joint_project_note_risk": Valid("street", project, risk, {**risk, "season": "rain"}),
    }


def writes_of_revision(working: Working) -> dict[str, Valid]:
    first, second = ({"revision_id": one} for one in working.real["revision_id"])
    adopted = {"day": "2027-01-01", "authority": "区城运中心", "document": "城运〔2026〕9号"}
    return {
        "revision_approve": Valid("mechanism_owner", first, adopted, adopted | {"document": "另一份文件"}),
        "revision_refuse": Valid("mechanism_owner", second, {"ground": "no_need"}, {"ground": "elsewhere"}),
    }


def _sent(working: Working, role: str, key: str, call: Callable[..., Case], body: dict[str, Any]) -> Any:
    return answered(working, call(body=body), role, key)


def test_every_operation_is_answered_and_a_name_of_a_command_acts_once(
    working: Working, operations: dict[str, Any]
) -> None:
    writes = valid_writes(working)
    assert set(writes) == {name for name, one in operations.items() if one.method == "post"}, "say how it is called"
    for name, (role, path, body, other) in writes.items():
        call = partial(operations[name].Case, path_parameters=dict(path), media_type="application/json")
        sent = partial(_sent, working, role, working.key(), call)
        first = sent(body)
        assert first.status_code == 200, (name, first.text)
        before = working.house.reader.head()
        again, differs = sent(body), sent(other)
        assert again.status_code == 200, (name, again.text)
        assert {**again.json(), "repeated": None} == {**first.json(), "repeated": None}, name
        assert differs.status_code in SAID_NO, (name, differs.text)
        assert working.house.reader.head() == before, name
    for name in operations.keys() - writes.keys():
        names = [one.name for one in operations[name].path_parameters]
        tried = [dict(zip(names, ids, strict=True)) for ids in product(*(working.real[one] for one in names))]
        asked = {one.name: working.real[one.name][0] for one in operations[name].query if one.is_required}
        cases = [operations[name].Case(path_parameters=ids, query=dict(asked)) for ids in tried]
        assert any(answered(working, case, role).status_code == 200 for case in cases for role in OFFICERS), name


def made_real(data: DataObject, case: Case, real: dict[str, list[Any]]) -> Case:
    """The case with ids that exist in most places that take one: what lies behind them is to be reached."""
    inside = case.body if isinstance(case.body, dict) else {}
    for values in (case.path_parameters, case.query, inside):
        for name in values.keys() & real.keys():
            if data.draw(st.integers(0, 9), label=name) < 8:
                values[name] = data.draw(st.sampled_from(real[name]), label=f"real {name}")
    return case


def hammered(working: Working, operation: APIOperation[Any, Any, Any, Any], times: int) -> int:
    """Sends an operation so many cases; how many were answered, each as the document says."""
    count = 0

    @settings(
        max_examples=times, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(data=st.data(), mode=MODES, role=ROLES)
    def sent(data: DataObject, mode: GenerationMode, role: str) -> None:
        nonlocal count
        case = made_real(data, data.draw(operation.as_strategy(generation_mode=mode)), working.real)
        working.now += A_QUARTER
        answer = answered(working, case, role)
        if answer.status_code != 200:
            check_the_no(answer)
        count += 1

    sent()
    return count


def test_no_case_made_from_the_document_breaks_an_operation(working: Working, operations: dict[str, Any]) -> None:
    times = -(-CASES // len(operations))
    counts = {name: hammered(working, operation, times) for name, operation in operations.items()}
    assert sum(counts.values()) >= 0.9 * CASES, counts
    assert working.house.verify().is_whole
