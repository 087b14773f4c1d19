"""Corner cases 3, 5 and 6: repeated requests, boundary disputes, returned orders."""

from __future__ import annotations

from itertools import cycle

from hypothesis import given
from hypothesis import strategies as st

from kernel.case.calendars import at, end
from kernel.case.mechanisms import NOISE, T, guard, length, limits_with, seven_steps, step, steps_with
from kernel.case.tables import (
    CLERK_A,
    COORDINATOR,
    DISPATCHER,
    FIREMAN,
    HANDLER_A,
    HANDLER_A2,
    HANDLER_B,
    HANDLER_C,
    LEADER,
    OPERATOR,
    OPERATOR2,
    TEXT,
    VERIFIER,
    Play,
)
from sanban.kernel.case.engine import offers
from sanban.kernel.case.event import CaseReopened, CaseRuled, CaseVerified, TaskReturned
from sanban.kernel.case.facts import came_again
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import CallBacks, Limit
from sanban.kernel.party import Link, links
from sanban.kernel.permission import Actor

GROUND = {"ground": "not_our_duty"}


# CC3


def test_the_same_person_again_is_attached_as_the_next_and_the_first_clock_runs_on() -> None:
    play = Play().handled()
    before = play.clock("resolve")
    play.now = at("2025-04-28 10:00")
    play.attach("r2", "person:one").attach("r3", "person:one")
    assert [one.repeat for one in play.case.requests] == [1, 2, 3]
    assert play.clock("resolve") == before
    assert play.case.priority == 10 * 2 + 5 * 2 + 1
    assert len({one.promised_at for one in play.case.requests}) == 1
    assert (play.running("r2"), play.running("r3")) == ([], [])
    assert "promised" in play.running("r1")


def test_a_case_comes_again_by_its_requester_or_a_closing_that_did_not_hold_and_not_by_others_who_ask() -> None:
    assert not came_again(Play().handled().attach("r2", "person:two").case)
    assert came_again(Play().handled().attach("r2", "person:one").case)
    assert came_again(Play().closed().take("reopen", OPERATOR).case)


def test_another_person_has_an_own_age_own_contact_own_promise_and_own_call_back() -> None:
    play = Play().handled().take("contact", HANDLER_A, request="r1")
    units = play.running("t1")
    play.now = at("2025-04-28 10:00")
    play.attach("r2", "person:two", received_at=at("2025-04-28 09:30"))
    assert play.running("t1") == units
    second = play.case.requests[1]
    assert (second.repeat, second.received_at, second.promised_at) == (1, at("2025-04-28 09:30"), end("2025-05-22"))
    assert play.running("r2") == ["own_contact", "promised"]
    play.take("contact", HANDLER_A, request="r2").take("finish", HANDLER_A).take("verify", VERIFIER)
    said = {"reached": True, "resolved": "yes"}
    play.take("call_back", OPERATOR2, request="r1", **said)
    assert play.refused("close", OPERATOR2, ending="resolved") == "guard_failed"
    play.take("call_back", OPERATOR2, request="r2", **said).take("close", OPERATOR2, ending="resolved")
    assert [one.replied_at for one in play.case.requests] == [play.now, play.now]
    assert all(one.call_back is not None for one in play.case.requests)


def test_not_resolved_goes_to_someone_who_did_not_handle_it() -> None:
    play = Play().called("no")
    assert play.refused("close", OPERATOR2, ending="resolved") == "guard_failed"
    assert play.refused("close_explained", OPERATOR2, ending="resolved") == "not_resolved"
    for own in (HANDLER_A, HANDLER_A2, CLERK_A):
        assert play.refused("rework", own) in ("not_permitted", "own_work")
    reasoned_no = Play().called("partly").take("close_unsolved", DISPATCHER, ending="unsolved")
    assert reasoned_no.case.ending == "unsolved"
    play.take("rework", OPERATOR)
    assert (play.case.state, play.case.requests[0].call_back) == ("handling", None)


def test_a_handler_who_became_an_operator_neither_verifies_nor_calls_back_nor_closes_nor_reopens() -> None:
    changed_sides = Actor("ha", "operator", "desk", "", "desk")
    verifier = Actor("ha", "verifier", "centre")
    play = Play().finished()
    assert play.refused("verify", verifier) == "not_permitted"
    play.take("verify", VERIFIER)
    ask = {"request": "r1", "reached": True, "resolved": "yes"}
    assert play.refused("call_back", changed_sides, **ask) == "not_permitted"
    play.take("call_back", OPERATOR, **ask)
    assert play.refused("close", changed_sides, ending="resolved") == "not_permitted"
    play.take("close", OPERATOR, ending="resolved")
    assert play.refused("reopen", changed_sides) == "own_work"


@given(st.sets(st.sampled_from([HANDLER_A, HANDLER_A2, CLERK_A])), st.sampled_from([COORDINATOR, LEADER]))
def test_a_reopened_case_is_taken_up_by_somebody_who_had_no_hand_in_it(noted: set[Actor], above: Actor) -> None:
    play = Play().finished()
    for actor in noted:
        play.take("note", actor, note=TEXT)
    before = play.case.handlers
    play.take("verify", VERIFIER).take("call_back", OPERATOR2, request="r1", reached=True, resolved="yes")
    play.take("close", OPERATOR2, ending="resolved").take("reopen", OPERATOR)
    for actor in (HANDLER_A, HANDLER_A2, CLERK_A):
        offered = {one.name for one in offers(play.case, actor, play.situation(actor))}
        answer = play.asks("accept", actor)
        assert ("accept" in offered) == (actor.id not in before)
        assert (actor.id in before) == (isinstance(answer, Refused) and answer.reason == "own_work")
    lets = play.asks("take_up", above)
    assert not isinstance(lets, Refused), "a unit that has nobody else is not stuck"


def test_silence_takes_up_nothing_for_the_unit_whose_closing_did_not_hold() -> None:
    play = Play().closed().take("reopen", OPERATOR).expire("sign_for")
    assert (play.case.state, play.task("t2").state) == ("dispatched", "dispatched")
    assert play.clock("sign_for", "t2").missed_at is not None
    assert play.refused("return_order", HANDLER_A2, **GROUND) == "already_accepted"
    assert play.take("accept", HANDLER_A2).case.state == "handling"


def test_silence_takes_up_a_reopened_order_for_a_unit_that_never_led_it() -> None:
    play = Play().closed().take("reopen", OPERATOR, unit="street-b").expire("sign_for")
    assert (play.case.state, play.case.lead) == ("handling", "street-b")


def test_a_limit_of_what_was_reopened_runs_from_the_first_reopening_on() -> None:
    again = Limit(
        "again", T, length("1 day"), "unit", "dispatched", "accepted", task="lead", when=guard("reopened >= 1")
    )
    play = Play(seven_steps(limits=limits_with(again=again))).closed()
    assert "again" not in [clock.limit for clock in play.case.clocks]
    assert "again" in play.take("reopen", OPERATOR).running("t2")


def test_who_handled_it_before_works_on_it_again_once_it_was_taken_up_and_not_once_more_after_that() -> None:
    play = Play().closed().take("reopen", OPERATOR).take("take_up", COORDINATOR).take("finish", HANDLER_A)
    play.take("verify", VERIFIER).take("call_back", OPERATOR2, request="r1", reached=True, resolved="yes")
    play.take("close", OPERATOR2, ending="resolved").take("reopen", OPERATOR)
    assert play.refused("take_up", COORDINATOR) == "own_work"
    assert play.take("take_up", LEADER).case.state == "handling"


def test_a_helpers_task_of_a_reopened_case_is_taken_up_by_whoever_is_there() -> None:
    play = Play().closed(fields={"fire_risk": False}).take("note", HANDLER_A2, note=TEXT).take("reopen", OPERATOR)
    play.take("take_up", COORDINATOR).take("plan", COORDINATOR, tasks=[{"key": "a", "unit": "street-a"}])
    assert play.take("accept", HANDLER_A, task=play.case.tasks[-1].id).case.tasks[-1].state == "accepted"


FLOOD = seven_steps(call_backs=CallBacks(sample_from=10, share=20, least=3))


def flooded(others: int, again: int = 0) -> Play:
    """A finished case of so many more people, some of whom asked twice."""
    play = Play(FLOOD).handled().take("contact", HANDLER_A, request="r1")
    for number in range(2, others + 2):
        play.attach(f"r{number}", f"person:{number}")
    for number in range(again):
        play.attach(f"again{number}", f"person:{number + 2}")
    return play.take("finish", HANDLER_A)


@given(st.integers(0, 60), st.integers(0, 5))
def test_in_a_flood_who_is_called_back_is_drawn_by_the_declared_rule_and_on_record(others: int, again: int) -> None:
    play = flooded(others, min(again, others)).take("verify", VERIFIER)
    people, requests = others + 1, others + 1 + min(again, others)
    drawn = isinstance(play.last, CaseVerified) and play.last.seed != ""
    assert drawn == (requests >= 10)
    called = [one for one in play.case.requests if one.id not in play.case.spared]
    assert len(called) == (min(people, max(3, -(-people * 20 // 100))) if drawn else requests)
    if drawn:
        assert {one.repeat for one in called} == {1}, "nobody is asked twice about the same"
    twin = flooded(others, min(again, others)).take("verify", VERIFIER)
    assert twin.case.spared == play.case.spared, "anyone can draw again by the record"
    for one in called:
        assert play.refused("close", OPERATOR2, ending="resolved") == "guard_failed"
        play.take("call_back", OPERATOR2, request=one.id, reached=True, resolved="yes")
    assert play.take("close", OPERATOR2, ending="resolved").case.state == "closed"


def test_a_draw_holds_until_the_case_is_reopened_and_who_joins_after_it_is_called_back() -> None:
    play = flooded(20).take("verify", VERIFIER)
    spared = play.case.spared
    called = next(one.id for one in play.case.requests if one.id not in spared)
    play.take("call_back", OPERATOR2, request=called, reached=True, resolved="no").take("rework", OPERATOR)
    play.attach("late", "person:late").take("finish", HANDLER_A).take("verify", VERIFIER)
    assert isinstance(play.last, CaseVerified)
    assert (play.last.seed, play.case.spared) == ("", spared)
    assert "late" not in spared
    for one in play.case.requests:
        if one.id not in spared:
            play.take("call_back", OPERATOR2, request=one.id, reached=True, resolved="yes")
    play.take("close", OPERATOR2, ending="resolved").take("reopen", OPERATOR)
    assert play.case.spared == ()


@given(st.integers(0, 19))
def test_no_draw_spares_whoever_did_not_accept_an_outcome(doubting: int) -> None:
    play = flooded(20).take("verify", VERIFIER)
    called = [one.id for one in play.case.requests if one.id not in play.case.spared]
    for one in called:
        play.take("call_back", OPERATOR2, request=one, reached=True, resolved="no" if one == called[0] else "yes")
    play.take("close_unsolved", DISPATCHER, ending="unsolved")
    person = next(one.requester for one in play.case.requests if one.id == play.case.spared[doubting % 16])
    dispute = {"request": "dispute", "requester": person, "channel": "phone", "received_at": play.now}
    play.take("reopen", OPERATOR, request=dispute).take("take_up", COORDINATOR).take("finish", HANDLER_A2)
    play.take("verify", VERIFIER)
    asked = [one for one in play.case.requests if one.id not in play.case.spared]
    assert {"dispute", called[0]} <= {one.id for one in asked}
    assert len({one.requester for one in asked}) == len(asked), "nobody is asked twice about the same"


def test_inside_the_window_it_is_reopened_with_its_history_and_counts_against_the_unit_that_closed_it() -> None:
    play = Play().closed()
    play.take(
        "reopen", OPERATOR, "2025-05-25 23:59",
        request={"request": "r2", "requester": "person:one", "channel": "phone", "received_at": at("2025-05-25")},
    )  # fmt: skip
    assert isinstance(play.last, CaseReopened)
    assert play.last.repeat_against == "street-a"
    case = play.case
    assert (case.state, case.lead, case.reopened, case.closed_at, case.ending) == (
        "dispatched",
        "street-a",
        1,
        None,
        "",
    )
    assert [one.repeat for one in case.requests] == [1, 2]
    assert [one.call_back for one in case.requests] == [None, None]
    assert play.running("t2") == ["sign_for", "first_contact", "resolve"]
    assert play.running("r1") == []
    assert play.running("r2") == ["own_contact", "promised"]


def test_who_is_complained_about_or_acts_for_them_joins_no_case_about_them() -> None:
    agency = links([Link("agent_of", "person:lawyer", "firm-x", 0)])
    play = Play(links=agency).handled(subjects=("firm-x",))
    for requester in ("firm-x", "person:lawyer"):
        joins = {"request": "r9", "requester": requester, "channel": "app", "received_at": play.now}
        assert play.refused("attach", OPERATOR, **joins) == "requester_is_subject"
    over = Play(links=agency).closed(subjects=("firm-x",))
    assert over.refused("reopen", OPERATOR, request=joins) == "requester_is_subject"
    neighbour = joins | {"requester": "person:neighbour"}
    assert over.take("reopen", OPERATOR, request=neighbour).case.requests[-1].requester == "person:neighbour"


def test_after_the_window_a_new_case_says_what_it_recurs_from() -> None:
    play = Play().closed()
    play.now = end("2025-05-25")
    assert play.refused("reopen", OPERATOR) == "window_over"
    again = Play().open("2025-05-26 09:00", id="c2", request="r7", recurs="c1")
    assert again.case.recurs == "c1"


def test_a_reply_that_did_not_hold_lets_the_first_promise_run_on() -> None:
    play = Play().closed()
    assert play.running() == []
    play.take("reopen", OPERATOR, "2025-05-12 10:00")
    assert play.running("r1") == ["promised"]
    assert play.clock("promised", "r1").due_at == play.case.requests[0].promised_at == end("2025-05-20")
    play.expire("promised")
    assert play.clock("promised").missed_at == end("2025-05-20")


def test_what_was_said_of_the_first_closing_does_not_close_it_again() -> None:
    play = Play().closed().take("reopen", OPERATOR).take("accept", HANDLER_A2).take("finish", HANDLER_A)
    play.take("verify", VERIFIER)
    assert play.refused("close", OPERATOR, ending="resolved") == "guard_failed"


def test_a_wrong_merge_is_undone_with_everything_intact() -> None:
    play = Play().handled()
    play.now = at("2025-04-28 10:00")
    play.attach("r2", "person:two")
    play.take("lengthen_promise", DISPATCHER, request="r2", promised_at=end("2025-05-30"), note=TEXT)
    request = play.case.requests[1]
    play.take("split", OPERATOR, "2025-04-30 10:00", request="r2")
    assert [one.id for one in play.case.requests] == ["r1"]
    assert play.case.detached == ("r2",)
    assert play.case.heard_of.keys() == {"r1"}, "whose requester had answered nothing leaves nothing"
    assert play.case.priority == 1
    assert play.running("r2") == []
    carried = {"received_at": request.received_at, "promised_at": request.promised_at}
    own = Play().open("2025-04-30 10:00", id="c2", request="r2", requester=request.requester, **carried)
    assert own.case.requests[0].received_at == request.received_at
    assert own.case.requests[0].promised_at == end("2025-05-30")
    assert own.clock("promised").started_at == request.received_at
    assert play.refused("split", OPERATOR, request="r2") == "unknown_request"
    assert play.refused("split", OPERATOR, request="r1") == "last_request"


def test_handlers_may_not_merge_even_where_a_file_lets_their_unit() -> None:
    lax = seven_steps(
        steps=steps_with(step("attach", "open", "lead_unit desk"), step("split", "open", "lead_unit desk"))
    )
    play = Play(lax).handled()
    another = {"request": "r2", "requester": "person:two", "channel": "app", "received_at": play.now}
    assert play.refused("attach", HANDLER_A, **another) == "own_work"
    assert play.refused("attach", HANDLER_A2, **another) == "own_work"
    assert Play().handled().refused("attach", HANDLER_A, **another) == "not_permitted"
    play.attach()
    assert play.refused("split", HANDLER_A2, request="r2") == "own_work"
    assert play.refused("attach", OPERATOR, **another) == "already_attached"
    assert (
        play.refused("attach", OPERATOR, **(another | {"request": "r3", "received_at": play.now + 1}))
        == "in_the_future"
    )
    assert play.refused("attach", OPERATOR, **(another | {"request": "t1"})) == "bad_arguments"


# CC5


def test_the_first_receiver_leads_at_once_and_leads_on_until_another_has_accepted() -> None:
    play = Play().dispatched()
    assert play.case.lead == "street-a"
    play.take("return_order", HANDLER_A, **GROUND)
    assert (play.case.state, play.case.lead) == ("reassigning", "street-a")
    play.take("dispatch", DISPATCHER, unit="street-b")
    assert (play.case.lead, play.case.next_lead) == ("street-a", "street-b")
    play.take("accept", HANDLER_B)
    assert (play.case.lead, play.case.next_lead) == ("street-b", "")


def twice_returned() -> Play:
    play = Play().dispatched().take("return_order", HANDLER_A, "2025-04-25 11:00", **GROUND)
    play.take("dispatch", DISPATCHER, "2025-04-25 14:00", unit="street-b")
    return play.take("return_again", HANDLER_B, "2025-04-25 15:00", **GROUND)


def test_a_ruling_binds_at_once_and_can_be_kept_as_a_precedent() -> None:
    play = twice_returned()
    assert play.case.state == "ruling"
    assert play.refused("rule", HANDLER_A, unit="street-b") == "not_permitted"
    assert play.refused("rule", CLERK_A, unit="street-b") == "own_work"
    assert play.refused("rule", COORDINATOR, unit="street-z") == "unknown_unit"
    play.take("rule", COORDINATOR, "2025-04-25 16:00", unit="street-a", ground="outside_our_area", precedent="s-a")
    assert isinstance(play.last, CaseRuled)
    assert (play.last.precedent, play.case.lead, play.case.ruled) == ("s-a", "street-a", True)
    assert play.running("t3") == ["first_contact", "resolve"]
    assert play.clock("resolve").started_at == at("2025-04-25 10:00"), "as if it had never been returned"


def test_the_waiting_time_of_the_unit_that_lost_is_read_from_its_task_and_the_requesters_clock_never_restarts() -> None:
    play = twice_returned().take("rule", COORDINATOR, "2025-04-25 16:00", unit="street-a")
    first, second, _ = play.case.tasks
    assert (first.unit, first.state, first.ended_at) == ("street-a", "returned", at("2025-04-25 11:00"))
    assert second.ended_at is not None
    assert second.ended_at - second.dispatched_at == 3_600_000_000
    promised = [clock for clock in play.case.clocks if clock.limit == "promised"]
    assert [(clock.started_at, clock.due_at) for clock in promised] == [(at("2025-04-25 10:00"), end("2025-05-20"))]
    assert play.case.requests[0].promised_at == end("2025-05-20")


# CC6


def test_the_unit_clock_starts_at_dispatch_and_silence_is_acceptance() -> None:
    play = Play().dispatched()
    assert play.clock("resolve").started_at == at("2025-04-25 10:00")
    assert play.clock("sign_for").due_at == at("2025-04-25 15:30")
    play.expire("sign_for")
    assert play.case.state == "handling"
    assert (play.task("t1").state, play.task("t1").silent) == ("accepted", True)
    assert play.clock("sign_for").missed_at == at("2025-04-25 15:30")
    assert play.case.handlers == frozenset()
    assert play.clock("resolve").started_at == at("2025-04-25 10:00")


def test_an_order_is_returned_only_within_those_hours_even_when_the_timer_is_late() -> None:
    play = Play().dispatched()
    play.now = at("2025-04-25 15:30") - 1
    assert not isinstance(play.asks("return_order", HANDLER_A, **GROUND), str)
    play.now += 1
    assert play.refused("return_order", HANDLER_A, **GROUND) == "too_late"


def test_a_return_needs_a_ground_from_the_list() -> None:
    play = Play().dispatched()
    assert play.refused("return_order", HANDLER_A) == "bad_arguments"
    assert play.refused("return_order", HANDLER_A, ground="") == "missing_argument"
    assert play.refused("return_order", HANDLER_A, ground="too_busy") == "unknown_ground"
    play.take("return_order", HANDLER_A, ground="not_our_duty", note=TEXT)
    assert isinstance(play.last, TaskReturned)
    assert play.last.note == TEXT
    assert play.running("t1") == []


def test_a_unit_returns_once_and_not_in_the_name_of_the_next() -> None:
    play = Play().dispatched().take("return_order", HANDLER_A, **GROUND)
    assert play.refused("dispatch", DISPATCHER) == "already_returned"
    assert play.refused("dispatch", CLERK_A, unit="street-b") == "own_work"
    play.take("dispatch", DISPATCHER, unit="street-b")
    assert play.refused("return_again", HANDLER_A, **GROUND) == "not_permitted"
    assert play.refused("accept", HANDLER_A) == "not_permitted"
    play.take("return_again", HANDLER_B, **GROUND)
    assert play.case.returned_by == ("street-a", "street-b")


def test_a_ruling_is_final_for_the_case() -> None:
    play = twice_returned().take("rule", DISPATCHER, unit="street-b")
    assert play.refused("return_order", HANDLER_B, **GROUND) == "wrong_state"
    lax = step("give_back", "handling dispatched", "lead_unit", "reassigning", verb="return_order")
    play.mechanisms = {play.case.mechanism: seven_steps(steps=steps_with(lax))}
    assert play.refused("give_back", HANDLER_B, **GROUND) == "ruled"
    play.take("finish", HANDLER_B).take("verify", VERIFIER).take("close_statutory", DISPATCHER, ending="statutory")
    play.take("reopen", OPERATOR, unit="street-c")
    assert play.refused("return_order", HANDLER_C, **GROUND) == "guard_failed"
    assert play.refused("give_back", HANDLER_C, **GROUND) == "ruled"


def test_a_file_that_lets_a_unit_return_twice_or_after_signing_does_not_help_it() -> None:
    lax = step("give_back", "handling dispatched", "lead_unit", "reassigning", verb="return_order")
    mechanism = seven_steps(steps=steps_with(lax))
    signed = Play(mechanism).handled()
    assert signed.refused("give_back", HANDLER_A, **GROUND) == "already_accepted"
    reopened = Play(mechanism).closed().take("reopen", OPERATOR)
    assert reopened.refused("return_order", HANDLER_A, **GROUND) == "already_accepted"
    back = Play(mechanism).dispatched().take("give_back", HANDLER_A, **GROUND)
    back.take("close_statutory", DISPATCHER, ending="statutory")
    assert back.refused("reopen", OPERATOR) == "already_returned"
    back.take("reopen", OPERATOR, unit="street-b")


def test_a_unit_that_returned_before_does_not_return_again_however_the_order_came_back() -> None:
    play = Play().dispatched()
    play.hold(returned_by=("street-a",))
    assert play.refused("return_again", HANDLER_A, **GROUND) == "already_returned"


def test_an_order_not_yet_signed_for_has_no_task_to_return_after_it_was_returned() -> None:
    lax = step("give_back", "reassigning", "lead_unit", verb="return_order")
    play = Play(seven_steps(steps=steps_with(lax))).dispatched().take("return_order", HANDLER_A, **GROUND)
    assert play.refused("give_back", HANDLER_A, **GROUND) == "unknown_task"


def test_where_silence_is_no_acceptance_an_order_may_be_returned_later() -> None:
    silent = {name: limit for name, limit in NOISE.limits.items() if name != "sign_for"}
    play = Play(seven_steps(limits=silent)).dispatched()
    play.now = at("2025-04-30 10:00")
    play.take("return_order", HANDLER_A, **GROUND)


def test_units_that_always_return_end_in_a_ruling_within_two_hops() -> None:
    units = cycle([("street-a", HANDLER_A), ("street-b", HANDLER_B), ("street-c", HANDLER_C)])
    play, hops = Play().open(), 0
    while play.case.state != "ruling":
        unit, handler = next(units)
        play.take("dispatch", DISPATCHER, unit=unit)
        hops += 1
        play.take("return_order" if hops == 1 else "return_again", handler, **GROUND)
        assert hops <= 2
    assert play.refused("dispatch", DISPATCHER, unit="street-c") == "wrong_state"


def test_nothing_but_the_dispatcher_moves_the_date_promised() -> None:
    play = Play().open()
    promised = play.case.requests[0].promised_at
    play.take("reclassify", OPERATOR, matter="parking", fields={"plates": 1})
    play.take("dispatch", DISPATCHER, unit="street-a").take("return_order", HANDLER_A, **GROUND)
    play.take("dispatch", DISPATCHER, "2025-04-28 10:00", unit="street-b").take("accept", HANDLER_B)
    play.take("shelve", COORDINATOR, "2025-04-29 10:00", ground="history", review_at=at("2025-06-01"))
    assert [(one.promised_at, one.received_at) for one in play.case.requests] == [(promised, at("2025-04-25 10:00"))]
    assert [clock.due_at for clock in play.case.clocks if clock.limit == "promised"] == [promised]


def test_no_lead_waives_the_tasks_of_its_co_units_nor_a_co_unit_its_own() -> None:
    play = Play().handled(fields={"fire_risk": True})
    lax = seven_steps(steps=steps_with(step("waive", "handling", "lead_unit co_unit dispatcher")))
    play.mechanisms = {play.case.mechanism: lax}
    for own in (HANDLER_A, CLERK_A, FIREMAN):
        assert play.refused("waive", own, task="t2", ground="no_need") == "own_work"
    assert play.refused("waive", DISPATCHER, task="t2", ground="") == "missing_argument"
    assert play.refused("waive", DISPATCHER, task="t1", ground="no_need") == "unknown_task"
    assert play.refused("waive", DISPATCHER, task="t9", ground="no_need") == "unknown_task"
    play.take("waive", DISPATCHER, task="t2", ground="no_need")
    assert (play.task("t2").state, play.running("t2")) == ("waived", [])
    assert play.refused("waive", DISPATCHER, task="t2", ground="no_need") == "unknown_task"


def test_a_desk_that_leads_does_not_waive_either() -> None:
    play = Play().open(actor=OPERATOR).take("close_explained", OPERATOR, ending="explained")
    play.take("reopen", OPERATOR2)
    assert play.case.lead == "desk"
    play.take("accept", OPERATOR).take("plan", OPERATOR, tasks=[{"key": "a", "unit": "dept-water"}])
    assert play.refused("waive", DISPATCHER, task="t2", ground="no_need") == "not_permitted"
    play.take("waive", COORDINATOR, task="t2", ground="no_need")
