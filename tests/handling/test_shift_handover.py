"""Shifts hand over by signed events: nothing is left unseen, and somebody is answerable at every instant."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some

import read_once
from handling.small_district import DAY, HOUR, NOW, District, actor, duty
from handling.test_case_pages import Enter, text_of
from handling.test_case_pages import enter as enter  # noqa: PLC0414 -- the fixture
from sanban.handling.handover.leaving import WAITING, leaving
from sanban.handling.handover.shift import Shift, stream_of
from sanban.kernel.duty import duty_officers, gaps, turns
from sanban.kernel.errors import Refused
from sanban.ledger.port import Part, Submission


def shift(district: District, unit: str = "desk") -> Shift:
    found = district.reader.state(stream_of(unit))
    assert isinstance(found, Shift)
    return found


def refusal(district: District, who: str, step: str, unit: str = "desk", **args: object) -> str:
    part = Part(stream_of(unit), step, args)
    answer = district.ledger.submit(Submission(district.command_id(), actor(who), (part,)))
    return "" if answer.refused is None else answer.refused.reason


LEFT = {"open": 1, "urgent": 0, "promised": 0, "cases": []}


def test_the_next_shift_sees_what_the_last_left_and_what_is_still_open(district: District, enter: Enter) -> None:
    waits, done = (district.open_case(subject=False) for _ in range(2))
    district.pass_time(30 * HOUR)
    evening, night = enter("op"), enter("op2")
    given = evening.post("/handover", "/handover/give", note="和平路的两件等街道回电")
    assert given.status_code == 303
    assert set(shift(district).last.cases) == {waits, done}
    assert "still answerable" in text_of(evening.get("/handover"))
    assert "和平路的两件等街道回电" in night.get("/handover").text
    district.took("disp", done, "close_explained", ending="explained")
    assert night.post("/handover", "/handover/take").status_code == 303
    shown = text_of(night.get("/handover"))
    assert "taken over by op2" in shown
    assert shown.count("still open") == 1
    assert shift(district).answerable == "op2"


def test_what_stays_open_is_handed_on_again(district: District, enter: Enter) -> None:
    old = district.open_case(subject=False)
    district.pass_time(30 * HOUR)
    assert enter("op").post("/handover", "/handover/give").status_code == 303
    assert enter("op2").post("/handover", "/handover/take").status_code == 303
    district.took("disp", old, "dispatch")
    assert enter("op2").post("/handover", "/handover/give").status_code == 303
    assert old in shift(district).last.cases


def test_nobody_takes_over_from_oneself_and_nobody_signs_for_another_unit(district: District) -> None:
    assert refusal(district, "op", "take_over") == "nothing_handed_over"
    assert refusal(district, "op", "hand_over", **LEFT) == ""
    assert refusal(district, "op", "take_over") == "own_handover"
    assert refusal(district, "op2", "hand_over", **LEFT) == "not_taken_over"
    assert refusal(district, "h1", "take_over") == "not_permitted"
    assert refusal(district, "op2", "take_over") == ""
    assert refusal(district, "op", "take_over") == "nothing_handed_over"
    assert refusal(district, "op", "hand_over", open=-1, urgent=0, promised=0) == "bad_arguments"
    assert refusal(district, "op", "go_home") == "unknown_step"


def test_a_refused_handover_keeps_what_was_typed(district: District, enter: Enter) -> None:
    assert refusal(district, "op", "hand_over", **LEFT) == ""
    shown = enter("op2").post("/handover", "/handover/give", note="[[原因]]")
    assert shown.status_code == 422


def test_orders_of_units_where_nobody_is_there_come_before_the_duty_officer_the_soonest_first(
    district: District,
) -> None:
    late, later = district.open_case(subject=False), district.open_case(subject=False, grid="g2")
    for case in (later, late):
        district.took("disp", case, "dispatch")
    district.pass_time(3 * HOUR)
    by_day = leaving(actor("disp"), district.needs, district.now)
    assert not isinstance(by_day, Refused)
    assert by_day.uncovered == (), "the street is at work, the other keeps no roster"
    district.pass_time(31 * HOUR + HOUR // 2)
    at_night = leaving(actor("disp"), district.needs, district.now)
    assert not isinstance(at_night, Refused)
    assert [one.case for one in at_night.uncovered] == [late]
    assert at_night.uncovered[0].officers == ("disp2",)
    assert [one.officer for one in at_night.turns] == ["disp2", "disp", "disp2"]


def test_what_cannot_wait_is_found_by_its_time_however_many_cases_wait(district: District) -> None:
    plan = district.reader.query(f"EXPLAIN QUERY PLAN {WAITING.format(about='')}", {"soon": district.now})
    assert "(district=? AND due_at<?)" in str(plan)


@settings(max_examples=60)
@given(hour=some.integers(0, 11 * 24))
def test_at_every_hour_somebody_is_there_for_every_unit(hour: int) -> None:
    table, at = duty(), NOW - DAY + hour * HOUR
    found = duty_officers(table, "st1-team", at, ("centre",))
    assert found is not None
    own = {turn.officer for turn in turns(table, "st1-team", at, at + 1)}
    assert found.unit == ("st1-team" if own else "centre")
    assert duty_officers(table, "st2", at) is None, "a gap is told, not hidden"


def test_the_shipped_desk_and_centre_have_no_gap_in_a_year() -> None:
    table = read_once.district().duty
    since = NOW - 120 * DAY
    assert {unit: gaps(table, unit, since, since + 365 * DAY) for unit in ("hotline", "centre")} == {
        "hotline": (),
        "centre": (),
    }
    assert gaps(table, "street-01", since, since + DAY) != ()


def test_the_centre_answers_last(district: District) -> None:
    assert district.needs.cases.duty(None).centres == ("centre",)
