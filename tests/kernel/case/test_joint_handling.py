"""Joint handling besides the whistle: offered by the system, answered by the centre, planned, minuted, led by one."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from kernel.case.mechanisms import seven_steps, steps_with
from kernel.case.mechanisms import step as step_of
from kernel.case.tables import (
    COORDINATOR,
    FIREMAN,
    HANDLER_A,
    HANDLER_B,
    LEADER,
    OPERATOR,
    OPERATOR2,
    SYSTEM,
    TEXT,
    VERIFIER,
    WATERMAN,
    Play,
)
from sanban.kernel.case.event import CaseRuled, JointOffered
from sanban.kernel.case.fold import fold
from sanban.kernel.case.state import LEAD, Case
from sanban.kernel.errors import Refused


def joint() -> Play:
    return Play().whistled("dept-fire").take("screen", COORDINATOR)


def called_back(play: Play, *, resolved: str) -> Play:
    """The lead reports it done once more, and the requester says whether it is."""
    play.take("finish", HANDLER_A).take("verify", VERIFIER)
    return play.take("call_back", OPERATOR2, request="r1", reached=True, contacted=True, resolved=resolved)


def not_resolved_twice() -> Play:
    play = called_back(Play().handled(), resolved="no").take("rework", OPERATOR2)
    assert play.case.offers == ()
    return called_back(play, resolved="partly")


def test_a_second_round_of_call_backs_that_fails_offers_joint_handling() -> None:
    play = not_resolved_twice()
    assert isinstance(play.last, JointOffered)
    assert (play.last.cause, play.last.actor) == ("call_back_failed", "system")


def test_several_who_say_no_in_one_round_are_one_failure() -> None:
    play = Play().handled().attach().take("finish", HANDLER_A).take("verify", VERIFIER)
    for request in ("r1", "r2"):
        play.take("call_back", OPERATOR2, request=request, reached=True, contacted=True, resolved="no")
    assert (play.case.failed_calls, play.case.offers) == (1, ())


def test_the_last_extension_missed_offers_joint_handling_and_an_earlier_one_does_not() -> None:
    once = extended(Play().handled(), times=1).expire("resolve")
    assert once.case.offers == ()
    twice = extended(Play().handled(), times=2).expire("resolve")
    assert [offer.cause for offer in twice.case.offers] == ["extension_missed"]


def extended(play: Play, times: int) -> Play:
    clock = play.clock("resolve")
    longer = tuple([one if one.id != clock.id else clock_extended(play, times) for one in play.case.clocks])
    return play.hold(clocks=longer)


def clock_extended(play: Play, times: int) -> object:
    clock = play.clock("resolve")
    return type(clock)(
        clock.id, clock.limit, clock.subject, clock.unit, clock.started_at, clock.lengths, clock.due_at, extended=times
    )


def test_an_offer_is_made_once_and_a_refused_one_may_be_made_again() -> None:
    play = not_resolved_twice().take("rework", OPERATOR2)
    assert play.asks("offer_joint", SYSTEM, cause="extension_missed") == ()
    assert play.refused("refuse_joint", COORDINATOR, ground="tired") == "unknown_ground"
    play.take("refuse_joint", COORDINATOR, ground="own_duty")
    assert (play.case.offers[-1].answer, play.case.offers[-1].ground) == ("refused", "own_duty")
    assert play.refused("accept_joint", COORDINATOR) == "guard_failed"
    called_back(play, resolved="no")
    assert len(play.case.offers) == 2


def test_an_accepted_offer_makes_the_case_joint_and_says_what_for() -> None:
    play = not_resolved_twice().take("rework", OPERATOR2)
    assert play.refused("accept_joint", COORDINATOR, reach=("g-moon",)) == "unknown_grid"
    play.take("accept_joint", COORDINATOR, reach=("g-a1", "g-b1"))
    assert (play.case.state, play.case.joint, play.case.crosses) == ("joint", True, ("cross_area",))
    assert play.case.offers[-1].ground == "call_back_failed"
    assert play.asks("offer_joint", SYSTEM, cause="call_back_failed") == ()


def test_a_case_that_comes_back_after_joint_handling_is_offered_it_anew() -> None:
    play = not_resolved_twice().take("rework", OPERATOR2).take("accept_joint", COORDINATOR)
    since = play.case.joint_since
    called_back(play, resolved="yes").take("close", OPERATOR2, ending="resolved")
    assert (play.case.joint, since) == (True, play.case.joint_since)
    play.now += 60_000_000
    play.take("reopen", OPERATOR)
    assert not play.case.joint
    play.take("offer_joint", SYSTEM, cause="call_back_failed").take("take_up", LEADER)
    play.take("accept_joint", COORDINATOR)
    assert (play.case.joint_since, len(play.case.offers)) == (play.now, 2)
    assert play.asks("offer_joint", SYSTEM, cause="call_back_failed") == ()


def leads(case: Case) -> list[str]:
    return [task.unit for task in case.open_tasks if task.spec == LEAD]


def test_the_lead_changes_in_one_event_with_no_instant_without_one_or_with_two() -> None:
    play = joint().take("ask_suspension", HANDLER_A, ground="weather", review_at=joint().now + 5 * 86_400_000_000)
    assert play.refused("change_lead", COORDINATOR, unit="street-a") == "leads_already"
    assert play.refused("change_lead", COORDINATOR, unit="dept-moon") == "unknown_unit"
    known = len(play.events)
    play.take("change_lead", COORDINATOR, unit="dept-water", precedent="s-a")
    assert len(play.events) == known + 1
    assert isinstance(play.last, CaseRuled)
    assert (play.case.lead, leads(play.case), play.task("t1").state) == ("dept-water", ["dept-water"], "withdrawn")
    assert play.case.asked == ()
    assert {one.subject for one in play.case.clocks if one.running and one.limit == "resolve"} == {
        play.case.tasks[-1].id
    }
    case: Case | None = None
    for event in play.events:
        case = fold(case, event)
        assert len(leads(case)) <= 1
        assert case.lead
    assert play.refused("finish", HANDLER_A) == "not_permitted"


def test_who_waited_for_the_lead_by_a_plan_of_old_begins_when_another_leads() -> None:
    play = joint().take("plan", COORDINATOR, tasks=[{"key": "a", "unit": "dept-fire", "gate": "permit"}])
    waiting = replace(play.task("t2"), after=("t1",))
    play.hold(tasks=(play.task("t1"), waiting), clocks=tuple(one for one in play.case.clocks if one.subject != "t2"))
    play.take("change_lead", COORDINATOR, unit="dept-water")
    assert play.running("t2") == ["sign_for", "resolve"]


def test_a_lead_that_has_nothing_open_is_ruled_and_not_changed() -> None:
    play = joint()
    ended = play.hold(tasks=tuple(task for task in play.case.tasks if task.spec != LEAD))
    assert ended.refused("change_lead", COORDINATOR, unit="dept-water") == "unknown_task"


def test_a_ring_of_tasks_is_refused_and_named() -> None:
    tasks = [
        {"key": "a", "unit": "dept-fire"},
        {"key": "b", "unit": "dept-water", "after": ["a", "d"]},
        {"key": "c", "unit": "dept-water", "after": ["b"]},
        {"key": "d", "unit": "dept-fire", "after": ["c"]},
    ]
    refused = joint().asks("plan", COORDINATOR, tasks=tasks)
    assert isinstance(refused, Refused)
    assert refused.reason == "plan_cycle"
    assert "b after d after c after b" in refused.message
    assert refused.example


def test_a_task_waits_until_its_gate_is_passed() -> None:
    play = joint().take(
        "plan",
        COORDINATOR,
        tasks=[{"key": "a", "unit": "dept-fire", "gate": "permit"}, {"key": "b", "unit": "dept-water"}],
    )
    play.take("accept", FIREMAN, task="t2").take("accept", WATERMAN, task="t3")
    assert play.refused("finish_task", FIREMAN, task="t2") == "gate_closed"
    refused = play.asks("pass_gate", COORDINATOR, gate="moon")
    assert isinstance(refused, Refused)
    assert refused.example == "gate: permit"
    play.take("pass_gate", COORDINATOR, gate="permit").take("finish_task", FIREMAN, task="t2")
    assert play.case.gates == ("permit",)
    assert play.refused("pass_gate", COORDINATOR, gate="permit") == "guard_failed"
    play.take("finish_task", WATERMAN, task="t3")


def test_minutes_have_a_text_and_say_which_units_were_there() -> None:
    play = joint()
    assert play.refused("minute", COORDINATOR) == "missing_argument"
    assert play.refused("minute", COORDINATOR, note=TEXT, present=("dept-moon",)) == "unknown_unit"
    assert play.refused("minute", HANDLER_B, note=TEXT) == "not_permitted"
    before = play.case
    play.take("minute", COORDINATOR, note=TEXT, present=("dept-fire", "street-a"))
    assert (play.case.state, play.case.tasks) == (before.state, before.tasks)


@pytest.mark.parametrize("step", ["accept_joint", "refuse_joint"])
def test_what_was_not_offered_is_not_answered(step: str) -> None:
    play = Play().handled()
    args = {"ground": "not_hard"} if step == "refuse_joint" else {}
    assert play.refused(step, COORDINATOR, **args) == "guard_failed"
    unguarded = seven_steps(steps=steps_with(step_of(step, "handling", "coordinator", "joint")))
    assert Play(unguarded).handled().refused(step, COORDINATOR, **args) == "nothing_offered"
