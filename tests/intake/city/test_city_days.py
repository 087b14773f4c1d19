"""The day's end: received = open + replied + returned, and each order that the city lists otherwise by name."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.city.city_house import DAY, DISPATCHER, OPERATOR, CityHouse
from sanban.intake.city.messages import SheetRow
from sanban.intake.city.order import OrderState
from sanban.intake.city.reconciling import Reconciled, reconcile
from sanban.intake.city.replying import return_order
from sanban.intake.desk.deciding import answer_on_the_spot
from sanban.kernel.errors import Refused


def today(city: CityHouse) -> str:
    return city.needs.calendar.iso(city.needs.calendar.day_of(city.now))


def day_of(city: CityHouse, day: str, rows: tuple[SheetRow, ...] | None = None) -> Reconciled:
    found = reconcile(city.needs, day, city.now, rows)
    assert isinstance(found, Reconciled), found
    return found


@pytest.fixture
def fresh(city: CityHouse) -> CityHouse:
    """On a day of its own."""
    city.go_on(DAY)
    return city


def answered(city: CityHouse, number: str) -> None:
    request = city.request(number)
    answer_on_the_spot(city.needs.desk, DISPATCHER, city.command_id(), request, "已说明情况。", "explained", city.now)
    city.house.run()


def three_states(city: CityHouse) -> tuple[SheetRow, ...]:
    """Three orders of one day: open, replied, returned; as the city lists them."""
    city.give(*(city.incoming(city.more(place)) for place in range(3)))
    answered(city, city.more(1))
    return_order(city.needs, OPERATOR, city.command_id(), city.order(city.more(2)), "other_district")
    states = ("open", "replied", "returned")
    return tuple(SheetRow(city.more(place), state) for place, state in enumerate(states))  # type: ignore[arg-type]


@pytest.fixture
def balanced(fresh: CityHouse) -> CityHouse:
    """Three orders of today, one in each state."""
    three_states(fresh)
    return fresh


def test_what_was_received_is_open_replied_or_returned_and_each_number_names_its_orders(fresh: CityHouse) -> None:
    rows = three_states(fresh)
    found = day_of(fresh, today(fresh), rows)
    assert (found.received, found.open, found.replied, found.returned) == (3, 1, 1, 1)
    assert found.received == sum(map(len, found.by_state.values()))
    assert found.by_state["returned"] == (fresh.order(fresh.more(2)).id,)
    assert (found.listed, found.agreed, found.differences, found.is_settled) == (3, 3, (), True)


def test_every_order_that_differs_is_named_with_what_differs(fresh: CityHouse) -> None:
    rows = three_states(fresh)
    listed = (rows[0], SheetRow(rows[1].number, "open"), SheetRow("SH-NOT-HERE", "open"), SheetRow("编号 不对", "open"))
    found = day_of(fresh, today(fresh), listed)
    assert [(one.kind, one.number, one.ours, one.theirs) for one in found.differences] == [
        ("ours_only", rows[2].number, "returned", ""),
        ("theirs_only", "SH-NOT-HERE", "", "open"),
        ("theirs_only", "编号 不对", "", "open"),
        ("state_differs", rows[1].number, "replied", "open"),
    ]
    assert found.agreed == 1
    ours = found.differences[0]
    assert ours.request_number == fresh.request(rows[2].number).received.number


def test_a_day_that_is_over_reads_the_same_whatever_happens_later(fresh: CityHouse) -> None:
    rows = three_states(fresh)
    day = today(fresh)
    before = day_of(fresh, day, rows)
    said_at = fresh.now
    fresh.go_on(DAY)
    answered(fresh, fresh.more(0))
    fresh.give(fresh.incoming(fresh.more(5), said_at=said_at))
    assert day_of(fresh, day, rows) == before
    late = day_of(fresh, day, (*rows, SheetRow(fresh.more(5), "open")))
    assert [(one.kind, one.number) for one in late.differences] == [("theirs_only", fresh.more(5))], "it came too late"


def test_an_order_that_came_after_its_day_is_received_late_on_the_day_on_which_it_came(fresh: CityHouse) -> None:
    sent_at, sent_on = fresh.now, today(fresh)
    fresh.go_on(DAY)
    fresh.give(fresh.incoming(said_at=sent_at), fresh.incoming(fresh.more(1)))
    assert day_of(fresh, sent_on, ()).received == 0
    came = day_of(fresh, today(fresh), (SheetRow(fresh.more(1), "open"),))
    assert (came.received, came.open, came.late, came.listed, came.agreed) == (2, 2, 1, 1, 1)
    assert came.is_settled, "the city lists the late one on its own day"


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=5))
def test_each_order_is_received_on_exactly_one_day(fresh: CityHouse, orders: list[tuple[int, int]]) -> None:
    """`orders`: on which day each is sent and on which it comes, counted from the first."""
    fresh.begin()
    first = fresh.now
    numbers = {fresh.more(place): when for place, when in enumerate(orders)}
    for day in range(4):
        fresh.go_on(first + day * DAY - fresh.now)
        come = [(number, sent) for number, (sent, came) in numbers.items() if max(sent, came) == day]
        fresh.give(*(fresh.incoming(number, said_at=first + sent * DAY) for number, sent in come))
    days = [fresh.needs.calendar.iso(fresh.needs.calendar.day_of(first + day * DAY)) for day in range(4)]
    received = [one for day in days for ids in day_of(fresh, day).by_state.values() for one in ids]
    own = sorted(fresh.order(number).id for number in numbers)
    assert sorted(one for one in received if one in own) == own


def test_an_order_of_an_earlier_day_that_the_city_lists_again_is_compared_too(fresh: CityHouse) -> None:
    fresh.give(fresh.incoming())
    fresh.go_on(DAY)
    same = day_of(fresh, today(fresh), (SheetRow(fresh.number, "open"),))
    assert (same.received, same.agreed, same.differences) == (0, 1, ())
    other = day_of(fresh, today(fresh), (SheetRow(fresh.number, "replied"),))
    assert [one.kind for one in other.differences] == ["state_differs"]


@pytest.mark.parametrize("day", ["2099-01-01", "soon", "", "2026-02-30", "../../etc"])
def test_a_day_that_is_none_is_refused_with_an_example(city: CityHouse, day: str) -> None:
    found = reconcile(city.needs, day, city.now, ())
    assert isinstance(found, Refused)
    assert (found.reason, found.example) == ("bad_day", "2026-01-05")


LISTED = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["open", "replied", "returned"])), unique_by=lambda one: one[0]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LISTED)
def test_agreed_and_differing_orders_account_for_all_of_both_lists(
    balanced: CityHouse, listed: list[tuple[int, OrderState]]
) -> None:
    rows = tuple(SheetRow(balanced.more(place), state) for place, state in listed)
    found = day_of(balanced, today(balanced), rows)
    kinds = [one.kind for one in found.differences]
    assert found.agreed + kinds.count("theirs_only") + kinds.count("state_differs") == len(rows)
    assert found.agreed + kinds.count("ours_only") + kinds.count("state_differs") == found.received == 3
    assert all(one.ours or one.theirs for one in found.differences)
