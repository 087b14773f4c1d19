"""Requests of firms: a channel of their own, checked credit codes, one named lead, a receipt, and figures apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from intake.small_desk import Visitor, text_of
from sanban.intake.firms.advising import decline
from sanban.intake.firms.credit import LENGTH, SIGNS, check_sign, is_code, plain
from sanban.intake.firms.filing import CODE_EXAMPLE
from sanban.intake.firms.listing import STANDS, FirmPage, firm_requests
from sanban.intake.firms.matching import AT_MOST, Policies
from sanban.intake.firms.profile import Profile, read, written
from sanban.intake.identity.persons import identity_of
from sanban.intake.public.allowance import TOO_MANY, Allowance
from sanban.intake.public.following import Claim, found
from sanban.intake.request import Request
from sanban.kernel.clock.calendar import HOUR
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission
from sanban.main.binding import intake_needs_of, public_needs_of
from sanban.main.house import House, open_house
from sanban.main.serving import application
from sanban.main.setup import init
from sanban.packs.desk.heeds import DESK as DESK_FILES
from sanban.packs.desk.policies import INDUSTRIES, load_policies

OFFERS = "/api/v1/public/firm-policies"
NOW = 1_780_362_000_000_000
DESK = Actor("operator-1", "operator", "hotline", unit_kind="desk")
DISPATCHER = Actor("dispatcher-1", "dispatcher", "centre", unit_kind="centre")
SHIPPED = load_policies((DESK_FILES / "policies",), ZoneInfo("Asia/Shanghai"))
POLICIES = Policies(SHIPPED)
TYPED = {
    "firm": "示范精密仪器有限公司", "code": CODE_EXAMPLE, "contact": "欧阳测试", "phone": "13800001234",
    "text": "想申请临时占道卸货许可，请告知流程。", "address": "和平路88号", "street": "street-01",
}  # fmt: skip


@pytest.mark.parametrize("code", ["91110000802100433B", "91330100799655058B", "9144030071526726XG", CODE_EXAMPLE])
def test_codes_of_known_firms_are_codes(code: str) -> None:
    assert is_code(code)
    assert is_code(plain(f" {code[:8]} {code[8:].lower()} "))


@given(st.text(SIGNS, min_size=LENGTH - 1, max_size=LENGTH - 1), st.integers(0, LENGTH - 1), st.sampled_from(SIGNS))
def test_one_wrong_sign_anywhere_is_found(body: str, place: int, sign: str) -> None:
    code = body + check_sign(body)
    assert is_code(code)
    wrong = code[:place] + sign + code[place + 1 :]
    assert is_code(wrong) == (sign == code[place])


@pytest.mark.parametrize("code", ["", "123", CODE_EXAMPLE[:-1], CODE_EXAMPLE + "1", "I" * 18, "９" * 18, "中" * 18])
def test_what_has_another_shape_is_no_code(code: str) -> None:
    assert not is_code(code)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, TestClient[Any]]]:
    home: Path = tmp_path_factory.mktemp("firms") / "home"
    init(home, code="demo", title="示范区", mode="demo")
    with open_house(home, lambda: NOW) as house:
        house.public_filings = Allowance(100, HOUR)
        with TestClient(application(house), raise_server_exceptions=False) as client:
            yield house, client


def send(client: TestClient[Any], stage: str, **changes: str) -> Any:
    client.get("/firm?lang=en")
    hidden = Visitor.hidden(_Looking(client), "/firm")  # type: ignore[arg-type]  # it looks as a visitor does
    return client.post("/firm", data=hidden | TYPED | {"stage": stage} | changes)


class _Looking:
    """Somebody who has not signed in."""

    def __init__(self, client: TestClient[Any]) -> None:
        self.client = client


TOLD = {"industry": "software", "staff": "12", "founded": "2024"}
PROFILES = st.builds(
    Profile,
    code=st.just(CODE_EXAMPLE),
    industry=st.sampled_from(["", *INDUSTRIES]),
    staff=st.none() | st.integers(0, 10**6),
    founded=st.just(0) | st.integers(1900, 2026),
)


@given(PROFILES, st.text(min_size=1).filter(lambda name: "\n" not in name))
def test_what_a_firm_told_is_read_again_as_it_was_written(profile: Profile, name: str) -> None:
    assert read(written(name, profile)) == profile


def test_an_erased_profile_says_nothing() -> None:
    assert read("").facts(2026) == {}


@pytest.mark.parametrize(
    ("profile", "verdict", "holds"),
    [
        (Profile(CODE_EXAMPLE, "software", 12, 2024), "fits", [True, True, True, True]),
        (Profile(CODE_EXAMPLE, "software"), "open", [True, True, None, None]),
        (Profile("91110000802100433B", "software", 12, 2024), "fails", [False, True, True, True]),
        (Profile(CODE_EXAMPLE, "catering", 12, 2000), "fails", [True, False, False, True]),
    ],
)
def test_each_condition_of_a_policy_is_told_by_itself(profile: Profile, verdict: str, holds: list[bool | None]) -> None:
    matches = POLICIES.matching(profile, "想申请房租补贴", 2026, NOW)
    rent = next(one for one in matches if one.code == "rent-support")
    assert (rent.verdict, [one.holds for one in rent.conditions], rent.words[0]) == (verdict, holds, "房租")
    assert matches == POLICIES.matching(profile, "想申请房租补贴", 2026, NOW)


def test_a_policy_that_fails_is_told_only_to_whom_it_was_asked_about_and_stands_last() -> None:
    far = Profile("91110000802100433B", "software", 500, 1950)
    assert [one.code for one in POLICIES.matching(far, "路灯不亮", 2026, NOW)] == []
    asked = POLICIES.matching(Profile(CODE_EXAMPLE, "software", 50, 1950), "房租太高", 2026, NOW)
    assert [(one.code, one.verdict) for one in asked] == [("hiring-support", "fits"), ("rent-support", "fails")]
    assert Policies(SHIPPED).matching(far, "房租", 2026, 0) == ()


@pytest.mark.parametrize(
    ("field", "typed"),
    [("industry", "mining!"), ("staff", "-1"), ("staff", "1.5"), ("founded", "1800"), ("founded", "2999")],
)
def test_what_a_firm_tells_of_itself_is_checked(served: tuple[House, TestClient[Any]], field: str, typed: str) -> None:
    answer = send(served[1], "check", **{field: typed})
    assert answer.status_code == 422
    assert f'id="{field}"' in answer.text


def test_a_firm_files_in_two_screens_knows_its_manager_and_day_and_gets_a_receipt(
    served: tuple[House, TestClient[Any]],
) -> None:
    house, client = served
    second = send(client, "check")
    assert second.status_code == 200
    for words in ("Service manager for firms", "Answer by", TYPED["firm"], CODE_EXAMPLE):
        assert words in text_of(second)
    assert house.reader.query("SELECT COUNT(*) FROM request_view WHERE district = :district") == [(0,)]
    sent = send(client, "send", form="a-form")
    assert "Your receipt" in text_of(sent)
    assert send(client, "send", form="a-form").status_code == 200
    rows = house.reader.query("SELECT request, channel, matter FROM request_view WHERE district = :district")
    assert [(channel, matter) for _, channel, matter in rows] == [("firm", "firm-request")]
    received = house.reader.state(f"request:{rows[0][0]}").received
    told = house.reader.open_secrets([received.firm, received.name])
    assert told == {received.firm: f"{TYPED['firm']} {CODE_EXAMPLE}", received.name: "欧阳测试"}
    events = "".join(one.payload.decode() for one in house.reader.since(0, 1000))
    assert CODE_EXAMPLE not in events
    assert TYPED["firm"] not in events


@pytest.mark.parametrize(
    ("field", "value"),
    [("code", "91310109MA1G000012"), ("firm", ""), ("contact", ""), ("phone", "none"), ("text", ""), ("street", "x")],
)
def test_what_is_wrong_is_said_at_its_field_with_all_that_was_typed(
    served: tuple[House, TestClient[Any]], field: str, value: str
) -> None:
    shown = send(served[1], "send", **{field: value})
    assert shown.status_code == 422
    assert "For example:" in text_of(shown)
    assert TYPED["firm" if field != "firm" else "contact"] in shown.text


@pytest.mark.parametrize("field", ["firm", "contact", "address"])
@pytest.mark.parametrize("sign", ["\n", "\r", "\u2028", "\x1b"])
def test_a_line_of_the_form_stays_one_line(field: str, sign: str, served: tuple[House, TestClient[Any]]) -> None:
    house, client = served
    count = "SELECT COUNT(*) FROM request_view WHERE district = :district"
    before = house.reader.query(count)
    assert send(client, "send", **{field: f"示范{sign}staff=x"}).status_code == 422
    assert house.reader.query(count) == before


@given(st.text())
def test_whatever_stands_in_the_vault_a_profile_is_read_of_it(text: str) -> None:
    for line in (text, f"\nstaff={text} founded={text}", "示范\nstaff=x founded=²"):
        assert isinstance(read(line), Profile)


def test_going_back_keeps_what_was_typed_and_a_program_is_asked_to_leave_the_last_field(
    served: tuple[House, TestClient[Any]],
) -> None:
    assert TYPED["text"] in send(served[1], "change").text
    assert send(served[1], "send", website="x").status_code == 422


def test_a_firms_request_runs_as_a_case_of_its_own_with_one_lead_and_is_counted_apart(
    served: tuple[House, TestClient[Any]],
) -> None:
    house, client = served
    send(client, "send", form="to-be-handled")
    needs = intake_needs_of(house)
    page = firm_requests(DESK, needs, NOW, "", "open")
    assert isinstance(page, FirmPage)
    request = page.lines[0].request
    operator = Visitor(client, "operator-1")
    assert f"{TYPED['firm']} {CODE_EXAMPLE}" in text_of(operator.get(f"/requests/{request}"))
    fields = {"matter": "firm-request", "street": "street-01", "stage": "details", "f-asks_for": "permit"}
    assert operator.decide(request, "case", **fields).status_code == 303
    case_id = house.reader.state(f"request:{request}").case
    dispatch = Submission("dispatch-1", DISPATCHER, (Part(f"case:{case_id}", "dispatch"),))
    assert house.ledger.submit(dispatch).refused is None
    case = house.reader.state(f"case:{case_id}")
    assert (case.matter, case.state, case.lead) == ("firm-request", "dispatched", "firm-service")
    listed = text_of(operator.get("/firms?stands=received"))
    assert "filed" in listed
    for stands in STANDS:
        found = firm_requests(DESK, needs, NOW, "2026-06", stands)
        assert isinstance(found, FirmPage)
        assert found.received == found.open + found.closed
        assert len(found.lines) == getattr(found, stands)


def test_firms_requests_are_listed_for_the_desk_and_overseers_alone(served: tuple[House, TestClient[Any]]) -> None:
    house, client = served
    worker = Actor("handler-1", "handler", "street-01", unit_kind="street")
    refused = firm_requests(worker, intake_needs_of(house), NOW, "", "open")
    assert isinstance(refused, Refused)
    assert isinstance(firm_requests(DESK, intake_needs_of(house), NOW, "", "lost"), Refused)
    empty = firm_requests(DESK, intake_needs_of(house), NOW, "2020-01", "open")
    assert isinstance(empty, FirmPage)
    assert (empty.received, empty.lines) == (0, ())
    assert Visitor(client, "handler-street-01").get("/firms").status_code == 403


def test_the_desk_is_shown_the_policies_of_a_firm_with_their_conditions(
    served: tuple[House, TestClient[Any]],
) -> None:
    house, client = served
    send(client, "send", form="policy-form", text="办公场地房租太高，有没有补贴？", **TOLD)
    newest = (
        "SELECT request FROM request_view WHERE district = :district ORDER BY recorded_at DESC, number DESC LIMIT 1"
    )
    ((request,),) = house.reader.query(newest)
    operator = Visitor(client, DESK.id)
    shown = text_of(operator.get(f"/requests/{request}"))
    assert "Policies for this firm" in shown
    assert "Rent support for young technology firms" in shown
    assert "holds: Founded less than five years ago" in shown
    answer = client.get(f"/api/v1/requests/{request}/policies").json()["items"]
    assert (answer[0]["code"], answer[0]["verdict"]) == ("rent-support", "fits")
    client.post("/sign-out", data=operator.hidden("/requests"))


def opened(client: TestClient[Any], **said: str) -> dict[str, str]:
    """A firm's request as its receipt opens it."""
    client.cookies.clear()
    page = send(client, "send", **(TOLD | said))
    found = re.search(r'class="receipt" translate="no"><span>(\w{5})</span> <span>(\w{5})</span>', page.text)
    assert found is not None
    assert 'href="/firm/policies"' in page.text
    return {"receipt": found[1] + found[2], "tail": TYPED["phone"][-4:]}


def test_a_firm_that_declines_a_policy_is_offered_it_no_more_in_any_of_its_requests_and_is_counted_with_its_reason(
    served: tuple[House, TestClient[Any]],
) -> None:
    house, client = served
    rent = "Rent support for young technology firms"
    claim = opened(client, form="declines", text="办公场地房租太高，有没有补贴？", code="91310109MA1G00017C")
    again = opened(client, form="asks again", text="房租补贴怎么申请？", code="91310109ma1g00017c")
    other = opened(client, form="another firm", text="房租补贴怎么申请？")
    hidden = Visitor.hidden(_Looking(client), "/firm/policies")  # type: ignore[arg-type]  # as a visitor does
    shown = text_of(client.post("/firm/policies", data=hidden | claim))
    assert rent in shown
    assert "holds: Founded less than five years ago" in shown
    declined = client.post(
        "/firm/policies/decline", data=hidden | claim | {"policy": "rent-support", "reason": "other"}
    )
    assert (declined.status_code, "declined another reason" in text_of(declined)) == (200, True)
    verdicts = {
        name: {one["code"]: one["declined"] for one in _offers(client, each)}
        for name, each in (("same firm", again), ("other firm", other))
    }
    assert verdicts["same firm"]["rent-support"] == "other"
    assert verdicts["other firm"]["rent-support"] == ""
    page = firm_requests(DESK, intake_needs_of(house), NOW, "", "received")
    assert isinstance(page, FirmPage)
    assert [(one.policy, one.reason, len(one.requests)) for one in page.declined] == [("rent-support", "other", 1)]
    operator = Visitor(client, DESK.id)
    assert "Policies that firms declined in this month" in text_of(operator.get("/firms"))
    asked = page.declined[0].requests[0].request
    assert "The firm does not want to hear of it: another reason" in text_of(operator.get(f"/requests/{asked}"))
    stored = "".join(one.payload.decode() for one in house.reader.since(0, 1000))
    assert "MA1G00017" not in stored


def test_nothing_leads_to_what_was_declined_once_the_firm_was_erased(served: tuple[House, TestClient[Any]]) -> None:
    """Not even the keys of the house: the stream is named by a pseudonym that the vault alone gave."""
    house, client = served
    code = "91310109MA1G00041"
    claim = opened(client, form="gone", text="房租补贴怎么申请？", code=code + check_sign(code))
    said = claim | {"policy": "rent-support", "reason": "other"}
    assert client.post(f"{OFFERS}/decline", json=said).status_code == 200
    assert {one["code"] for one in _offers(client, claim) if one["declined"]} == {"rent-support"}
    firm = identity_of("firm", code + check_sign(code), "")
    assert firm is not None
    house.ledger.erase_person(intake_needs_of(house).find([firm])[firm], DESK, NOW)
    assert not any(one["declined"] for one in _offers(client, claim))


def test_whoever_types_the_public_code_of_a_firm_reads_nothing_that_it_declined_and_declines_nothing_for_it(
    served: tuple[House, TestClient[Any]],
) -> None:
    _, client = served
    own = opened(client, form="the firm", text="房租补贴怎么申请？", code="91310109MA1G000332")
    rival = opened(client, form="a rival", text="房租补贴怎么申请？", code="91310109MA1G000332", phone="13800005555")
    rival |= {"tail": "5555"}

    def declined(claim: dict[str, str], **said: str) -> dict[str, str]:
        if said:
            assert client.post(f"{OFFERS}/decline", json=claim | said).status_code == 200
        return {one["code"]: one["declined"] for one in _offers(client, claim)}

    assert declined(own, policy="rent-support", reason="other")["rent-support"] == "other"
    assert set(declined(rival).values()) == {""}
    assert declined(rival, policy="rent-support", reason="not_needed")["rent-support"] == "not_needed"
    assert declined(own)["rent-support"] == "other"


def test_the_api_declines_and_takes_back_once_however_often_it_is_sent(served: tuple[House, TestClient[Any]]) -> None:
    house, client = served
    claim = opened(client, form="by program", text="房租补贴怎么申请？", code="91310109MA1G000257")
    keyed = {"Idempotency-Key": "0197c3e2-7b1d-7000-8000-00000000d001"}
    body = claim | {"policy": "rent-support", "reason": "not_needed"}
    answers = [client.post(f"{OFFERS}/decline", json=body, headers=keyed).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["items"][-1]["declined"] == "not_needed"
    back = client.post(f"{OFFERS}/decline", json=claim | {"policy": "rent-support"}).json()["items"]
    assert {one["declined"] for one in back} == {""}
    kinds = [one.type for one in house.reader.since(0, 1000) if one.stream.startswith("firm:")]
    assert kinds[-2:] == ["policy.declined", "policy.reconsidered"]


def test_what_is_declined_takes_the_place_of_no_policy_and_stays_to_be_taken_back() -> None:
    copies = [msgspec.structs.replace(one, code=f"{one.code}-{n}") for one in SHIPPED for n in range(AT_MOST)]
    every = Policies(copies)
    profile = Profile(CODE_EXAMPLE, "software", 12, 2024)
    first = every.matching(profile, "房租补贴", 2026, NOW)
    declined = {one.code: "other" for one in first}
    then = every.matching(profile, "房租补贴", 2026, NOW, declined)
    assert [one.declined for one in then] == [""] * AT_MOST + ["other"] * AT_MOST
    assert {one.code for one in then[AT_MOST:]} == set(declined)


def test_declining_counts_with_what_an_address_files_and_is_listed_within_bounds(
    served: tuple[House, TestClient[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, client = served
    desk = intake_needs_of(house)
    needs = msgspec.structs.replace(public_needs_of(house, desk), filing=Allowance(1, HOUR))
    claim = opened(client, form="declines often", text="房租补贴怎么申请？", code="91310109MA1G000332")
    request = found(needs, Claim(**claim), NOW, "here")
    assert isinstance(request, Request)
    told = [decline(needs, request, f"{place}", "rent-support", "not_eligible", NOW, "here") for place in range(2)]
    assert told == [None, TOO_MANY]
    monkeypatch.setattr("sanban.intake.firms.listing.DECLINED_AT_MOST", 0)
    page = firm_requests(DESK, desk, NOW, "", "received")
    assert isinstance(page, FirmPage)
    assert [(one.count, one.requests) for one in page.declined if one.reason == "not_eligible"] == [(1, ())]


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"policy": "no-such"}, 409, "unknown_policy"),
        ({"reason": "because"}, 400, "malformed"),
        ({"tail": "0000"}, 404, "not_found"),
    ],
)
def test_nobody_declines_what_is_not_offered_or_without_the_receipt(
    served: tuple[House, TestClient[Any]], changed: dict[str, str], status: int, code: str
) -> None:
    _, client = served
    claim = opened(client, form=f"wrong {code}", text="房租补贴怎么申请？")
    answer = client.post(f"{OFFERS}/decline", json=claim | {"policy": "rent-support", "reason": "other"} | changed)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_residents_receipt_opens_no_policies(served: tuple[House, TestClient[Any]]) -> None:
    _, client = served
    filed = client.post("/api/v1/public/requests", json={"text": "小区路灯不亮", "phone": TYPED["phone"]}).json()
    answer = client.post(OFFERS, json={"receipt": filed["receipt"], "tail": TYPED["phone"][-4:]})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_a_firm")


def test_nobody_speaks_for_a_firm_who_filed_none_of_its_requests(served: tuple[House, TestClient[Any]]) -> None:
    house, client = served
    opened(client, form="spoken for", text="房租补贴怎么申请？")
    page = firm_requests(DESK, intake_needs_of(house), NOW, "", "received")
    assert isinstance(page, FirmPage)
    args = {"policy": "rent-support", "request": page.lines[0].request, "reason": "other"}
    for actor in (DESK, Actor("person:x", "requester", party="person:x")):
        part = Part("firm:0197c3e2-7b1d-7000-8000-000000000001", "decline", args)
        refused = house.ledger.submit(Submission(f"speaks {actor.id}", actor, (part,))).refused
        assert refused is not None
        assert refused.reason == "not_permitted"


def _offers(client: TestClient[Any], claim: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.post(OFFERS, json=claim).json()["items"]
    return found
