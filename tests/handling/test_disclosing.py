"""Who is told what: helpers read a text of their own, masked requesters are shown for a reason, and written to."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handling.small_district import DAY, HOUR, District, actor, worked_case
from handling.test_case_pages import Enter, enter
from sanban.handling.rewording import _places, names_somebody
from sanban.handling.views.case import case_page
from sanban.handling.views.lines import CaseView
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret, Submission

__all__ = ["enter"]

SAYS = "一楼餐饮油烟管检修，请配合现场勘查"


def view(district: District, case_id: str, who: str | Actor) -> CaseView:
    opened = case_page(actor(who) if isinstance(who, str) else who, district.needs, case_id, now=district.now)
    assert opened is not None
    return opened.view


def own_text(district: District, case_id: str, who: str) -> str:
    return next(task.text for task in view(district, case_id, who).tasks if task.mine)


@pytest.fixture
def helped(district: District) -> tuple[District, str]:
    """The street leads, the police and a firm help."""
    case_id = worked_case(district)
    district.took("h1", case_id, "plan", tasks=[{"key": "a", "unit": "firm"}])
    return district, case_id


def test_helpers_read_what_may_stand_until_somebody_writes_their_text(
    helped: tuple[District, str], enter: Enter
) -> None:
    district, case_id = helped
    assert own_text(district, case_id, "cop") == own_text(district, case_id, "pm")
    assert [
        word for person in district.people for word in person.words if word in own_text(district, case_id, "cop")
    ] == []
    answer = enter("op").step(case_id, "reword", task="t2", note=SAYS)
    assert answer.status_code == 303
    assert own_text(district, case_id, "cop") == SAYS
    assert own_text(district, case_id, "pm") != SAYS
    assert SAYS in enter("cop").get(f"/cases/{case_id}").text


def test_the_form_of_a_text_is_filled_in_with_what_may_stand(helped: tuple[District, str], enter: Enter) -> None:
    district, case_id = helped
    page = enter("op").get(f"/cases/{case_id}?lang=en").text
    form = page[page.index('id="step-reword"') :].partition("</form>")[0]
    assert "What this unit has to do" in form
    assert [word for person in district.people for word in person.words if word in form] == []


@pytest.mark.parametrize(
    "text",
    [
        "请联系李001核实",
        "打 138 0000 0001 问一下",
        "和平路001弄001室漏水",
        "房主住12号楼",
        "车牌沪A12345占道",
        "发到a.b@mail.cn",
        "欧阳女士在家等候",
    ],
)
def test_a_text_that_names_somebody_is_refused_on_page_and_in_the_api(
    helped: tuple[District, str], enter: Enter, text: str
) -> None:
    district, case_id = helped
    text = text.replace("李001", district.people[0].name)
    browser = enter("op")
    answer = browser.step(case_id, "reword", task="t2", note=text)
    assert answer.status_code == 422
    assert "is told of no name" in answer.text
    body = {"args": {"task": "t2"}, "note": text}
    called = browser.client.post(f"/api/v1/cases/{case_id}/steps/reword", json=body, headers={"X-Sanban-Request": "1"})
    assert (called.status_code, called.json()["code"]) == (409, "names_somebody")
    assert text not in called.text
    assert all(task.text == "" for task in district.case(case_id).tasks)


def test_an_answer_to_a_supervision_names_nobody_and_is_a_text_to_those_who_read_it(
    district: District, enter: Enter
) -> None:
    case_id = worked_case(district)
    district.took("coord", case_id, "supervise", level="attention")
    person, handler = district.people[-1], enter("h1")
    for told in (f"已与{person.name}联系", f"请回电{person.phone}", f"已到{person.address}"):
        answer = handler.step(case_id, "account_for", note=told)
        assert (answer.status_code, "is told of no name" in answer.text) == (422, True)
    assert handler.step(case_id, "account_for", note="线路已查，明日恢复").status_code == 303
    for who, notes in (("lead", ["线路已查，明日恢复"]), ("aud", ["线路已查，明日恢复"]), ("own", [])):
        assert [line.note for line in view(district, case_id, who).events if line.note] == notes


def test_the_note_of_a_closing_is_written_for_every_requester_and_names_nobody(
    district: District, enter: Enter
) -> None:
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    district.took("h1", case_id, "accept")
    district.took("h1", case_id, "contact", request="r-1")
    district.took("h1", case_id, "finish")
    district.took("ver", case_id, "verify")
    district.took("op", case_id, "call_back", request="r-1", reached=True, resolved="yes")
    person, browser = district.people[-1], enter("op")
    page = browser.get(f"/cases/{case_id}?lang=en").text
    assert "Every requester of the case reads it" in page[page.index('id="step-close"') :].partition("</form>")[0]
    for told in (f"{person.name}已回复", f"已回电{person.phone}", "张女士138…已回复"):
        answer = browser.step(case_id, "close", ending="resolved", note=told)
        assert (answer.status_code, "is told of no name" in answer.text) == (422, True)
        body = {"args": {"ending": "resolved"}, "note": told}
        url = f"/api/v1/cases/{case_id}/steps/close"
        called = browser.client.post(url, json=body, headers={"X-Sanban-Request": "1"})
        assert (called.status_code, called.json()["code"]) == (409, "names_somebody")
    number = district.case(case_id).number
    done = browser.step(case_id, "close", ending="resolved", note=f"您反映的诉求{number}已处理，如有反复30日内可来电")
    assert done.status_code == 303


def test_an_answer_that_came_past_the_check_is_shown_to_those_alone_who_may_read_who_asked(district: District) -> None:
    case_id = worked_case(district)
    district.took("coord", case_id, "supervise", level="attention")
    ref, told = "v:" + "e" * 32, f"已与{district.people[-1].name}联系"
    secret = Secret(ref, f"case:{case_id}", "text", told)
    part = Part(f"case:{case_id}", "account_for", {"note": ref})
    assert (
        district.ledger.submit(Submission(district.command_id(), actor("h1"), (part,), secrets=(secret,))).refused
        is None
    )
    for who, notes in (("h1", [told]), ("lead", []), ("aud", []), ("ver", []), ("own", [])):
        assert [line.note for line in view(district, case_id, who).events if line.note] == notes


@pytest.mark.parametrize(
    "text",
    [
        "住3号502",
        "在3号5",
        "A座1203的住户",
        "座机59123456",
        "138·1234·5678",
        "一三八一二三四五六七八",
        "加微信wxid_abc",
        "微信号：zhang88",
        "车牌沪A·D12345",
        "请联系王女士",
        "和平路12弄",
    ],
)
def test_whatever_may_lead_to_somebody_is_found(worked: tuple[District, str], text: str) -> None:
    district, case_id = worked
    assert names_somebody(district.needs, district.case(case_id), f"请到场，{text}，核实情况")


@pytest.mark.parametrize(
    "text",
    [
        "3号网格路灯不亮，请检修线路",
        "和平路路灯不亮，请于6月15日前检修",
        "请安排师傅上门，上午10:30到场",
        "第1、2、3项已完成，护栏高3.5米",
        "请用微信告知施工单位",
    ],
)
def test_a_task_says_where_and_when_and_what(worked: tuple[District, str], text: str) -> None:
    district, case_id = worked
    assert not names_somebody(district.needs, district.case(case_id), text)


def test_a_named_place_of_an_address_leads_to_somebody_and_its_district_does_not() -> None:
    found = [one.pattern for one in _places("示范区示范一街道幸福路12弄阳光花园3号502室")]
    assert "阳光花园" in found
    assert not any(re.search(pattern, "请示范一街道到幸福路查看") for pattern in found)
    assert any(re.search(pattern, "幸福路12弄") for pattern in found)


WORDS = st.text("检修路灯线路请尽快处理一二三，。 abc-", max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=WORDS, after=WORDS, gap=st.sampled_from(["", " ", "-", "  "]), which=st.sampled_from(["name", "phone"]))
def test_whatever_stands_round_it_and_however_it_is_spaced_a_requester_is_found(
    worked: tuple[District, str], before: str, after: str, gap: str, which: str
) -> None:
    district, case_id = worked
    word = gap.join(getattr(district.people[0], which))
    assert names_somebody(district.needs, district.case(case_id), f"{before}{word}{after}")
    assert not names_somebody(district.needs, district.case(case_id), "检修线路，请尽快处理")


def test_a_masked_lead_sees_a_requester_for_a_reason_and_until_its_time_is_over(
    district: District, enter: Enter
) -> None:
    case_id = district.open_case(matter="medical-service", subject=False, request_kind="complaint")
    district.took("disp", case_id, "dispatch", unit="st1")
    district.took("h1", case_id, "accept")
    person, colleague = district.people[-1], Actor("h9", "handler", unit="st1", unit_kind="street")
    for who in ("h1", colleague):
        seen = view(district, case_id, who).requests[0]
        assert seen.requester is not None
        assert (seen.requester.masked, seen.requester.phone, seen.text) == (
            True,
            f"*******{person.phone[-4:]}",
            person.text,
        )
    browser = enter("h1")
    refused = browser.step(case_id, "unmask")
    assert refused.status_code == 422
    answer = browser.step(case_id, "unmask", ground="to_call")
    assert answer.status_code == 303
    seen = view(district, case_id, "h1").requests[0]
    assert seen.requester is not None
    assert (seen.requester.phone, seen.requester.name, seen.requester.address) == (person.phone, person.name, "")
    assert seen.unmasked_until == district.case(case_id).unmasked[0].until > district.now
    assert "told to the requester" in browser.get(f"/cases/{case_id}?lang=en").text
    other = view(district, case_id, colleague).requests[0]
    assert other.requester is not None
    assert other.requester.masked
    district.pass_time(4 * DAY)
    again = view(district, case_id, "h1").requests[0]
    assert again.requester is not None
    assert (again.requester.masked, again.unmasked_until) == (True, 0)


def test_who_no_longer_leads_no_longer_sees_what_was_unmasked(district: District) -> None:
    case_id = district.open_case(matter="medical-service", subject=False, request_kind="complaint")
    district.took("disp", case_id, "dispatch", unit="st1")
    request = district.case(case_id).requests[0].id
    district.took("h1", case_id, "unmask", request=request, ground="to_call")
    district.took("h1", case_id, "return_order", ground="not_our_duty", note="v:" + "0" * 32)
    district.pass_time(HOUR)
    district.took("disp", case_id, "dispatch", unit="st2")
    district.took("h2", case_id, "accept")
    after = view(district, case_id, "h1")
    assert (after.requests, after.sight.requester) == ((), "none"), "the street the place lies in sees its outline"


def test_a_message_is_read_on_the_case_by_those_who_read_its_words(helped: tuple[District, str], enter: Enter) -> None:
    district, case_id = helped
    request = district.case(case_id).requests[0].id
    answer = enter("h1").step(case_id, "message", request=request, note="明天上午可以上门吗？")
    assert answer.status_code == 303
    notes = {
        who: [line.note for line in view(district, case_id, who).events if line.note] for who in ("h1", "op", "ver")
    }
    assert notes == {"h1": ["明天上午可以上门吗？"], "op": ["明天上午可以上门吗？"], "ver": []}
