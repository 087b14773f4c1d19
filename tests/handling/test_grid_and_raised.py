"""The grid leader's screen, and what comes up to those above."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from handling.small_district import DAY, HOUR, District, actor
from handling.test_case_pages import Enter, text_of
from handling.test_case_pages import enter as enter  # noqa: PLC0414 -- the fixture
from sanban.handling.aggregate import stream_of
from sanban.handling.oversight.grid import grid_day
from sanban.handling.oversight.raised import raised
from sanban.handling.reactions import keep_precedent
from sanban.handling.views.lists import queue_page
from sanban.kernel.case.event import CaseClosed
from sanban.kernel.case.state import JointOffer
from sanban.kernel.errors import Refused


def test_a_grid_leader_sees_forces_and_passes_down_in_one_step(district: District, enter: Enter) -> None:
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    leader = enter("gl")
    shown = leader.get("/grid")
    assert "Heping grid team (1)" in text_of(shown)
    assert re.search(r'<option value="st1-team" selected>', shown.text), "the station that the directory names"
    action = re.search(rf'action="(/cases/{case_id}/steps/[a-z_]+)"', shown.text)
    assert action is not None
    assert leader.post("/grid", action[1], task="t1", station="st1-team").status_code == 303
    task = district.case(case_id).tasks[0]
    assert (task.station, task.unit, district.case(case_id).lead) == ("st1-team", "st1", "st1")
    below, above = (queue_page(actor(who), district.reader, district.cases, now=district.now) for who in ("team", "h1"))
    assert not isinstance(below, Refused)
    assert not isinstance(above, Refused)
    inner, outer = (
        task.inner_due_at,
        next(one for one in district.case(case_id).clocks if one.limit == "resolve").due_at,
    )
    assert inner is not None
    assert outer is not None
    assert inner < outer
    assert "/steps/pass_down" not in leader.get("/grid").text


def test_a_station_that_misses_its_own_time_comes_up_to_its_unit_before_the_units_time_is_over(
    district: District, enter: Enter
) -> None:
    case_id = district.open_case("noise", subject=False)
    district.took("disp", case_id, "dispatch")
    district.took("h1", case_id, "accept")
    district.took("h1", case_id, "contact", request="r-1")
    district.took("h1", case_id, "pass_down", station="st1-team")
    inner = district.case(case_id).tasks[0].inner_due_at
    assert inner is not None
    district.pass_time(inner - district.now)
    found = raised(actor("h1"), district.needs, district.now)
    assert not isinstance(found, Refused)
    assert [(line.kind, line.unit.en, line.what.en) for line in found] == [
        ("missed", "Heping grid team", "The station's own time")
    ]
    assert raised(actor("team"), district.needs, district.now) == ()
    assert "own time is over" in text_of(enter("h1").get(f"/cases/{case_id}"))
    district.take("h1", case_id, "pass_down", station="st1-team")
    assert raised(actor("h1"), district.needs, district.now) == found, "what was late stays on the list"


def test_out_of_hours_the_screen_says_that_nobody_is_there(district: District) -> None:
    district.pass_time(10 * HOUR)
    day = grid_day(actor("gl"), district.needs, district.now)
    assert not isinstance(day, Refused)
    assert [(force.unit, force.officers, force.keeps_roster) for force in day.forces] == [
        ("st1", (), True),
        ("st1-team", (), True),
    ]


def test_supervision_is_opened_by_pages_answered_with_a_text_and_gone_from_the_chain(
    district: District, enter: Enter
) -> None:
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    district.took("h1", case_id, "accept")
    leader, handler = enter("lead"), enter("h1")
    assert leader.step(case_id, "supervise", level="district").status_code == 303
    for who in (leader, handler, enter("coord")):
        assert district.case(case_id).number in text_of(who.get("/raised"))
    assert district.case(case_id).number not in text_of(enter("h2").get("/raised"))
    assert "Supervised by the district" in text_of(handler.get(f"/cases/{case_id}"))
    assert handler.step(case_id, "account_for").status_code == 422
    assert handler.step(case_id, "account_for", note="明日上午会同公安上门").status_code == 303
    assert "明日上午会同公安上门" in leader.get(f"/cases/{case_id}").text
    assert district.case(case_id).number not in text_of(leader.get("/raised"))


def test_a_missed_limit_comes_up_one_rung_a_day(district: District) -> None:
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    district.took("h1", case_id, "accept")
    district.pass_time(4 * DAY)
    offices = raised(actor("lead"), district.needs, district.now)
    assert not isinstance(offices, Refused)
    assert [(line.kind, line.case, line.what.en) for line in offices] == [("missed", case_id, "Time to first contact")]
    own = raised(actor("h1"), district.needs, district.now)
    assert own == (), "what a unit missed itself stands in its queue"
    firm = raised(actor("pm"), district.needs, district.now)
    assert isinstance(firm, Refused)


def test_a_reopened_case_comes_before_the_whole_chain_and_not_its_handlers_alone(district: District) -> None:
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "close_statutory", ending="statutory")
    district.took("op", case_id, "reopen", unit="st1")
    for who in ("lead", "coord", "h1"):
        found = raised(actor(who), district.needs, district.now)
        assert not isinstance(found, Refused)
        assert [(line.kind, line.case) for line in found] == [("reopened", case_id)]


def test_what_was_reopened_is_taken_up_by_a_colleague_or_because_those_above_say_so(
    district: District, enter: Enter
) -> None:
    case_id = district.open_case("noise", subject=False)
    handler, above = enter("h1"), enter("coord")
    district.took("disp", case_id, "dispatch")
    for step in ("accept", "finish"):
        district.took("h1", case_id, step)
    district.took("ver", case_id, "verify")
    district.took("op", case_id, "call_back", request="r-1", reached=True, resolved="yes")
    district.took("op", case_id, "close", ending="resolved")
    district.took("op", case_id, "reopen")
    assert "/steps/accept" not in handler.get(f"/cases/{case_id}").text
    assert handler.step(case_id, "accept", task="t2").status_code == 409
    assert "/steps/accept" in enter("gl").get(f"/cases/{case_id}").text
    assert f"/cases/{case_id}" in above.get("/raised").text
    assert "Let the unit take it up" in text_of(above.get(f"/cases/{case_id}"))
    assert above.step(case_id, "take_up").status_code == 303
    assert (district.case(case_id).state, district.case(case_id).lead) == ("handling", "st1")


def test_a_boundary_dispute_is_ruled_by_pages_and_the_next_like_case_needs_none(
    district: District, enter: Enter
) -> None:
    case_id = district.open_case(subject=False)
    promised = district.case(case_id).requests[0].promised_at
    assert enter("disp").step(case_id, "dispatch").status_code == 303
    assert (
        enter("h1").step(case_id, "return_order", ground="outside_our_area", note="不在本街道辖区").status_code == 303
    )
    assert district.case(case_id).lead == "st1", "who got it first leads until another has it"
    assert enter("disp").step(case_id, "rule", unit="st2", precedent="g1").status_code == 303
    case = district.case(case_id)
    assert (case.lead, case.ruled, case.requests[0].promised_at) == ("st2", True, promised)
    keeping = keep_precedent(district.cases, district.reader)
    for event in district.reader.events(stream_of(case_id)):
        for kept in keeping(event) if event.type == "case.ruled" else ():
            assert district.ledger.submit(replace(kept, command_id=district.command_id())).refused is None
    after = district.open_case(subject=False)
    district.took("disp", after, "dispatch")
    assert district.case(after).lead == "st2"


@pytest.mark.parametrize(
    ("ending", "subjects", "keeps"),
    [("resolved", set(), True), ("unsolved", set(), False), ("resolved", {"firm"}, False)],
)
def test_joint_work_makes_a_rule_only_where_it_solved_the_problem_and_nobody_stood_in(
    district: District, monkeypatch: pytest.MonkeyPatch, ending: str, subjects: set[str], keeps: bool
) -> None:
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    offers = (JointOffer("call_back_failed", district.now, "accepted", answered_at=district.now),)
    case = replace(district.case(case_id), offers=offers, subjects=frozenset(subjects))
    kind, v, payload = district.cases.encode(CaseClosed(at=0, actor="disp", ending=ending))
    closed = replace(district.reader.events(stream_of(case_id))[-1], type=kind, v=v, payload=payload)
    monkeypatch.setattr(type(district.reader), "state", lambda *_, **__: case)
    assert bool(keep_precedent(district.cases, district.reader)(closed)) == keeps


def test_a_limit_that_runs_out_supervises_and_silence_raises_the_level(district: District) -> None:
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    district.took("h1", case_id, "accept")
    for _ in range(40):
        district.pass_time(DAY)
    assert [(one.level, one.by) for one in district.case(case_id).supervision] == [("attention", ""), ("district", "")]


def test_supervision_answered_early_does_not_keep_a_limit_from_supervising_when_it_runs_out(district: District) -> None:
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    district.took("h1", case_id, "accept")
    district.took("lead", case_id, "supervise")
    district.took("h1", case_id, "account_for", note="v:" + "0" * 32)
    for _ in range(40):
        district.pass_time(DAY)
    supervision = district.case(case_id).supervision
    assert [one.level for one in supervision] == ["attention", "attention", "district"]
    assert [one.answered_at is None for one in supervision] == [False, True, True]


def test_what_a_unit_missed_itself_takes_no_place_of_what_those_below_it_missed(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    district.took("h1", case_id, "accept")
    district.took("h1", case_id, "plan", tasks=[{"key": "a", "unit": "st1-team"}])
    district.pass_time(40 * DAY)
    monkeypatch.setattr("sanban.handling.oversight.raised.MOST", 2)
    found = raised(actor("h1"), district.needs, district.now)
    assert not isinstance(found, Refused)
    assert [(line.kind, line.unit.en) for line in found] == [
        ("supervised", "Heping street"),
        ("missed", "Heping grid team"),
    ]
