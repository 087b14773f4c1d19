"""Whom the words of a request name: it is asked whether the request is about them before anybody sees its case."""

from __future__ import annotations

from typing import Any

import pytest

from handling.small_district import NOW, actor, duty
from intake.small_desk import Desk
from sanban.handling.views.case import case_page
from sanban.intake.aggregate import stream_of
from sanban.intake.desk.about import named
from sanban.intake.desk.dividing import divide
from sanban.kernel.case.state import Case
from sanban.ledger.port import Part, Secret, Submission

COMPLAINT = "安居物业夜间施工噪音很大，睡不着。"
REF = "v:" + "a" * 32


def case_of(desk: Desk, request_id: str) -> Case:
    case = desk.reader.state(f"case:{desk.request(request_id).case}")
    assert isinstance(case, Case)
    return case


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("投诉安居物业乱收费", ["firm"]),
        ("安居物业管理有限公司乱收费", ["firm"]),
        ("安居公司的人不上门", ["firm"]),
        ("ANJU property management overcharges", ["firm"]),
        ("投诉和平街道不作为", ["st1"]),
        ("举报公安分局处理不当", ["police"]),
        ("和平街道路灯不亮", []),
        ("已向公安分局报案，噪音扰民", []),
        ("投诉夜间噪音，和平街道辖区", []),
        ("物业不管", []),
    ],
)
def test_a_firm_is_named_by_its_name_and_another_unit_by_a_complaint_of_it(text: str, codes: list[str]) -> None:
    assert [unit.code for unit in named(duty(), text, NOW)] == codes


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_case_whose_words_name_a_firm_opens_when_it_is_said_whether_it_is_about_it(
    desk: Desk, enter: Any, answer: str
) -> None:
    request_id = desk.file(text=COMPLAINT, title="")
    operator = enter("op")
    asked = operator.decide(request_id, "case", matter="noise", grid="g1")
    assert (asked.status_code, "Is it about Anju property management?" in asked.text) == (200, True)
    unsaid = operator.decide(request_id, "case", matter="noise", grid="g1", stage="details")
    assert (unsaid.status_code, desk.request(request_id).case) == (422, "")
    said = {"stage": "details", "about-firm": answer}
    assert operator.decide(request_id, "case", matter="noise", grid="g1", **said).status_code == 303
    case = case_of(desk, request_id)
    assert case.subjects == ({"firm"} if answer == "yes" else set())
    steps = (("disp", "dispatch", {}), ("h1", "accept", {}), ("h1", "plan", {"tasks": [{"key": "a", "unit": "firm"}]}))
    for who, step, args in steps:
        part = Part(f"case:{case.id}", step, args)
        refused = desk.ledger.submit(Submission(desk.command_id(), actor(who), (part,))).refused
    assert (refused is None) == (answer == "no")
    seen = case_page(actor("pm"), desk.handling, case.id, now=desk.now)
    assert (seen is None) == (answer == "yes")


def test_a_program_is_asked_too_and_names_units_alone(desk: Desk, enter: Any) -> None:
    request_id = desk.file(text=COMPLAINT, title="")
    client = enter("op").client

    def opened(**about: bool) -> Any:
        body = {"matter": "noise", "grid": "g1", "about": about}
        return client.post(f"/api/v1/requests/{request_id}/open", json=body, headers={"X-Sanban-Request": "1"})

    assert opened().json()["code"] == "party_unsaid"
    assert opened(nobody=True).json()["code"] == "unknown_party"
    assert opened(firm=True).status_code in (200, 201)
    assert case_of(desk, request_id).subjects == {"firm"}


@pytest.mark.parametrize(("text", "opens"), [(COMPLAINT, False), ("夜间施工噪音很大，睡不着。", True)])
def test_no_case_opens_by_itself_while_nobody_has_said_whom_the_words_are_about(
    desk: Desk, text: str, opens: bool
) -> None:
    stream = stream_of("r-1")
    said = {"requester": "person:1", "channel": "app", "desk": "desk", "text": REF, "grid": "g1"}
    sure = {"model": "m", "candidates": [{"matter": "noise", "confidence": 9900}], "auto": True}
    parts = (Part(stream, "receive", said), Part(stream, "suggest", sure))
    secret = Secret(REF, "person:1", "text", text)
    answer = desk.ledger.submit(Submission(desk.command_id(), actor("op"), parts, secrets=(secret,)))
    assert answer.refused is None, answer.refused
    desk.follow()
    assert bool(desk.request("r-1").case) == opens


def test_parts_of_a_message_that_names_a_firm_wait_at_the_desk(desk: Desk) -> None:
    text = "安居物业夜间施工噪音很大。另外3号网格路灯也不亮。"
    stream, cut = stream_of("r-2"), text.index("另外")
    blocks = [
        {"start": 0, "end": cut, "matter": "noise", "confidence": 9000},
        {"start": cut, "end": len(text), "matter": "street-light", "confidence": 9000},
    ]
    said = {"requester": "person:1", "channel": "app", "desk": "desk", "text": REF, "grid": "g1"}
    heard = {"model": "m", "candidates": [{"matter": "noise", "confidence": 9000}], "blocks": blocks}
    parts = (Part(stream, "receive", said), Part(stream, "suggest", heard))
    secret = Secret(REF, "person:1", "text", text)
    assert desk.ledger.submit(Submission(desk.command_id(), actor("op"), parts, secrets=(secret,))).refused is None
    assert divide(desk.needs, actor("op"), desk.command_id(), desk.request("r-2"), desk.now) is None
    (part,) = desk.request("r-2").parts
    assert (desk.request("r-2").case, desk.request(part).case) == ("", "")
