"""What a requester was answered stands on their page in its own words, and may be disputed for a while."""

from __future__ import annotations

import pytest
from litestar.testing import TestClient
from msgspec.structs import replace

from handling.small_district import DAY, actor
from intake.requester_desk import FORM, Person, RequesterDesk, request_by, text_of
from intake.small_desk import Visitor
from sanban.kernel.case.event import CaseClosed, Event
from sanban.kernel.case.state import Case
from sanban.ledger.port import Part, Secret, Submission

ANSWER = "您好，经核实该工地持有夜间施工许可，许可编号可到窗口查询。"
REASON = "现有路幅不足，暂不增设绿化带。"


def signed_in(district: RequesterDesk, name: str) -> Visitor:
    return Visitor(TestClient(district.app(), raise_server_exceptions=False), name)


def answered(district: RequesterDesk, person: Person) -> str:
    """A request that a dispatcher has explained away on the spot; its receipt."""
    receipt = person.file(**FORM)
    request = request_by(district, receipt)
    assert signed_in(district, "disp").decide(request, "answer", text=ANSWER, ending="explained").status_code == 303
    return receipt


def test_an_answer_on_the_spot_is_read_by_its_requester_and_by_who_asks_by_phone(
    district: RequesterDesk, person: Person
) -> None:
    receipt = answered(district, person)
    assert ANSWER in text_of(person.follow(receipt, "1234"))
    told = person.client.post("/api/v1/public/follow", json={"receipt": receipt, "tail": "1234"}).json()
    assert [line["text"] for line in told["history"] if line["what"] == "answered"] == [ANSWER]
    assert ANSWER in text_of(signed_in(district, "op").post("/ask", "/ask", by=receipt))
    assert ANSWER not in district.payloads()


def test_an_answer_on_the_spot_is_disputed_for_the_declared_time_and_not_after(
    district: RequesterDesk, person: Person
) -> None:
    receipt = answered(district, person)
    page = text_of(person.follow(receipt, "1234"))
    assert "It is not solved" in page
    assert "The time for disputing is over" not in page
    assert person.follow(receipt, "1234", act="dispute", words="噪声仍在").status_code == 200
    (_, _, again) = sorted(
        district.reader.query("SELECT recorded_at, number, request FROM request_view WHERE district = :district")
    )[-1]
    assert district.request(again).received.origin == f"request:{request_by(district, receipt)}"
    assert "Follows on" in text_of(signed_in(district, "op").get(f"/requests/{again}"))
    district.now += 31 * DAY
    late = text_of(person.follow(receipt, "1234"))
    assert "It is not solved" not in late
    assert "The time for disputing is over" in late
    assert person.follow(receipt, "1234", act="dispute", words="仍在").status_code == 422


def weighed(district: RequesterDesk, person: Person) -> tuple[str, Case]:
    """A suggestion that was not adopted; its receipt and its case."""
    receipt = person.file(**(FORM | {"text": "提个建议：在路边增设绿化带"}))
    request = request_by(district, receipt)
    assert signed_in(district, "op").decide(request, "case", matter="suggestion", street="st1").status_code == 303
    case = district.request(request).case
    district.took("disp", case, "dispatch", unit="st1")
    district.took("h1", case, "accept")
    return receipt, district.took("h1", case, "finish", note="v:" + "0" * 32)


def closed(district: RequesterDesk, case: Case) -> None:
    """The case is closed with the reason as its note."""
    ref = "v:" + "1" * 32
    part = Part(f"case:{case.id}", "close", {"ending": "not_adopted", "note": ref})
    secrets = (Secret(ref, f"case:{case.id}", "note", REASON),)
    assert (
        district.ledger.submit(Submission(district.command_id(), actor("op"), (part,), secrets=secrets)).refused is None
    )


def test_a_suggestion_that_was_not_adopted_says_why_and_offers_no_dispute(
    district: RequesterDesk, person: Person
) -> None:
    receipt, case = weighed(district, person)
    closed(district, case)
    page = text_of(person.follow(receipt, "1234"))
    assert REASON in page
    assert "The time for disputing is over" not in page
    assert "It is not solved" not in page


def test_a_note_from_before_closings_were_written_for_requesters_stays_with_staff(
    district: RequesterDesk, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No program writes such a closing any more, so what encodes it is replaced."""
    receipt, case = weighed(district, person)
    encode = district.cases.encode

    def as_before(event: Event) -> tuple[str, int, bytes]:
        return encode(replace(event, told=False) if isinstance(event, CaseClosed) else event)

    monkeypatch.setattr(district.cases, "encode", as_before)
    closed(district, case)
    page = text_of(person.follow(receipt, "1234"))
    assert "not adopted" in page
    assert REASON not in page
