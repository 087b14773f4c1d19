"""A whistle from its call to the last unit let go: screened, summoned, there or absent, released or timed out."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from kernel.case.calendars import CN2026, at
from kernel.case.mechanisms import T, length, limits_with, seven_steps, step, steps_with
from kernel.case.tables import (
    COORDINATOR,
    DISPATCHER,
    FIREMAN,
    HANDLER_A,
    HANDLER_A2,
    HANDLER_B,
    HANDLER_C,
    OPERATOR2,
    SYSTEM,
    TEXT,
    VERIFIER,
    WATERMAN,
    Play,
)
from sanban.kernel.case.engine import offers
from sanban.kernel.case.event import CaseMarkedAbsent, CaseScreened, CaseSummoned, ClockMissed, Event
from sanban.kernel.case.fold import fold_all
from sanban.kernel.case.state import Summons, Whistle
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Limit
from sanban.kernel.permission import Actor

MINUTE = 60_000_000
WHISTLE = {"kind": "hard_problem", "wanted": ("dept-fire",), "note": TEXT}


def passed(*wanted: str, kind: str = "hard_problem") -> Play:
    """A whistle that the centre has let pass."""
    return Play().whistled(*wanted, kind=kind).take("screen", COORDINATOR)


def newest(play: Play) -> Whistle:
    return play.case.whistles[-1]


def called(play: Play, unit: str) -> Summons:
    found = newest(play).of(unit)
    assert found is not None
    return found


def kinds(events: list[Event]) -> list[type]:
    return [type(event) for event in events]


def says(play: Play, name: str, actor: Actor, **args: object) -> Refused:
    found = play.asks(name, actor, **args)
    assert isinstance(found, Refused)
    assert found.example
    return found


def test_a_whistle_that_passes_calls_every_wanted_unit_in_the_same_decision() -> None:
    play = Play().whistled()
    assert play.case.state == "handling"
    known = len(play.events)
    play.take("screen", COORDINATOR)
    assert kinds(play.events[known:]) == [CaseScreened, CaseSummoned, CaseSummoned]
    assert play.case.state == "joint"
    assert newest(play).held == ("dept-fire", "dept-water")
    assert {event.actor for event in play.events[known + 1 :]} == {"system"}
    assert play.case.joint


def test_silence_lets_a_whistle_pass() -> None:
    play = Play().whistled()
    known = len(play.events)
    play.expire("screening")
    assert kinds(play.events[known:]) == [ClockMissed, CaseScreened, CaseSummoned, CaseSummoned]
    assert newest(play).silent


def test_a_refused_whistle_calls_nobody_and_the_case_goes_on_where_it_was() -> None:
    play = Play().whistled().take("screen", COORDINATOR, ground="not_hard")
    assert (newest(play).outcome, newest(play).ground, newest(play).summons) == ("refused", "not_hard", ())
    assert play.case.state == "handling"
    assert not play.case.joint
    assert "screening" not in play.running()
    play.take("whistle", HANDLER_A, **WHISTLE)
    assert [one.id for one in play.case.whistles] == ["c1.w1", "c1.w2"]


@pytest.mark.parametrize(
    ("kind", "due"), [("emergency", at("2025-04-25 10:30")), ("hard_problem", at("2025-04-28 00:00"))]
)
def test_the_kind_of_a_whistle_says_by_when_a_unit_is_there(kind: str, due: int) -> None:
    """Half an hour of natural time, or one working day: Sunday 27 April is one, by the calendar."""
    assert called(passed(kind=kind), "dept-fire").due_at == due


def test_a_unit_is_there_when_it_says_so_itself_before_its_time() -> None:
    play = passed()
    play.now += MINUTE
    play.take("report_in", FIREMAN)
    assert called(play, "dept-fire").reported_at == play.now
    assert called(play, "dept-fire").absent_at is None
    assert play.refused("report_in", FIREMAN) == "already_there"
    assert play.refused("report_in", WATERMAN, called="dept-fire") == "not_permitted"
    assert play.refused("report_in", HANDLER_B) == "not_permitted"


def test_the_timer_marks_who_is_not_there_and_coming_late_does_not_undo_it() -> None:
    play = passed("dept-fire", kind="emergency")
    known, due = len(play.events), called(play, "dept-fire").due_at
    play.expire("come_at_once")
    assert kinds(play.events[known:]) == [ClockMissed, CaseMarkedAbsent]
    play.now += 5 * MINUTE
    play.take("report_in", FIREMAN)
    assert (called(play, "dept-fire").absent_at, called(play, "dept-fire").reported_at) == (due, play.now)
    assert play.clock("come_at_once").missed_at == due


def test_who_comes_at_the_very_end_was_absent_though_the_timer_has_not_fired_yet() -> None:
    play = passed("dept-fire", kind="emergency")
    due = called(play, "dept-fire").due_at
    assert due is not None
    play.now = due
    play.take("report_in", FIREMAN)
    assert called(play, "dept-fire").absent_at == due
    assert play.asks("mark_absent", SYSTEM, whistle="c1.w1", called="dept-fire") == ()
    assert play.asks("mark_absent", SYSTEM, called="dept-water") == ()


def test_letting_a_unit_go_after_its_time_does_not_spare_it_the_absence() -> None:
    play = passed().take("report_in", WATERMAN)
    due = called(play, "dept-fire").due_at
    assert due is not None
    play.now = due
    for unit in ("dept-fire", "dept-water"):
        play.take("release", HANDLER_A, called=unit)
    assert (called(play, "dept-fire").absent_at, called(play, "dept-water").absent_at) == (due, None)


def test_a_time_to_report_in_that_names_no_kinds_holds_for_every_kind() -> None:
    come = Limit("come", T, length("1 hour"), "unit", "summoned", "reported_in", on_expiry="mark_absent")
    play = Play(seven_steps(limits=limits_with(come=come, come_at_once=None))).whistled("dept-fire")
    play.take("screen", COORDINATOR).expire("come")
    assert called(play, "dept-fire").absent_at == play.clock("come").due_at == play.now


def test_only_the_whistling_street_lets_a_unit_go_and_silence_never_does() -> None:
    play = passed().take("report_in", FIREMAN)
    assert play.refused("release", COORDINATOR, called="dept-fire") == "not_permitted"
    assert play.refused("release", HANDLER_B, called="dept-fire") == "not_permitted"
    assert "dept-water" in says(play, "release", HANDLER_A).example
    play.take("release", HANDLER_A, called="dept-fire")
    assert called(play, "dept-fire").how == "released"
    assert newest(play).held == ("dept-water",)
    assert play.refused("release", HANDLER_A, called="dept-fire") == "not_summoned"
    play.expire("stay", "c1.w1:dept-water")
    assert called(play, "dept-water").how == "timed_out"
    assert newest(play).held == ()


def test_a_unit_that_another_street_called_is_that_streets_to_let_go() -> None:
    play = passed().take("whistle", COORDINATOR, **(WHISTLE | {"street": "street-b", "wanted": ("street-c",)}))
    play.take("screen", COORDINATOR)
    assert says(play, "release", HANDLER_B, called="dept-fire").reason == "wrong_street"
    play.take("release", HANDLER_B, called="street-c")
    assert [one.street for one in play.case.whistles] == ["street-a", "street-b"]


def test_a_called_unit_has_business_with_the_case_until_it_is_let_go() -> None:
    play = passed()
    assert "report_in" in [step.name for step in offers(play.case, FIREMAN, play.situation(FIREMAN))]
    play.take("release", HANDLER_A, called="dept-fire")
    assert offers(play.case, FIREMAN, play.situation(FIREMAN)) == ()


def test_a_case_is_not_closed_while_a_unit_is_held() -> None:
    play = passed().take("contact", HANDLER_A, request="r1").take("finish", HANDLER_A).take("verify", VERIFIER)
    play.take("call_back", OPERATOR2, request="r1", reached=True, contacted=True, resolved="yes")
    assert play.refused("close", OPERATOR2, ending="resolved") == "units_held"
    for unit in ("dept-fire", "dept-water"):
        play.take("release", HANDLER_A, called=unit)
    play.take("close", OPERATOR2, ending="resolved")
    assert play.case.closed_at is not None


def test_the_street_stops_a_closing_and_the_work_is_taken_up_again() -> None:
    play = passed().take("change_lead", COORDINATOR, unit="dept-fire").take("finish", FIREMAN)
    assert play.refused("veto", HANDLER_A) == "missing_argument"
    assert play.refused("veto", HANDLER_A, note=TEXT, tasks=("t9",)) == "unknown_task"
    assert play.refused("veto", WATERMAN, note=TEXT) == "not_permitted"
    play.take("veto", HANDLER_A, note=TEXT)
    assert (play.case.state, play.task("t2").state, play.task("t2").reworked) == ("joint", "accepted", 1)


def test_no_street_wins_time_by_stopping_the_closing_of_its_own_work() -> None:
    play = passed("dept-fire").take("release", HANDLER_A, called="dept-fire").take("finish", HANDLER_A)
    for actor in (HANDLER_A, HANDLER_A2):
        assert play.refused("veto", actor, note=TEXT) == "own_work"
        assert "veto" not in [one.name for one in offers(play.case, actor, play.situation(actor))]


def test_a_street_that_helps_stops_the_closing_of_what_others_did_and_not_of_its_own_part() -> None:
    second = WHISTLE | {"street": "street-b", "wanted": ("street-c",)}
    play = passed("dept-fire").take("whistle", COORDINATOR, **second).take("screen", COORDINATOR)
    play.take("plan", COORDINATOR, tasks=[{"key": "a", "unit": "street-b"}])
    play.take("finish_task", HANDLER_B, task="t2").take("finish", HANDLER_A)
    assert says(play, "veto", HANDLER_B, tasks=("t1", "t2"), note=TEXT).reason == "own_work"
    play.take("veto", HANDLER_B, note=TEXT)
    assert (play.task("t1").state, play.task("t2").state) == ("accepted", "finished")


def test_a_street_stops_only_the_closing_of_what_it_has_whistled_for_itself() -> None:
    play = passed().take("whistle", COORDINATOR, **(WHISTLE | {"street": "street-b", "wanted": ("street-c",)}))
    play.take("screen", COORDINATOR).take("finish", HANDLER_A)
    assert says(play, "veto", HANDLER_B, whistle="c1.w1", note=TEXT).reason == "wrong_street"
    assert says(play, "veto", HANDLER_B, whistle="c1.w9", note=TEXT).reason == "no_whistle"


@pytest.mark.parametrize("step", ["finish", "shelve"])
def test_nothing_is_settled_while_a_whistle_waits(step: str) -> None:
    play = Play().whistled()
    args = {"ground": "history", "review_at": play.now + 3 * 86_400_000_000} if step == "shelve" else {}
    assert says(play, step, COORDINATOR if step == "shelve" else HANDLER_A, **args).reason == "whistle_waits"
    assert says(play, "whistle", HANDLER_A, **WHISTLE).reason == "whistle_waits"


def test_no_whistle_and_no_called_unit_is_lost_by_calling_the_problem_another() -> None:
    other = {"matter": "water", "fields": {}}
    play = Play().whistled("dept-fire")
    assert says(play, "reclassify", DISPATCHER, **other).reason == "whistle_waits"
    play.take("screen", COORDINATOR).take("joint_over", COORDINATOR)
    assert says(play, "reclassify", DISPATCHER, **other).reason == "units_held"
    play.take("release", HANDLER_A, called="dept-fire").take("reclassify", DISPATCHER, **other)


def test_the_coordinator_calls_a_further_unit_once_and_a_second_whistle_calls_others() -> None:
    play = passed("dept-fire")
    play.take("summon", COORDINATOR, called="dept-water")
    assert newest(play).held == ("dept-fire", "dept-water")
    assert play.refused("summon", COORDINATOR, called="dept-water") == "already_summoned"
    assert play.refused("summon", COORDINATOR, called="street-a") == "bad_whistle"
    assert play.refused("whistle", HANDLER_A, **WHISTLE) == "already_summoned"
    assert Play().handled().take("gather", HANDLER_A).refused("summon", COORDINATOR, called="dept-fire") == "no_whistle"


@pytest.mark.parametrize(
    ("changes", "actor", "reason"),
    [
        ({"kind": "holiday"}, HANDLER_A, "unknown_ground"),
        ({"note": ""}, HANDLER_A, "missing_argument"),
        ({"wanted": ()}, HANDLER_A, "bad_whistle"),
        ({"wanted": ("dept-fire", "dept-fire")}, HANDLER_A, "bad_whistle"),
        ({"wanted": ("street-a",)}, HANDLER_A, "bad_whistle"),
        ({"wanted": ("dept-moon",)}, HANDLER_A, "unknown_unit"),
        ({"reach": ("g-moon",)}, HANDLER_A, "unknown_grid"),
        ({"street": "street-b"}, HANDLER_A, "wrong_street"),
        ({}, HANDLER_C, "not_permitted"),
        ({}, COORDINATOR, "wrong_street"),
        ({"street": "dept-fire"}, COORDINATOR, "wrong_street"),
    ],
)
def test_a_whistle_that_cannot_be_is_refused_with_what_would_be_right(
    changes: dict[str, object], actor: Actor, reason: str
) -> None:
    assert says(Play().handled(), "whistle", actor, **(WHISTLE | changes)).reason == reason


def test_a_whistle_is_screened_once_and_by_a_declared_ground() -> None:
    play = Play().whistled()
    assert says(play, "screen", COORDINATOR, ground="tired").reason == "unknown_ground"
    play.take("screen", COORDINATOR)
    assert play.refused("screen", COORDINATOR) == "guard_failed"
    play.take("whistle", HANDLER_A, **(WHISTLE | {"wanted": ("street-c",)}))
    assert play.refused("screen", COORDINATOR, whistle="c1.w1") == "no_whistle"


@pytest.mark.parametrize("unit", ["street-b", "dept-fire"])
@pytest.mark.parametrize("ground", ["", "not_hard"])
def test_neither_who_calls_nor_who_is_called_screens_the_call(unit: str, ground: str) -> None:
    play = Play().handled().take("whistle", COORDINATOR, **(WHISTLE | {"street": "street-b"}))
    assert play.refused("screen", replace(COORDINATOR, unit=unit), ground=ground) == "own_work"
    play.take("screen", COORDINATOR, ground=ground)


def test_what_crosses_departments_grids_and_levels_is_told_by_the_declared_tests() -> None:
    play = Play().handled(grid="g-a1").take("whistle", HANDLER_A, **WHISTLE).take("screen", COORDINATOR)
    assert play.case.crosses == ("cross_level",)
    play.take("whistle", HANDLER_A, **(WHISTLE | {"wanted": ("dept-water",), "reach": ("g-b1",)}))
    play.take("screen", COORDINATOR)
    assert play.case.crosses == ("cross_level", "cross_department", "cross_area")
    assert play.case.reach == ("g-b1",)
    alone = Play().handled().take("whistle", HANDLER_A, **(WHISTLE | {"wanted": ("street-b",)}))
    assert alone.take("screen", COORDINATOR).case.crosses == ("cross_area",)


def test_a_whistle_that_is_refused_makes_nothing_a_three_cross_problem() -> None:
    play = Play().handled(grid="g-a1")
    play.take("whistle", COORDINATOR, **(WHISTLE | {"street": "street-b", "reach": ("g-b1",)}))
    assert (play.case.crosses, play.case.reach) == ((), ())
    play.take("screen", COORDINATOR, ground="not_hard")
    assert (play.case.crosses, play.case.reach) == ((), ())
    play.take("whistle", HANDLER_A, **WHISTLE).take("screen", COORDINATOR)
    assert play.case.crosses == ("cross_level",)


def test_a_newer_calendar_moves_by_when_a_called_unit_has_to_be_there() -> None:
    play = Play().whistled("dept-fire", when="2025-12-31 10:00").take("screen", COORDINATOR)
    assert play.clock("come").provisional
    play.calendar = CN2026
    play.take("recompute", SYSTEM)
    assert called(play, "dept-fire").due_at == play.clock("come").due_at
    assert fold_all(None, play.events) == play.case


def test_a_second_whistle_has_clocks_of_its_own() -> None:
    play = passed("dept-fire").take("whistle", HANDLER_A, **(WHISTLE | {"wanted": ("dept-water",)}))
    play.take("screen", COORDINATOR).expire("come", "c1.w2:dept-water")
    assert called(play, "dept-water").absent_at is not None
    assert play.case.whistles[0].summons[0].absent_at is None
    assert play.refused("report_in", FIREMAN, whistle="c1.w2") == "not_summoned"


def test_a_file_that_sets_no_time_for_coming_has_nobody_absent_and_states_its_problem_all_the_same() -> None:
    steps = steps_with(step("whistle", "handling", "street"))
    play = Play(seven_steps(limits=limits_with(come=None, come_at_once=None), steps=steps)).handled()
    assert play.refused("whistle", HANDLER_A, **(WHISTLE | {"note": ""})) == "missing_argument"
    play.take("whistle", HANDLER_A, **WHISTLE).take("screen", COORDINATOR)
    assert (called(play, "dept-fire").clock, called(play, "dept-fire").due_at) == ("", None)


def test_where_the_system_may_call_nobody_the_coordinator_does() -> None:
    by_hand = steps_with(step("summon", "joint", "coordinator"))
    play = Play(seven_steps(steps=by_hand)).whistled("dept-fire").take("screen", COORDINATOR)
    assert newest(play).summons == ()
    play.take("summon", COORDINATOR, called="dept-fire")
    assert newest(play).held == ("dept-fire",)
