"""Corner case 7: a case of several units, whose children have clocks of their own, one lead, one reply, one check."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from kernel.case.calendars import at, end
from kernel.case.mechanisms import TASKS, T, guard, seven_steps
from kernel.case.tables import (
    CHIEF_A,
    COORDINATOR,
    DISPATCHER,
    FIREMAN,
    HANDLER_A,
    HANDLER_B,
    OPERATOR,
    REQUESTER,
    SYSTEM,
    TEXT,
    VERIFIER,
    WATERMAN,
    Play,
)
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import TaskSpec, compile_mechanism


def joint() -> Play:
    """A case with a lead, a fire task and two planned tasks, the second after the first."""
    play = Play().handled(fields={"fire_risk": True})
    tasks = [
        {"key": "a", "unit": "dept-water"},
        {"key": "b", "unit": "street-b", "after": ["a"]},
        {"key": "c", "unit": "street-c", "mandatory": False, "after": ["t2"]},
    ]
    return play.take("plan", COORDINATOR, "2025-04-28 10:00", tasks=tasks)


def test_children_have_clocks_of_their_own_and_there_is_one_lead() -> None:
    play = joint()
    assert [(task.id, task.spec, task.unit) for task in play.case.tasks] == [
        ("t1", "lead", "street-a"), ("t2", "fire", "dept-fire"), ("t3", "co", "dept-water"), ("t4", "co", "street-b"),
        ("t5", "co", "street-c"),
    ]  # fmt: skip
    assert play.task("t4").after == ("t3",)
    assert play.running("t2") == ["sign_for", "resolve", "fire_check"]
    assert play.running("t3") == ["sign_for", "resolve"]
    assert play.clock("resolve", "t3").started_at == at("2025-04-28 10:00")
    assert play.case.lead == "street-a"


def test_the_parent_is_finished_only_when_every_mandatory_child_is_done_or_waived() -> None:
    play = joint()
    assert play.refused("finish", HANDLER_A) == "tasks_open"
    assert play.refused("finish_task", HANDLER_B, task="t4") == "not_its_turn"
    assert play.refused("finish_task", HANDLER_A, task="t3") == "not_permitted"
    assert play.refused("finish_task", HANDLER_A, task="t1") == "unknown_task"
    assert play.refused("finish_task", HANDLER_A) == "missing_argument"
    play.take("finish_task", FIREMAN, task="t2").take("finish_task", WATERMAN, task="t3")
    assert play.refused("finish_task", WATERMAN, task="t3") == "not_permitted"
    assert play.refused("finish", HANDLER_A) == "tasks_open"
    play.take("waive", DISPATCHER, task="t4", ground="no_need")
    play.take("finish", HANDLER_A)
    assert play.case.state == "finished"


def test_a_case_is_not_closed_over_a_child_still_at_work() -> None:
    play = Play().open(fields={"fire_risk": True}).take("dispatch", DISPATCHER)
    play.take("return_order", HANDLER_A, ground="not_our_duty")
    assert play.refused("close_statutory", DISPATCHER, ending="statutory") == "tasks_open"
    play.take("waive", COORDINATOR, task="t2", ground="no_need")
    assert play.refused("close_statutory", DISPATCHER, ending="odd") == "unknown_ground"
    play.take("close_statutory", DISPATCHER, ending="statutory")


def test_each_requester_gets_one_reply_and_one_call_back_for_the_whole_case() -> None:
    play = joint()
    for actor, task in ((FIREMAN, "t2"), (WATERMAN, "t3"), (HANDLER_B, "t4")):
        play.take("finish_task", actor, task=task)
    play.take("finish", HANDLER_A).take("verify", VERIFIER)
    ask = {"request": "r1", "reached": True, "resolved": "yes"}
    play.take("call_back", OPERATOR, **ask)
    assert play.refused("call_back", OPERATOR, **(ask | {"resolved": "no"})) == "already_called"
    play.take("close", OPERATOR, ending="resolved")
    assert play.task("t5").state == "withdrawn"
    assert play.running() == []


def test_the_delay_of_a_co_unit_shows_on_the_co_unit() -> None:
    play = joint().expire("fire_check")
    late = [(clock.limit, clock.unit) for clock in play.case.clocks if clock.missed_at is not None]
    assert late == [("fire_check", "dept-fire")]


def test_a_failed_check_opens_only_the_child_concerned_and_the_case_goes_back_when_it_is_done() -> None:
    play = Play().handled(fields={"fire_risk": True}).take("finish_task", FIREMAN, task="t2")
    play.take("finish", HANDLER_A, "2025-04-28 10:00")
    assert play.refused("rework", VERIFIER, tasks=["t9"]) == "unknown_task"
    assert play.refused("rework", VERIFIER, tasks=["t2", "t9"]) == "unknown_task"
    play.take("rework", VERIFIER, "2025-04-29 10:00", tasks=["t2"])
    assert [(task.id, task.state, task.reworked) for task in play.case.tasks] == [
        ("t1", "finished", 0),
        ("t2", "accepted", 1),
    ]
    assert play.running("t1") == ["first_contact"]
    assert play.running("t2") == ["resolve", "fire_check", "rework"]
    play.take("finish_task", FIREMAN, task="t2")
    assert play.case.state == "finished"
    play.take("rework", VERIFIER, tasks=["t2"]).take("plan", COORDINATOR, tasks=[{"key": "x", "unit": "street-c"}])
    play.take("finish_task", FIREMAN, task="t2")
    assert play.case.state == "handling"
    play.take("waive", DISPATCHER, task="t3", ground="no_need")
    assert play.case.state == "finished"


def test_time_with_the_verifier_is_not_the_units_and_time_before_it_is_not_given_back() -> None:
    play = Play().handled().take("finish", HANDLER_A, "2025-05-19 17:00")
    assert not play.clock("resolve").running
    play.take("rework", VERIFIER, "2025-05-21 10:00")
    assert play.clock("resolve").due_at == end("2025-05-21")
    assert play.clock("rework").due_at == end("2025-05-26")
    play.expire("resolve").take("finish", HANDLER_A, "2025-05-23 10:00")
    assert play.clock("resolve").missed_at == end("2025-05-21")
    assert play.clock("rework").missed_at is None
    play.take("rework", VERIFIER, "2025-05-23 11:00")
    assert [clock.limit for clock in play.case.clocks if clock.running and clock.subject == "t1"] == [
        "first_contact", "resolve", "rework",
    ]  # fmt: skip


MORNING_AFTER = {"2025-04-28": "2025-04-29", "2025-04-29": "2025-04-30", "2025-04-30": "2025-05-01"}


def test_reporting_done_each_evening_and_being_found_wanting_each_morning_gains_no_day() -> None:
    play = Play().handled()
    for day in ("2025-04-28", "2025-04-29", "2025-04-30"):
        play.take("finish", HANDLER_A, f"{day} 23:59").take("rework", VERIFIER, f"{MORNING_AFTER[day]} 00:01")
    assert play.clock("resolve").due_at == end("2025-05-20")


def test_hours_with_the_verifier_are_given_back_to_the_minute() -> None:
    play = Play().dispatched(fields={"fire_risk": True}).take("accept", HANDLER_A)
    play.take("finish_task", FIREMAN, "2025-04-25 12:00", task="t2").take("finish", HANDLER_A)
    play.take("rework", VERIFIER, "2025-04-25 15:30", tasks=["t2"])
    assert play.clock("fire_check").due_at == at("2025-04-26 13:30")


def test_work_reported_done_without_a_word_to_the_requester_leaves_the_contact_clock_running() -> None:
    play = Play().handled().take("finish", HANDLER_A)
    assert play.running("t1") == ["first_contact"]
    play.expire("first_contact")
    assert play.clock("first_contact").missed_at == end("2025-04-27")


def test_tasks_that_wait_for_each_other_are_refused_at_planning() -> None:
    play = Play().handled()
    ring = [{"key": "a", "unit": "street-b", "after": ["b"]}, {"key": "b", "unit": "street-c", "after": ["a"]}]
    assert play.refused("plan", HANDLER_A, tasks=ring) == "plan_cycle"
    assert play.refused("plan", HANDLER_A, tasks=[{"key": "a", "unit": "street-b", "after": ["a"]}]) == "plan_cycle"


@pytest.mark.parametrize(
    ("tasks", "reason"),
    [
        ([], "bad_plan"),
        ([{"key": f"k{number}", "unit": "street-b"} for number in range(51)], "bad_plan"),
        ([{"key": "a", "unit": "street-b"}, {"key": "a", "unit": "street-c"}], "bad_plan"),
        ([{"key": "t1", "unit": "street-b"}], "bad_plan"),
        ([{"key": "a", "unit": "street-b", "after": ["zz"]}], "bad_plan"),
        ([{"key": "a", "unit": "street-b", "after": ["t1"]}], "bad_plan"),
        ([{"key": "a", "unit": "street-b", "spec": "lead"}], "bad_plan"),
        ([{"key": "a", "unit": "street-z"}], "unknown_unit"),
        ([{"key": "a", "unit": "firm-x"}], "unit_is_subject"),
    ],
)
def test_a_plan_that_cannot_stand_is_refused(tasks: list[dict[str, object]], reason: str) -> None:
    play = Play().handled(fields={"operator": "firm-x"})
    assert play.refused("plan", HANDLER_A, tasks=tasks) == reason
    assert play.refused("plan", REQUESTER, tasks=tasks) == "not_permitted"
    assert play.refused("plan", SYSTEM, tasks=tasks) == "not_permitted"
    assert play.refused("plan", CHIEF_A, tasks=tasks) == "not_permitted"


def test_no_department_that_leads_pushes_its_work_down_to_streets_and_their_teams() -> None:
    play = Play().dispatched(unit="dept-water").take("accept", WATERMAN)
    for unit in ("street-a", "street-b", "team-a1"):
        assert play.refused("plan", WATERMAN, tasks=[{"key": "a", "unit": unit}]) == "pushed_down"
    play.take("plan", WATERMAN, tasks=[{"key": "a", "unit": "dept-fire"}, {"key": "b", "unit": "firm-x"}])
    play.take("plan", COORDINATOR, tasks=[{"key": "a", "unit": "street-a"}])
    assert [task.unit for task in play.case.tasks] == ["dept-water", "dept-fire", "firm-x", "street-a"]


def test_a_street_hands_no_department_or_other_street_work_outside_joint_handling() -> None:
    play = Play().handled(fields={"fire_risk": False})
    for unit in ("dept-water", "street-b"):
        refused = play.asks("plan", HANDLER_A, tasks=[{"key": "a", "unit": unit}])
        assert isinstance(refused, Refused)
        assert (refused.reason, refused.example) == (
            "not_their_duty",
            f"whistle for {unit}, or ask the coordinator to plan it",
        )
    own = [
        {"key": "a", "unit": "team-a1"},
        {"key": "b", "unit": "firm-x"},
        {"key": "c", "unit": "dept-fire", "spec": "fire"},
    ]
    play.take("plan", HANDLER_A, tasks=own)
    play.take("gather", HANDLER_A)
    play.take("plan", HANDLER_A, tasks=[{"key": "a", "unit": "dept-water"}])
    assert [task.unit for task in play.case.tasks[1:]] == ["team-a1", "firm-x", "dept-fire", "dept-water"]


def test_not_even_in_joint_handling_does_a_department_hand_its_work_down_to_a_street() -> None:
    play = Play().dispatched(unit="dept-water").take("accept", WATERMAN)
    play.take("gather", WATERMAN)
    assert play.refused("plan", WATERMAN, tasks=[{"key": "a", "unit": "street-a"}]) == "pushed_down"


def returned_by_water() -> Play:
    """The water works gave back what street-b waits for."""
    ground = {"ground": "not_our_duty"}
    return joint().take("return_task", WATERMAN, "2025-04-28 11:00", task="t3", note=TEXT, **ground)


def test_what_a_helper_gives_back_the_lead_has_and_who_waited_for_it_waits_on() -> None:
    before = joint().case
    play = returned_by_water()
    gone, instead = play.task("t3"), play.task("t6")
    assert (gone.state, gone.ended_at) == ("returned", at("2025-04-28 11:00"))
    assert (instead.unit, instead.state, instead.mandatory, instead.sent_by) == (
        "street-a", "dispatched", True, "dept-water",
    )  # fmt: skip
    assert play.task("t4").after == ("t6",)
    assert play.task("t5").after == ("t2",)
    assert play.running("t3") == []
    assert play.running("t6") == ["sign_for", "resolve"]
    assert play.case.requests == before.requests, "no promised date moves"
    assert (play.case.state, play.case.lead, play.case.returned_by) == ("handling", "street-a", ())
    assert play.refused("finish_task", HANDLER_B, task="t4") == "not_its_turn"
    assert play.refused("finish", HANDLER_A) == "tasks_open"
    play.take("finish_task", HANDLER_A, task="t6").take("finish_task", HANDLER_B, task="t4")
    play.take("finish_task", FIREMAN, task="t2").take("finish", HANDLER_A)


def test_the_time_of_who_waits_runs_from_when_those_before_are_over() -> None:
    play = joint()
    assert play.running("t4") == []
    play.take("accept", HANDLER_B, task="t4")
    play.take("finish_task", WATERMAN, "2025-04-29 10:00", task="t3")
    assert play.running("t4") == ["resolve"], "it has signed already"
    assert play.clock("resolve", "t4").started_at == at("2025-04-29 10:00")
    play.take("waive", DISPATCHER, "2025-04-29 11:00", task="t2", ground="no_need")
    assert play.running("t5") == ["sign_for", "resolve"]


def test_who_waits_for_two_begins_with_the_last_and_not_once_more_after_rework() -> None:
    play = Play().handled()
    tasks = [
        {"key": "a", "unit": "dept-water"},
        {"key": "b", "unit": "dept-fire"},
        {"key": "c", "unit": "street-b", "after": ["a", "b"]},
    ]
    play.take("plan", COORDINATOR, tasks=tasks).take("finish_task", WATERMAN, task="t2")
    assert play.running("t4") == []
    play.take("finish_task", FIREMAN, "2025-04-28 10:00", task="t3").take("finish_task", HANDLER_B, task="t4")
    play.take("finish", HANDLER_A).take("rework", VERIFIER, tasks=["t2", "t4"])
    begun = [clock for clock in play.case.clocks if clock.subject == "t4" and clock.limit == "resolve"]
    play.take("finish_task", WATERMAN, "2025-04-29 10:00", task="t2")
    assert [clock.id for clock in begun] == [
        clock.id for clock in play.case.clocks if clock.subject == "t4" and clock.limit == "resolve"
    ]
    assert play.task("t4").state == "accepted"


def test_what_waits_is_given_back_without_its_time_having_begun() -> None:
    play = joint().take("return_task", HANDLER_B, task="t4", ground="not_our_duty")
    assert (play.task("t6").after, play.running("t6")) == (("t3",), [])
    assert play.take("finish_task", WATERMAN, task="t3").running("t6") == ["sign_for", "resolve"]


def test_a_helper_gives_back_once_and_not_what_it_or_its_silence_has_signed_for() -> None:
    ground = {"ground": "not_our_duty"}
    play = returned_by_water().take("plan", COORDINATOR, tasks=[{"key": "a", "unit": "dept-water"}])
    again = play.case.tasks[-1].id
    assert play.refused("return_task", WATERMAN, task=again, **ground) == "too_often"
    lax = {**play.mechanism.steps, "return_task": replace(play.mechanism.steps["return_task"], at_most=0)}
    play.mechanisms[play.mechanism.key] = compile_mechanism(replace(play.mechanism, steps=lax))
    assert play.refused("return_task", WATERMAN, task=again, **ground) == "already_returned"
    assert play.refused("return_task", HANDLER_A, task="t6", **ground) == "own_task"
    assert play.refused("return_task", HANDLER_B, task="t4", ground="too_busy") == "unknown_ground"
    assert play.refused("return_task", HANDLER_A, task="t1", **ground) == "unknown_task"
    assert play.refused("return_task", HANDLER_A, task="t6") == "bad_arguments"
    play.take("accept", HANDLER_B, task="t4")
    assert play.refused("return_task", HANDLER_B, task="t4", **ground) == "already_accepted"
    silent = joint()
    silent.now = silent.clock("sign_for", "t3").due_at or 0
    assert silent.refused("return_task", WATERMAN, task="t3", **ground) == "too_late"


def test_a_department_asks_the_street_whose_help_the_matter_declares_and_no_other() -> None:
    helped = seven_steps(tasks={one.name: one for one in (*TASKS, TaskSpec("access", "street", T, guard("found")))})
    play = Play(helped).dispatched(unit="dept-water").take("accept", WATERMAN)
    assert play.refused("plan", WATERMAN, tasks=[{"key": "a", "unit": "street-b"}]) == "pushed_down"
    play.take("plan", WATERMAN, tasks=[{"key": "a", "unit": "street-a", "spec": "access"}])
    assert play.case.tasks[-1].unit == "street-a"
