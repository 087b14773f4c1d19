"""The order of a route: every stop once, dangers first, then what is near, late or due soon; the same every time."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sanban.handling.route.ordering import Leg, Stop, ranked
from sanban.kernel.duty.place import Point
from sanban.packs.desk.shift import ShiftRules

HOUR = 3_600_000_000
NOW = 1_780_362_000_000_000
RULES = ShiftRules(late=4000, due=2000, soon=8 * HOUR, unplaced=1500, stops=20, lag=72 * HOUR, kept=12 * HOUR)
HERE = Point(1_214_800_000, 312_500_000)
A_KILOMETRE = 89_832
"""Northwards, in 1e-7 degree."""

points = st.builds(Point, st.integers(1_214_000_000, 1_216_000_000), st.integers(312_000_000, 313_000_000))
starts = st.none() | points
bodies = st.tuples(
    st.sampled_from(["task", "check"]),
    st.none() | points,
    st.booleans(),
    st.none() | st.integers(NOW - 30 * HOUR, NOW + 30 * HOUR),
)
routes = st.lists(bodies, max_size=12).map(
    lambda every: [
        Stop(kind, f"s{place}", f"2026-{place:06}", *rest) for place, (kind, *rest) in enumerate(every, start=1)
    ]
)


def north(kilometres: float) -> Point:
    return Point(HERE.lon, HERE.lat + round(kilometres * A_KILOMETRE))


def stop(number: int, away: float | None = None, **more: object) -> Stop:
    point = None if away is None else north(away)
    return Stop("task", f"c{number}", f"2026-{number:06}", point, **more)  # type: ignore[arg-type]  # by keyword


def numbers(legs: tuple[Leg, ...]) -> list[int]:
    return [int(leg.stop.number[-6:]) for leg in legs]


@given(routes, starts)
def test_every_stop_stands_once_in_the_route(stops: list[Stop], start: Point | None) -> None:
    assert sorted(leg.stop.id for leg in ranked(stops, start, RULES, NOW)) == sorted(one.id for one in stops)


@given(routes, starts)
def test_a_danger_comes_before_everything_that_is_none(stops: list[Stop], start: Point | None) -> None:
    told = [leg.stop.danger for leg in ranked(stops, start, RULES, NOW)]
    assert told == sorted(told, reverse=True)


@given(routes, starts, st.randoms(use_true_random=False))
def test_the_order_in_which_stops_are_given_changes_nothing(stops: list[Stop], start: Point | None, mix: Any) -> None:
    mixed = list(stops)
    mix.shuffle(mixed)
    assert ranked(mixed, start, RULES, NOW) == ranked(stops, start, RULES, NOW)


@given(routes, starts, st.integers(0, 15))
def test_the_first_legs_are_those_of_the_whole_route(stops: list[Stop], start: Point | None, most: int) -> None:
    assert ranked(stops, start, RULES, NOW, most) == ranked(stops, start, RULES, NOW)[:most]


@given(routes, starts)
def test_what_is_left_of_a_route_is_the_route_from_where_one_has_come(stops: list[Stop], start: Point | None) -> None:
    legs = ranked(stops, start, RULES, NOW)
    for done in range(len(legs)):
        here = next((leg.stop.point for leg in reversed(legs[:done]) if leg.stop.point), start)
        rest = [leg.stop for leg in legs[done:]]
        assert ranked(rest, here, RULES, NOW) == legs[done:]


def test_the_nearest_comes_first_and_one_goes_on_from_there() -> None:
    legs = ranked([stop(1, 3.0), stop(2, 1.0), stop(3, -1.5)], HERE, RULES, NOW)
    assert [(leg.stop.id, leg.metres) for leg in legs] == [("c2", 1000), ("c1", 2000), ("c3", 4500)]


def test_what_is_late_is_worth_the_declared_detour_and_no_more() -> None:
    near, late = stop(1, 0.5), stop(2, -4.0, due_at=NOW)
    assert numbers(ranked([near, late], HERE, RULES, NOW)) == [2, 1]
    assert numbers(ranked([near, stop(2, -4.6, due_at=NOW)], HERE, RULES, NOW)) == [1, 2]
    assert ranked([late], HERE, RULES, NOW)[0].late


def test_what_is_due_soon_is_worth_more_the_less_time_is_left() -> None:
    in_an_hour, in_seven = stop(2, -1.6, due_at=NOW + HOUR), stop(2, -1.6, due_at=NOW + 7 * HOUR)
    assert numbers(ranked([stop(1, 0.5), in_an_hour], HERE, RULES, NOW)) == [2, 1]
    assert numbers(ranked([stop(1, 0.5), in_seven], HERE, RULES, NOW)) == [1, 2]
    (leg,) = ranked([stop(1, 0.5, due_at=NOW + 9 * HOUR)], HERE, RULES, NOW)
    assert not leg.soon


def test_equal_stops_are_walked_by_their_number_and_what_has_no_place_counts_as_declared() -> None:
    assert numbers(ranked([stop(3), stop(1), stop(2)], None, RULES, NOW)) == [1, 2, 3]
    assert numbers(ranked([stop(1), stop(2, 1.4), stop(3, 3.5)], HERE, RULES, NOW)) == [2, 1, 3]
    assert [leg.metres for leg in ranked([stop(1), stop(2, 1.0)], HERE, RULES, NOW)] == [1000, None]
