"""Corner case 11: who is told what of a requester, and units that must not have a case about themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.case.calendars import at
from kernel.case.tables import (
    COORDINATOR,
    DISPATCHER,
    FIREMAN,
    FIRM,
    HANDLER_A,
    HANDLER_A2,
    HANDLER_B,
    OPERATOR,
    OPERATOR2,
    SYSTEM,
    TEXT,
    VERIFIER,
    Play,
)
from sanban.kernel.case.event import (
    CaseStoodAside,
    RequesterMessaged,
    RequesterUnmasked,
    SubjectCleared,
    SubjectNamed,
    TaskReworded,
)
from sanban.kernel.case.facts import relayed_for, unmasked_for
from sanban.kernel.case.verbs.disclosing import UNCAPPED
from sanban.kernel.clock.calendar import HOUR
from sanban.kernel.clock.due import due
from sanban.kernel.party import NO_LINKS, Link, Links, links

SUBJECT = "firm:let"
TO_CALL = {"request": "r1", "ground": "to_call"}


def bound(*parties: str) -> Links:
    return links(Link("agent_of", party, SUBJECT, 0) for party in parties)


def helped(known: Links = NO_LINKS, **args: object) -> Play:
    """Street-a leads, the fire brigade and a firm help."""
    play = Play(links=known).handled(fields={"fire_risk": True}, subjects=[SUBJECT], **args)
    return play.take("plan", HANDLER_A, tasks=[{"key": "a", "unit": "firm-x"}])


# a text of its own


def test_a_helping_units_task_gets_a_text_and_the_newest_counts() -> None:
    play = helped().take("reword", OPERATOR, task="t2", note=TEXT)
    assert isinstance(play.last, TaskReworded)
    assert [task.text for task in play.case.tasks] == ["", TEXT, ""]
    newer = TEXT.replace("0", "1")
    assert play.take("reword", HANDLER_A, task="t2", note=newer).task("t2").text == newer


def test_only_an_open_task_of_a_helper_is_reworded_and_only_with_words() -> None:
    play = helped()
    assert play.refused("reword", OPERATOR, task="t1", note=TEXT) == "lead_reads_it"
    assert play.refused("reword", OPERATOR, task="t9", note=TEXT) == "unknown_task"
    assert play.refused("reword", OPERATOR, task="t2") == "missing_argument"
    assert play.refused("reword", FIREMAN, task="t2", note=TEXT) == "not_permitted"


# a message


def test_a_message_is_on_the_record_and_is_no_first_contact() -> None:
    play = helped().take("message", HANDLER_A, request="r1", note=TEXT)
    assert isinstance(play.last, RequesterMessaged)
    assert play.last.note == TEXT
    assert "first_contact" in play.running("t1")
    assert play.case.requests[0].contacted_at is None
    assert play.refused("verify", HANDLER_A) == "wrong_state"
    assert HANDLER_A.id in play.case.handlers


def test_a_message_has_words_and_a_request_of_this_case() -> None:
    play = helped()
    assert play.refused("message", HANDLER_A, request="r1") == "missing_argument"
    assert play.refused("message", HANDLER_A, request="r9", note=TEXT) == "unknown_request"
    assert play.refused("message", FIRM, request="r1", note=TEXT) == "not_permitted"


# a number to speak through


def test_a_number_leads_to_a_requester_for_an_hour_and_for_the_one_who_asked() -> None:
    play = helped().take("relay", HANDLER_A, request="r1", note=TEXT)
    (lent,) = play.case.relayed
    assert (lent.request, lent.account, lent.number, lent.until - lent.at) == ("r1", "ha", TEXT, HOUR)
    assert relayed_for(play.case, HANDLER_A, play.now) == {"r1": lent}
    assert relayed_for(play.case, HANDLER_A2, play.now) == {}
    assert relayed_for(play.case, HANDLER_A, lent.until) == {}
    assert "first_contact" in play.running("t1")


def test_a_number_is_lent_for_a_request_of_the_case_and_not_out_of_nothing() -> None:
    play = helped()
    assert play.refused("relay", HANDLER_A, request="r9", note=TEXT) == "unknown_request"
    assert play.refused("relay", HANDLER_A, request="r1") == "no_relay"
    assert play.refused("relay", FIRM, request="r1", note=TEXT) == "not_permitted"


# unmasking


def test_an_unmasking_is_of_one_account_one_request_one_ground_and_ends() -> None:
    play = helped().attach().take("unmask", HANDLER_A, **TO_CALL)
    assert isinstance(play.last, RequesterUnmasked)
    seen = play.case.unmasked[0]
    assert (seen.request, seen.account, seen.unit, seen.ground) == ("r1", "ha", "street-a", "to_call")
    assert unmasked_for(play.case, HANDLER_A, play.now) == {"r1"}
    assert unmasked_for(play.case, HANDLER_A2, play.now) == frozenset()
    assert unmasked_for(play.case, HANDLER_A, seen.until - 1) == {"r1"}
    assert unmasked_for(play.case, HANDLER_A, seen.until) == frozenset()
    assert seen.until == at("2025-04-28"), "Sunday the 27th is worked"


def test_a_ground_without_a_cap_lasts_a_day() -> None:
    play = helped().take("unmask", COORDINATOR, request="r1", ground="to_visit")
    assert play.case.unmasked[0].until == due(play.calendar, (UNCAPPED,), play.now).at


def test_what_is_unmasked_is_asked_for_again_only_when_its_time_is_over() -> None:
    play = helped().take("unmask", HANDLER_A, **TO_CALL)
    assert play.refused("unmask", HANDLER_A, **TO_CALL) == "already_unmasked"
    play.now = play.case.unmasked[0].until
    assert len(play.take("unmask", HANDLER_A, **TO_CALL).case.unmasked) == 2


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ({"request": "r9", "ground": "to_call"}, "unknown_request"),
        ({"request": "r1", "ground": "curious"}, "unknown_ground"),
        ({"request": "r1"}, "bad_arguments"),
    ],
)
def test_an_unmasking_names_a_request_of_the_case_and_a_declared_ground(args: dict[str, str], reason: str) -> None:
    assert helped().refused("unmask", HANDLER_A, **args) == reason


@pytest.mark.parametrize("actor", [FIREMAN, FIRM, VERIFIER, HANDLER_B], ids=lambda who: who.id)
def test_units_that_help_firms_checkers_and_strangers_unmask_nobody(actor) -> None:
    assert helped().refused("unmask", actor, **TO_CALL) == "not_permitted"


def test_whoever_acts_for_the_subject_unmasks_nobody_and_is_told_no_more_than_a_stranger() -> None:
    play = helped()
    stranger = play.asks("unmask", HANDLER_B, **TO_CALL)
    play.links = bound("person:ha")
    assert play.asks("unmask", HANDLER_A, **TO_CALL) == stranger


# standing aside


def test_a_lead_that_turns_out_to_act_for_the_subject_hands_up_with_a_clock_of_its_own() -> None:
    play = helped()
    promised = play.case.requests[0].promised_at
    play.links = bound("street-a")
    play.take("stand_aside", SYSTEM)
    assert isinstance(play.last, CaseStoodAside)
    assert (play.case.lead, play.case.lead_task.unit) == ("desk", "desk")
    assert play.task("t1").state == "withdrawn"
    assert play.running("t1") == []
    assert "resolve" in play.running(play.case.lead_task.id)
    assert play.case.requests[0].promised_at == promised
    assert play.task("t2").open


def test_the_unit_above_takes_over_where_there_is_one() -> None:
    play = Play().open(subjects=[SUBJECT]).take("dispatch", DISPATCHER, unit="team-a1")
    play.links = bound("team-a1")
    assert play.take("stand_aside", SYSTEM).case.lead == "street-a"
    assert play.take("accept", HANDLER_A).case.state == "handling"


def test_a_helper_that_acts_for_the_subject_leaves_its_task_and_its_text_to_the_lead() -> None:
    play = helped().take("reword", OPERATOR, task="t2", note=TEXT)
    play.links = bound("dept-fire", "firm-x")
    play.take("stand_aside", SYSTEM)
    assert play.case.lead == "street-a"
    given_up = [(task.id, task.state) for task in play.case.tasks if not task.open]
    assert given_up == [("t2", "withdrawn"), ("t3", "withdrawn")]
    assert [(task.spec, task.unit, task.text) for task in play.case.open_tasks] == [
        ("lead", "street-a", ""),
        ("fire", "street-a", TEXT),
        ("co", "street-a", ""),
    ]


def test_whoever_waited_for_a_task_that_was_withdrawn_waits_for_the_one_in_its_place() -> None:
    play = helped().take("plan", COORDINATOR, tasks=[{"key": "a", "unit": "street-b", "after": ["t2"], "gate": "g"}])
    play.links = bound("dept-fire", "street-b")
    play.take("stand_aside", SYSTEM)
    fire, waiting = play.case.open_tasks[-2:]
    assert (fire.spec, waiting.after, waiting.gate) == ("fire", (fire.id,), "g")
    assert "resolve" in play.running(fire.id)
    assert play.running(waiting.id) == []
    play.take("finish_task", HANDLER_A, task=fire.id)
    assert "resolve" in play.running(waiting.id)


def test_a_station_alone_stands_aside_from_its_unit() -> None:
    play = helped().take("pass_down", HANDLER_A, station="team-a1")
    play.links = bound("team-a1")
    play.take("stand_aside", SYSTEM)
    assert (play.case.lead, play.case.lead_task.unit, play.case.lead_task.station) == ("street-a", "street-a", "")


def test_what_was_asked_and_stopped_for_a_withdrawn_task_goes_with_it() -> None:
    play = helped().take("ask_suspension", HANDLER_A, ground="weather", review_at=at("2025-05-08"))
    play.links = bound("street-a")
    assert play.take("stand_aside", SYSTEM).case.asked == ()
    again = helped().take("ask_suspension", HANDLER_A, ground="weather", review_at=at("2025-05-08"))
    again.take("suspend", COORDINATOR, task="t1")
    again.links = bound("street-a")
    assert again.take("stand_aside", SYSTEM).case.suspensions == ()


def test_nothing_happens_where_nobody_has_to_stand_aside() -> None:
    play = helped()
    assert play.asks("stand_aside", SYSTEM) == ()
    play.links = bound("street-b")
    assert play.asks("stand_aside", SYSTEM) == ()
    assert Play().closed(subjects=[SUBJECT]).asks("stand_aside", SYSTEM) == ()


@pytest.mark.parametrize("actor", [OPERATOR2, DISPATCHER, HANDLER_A], ids=lambda who: who.id)
def test_nobody_but_the_system_makes_a_unit_stand_aside(actor) -> None:
    assert helped().refused("stand_aside", actor) == "not_permitted"


@given(st.sets(st.sampled_from(["street-a", "dept-fire", "firm-x", "team-a1", "street-b", "centre"])))
def test_afterwards_no_open_task_is_of_a_unit_that_may_not_have_the_case(parties: set[str]) -> None:
    play = helped().take("pass_down", HANDLER_A, station="team-a1")
    play.links = bound(*parties)
    play.take("stand_aside", SYSTEM)
    held = {unit for task in play.case.open_tasks for unit in (task.unit, task.station)}
    assert held.isdisjoint(parties)
    assert play.case.lead_task.open
    assert play.case.lead == play.case.lead_task.unit
    assert sum(task.spec == "lead" and task.open for task in play.case.tasks) == 1


# a party that is recognised later, or was taken for one


NAMED = {"party": "firm-x", "ground": "said"}


def acting_for_the_firm(who: str) -> Links:
    return links([Link("agent_of", who, "firm-x", 0)])


def test_a_party_named_later_is_kept_from_the_case_and_its_tasks_go_to_others_who_may() -> None:
    play = helped().take("name_subject", HANDLER_A, **NAMED)
    assert (type(play.last), play.case.subjects) == (SubjectNamed, {SUBJECT, "firm-x"})
    assert play.refused("note", FIRM, note=TEXT) == "not_permitted"
    play.take("stand_aside", SYSTEM)
    assert [task.state for task in play.case.tasks if task.unit == "firm-x"] == ["withdrawn"]
    assert play.refused("plan", HANDLER_A, tasks=[{"key": "b", "unit": "firm-x"}]) == "unit_is_subject"
    assert play.refused("name_subject", HANDLER_A, **NAMED) == "already_subject"


def test_the_leading_unit_that_is_named_leads_no_more() -> None:
    play = helped().take("name_subject", OPERATOR, party="street-a", ground="register").take("stand_aside", SYSTEM)
    assert play.case.lead != "street-a"
    assert play.refused("note", HANDLER_A, note=TEXT) == "not_permitted"


def test_whoever_was_named_by_mistake_is_cleared_by_somebody_apart_and_may_have_the_case_again() -> None:
    play = helped().take("name_subject", HANDLER_A, **NAMED).take("stand_aside", SYSTEM)
    assert play.refused("clear_subject", HANDLER_A, **NAMED) == "not_permitted"
    play.take("clear_subject", COORDINATOR, **NAMED)
    assert (type(play.last), play.case.subjects, play.case.cleared) == (SubjectCleared, {SUBJECT}, {"firm-x"})
    assert play.refused("clear_subject", COORDINATOR, **NAMED) == "already_cleared"
    play.take("plan", HANDLER_A, tasks=[{"key": "b", "unit": "firm-x"}])
    assert play.take("name_subject", HANDLER_A, **NAMED).case.cleared == set()


def test_nobody_bound_to_a_party_says_that_it_is_not_meant() -> None:
    play = helped(acting_for_the_firm(OPERATOR.id))
    assert play.refused("clear_subject", OPERATOR, **NAMED) == "own_party"
    assert play.take("clear_subject", OPERATOR2, **NAMED).case.cleared == {"firm-x"}


def test_a_party_that_the_matters_form_names_is_taken_out_there() -> None:
    play = Play().handled(fields={"operator": "firm-x"})
    assert play.case.subjects == {"firm-x"}
    assert play.refused("clear_subject", OPERATOR, **NAMED) == "named_by_form"


def test_a_party_is_known_to_the_district_and_a_ground_to_the_matter() -> None:
    play = helped(acting_for_the_firm("op-9"))
    for step in ("name_subject", "clear_subject"):
        assert play.refused(step, OPERATOR, party="nobody", ground="said") == "unknown_party"
        assert play.refused(step, OPERATOR, party="firm-x", ground="rumour") == "unknown_ground"
    assert play.take("name_subject", OPERATOR, party="op-9", ground="said").case.subjects == {SUBJECT, "op-9"}


def test_who_asks_is_never_named_the_party_of_their_own_case() -> None:
    play = helped(acting_for_the_firm("person:one"))
    assert play.case.requests[0].requester == "person:one"
    assert play.refused("name_subject", OPERATOR, **NAMED) == "requester_is_subject"
    joining = {"request": "r2", "requester": "person:two", "channel": "app", "received_at": play.now}
    assert play.refused("attach", OPERATOR, **joining, subjects=["firm-x"]) == "requester_is_subject"


def test_a_request_that_joins_or_comes_back_says_whom_the_case_is_about_too() -> None:
    assert helped().attach(subjects=["firm-x"]).case.subjects == {SUBJECT, "firm-x"}
    play = Play().closed()
    request = {"request": "r2", "requester": "person:two", "channel": "app", "received_at": play.now}
    given = {"request": {**request, "subjects": ["street-a"]}}
    assert play.refused("reopen", OPERATOR, **given) == "unit_is_subject"
    assert play.take("reopen", OPERATOR, unit="street-b", **given).case.subjects == {"street-a"}
