"""Filing and following without an account, through the real web shell, as a browser without JavaScript does it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from intake.requester_desk import FORM, NOBODYS, Person, RequesterDesk, opened_case, receipt_on, request_by, text_of
from intake.small_desk import Visitor
from sanban.intake.decide import digest
from sanban.intake.desk.about import asked
from sanban.intake.desk.deciding import Filled, open_case
from sanban.intake.identity.persons import Identity
from sanban.intake.ports import Wish
from sanban.intake.public.allowance import guesses
from sanban.intake.public.following import SYSTEM, Claim, _tail_fits, found
from sanban.kernel.errors import Refused
from sanban.ledger.reading.timers import fire

DAY = 86_400_000_000


@pytest.fixture
def anyone(district: RequesterDesk) -> Iterator[Callable[..., Person]]:
    """Opens a browser: `anyone()`, or `anyone("zh")`."""
    with ExitStack() as stack:

        def opened(language: str = "en") -> Person:
            client = stack.enter_context(TestClient(district.app(), raise_server_exceptions=False))
            return Person(client, language)

        yield opened


def person_of(district: RequesterDesk, phone: str) -> str:
    """The pseudonym of whoever gave this phone."""
    (person,) = district.find_persons([Identity("caller", phone)]).values()
    return person


def test_two_screens_and_a_receipt_file_a_request_as_the_desk_would(district, anyone) -> None:
    person = anyone()
    second = person.send("/file", stage="check", **FORM)
    said = text_of(second)
    assert "Nothing is sent yet" in said
    assert "Noise" in said
    assert "None of these" in said
    assert "Answer by Tue 23 Jun 2026 at the latest" in said
    assert "15 working days, the start day not counted" in said
    assert district.payloads() == ""
    third = person.client.post("/file", data=person.hidden(second.text) | FORM | {"stage": "send", "chosen": "noise"})
    request = district.request(request_by(district, receipt_on(third)))
    received = request.received
    assert (received.channel, received.street, received.matter) == ("web", "st1", "noise")
    assert received.requester == person_of(district, "13800001234")
    assert received.number in text_of(third)
    assert "Answer by Tue 23 Jun 2026" in text_of(third)
    assert str(third.url).endswith("/file")


def test_nothing_personal_stands_in_events_or_on_the_receipt(district, anyone) -> None:
    page = anyone().send("/file", stage="send", **FORM)
    private = [FORM["text"], FORM["address"], FORM["phone"], "13800001234", receipt_on(page)]
    assert [word for word in private if word in district.payloads()] == []
    assert [word for word in private[:4] if word in page.text] == []


def test_none_of_these_lets_no_machine_open_the_case(district, anyone) -> None:
    receipt = receipt_on(anyone().send("/file", stage="send", chosen="none", **FORM))
    request = district.request(request_by(district, receipt))
    assert (request.received.matter, request.auto, request.best.matter) == ("none", False, "noise")


def test_the_same_form_sent_twice_is_one_request_and_a_changed_one_is_another(district, anyone) -> None:
    person = anyone()
    sent = person.hidden(person.send("/file", stage="check", **FORM).text) | {"stage": "send"}
    receipts = [receipt_on(person.client.post("/file", data=sent | FORM)) for _ in range(2)]
    changed = receipt_on(person.client.post("/file", data=sent | FORM | {"text": "别的事情，漏水了"}))
    assert receipts[0] == receipts[1] != changed
    assert len(district.reader.query("SELECT request FROM request_view WHERE district = :district")) == 2


def test_what_is_changed_on_the_second_screen_is_all_still_there(anyone) -> None:
    page = anyone().send("/file", stage="change", behalf="yes", name="欧阳", **FORM).text
    assert [value for value in (*FORM.values(), "欧阳") if value not in page] == []
    assert re.search(r'name="behalf" value="yes" checked', page)
    assert re.search(r'<option value="st1" selected', page)


@pytest.mark.parametrize(
    ("fields", "said", "example"),
    [
        ({"text": " "}, "nothing was said", "小区路灯不亮已有一周"),
        ({"text": "长" * 2001}, "at most 2,000 characters", ""),
        ({"phone": "call me"}, "a phone number has digits", "13800000000"),
        ({"street": "nowhere"}, "no such street", "choose one from the list"),
        ({"website": "http://spam"}, "must stay empty", ""),
    ],
)
def test_what_cannot_be_filed_says_why_with_an_example_and_keeps_what_was_typed(
    district, anyone, fields, said, example
) -> None:
    for stage in ("check", "send"):
        page = anyone().send("/file", stage=stage, **FORM | fields)
        assert page.status_code == 422
        assert said in text_of(page)
        assert example in page.text
        assert FORM["address"] in page.text
    assert district.payloads() == ""


def test_who_asks_for_another_is_the_proxy_and_the_other_the_requester(district, anyone) -> None:
    fields = FORM | {"behalf": "yes", "for_phone": "139 0000 5678"}
    received = district.request(request_by(district, anyone().file(**fields))).received
    assert received.requester == person_of(district, "13900005678")
    assert received.proxy == person_of(district, "13800001234")
    unnamed = district.request(request_by(district, anyone().file(text="替邻居问", behalf="yes"))).received
    assert unnamed.proxy.startswith("person:")
    assert unnamed.proxy != unnamed.requester


def test_an_address_that_files_too_much_waits_and_keeps_what_was_typed(district, anyone) -> None:
    person = anyone()
    for number in range(20):
        person.file(text=f"第{number}件事，路灯不亮")
    page = person.send("/file", stage="send", **FORM)
    assert (page.status_code, FORM["text"] in page.text) == (429, True)
    district.now += 3_600_000_000
    assert person.send("/file", stage="send", **FORM).status_code == 200


def test_a_request_at_the_desk_says_who_has_it_and_that_its_date_is_not_fixed(anyone, district) -> None:
    person = anyone()
    said = text_of(person.follow(person.file(**FORM), "1234"))
    assert "It lies at the desk" in said
    assert "Hotline desk answers for it now" in said
    assert "The date is fixed when the desk has decided" in said
    assert "Received by Hotline desk" in said


def test_a_case_says_its_holder_its_date_why_that_day_and_its_history(district, anyone) -> None:
    person = anyone()
    receipt = person.file(**FORM)
    case = opened_case(district, receipt)
    request = request_by(district, receipt)
    district.took("disp", case, "dispatch")
    assert "waits to be taken on" in text_of(person.follow(receipt, "1234"))
    district.took("h1", case, "accept")
    district.took("h1", case, "contact", request=request)
    said = text_of(person.follow(f"{receipt[:5].lower()} {receipt[5:]}", "+86 138-0000-1234"))
    assert "Heping street answers for it now" in said
    assert "Answer by Tue 23 Jun 2026 at the latest" in said
    assert "2026-06-19: Dragon Boat Festival" in said or "not counted" in said
    for line in (
        "Taken up as a case",
        "Passed to Heping street",
        "Heping street has taken it on",
        "has spoken with you",
    ):
        assert line in said
    assert "h1" not in re.findall(r"\b\w+\b", said)
    assert [word for word in (FORM["text"], FORM["phone"], "欧阳") if word in said] == []


def test_a_request_without_a_phone_is_followed_by_its_receipt_alone(anyone) -> None:
    person = anyone()
    receipt = person.file(**NOBODYS)
    assert person.follow(receipt).status_code == 200
    assert person.follow(receipt, "9999").status_code == 200


class Counting:
    """A reader that writes down what it is asked."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self.asked: list[tuple[str, str]] = []

    def __getattr__(self, name: str) -> Any:
        known = getattr(self._reader, name)

        def asked(*args: Any, **more: Any) -> Any:
            size = str(len(args[0])) if name == "open_secrets" else "" if name == "state" else args[0]
            self.asked.append((name, size))
            return known(*args, **more)

        return asked


def test_no_receipt_and_wrong_digits_take_the_same_statements_and_get_the_same_answer(district, anyone) -> None:
    person = anyone()
    receipt = person.file(**FORM)
    low = min(("A" * 10, "B" * 10, "C" * 10, "D" * 10), key=lambda one: digest(one) > digest(receipt))
    asked, pages = [], []
    for claim in (Claim(receipt, "9999"), Claim(low, "1234"), Claim(receipt, "")):
        counting = Counting(district.reader)
        needs = msgspec.structs.replace(district.public, desk=msgspec.structs.replace(district.needs, reader=counting))
        answer = found(needs, claim, district.now, claim.receipt + claim.tail)
        assert isinstance(answer, Refused)
        asked.append(counting.asked)
        pages.append(answer)
    assert asked[0] == asked[1] == asked[2] != []
    assert pages[0] == pages[1] == pages[2]
    shown = [person.follow(*claim) for claim in ((receipt, "9999"), ("Z" * 10, "1234"))]
    assert {page.status_code for page in shown} == {422}
    plain = [re.sub(r'value="[^"]*"', "", page.text) for page in shown]
    assert plain[0] == plain[1]


def test_guessing_locks_the_address_out_and_the_right_digits_as_well(district, anyone) -> None:
    person = anyone()
    receipt = person.file(**FORM)
    for tail in range(10):
        assert person.follow(receipt, f"{tail:04}").status_code == 422
    assert person.follow(receipt, "1234").status_code == 429
    assert person.follow(person.file(**NOBODYS)).status_code == 429
    district.now += DAY // 96
    assert person.follow(receipt, "1234").status_code == 200


def test_guesses_at_once_are_no_more_than_guesses_in_turn_and_a_right_one_is_none() -> None:
    allowance, keys = guesses(), ("address 1", "receipt 1")
    for _ in range(20):
        assert allowance.take(keys, 0) == 0
        allowance.give_back(keys)
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: allowance.take(keys, 0), range(40)))
    assert waits.count(0) == 10


def test_erased_digits_fit_nothing_and_no_digits_fit_where_none_were_given() -> None:
    assert [_tail_fits("v:1", "", tail) for tail in ("", "1234")] == [False, False]
    assert [_tail_fits("", "", tail) for tail in ("", "1234")] == [True, True]
    assert [_tail_fits("v:1", "138 0000 1234", tail) for tail in ("1234", "13800001234", "234", "")] == [1, 1, 0, 0]


def test_asking_again_is_a_repeat_on_the_case_with_no_clock_of_its_own(district, anyone) -> None:
    person = anyone()
    receipt = person.file(**FORM)
    case_id = opened_case(district, receipt)
    assert "Ask again" not in text_of(person.follow(receipt, "1234"))
    district.now += DAY
    before = district.case(case_id)
    page = person.follow(receipt, "1234", "again", words="昨晚又施工了")
    assert "you asked again; your date stays" in text_of(page)
    assert "You asked again" in text_of(page)
    after = district.case(case_id)
    assert [one.repeat for one in after.requests] == [1, 2]
    assert after.clocks == before.clocks
    assert after.requests[1].promised_at == after.requests[0].promised_at
    assert after.requests[1].requester == after.requests[0].requester
    assert after.priority > before.priority
    assert district.request(after.requests[1].id).case == case_id
    assert person.follow(receipt, "1234", "again").status_code == 422
    assert len(district.case(case_id).requests) == 2
    assert "昨晚" not in district.payloads()


def test_further_words_stand_on_the_file_of_the_case_or_with_the_request(district, anyone) -> None:
    person = anyone()
    receipt = person.file(**FORM)
    assert "You added something" not in text_of(person.follow(receipt, "1234", "add", words="是三号楼"))
    request = district.request(request_by(district, receipt))
    assert list(district.reader.open_secrets(list(request.added)).values()) == ["是三号楼"]
    case_id = opened_case(district, receipt)
    page = person.follow(receipt, "1234", "add", words="物业也在场")
    assert "You added something" in text_of(page)
    noted = district.reader.events(f"case:{case_id}")[-1]
    assert noted.type == "case.noted"
    assert "在场" not in district.payloads()
    assert person.follow(receipt, "1234", "add", words=" ").status_code == 422


def test_further_words_that_name_a_firm_wait_at_the_desk_and_not_where_the_firm_may_read_them(district, anyone) -> None:
    person = anyone()
    receipt = person.file(**FORM)
    case_id = opened_case(district, receipt)
    before = len(district.reader.events(f"case:{case_id}"))
    assert person.follow(receipt, "1234", "add", words="是安居物业让人半夜施工的").status_code == 200
    assert len(district.reader.events(f"case:{case_id}")) == before
    ((waiting,),) = district.reader.query(
        "SELECT request FROM request_view WHERE district = :district AND case_id = ''"
    )
    assert [unit.code for unit in asked(district.needs, district.request(waiting))] == ["firm"]


def test_a_closing_is_disputed_to_the_desk_which_did_not_handle_it(district, anyone) -> None:
    person = anyone()
    receipt = person.file(**FORM)
    case_id = opened_case(district, receipt)
    request_id = request_by(district, receipt)
    assert "It is not solved" not in text_of(person.follow(receipt, "1234"))
    district.closed(request_id, case_id)
    shown = text_of(person.follow(receipt, "1234"))
    assert "Closed: resolved" in shown or "Closed: Resolved" in shown
    assert "It is not solved" in shown
    page = person.follow(receipt, "1234", "dispute", words="还是很吵")
    assert "The desk decides on it, not those who handled it" in text_of(page)
    rows = district.reader.query(
        "SELECT request, owner, requester FROM request_view WHERE district = :district AND case_id = ''"
    )
    ((disputing, owner, requester),) = rows
    disputed = district.request(disputing)
    assert (owner, disputed.received.disputes, requester) == (
        "desk",
        case_id,
        district.request(request_id).received.requester,
    )
    assert district.case(case_id).state == "closed"
    district.now += 40 * DAY
    late = person.follow(receipt, "1234")
    assert "The time for disputing is over" in text_of(late)
    assert person.follow(receipt, "1234", "dispute").status_code == 422


def test_a_date_that_has_passed_is_said_and_stays_said(district, anyone) -> None:
    person = anyone()
    receipt = person.file(**FORM)
    opened_case(district, receipt)
    district.now += 30 * DAY
    fire(district.ledger, district.reader, district.now, SYSTEM)
    assert "The promised date has passed" in text_of(person.follow(receipt, "1234"))
    assert "This date has passed" in text_of(person.follow(receipt, "1234"))


@pytest.mark.parametrize("path", ["/file", "/follow"])
def test_pages_speak_chinese_first_and_large(district, path) -> None:
    with TestClient(district.app()) as client:
        page = client.get(path).text
    assert '<html lang="zh-CN" class="large">' in page
    assert not re.search(r"[A-Za-z]{4,} [a-z]{3,} [a-z]{3,}", re.sub(r"<[^>]+>", " ", page))


def test_an_operator_reads_out_how_it_stands_by_receipt_or_phone_and_the_look_is_on_record(district, anyone) -> None:
    person = anyone()
    receipt = person.file(**FORM)
    district.now += DAY
    later = person.file(**FORM | {"text": "另一件事：路灯不亮"})
    person.file(**NOBODYS)
    with TestClient(district.app(), raise_server_exceptions=False) as client:
        operator = Visitor(client, "op")
        shown = text_of(operator.post("/ask", "/ask", by=f"{receipt[:5]} {receipt[5:]}"))
        assert "It lies at the desk" in shown
        page = operator.post("/ask", "/ask", by="13800001234").text
        first, second = (district.request(request_by(district, one)).received.number for one in (later, receipt))
        assert page.index(first) < page.index(second)
        for nothing in ("1380000123", "1234", "ZZZZZ22222", "欧阳"):
            assert operator.post("/ask", "/ask", by=nothing).status_code == 422
        assert "this number is a placeholder" in text_of(operator.post("/ask", "/ask", by="00000000000"))
    told = [one.about for one in district.looks if one.page == "intake.asked"]
    assert told[:3] == [f"request:{request_by(district, one)}" for one in (receipt, later, receipt)]
    assert set(told[3:]) == {""}
    looks = [one for one in district.reader.since(0, 1000) if one.type == "request.viewed"]
    assert [(one.actor, b'"phone"' in one.payload) for one in looks] == [("op", False), ("op", True), ("op", True)]
    assert "13800001234" not in district.payloads()


def test_looking_up_is_for_the_desk_and_not_about_a_case_of_ones_own(district, anyone) -> None:
    receipt = anyone().file(**FORM)
    with TestClient(district.app(), raise_server_exceptions=False) as client:
        assert Visitor(client, "h1").get("/ask").status_code == 403
    case_id = opened_case(district, receipt)
    assert district.needs.joins.sees(district.people["op"], case_id, district.now)
    assert not district.needs.joins.sees(district.people["pm"], case_id, district.now)


def test_asking_again_about_a_firm_waits_for_the_desk_to_say_so(district, anyone) -> None:
    person = anyone()
    receipt = person.file(**FORM)
    case = opened_case(district, receipt)
    district.now += DAY
    assert person.follow(receipt, "1234", "again", words="安居物业还是不管").status_code == 200
    waiting = district.reader.query("SELECT request FROM request_view WHERE district = :district AND case_id = ''")
    assert (len(waiting), len(district.case(case).requests)) == (1, 1)


def test_asking_again_about_a_firm_that_the_case_is_about_joins_the_case_at_once(district, anyone) -> None:
    person = anyone()
    receipt = person.file(**FORM | {"text": "安居物业夜间施工噪音很大，孩子睡不着。"})
    request = district.request(request_by(district, receipt))
    wish = Wish(key="k", matter="noise", street="st1", about={"firm": True})
    operator = district.people["op"]
    assert open_case(district.needs, operator, "c-1", request, wish, Filled(), district.now) is None
    district.now += DAY
    assert person.follow(receipt, "1234", "again", words="安居物业还是不管").status_code == 200
    assert [one.repeat for one in district.case(district.request(request.id).case).requests] == [1, 2]


def test_whoever_was_erased_and_still_has_the_receipt_adds_and_asks_again_as_somebody_new(district, anyone) -> None:
    person = anyone()
    receipt = person.file(**NOBODYS)
    request = district.request(request_by(district, receipt))
    district.erase(request.received.requester)
    assert person.follow(receipt, "", "add", words="水还没退").status_code == 200
    added = district.request(request.id).added
    assert list(district.reader.open_secrets(list(added)).values()) == ["水还没退"]
    case_id = opened_case(district, receipt)
    district.now += DAY
    assert person.follow(receipt, "", "add", words="又下雨了").status_code == 200
    assert person.follow(receipt, "", "again", words="还是没人来").status_code == 200
    first, again = district.case(case_id).requests
    assert first.requester == request.received.requester
    assert again.requester != first.requester
    text = district.request(again.id).received.text
    assert district.reader.open_secrets([text]) == {text: "还是没人来"}
