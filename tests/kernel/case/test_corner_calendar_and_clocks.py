"""Corner cases 1 and 2: unpublished years, and clocks that are suspended, extended, late."""

from __future__ import annotations

import pytest

from kernel.case.calendars import CN2026, at, end
from kernel.case.mechanisms import T, length, limits_with, seven_steps
from kernel.case.tables import (
    CHIEF_A,
    CLERK_A,
    COORDINATOR,
    DISPATCHER,
    HANDLER_A,
    HANDLER_A2,
    LEADER,
    OPERATOR2,
    SYSTEM,
    TEXT,
    Play,
)
from sanban.kernel.case.event import ClockRecomputed
from sanban.kernel.case.timers import Wanted, wanted_timers
from sanban.kernel.clock.limit import Length
from sanban.kernel.mechanism import Extend, Limit


def short(days: int) -> Play:
    """A case whose unit has that many working days and could get two more."""
    extend = Extend(length("2 working_days"), 2, ("dispatcher", "leader"))
    limit = Limit("resolve", T, Length(days, "working_day"), "unit", "dispatched", "finished", extend=extend)
    return Play(seven_steps(limits=limits_with(resolve=limit)))


def suspended(play: Play, begin: str, review: str = "2025-05-20") -> Play:
    """The lead's clocks stopped at `begin`, by a coordinator, at the wish of a handler."""
    play.take("ask_suspension", HANDLER_A, begin, ground="weather", review_at=at(review))
    return play.take("suspend", COORDINATOR)


# CC1


@pytest.mark.parametrize(
    ("received", "limit", "due"),
    [
        pytest.param("2025-04-25 10:00", "5 working_days", "2025-05-06", id="over the holiday and a make-up day"),
        pytest.param("2025-09-26 10:00", "15 working_days", "2025-10-23", id="over the golden week"),
        pytest.param("2025-04-26 10:00", "1 working_day", "2025-04-27", id="to a Sunday that is worked"),
    ],
)
def test_due_times_count_make_up_days_and_holidays(received: str, limit: str, due: str) -> None:
    promised = Limit("promised", T, length(limit), "requester", "received", "replied", promise=True)
    play = Play(seven_steps(limits=limits_with(promised=promised))).open(received)
    assert play.clock("promised").due_at == end(due)
    assert play.case.requests[0].promised_at == end(due)
    assert not play.clock("promised").provisional


def over_the_year(**args: object) -> Play:
    """Promised for a day of 2026, which in December 2025 has no calendar yet."""
    return Play().open("2025-12-20 10:00", **args)


def test_a_due_time_in_an_unpublished_year_is_provisional_and_is_recomputed_once_by_an_event() -> None:
    play = over_the_year()
    before = play.clock("promised").due_at
    assert play.clock("promised").provisional
    assert play.case.requests[0].provisional
    assert play.take("recompute", SYSTEM).events == [play.last]
    play.calendar = CN2026
    play.take("recompute", SYSTEM)
    assert isinstance(play.last, ClockRecomputed)
    assert len(play.events) == 2
    clock, request = play.clock("promised"), play.case.requests[0]
    assert clock.due_at == end("2026-01-12") != before
    assert (request.promised_at, request.provisional) == (clock.due_at, False)
    assert clock.calendar == "cn@2026-12-31"
    assert len(play.take("recompute", SYSTEM).events) == 2


def test_the_copy_of_the_requester_keeps_what_the_dispatcher_promised() -> None:
    play = over_the_year()
    later = end("2026-02-27")
    play.take("lengthen_promise", DISPATCHER, request="r1", promised_at=later, note=TEXT)
    play.calendar = CN2026
    play.take("recompute", SYSTEM)
    assert play.clock("promised").due_at == end("2026-01-12")
    assert play.case.requests[0].promised_at == later


def test_another_clock_of_the_same_request_does_not_touch_its_promise() -> None:
    mechanism = seven_steps(
        limits=limits_with(rating=Limit("rating", T, length("30 working_days"), "requester", "received", "called_back"))
    )
    play = Play(mechanism).open("2025-12-20 10:00")
    play.calendar = CN2026
    play.take("recompute", SYSTEM)
    assert play.case.requests[0].promised_at == play.clock("promised").due_at
    assert play.clock("rating").due_at != play.clock("promised").due_at


def test_closed_cases_and_missed_clocks_are_never_recomputed() -> None:
    closed = Play().closed(received_at=at("2025-04-25 09:00"))
    closed.calendar = CN2026
    assert closed.asks("recompute", SYSTEM) == ()
    late = over_the_year().expire("promised")
    late.expire("own_contact")
    late.calendar = CN2026
    late.take("recompute", SYSTEM)
    assert late.clock("promised").missed_at == late.clock("promised").due_at


def test_fixed_dates_and_forgotten_limits_stay_as_they_are_when_a_calendar_is_loaded() -> None:
    play = Play().open("2025-12-20 10:00", found=True).take("dispatch", DISPATCHER)
    season = play.clock("season")
    play.mechanisms = {play.case.mechanism: seven_steps(limits=limits_with(resolve=None, sign_for=None))}
    resolve = play.clock("resolve")
    play.calendar = CN2026
    play.take("recompute", SYSTEM)
    assert play.clock("season") == season
    assert play.clock("resolve").due_at == resolve.due_at


# CC2


@pytest.mark.parametrize(
    ("spells", "due"),
    [
        pytest.param([("2025-04-29", "2025-05-01")], "2025-05-08", id="two working days"),
        pytest.param([("2025-05-01", "2025-05-06")], "2025-05-06", id="only days off"),
        pytest.param(
            [("2025-04-29", "2025-05-01"), ("2025-05-01", "2025-05-07")], "2025-05-09", id="one after another"
        ),
    ],
)
def test_a_suspension_gives_back_the_working_days_it_covers(spells: list[tuple[str, str]], due: str) -> None:
    play = short(5).handled()
    for begin, finish in spells:
        suspended(play, begin)
        assert play.clock("resolve").due_at is None
        play.take("resume", HANDLER_A, finish)
    assert play.clock("resolve").due_at == end(due)


def test_a_suspension_stops_the_unit_clocks_of_its_task_and_nothing_else() -> None:
    play = suspended(short(5).handled(fields={"fire_risk": True}), "2025-04-25 11:00")
    assert [clock.limit for clock in play.case.clocks if clock.paused] == ["first_contact", "resolve"]
    assert play.clock("resolve", "t2").due_at is not None
    assert play.clock("promised").due_at == end("2025-05-20")
    (suspension,) = play.case.suspensions
    assert (suspension.ground, suspension.approver, suspension.review_at) == ("weather", "coord", at("2025-05-20"))


def test_the_clocks_run_again_on_the_review_date_by_themselves() -> None:
    play = suspended(short(5).handled(), "2025-04-29", "2025-05-06")
    reviewed = Wanted(at("2025-05-06"), "review", "task", "t1")
    assert [reviewed in wanted_timers(play.case, reviewed.at - early) for early in (1, 0)] == [False, True]
    assert play.take("review", SYSTEM, "2025-05-05 23:59", task="t1").case.suspensions
    play.take("review", SYSTEM, "2025-05-06", task="t1")
    assert play.case.suspensions == ()
    assert play.clock("resolve").due_at == end("2025-05-08")
    assert play.asks("review", SYSTEM, task="t1") == ()


def test_a_suspension_is_asked_with_a_declared_ground_a_review_date_and_within_its_cap() -> None:
    play = short(5).handled()
    ask = {"ground": "weather", "review_at": at("2025-05-20")}
    assert play.refused("ask_suspension", HANDLER_A, **(ask | {"ground": "tired"})) == "unknown_ground"
    assert play.refused("ask_suspension", HANDLER_A, **(ask | {"ground": ""})) == "missing_argument"
    assert play.refused("ask_suspension", HANDLER_A, **(ask | {"review_at": play.now})) == "review_past"
    assert play.refused("ask_suspension", HANDLER_A, **(ask | {"review_at": end("2025-05-25") + 1})) == "over_cap"
    assert play.refused("ask_suspension", HANDLER_A, ground="weather") == "bad_arguments"
    assert play.refused("ask_suspension", HANDLER_A, **(ask | {"task": "t9"})) == "unknown_task"
    assert play.refused("suspend", COORDINATOR, task="t9") == "unknown_task"
    play.take("ask_suspension", HANDLER_A, ground="weather", review_at=end("2025-05-25"))
    assert play.refused("ask_suspension", HANDLER_A2, **ask) == "already_asked"


def test_who_asks_or_handled_does_not_approve_a_suspension() -> None:
    play = short(5).handled()
    assert play.refused("suspend", COORDINATOR) == "nothing_asked"
    play.take("ask_suspension", HANDLER_A, ground="works", review_at=at("2027-01-01"))
    assert play.refused("suspend", HANDLER_A) == "not_permitted"
    handled_too = CHIEF_A.__class__("ha", "leader", "street-a")
    assert play.refused("suspend", handled_too) == "own_work"
    assert play.take("suspend", COORDINATOR).case.asked == ()
    assert play.refused("suspend", COORDINATOR) == "nothing_asked"
    assert play.refused("ask_suspension", HANDLER_A, ground="works", review_at=at("2027-01-01")) == "already_suspended"


def test_a_suspension_approved_after_its_review_date_or_the_due_time_stops_nothing() -> None:
    play = short(5).handled().take("ask_suspension", HANDLER_A, ground="works", review_at=at("2025-04-28"))
    play.now = at("2025-04-28")
    assert play.refused("suspend", COORDINATOR) == "too_late"
    late = short(5).handled().take("ask_suspension", HANDLER_A, ground="works", review_at=at("2025-06-01"))
    late.now = end("2025-05-06")
    assert late.refused("suspend", COORDINATOR) == "too_late"
    other = short(5).handled()
    other.now = end("2025-05-06")
    assert other.refused("ask_suspension", HANDLER_A, ground="works", review_at=at("2025-06-01")) == "too_late"


def test_a_suspension_ends_only_once_and_only_where_there_is_one() -> None:
    play = short(5).handled(fields={"fire_risk": True})
    assert play.refused("resume", HANDLER_A) == "not_suspended"
    assert play.refused("resume", HANDLER_A, task="t9") == "unknown_task"
    suspended(play, "2025-04-28")
    assert play.refused("resume", HANDLER_A, task="t2") == "not_permitted"
    assert play.take("resume", COORDINATOR).case.suspensions == ()


def test_work_finished_while_suspended_ends_the_suspension_and_its_spell() -> None:
    play = suspended(short(5).handled(), "2025-04-29").take("finish", HANDLER_A, "2025-05-06 10:00")
    assert play.case.suspensions == ()
    assert play.clock("resolve").pauses == ((at("2025-04-29"), at("2025-05-06 10:00")),)
    assert play.clock("resolve").missed_at is None


def test_an_extension_is_asked_and_granted_before_the_due_time_by_the_approver_of_the_turn() -> None:
    play = short(5).handled()
    clock = play.clock("resolve").id
    assert play.refused("grant_extension", DISPATCHER, clock=clock) == "nothing_asked"
    assert play.refused("refuse_extension", COORDINATOR, clock=clock) == "nothing_asked"
    play.take("ask_extension", HANDLER_A, clock=clock, ground="complex")
    assert play.refused("ask_extension", HANDLER_A2, clock=clock, ground="complex") == "already_asked"
    assert play.clock("resolve").due_at == end("2025-05-06")
    assert play.refused("grant_extension", LEADER, clock=clock) == "not_permitted"
    assert play.refused("grant_extension", CLERK_A, clock=clock) == "own_work"
    play.take("grant_extension", DISPATCHER, clock=clock)
    assert play.clock("resolve").due_at == end("2025-05-08")
    play.take("ask_extension", HANDLER_A, clock=clock, ground="complex")
    assert play.refused("grant_extension", DISPATCHER, clock=clock) == "not_permitted"
    play.take("grant_extension", CHIEF_A, clock=clock)
    assert (play.clock("resolve").due_at, play.clock("resolve").extended) == (end("2025-05-12"), 2)
    assert play.refused("ask_extension", HANDLER_A, clock=clock, ground="complex") == "too_often"
    assert play.case.requests[0].promised_at == end("2025-05-20")


def test_whoever_asks_does_not_grant() -> None:
    play = short(5).handled()
    clock = play.clock("resolve").id
    play.take("ask_extension", HANDLER_A, clock=clock, ground="complex")
    assert play.refused("refuse_extension", HANDLER_A.__class__("ha", "leader"), clock=clock) == "own_work"
    assert play.take("refuse_extension", LEADER, clock=clock).case.asked == ()
    assert play.clock("resolve").due_at == end("2025-05-06")


@pytest.mark.parametrize("fired", [False, True])
def test_a_pending_extension_stops_no_clock_and_silence_refuses_it(fired: bool) -> None:
    play = short(5).handled()
    clock = play.clock("resolve").id
    play.take("ask_extension", HANDLER_A, "2025-05-06 23:59", clock=clock, ground="complex")
    play.now = end("2025-05-06")
    if fired:
        play.expire("resolve")
        assert play.case.asked == ()
    reason = play.refused("grant_extension", DISPATCHER, clock=clock)
    assert reason == ("nothing_asked" if fired else "too_late")
    assert play.refused("ask_extension", HANDLER_A2, clock=clock, ground="complex") == "too_late"


def test_a_late_case_stays_late_for_ever() -> None:
    play = short(5).handled().expire("resolve")
    missed = play.clock("resolve").missed_at
    assert missed == end("2025-05-06")
    play.take("finish", HANDLER_A, "2025-05-07 09:00").take("rework", OPERATOR2, "2025-05-08 09:00")
    assert play.clock("resolve").missed_at == missed
    assert play.clock("resolve").running
    play.take("finish", HANDLER_A, "2025-05-09 09:00")
    assert play.clock("resolve").missed_at == missed


def test_work_finished_at_the_due_time_is_late_though_no_timer_fired() -> None:
    play = short(5).handled()
    play.now = end("2025-05-06") - 1
    assert play.take("finish", HANDLER_A).clock("resolve").missed_at is None
    late = short(5).handled()
    late.now = end("2025-05-06")
    assert late.take("finish", HANDLER_A).clock("resolve").missed_at == end("2025-05-06")


def test_what_cannot_be_extended_is_refused() -> None:
    play = Play().handled(found=True)
    clock = {limit: play.clock(limit).id for limit in ("season", "promised", "resolve")}
    assert play.refused("ask_extension", HANDLER_A, clock=clock["season"], ground="complex") == "not_extendable"
    assert play.refused("ask_extension", HANDLER_A, clock=clock["promised"], ground="complex") == "not_extendable"
    assert play.refused("ask_extension", HANDLER_A, clock="nothing", ground="complex") == "unknown_clock"
    assert play.refused("ask_extension", HANDLER_A, clock=clock["resolve"], ground="bored") == "unknown_ground"
    play.take("ask_extension", HANDLER_A, clock=clock["resolve"], ground="complex")
    plain = Limit("resolve", T, length("15 working_days"), "unit", "dispatched", "finished")
    play.mechanisms = {play.case.mechanism: seven_steps(limits=limits_with(resolve=plain))}
    assert play.refused("grant_extension", DISPATCHER, clock=clock["resolve"]) == "not_extendable"
    play.take("finish", HANDLER_A)
    assert play.case.asked == ()


def test_a_stopped_clock_is_not_extended() -> None:
    play = short(5).handled()
    clock = play.clock("resolve").id
    play.take("finish", HANDLER_A).take("rework", OPERATOR2)
    assert play.refused("grant_extension", DISPATCHER, clock="resolve.t1.99") == "unknown_clock"
    play.take("ask_extension", HANDLER_A, clock=clock, ground="complex").take(
        "grant_extension", DISPATCHER, clock=clock
    )
    assert play.clock("resolve").extended == 1


def test_reminders_come_once_before_the_due_time_and_again_after_an_extension() -> None:
    play = Play().handled()
    clock = play.clock("resolve")
    assert clock.remind_at == end("2025-05-16")
    assert play.asks("remind", SYSTEM, clock=clock.id) == ()
    play.take("remind", SYSTEM, "2025-05-17", clock=clock.id)
    assert play.clock("resolve").reminded_at == at("2025-05-17")
    assert play.asks("remind", SYSTEM, clock=clock.id) == ()
    play.take("ask_extension", HANDLER_A, clock=clock.id, ground="complex")
    play.take("grant_extension", DISPATCHER, clock=clock.id)
    assert play.clock("resolve").reminded_at is None
    assert play.clock("own_contact").remind_at == end("2025-04-28") - 3 * 3_600_000_000
    assert play.asks("remind", SYSTEM, clock=play.clock("first_contact").id) == ()
    assert play.take("finish", HANDLER_A).clock("verifying").remind_at is None


def test_a_shelved_case_counts_as_unsolved_and_its_promise_runs_on() -> None:
    play = Play().handled()
    ask = {"ground": "no_means", "review_at": at("2025-08-01")}
    assert play.refused("shelve", HANDLER_A, **ask) == "not_permitted"
    assert play.refused("shelve", CHIEF_A, **ask) == "own_work"
    assert play.refused("shelve", LEADER, **(ask | {"ground": "bored"})) == "unknown_ground"
    assert play.refused("shelve", LEADER, **(ask | {"review_at": at("2027-08-01")})) == "over_cap"
    play.take("shelve", LEADER, **ask)
    assert (play.case.state, play.case.ending, play.case.closed_at) == ("shelved", "", None)
    assert play.running("r1") == ["own_contact", "promised"]
    play.expire("promised")
    assert play.clock("promised").missed_at == end("2025-05-20")
    assert play.asks("review", SYSTEM, task="") == ()
    play.take("review", SYSTEM, "2025-08-01", task="")
    assert (play.case.state, play.case.review_at) == ("handling", None)
    assert play.asks("review", SYSTEM, task="") == ()


def test_a_shelved_case_is_taken_out_by_hand_too() -> None:
    play = Play().handled().take("shelve", LEADER, ground="history", review_at=at("2029-08-01"))
    assert play.running("case") == ["shelved"]
    assert play.take("unshelve", HANDLER_A2).case.state == "handling"
    assert play.running("case") == []


def test_only_the_desk_moves_a_promise_only_later_and_only_with_a_notice() -> None:
    play = Play().handled()
    ask = {"request": "r1", "promised_at": end("2025-05-30"), "note": TEXT}
    assert play.refused("lengthen_promise", HANDLER_A, **ask) == "not_permitted"
    assert play.refused("lengthen_promise", CLERK_A, **ask) == "own_work"
    assert play.refused("lengthen_promise", DISPATCHER, **(ask | {"request": "r9"})) == "unknown_request"
    assert play.refused("lengthen_promise", DISPATCHER, **(ask | {"note": ""})) == "missing_argument"
    assert play.refused("lengthen_promise", DISPATCHER, **(ask | {"promised_at": end("2025-05-20")})) == "not_longer"
    assert play.take("lengthen_promise", DISPATCHER, **ask).case.requests[0].promised_at == end("2025-05-30")


def test_a_first_promise_may_be_given_where_the_mechanism_has_none() -> None:
    play = Play(seven_steps(limits=limits_with(promised=None))).open()
    assert play.case.requests[0].promised_at is None
    play.take("lengthen_promise", DISPATCHER, request="r1", promised_at=play.now, note=TEXT)
    assert play.case.requests[0].promised_at == play.now
