"""People hear what becomes of their request, at decent hours, once; units hear what they have to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from notices.telling_house import DAY, DISPATCHER, HOUR, OPERATOR, PHONE, Telling, handler
from sanban.adapters.carriers import MemoryCarrier
from sanban.intake.desk.gathering import Gathered, gather
from sanban.kernel.notice import Carried
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret, Submission
from sanban.main.binding import intake_needs_of
from sanban.web.access.officers import Officer, Officers

NO_ANSWER = Carried("later", "no_answer")


def test_a_request_is_confirmed_with_its_receipt_and_number(telling: Telling) -> None:
    taken = telling.receive()
    assert telling.go_on().sent == 1
    (text,) = telling.texts()
    assert taken.receipt in text
    assert taken.number in text


def test_a_person_hears_who_holds_the_case_and_by_which_day_and_the_unit_what_it_has_to_do(telling: Telling) -> None:
    taken = telling.receive()
    case_id = telling.dispatched(taken.request)
    case = telling.case(case_id)
    unit = telling.house.district.duty.unit_at(case.lead, telling.now)
    assert unit is not None
    promised = telling.house.calendar.local_end(case.requests[0].promised_at or 0)[:10]
    assert unit.title_zh in telling.texts()[-1]
    assert promised in telling.texts()[-1]
    assert any(case.number in text for text in telling.texts("13911110001"))


def test_nothing_personal_stands_in_the_outbox_nor_in_any_event(telling: Telling) -> None:
    telling.receive()
    telling.go_on()
    told = "\n".join(one.payload.decode() for one in telling.house.reader.since(0, 1000))
    assert "notice.sent" in {one.type for one in telling.house.reader.since(0, 1000)}
    assert PHONE not in told + str(telling.outbox())
    assert "查询码" not in told + str(telling.outbox())


def test_people_are_left_alone_at_night_and_told_in_the_morning(telling: Telling) -> None:
    telling.now += 13 * HOUR
    telling.receive()
    assert (telling.go_on().sent, telling.texts()) == (0, [])
    assert telling.go_on(9 * HOUR + 60_000_000).sent == 0
    assert telling.go_on(HOUR).sent == 1


def test_the_ending_is_told_as_it_is(telling: Telling) -> None:
    taken = telling.receive()
    case_id = telling.opened(taken.request)
    telling.step(case_id, "close_explained", ending="explained")
    telling.go_on()
    assert "已解释说明" in telling.texts()[-1]


def test_everybody_whose_requests_became_one_case_is_told_how_it_ends(telling: Telling) -> None:
    phones = ["13800002468", "13800003579", "13800004681"]
    requests = [telling.receive(phone=phone).request for phone in phones]
    done = gather(intake_needs_of(telling.house), OPERATOR, telling.command_id(), requests, "noise", "", telling.now)
    assert isinstance(done, Gathered)
    telling.step(done.case, "close_explained", ending="explained")
    telling.go_on()
    assert ["已解释说明" in telling.texts(phone)[-1] for phone in phones] == [True, True, True]


def test_an_answer_on_the_spot_is_told_with_its_words(telling: Telling) -> None:
    taken = telling.receive()
    args = {"text": "v:" + "0" * 32, "ending": "explained"}
    secret = Secret(args["text"], telling.person(taken.request), "text", "施工已于今晨停止")
    part = Part(f"request:{taken.request}", "answer", args)
    telling.submit(Submission("", DISPATCHER, (part,), secrets=(secret,)), DISPATCHER)
    telling.go_on()
    assert "已答复（已解释说明）：施工已于今晨停止" in telling.texts()[-1]


def test_a_missed_limit_is_told_to_the_unit_at_once_and_goes_up_the_chain_while_it_lasts(telling: Telling) -> None:
    taken = telling.receive()
    case_id = telling.dispatched(taken.request)
    lead = telling.case(case_id).lead
    telling.step(case_id, "accept", handler(lead))
    telling.go_on()
    for _ in range(40):
        telling.go_on(DAY)
        if "missed" in telling.states():
            break
    rows = [row for row in telling.outbox() if row["kind"] in ("missed", "escalated")]
    assert {row["recipient"] for row in rows if row["kind"] == "missed"} == {lead}
    assert {row["state"] for row in rows if row["kind"] == "missed"} == {"sent"}
    assert any(row["kind"] == "escalated" for row in rows)


def test_a_unit_is_reminded_before_a_limit_ends_and_told_at_that_instant_as_is_the_one_above(telling: Telling) -> None:
    taken = telling.receive()
    case_id = telling.dispatched(taken.request)
    lead = telling.case(case_id).lead
    telling.step(case_id, "accept", handler(lead))
    telling.step(case_id, "contact", handler(lead), request=taken.request)
    clock = next(one for one in telling.case(case_id).clocks if one.limit == "resolve")
    assert clock.remind_at is not None
    assert clock.due_at is not None
    above = telling.case(case_id).desk
    reminded, missed, escalated = ("reminded", lead), ("missed", lead), ("escalated", above)
    for instant, kinds in (
        (clock.remind_at - 1, set()),
        (clock.remind_at, {reminded}),
        (clock.due_at - 1, {reminded}),
        (clock.due_at, {reminded, missed, escalated}),
    ):
        telling.go_on(instant - telling.now)
        rows = [row for row in telling.outbox() if row["kind"] in ("reminded", "missed", "escalated")]
        assert {(row["kind"], row["recipient"]) for row in rows} == kinds


def test_a_station_is_reminded_of_its_own_time_and_its_unit_hears_when_it_is_over(telling: Telling) -> None:
    taken = telling.receive()
    case_id = telling.dispatched(taken.request)
    lead = telling.case(case_id).lead
    telling.step(case_id, "accept", handler(lead))
    telling.step(case_id, "contact", handler(lead), request=taken.request)
    telling.step(case_id, "pass_down", handler(lead), station="grids-01a")
    task = telling.case(case_id).tasks[0]
    assert task.inner_remind_at is not None
    assert task.inner_due_at is not None
    for instant in (task.inner_remind_at, task.inner_due_at):
        telling.go_on(instant - telling.now)
        telling.go_on(9 * HOUR)
    own = [text for text in telling.texts("13911110004") if "本级办理时限" in text]
    assert [text[:3] for text in own] == ["催办：", "超时："]
    assert [text[:3] for text in telling.texts("13911110001") if "本级办理时限" in text] == ["提级："]


def test_officers_of_a_unit_on_duty_are_told_at_their_own_address_and_others_are_not(telling: Telling) -> None:
    people = (("handler-1", "street-01", "handler-street-01"), ("handler-9", "street-01", ""), ("else-1", "police", ""))
    for number, (account, unit, party) in enumerate(people):
        add_address(telling, account, unit, f"sms:1392222000{number}", party)
    taken = telling.receive()
    number = telling.case(telling.dispatched(taken.request)).number
    told = [any(number in text for text in telling.texts(f"1392222000{place}")) for place in range(3)]
    assert told == [True, False, False]
    assert any(number in text for text in telling.texts("13911110001")), "the unit's own address is told as well"
    assert "1392222" not in "\n".join(one.payload.decode() for one in telling.house.reader.since(0, 1000))


def test_a_unit_without_an_address_is_told_through_its_officers_until_they_leave_it(telling: Telling) -> None:
    add_address(telling, "clerk-1", "street-02", "sms:13922220009")
    taken = telling.receive()
    case_id = telling.opened(taken.request, street="street-02")
    telling.step(case_id, "dispatch")
    telling.house.run()
    add_address(telling, "clerk-1", "street-03", "sms:13922220009")
    telling.go_on()
    rows = [row for row in telling.outbox() if row["recipient"] == "officer:street-02:clerk-1"]
    assert [(row["kind"], row["state"], row["code"]) for row in rows] == [("task", "withdrawn", "no_address")]
    assert telling.texts("13922220009") == []


def test_whose_address_moved_to_another_channel_is_told_there(telling: Telling) -> None:
    add_address(telling, "clerk-1", "street-02", "sms:13922220009")
    taken = telling.receive()
    case_id = telling.opened(taken.request, street="street-02")
    telling.step(case_id, "dispatch")
    telling.house.run()
    add_address(telling, "clerk-1", "street-02", "mail:clerk@street.example")
    telling.go_on()
    assert [one.to for one in mail_of(telling).carried.values()] == ["clerk@street.example"]
    assert "clerk@street.example" not in {one.to for one in telling.sms.carried.values()}


def test_who_is_off_duty_when_a_notice_is_carried_gets_none_and_who_came_on_duty_since_gets_it(
    telling: Telling,
) -> None:
    add_address(telling, "weekday-1", "street-01", "sms:13922220001", "handler-street-01")
    add_address(telling, "weekend-1", "street-01", "sms:13922220002", "handler-street-01-b")
    add_address(telling, "weekend-2", "street-01", "sms:13922220003")
    case_id = telling.opened(telling.receive().request)
    telling.step(case_id, "dispatch")
    telling.house.run()
    queued = {row["recipient"] for row in telling.outbox() if row["kind"] == "task"}
    assert queued == {"officer:street-01:weekday-1", "street-01"}
    telling.now += 4 * DAY + HOUR
    telling.house.deliver()
    number = telling.case(case_id).number
    told = [sum(number in text for text in telling.texts(f"1392222000{place}")) for place in (1, 2, 3)]
    assert told == [0, 1, 0]


def test_what_still_waits_for_one_who_left_goes_to_whoever_came_though_another_who_left_was_told(
    telling: Telling,
) -> None:
    case_id = queued_for(telling, {"clerk-a": "sms:13922220001", "clerk-c": "mail:c@street.example"})
    mail_of(telling).answer_next([NO_ANSWER])
    telling.house.deliver()
    change_places(telling, ("clerk-a", "clerk-c"), {"clerk-b": "sms:13922220002"})
    telling.go_on(HOUR)
    number = telling.case(case_id).number
    assert [sum(number in text for text in telling.texts(f"1392222000{place}")) for place in (1, 2)] == [1, 1]
    assert telling.states()["task"] == ["sent", "sent"]


@pytest.mark.parametrize("first", [(), (NO_ANSWER,), (NO_ANSWER, NO_ANSWER)], ids=["at once", "later", "much later"])
def test_two_who_came_for_two_who_left_are_told_once_each_whenever_it_is_carried(
    telling: Telling, first: tuple[Carried, ...]
) -> None:
    case_id = queued_for(telling, {"clerk-a": "sms:13922220001", "clerk-c": "sms:13922220003"})
    change_places(telling, ("clerk-a", "clerk-c"), {"clerk-b": "sms:13922220002", "clerk-d": "mail:d@street.example"})
    mail_of(telling).answer_next(first)
    for _ in range(3):
        telling.go_on(HOUR)
    number = telling.case(case_id).number
    assert [sum(number in text for text in telling.texts(f"1392222000{place}")) for place in (1, 2, 3)] == [0, 1, 0]
    assert [one.to for one in mail_of(telling).carried.values()] == ["d@street.example"]
    told = {row["recipient"] for row in telling.outbox() if row["kind"] == "task"}
    assert told == {"officer:street-02:clerk-b", "officer:street-02:clerk-d"}, "the outbox says who was told"


def test_who_came_and_may_not_know_keeps_the_other_who_came_from_nothing(telling: Telling) -> None:
    case_id = queued_for(telling, {"clerk-a": "sms:13922220001", "clerk-c": "sms:13922220003"})
    change_places(telling, ("clerk-a", "clerk-c"), {"clerk-d": "sms:13922220004"})
    add_address(telling, "clerk-b", "street-02", "sms:13922220002", "firm-anjia")
    telling.step(case_id, "name_subject", party="firm-anjia", ground="said")
    telling.house.deliver()
    number = telling.case(case_id).number
    assert [sum(number in text for text in telling.texts(f"1392222000{place}")) for place in (2, 4)] == [0, 1]


def test_who_comes_on_duty_and_is_whom_the_case_is_about_gets_none_either(telling: Telling) -> None:
    add_address(telling, "weekday-1", "street-01", "sms:13922220001", "handler-street-01")
    add_address(telling, "handler-street-01-b", "street-01", "sms:13922220002", "firm-anjia")
    case_id = telling.opened(telling.receive().request)
    telling.step(case_id, "dispatch")
    telling.house.run()
    telling.step(case_id, "name_subject", party="firm-anjia", ground="said")
    telling.now += 4 * DAY + HOUR
    telling.house.deliver()
    assert telling.texts("13922220002") == []


def add_address(telling: Telling, account: str, unit: str, notify: str, party: str = "") -> None:
    officer = Officer(account=account, role="handler", unit=unit, party=party, notify=notify)
    Officers(telling.house.home.folder).put(officer)


def queued_for(telling: Telling, officers: dict[str, str]) -> str:
    """A case sent to a unit whose officers, each with an address, are not told yet; its id."""
    for account, notify in officers.items():
        add_address(telling, account, "street-02", notify)
    case_id = telling.opened(telling.receive().request, street="street-02")
    telling.step(case_id, "dispatch")
    telling.house.run()
    return case_id


def change_places(telling: Telling, leaving: Sequence[str], coming: dict[str, str]) -> None:
    for account in leaving:
        add_address(telling, account, "street-03", "sms:13922220009")
    for account, notify in coming.items():
        add_address(telling, account, "street-02", notify)


def mail_of(telling: Telling) -> MemoryCarrier:
    mail = telling.house.carriers["mail"]
    assert isinstance(mail, MemoryCarrier)
    return mail


@pytest.mark.parametrize(
    ("hours_later", "matter", "fields", "told"),
    [
        (0, "power-outage", {"device_at_home": True}, []),
        (13, "power-outage", {"device_at_home": True}, ["centre"]),
        (13, "power-outage", {"device_at_home": False}, []),
        (18, "noise", {}, []),
    ],
    ids=[
        "in office hours",
        "an emergency at night",
        "no emergency of a unit with a roster",
        "due soon in office hours",
    ],
)
def test_out_of_its_hours_an_emergency_of_a_unit_is_told_to_whoever_is_on_duty_for_it(
    telling: Telling, hours_later: int, matter: str, fields: dict[str, Any], told: list[str]
) -> None:
    telling.now += hours_later * HOUR
    case_id = telling.opened(telling.receive().request, matter, **fields)
    telling.go_on()
    if telling.case(case_id).state == "filed":
        telling.step(case_id, "dispatch")
        telling.go_on()
    rows = [row for row in telling.outbox() if row["kind"] == "uncovered"]
    assert [(row["recipient"], row["state"]) for row in rows] == [(unit, "sent") for unit in told]
    assert [telling.case(case_id).number in text for text in telling.texts("13911110002")] == [True for _ in told]


def test_a_promise_that_is_lengthened_is_told_with_its_reason(telling: Telling) -> None:
    taken = telling.receive()
    case_id = telling.dispatched(taken.request)
    case = telling.case(case_id)
    request = case.requests[0]
    ref = "v:" + "1" * 32
    args = {"request": request.id, "promised_at": (request.promised_at or 0) + 5 * DAY, "note": ref}
    part = Part(f"case:{case_id}", "lengthen_promise", args)
    secret = Secret(ref, request.requester, "text", "需要采购配件")
    telling.submit(Submission("", DISPATCHER, (part,), secrets=(secret,)), DISPATCHER)
    telling.go_on()
    assert "原因：需要采购配件" in telling.texts()[-1]


def test_an_erased_person_gets_nothing_and_what_was_queued_goes(telling: Telling) -> None:
    telling.now += 13 * HOUR
    taken = telling.receive()
    case_id = telling.opened(taken.request)
    telling.go_on()
    person = telling.person(taken.request)
    telling.house.ledger.erase_person(person, handler("centre", "coordinator"), telling.now)
    request = telling.case(case_id).requests[0]
    later = (request.promised_at or 0) + DAY
    telling.step(case_id, "lengthen_promise", request=request.id, promised_at=later, note="v:" + "2" * 32)
    telling.go_on()
    telling.go_on(12 * HOUR)
    assert telling.texts() == []
    assert {row["state"] for row in telling.outbox() if row["recipient"] == person} == {"withdrawn"}
    assert telling.house.verify().is_whole


def test_whom_no_channel_reaches_the_desk_has_to_call(telling: Telling) -> None:
    taken = telling.receive(phone="021-63210000")
    case_id = telling.dispatched(taken.request)
    telling.go_on()
    mine = [row for row in telling.outbox() if row["case_id"] == case_id and row["recipient"].startswith("person:")]
    assert [(row["kind"], row["state"]) for row in mine] == [("dispatched", "unreachable")]


def test_what_is_repeated_or_restarted_is_told_once(telling: Telling) -> None:
    telling.receive()
    telling.go_on()
    telling.go_on(HOUR)
    telling.house.close()
    assert len(telling.texts()) == 1
    assert telling.go_on(HOUR).sent == 0


def test_a_unit_that_a_street_calls_hears_at_once_who_calls_it_and_by_when_it_has_to_be_there(telling: Telling) -> None:
    taken = telling.receive()
    case_id = telling.dispatched(taken.request)
    street = telling.case(case_id).lead
    telling.step(case_id, "accept", handler(street))
    note = "v:" + "0" * 32
    telling.step(case_id, "whistle", handler(street), kind="emergency", wanted=("housing",), note=note)
    telling.step(case_id, "screen", Actor("coordinator-1", "coordinator", "centre", unit_kind="centre"))
    telling.go_on()
    (row,) = [row for row in telling.outbox() if row["kind"] == "summoned"]
    assert row["recipient"] == "housing"
    whistle = telling.case(case_id).whistles[-1]
    assert whistle.summons[0].due_at == telling.now + HOUR // 2
    unit = telling.house.district.duty.unit_at(street, telling.now)
    assert unit is not None
    screening = next(one for one in telling.case(case_id).clocks if one.subject == whistle.id)
    assert screening.unit in telling.house.district.duty.centres
