"""Opening a case, joining requests, saying where it is and what it is about."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kernel.case.calendars import at, end
from kernel.case.mechanisms import NOISE2, PARKING, PARKING_FORM, T, length, limits_with, seven_steps, step, steps_with
from kernel.case.tables import (
    CHIEF_A,
    COORDINATOR,
    DISPATCHER,
    ENCODER,
    FIREMAN,
    FIRM,
    HANDLER_A,
    HANDLER_B,
    OPERATOR,
    OPERATOR2,
    OWNER,
    REQUESTER,
    SYSTEM,
    TEXT,
    VERIFIER,
    WORKER_A1,
    Play,
)
from sanban.kernel.case.event import CaseLocated, CaseOpened, CaseReclassified
from sanban.kernel.case.fold import fold, fold_all
from sanban.kernel.case.state import matter_of
from sanban.kernel.errors import SanbanError
from sanban.kernel.mechanism import Limit, Migration

GIVEN: dict[str, Any] = {
    "id": "c1", "request": "r1", "requester": "person:one", "channel": "phone", "desk": "desk",
    "received_at": at("2025-04-25 09:00"),
}  # fmt: skip


def test_an_event_says_nothing_of_what_stands_at_its_default() -> None:
    stored = msgspec.json.decode(ENCODER.encode(Play().open().last))
    silent = {"provisional", "pauses", "stopped_at", "missed_at", "extended", "repeat", "call_back", "grid", "note"}
    for told in (stored, stored["request"], *stored["started"]):
        assert not silent & told.keys()


def test_a_case_opens_in_the_first_state_led_by_its_desk_with_its_first_clocks() -> None:
    play = Play().open("2025-04-25 10:00", received_at=at("2025-04-25 09:00"), found=True, place=TEXT, grid="g-a1")
    assert isinstance(play.last, CaseOpened)
    case = play.case
    assert (case.id, case.number, case.mechanism, case.matter) == ("c1", "N-1", "noise@2025-01-01", "noise")
    assert (case.state, case.lead, case.desk, case.opened_at) == ("filed", "desk", "desk", at("2025-04-25 10:00"))
    assert (case.grid, case.street, case.place, case.found, case.priority) == ("g-a1", "s-a", TEXT, True, 1)
    assert play.running() == ["own_contact", "promised", "dispatching"]
    assert play.clock("promised").started_at == at("2025-04-25 09:00")
    assert play.clock("dispatching").started_at == at("2025-04-25 10:00")
    assert case.taken == {"open@desk": 1}


def test_a_step_of_opening_may_name_another_first_state() -> None:
    direct = seven_steps(steps=steps_with(step("open", "", "desk", "finished")))
    assert Play(direct).open().case.state == "finished"


def test_the_priority_follows_the_parameters_of_the_day() -> None:
    assert Play().open("2025-12-31 10:00").case.priority == 1
    assert Play().open("2026-01-01 10:00").case.priority == 2
    assert Play(PARKING).open(fields={"plates": 2}).case.priority == 0


@pytest.mark.parametrize(
    ("actor", "reason"), [(HANDLER_A, "not_permitted"), (VERIFIER, "not_permitted"), (FIRM, "not_permitted")]
)
def test_cases_are_opened_by_those_the_file_names(actor: Any, reason: str) -> None:
    assert Play().refused("open", actor, **GIVEN) == reason


@pytest.mark.parametrize("actor", [OPERATOR, REQUESTER, WORKER_A1, SYSTEM])
def test_desk_requester_grid_worker_and_system_open_cases(actor: Any) -> None:
    assert Play().open(actor=actor).case.lead == "desk"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"fields": {"colour": 1}}, "unknown_field"),
        ({"fields": {"floor": "six"}}, "bad_field"),
        ({"fields": {"floor": True}}, "bad_field"),
        ({"fields": {"floor": 100}}, "bad_field"),
        ({"fields": {"fire_risk": 1}}, "bad_field"),
        ({"fields": {"loudness": "deafening"}}, "bad_field"),
        ({"fields": {"premises": "7 Long Lane"}}, "bad_arguments"),
        ({"fields": {"premises": "v:13800000000"}}, "bad_field"),
        ({"fields": {"details": 4}}, "bad_field"),
        ({"fields": {"operator": ""}}, "bad_field"),
        ({"received_at": at("2025-04-25 10:00") + 1}, "in_the_future"),
        ({"received_at": 1.5}, "bad_arguments"),
        ({"request": "t12"}, "bad_arguments"),
        ({"request": "case"}, "bad_arguments"),
        ({"requester": "Li Lei, 13800000000"}, "bad_arguments"),
        ({"note": "he said so"}, "bad_arguments"),
        ({"colour": "red"}, "bad_arguments"),
    ],
)
def test_a_malformed_opening_is_refused_with_its_reason(changed: dict[str, Any], reason: str) -> None:
    play = Play()
    play.now = at("2025-04-25 10:00")
    assert play.refused("open", OPERATOR, **(GIVEN | changed)) == reason


def test_every_kind_of_answer_that_fits_is_kept() -> None:
    fields = {
        "floor": 0, "fire_risk": False, "loudness": "quiet", "premises": TEXT, "details": TEXT, "operator": "firm-x",
    }  # fmt: skip
    assert Play().open(fields=fields).case.fields == fields


def test_a_required_answer_must_be_given_and_without_a_form_none_is_known() -> None:
    assert Play(PARKING).refused("open", OPERATOR, **(GIVEN | {"fields": {}})) == "missing_field"
    bare = Play(seven_steps(form={})).asks("open", OPERATOR, **(GIVEN | {"fields": {"floor": 1}}))
    assert "none" in str(bare)


def test_without_a_case_there_is_only_opening_and_with_one_there_is_no_second() -> None:
    assert Play().refused("dispatch", DISPATCHER) == "unknown_case"
    assert Play().refused("nonsense", DISPATCHER) == "unknown_case"
    again = seven_steps(steps=steps_with(step("open", "open", "desk")))
    assert Play(again).open().refused("open", OPERATOR, **GIVEN) == "already_open"
    assert Play().open().refused("open", OPERATOR, **GIVEN) == "wrong_state"


def test_the_party_named_in_the_form_is_the_party_complained_about() -> None:
    play = Play().open(fields={"operator": "firm-x"}, subjects=("person:bad",))
    assert play.case.subjects == {"firm-x", "person:bad"}
    assert play.refused("dispatch", DISPATCHER, unit="firm-x") == "unit_is_subject"


def test_only_the_first_event_opens_and_the_first_event_does() -> None:
    play = Play().dispatched()
    opened, dispatched = play.events
    with pytest.raises(SanbanError, match="opens it, not"):
        fold(None, dispatched)
    with pytest.raises(SanbanError, match="opens it"):
        fold(play.case, opened)
    assert fold_all(None, play.events) == play.case
    assert fold_all(None, ()) is None


def test_a_place_is_written_as_codes_and_a_reference() -> None:
    play = Play().open(place=TEXT).take("locate", OPERATOR, grid="g-a1", street="s-a")
    assert isinstance(play.last, CaseLocated)
    assert (play.case.grid, play.case.street, play.case.place) == ("g-a1", "s-a", TEXT)
    other = "v:" + "f" * 32
    assert play.take("locate", OPERATOR, grid="", street="s-b", place=other).case.place == other


def test_reclassifying_takes_the_other_matters_limits_from_the_same_starts() -> None:
    play = Play().handled().take("contact", HANDLER_A, "2025-04-25 11:00", request="r1")
    play.take("reclassify", OPERATOR, "2025-04-28 10:00", matter="parking", fields={"plates": 3})
    assert isinstance(play.last, CaseReclassified)
    assert play.case.mechanism == "parking@2025-01-01"
    assert play.running("t1") == ["resolve", "many"]
    assert play.clock("resolve").started_at == at("2025-04-25 10:00")
    assert play.clock("resolve").due_at == end("2025-05-06")
    assert play.clock("many").started_at == at("2025-04-25 10:00")
    assert play.running("r1") == ["promised"]


def test_reclassifying_neither_resets_a_stage_nor_leaves_it_without_a_clock() -> None:
    play = (
        Play()
        .open("2025-04-25 10:00")
        .take("reclassify", OPERATOR, "2025-04-27 10:00", matter="parking", fields={"plates": 1})
    )
    assert play.running("case") == ["dispatching"]
    assert play.clock("dispatching").started_at == at("2025-04-25 10:00")
    assert play.clock("dispatching").due_at == end("2025-04-28")


def test_reclassifying_keeps_what_stood_still_and_what_was_reworked() -> None:
    play = Play().handled().take("ask_suspension", HANDLER_A, ground="works", review_at=at("2025-05-20"))
    play.take("suspend", COORDINATOR, "2025-04-29").take("resume", HANDLER_A, "2025-05-01")
    play.take("contact", HANDLER_A, request="r1").take("finish", HANDLER_A).take("rework", VERIFIER, "2025-05-06 10:00")
    play.take("reclassify", OPERATOR, "2025-05-06 11:00", matter="parking", fields={"plates": 1})
    assert play.running("t1") == ["resolve", "rework"]
    assert play.clock("resolve").due_at == end("2025-05-08")
    assert play.clock("rework").started_at == at("2025-05-06 10:00")


def test_an_order_not_signed_for_is_still_to_be_signed_for_after_reclassifying() -> None:
    play = Play().dispatched().take("reclassify", OPERATOR2, "2025-04-25 11:00", matter="parking", fields={"plates": 1})
    assert play.running("t1") == ["sign_for", "first_contact", "resolve"]
    assert play.clock("sign_for").due_at == at("2025-04-25 15:30")


def test_reclassifying_brings_the_co_tasks_that_the_other_matter_asks_for_and_moves_no_promise() -> None:
    play = Play().handled(fields={"loudness": "quiet"})
    promised = play.case.requests[0].promised_at
    play.take("reclassify", OPERATOR, "2025-04-28 10:00", matter="water", fields={"loudness": "loud"})
    assert [(task.id, task.spec, task.unit) for task in play.case.tasks] == [
        ("t1", "lead", "street-a"), ("t2", "leaflet", "street-a"), ("t3", "pump", "dept-water"),
    ]  # fmt: skip
    assert isinstance(play.last, CaseReclassified)
    assert [task.id for task in play.last.tasks] == ["t2", "t3"]
    assert play.clock("pumping").started_at == at("2025-04-28 10:00")
    assert play.clock("pumping").subject == "t3"
    assert (play.case.state, play.case.lead, play.case.requests[0].promised_at) == ("handling", "street-a", promised)
    assert play.refused("finish", HANDLER_A) == "tasks_open"


def test_a_co_task_that_is_there_is_not_planned_twice_and_a_waived_one_comes_anew() -> None:
    play = Play().handled(fields={"fire_risk": True, "loudness": "loud"})
    play.take("finish_task", FIREMAN, task="t2").take("waive", DISPATCHER, task="t3", ground="no_need")
    play.take("reclassify", OPERATOR, matter="water")
    assert [(task.spec, task.state) for task in play.case.tasks] == [
        ("lead", "accepted"), ("fire", "finished"), ("leaflet", "waived"), ("leaflet", "dispatched"),
        ("pump", "dispatched"),
    ]  # fmt: skip


def test_before_the_first_dispatch_reclassifying_plans_nothing_and_never_a_party_complained_about() -> None:
    filed = Play().open().take("reclassify", OPERATOR, matter="water")
    assert filed.case.tasks == ()
    play = Play().handled()
    play.take("reclassify", OPERATOR, matter="water", fields={"operator": "dept-water"})
    assert [(task.spec, task.unit) for task in play.case.tasks] == [("lead", "street-a"), ("pump", "street-a")]


def test_a_late_clock_stays_late_under_another_matter() -> None:
    play = Play().handled().expire("first_contact")
    play.take("reclassify", OPERATOR, matter="parking", fields={"plates": 1})
    late = [clock for clock in play.case.clocks if clock.missed_at is not None]
    assert [(clock.limit, clock.running) for clock in late] == [("first_contact", False)]
    assert play.clock("first_contact").due_at == late[0].due_at


def test_a_clock_whose_limit_no_file_knows_any_more_does_not_hinder_reclassifying() -> None:
    play = Play().handled()
    play.mechanisms = {play.case.mechanism: seven_steps(limits=limits_with(resolve=None)), PARKING.key: PARKING}
    play.take("reclassify", OPERATOR, matter="parking", fields={"plates": 1})
    assert "resolve" in play.running("t1")


def test_reclassifying_is_refused_where_the_other_matter_does_not_fit() -> None:
    play = Play().handled(fields={"operator": "person:bad"})
    assert play.refused("reclassify", OPERATOR, matter="noise") == "unknown_matter"
    assert play.refused("reclassify", OPERATOR, matter="weather") == "unknown_matter"
    assert play.refused("reclassify", OPERATOR, matter="parking") == "missing_field"
    assert play.refused("reclassify", OPERATOR, matter="parking", fields={"plates": 77}) == "bad_field"
    assert play.refused("reclassify", CHIEF_A, matter="parking", fields={"plates": 1}) == "not_permitted"
    against = {"plates": 1, "operator": "street-a"}
    assert play.refused("reclassify", OPERATOR, matter="parking", fields=against) == "unit_is_subject"
    play.find = lambda matter, _: seven_steps("parking", form=PARKING_FORM, states={})
    assert play.refused("reclassify", OPERATOR, matter="parking", fields={"plates": 1}) == "no_such_state"


def test_a_party_named_by_the_new_form_joins_those_complained_about() -> None:
    play = Play().open(subjects=("person:bad",))
    play.take("reclassify", OPERATOR, matter="parking", fields={"plates": 1, "operator": "firm-x"})
    assert play.case.subjects == {"person:bad", "firm-x"}
    assert play.case.fields == {"plates": 1, "operator": "firm-x"}


def test_a_case_runs_under_its_version_until_a_declared_migration() -> None:
    play = Play().handled()
    before = play.running()
    assert play.refused("migrate", OWNER, version="2030-01-01") == "no_migration"
    play.take("migrate", OWNER, version="2025-06-01")
    assert (play.case.mechanism, play.case.state) == (NOISE2.key, "handling")
    assert play.running() == before
    assert play.refused("migrate", OWNER, version="2025-06-01") == "no_migration"
    play.find = lambda matter, _: None
    assert play.refused("migrate", OWNER, version="2025-06-01") == "no_migration"


def test_migrating_moves_to_the_state_that_is_declared_if_there_is_one() -> None:
    play = Play().handled().take("gather", HANDLER_A)
    assert play.running("case") == ["joint"]
    play.take("migrate", OWNER, version="2025-06-01")
    assert (play.case.state, play.running("case")) == ("handling", [])
    shelved = Play().handled().take("shelve", COORDINATOR, ground="history", review_at=at("2025-09-01"))
    assert shelved.refused("migrate", OWNER, version="2025-06-01") == "no_such_state"


def test_migrating_gives_a_stage_its_new_limit_from_when_the_stage_began() -> None:
    newer = seven_steps(
        version="2025-07-01",
        migrations={"2025-01-01": Migration("2025-01-01", {})},
        limits=limits_with(
            dispatching=None, filing=Limit("filing", T, length("3 working_days"), "stage", states=frozenset({"filed"}))
        ),
    )
    play = Play().open("2025-04-25 10:00")
    play.mechanisms |= {newer.key: newer}
    play.find = lambda matter, _: newer
    play.take("migrate", OWNER, "2025-04-28 10:00", version="2025-07-01")
    assert play.running("case") == ["filing"]
    assert play.clock("filing").due_at == end("2025-04-29")


def test_co_tasks_come_with_the_first_dispatch_and_where_nobody_answers_the_lead_has_them() -> None:
    play = Play().dispatched(fields={"fire_risk": True, "loudness": "loud"})
    assert [(task.spec, task.unit, task.mandatory) for task in play.case.tasks] == [
        ("lead", "street-a", True), ("fire", "dept-fire", True), ("leaflet", "street-a", False),
    ]  # fmt: skip
    against_fire = Play().dispatched(fields={"fire_risk": True}, subjects=("dept-fire",))
    assert against_fire.task("t2").unit == "street-a"
    play.take("return_order", HANDLER_A, ground="not_our_duty").take("dispatch", DISPATCHER, unit="street-b")
    assert [task.spec for task in play.case.tasks] == ["lead", "fire", "leaflet", "lead"]
    play.take("accept", FIREMAN, task="t2")
    assert (play.case.state, play.case.lead) == ("dispatched", "street-a")
    assert play.refused("accept", FIREMAN, task="t2") == "already_accepted"
    assert play.take("accept", HANDLER_B).case.lead == "street-b"


def test_dispatch_cites_its_directory_entry_and_says_when_nobody_answers() -> None:
    play = Play().open(street="s-zz")
    assert play.refused("dispatch", DISPATCHER) == "no_duty"
    assert play.refused("dispatch", DISPATCHER, unit="street-z") == "unknown_unit"
    play.take("dispatch", DISPATCHER, unit="street-b")
    assert getattr(play.last, "cites", None) == ""
    assert getattr(Play().dispatched().last, "cites", None) == "d-1"


def test_one_unit_at_a_time_holds_the_order() -> None:
    lax = seven_steps(
        steps=steps_with(
            step("dispatch", "filed dispatched handling", "dispatcher", "dispatched"),
            step("rule", "handling ruling", "coordinator", "handling"),
        )
    )
    play = Play(lax).dispatched()
    assert play.refused("dispatch", DISPATCHER, unit="street-b") == "still_held"
    assert play.take("accept", HANDLER_A).refused("rule", COORDINATOR, unit="street-b") == "still_held"


def test_a_task_is_passed_down_to_a_station_under_its_unit_and_its_clocks_run_on() -> None:
    play = Play().dispatched(grid="g-a1", fields={"fire_risk": True})
    before = play.running("t1")
    assert play.refused("pass_down", FIREMAN) == "not_permitted"
    assert play.refused("pass_down", HANDLER_A, station="street-b") == "not_under"
    assert play.refused("pass_down", HANDLER_A, task="t9") == "unknown_task"
    assert play.refused("pass_down", FIREMAN, task="t2") == "not_under"
    play.take("pass_down", HANDLER_A)
    assert (play.task("t1").station, play.task("t1").owner, play.task("t1").unit) == ("team-a1", "team-a1", "street-a")
    assert play.running("t1") == before
    assert play.take("accept", WORKER_A1).case.state == "handling"
    against = Play().dispatched(grid="g-a1", subjects=("team-a1",))
    assert against.refused("pass_down", HANDLER_A) == "unit_is_subject"
    nowhere = Play().dispatched(street="s-a").take("accept", HANDLER_A)
    assert nowhere.refused("pass_down", HANDLER_A) == "not_under"
    nowhere.take("plan", HANDLER_A, tasks=[{"key": "a", "unit": "dept-fire"}])
    assert nowhere.refused("pass_down", FIREMAN, task="t2") == "not_under"


def test_the_matter_of_a_mechanism_stands_before_its_version() -> None:
    assert matter_of("a-matter-of-its-own@3") == "a-matter-of-its-own"
