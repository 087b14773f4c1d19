"""What triage adds to the desk's pages: flags, a route, parts of a message, declared answers; and what teaches it."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from intake.small_desk import text_of
from sanban.intake.triage.heeding import Heeding
from sanban.intake.triage.knowledge import Knowledge
from sanban.intake.triage.words import MatterWords, Triage
from sanban.main.learning.history import ledger_examples
from sanban.packs.desk.heeds import DESK, load_heeds
from sanban.packs.desk.knowledge import load_knowledge

WORDS = (
    MatterWords("noise", "噪音", "Noise", (("噪音", 60), ("夜间施工", 60))),
    MatterWords("short-let", "短租房", "Short lets", (("民宿", 60),)),
)
FIRE = "楼下工地夜间施工噪音很大，没法睡觉了。隔壁民宿的厨房着火了，请马上来人救火。"


@pytest.fixture
def advised(desk: Any) -> Any:
    """The desk with routes, flags and the shipped answers."""
    triage = Heeding(Triage(WORDS, "test"), load_heeds(), "test")
    knowledge = Knowledge(load_knowledge((DESK / "knowledge",), ZoneInfo("Asia/Shanghai")), "test")
    desk.needs = msgspec.structs.replace(desk.needs, triage=triage, knowledge=knowledge)
    return desk


def test_a_danger_stands_out_on_the_queue_and_names_its_route(advised: Any, enter: Any) -> None:
    request_id = advised.file(text=FIRE)
    operator = enter("op")
    line = text_of(operator.get("/requests"))
    assert "danger" in line
    assert "suggested: Emergency line" in line
    shown = operator.get(f"/requests/{request_id}")
    page = text_of(shown)
    assert "Suggested route: Emergency line" in page
    assert "着火" in page
    assert page.index("Take another route") < page.index("Does it belong to a case?")
    assert re.search(r'<option value="\w+" selected>Emergency line<', shown.text)
    assert advised.request(request_id).flags == ("danger", "urgent", "several")


def test_several_matters_are_shown_with_what_speaks_of_each_and_events_hold_offsets_alone(
    advised: Any, enter: Any
) -> None:
    request_id = advised.file(text="楼下工地夜间施工噪音很大，没法睡觉了。隔壁还有民宿住着很多陌生人。")
    page = text_of(enter("op").get(f"/requests/{request_id}"))
    assert "It speaks of several matters" in page
    assert page.count("隔壁还有民宿住着很多陌生人。") == 3, "said, what speaks of it, and a piece to divide by hand"
    assert [block.matter for block in advised.request(request_id).blocks] == ["noise", "short-let"]
    assert "民宿" not in advised.payloads()


def test_an_empty_message_waits_for_a_person_with_a_flag(advised: Any, enter: Any) -> None:
    request_id = advised.file(text="？？？", title="")
    assert "says nothing" in text_of(enter("op").get("/requests"))
    request = advised.request(request_id)
    assert (request.state, request.owner, request.flags) == ("received", "desk", ("empty",))


def test_a_declared_answer_starts_the_reply(advised: Any, enter: Any) -> None:
    request_id = advised.file(text="请问居住证在哪里办理？", title="")
    operator = enter("op")
    page = operator.get(f"/requests/{request_id}").text
    assert f"/requests/{request_id}?entry=residence-permit" in page
    chosen = operator.get(f"/requests/{request_id}?entry=residence-permit").text
    other = operator.get(f"/requests/{request_id}?entry=unknown").text
    counted = [shown.count("A residence permit is applied for") for shown in (page, chosen, other)]
    assert counted == [1, 2, 1]  # listed with its words, and once more where the reply is written


def test_what_the_desk_decided_becomes_an_example_and_what_opened_by_itself_waits_for_one(
    advised: Any, enter: Any
) -> None:
    request_id = advised.file()
    assert list(ledger_examples(advised.reader)) == []
    assert enter("op").decide(request_id, "case", matter="noise", street="st1").status_code == 303
    (example,) = ledger_examples(advised.reader)
    request = advised.request(request_id)
    assert (example.label, example.person) == ("noise", request.received.requester)
    assert "夜间施工" in example.text
    assert example.title == "夜间噪音"


def test_spam_and_silence_wait_with_their_reasons_and_are_found_by_them(advised: Any, enter: Any) -> None:
    spam = advised.file(text="代开发票请联系我" * 12, title="")
    links = advised.file(text="https://offers.example/a https://offers.example/b", title="")
    empty = advised.file(text="。。。", title="")
    said = advised.file(text="小区路灯不亮", title="")
    operator = enter("op")
    flagged = operator.get("/requests?flag=spam&lang=en").text
    assert [one in flagged for one in (spam, links, empty, said)] == [True, False, False, False]
    assert [one in operator.get("/requests?flag=empty").text for one in (spam, empty, said)] == [False, True, False]
    assert said in operator.get("/requests?flag=nonsense").text
    assert "says the same again and again" in text_of(operator.get(f"/requests/{spam}"))
    assert {advised.request(one).state for one in (spam, links, empty)} == {"received"}
