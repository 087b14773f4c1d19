"""Who may take which step, in what order the engine refuses, what it offers, and the system's own steps."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from kernel.case.calendars import at, end
from kernel.case.mechanisms import WORKED, T, length, limits_with, seven_steps, step, steps_with
from kernel.case.tables import (
    AUDITOR,
    CLERK_A,
    COORDINATOR,
    DISPATCHER,
    EVERYONE,
    FIREMAN,
    FIRM,
    HANDLER_A,
    HANDLER_B,
    LEADER,
    OPERATOR,
    OPERATOR2,
    REQUESTER,
    SYSTEM,
    TEXT,
    VERIFIER,
    WATERMAN,
    WORKER_A1,
    Play,
)
from sanban.kernel.case.engine import offers
from sanban.kernel.case.event import CaseNoted, CaseSupervised, ClockMissed, TaskAccepted
from sanban.kernel.case.facts import GUARD_NAMES, case_facts, guard_values, works_on
from sanban.kernel.case.situation import Command, NoArgs, Situation
from sanban.kernel.case.state import Risk
from sanban.kernel.case.timers import Wanted, wanted_timers
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Limit
from sanban.kernel.party import Link, links
from sanban.kernel.permission import Actor


def names(play: Play, actor: Actor) -> list[str]:
    return [one.name for one in offers(play.case, actor, play.situation(actor))]


def test_each_is_offered_what_is_theirs() -> None:
    play = Play().dispatched()
    own = [
        "locate",
        "accept",
        "return_order",
        "contact",
        "pass_down",
        "reword",
        "message",
        "relay",
        "unmask",
        "name_subject",
        "note",
    ]
    assert names(play, HANDLER_A) == own
    assert names(play, HANDLER_B) == []
    assert names(play, AUDITOR) == []
    assert names(play, REQUESTER) == []
    assert names(play, SYSTEM) == ["attach", "accept_silent", "mark_absent", "offer_joint", "supervise_silent"]
    play.take("accept", HANDLER_A)
    assert "return_order" not in names(play, HANDLER_A)
    assert {"finish", "ask_extension", "plan"} <= set(names(play, HANDLER_A))


def test_what_the_window_the_guard_or_the_count_forbids_is_not_offered() -> None:
    play = Play().closed()
    assert names(play, OPERATOR) == ["reopen", "name_subject", "clear_subject", "note"]
    play.now = end("2025-05-25")
    assert names(play, OPERATOR) == ["name_subject", "clear_subject", "note"]
    called = Play().called("no")
    assert "close" not in names(called, DISPATCHER)
    assert "close_unsolved" in names(called, DISPATCHER)
    joint = Play().handled().take("gather", HANDLER_A)
    joint.take("joint_over", COORDINATOR)
    assert "gather" not in names(joint, HANDLER_A)
    assert joint.refused("gather", HANDLER_A) == "too_often"


def test_opening_is_never_offered_on_an_open_case() -> None:
    again = seven_steps(steps=steps_with(step("open", "open", "desk")))
    assert "open" not in names(Play(again).open(), OPERATOR)


def test_the_next_unit_is_offered_its_order_while_the_returning_one_still_leads() -> None:
    play = Play().dispatched().take("return_order", HANDLER_A, ground="not_our_duty")
    play.take("dispatch", DISPATCHER, unit="street-b")
    assert {"accept", "return_again"} <= set(names(play, HANDLER_B))
    assert names(play, HANDLER_A) == [
        "locate",
        "contact",
        "reword",
        "message",
        "relay",
        "unmask",
        "name_subject",
        "note",
    ]


def test_refusals_come_in_order_permission_arguments_count_window_guard() -> None:
    play = Play().called("no")
    assert play.refused("close", HANDLER_A, nonsense=1) == "not_permitted"
    assert play.refused("close", OPERATOR2, nonsense=1) == "bad_arguments"
    assert play.refused("close", OPERATOR2, ending="resolved") == "guard_failed"
    assert play.refused("dance", OPERATOR2) == "unknown_step"
    assert play.refused("accept", OPERATOR2) == "wrong_state"
    asked = play.asks("dance", OPERATOR2)
    assert isinstance(asked, Refused)
    assert "rework" in asked.example


def test_a_state_without_steps_says_so() -> None:
    play = Play(
        seven_steps(steps={name: one for name, one in Play().mechanism.steps.items() if "filed" not in one.source})
    )
    asked = play.open().asks("dispatch", DISPATCHER)
    assert isinstance(asked, Refused)
    assert asked.example == "no step leads out of here"


SUBJECT_CASES = [
    pytest.param({"subjects": ("street-a",)}, HANDLER_A, id="the unit"),
    pytest.param({"subjects": ("person:op1",)}, OPERATOR, id="the person"),
    pytest.param({"subjects": ("op1",)}, OPERATOR, id="the account"),
    pytest.param({"fields": {"operator": "firm-y"}}, FIRM, id="the agent of the party in the form"),
    pytest.param({"subjects": ("firm-y",)}, COORDINATOR, id="a member of the agent"),
]


@pytest.mark.parametrize(("args", "actor"), SUBJECT_CASES)
def test_the_party_complained_about_and_its_agents_are_refused_everything_in_the_words_of_a_stranger(
    args: dict[str, Any], actor: Actor
) -> None:
    bound = links([Link("agent_of", "firm-x", "firm-y", 0), Link("member_of", "person:coord", "firm-x", 0)])
    play = Play(links=bound).open(actor=OPERATOR2, **args).take("dispatch", DISPATCHER, unit="street-b")
    plain = Play(links=bound).open().take("dispatch", DISPATCHER, unit="street-b")
    for name in (*play.mechanism.steps, "dance"):
        found = play.asks(name, actor)
        assert isinstance(found, Refused)
        assert found.reason == "not_permitted"
        assert found == plain.asks(name, WATERMAN)
    assert names(play, actor) == []


def test_a_unit_that_is_complained_about_does_not_own_a_task_any_more() -> None:
    play = Play().handled(fields={"fire_risk": True})
    against = Play().handled(fields={"fire_risk": True}).hold(subjects=frozenset({"dept-fire"}))
    assert against.refused("accept", FIREMAN, task="t2") == "not_permitted"
    assert play.take("accept", FIREMAN, task="t2").task("t2").state == "accepted"


def test_an_owner_acts_on_the_own_task_alone() -> None:
    play = Play().dispatched(fields={"fire_risk": True})
    assert play.refused("accept", FIREMAN) == "not_permitted"
    assert play.refused("accept", HANDLER_A, task="t2") == "not_permitted"
    assert play.refused("accept", Actor("x", "auditor", "dept-fire"), task="t2") == "not_permitted"
    assert play.refused("accept", Actor("x", "requester", "dept-fire"), task="t2") == "not_permitted"
    assert play.refused("accept", Actor("x", "handler"), task="t2") == "not_permitted"
    assert play.refused("return_order", FIREMAN, task="t2", ground="not_our_duty") == "not_permitted"
    play.take("accept", FIREMAN, task="t2").take("accept", HANDLER_A)
    clock = play.clock("resolve", "t2").id
    assert play.refused("ask_extension", HANDLER_A, clock=clock, ground="complex") == "not_permitted"
    play.take("ask_suspension", FIREMAN, task="t2", ground="works", review_at=at("2025-06-01"))
    play.take("suspend", LEADER, task="t2").take("resume", FIREMAN, task="t2")


def test_a_firm_helps_and_never_leads() -> None:
    play = Play().handled().take("plan", HANDLER_A, tasks=[{"key": "a", "unit": "firm-x"}])
    play.take("accept", FIRM, task="t2").take("finish_task", FIRM, task="t2")
    assert "firm" in play.case.handlers
    lead = Play().dispatched("firm-x")
    assert lead.refused("accept", FIRM) == "not_permitted"


def test_whoever_takes_a_step_of_handling_has_handled_whatever_the_role() -> None:
    play = Play().dispatched().take("accept", CLERK_A)
    assert play.case.handlers == {"clerk-a"}
    assert play.take("note", OPERATOR, note=TEXT).case.handlers == {"clerk-a"}
    assert play.take("note", HANDLER_A, note=TEXT).case.handlers == {"clerk-a", "ha"}
    assert play.refused("note", OPERATOR) == "missing_argument"
    assert isinstance(play.last, CaseNoted)


def test_not_handler_alone_lets_nobody_in() -> None:
    lax = seven_steps(steps=steps_with(step("accept", "dispatched", "task_owner not_handler", "handling")))
    play = Play(lax).dispatched()
    assert play.refused("accept", VERIFIER) == "not_permitted"
    play.take("accept", HANDLER_A)


def test_supervision_lasts() -> None:
    play = Play().open().take("supervise", LEADER)
    assert isinstance(play.last, CaseSupervised)
    assert play.case.supervised


def test_a_call_back_says_only_what_was_said() -> None:
    play = Play().finished().take("verify", VERIFIER)
    unreached = {"request": "r1", "reached": False}
    for said in ({"resolved": "yes"}, {"contacted": True}, {"satisfied": 5}):
        assert play.refused("call_back", OPERATOR, **(unreached | said)) == "bad_arguments"
    assert play.refused("call_back", OPERATOR, request="r1", reached=True, satisfied=6) == "bad_arguments"
    assert play.refused("call_back", OPERATOR, request="r9", reached=True) == "unknown_request"
    play.take("call_back", OPERATOR, **unreached)
    play.take("call_back", OPERATOR, request="r1", reached=True, resolved="yes", satisfied=5)
    assert play.case.requests[0].call_back is not None
    assert play.case.requests[0].call_back.satisfied == 5


def test_the_leads_station_may_contact_and_a_helping_units_may_not() -> None:
    contact = step("contact", WORKED, "lead_unit inner_unit")
    mechanism = seven_steps(steps=steps_with(contact, step("plan", "dispatched", "coordinator")))
    own = Play(mechanism).handled().take("pass_down", HANDLER_A, station="team-a1")
    assert "contact" in names(own, WORKER_A1)
    own.take("contact", WORKER_A1, request="r1")
    assert "first_contact" not in own.running("t1")
    helping = Play(mechanism).dispatched("street-b")
    helping.take("plan", COORDINATOR, tasks=[{"key": "a", "unit": "street-a"}])
    helping.take("pass_down", HANDLER_A, task="t2", station="team-a1")
    assert "contact" not in names(helping, WORKER_A1)
    assert helping.refused("contact", WORKER_A1, request="r1") == "not_permitted"
    assert helping.refused("contact", HANDLER_A, request="r1") == "not_permitted"
    assert "first_contact" in helping.running("t1")
    helping.take("return_order", HANDLER_B, ground="not_our_duty")
    assert helping.refused("contact", WORKER_A1, request="r1") == "not_permitted", "nor while nobody holds the order"


def test_contact_is_with_a_requester_of_the_case_and_the_first_counts() -> None:
    play = Play().handled()
    assert play.refused("contact", HANDLER_A, request="r9") == "unknown_request"
    play.take("contact", HANDLER_A, "2025-04-25 11:00", request="r1")
    play.take("contact", HANDLER_A, "2025-04-25 12:00", request="r1")
    assert play.case.requests[0].contacted_at == at("2025-04-25 11:00")
    early = seven_steps(steps=steps_with(step("contact", "filed", "desk")))
    desk = Play(early).open().take("contact", OPERATOR, request="r1")
    assert desk.running("r1") == ["promised"]


def test_a_lead_without_an_open_task_finishes_nothing_and_nothing_is_reworked_before() -> None:
    lax = seven_steps(
        steps=steps_with(
            step("finish", "filed handling reassigning", "lead_unit", "finished"),
            step("rework", "filed handling finished", "verifier", "handling"),
            step("accept", "filed reassigning", "lead_unit"),
        )
    )
    play = Play(lax).open()
    assert play.refused("finish", OPERATOR) == "unknown_task"
    assert play.refused("rework", VERIFIER) == "unknown_task"
    assert play.refused("accept", OPERATOR) == "unknown_task"
    play.take("dispatch", DISPATCHER).take("return_order", HANDLER_A, ground="not_our_duty")
    assert play.refused("finish", HANDLER_A) == "unknown_task"


def test_reopening_needs_a_unit_that_is_there_and_not_complained_about() -> None:
    play = Play().closed(subjects=("street-c",))
    assert play.refused("reopen", OPERATOR, unit="street-z") == "unknown_unit"
    assert play.refused("reopen", OPERATOR, unit="street-c") == "unit_is_subject"
    twice = {"request": "r1", "requester": "person:one", "channel": "app", "received_at": play.now}
    assert play.refused("reopen", OPERATOR, request=twice) == "already_attached"
    assert play.take("reopen", OPERATOR, unit="street-b").case.lead == "street-b"


# The system's own


def test_the_system_works_on_no_case_and_whoever_handled_it_does() -> None:
    case = Play().handled().case
    assert [works_on(case, actor) for actor in (SYSTEM, HANDLER_A, OPERATOR)] == [False, True, False]


def test_the_systems_steps_are_the_systems_alone() -> None:
    play = Play().dispatched()
    for name in ("expire", "remind", "review", "recompute", "advise"):
        assert play.refused(name, DISPATCHER) == "not_permitted"
    assert play.refused("expire", SYSTEM) == "bad_arguments"
    assert play.refused("recompute", SYSTEM, clock="x") == "bad_arguments"


def test_advice_stands_in_the_record_and_moves_nothing_else() -> None:
    play = Play().dispatched()
    before = play.case
    told = {"model": "share-1", "share": 4_000, "reasons": ("time:2:5:down",)}
    after = play.take("advise", SYSTEM, **told).case
    assert after == replace(before, risk=Risk(**told), taken=after.taken)
    assert play.asks("advise", SYSTEM, **told) == ()
    assert play.refused("advise", SYSTEM, model="m", share=10_001) == "bad_arguments"
    assert Play().closed().asks("advise", SYSTEM, **told) == ()


def test_a_timer_that_fires_early_late_or_twice_does_no_harm() -> None:
    play = Play().dispatched()
    clock = play.clock("sign_for")
    assert play.asks("expire", SYSTEM, clock=clock.id) == ()
    assert play.asks("expire", SYSTEM, clock="nothing") == ()
    play.expire("sign_for")
    assert [type(event) for event in play.events[-2:]] == [ClockMissed, TaskAccepted]
    assert play.asks("expire", SYSTEM, clock=clock.id) == ()
    play.expire("first_contact")
    assert play.asks("expire", SYSTEM, clock=play.clock("first_contact").id) == ()
    closed = Play().closed()
    assert closed.asks("expire", SYSTEM, clock="sign_for.t1.5") == ()
    assert closed.asks("remind", SYSTEM, clock="sign_for.t1.5") == ()


def test_silence_takes_the_declared_step_for_tasks_requests_and_stages() -> None:
    play = Play().dispatched(fields={"fire_risk": True}).take("accept", HANDLER_A)
    play.expire("sign_for", "t2")
    assert (play.task("t2").silent, play.case.state) == (True, "handling")
    assert play.expire("own_contact").case.supervised
    joint = Play().handled().take("gather", HANDLER_A).expire("joint")
    assert joint.case.state == "handling"


def test_silence_where_its_step_is_not_open_takes_none() -> None:
    play = Play().handled().take("plan", COORDINATOR, tasks=[{"key": "a", "unit": "dept-water", "mandatory": False}])
    play.take("finish", HANDLER_A)
    before = len(play.events)
    play.expire("sign_for", "t2")
    assert len(play.events) == before + 1
    assert play.task("t2").state == "dispatched"


def test_a_clock_whose_limit_is_gone_just_expires() -> None:
    play = Play().dispatched()
    play.mechanisms = {play.case.mechanism: seven_steps(limits=limits_with(sign_for=None))}
    assert play.expire("sign_for").case.state == "dispatched"
    assert not isinstance(play.asks("return_order", HANDLER_A, ground="not_our_duty"), Refused)


def test_each_running_clock_has_its_timers_and_a_closed_case_has_none() -> None:
    play = Play().handled()
    resolve = play.clock("resolve")
    assert Wanted(end("2025-05-20"), "expire", "clock", resolve.id) in wanted_timers(play.case)
    assert Wanted(end("2025-05-16"), "remind", "clock", resolve.id) in wanted_timers(play.case)
    assert len(wanted_timers(play.case)) == 6
    play.take("remind", SYSTEM, "2025-05-17", clock=resolve.id).expire("resolve")
    assert resolve.id not in {wanted.subject for wanted in wanted_timers(play.case)}
    assert wanted_timers(Play().closed().case) == []


def test_suspensions_and_shelves_have_a_timer_for_their_review() -> None:
    play = Play().handled().take("ask_suspension", HANDLER_A, ground="works", review_at=at("2025-06-01"))
    play.take("suspend", COORDINATOR)
    assert Wanted(at("2025-06-01"), "review", "task", "t1") in wanted_timers(play.case)
    assert play.clock("resolve").id not in {wanted.subject for wanted in wanted_timers(play.case)}
    shelved = Play().handled().take("shelve", LEADER, ground="history", review_at=at("2025-09-01"))
    assert Wanted(at("2025-09-01"), "review", "task", "") in wanted_timers(shelved.case)


def test_guards_may_name_every_declared_value_and_the_answers_of_the_form() -> None:
    play = (
        Play()
        .handled(fields={"fire_risk": True})
        .take("ask_extension", HANDLER_A, clock="resolve.t1.6", ground="complex")
    )
    play.take("grant_extension", DISPATCHER, clock="resolve.t1.6")
    values = guard_values(play.case)
    assert values.keys() == GUARD_NAMES.keys() | {"fire_risk"}
    assert (values["extensions"], values["tasks_open"], values["calls_missing"], values["fire_risk"]) == (1, 1, 1, True)
    assert all(
        type(values[name]) is {"int": int, "bool": bool}[declared.kind] for name, declared in GUARD_NAMES.items()
    )


def test_the_facts_of_a_case_name_its_units() -> None:
    play = Play().dispatched(grid="g-a1", fields={"fire_risk": True}).take("pass_down", HANDLER_A)
    facts = case_facts(play.case)
    assert (facts.lead_unit, facts.co_units, facts.inner_units) == ("street-a", {"dept-fire"}, {"team-a1"})
    assert facts.requesters == {"person:one"}
    assert names(play, WORKER_A1) == ["locate", "accept"]


def test_a_situation_without_a_ledger_numbers_nothing_and_finds_no_other_matter() -> None:
    play = Play().open()
    whole = play.situation(OPERATOR)
    bare = Situation(whole.mechanism, whole.actor, whole.now, whole.calendar, whole.duty)
    assert bare.number() == "0"
    assert bare.mechanism_of("noise", 0) is None
    assert Command("x").args == {}
    assert NoArgs() == NoArgs()
    assert len({actor.id for actor in EVERYONE}) == len(EVERYONE)


def test_an_unknown_limit_condition_is_read_from_the_form() -> None:
    high = Limit(
        "high", T, length("1 hour"), "unit", "dispatched", "finished", when=step("x", "", "", when="found").when
    )
    mechanism = seven_steps(limits=limits_with(high=high))
    assert "high" in Play(mechanism).dispatched(found=True).running("t1")
    assert "high" not in Play(mechanism).dispatched().running("t1")


def test_a_unit_limit_that_starts_with_a_word_to_the_requester_is_the_leads_alone() -> None:
    follow_up = Limit("follow_up", T, length("5 days"), "unit", "contacted", "finished")
    play = Play(seven_steps(limits=limits_with(follow_up=follow_up))).handled().take("contact", HANDLER_A, request="r1")
    assert [clock.subject for clock in play.case.clocks if clock.limit == "follow_up"] == ["t1"]


def test_a_stage_of_several_states_runs_on_from_one_to_the_next() -> None:
    work = Limit("work", T, length("5 days"), "stage", states=frozenset({"handling", "joint"}))
    play = Play(seven_steps(limits=limits_with(work=work))).handled()
    clock = play.clock("work")
    play.take("gather", HANDLER_A)
    assert play.running("case") == ["work", "joint"]
    assert play.clock("work") == clock
