"""Acceptance statements of the systems that are true of the shipped matters as they stand."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

import read_once
from sanban.kernel import score
from sanban.kernel.case.engine import decide
from sanban.kernel.case.fold import fold_all
from sanban.kernel.case.situation import Command, Situation
from sanban.kernel.case.state import Case
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.permission import Actor
from sanban.packs.examples import Given, instant_of
from sanban.packs.loading import ZONE
from sanban.packs.rehearsal.case import DESK, duty_of

MATTERS = read_once.matters()
CALENDAR = read_once.calendar()
DUTY = duty_of(Given(duty={"street": "street-01"}))
OPERATOR = Actor("op", "operator", DESK, unit_kind="desk")
WORKER = Actor("grid", "grid_worker", "street-01", unit_kind="street")
DISPATCHER = Actor("disp", "dispatcher", DESK, unit_kind="desk")


def at(text: str) -> int:
    instant = instant_of(text, ZONE)
    assert instant is not None
    return instant


def take(case: Case | None, actor: Actor, day: str, step: str, matter: str = "noise", **args: Any) -> Case:
    """The case after a step, which must not be refused."""
    mechanism = MATTERS.mechanism_of(matter, at(day))
    assert mechanism is not None
    situation = Situation(mechanism, actor, at(day), CALENDAR, DUTY, number=lambda: "1")
    answer = decide(case, Command(step, args), situation)
    assert not isinstance(answer, Refused), answer
    after = fold_all(case, answer)
    assert after is not None
    return after


def request(number: int, requester: str, day: str, **more: Any) -> dict[str, Any]:
    joined = {"request": f"r{number}", "requester": requester, "channel": "hotline", "received_at": at(day)}
    return {**joined, **more}


def test_found_by_inspection_and_complained_about_later_is_one_case_found_first() -> None:
    found = request(1, "person:grid", "2025-04-21 09:00", channel="patrol", found=True)
    case = take(None, WORKER, "2025-04-21 09:00", "open", id="c1", desk=DESK, **found)
    case = take(case, OPERATOR, "2025-04-24 10:00", "attach", **request(2, "person:two", "2025-04-24 10:00"))
    assert case.found
    assert [(one.id, one.found, one.channel) for one in case.requests] == [
        ("r1", True, "patrol"),
        ("r2", False, "hotline"),
    ]


def test_ten_complaints_of_six_neighbours_are_one_case_with_ten_requests() -> None:
    first = request(1, "person:0", "2025-04-21 09:00")
    fields = {"premises": "v:" + "0" * 32}
    case = take(None, OPERATOR, "2025-04-21 09:00", "open", "short-let", id="c1", desk=DESK, fields=fields, **first)
    for number in range(2, 11):
        day = f"2025-04-21 {8 + number:02}:00"
        case = take(case, OPERATOR, day, "attach", "short-let", **request(number, f"person:{(number - 1) % 6}", day))
    assert len(case.requests) == 10
    assert len({one.requester for one in case.requests}) == 6
    assert max(one.repeat for one in case.requests) == 2


@pytest.mark.parametrize("matter", ["noise", "water-outage", "short-let"])
def test_a_request_of_a_visit_runs_on_the_clocks_of_the_hotline(matter: str) -> None:
    clocks = {}
    fields = {"premises": "v:" + "0" * 32} if matter == "short-let" else {}
    for channel in ("hotline", "visit"):
        day = "2025-04-25 10:00"
        one = request(1, "person:one", day, channel=channel)
        case = take(None, OPERATOR, day, "open", matter, id="c1", desk=DESK, fields=fields, **one)
        case = take(case, DISPATCHER, day, "dispatch", matter, unit="street-01")
        assert case.requests[0].channel == channel
        clocks[channel] = [(clock.limit, clock.started_at, clock.due_at) for clock in case.clocks]
        clocks[channel].append(("promise", case.requests[0].received_at, case.requests[0].promised_at))
    assert clocks["hotline"] == clocks["visit"]
    assert len(clocks["visit"]) > 4


def test_nothing_about_a_candidate_or_a_paper_fits_into_a_checklist() -> None:
    """Every field of every command is an item's code, a number, a result or who did it; and no other is taken."""
    fields = {name for command in get_args(score.ScoreCommand) for name in command.__struct_fields__}
    assert fields == {"round", "item", "number", "result", "by"}
    site = MATTERS.keys["exam-site@2024-01-01"].primitive
    assert isinstance(site, score.Checklist)
    check = {"type": "check", "round": 1, "item": "gate", "number": 1, "result": "pass", "by": "i1"}
    assert msgspec.convert({key: check[key] for key in fields}, score.Check).item in {item.code for item in site.items}
    refused = score.decide(site, score.Sheet(), score.Check(1, "candidate", 1, "pass", "i1"))
    assert isinstance(refused, Refused)


EXTENDING = {"ask_extension", "grant_extension", "ask_suspension", "suspend", "shelve", "lengthen_promise"}


def mechanism(key: str) -> Mechanism:
    found = MATTERS.by_key(key)
    assert found is not None
    return found


def test_nothing_extends_the_countdown_of_an_exam_site() -> None:
    preparing = mechanism("exam-preparation@2026-01-01")
    assert {step.verb for step in preparing.steps.values()} & EXTENDING == set()
    day = "2026-05-25 09:00"
    one = request(1, "person:one", day)
    fields = {"missing": "gate"}
    case = take(None, OPERATOR, day, "open", "exam-preparation", id="c1", desk=DESK, fields=fields, **one)
    case = take(case, DISPATCHER, day, "dispatch", "exam-preparation", unit="street-01")
    (ready,) = [clock for clock in case.clocks if clock.limit == "ready"]
    assert ready.due_at == at("2026-06-05 24:00")
    late = take(
        None, OPERATOR, "2026-06-04 16:00", "open", "exam-preparation", id="c2", desk=DESK, fields=fields, **one
    )
    late = take(late, DISPATCHER, "2026-06-04 16:00", "dispatch", "exam-preparation", unit="street-01")
    assert [clock.due_at for clock in late.clocks if clock.limit == "ready"] == [ready.due_at]


@pytest.mark.parametrize(("ending", "counted"), [("statutory", False), ("unsolved", True), ("resolved", False)])
def test_what_belongs_to_a_court_is_closed_as_that_and_counted_as_nothing_else(ending: str, counted: bool) -> None:
    matter = MATTERS.keys["ip-mediation@2026-01-01"]
    unresolved = matter.figures["unresolved"]
    assert unresolved.of.endswith("closed")
    assert unresolved.having is not None
    assert bool(unresolved.having.evaluate({"ending": ending}, {})) is counted
    step = mechanism("ip-mediation@2026-01-01").steps["close_statutory"]
    assert "filed" in step.source


def test_a_firms_request_runs_on_clocks_of_its_own() -> None:
    day = "2026-03-02 10:00"
    due = {}
    for matter, fields in (("firm-request", {"asks_for": "permit"}), ("noise", {})):
        one = request(1, "person:one", day)
        case = take(None, OPERATOR, day, "open", matter, id="c1", desk=DESK, fields=fields, **one)
        case = take(case, DISPATCHER, day, "dispatch", matter, unit="street-01")
        due[matter] = {clock.limit: clock.due_at for clock in case.clocks}
    assert due["firm-request"]["resolve"] == at("2026-03-11 24:00")
    assert due["firm-request"]["resolve"] != due["noise"]["resolve"]


def test_a_hazard_is_looked_at_again_by_another_person_and_an_overdue_look_escalates() -> None:
    hazard = mechanism("hazard@2026-01-01")
    assert hazard.limits["verifying"].on_expiry == "escalate"
    assert hazard.steps["escalate"].verb == "supervise"
    assert "not_handler" in hazard.steps["verify"].by
    assert "closed" not in {step.to for step in hazard.steps.values() if "finished" in step.source}


def test_a_blocker_stands_at_one_of_four_gates_and_can_be_whistled() -> None:
    blocker = mechanism("project-blocker@2026-01-01")
    assert tuple(blocker.form["gate"].choices) == ("design", "supporting_works", "filing", "approval")
    assert "street" in blocker.steps["whistle"].by
    assert blocker.steps["screen"].to == "joint"
