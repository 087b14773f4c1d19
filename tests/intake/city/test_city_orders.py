"""Orders of the city: taken once, their times beside ours, urged, supplemented; what holds in whatever order."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.city.city_house import DAY, DISPATCHER, HOUR, OPERATOR, REF, TEXT, CityHouse, handler, imposed, refusal
from sanban.intake.city.replying import look, return_order
from sanban.intake.city.taking import order_id
from sanban.intake.desk.about import asked
from sanban.intake.desk.deciding import answer_on_the_spot
from sanban.intake.request import Request
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part


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


def test_an_order_whose_point_lies_outside_the_district_is_taken_without_it_to_be_returned(city: CityHouse) -> None:
    order = city.incoming(lon="10", lat="10")
    assert (city.give(order).taken, city.give(order).repeated) == (1, 1)
    assert (city.request().point, city.request().grid, city.order().state) == ("", "", "open")
    assert city.order().taken.outside
    assert city.give(city.incoming(city.more(2), lon="10", lat="")).reasons == {"bad_point": 1}


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


def test_a_supplement_that_names_a_firm_waits_at_the_desk_and_not_where_the_firm_may_read_it(city: CityHouse) -> None:
    firm = next(unit for unit in (one[-1] for one in city.needs.desk.duty.units.values()) if unit.kind == "firm")
    city.give(city.incoming())
    city.open_case()
    city.give(city.incoming(kind="supplement", text=f"补充：{firm.title_zh.partition('（')[0]}的车撞坏的"))
    reader = city.house.reader
    assert "case.noted" not in [one.type for one in reader.events(f"case:{city.case().id}")]
    waits = "SELECT request FROM request_view WHERE district = :district AND case_id = '' ORDER BY recorded_at DESC"
    found = reader.query(waits)[0][0]
    request = reader.state(f"request:{found}")
    assert isinstance(request, Request)
    assert request.received.origin == f"request:{city.request().id}"
    assert [unit.code for unit in asked(city.needs.desk, request)] == [firm.code]


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
        request = city.request(number)
        answer_on_the_spot(city.needs.desk, DISPATCHER, message, request, "已说明情况。", "explained", city.now)
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
