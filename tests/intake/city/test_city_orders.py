"""Orders of the city: taken once, their times beside ours, urged, supplemented, replied to, sent back and returned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.city.city_house import DAY, DISPATCHER, HOUR, OPERATOR, TEXT, VERIFIER, CityHouse, handler
from sanban.intake.city.aggregate import CityOrderAggregate
from sanban.intake.city.order import CityOrder
from sanban.intake.city.replying import composed, look, reply_again, return_order
from sanban.intake.city.seeing import OrderPage, order_view, orders, orders_of
from sanban.intake.city.taking import order_id
from sanban.intake.desk.deciding import answer_on_the_spot
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret, Turn

REF = "v:" + "0" * 32


def imposed(city: CityHouse, limit: str = "city_due") -> int | None:
    """The time that runs on the case of the order; None when none does."""
    return next((one.due_at for one in city.case().clocks if one.limit == limit and one.running), None)


def test_an_order_is_a_request_known_by_the_citys_number_and_comes_in_once(city: CityHouse) -> None:
    order = city.incoming(due_at=city.now + 3 * DAY)
    assert city.give(order, city.incoming(city.more(2))).taken == 2
    again = city.give(order, city.incoming(city.more(2)))
    assert (again.taken, again.repeated) == (0, 2)
    request = city.request()
    assert city.house.reader.open_secrets([request.received.external_ref]) == {
        request.received.external_ref: city.number
    }
    assert (request.received.channel, request.received.received_at) == ("hotline", city.now)
    assert city.order().due_at == city.now + 3 * DAY
    assert city.house.verify().is_whole


def test_other_words_under_the_same_number_are_rejected_and_another_due_time_is_told(city: CityHouse) -> None:
    city.give(city.incoming(due_at=city.now + 3 * DAY))
    assert city.give(city.incoming(text="完全不同的另一件事情，请处理。")).reasons == {"number_reused": 1}
    assert city.give(city.incoming(due_at=city.now + 2 * DAY)).taken == 1
    order = city.order()
    assert (order.due_at, order.taken.due_at, order.redated) == (city.now + 2 * DAY, city.now + 3 * DAY, 1)
    assert city.give(city.incoming(due_at=city.now + 3 * DAY)).repeated == 1, (
        "the first file, read again, moves nothing back"
    )
    assert city.order().due_at == city.now + 2 * DAY


def test_an_order_that_a_file_of_requests_brought_before_is_the_same_request(city: CityHouse) -> None:
    path = city.house.home.folder / "requests.csv"
    path.write_text(f"工单号,时间,内容,电话\n{city.number},2026-06-01 08:00:00,{TEXT},13800001234\n", encoding="utf-8")
    report = city.house.import_file(path, rejects_path=city.house.home.folder / "rejects.csv")
    assert report.accepted == 1
    before = city.request()
    assert city.give(city.incoming()).taken == 1
    assert city.request() == before
    assert city.order().state == "open"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"number": "13800001234"}, "bad_number"),
        ({"number": "有 空格"}, "bad_number"),
        ({"text": ""}, "empty_text"),
        ({"said_at": 1 << 60}, "in_the_future"),
        ({"said_at": 1}, "too_long_ago"),
        ({"text": "长" * 20_001}, "text_too_long"),
        ({"number": "SH9", "kind": "urging"}, "unknown_order"),
        ({"number": "SH9", "kind": "urging", "said_at": None}, "no_time"),
        ({"number": "SH9", "kind": "supplement"}, "empty_text"),
        ({"number": "SH9", "kind": "outcome", "outcome": "taken"}, "unknown_order"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_taken_is_rejected_with_its_reason_and_costs_nothing_else(
    city: CityHouse, message: dict[str, Any], reason: str
) -> None:
    found = city.give(city.incoming(**message), city.incoming(city.more(7)))
    assert (found.reasons, found.taken) == ({reason: 1}, 1)
    (rejected,) = city.city.rejected["delivery-0001"]
    assert (rejected.place, rejected.why.reason) == (1, reason)
    assert rejected.why.example


def test_what_a_city_says_whose_clock_is_a_little_ahead_was_said_now_and_comes_in_once(city: CityHouse) -> None:
    ahead = city.now + city.needs.terms.skew
    order, urging = city.incoming(said_at=ahead), city.incoming(kind="urging", said_at=ahead)
    assert city.give(order, urging).taken == 2
    assert (city.request().received.received_at, city.order().urged_at) == (city.now, city.now)
    assert city.give(city.incoming(city.more(2), said_at=ahead + 1)).reasons == {"in_the_future": 1}
    city.go_on(HOUR)
    assert city.give(order, urging).repeated == 2


def test_the_citys_due_time_runs_beside_ours_and_changes_none_of_our_clocks(city: CityHouse) -> None:
    due = city.now + 2 * DAY
    city.give(city.incoming(due_at=due))
    city.open_case()
    ours = [one for one in city.case().clocks if not one.imposed]
    promised = city.case().requests[0].promised_at
    assert imposed(city) == due
    assert city.queue()[0] == min(one.due_at for one in city.case().clocks if one.running and one.due_at)
    city.give(city.incoming(due_at=city.now + HOUR))
    assert imposed(city) == city.now + HOUR
    assert [one for one in city.case().clocks if not one.imposed] == ours
    assert city.case().requests[0].promised_at == promised
    assert city.queue() == (city.now + HOUR, "city_due"), "the earliest of ours and the city's comes first"


def test_the_desk_is_warned_before_the_citys_time_and_its_passing_stays_on_record(city: CityHouse) -> None:
    city.give(city.incoming(due_at=city.now + 2 * DAY))
    city.open_case()
    assert not city.order().warned
    city.go_on(DAY)
    assert city.order().warned
    assert next(one for one in city.case().clocks if one.limit == "city_due").reminded_at == city.now
    city.go_on(DAY)
    assert city.order().missed
    city.give(city.incoming(due_at=city.now + 9 * DAY))
    assert (city.order().missed, city.order().due_at) == (True, city.now + 9 * DAY)


def test_an_urging_is_counted_raises_the_case_in_its_queue_and_is_heeded_by_a_word_with_the_requester(
    city: CityHouse,
) -> None:
    city.give(city.incoming())
    city.open_case()
    worker = handler(city.case().lead)
    city.step(worker, "accept")
    before = city.queue()
    first = city.now
    city.give(city.incoming(kind="urging"), city.incoming(kind="urging", said_at=city.now - 1))
    order = city.order()
    assert (order.urgings, order.answer_until) == (2, first + city.needs.terms.urging)
    assert imposed(city, "urged") == order.answer_until
    assert before > city.queue() == (order.answer_until, "urged")
    city.go_on(HOUR)
    city.give(city.incoming(kind="urging"))
    assert city.order().answer_until == order.answer_until, "urging again gives the unit no more time"
    city.step(worker, "contact", request=order.id)
    assert city.order().answer_until == 0
    assert imposed(city, "urged") is None
    assert city.order().urgings == 3, "what was urged stays counted"


def test_a_supplement_belongs_to_the_same_request_and_is_seen_where_the_case_is_worked(city: CityHouse) -> None:
    city.give(city.incoming())
    city.open_case()
    city.give(city.incoming(kind="supplement", text="补充：是三号楼门口那一盏"))
    added = city.request().added
    assert city.house.reader.open_secrets(list(added)) == {added[0]: "补充：是三号楼门口那一盏"}
    noted = [one for one in city.house.reader.events(f"case:{city.case().id}") if one.type == "case.noted"]
    assert len(noted) == 1
    assert added[0] in noted[0].payload.decode()


def test_what_comes_after_the_answer_is_kept_and_shown_to_the_desk_until_it_has_looked(city: CityHouse) -> None:
    city.give(city.incoming())
    city.open_case()
    city.close_case()
    found = city.give(city.incoming(kind="supplement", text="还是没有修好"), city.incoming(kind="urging"))
    assert found.taken == 2
    order = city.order()
    assert (order.state, order.late_words, order.wants_a_look, len(city.request().added)) == ("replied", 2, True, 1)
    assert look(city.needs, OPERATOR, city.command_id(), order, "look") is None
    assert not city.order().wants_a_look


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
    answer_on_the_spot(city.needs.desk, OPERATOR, city.command_id(), city.request(), text, "explained")
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


def refusal(found: object) -> str:
    return getattr(found, "reason", "")


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


KINDS = st.sampled_from(["urging", "supplement", "sent_back", "redate", "return", "outcome", "close", "carry", "away"])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(KINDS, st.integers(0, 2)), max_size=14))
def test_received_orders_are_open_replied_or_returned_whatever_happens_in_whatever_order(
    city: CityHouse, happening: list[tuple[str, int]]
) -> None:
    city.begin()
    numbers = [city.more(place) for place in range(3)]
    assert city.give(*map(city.incoming, numbers)).taken == 3
    for step, which in happening:
        act(city, step, numbers[which])
    count = "SELECT state, COUNT(*) FROM city_order_view WHERE district = :district GROUP BY state"
    counted = dict(city.house.reader.query(count))
    assert set(counted) <= {"open", "replied", "returned"}
    taken = "SELECT COUNT(*) FROM ledger_event WHERE district = :district AND type = 'order.taken'"
    assert [(sum(counted.values()),)] == city.house.reader.query(taken)
    sent = sum(city.order(number).sent for number in numbers)
    assert len(city.city.received) <= sent, "nothing reaches the city twice"


def act(city: CityHouse, step: str, number: str) -> None:
    message = city.command_id()
    if step in ("urging", "supplement", "sent_back", "outcome"):
        more = {"outcome": "refused"} if step == "outcome" else {"text": "再说一点"}
        city.city.give(city.incoming(number, step, message=message if step != "outcome" else "", **more))
        city.collect()
    elif step == "redate":
        city.city.give(city.incoming(number, due_at=city.now + int(message[-4:], 16) * HOUR))
        city.collect()
    elif step == "return":
        return_order(city.needs, OPERATOR, message, city.order(number), "other_district")
    elif step == "close" and not city.request(number).closed_at:
        answer_on_the_spot(city.needs.desk, OPERATOR, message, city.request(number), "已说明情况。", "explained")
        city.house.run()
    elif step == "away":
        city.city.away = not city.city.away
    else:
        city.carry()


def test_nothing_in_an_event_of_an_order_leads_to_a_person(city: CityHouse) -> None:
    city.give(city.incoming(), city.incoming(kind="urging", text="欧阳测试又来电催促"))
    city.open_case()
    city.close_case()
    city.carry()
    events = "\n".join(one.payload.decode() for one in city.house.reader.since(0, 100_000))
    for secret in (city.number, "欧阳测试", "13800001234", TEXT, "催促"):
        assert secret not in events
    city.house.store_ledger.erase_person(city.request().received.requester, OPERATOR, city.now)
    assert city.house.verify().is_whole
    assert order_id(city.needs, city.number) == city.order().id, "the city's list still finds the order"


def test_an_order_part_that_is_malformed_is_refused_with_an_example(city: CityHouse) -> None:
    city.give(city.incoming())
    stream = f"city_order:{city.order().id}"
    for step, reason in (("fly", "unknown_step"), ("redate", "not_permitted")):
        assert refusal(city.submit(OPERATOR, Part(stream, step, {}))) == reason
    system = Actor("s", "system")
    assert refusal(city.submit(system, Part(stream, "redate", {"due_at": "soon"}))) == "bad_arguments"
    assert refusal(city.submit(system, Part("city_order:none", "urge", {"urged_at": city.now}))) == "unknown_order"
    assert refusal(city.submit(OPERATOR, Part(stream, "take", {"number": REF, "desk": "hotline", "sent_at": 1})))
    assert refusal(city.submit(system, Part(stream, "send_back", {"text": REF}))) == "order_not_there"
    assert msgspec.json.encode(city.order())
