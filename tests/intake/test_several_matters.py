"""Several matters in one message: proposed with their words, one action, own leads and clocks, one receipt for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from litestar.testing import TestClient

from intake.alike_desk import WORDS, AlikeDesk
from intake.requester_desk import Person, request_by
from intake.small_desk import text_of
from sanban.intake.triage import Triage
from sanban.intake.triage.heeding import Heeding
from sanban.ledger.port import Part, Submission
from sanban.packs.desk.heeds import load_heeds

BOTH = "楼下工地夜间施工噪音很大，吵得睡不着。小区门口的垃圾堆了一周没人收，到处是垃圾。"
PHONE = "13800005678"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[AlikeDesk]:
    opened = AlikeDesk(tmp_path)
    heeding = Heeding(Triage(WORDS, "test"), load_heeds(), "test")
    opened.needs = msgspec.structs.replace(opened.needs, triage=heeding)
    opened.public = msgspec.structs.replace(opened.public, desk=opened.needs)
    yield opened
    opened.close()


@pytest.fixture
def someone(desk: AlikeDesk) -> Iterator[Person]:
    with TestClient(desk.app(), raise_server_exceptions=False) as client:
        yield Person(client)


def said(desk: AlikeDesk, text: str = BOTH) -> str:
    return desk.file(text=text, phone=PHONE, grid="g1", title="", address="")


def test_a_message_of_two_matters_is_flagged_with_the_words_of_each_and_nothing_happens_by_itself(desk, enter) -> None:
    request = said(desk)
    desk.follow()
    assert (desk.request(request).flags, desk.request(request).case) == (("several",), "")
    page = text_of(enter("op").get(f"/requests/{request}"))
    assert "It speaks of several matters" in page
    assert "小区门口的垃圾堆了一周没人收" in page
    assert "Make a case of each" in page


def test_one_action_makes_a_case_of_each_with_its_own_lead_and_clocks(desk, enter) -> None:
    request = said(desk)
    operator = enter("op")
    sent = operator.hidden(f"/requests/{request}")
    for _ in range(2):  # a form sent twice acts once
        assert operator.client.post(f"/requests/{request}/divide", data=sent, follow_redirects=False).status_code == 303
    first = desk.request(request)
    (part,) = (desk.request(one) for one in first.parts)
    assert len(desk.request_ids()) == 2
    assert (desk.case(first.case).matter, desk.case(part.case).matter) == ("noise", "waste")
    assert part.received.requester == first.received.requester
    assert part.received.received_at == first.received.received_at
    assert part.received.number != first.received.number
    promised = [desk.case(one.case).request(one.id).promised_at for one in (first, part)]
    assert None not in promised
    assert all(desk.case(one.case).clocks for one in (first, part))
    ref = part.received.text
    assert desk.reader.open_secrets([ref])[ref] == "小区门口的垃圾堆了一周没人收，到处是垃圾。"


def test_the_requester_follows_every_part_with_the_one_receipt(desk, enter, someone) -> None:
    receipt = someone.file(text=BOTH, street="st1", phone=PHONE)
    request = request_by(desk, receipt)
    enter("op").decide(request, "divide")
    page = text_of(someone.follow(receipt, PHONE[-4:]))
    assert "You spoke of 1 further matter" in page
    assert page.count("answers for it now") == 2
    part = desk.request(desk.request(request).parts[0])
    assert part.received.receipt == ""
    assert part.received.number in page


def test_each_part_closes_by_itself(desk, enter) -> None:
    request = said(desk)
    enter("op").decide(request, "divide")
    first = desk.request(request)
    desk.took("disp", first.case, "close_explained", ending="explained")
    desk.follow()
    assert desk.request(request).state == "closed"
    assert desk.request(first.parts[0]).state == "linked"


def test_a_part_whose_matter_wants_its_form_waits_at_the_desk(desk, enter) -> None:
    lets = msgspec.structs.replace(WORDS[3], matter="short-let", words=(("民宿", 90),))
    heeding = Heeding(Triage((*WORDS[:3], lets), "lets"), load_heeds(), "test")
    desk.needs = msgspec.structs.replace(desk.needs, triage=heeding)
    request = said(desk, "楼下工地夜间施工噪音很大，吵得睡不着。楼上开了民宿，每天都有生人进出。")
    enter("op").decide(request, "divide")
    part = desk.request(desk.request(request).parts[0])
    assert (part.case, part.owner, part.best.matter) == ("", "desk", "short-let")


def test_a_message_of_one_matter_and_a_part_are_not_divided(desk, enter) -> None:
    one = said(desk, "楼下工地夜间施工噪音很大，吵得睡不着。")
    operator = enter("op")
    assert operator.decide(one, "divide").status_code == 422
    request = said(desk)
    operator.decide(request, "divide")
    part = desk.request(request).parts[0]
    refused = desk.ledger.submit(
        Submission(desk.command_id(), desk.people["op"], (Part(f"request:{part}", "divide", {"parts": [one]}),))
    ).refused
    assert refused is not None
    assert refused.reason == "already_divided"


UNSAID = "一楼的灯不亮了好几天，另外楼道里臭得很，也没有人来收。"
API = {"X-Sanban-Request": "1"}


def test_the_desk_divides_by_hand_what_triage_saw_no_matters_in(desk, enter) -> None:
    request = said(desk, UNSAID)
    operator = enter("op")
    page = operator.get(f"/requests/{request}").text
    assert "It speaks of several matters" not in page
    assert page.count('name="piece_') == 2
    assert operator.decide(request, "divide", by_hand="yes").status_code == 422
    assert operator.decide(request, "divide", by_hand="yes", piece_1="waste").status_code == 422
    operator.decide(request, "divide", by_hand="yes", piece_0="street-light", piece_1="waste")
    first = desk.request(request)
    (part,) = (desk.request(one) for one in first.parts)
    assert (desk.case(first.case).matter, desk.case(part.case).matter) == ("street-light", "waste")
    assert desk.reader.open_secrets([part.received.text])[part.received.text] == "另外楼道里臭得很，也没有人来收。"
    assert part.model == "desk"


def test_by_hand_pieces_of_one_matter_go_together_and_what_was_suggested_may_be_changed(desk, enter) -> None:
    request = said(desk, f"{BOTH}垃圾桶也满了。")
    page = enter("op").get(f"/requests/{request}").text
    assert page.count(" selected") >= 2
    enter("op").decide(request, "divide", by_hand="yes", piece_0="noise", piece_1="noise", piece_2="waste")
    part = desk.request(desk.request(request).parts[0])
    assert desk.reader.open_secrets([part.received.text])[part.received.text] == "垃圾桶也满了。"


def test_a_message_of_one_sentence_is_divided_at_its_commas(desk, enter) -> None:
    request = said(desk, "一楼的灯不亮了好几天，楼道里臭得很也没有人来收")
    assert enter("op").get(f"/requests/{request}").text.count('name="piece_') == 2


def test_programs_divide_as_the_page_does(desk, enter) -> None:
    request, suggested = said(desk, UNSAID), said(desk)
    program = enter("op").client
    cut = UNSAID.index("另外")
    pieces = [
        {"start": 0, "end": cut, "matter": "street-light"},
        {"start": cut, "end": len(UNSAID), "matter": "waste"},
    ]
    path = f"/api/v1/requests/{request}/divide"
    for wrong in (
        {},
        {"pieces": pieces[:1]},
        {"pieces": [pieces[0], pieces[1] | {"matter": "unknown"}]},
        {"pieces": [pieces[0], pieces[1] | {"end": 5_000}]},
        {"pieces": [pieces[0], pieces[1] | {"start": 1}]},
        {"pieces": pieces[::-1]},
    ):
        assert program.post(path, json=wrong, headers=API).status_code in (409, 422)
    assert desk.request(request).parts == ()
    answer = program.post(path, json={"pieces": pieces}, headers=API).json()
    assert (answer["divided"], [one["matter"] for one in answer["parts"]]) == (True, ["street-light", "waste"])
    again = program.post(f"/api/v1/requests/{suggested}/divide", json={}, headers=API).json()
    assert [one["matter"] for one in again["parts"]] == ["noise", "waste"]


def test_a_part_says_that_it_was_made_of_the_message(desk) -> None:
    one, other = said(desk), said(desk, "小区门口的垃圾堆了一周没人收。")
    refused = desk.ledger.submit(
        Submission(desk.command_id(), desk.people["op"], (Part(f"request:{one}", "divide", {"parts": [other]}),))
    ).refused
    assert refused is not None
    assert refused.reason == "unknown_request"


@pytest.mark.parametrize("who", ["h1", "team", "pm", "ver"])
def test_those_who_handle_divide_nothing(desk, enter, who) -> None:
    assert enter(who).client.post(f"/api/v1/requests/{said(desk)}/divide", json={}, headers=API).status_code == 403
    assert enter(who).client.post(f"/requests/{said(desk)}/divide").status_code == 403
