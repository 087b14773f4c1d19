"""Whom the words of a request name: it is asked whether the request is about them before anybody sees its case."""

from __future__ import annotations

from typing import Any

import pytest

from handling.small_district import NOW, actor, duty
from intake.small_desk import HOUR, Desk
from sanban.handling.views.case import case_page
from sanban.intake.aggregate import stream_of
from sanban.intake.desk.about import named
from sanban.intake.desk.dividing import divide
from sanban.intake.desk.gathering import Gathered, gather
from sanban.kernel.case.state import Case
from sanban.ledger.port import Part, Secret, Submission

COMPLAINT = "安居物业夜间施工噪音很大，睡不着。"
REF = "v:" + "a" * 32


def case_of(desk: Desk, request_id: str) -> Case:
    case = desk.reader.state(f"case:{desk.request(request_id).case}")
    assert isinstance(case, Case)
    return case


def api(visitor: Any, path: str, **body: Any) -> Any:
    return visitor.client.post(f"/api/v1{path}", json=body, headers={"X-Sanban-Request": "1"})


def api_case(visitor: Any, case_id: str) -> Any:
    return visitor.client.get(f"/api/v1/cases/{case_id}").json()["case"]


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


def divided(desk: Desk) -> str:
    """A message about a firm's noise and a street light, divided; the id of the part about the light."""
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
    return part


def test_parts_of_a_message_that_names_a_firm_wait_at_the_desk(desk: Desk) -> None:
    part = divided(desk)
    assert (desk.request("r-2").case, desk.request(part).case) == ("", "")


# joining is asked as opening is


PLAIN = "夜间施工噪音很大，孩子睡不着。"


def opened(desk: Desk, operator: Any, text: str = PLAIN, **said: str) -> Case:
    request_id = desk.file(text=text, title="")
    answer = operator.decide(request_id, "case", matter="noise", grid="g1", stage="details", **said)
    assert answer.status_code == 303, answer.text
    return case_of(desk, request_id)


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_request_that_names_a_firm_joins_a_case_when_it_is_said_whether_it_is_about_it(
    desk: Desk, enter: Any, answer: str
) -> None:
    operator = enter("op")
    case = opened(desk, operator)
    request_id = desk.file(text=COMPLAINT, title="", phone="13900005678")
    asked = operator.decide(request_id, "join", case=case.id, way="attach")
    assert (asked.status_code, desk.request(request_id).case) == (200, "")
    assert "Is it about Anju property management?" in asked.text
    said = operator.decide(request_id, "join", **{"case": case.id, "way": "attach", "about-firm": answer})
    assert (said.status_code, desk.request(request_id).case) == (303, case.id)
    joined = case_of(desk, request_id)
    assert (joined.subjects, joined.cleared) == (({"firm"}, set()) if answer == "yes" else (set(), {"firm"}))
    view = api_case(operator, case.id)
    told, kept = ("about", "cleared") if answer == "yes" else ("cleared", "about")
    assert ([one["en"] for one in view[told]], view[kept]) == (["Anju property management"], [])


def test_the_firm_that_works_on_a_case_loses_it_when_a_request_joins_that_is_about_it(desk: Desk, enter: Any) -> None:
    operator = enter("op")
    case = opened(desk, operator)
    for who, step, args in (
        ("disp", "dispatch", {}),
        ("h1", "accept", {}),
        ("h1", "plan", {"tasks": [{"key": "a", "unit": "firm"}]}),
    ):
        part = Part(f"case:{case.id}", step, args)
        assert desk.ledger.submit(Submission(desk.command_id(), actor(who), (part,))).refused is None
    assert case_page(actor("pm"), desk.handling, case.id, now=desk.now) is not None
    request_id = desk.file(text=COMPLAINT, title="", phone="13900005678")
    answer = api(operator, f"/requests/{request_id}/attach", case=case.number, about={"firm": True})
    assert answer.status_code == 200, answer.text
    assert case_page(actor("pm"), desk.handling, case.id, now=desk.now) is None
    desk.follow()
    tasks = [(task.unit, task.state) for task in case_of(desk, request_id).tasks if task.spec != "lead"]
    assert tasks[-2:] == [("firm", "withdrawn"), ("st1", "dispatched")]


def test_a_program_is_asked_before_a_request_joins_by_whichever_way(desk: Desk, enter: Any) -> None:
    operator = enter("op")
    case = opened(desk, operator)
    request_id = desk.file(text=COMPLAINT, title="", phone="13900005678")
    assert api(operator, f"/requests/{request_id}/attach", case=case.number).json()["code"] == "party_unsaid"
    raw = api(operator, f"/cases/{case.id}/steps/attach", args={"request": request_id})
    assert (raw.json()["code"], desk.request(request_id).case) == ("party_unsaid", "")
    about = opened(desk, operator, COMPLAINT, **{"about-firm": "yes"})
    assert api(operator, f"/cases/{about.id}/steps/attach", args={"request": request_id}).status_code == 200


@pytest.mark.parametrize("given", [{"subjects": ["st1"]}, {"cleared": ["firm"]}])
def test_nobody_makes_a_case_about_a_unit_by_joining_a_request_to_it(
    desk: Desk, enter: Any, given: dict[str, list[str]]
) -> None:
    operator = enter("op")
    case = opened(desk, operator)
    request_id = desk.file(text=PLAIN, title="", phone="13900005678")
    raw = api(operator, f"/cases/{case.id}/steps/attach", args={"request": request_id, **given})
    assert raw.json()["code"] == "bad_arguments"
    told = api(operator, f"/requests/{request_id}/attach", case=case.number, about={"st1": True})
    assert (told.json()["code"], desk.request(request_id).case) == ("party_not_asked", "")
    after = case_of(desk, case.requests[0].id)
    assert (after.subjects, after.cleared) == (set(), set())


def test_in_a_wave_only_requests_that_name_nobody_join_and_the_others_wait(desk: Desk, enter: Any) -> None:
    plain = [desk.file(text=PLAIN, title="", phone=f"1390000{number:04}") for number in range(3)]
    naming = desk.file(text=COMPLAINT, title="", phone="13900009999")
    body = {"requests": [naming, *plain], "matter": "noise"}
    told = api(enter("op"), "/requests/gather", **body).json()
    assert (told["joined"], told["left"]) == (3, 1)
    assert desk.request(naming).case == ""
    only = api(enter("op"), "/requests/gather", requests=[naming], matter="noise")
    assert only.json()["code"] == "party_unsaid"


def test_the_words_of_a_wave_are_opened_at_once_however_many_they_are(
    desk: Desk, enter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter("op")
    calls: list[int] = []
    plain = type(desk.reader).open_secrets
    monkeypatch.setattr(
        type(desk.reader), "open_secrets", lambda reader, refs: calls.append(len(refs)) or plain(reader, refs)
    )
    counts = []
    for size in (2, 6):
        wave = [desk.file(text=PLAIN, title="", phone=f"1390000{size}{number:03}") for number in range(size)]
        calls.clear()
        told = gather(desk.needs, actor("op"), desk.command_id(), wave, "noise", "", desk.now)
        assert isinstance(told, Gathered)
        counts.append(len(calls))
    assert counts[0] == counts[1]


def test_nobody_who_acts_for_a_firm_says_that_a_request_is_not_about_it(desk: Desk, enter: Any) -> None:
    link = {"id": "l-1", "kind": "agent_of", "source": "op", "target": "firm", "valid_from": 0}
    part = Part("party:links", "record", link)
    assert desk.ledger.submit(Submission(desk.command_id(), actor("coord"), (part,))).refused is None
    case = opened(desk, enter("disp"))
    request_id = desk.file(text=COMPLAINT, title="", phone="13900005678")
    operator = enter("op")
    for step, body in (("open", {"matter": "noise", "grid": "g1"}), ("attach", {"case": case.number})):
        answer = api(operator, f"/requests/{request_id}/{step}", **body, about={"firm": False})
        assert (step, answer.json()["code"], desk.request(request_id).case) == (step, "own_party", "")
    assert api(
        enter("disp"), f"/requests/{request_id}/open", matter="noise", grid="g1", about={"firm": False}
    ).is_success


# what was known of a message or a case stays with what comes of it


def test_a_request_that_is_split_off_keeps_whom_its_case_was_about(desk: Desk, enter: Any) -> None:
    operator = enter("op")
    case = opened(desk, operator, COMPLAINT, **{"about-firm": "yes"})
    other = desk.file(text=PLAIN, title="", phone="13900005678")
    assert api(operator, f"/requests/{other}/attach", case=case.number).is_success
    assert api(operator, f"/requests/{other}/split").is_success
    there = opened(desk, operator)
    assert api(operator, f"/requests/{other}/attach", case=there.number).json()["code"] == "party_unsaid"
    assert api(operator, f"/requests/{other}/open", matter="noise", grid="g1").is_success
    assert case_of(desk, other).subjects == {"firm"}


@pytest.mark.parametrize("said", [None, False])
def test_a_part_of_a_message_keeps_whom_the_message_is_about_unless_it_is_denied(
    desk: Desk, enter: Any, said: bool | None
) -> None:
    part = divided(desk)
    operator = enter("op")
    assert api(operator, f"/requests/{part}/open", matter="street-light", grid="g1").json()["code"] == "party_unsaid"
    opening = {"matter": "noise", "grid": "g1", "about": {"firm": True}}
    assert api(operator, "/requests/r-2/open", **opening).is_success
    about = {} if said is None else {"firm": said}
    assert api(operator, f"/requests/{part}/open", matter="street-light", grid="g1", about=about).is_success
    assert case_of(desk, part).subjects == ({"firm"} if said is None else set())


def test_a_case_that_recurs_is_about_whom_the_one_before_was_about(desk: Desk, enter: Any) -> None:
    before = opened(desk, enter("op"), COMPLAINT, **{"about-firm": "yes"})
    close = Part(f"case:{before.id}", "close_explained", {"ending": "explained"})
    assert desk.ledger.submit(Submission(desk.command_id(), actor("disp"), (close,))).refused is None
    desk.now += 60 * 24 * HOUR
    again = desk.file(text=PLAIN, title="", phone="13900005678")
    opening = {"matter": "noise", "grid": "g1", "recurs": before.number}
    assert api(enter("op"), f"/requests/{again}/open", **opening).is_success
    assert case_of(desk, again).subjects == {"firm"}


@pytest.mark.parametrize("cleared", [False, True])
def test_whom_one_part_of_a_message_turns_out_to_be_about_holds_for_another_parts_open_case_unless_denied_there(
    desk: Desk, enter: Any, cleared: bool
) -> None:
    part, operator = divided(desk), enter("op")
    for request, matter in (("r-2", "noise"), (part, "street-light")):
        about = {"firm": False}
        assert api(operator, f"/requests/{request}/open", matter=matter, grid="g1", about=about).is_success
    case, other = case_of(desk, "r-2"), case_of(desk, part)
    denied = [(other, "clear_subject")] if cleared else []
    for one, step in (*denied, (case, "name_subject")):
        said = Part(f"case:{one.id}", step, {"party": "st1", "ground": "said"})
        assert desk.ledger.submit(Submission(desk.command_id(), actor("op"), (said,))).refused is None
    desk.follow()
    assert case_of(desk, "r-2").subjects == {"st1"}
    assert case_of(desk, part).subjects == (set() if cleared else {"st1"})
