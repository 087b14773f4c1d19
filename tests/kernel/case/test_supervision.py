"""Supervision: declared levels and triggers, limits for the answer, and what is ruled back or passed down."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from kernel.case.calendars import at, end
from kernel.case.mechanisms import GROUNDS, LIMITS, STEPS, T, guard, length, seven_steps, step
from kernel.case.tables import DISPATCHER, HANDLER_A, HANDLER_B, LEADER, OPERATOR, SYSTEM, TEXT, VERIFIER, Play
from sanban.kernel.case.engine import fired
from sanban.kernel.case.event import CaseSupervised, StationMissed, StationReminded, SupervisionAnswered
from sanban.kernel.case.facts import is_upheld, supervised_rank
from sanban.kernel.case.timers import wanted_timers
from sanban.kernel.clock.calendar import DAY
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Ground, Limit

LEVELS = ("attention", "district", "leader")
SUPERVISED: dict[str, Any] = {
    "grounds": replace(GROUNDS, supervising={code: Ground(code, T) for code in LEVELS}),
    "steps": {
        one.name: one
        for one in (
            *STEPS,
            step("account_for", "open", "lead_unit"),
            step("rule", "reassigning ruling", "dispatcher coordinator", "handling"),
        )
    },
    "limits": {
        one.name: one
        for one in (
            *LIMITS,
            Limit(
                "answer", T, length("2 working_days"), "unit", "supervised", "accounted", when=guard("supervision < 2")
            ),
            Limit(
                "answer_high",
                T,
                length("1 working_day"),
                "unit",
                "supervised",
                "accounted",
                when=guard("supervision >= 2"),
            ),
        )
    },
}


def supervised(**changes: Any) -> Play:
    return Play(seven_steps(**(SUPERVISED | changes)))


def test_a_level_is_the_lowest_unless_another_is_named_and_only_ever_rises_while_unanswered() -> None:
    play = supervised().handled().take("supervise", LEADER)
    assert isinstance(play.last, CaseSupervised)
    assert (play.last.level, play.last.rank, supervised_rank(play.case)) == ("attention", 1, 1)
    assert play.refused("supervise", LEADER, level="attention") == "already_supervised"
    play.take("supervise", LEADER, level="leader")
    assert supervised_rank(play.case) == 3
    assert play.refused("supervise", LEADER) == "already_supervised"
    assert play.refused("supervise", LEADER, level="city") == "unknown_ground"
    assert Play().open().refused("supervise", LEADER, level="leader") == "unknown_ground"


def test_each_level_has_its_own_time_to_answer_and_one_answer_stops_them_all() -> None:
    play = supervised().handled().take("supervise", LEADER).take("supervise", LEADER)
    assert play.running("t1")[-2:] == ["answer", "answer_high"]
    assert play.refused("account_for", HANDLER_A) == "missing_argument"
    assert play.refused("account_for", OPERATOR, note=TEXT) == "not_permitted"
    play.take("account_for", HANDLER_A, note=TEXT)
    assert isinstance(play.last, SupervisionAnswered)
    assert {one.answered_at for one in play.case.supervision} == {play.now}
    assert not {"answer", "answer_high"} & set(play.running("t1"))
    assert play.refused("account_for", HANDLER_A, note=TEXT) == "nothing_asked"


def test_before_any_unit_leads_nobody_is_given_time_but_the_desk_is_supervised() -> None:
    play = supervised().open().take("supervise", LEADER)
    assert [one.unit for one in play.case.supervision] == ["desk"]
    assert "answer" not in [clock.limit for clock in play.case.clocks]
    desk_answers = step("account_for", "open", "operator")
    steps = {**SUPERVISED["steps"], "account_for": desk_answers}
    play = supervised(steps=steps).open().take("supervise", LEADER).take("account_for", OPERATOR, note=TEXT)
    assert supervised_rank(play.case) == 0


def test_reclassifying_takes_no_supervision_away() -> None:
    play = supervised().handled().take("supervise", LEADER)
    other = seven_steps("parking", **SUPERVISED)
    play.mechanisms[other.key] = other
    play.find = lambda _matter, _instant: other
    play.take("reclassify", OPERATOR, matter="parking")
    assert "answer" in play.running("t1")
    assert play.clock("answer").started_at == play.case.supervision[0].at


def test_a_return_is_upheld_when_another_unit_takes_the_order_and_not_when_it_comes_back() -> None:
    returned = supervised().dispatched().take("return_order", HANDLER_A, ground="not_our_duty")
    first = returned.case.tasks[0]
    assert is_upheld(returned.case, first) is None
    back = returned.take("rule", DISPATCHER, unit="street-a").case
    assert is_upheld(back, back.tasks[0]) is False
    away = supervised().dispatched().take("return_order", HANDLER_A, ground="not_our_duty")
    away.take("rule", DISPATCHER, unit="street-b")
    assert is_upheld(away.case, away.case.tasks[0]) is True


def test_who_spoke_with_the_requester_before_returning_has_spoken_when_it_comes_back() -> None:
    play = supervised().dispatched().take("contact", HANDLER_A, request="r1")
    play.take("return_order", HANDLER_A, ground="not_our_duty").take("rule", DISPATCHER, unit="street-a")
    assert "first_contact" not in play.running(play.case.tasks[-1].id)


@given(wait=some.integers(0, 12))
def test_a_station_is_always_due_before_its_unit(wait: int) -> None:
    limits = {**SUPERVISED["limits"]}
    limits["resolve"] = replace(limits["resolve"], inner=length("2 working_days"))
    play = supervised(limits=limits).handled()
    play.now += wait * 86_400_000_000
    play.take("pass_down", HANDLER_A, station="team-a1")
    task, outer = play.case.tasks[0], play.clock("resolve").due_at
    assert task.inner_due_at is not None
    assert outer is not None
    assert min(play.now, outer) <= task.inner_due_at < outer or play.now >= outer
    assert play.case.lead == "street-a", "the unit stays answerable"


def test_when_time_was_granted_the_first_due_time_stays_known() -> None:
    play = supervised().handled()
    before = play.clock("resolve").due_at
    play.take("ask_extension", HANDLER_A, clock=play.clock("resolve").id, ground="complex")
    play.take("grant_extension", DISPATCHER, clock=play.clock("resolve").id)
    assert play.clock("resolve").due_at != before
    assert play.clock("resolve").first_due_at == before


def test_the_system_supervises_when_a_declared_limit_runs_out() -> None:
    play = supervised().handled().expire("own_contact")
    assert [one.by for one in play.case.supervision] == [""]


def test_work_done_and_an_order_returned_leave_the_answer_owed_to_supervision() -> None:
    done = supervised().handled().take("supervise", LEADER).take("finish", HANDLER_A)
    back = supervised().dispatched().take("supervise", LEADER).take("return_order", HANDLER_A, ground="not_our_duty")
    for play in (done, back):
        assert "answer" in play.running("t1")
        assert "resolve" not in play.running("t1")
        play.take("account_for", HANDLER_A, note=TEXT)
        assert "answer" not in play.running("t1")
        assert supervised_rank(play.case) == 0


def test_who_returned_and_leads_on_answers_while_the_next_unit_has_not_signed() -> None:
    play = supervised().dispatched().take("supervise", LEADER).take("return_order", HANDLER_A, ground="not_our_duty")
    play.take("dispatch", DISPATCHER, unit="street-b")
    assert play.refused("account_for", HANDLER_B, note=TEXT) == "not_permitted"
    play.take("account_for", HANDLER_A, note=TEXT)
    assert "answer" not in play.running("t1")


def test_an_answer_is_owed_by_the_unit_that_leads_and_ends_with_its_lead() -> None:
    back = supervised().dispatched().take("supervise", LEADER).take("return_order", HANDLER_A, ground="not_our_duty")
    ruled = supervised().dispatched().take("supervise", LEADER).take("return_order", HANDLER_A, ground="not_our_duty")
    back.take("dispatch", DISPATCHER, unit="street-b").take("accept", HANDLER_B)
    ruled.take("rule", DISPATCHER, unit="street-b")
    kept = supervised().dispatched().take("supervise", LEADER).take("return_order", HANDLER_A, ground="not_our_duty")
    kept.take("rule", DISPATCHER, unit="street-a")
    assert ["answer" in play.running("t1") for play in (back, ruled, kept)] == [False, False, True]
    kept.take("account_for", HANDLER_A, note=TEXT)
    assert "answer" not in kept.running()


def test_a_suspension_moves_the_stations_time_as_it_moves_its_units() -> None:
    limits = {**SUPERVISED["limits"]}
    limits["resolve"] = replace(limits["resolve"], inner=length("2 working_days"))
    play = supervised(limits=limits).handled().take("pass_down", HANDLER_A, station="team-a1")
    inner = play.task("t1").inner_due_at
    play.take("ask_suspension", HANDLER_A, ground="weather", review_at=play.now + 20 * DAY)
    play.take("suspend", LEADER)
    assert play.task("t1").inner_due_at is None, "while the unit's clocks stand still, so does the station's"
    play.now += 14 * DAY
    play.take("resume", HANDLER_A)
    moved, unit_due = play.task("t1").inner_due_at, play.clock("resolve").due_at
    assert inner is not None
    assert moved is not None
    assert unit_due is not None
    assert inner + 7 * DAY < moved < unit_due


def passed_down(remind: str) -> Play:
    limits = {**SUPERVISED["limits"]}
    limits["resolve"] = replace(
        limits["resolve"], inner=length("2 working_days"), remind=length(remind) if remind else None
    )
    return supervised(limits=limits).handled().take("pass_down", HANDLER_A, station="team-a1")


@pytest.mark.parametrize(
    ("remind", "before"),
    [("1 working_day", "2025-05-15"), ("36 hours", "2025-05-15 12:00"), ("4 office_hours", ""), ("", "")],
)
def test_a_station_is_reminded_as_long_before_its_time_as_its_unit_before_its_own(remind: str, before: str) -> None:
    play = passed_down(remind)
    task = play.task("t1")
    assert task.inner_due_at == end("2025-05-16")
    wanted = [one for one in wanted_timers(play.case) if one.step == "remind_station"]
    expected = at(before) if ":" in before else end(before) if before else None
    assert [one.at for one in wanted] == ([expected] if expected else [])
    for one in wanted:
        assert play.asks("remind_station", SYSTEM, task="t1") == ()
        play.now = one.at
        play.take("remind_station", SYSTEM, task="t1")
        assert isinstance(play.last, StationReminded)
        assert play.asks("remind_station", SYSTEM, task="t1") == ()
    assert "remind_station" not in [one.step for one in wanted_timers(play.case)]


def test_what_is_asked_for_up_to_an_instant_is_what_is_due_by_then_and_no_more() -> None:
    """Each instant at which something is due, the one just before the first and those between."""
    case = passed_down("1 working_day").case
    every = wanted_timers(case)
    assert {"remind", "expire", "remind_station", "expire_station"} <= {one.step for one in every}
    for until in {instant for one in every for instant in (one.at - 1, one.at)}:
        assert wanted_timers(case, until) == [one for one in every if one.at <= until]


def test_what_a_case_wants_by_itself_is_decided_as_the_step_that_its_timer_takes() -> None:
    play = passed_down("1 working_day")
    for wanted in sorted(wanted_timers(play.case)):
        play.now = wanted.at
        asked = play.asks(wanted.step, SYSTEM, **{wanted.name: wanted.subject})
        assert not isinstance(asked, Refused)
        assert fired(play.case, wanted, play.situation(SYSTEM)) == next(iter(asked), None)


def test_a_station_that_is_late_stays_late_and_its_unit_is_not() -> None:
    play = passed_down("1 working_day")
    assert play.asks("expire_station", SYSTEM, task="t1") == ()
    assert play.asks("expire_station", SYSTEM, task="t9") == ()
    assert play.refused("expire_station", HANDLER_A, task="t1") == "not_permitted"
    play.now = play.task("t1").inner_due_at or 0
    play.take("expire_station", SYSTEM, task="t1")
    assert isinstance(play.last, StationMissed)
    assert (play.last.station, play.task("t1").inner_missed_at) == ("team-a1", play.now)
    assert play.clock("resolve").missed_at is None
    assert play.asks("expire_station", SYSTEM, task="t1") == ()
    assert not {"expire_station", "remind_station"} & {one.step for one in wanted_timers(play.case)}
    play.take("contact", HANDLER_A, request="r1").take("finish", HANDLER_A)
    assert play.task("t1").inner_missed_at is not None
    assert play.asks("remind_station", SYSTEM, task="t1") == ()


def test_a_late_station_is_not_made_punctual_by_passing_the_task_down_again() -> None:
    play = passed_down("1 working_day")
    assert play.refused("pass_down", HANDLER_A, station="team-a1") == "with_the_station"
    missed_at = play.now = play.task("t1").inner_due_at or 0
    play.take("expire_station", SYSTEM, task="t1")
    assert play.refused("pass_down", HANDLER_A, station="team-a1") == "with_the_station"
    play.take("pass_down", HANDLER_A, station="team-a2")
    assert (play.task("t1").station, play.task("t1").inner_missed_at) == ("team-a2", None), "whose time begins"
    assert play.task("t1").late == (("team-a1", missed_at),)
    play.take("pass_down", HANDLER_A, station="team-a1")
    play.now = play.task("t1").inner_due_at or 0
    play.take("expire_station", SYSTEM, task="t1")
    assert dict(play.task("t1").late) == {"team-a1": missed_at}, "it was late then, and stays so"


def test_work_done_in_time_leaves_a_station_no_timer_and_work_found_wanting_is_its_units_time() -> None:
    play = passed_down("1 working_day").take("contact", HANDLER_A, request="r1").take("finish", HANDLER_A)
    assert not {"expire_station", "remind_station"} & {one.step for one in wanted_timers(play.case)}
    play.take("rework", VERIFIER)
    assert (play.task("t1").station, play.task("t1").inner_due_at) == ("team-a1", None)


@given(worked=some.integers(0, 8), lay=some.integers(1, 40))
def test_what_lay_with_the_verifier_is_given_back_to_the_first_due_time_too(worked: int, lay: int) -> None:
    dues = []
    for granted in (True, False):
        play = supervised().handled()
        if granted:
            play.take("ask_extension", HANDLER_A, clock=play.clock("resolve").id, ground="complex")
            play.take("grant_extension", DISPATCHER, clock=play.clock("resolve").id)
        play.now += worked * DAY
        play.take("finish", HANDLER_A)
        play.now += lay * DAY
        play.take("rework", VERIFIER)
        clock = play.clock("resolve")
        dues.append(clock.first_due_at if granted else clock.due_at)
    assert dues[0] == dues[1]


def test_who_returned_and_leads_on_is_supervised_like_any_other_with_a_time_to_answer() -> None:
    waiting = supervised().dispatched().take("return_order", HANDLER_A, ground="not_our_duty")
    sent_on = supervised().dispatched().take("return_order", HANDLER_A, ground="not_our_duty")
    sent_on.take("dispatch", DISPATCHER, unit="street-b")
    for play in (waiting, sent_on):
        play.take("supervise", LEADER)
        assert play.case.supervision[-1].unit == "street-a"
        assert (play.clock("answer").unit, play.clock("answer").subject) == ("street-a", "t1")
    other = seven_steps("parking", **SUPERVISED)
    waiting.mechanisms[other.key] = other
    waiting.find = lambda _matter, _instant: other
    waiting.take("reclassify", OPERATOR, matter="parking")
    assert "answer" in waiting.running("t1")
    assert waiting.clock("answer").started_at == waiting.case.supervision[-1].at
