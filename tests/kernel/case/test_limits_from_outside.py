"""Times that others impose: they stand beside the district's own clocks and change none of them."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from kernel.case.calendars import CN2026, at
from kernel.case.tables import DECODER, ENCODER, HANDLER_A, OPERATOR, OPERATOR2, SYSTEM, Play
from sanban.kernel.case.event import ClockImposed
from sanban.kernel.case.state import Clock
from sanban.kernel.case.timers import wanted_timers
from sanban.kernel.case.verbs.imposing import limit_title
from sanban.kernel.clock.calendar import HOUR
from sanban.kernel.clock.explain import explain_imposed

DUE = at("2025-04-26 18:00")


def imposed(play: Play, limit: str = "city_due", due_at: int | None = DUE, **more: int) -> Play:
    return play.take("impose", SYSTEM, limit=limit, request="r1", due_at=due_at, **more)


def own(play: Play) -> list[Clock]:
    return [clock for clock in play.case.clocks if not clock.imposed]


@given(st.lists(st.tuples(st.sampled_from(["city_due", "urged"]), st.none() | st.integers(1, 10**16)), max_size=8))
def test_whatever_others_impose_the_districts_own_clocks_and_promises_stay_as_they_are(
    told: list[tuple[str, int | None]],
) -> None:
    play = Play().handled()
    before, promised = own(play), play.case.requests
    latest: dict[str, int | None] = {}
    for limit, due_at in told:
        imposed(play, limit, due_at)
        latest[limit] = due_at
        running = {one.limit: one.due_at for one in play.case.clocks if one.imposed and one.running}
        assert running == {name: at for name, at in latest.items() if at is not None}
    assert own(play) == before
    assert play.case.requests == promised


def test_a_limit_from_outside_starts_moves_and_is_lifted_each_by_one_event() -> None:
    play = imposed(Play().handled(), remind_at=DUE - HOUR)
    first = play.clock("city_due")
    assert (first.due_at, first.remind_at, first.subject) == (DUE, DUE - HOUR, "r1")
    assert [one.limit for one in play.case.clocks if one.imposed] == ["city_due"]
    assert imposed(play).events == imposed(play).events, "told again, nothing happens"
    imposed(play, due_at=DUE + HOUR)
    assert play.clock("city_due").id == first.id
    assert play.clock("city_due").due_at == DUE + HOUR
    imposed(play, due_at=None)
    assert not play.clock("city_due").running
    count = len(play.events)
    assert len(imposed(play, due_at=None).events) == count
    assert imposed(play).clock("city_due").id != first.id


def test_its_holder_is_reminded_again_of_the_time_that_it_is_moved_to() -> None:
    play = imposed(Play().handled(), remind_at=DUE - HOUR)
    clock = play.clock("city_due").id
    play.now = DUE - HOUR
    assert play.take("remind", SYSTEM, clock=clock).clock("city_due").reminded_at == play.now
    imposed(play, due_at=DUE + 48 * HOUR, remind_at=DUE + 24 * HOUR)
    play.now = DUE + 24 * HOUR
    assert (play.now, "remind") in [(one.at, one.step) for one in wanted_timers(play.case)]
    assert play.take("remind", SYSTEM, clock=clock).clock("city_due").reminded_at == play.now


def test_it_runs_out_and_stays_missed_even_when_it_is_moved() -> None:
    play = imposed(Play().handled()).expire("city_due")
    imposed(play, due_at=DUE + 48 * HOUR)
    assert play.clock("city_due").missed_at == DUE
    assert play.clock("city_due").running


def test_its_time_is_over_when_it_says_and_no_sooner_than_it_started() -> None:
    told = imposed(Play().handled()).clock("city_due")
    assert told.over_at == DUE
    past = imposed(Play().handled(), due_at=1).clock("city_due")
    assert past.over_at == past.started_at > 1


def test_its_first_time_counts_where_more_was_granted_and_none_while_a_pause_stops_it() -> None:
    clock = imposed(Play().handled()).clock("city_due")
    assert msgspec.structs.replace(clock, due_at=DUE + HOUR, first_due_at=DUE).over_at == DUE
    assert msgspec.structs.replace(clock, due_at=None).over_at is None


def test_it_ends_with_the_case_and_cannot_be_imposed_on_a_closed_one() -> None:
    play = imposed(Play().called(), due_at=at("2025-06-01")).take("close", OPERATOR2, ending="resolved")
    assert not play.clock("city_due").running
    count = len(play.events)
    assert len(imposed(play).events) == count


def test_nobody_but_the_system_imposes_and_nobody_extends_or_stops_it() -> None:
    play = imposed(Play().handled())
    clock = play.clock("city_due").id
    assert play.refused("impose", OPERATOR, limit="city_due", request="r1", due_at=DUE) == "not_permitted"
    assert play.refused("impose", SYSTEM, limit="city_due", request="r9", due_at=DUE) == "unknown_request"
    assert play.refused("impose", SYSTEM, limit="sign_for", request="r1", due_at=DUE) == "unknown_limit"
    assert play.refused("ask_extension", HANDLER_A, clock=clock, ground="complex")
    assert "city_due" in play.running("r1")


def test_it_leaves_with_its_request() -> None:
    play = Play().open().attach()
    play.take("impose", SYSTEM, limit="city_due", request="r2", due_at=DUE)
    play.take("split", OPERATOR, request="r2")
    assert not play.clock("city_due").running


def test_it_has_a_name_and_an_explanation_of_its_own_and_survives_the_ledger() -> None:
    play = imposed(Play().handled())
    assert limit_title(play.mechanism, "city_due").en == "Due time of the city"
    assert limit_title(play.mechanism, "resolve") == play.mechanism.limits["resolve"].title
    assert limit_title(play.mechanism, "unheard_of").en == "unheard_of"
    lines = explain_imposed(CN2026, DUE)
    assert [line.code for line in lines] == ["rule_imposed", "due"]
    assert lines[-1].params["at"] == str(DUE)
    assert isinstance(play.last, ClockImposed)
    assert DECODER.decode(ENCODER.encode(play.last)) == play.last
