"""The desk's pages through the real web shell, as a browser without JavaScript uses them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from litestar.testing import TestClient

from handling.small_district import DAY, NOW, actor
from intake.small_desk import HOUR, PRIVATE, TEXT, Visitor, text_of
from sanban.intake.decide import digest
from sanban.intake.desk.seeing import Age, age_of
from sanban.intake.identity.persons import Identity
from sanban.intake.views import request_of_receipt
from sanban.kernel.case.state import Case
from sanban.ledger.port import Part, Submission

OTHERS = "投诉民宿扰民"


def case_of(desk: Any, request_id: str) -> Case:
    case = desk.reader.state(f"case:{desk.request(request_id).case}")
    assert isinstance(case, Case)
    return case


def test_a_call_is_noted_down_with_a_receipt_and_personal_data_stays_in_the_vault(desk, enter) -> None:
    operator = enter("op")
    page = operator.post("/requests/new", "/requests/new", **PRIVATE, channel="phone", grid="g1", found="yes")
    assert page.status_code == 200
    receipt = re.search(r"<code>([A-Z2-7]{5}) ([A-Z2-7]{5})</code>", page.text)
    assert receipt is not None
    request_id = request_of_receipt(desk.reader, digest(receipt[1] + receipt[2]))
    received = desk.request(request_id).received
    assert f"/requests/{request_id}" in page.text
    assert (received.desk, received.channel, received.grid, received.found) == ("desk", "phone", "g1", True)
    caller = Identity("caller", PRIVATE["phone"])
    assert desk.find_persons([caller]) == {caller: received.requester}
    assert desk.request(request_id).best.matter == "noise"
    stored = desk.payloads()
    assert [word for word in (*PRIVATE.values(), receipt[1] + receipt[2]) if word in stored] == []
    shown = operator.get(f"/requests/{request_id}").text
    assert [word for word in PRIVATE.values() if word not in shown] == []
    assert receipt[1] not in shown


def test_the_same_form_sent_twice_is_one_request_with_one_receipt(desk, enter) -> None:
    operator = enter("op")
    sent = operator.hidden("/requests/new") | PRIVATE
    pages = [operator.client.post("/requests/new", data=sent) for _ in range(2)]
    codes = [re.findall(r"<code>[^<]+</code>|/requests/[0-9a-f-]{36}", page.text) for page in pages]
    assert codes[0] == codes[1] != []
    assert len(desk.reader.query("SELECT request FROM request_view WHERE district = :district")) == 1


def test_two_people_who_say_the_same_words_are_two_requests_and_two_parties(desk, enter) -> None:
    operator = enter("op")
    for _ in range(2):
        assert operator.post("/requests/new", "/requests/new", text=TEXT).status_code == 200
    rows = desk.reader.query("SELECT DISTINCT request, requester FROM request_view WHERE district = :district")
    assert len({row[1] for row in rows}) == len(rows) == 2


def test_who_speaks_for_another_is_named_by_a_pseudonym(desk, enter) -> None:
    enter("op").post("/requests/new", "/requests/new", **PRIVATE, proxy_phone="139 0000 5678")
    ((request_id,),) = desk.reader.query("SELECT request FROM request_view WHERE district = :district")
    speaker = Identity("caller", "13900005678")
    assert desk.find_persons([speaker]) == {speaker: desk.request(request_id).received.proxy}
    assert "5678" not in desk.payloads()


def test_an_erased_person_who_calls_again_is_a_new_one(desk) -> None:
    first = desk.request(desk.file()).received.requester
    assert desk.request(desk.file()).received.requester == first
    desk.erase(first)
    assert desk.request(desk.file()).received.requester != first


def test_a_request_is_found_by_the_number_of_another_system_typed_into_a_form(desk, enter) -> None:
    request_id = desk.file(external_no="SH-2026-000123")
    operator = enter("op")
    assert "SH-2026-000123" in operator.get("/requests").text
    assert "SH-2026-000123" in operator.get(f"/requests/{request_id}").text
    found = operator.post("/requests", "/requests/find", number=" sh-2026-000123 ")
    assert (found.status_code, found.headers["location"]) == (303, f"/requests/{request_id}")
    assert operator.post("/requests", "/requests/find", number="SH-1").headers["location"] == "/requests"
    assert "No request has this number." in operator.get("/requests?lang=en").text
    assert "SH-2026-000123" not in desk.payloads()
    assert enter("lead").client.post("/requests/find", data={"number": "SH-1"}).status_code in {400, 403}


def test_the_words_of_an_unknown_channel_are_shown_to_the_desk_alone(desk, enter) -> None:
    request_id = desk.file(channel="某甲转告")
    assert desk.request(request_id).received.channel == "other"
    assert desk.request(desk.file(channel="kiosk")).received.channel == "kiosk"
    assert "某甲转告" in enter("op").get(f"/requests/{request_id}").text
    assert "某甲转告" not in desk.payloads()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": "  "}, "nothing was said"),
        ({"text": TEXT, "grid": "g9"}, "no grid of this code"),
        ({"text": TEXT, "title": "长" * 201}, "longer than 200"),
        ({"text": TEXT, "name": "长" * 101}, "longer than 100"),
    ],
)
def test_what_cannot_be_noted_down_says_why_and_keeps_what_was_typed(quiet, fields, said) -> None:
    desk, _, operator = quiet
    before = desk.payloads()
    page = operator.post("/requests/new", "/requests/new", **({"phone": "13800001234"} | fields))
    assert page.status_code == 422
    assert said in text_of(page)
    assert "For example:" in page.text
    assert 'value="13800001234"' in page.text
    assert desk.payloads() == before


def test_only_a_confidence_that_was_measured_is_shown_as_a_share(desk, enter) -> None:
    by_words, learned = desk.file(), desk.file(text=OTHERS, title="")
    suggested = {"model": "learned-1", "candidates": [{"matter": "noise", "confidence": 8250, "reasons": ["w:0a1b"]}]}
    part = Part(f"request:{learned}", "suggest", suggested)
    assert desk.ledger.submit(Submission(desk.command_id(), actor("op"), (part,))).refused is None
    operator = enter("op")
    for page in ("/requests", f"/requests/{by_words}", f"/requests/{learned}"):
        assert ("82%" in text_of(operator.get(page))) is (by_words not in page)


def test_the_queue_is_oldest_first_with_the_matter_and_the_words_that_spoke(desk, enter) -> None:
    old = desk.file()
    desk.now += HOUR
    new = desk.file(text=OTHERS, title="")
    desk.now += 3 * HOUR
    page = enter("op").get("/requests?lang=en")
    assert page.text.index(old) < page.text.index(new)
    shown = text_of(page)
    assert "4 h" in shown
    assert not re.search(r"\d+%", shown)
    assert "夜间施工" in shown
    assert "民宿" in shown
    assert TEXT not in page.text


def test_the_queue_pages_on_and_back(desk, enter) -> None:
    ids = []
    for _ in range(53):
        ids.append(desk.file())
        desk.now += 1_000_000
    visitor = enter("disp")
    first = visitor.get("/requests")
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following is not None
    second = visitor.get(following[1].replace("&amp;", "&"))
    assert re.findall(r'href="/requests/([0-9a-f-]{36})"', second.text) == ids[50:]
    back = re.search(r'rel="prev" href="([^"]+)"', second.text)
    assert back is not None
    assert re.findall(r'href="/requests/([0-9a-f-]{36})"', visitor.get(back[1]).text) == ids[:50]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_are_for_those_they_are_for(desk, enter, language) -> None:
    paths = ("/requests", f"/requests/{desk.file()}", "/requests/new")
    found = {}
    for name in ("op", "disp", "coord", "lead", "aud", "h1", "pm", "ver"):
        visitor = enter(name)
        found[name] = [visitor.get(f"{path}?lang={language}").status_code for path in paths]
    decide, see, neither = [200, 200, 200], [200, 200, 403], [403, 403, 403]
    assert found == {
        **dict.fromkeys(("op", "disp", "coord"), decide),
        **dict.fromkeys(("lead", "aud"), see),
        **dict.fromkeys(("h1", "pm", "ver"), neither),
    }


@pytest.mark.parametrize("name", ["lead", "aud"])
def test_overseers_see_codes_and_no_word_of_what_was_said(desk, enter, name) -> None:
    request_id = desk.file()
    visitor = enter(name)
    for path in ("/requests", f"/requests/{request_id}"):
        page = visitor.get(path).text
        assert [word for word in (*PRIVATE.values(), "夜间施工") if word in page] == []
        assert 'method="post" action="/requests' not in page
    for step in ("case", "route", "answer"):
        assert visitor.decide(request_id, step, matter="noise", route="explain", text="x").status_code == 403
    assert desk.request(request_id).state == "received"


def test_a_case_is_opened_and_the_request_leads_there(desk, enter) -> None:
    request_id = desk.file()
    desk.now += HOUR
    operator = enter("op")
    assert re.search(r'<option value="noise" selected', operator.get(f"/requests/{request_id}").text)
    answer = operator.decide(request_id, "case", matter="noise", grid="g2", found="yes")
    case = case_of(desk, request_id)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{case.id}")
    assert (case.matter, case.grid, case.street, case.found) == ("noise", "g2", "st2", True)
    received = desk.request(request_id).received
    assert case.requests[0].received_at == received.received_at
    assert case.place == received.address
    assert (desk.request(request_id).route, desk.request(request_id).state) == ("accept", "linked")
    shown = operator.get(f"/requests/{request_id}").text
    assert f"/cases/{case.id}" in shown
    assert TEXT not in shown
    assert operator.decide(request_id, "case", matter="noise").headers["location"] == f"/cases/{case.id}"
    assert request_id not in operator.get("/requests").text


def test_a_street_alone_places_the_case(desk, enter) -> None:
    request_id = desk.file()
    assert enter("disp").decide(request_id, "case", matter="parking", street="st1").status_code == 303
    assert (case_of(desk, request_id).grid, case_of(desk, request_id).street) == ("", "st1")


def test_a_matter_with_required_fields_asks_for_them_on_a_second_page(desk, enter) -> None:
    request_id = desk.file(text=OTHERS)
    operator = enter("op")
    page = operator.decide(request_id, "case", matter="short-let", grid="g1")
    assert page.status_code == 200
    assert f'name="f-premises" value="{PRIVATE["address"]}"' in page.text
    assert 'name="grid" value="g1"' in page.text
    assert "安居物业" in page.text or "Anju" in page.text
    fields = {"matter": "short-let", "grid": "g1", "stage": "details", "f-fire_risk": "yes", "f-operator": "firm"}
    missing = operator.decide(request_id, "case", **fields)
    assert missing.status_code == 422
    assert "short-let needs premises" in text_of(missing)
    assert re.search(r'<option value="firm" selected', missing.text)
    done = operator.decide(request_id, "case", **fields, **{"f-premises": "和平路12弄3号502室"})
    assert done.status_code == 303
    case = case_of(desk, request_id)
    assert (case.grid, case.fields["fire_risk"], case.subjects) == ("g1", True, {"firm"})
    ref = str(case.fields["premises"])
    assert desk.reader.open_secrets([ref]) == {ref: "和平路12弄3号502室"}
    assert "502室" not in desk.payloads()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"f-times_a_week": "often"}, "a whole number"),
        ({"f-times_a_week": "9" * 20}, "a whole number"),
        ({"f-noise_source": "ghosts"}, "one of building_site"),
    ],
)
def test_fields_that_do_not_fit_are_refused_and_kept(quiet, typed, said) -> None:
    desk, request_id, operator = quiet
    optional = operator.decide(request_id, "case", matter="noise", details="yes")
    assert "f-times_a_week" in optional.text
    page = operator.decide(request_id, "case", matter="noise", stage="details", **typed)
    assert (page.status_code, desk.request(request_id).case) == (422, "")
    assert said in text_of(page)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"matter": "nothing"}, "choose a matter"),
        ({}, "choose a matter"),
        ({"matter": "noise", "grid": "g9"}, "no grid of this code"),
    ],
)
def test_a_case_that_cannot_be_opened_says_why(quiet, fields, said) -> None:
    desk, request_id, operator = quiet
    page = operator.decide(request_id, "case", street="st2", **fields)
    assert page.status_code == 422
    assert said in text_of(page)
    assert re.search(r'<option value="st2" selected', page.text)
    assert desk.request(request_id).case == ""


def test_another_route_is_taken(desk, enter) -> None:
    request_id, coordinator = desk.file(), enter("coord")
    for route in ("explain", "statutory", "emergency", "accept"):
        answer = coordinator.decide(request_id, "route", route=route, officer="left over")
        assert answer.headers["location"] == f"/requests/{request_id}"
        assert desk.request(request_id).route == route


def test_a_clue_to_the_police_names_its_officer_and_its_ground(desk, enter) -> None:
    request_id = desk.file()
    operator = enter("op")
    assert 'value="op"' in operator.get(f"/requests/{request_id}").text
    page = operator.decide(request_id, "route", route="police_clue", officer="disp")
    assert page.status_code == 422
    assert "names its officer" in text_of(page)
    assert 'value="disp"' in page.text
    fields = {"route": "police_clue", "officer": "disp", "ground": "threats"}
    assert "lists its evidence" in text_of(operator.decide(request_id, "route", **fields))
    told = {"evidence": "6月1日来电42次\n\n录音编号 0042"}
    assert operator.decide(request_id, "route", **fields, **told).status_code == 303
    request = desk.request(request_id)
    assert (request.route, request.clue.officer, request.clue.by) == ("police_clue", "disp", "op")
    opened = desk.reader.open_secrets(list(request.clue.evidence))
    assert [opened[ref] for ref in request.clue.evidence] == ["6月1日来电42次", "录音编号 0042"]
    assert "0042" not in desk.payloads()
    assert "录音编号 0042" in operator.get(f"/requests/{request_id}").text
    overseer = enter("lead").get(f"/requests/{request_id}?lang=en")
    assert "2 pieces of evidence" in text_of(overseer)
    assert "录音编号" not in overseer.text


@pytest.mark.parametrize("officer", ["nobody-1", "h1", "pm", "aud"])
def test_a_clue_is_answered_for_by_an_account_that_may(quiet, officer) -> None:
    desk, request_id, operator = quiet
    fields = {"route": "police_clue", "officer": officer, "ground": "threats", "evidence": "录音"}
    page = operator.decide(request_id, "route", **fields)
    assert page.status_code == 422
    assert "may give a clue" in text_of(page)
    assert desk.request(request_id).route == ""


def test_a_request_routed_away_can_still_be_accepted(desk, enter) -> None:
    request_id = desk.file()
    operator = enter("op")
    operator.decide(request_id, "route", route="statutory")
    assert operator.decide(request_id, "case", matter="noise").status_code == 303
    assert desk.request(request_id).route == "accept"


def test_an_operator_alone_closes_no_complaint_on_the_spot(quiet) -> None:
    desk, request_id, operator = quiet
    assert 'name="ending"' not in operator.get(f"/requests/{request_id}").text
    for ending, said in (("explained", "a dispatcher answers"), ("informed", "no question"), ("resolved", "a case")):
        page = operator.decide(request_id, "answer", text="已处理", ending=ending)
        assert (page.status_code, said in text_of(page)) == (422, True)
    assert desk.request(request_id).state == "received"


def test_an_answer_on_the_spot_closes_the_request(desk, enter) -> None:
    request_id = desk.file()
    operator = enter("disp")
    answer = operator.decide(request_id, "answer", text="已说明办理条件", ending="explained")
    assert answer.headers["location"] == "/requests"
    request = desk.request(request_id)
    assert (request.state, request.ending, request.route) == ("closed", "explained", "explain")
    assert desk.reader.open_secrets([request.answer]) == {request.answer: "已说明办理条件"}
    assert "已说明" not in desk.payloads()
    page = operator.get(f"/requests/{request_id}")
    assert "Answer on the spot" not in page.text
    assert operator.decide(request_id, "route", route="explain").status_code == 409


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": "", "ending": "explained"}, "an answer says something"),
        ({"text": "长" * 4001, "ending": "explained"}, "at most 4,000"),
        ({"text": "好的", "ending": ""}, "$.ending"),
        ({"text": "好的", "ending": "vanished"}, "informed, explained, statutory"),
        ({"text": "已让对方停工", "ending": "resolved"}, "informed, explained, statutory"),
        ({"text": "已说明", "ending": "informed"}, "no question"),
    ],
)
def test_an_answer_that_is_refused_is_kept(quiet, fields, said) -> None:
    desk, request_id, _ = quiet
    with TestClient(desk.app(), raise_server_exceptions=False) as client:
        page = Visitor(client, "disp").decide(request_id, "answer", **fields)
    assert page.status_code == 422
    assert said in text_of(page)
    assert fields["text"] in page.text
    assert desk.request(request_id).state == "received"


@pytest.mark.parametrize("path", ["/requests/nothing", "/requests/%20", "/requests/' OR 1=1", "/requests/a:b"])
def test_an_unknown_request_is_missing(quiet, path) -> None:
    assert quiet[2].get(path).status_code == 404


def test_forms_of_an_unknown_request_are_missing_too(quiet) -> None:
    operator = quiet[2]
    assert operator.post("/requests", "/requests/nothing/route", route="explain").status_code == 404


@pytest.mark.parametrize("mark", ["nonsense", "after~x~y", "before~1~", f"after~{'9' * 40}~r", "after~²~r"])
def test_a_mark_that_is_none_is_the_first_page(quiet, mark) -> None:
    _, request_id, operator = quiet
    assert request_id in operator.get(f"/requests?page={mark}").text


@pytest.mark.parametrize(
    ("passed", "age"),
    [
        (-HOUR, Age(0, "minute")),
        (HOUR - 1, Age(59, "minute")),
        (HOUR, Age(1, "hour")),
        (2 * DAY - 1, Age(47, "hour")),
        (2 * DAY, Age(2, "day")),
    ],
)
def test_ages_are_told_in_whole_units(passed, age) -> None:
    assert age_of(NOW, NOW + passed) == age
