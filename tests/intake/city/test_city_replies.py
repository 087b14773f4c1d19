"""What the city is answered: endings, whom a reply names, what is tried again, sent back and returned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from intake.city.city_house import DAY, DISPATCHER, HOUR, OPERATOR, REF, VERIFIER, CityHouse, handler, imposed, refusal
from sanban.intake.city.aggregate import CityOrderAggregate
from sanban.intake.city.order import CityOrder
from sanban.intake.city.replying import composed, look, reply_again, return_order
from sanban.intake.city.seeing import OrderPage, order_view, orders, orders_of
from sanban.intake.desk.deciding import answer_on_the_spot
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret, Turn


def test_closing_replies_to_the_city_with_the_honest_ending_and_names_no_officer(city: CityHouse) -> None:
    city.give(city.incoming())
    city.open_case()
    secret = Secret(REF, f"case:{city.case().id}", "text", "张警官和民警李某，经handler-street-01到场，路灯修不了。")
    city.close_case(ending="unsolved", args={"note": REF}, secrets=(secret,))
    assert city.carry().sent == 1
    (sent,) = city.city.received.values()
    assert (sent.kind, sent.number, sent.ending) == ("reply", city.number, city_ending(city, "unsolved"))
    assert "路灯修不了" in sent.text
    assert "张" not in sent.text
    assert "李" not in sent.text
    assert city.carry().sent == 0, "a message goes once"
    assert (city.order().state, city.order().sending) == ("replied", "taken")


@pytest.mark.parametrize("named", ["上官测", "13900005678", "上官女士", "5号楼502室", "幸福路12弄"])
def test_a_reply_that_names_another_who_asked_for_the_same_waits_for_the_desk_to_write_it(
    city: CityHouse, named: str
) -> None:
    other = {"name": "上官测", "phone": "13900005678", "address": "幸福路12弄3号"}
    city.give(city.incoming(), city.incoming(city.more(2), **other))
    city.open_case()
    case, joining = city.case(), city.request(city.more(2)).id
    attached = Part(f"case:{case.id}", "attach", {"request": joining})
    linked = Part(f"request:{joining}", "link", {"case": case.id, "accept": True})
    assert city.submit(OPERATOR, attached, linked) is None
    said = f"已与{named}核实，路灯已修好。"
    ref = f"v:{city.number.encode().hex():0<32}"
    city.close_case(args={"note": ref}, secrets=(Secret(ref, f"case:{case.id}", "text", said),))
    city.carry()
    assert city.number not in {sent.number for sent in city.city.received.values()}
    view = order_view(OPERATOR, city.needs, city.order().id, city.now)
    assert view is not None
    assert (city.order().state, view.unanswered, view.replies) == ("open", True, True)
    again = reply_again(city.needs, OPERATOR, city.command_id(), city.order(), said, "resolved")
    assert again is not None
    assert again.reason == "names_another"
    own = "已与欧阳测试（13800001234）核实，路灯已修好。"
    assert reply_again(city.needs, OPERATOR, city.command_id(), city.order(), own, "resolved") is None
    assert city.carry().sent == 1


def city_ending(city: CityHouse, code: str) -> str:
    return city.house.cases.pinned(city.case()).grounds.ending[code].title.zh


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("经王所长现场查看，已修复。", "经工作人员现场查看，已修复。"),
        ("民警陈刚，已到场。", "工作人员，已到场。"),
        ("安排op-17到场", "安排工作人员到场"),
        ("路灯杆号sop-170已更换", "路灯杆号sop-170已更换"),
        ("居委会主任会议已讨论", "居委会主任会议已讨论"),
    ],
)
def test_a_reply_says_what_was_done_and_not_by_whom(city: CityHouse, text: str, told: str) -> None:
    assert composed(city.needs.terms.reply, "", text, ("op-17",)).endswith(told)


def test_an_answer_on_the_spot_is_the_reply_and_a_reply_is_made_once(city: CityHouse) -> None:
    city.give(city.incoming())
    text = "已告知办理条件和窗口地址。"
    answer_on_the_spot(city.needs.desk, DISPATCHER, city.command_id(), city.request(), text, "explained", city.now)
    city.house.run()
    assert city.carry().sent == 1
    assert text in next(iter(city.city.received.values())).text
    assert city.order().sent == 1


def test_a_city_that_is_away_gets_the_reply_later_and_one_that_never_comes_back_needs_a_person(
    city: CityHouse,
) -> None:
    city.give(city.incoming())
    city.open_case()
    city.close_case()
    city.city.away = True
    assert city.collect().away
    for _ in range(city.needs.terms.attempts):
        assert city.carry().later == 1
        city.go_on(7 * HOUR)
    assert (city.order().sending, city.order().code, city.order().wants_a_look) == ("failed", "unreachable", True)
    city.city.away = False
    assert city.carry().sent == 0
    assert look(city.needs, OPERATOR, city.command_id(), city.order(), "retry") is None
    assert city.carry().sent == 1
    assert len(city.city.received) == 1


@pytest.mark.parametrize("answers", ["late", "twice"])
def test_the_citys_word_may_come_late_or_twice_and_counts_once(city: CityHouse, answers: str) -> None:
    city.city.answers = answers  # type: ignore[assignment]  # a parameter
    city.give(city.incoming())
    city.open_case()
    city.close_case()
    assert city.carry().sent == 1
    assert city.order().sending == "handed"
    city.collect()
    events = city.house.reader.events(f"city_order:{city.order().id}")
    settled = [one for one in events if one.type == "order.settled"]
    assert (city.order().sending, len(settled)) == ("taken", 1)


def two_in_one_case(city: CityHouse) -> str:
    """Two orders whose requests are one case; the number of the second."""
    other = city.more(2)
    city.give(city.incoming(), city.incoming(other))
    city.open_case()
    case, request = city.case().id, city.request(other)
    attach = Part(f"case:{case}", "attach", {"request": request.id})
    linking = Part(f"request:{request.id}", "link", {"case": case, "accept": True})
    assert city.submit(OPERATOR, attach, linking) is None
    return other


def test_a_word_with_one_requester_leaves_the_urging_of_another_and_finished_work_answers_all(city: CityHouse) -> None:
    other = two_in_one_case(city)
    city.give(city.incoming(kind="urging"), city.incoming(other, kind="urging"))
    worker = handler(city.case().lead)
    city.step(worker, "accept")
    city.step(worker, "contact", request=city.order().id)
    assert (city.order().answer_until, bool(city.order(other).answer_until)) == (0, True)
    assert imposed(city, "urged") == city.order(other).answer_until
    city.step(worker, "finish")
    assert city.order(other).answer_until == 0
    assert imposed(city, "urged") is None


@pytest.mark.parametrize("failing", [0, 2])
def test_a_reply_that_failed_goes_out_when_tried_again_though_another_of_the_case_is_out(
    city: CityHouse, failing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = two_in_one_case(city)
    worker = handler(city.case().lead)
    city.step(worker, "accept")
    city.step(worker, "finish")
    city.step(VERIFIER, "verify")
    for number in (city.number, other):
        reached = {"request": city.request(number).id, "reached": True, "contacted": True, "resolved": "yes"}
        city.step(OPERATOR, "call_back", **reached)
    decide, fails = CityOrderAggregate.decide, {city.order(city.more(failing)).id}

    def failing_once(
        kind: CityOrderAggregate, state: CityOrder | None, part: Part, turn: Turn
    ) -> Sequence[Any] | Refused:
        if part.step == "reply" and part.stream.partition(":")[2] in fails:
            fails.clear()
            raise SanbanError("once", "again")
        return decide(kind, state, part, turn)

    monkeypatch.setattr(CityOrderAggregate, "decide", failing_once)
    city.step(OPERATOR, "close", ending="resolved")
    assert sorted((city.order().state, city.order(other).state)) == ["open", "replied"]
    city.go_on(DAY)
    assert (city.order().state, city.order(other).state) == ("replied", "replied")
    assert city.carry().sent == 2


def test_an_order_whose_request_closed_without_a_reply_is_shown_to_the_desk_until_it_replies(
    city: CityHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    city.give(city.incoming())
    city.open_case()
    terms = city.house.city_times.terms
    longer = msgspec.structs.replace(terms, reply=msgspec.structs.replace(terms.reply, least=30))
    monkeypatch.setattr(city.house.city_times, "terms", longer)
    assert not to_look_at(city)
    city.close_case()
    assert (city.order().state, city.request().state) == ("open", "closed")
    assert to_look_at(city)
    text = "已到现场查看，灯杆和线路都已更换，夜间照明恢复正常，后续由路灯管理单位按月巡查。"
    assert reply_again(city.needs, DISPATCHER, city.command_id(), city.order(), text, "resolved") is None
    assert not to_look_at(city)
    assert city.carry().sent == 1


def to_look_at(city: CityHouse) -> bool:
    """Whether the order is among those to be looked at, says so in a list of its own, and on its page."""
    own = city.order().id
    view, listed = order_view(OPERATOR, city.needs, own, city.now), orders(OPERATOR, city.needs, city.now, "look")
    (line,) = orders_of(OPERATOR, city.needs, city.now, [own])  # type: ignore[misc]  # the desk's
    assert view is not None
    assert isinstance(listed, OrderPage)
    (found,) = {view.wants_a_look, line.wants_a_look, own in [one.request for one in listed.lines]}
    return found


def test_a_reply_that_the_city_does_not_take_leaves_the_order_open_and_the_desk_replies_again(city: CityHouse) -> None:
    city.give(city.incoming())
    city.open_case()
    city.close_case()
    city.city.orders.clear()
    assert city.carry().refused == 1
    assert (city.order().state, city.order().sending, city.order().wants_a_look) == ("open", "refused", True)
    city.city.orders[city.number] = "open"
    refused = reply_again(city.needs, DISPATCHER, city.command_id(), city.order(), "已修复，现场正常。", "resolved")
    assert refused is None
    assert city.carry().sent == 1
    assert city.city.orders[city.number] == "replied"


def test_what_the_city_sends_back_is_done_again_within_its_time_and_only_what_it_asks(city: CityHouse) -> None:
    city.give(city.incoming())
    city.open_case()
    city.close_case()
    city.carry()
    city.give(city.incoming(kind="sent_back", text="请补充修复照片说明", due_at=city.now + DAY))
    order = city.order()
    assert (order.state, order.sent_back, order.due_at) == ("open", 1, city.now + DAY)
    assert city.case().closed_at is not None, "the case stays closed: only the reply is asked for again"
    reply_again(city.needs, DISPATCHER, city.command_id(), order, "已补充说明：灯杆已更换。", "resolved")
    assert city.carry().sent == 1
    assert [one.message for one in city.city.received.values()] == [f"{order.id}-1", f"{order.id}-2"]
    city.give(city.incoming(kind="sent_back", text="再补一次", due_at=None, message="m-2"))
    assert city.order().due_at == city.needs.times.rework_until(city.now)


def test_work_that_has_to_be_done_again_is_reopened_and_its_closing_replies_by_itself(city: CityHouse) -> None:
    city.give(city.incoming())
    city.open_case()
    city.close_case()
    city.carry()
    city.give(city.incoming(kind="sent_back", text="没有修好，请重新办理", due_at=city.now + 4 * DAY))
    city.step(DISPATCHER, "reopen")
    worker = handler(city.case().lead, "grid_leader")
    city.step(worker, "accept")
    assert imposed(city) == city.now + 4 * DAY
    for step, actor, args in (
        ("finish", worker, {}),
        ("verify", Actor("verifier-2", "verifier", "centre", unit_kind="centre"), {}),
        ("call_back", OPERATOR, {"request": city.order().id, "reached": True, "contacted": True, "resolved": "yes"}),
        ("close", OPERATOR, {"ending": "resolved"}),
    ):
        city.step(actor, step, **args)
    assert city.carry().sent == 1
    assert (city.order().state, len(city.city.received)) == ("replied", 2)


def test_only_the_desk_returns_an_order_on_a_declared_ground_within_its_time(city: CityHouse) -> None:
    city.give(city.incoming(), city.incoming(city.more(2)))
    order = city.order()
    worker = handler("street-01")
    assert refusal(return_order(city.needs, worker, city.command_id(), order, "other_district")) == "not_permitted"
    assert refusal(return_order(city.needs, OPERATOR, city.command_id(), order, "not_liked")) == "unknown_ground"
    assert return_order(city.needs, OPERATOR, city.command_id(), order, "other_district") is None
    assert (city.order().state, city.order().ground) == ("returned", "other_district")
    other = city.order(city.more(2))
    city.go_on(other.taken.return_until - city.now)
    late = return_order(city.needs, OPERATOR, city.command_id(), other, "other_district")
    assert refusal(late) == "return_too_late"


def test_a_return_that_the_city_takes_ends_the_request_and_one_it_does_not_take_changes_nothing(
    city: CityHouse,
) -> None:
    city.give(city.incoming(), city.incoming(city.more(2)))
    for number in (city.number, city.more(2)):
        return_order(city.needs, OPERATOR, city.command_id(), city.order(number), "other_district")
    del city.city.orders[city.more(2)]
    assert (city.carry().sent, city.city.orders[city.number]) == (1, "returned")
    assert (city.request().state, city.request().ending) == ("closed", "explained")
    assert (city.order(city.more(2)).state, city.request(city.more(2)).state) == ("open", "received")
    assert city.order().state == "returned", "answering the request replies to nobody twice"
