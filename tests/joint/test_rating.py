"""Reverse rating: who rates, when, what an appeal changes, and what a unit's score says of how many."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.small_desk import text_of
from joint.small_joint import (
    AUDITOR,
    COORDINATOR,
    DAY,
    FULL,
    HOUR,
    LEADER,
    OTHER_STREET,
    POOR,
    STREET,
    SYSTEM,
    UNIT,
    Joint,
    reason,
)
from joint.surrounded import sheet as opened_sheet
from joint.visiting import visiting
from sanban.joint.facts import rating_layout
from sanban.joint.rating.scoring import RatedRow, UnitScore, score, score_of
from sanban.joint.rating.sheet import Sheet, sheet_id, stream_of
from sanban.joint.surrounding import year_span
from sanban.kernel.permission import Actor
from sanban.kernel.score import interval
from sanban.main.figures.commands import figures
from sanban.main.joint.surrounding import rating_needs_of
from sanban.packs.figures.vocabulary import TABLES
from sanban.packs.joint.rating import load_rating_terms

TERMS = load_rating_terms(Path("nowhere"))
REVISED = {"outcome": "revised", "reason": "v:" + "2" * 32, "marks": FULL}


def released(joint: Joint, number: int = 1, unit: str = "fire-brigade", *, absent: bool = False) -> str:
    """A unit was released from a whistle of the first street just now; the stream of its sheet."""
    stream = stream_of(sheet_id(f"c-{number}.w1", unit))
    facts = {"case": f"c-{number}", "number": f"2026-{number:06}", "whistle": f"c-{number}.w1", "unit": unit}
    opened = joint.send(SYSTEM, stream, "open", **facts, street="street-01", released_at=joint.now, absent=absent)
    assert opened is None, opened
    return stream


def seen(joint: Joint, stream: str) -> Sheet:
    found = joint.house.reader.state(stream)
    assert isinstance(found, Sheet)
    return found


def of_unit(joint: Joint, unit: str = "fire-brigade") -> UnitScore:
    span = year_span(joint.house.calendar, "2026")
    assert isinstance(span, tuple)
    return score_of(rating_needs_of(joint.house), LEADER, unit, *span)


def test_only_the_whistling_street_rates_once_for_each_unit_and_whistle(joint: Joint) -> None:
    stream = released(joint)
    refused = [reason(joint.send(who, stream, "rate", marks=FULL)) for who in (OTHER_STREET, UNIT, COORDINATOR, SYSTEM)]
    assert refused == ["not_the_street"] * 4
    assert reason(joint.send(STREET, stream, "rate", marks=FULL)) == ""
    assert reason(joint.send(STREET, stream, "rate", marks=POOR)) == "already_rated"
    assert seen(joint, stream).given.marks == FULL  # type: ignore[union-attr]  # it was given
    again = released(joint, 1, "police")
    assert reason(joint.send(STREET, again, "rate", marks=POOR)) == ""
    assert reason(joint.send(STREET, stream_of("c-9.w1.fire-brigade"), "rate", marks=FULL)) == "unknown_rating"


def test_a_unit_marked_absent_cannot_be_rated_as_attended_not_even_after_an_appeal(joint: Joint) -> None:
    stream = released(joint, absent=True)
    assert reason(joint.send(STREET, stream, "rate", marks=FULL)) == "was_absent"
    assert reason(joint.send(STREET, stream, "rate", marks={**FULL, "reported_in": 1})) == "was_absent"
    assert reason(joint.send(STREET, stream, "rate", marks={**FULL, "reported_in": 0})) == ""
    assert joint.send(UNIT, stream, "appeal", ground="wrong_fact") is None
    assert reason(joint.send(COORDINATOR, stream, "review", **REVISED)) == "was_absent"


def test_the_windows_end_by_themselves_and_nothing_is_taken_after_them(joint: Joint) -> None:
    missed, rated = released(joint, 1), released(joint, 2)
    assert joint.send(STREET, rated, "rate", marks=POOR) is None
    joint.now = seen(joint, missed).next_at
    late = joint.send(STREET, missed, "rate", marks=FULL)
    assert reason(late) == "window_over"
    assert late is not None
    assert str(joint.now) not in late.message, "people are told no instants in microseconds"
    assert reason(joint.send(UNIT, rated, "appeal", ground="wrong_fact")) == "window_over"
    joint.later(0)
    assert [seen(joint, one).state for one in (missed, rated)] == ["lapsed", "settled"]
    assert reason(joint.send(STREET, missed, "rate", marks=FULL)) == "window_over"
    assert reason(joint.send(UNIT, rated, "appeal", ground="wrong_fact")) == "window_over"
    types = [event.type for event in joint.house.reader.events(missed)]
    assert types == ["rating.opened", "rating.lapsed"]


def test_five_working_days_are_counted_by_the_calendar(joint: Joint) -> None:
    local = joint.house.calendar.local_end(seen(joint, released(joint)).next_at)
    assert local == "2026-06-09 24:00"


def test_an_appeal_is_decided_by_neither_side_nor_the_rater_and_both_versions_stay(joint: Joint) -> None:
    stream = released(joint)
    rater = Actor("anna", "coordinator", "street-01", unit_kind="street")
    moved = Actor("anna", "coordinator", "centre", unit_kind="centre")
    assert reason(joint.send(UNIT, stream, "appeal", ground="wrong_fact")) == "not_now"
    assert joint.send(rater, stream, "rate", marks=POOR) is None
    assert reason(joint.send(STREET, stream, "appeal", ground="wrong_fact")) == "not_the_unit"
    assert reason(joint.send(UNIT, stream, "appeal", ground="because")) == "unknown_ground"
    assert reason(joint.send(COORDINATOR, stream, "review", **REVISED)) == "not_now"
    assert joint.send(UNIT, stream, "appeal", ground="wrong_fact") is None
    assert reason(joint.send(UNIT, stream, "appeal", ground="wrong_fact")) == "already_appealed"
    of_unit_ = Actor("bo", "coordinator", "fire-brigade", unit_kind="department")
    tried = {"rater": rater, "moved": moved, "unit": of_unit_, "leader": LEADER}
    assert {name: reason(joint.send(who, stream, "review", **REVISED)) for name, who in tried.items()} == {
        "rater": "not_permitted",
        "moved": "same_person",
        "unit": "not_permitted",
        "leader": "not_permitted",
    }
    assert reason(joint.send(COORDINATOR, stream, "review", **{**REVISED, "reason": ""})) == "no_reason"
    assert joint.send(COORDINATOR, stream, "review", **REVISED) is None
    sheet = seen(joint, stream)
    assert sheet.given is not None
    assert sheet.reviewed is not None
    assert (sheet.given.points, sheet.given.by) == (30, "anna")
    assert (sheet.reviewed.points, sheet.reviewed.by, sheet.reviewed.reason) == (
        100,
        "coordinator-1",
        REVISED["reason"],
    )
    assert reason(joint.send(COORDINATOR, stream, "review", **REVISED)) == "not_now"
    found = of_unit(joint)
    assert [(one.version, one.good, one.n) for one in (found.first, found.final)] == [(1, 0, 1), (2, 1, 1)]


@pytest.mark.parametrize(
    ("marks", "why"),
    [
        ({"reported_in": 40}, "marks_incomplete"),
        ({**FULL, "charm": 1}, "marks_incomplete"),
        ({**FULL, "solved": 31}, "too_many_points"),
        ({**FULL, "solved": -1}, "bad_arguments"),
        ({**FULL, "solved": "很好"}, "bad_arguments"),
    ],
)
def test_points_that_cannot_stand_are_refused_with_an_example(joint: Joint, marks: dict[str, Any], why: str) -> None:
    refused = joint.send(STREET, released(joint), "rate", marks=marks)
    assert refused is not None
    assert (refused.reason, bool(refused.example)) == (why, True)


def test_nobody_but_a_release_opens_a_sheet_and_once(joint: Joint) -> None:
    facts = {"case": "c-1", "number": "2026-000001", "whistle": "c-1.w1", "unit": "fire-brigade", "street": "street-01"}
    stream = stream_of("c-1.w1.fire-brigade")
    assert reason(joint.send(STREET, stream, "open", **facts, released_at=joint.now)) == "not_permitted"
    released(joint)
    released(joint)
    assert len(joint.house.reader.events(stream)) == 1


def row(number: int, *, good: bool = True, excluded: bool = False, revised: bool | None = None) -> RatedRow:
    final = good if revised is None else revised
    ground, at = ("not_its_duty", number) if excluded else ("", 0)
    return RatedRow(
        f"c-{number}.w1.u", f"c-{number}", f"2026-{number:06}", "street-01", "reviewed", number, 90 if good else 10,
        good, 90 if final else 10, final, ground, at,
    )  # fmt: skip


def test_seven_of_eight_show_their_interval_and_under_the_minimum_there_is_no_score() -> None:
    eight = score("u", 0, 1, [row(one, good=one > 1) for one in range(1, 9)], TERMS).final
    assert (eight.share, eight.low, eight.high, eight.rated) == (8750, 5291, 9776, True)
    few = score("u", 0, 1, [row(one) for one in range(1, TERMS.minimum)], TERMS).final
    assert (few.share, few.rated, (few.low, few.high)) == (None, False, interval(4, 4))
    none = score("u", 0, 1, [], TERMS).final
    assert (none.n, none.share, none.low, none.rated) == (0, None, None, False)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.none() | st.booleans()), max_size=40))
def test_no_unit_comes_to_everything_by_excluding(made: list[tuple[bool, bool, bool | None]]) -> None:
    rows = [row(n, good=good, excluded=out, revised=again) for n, (good, out, again) in enumerate(made, start=1)]
    found = score("u", 0, 1, rows, TERMS)
    wished = sum(one.excluded != "" for one in rows)
    assert found.final.n + found.final.excluded == found.first.n == len(rows)
    assert found.final.excluded + found.final.over_cap == wished
    assert found.final.excluded * 100 <= TERMS.cap * len(rows)
    if not all(one.final_good for one in rows):
        assert found.final.good < found.final.n


def test_the_one_bad_rating_of_six_counts_all_the_same_when_it_is_excluded() -> None:
    found = score("u", 0, 1, [row(one, good=one > 1, excluded=one == 1) for one in range(1, 7)], TERMS)
    assert (found.first.good, found.first.n) == (found.final.good, found.final.n) == (5, 6)
    assert (found.final.excluded, found.final.over_cap, found.left_out) == (0, 1, ())


def test_what_a_review_leaves_out_is_listed_and_beyond_the_cap_counted_all_the_same(joint: Joint) -> None:
    streams = [released(joint, number) for number in range(1, 7)]
    for number, stream in enumerate(streams):
        assert joint.send(STREET, stream, "rate", marks=POOR if number < 3 else FULL) is None
        if number < 3:
            assert joint.send(UNIT, stream, "appeal", ground="not_its_duty") is None
            out = {"outcome": "excluded", "reason": "v:" + "3" * 32, "ground": "not_its_duty"}
            assert joint.send(COORDINATOR, stream, "review", **out) is None
    found = of_unit(joint)
    assert (found.first.n, found.first.good, found.first.share) == (6, 3, 5000)
    assert (found.final.n, found.final.good, found.final.excluded, found.final.over_cap) == (5, 3, 1, 2)
    assert found.left_out == ("c-1.w1.fire-brigade",)
    again = of_unit(joint)
    assert again == found
    (figure,) = figures(joint.house, "2026", "rated_good", "fire-brigade", None, cases=False, page=0).figures
    assert (figure.denominator, figure.numerator, figure.excluded, figure.readmitted) == (5, 3, {"review": 1}, 2)
    assert joint.house.verify().is_whole


def test_the_pages_rate_appeal_and_review_and_each_side_sees_its_own(joint: Joint) -> None:
    released(joint, absent=True)
    released(joint, 2, "police")
    sheet = "/ratings/c-1.w1.fire-brigade"
    with visiting(joint.house, STREET.id) as street:
        assert "Waiting for you (2)" in street.text("/ratings")
        said = {"points_worked_together": "30", "points_solved": "30", "text": "迟到两小时"}
        refused = street.post(f"{sheet}/rate", points_reported_in="40", **said)
        assert (refused.status_code, "marked absent" in text_of(refused)) == (422, True)
        assert street.post(f"{sheet}/rate", points_reported_in="x", **said).status_code == 422
        assert street.post(f"{sheet}/rate", points_reported_in="0", **said).status_code == 303
        assert street.get("/ratings/units/fire-brigade").status_code == 404
    with visiting(joint.house, UNIT.id) as unit:
        assert unit.get("/ratings/c-2.w1.police").status_code == 404
        assert "迟到两小时" in unit.text(sheet)
        assert unit.post(f"{sheet}/appeal", ground="wrong_fact", text="已在规定时间内签到").status_code == 303
    with visiting(joint.house, COORDINATOR.id) as coordinator:
        assert "Waiting for you (1)" in coordinator.text("/ratings")
        empty = coordinator.post(f"{sheet}/review", outcome="upheld")
        assert (empty.status_code, "says why" in text_of(empty)) == (422, True)
        decided = {"outcome": "excluded", "ground": "whistle_in_error", "text": "误吹哨"}
        assert coordinator.post(f"{sheet}/review", **decided).status_code == 303
        assert "Left out of the score: Whistled for in error" in coordinator.text(sheet)
    stored = "".join(one.payload.decode() for one in joint.house.reader.since(0, 1000))
    assert [word for word in ("迟到", "签到", "误吹") if word in stored] == []


@pytest.mark.parametrize("subject", [STREET, UNIT, LEADER], ids=["the street", "the unit", "an office"])
def test_a_sheet_of_a_case_about_a_viewer_is_missing_for_them(joint: Joint, subject: Actor) -> None:
    about = subject.unit if subject in (STREET, UNIT) else subject.id
    sheet = opened_sheet(joint.house, UNIT.unit, joint.now, joint.case("illegal-building", builder=about))
    answers = []
    for who in (subject, AUDITOR):
        with visiting(joint.house, who.id) as visitor:
            answers.append([visitor.get(f"{way}/ratings/{sheet}").status_code for way in ("", "/api/v1")])
    assert answers == [[404, 404], [200, 200]]
    with visiting(joint.house, subject.id) as barred:
        marks = {f"points_{code}": "0" for code in TERMS.criteria}
        assert barred.post(f"/ratings/{sheet}/rate", **marks).status_code in (403, 404)
    assert seen(joint, stream_of(sheet)).given is None


def test_auditors_read_the_score_and_a_year_that_is_none_is_said(joint: Joint) -> None:
    stream = released(joint)
    joint.send(STREET, stream, "rate", marks=FULL)
    with visiting(joint.house, AUDITOR.id) as auditor:
        shown = auditor.text("/ratings/units/fire-brigade?year=2026")
        assert re.search(r"not rated .*1 of 1 ratings say it did well .*20\.6\d* ?%", shown), shown
        assert auditor.get("/ratings/units/fire-brigade?year=soon").status_code == 409
        assert auditor.get("/ratings/nothing").status_code == 404


@pytest.mark.postgres
def test_a_rating_and_its_score_are_the_same_on_postgresql(tmp_path: Path, postgres_database: str) -> None:
    joint = Joint(tmp_path / "home", postgres_database)
    try:
        stream = released(joint)
        assert joint.send(STREET, stream, "rate", marks=FULL) is None
        joint.later(20 * DAY)
        assert seen(joint, stream).state == "settled"
        assert (of_unit(joint).final.n, of_unit(joint).final.good) == (1, 1)
        assert joint.house.verify().is_whole
    finally:
        joint.close()


def whistled(joint: Joint, waits: int = 2 * HOUR) -> str:
    """The first street called two units to a case of its own; one reported in, the other never came. The whistle."""
    case = joint.case("illegal-building")
    dispatcher = Actor("dispatcher-1", "dispatcher", "centre", unit_kind="centre")
    note = "v:" + "6" * 32
    wanted = {"kind": "emergency", "wanted": ["fire-brigade", "police"], "note": note}
    stream = f"case:{case}"
    assert joint.send(dispatcher, stream, "dispatch") is None
    joint.house.run()
    assert joint.send(STREET, stream, "accept") is None
    assert joint.send(STREET, stream, "whistle", **wanted) is None
    assert joint.send(COORDINATOR, stream, "screen") is None
    joint.house.run()
    assert joint.send(UNIT, stream, "report_in") is None
    joint.later(waits)
    return f"{case}.w1"


@pytest.mark.parametrize("waits", [60_000_000, 2 * HOUR], ids=["before its time", "after its time"])
def test_a_release_opens_the_sheet_of_the_whistling_street_with_what_the_ledger_knows_of_attendance(
    joint: Joint, waits: int
) -> None:
    whistle = whistled(joint, waits)
    case = f"case:{whistle.removesuffix('.w1')}"
    sheets = {unit: stream_of(sheet_id(whistle, unit)) for unit in ("fire-brigade", "police")}
    assert [joint.house.reader.state(one) for one in sheets.values()] == [None, None]
    for unit in sheets:
        assert joint.send(STREET, case, "release", called=unit) is None
    joint.house.run()
    found = {unit: seen(joint, stream).opened for unit, stream in sheets.items()}
    assert {unit: (one.absent, one.street) for unit, one in found.items()} == {
        "fire-brigade": (False, "street-01"),
        "police": (True, "street-01"),
    }
    assert reason(joint.send(STREET, sheets["police"], "rate", marks=FULL)) == "was_absent"
    assert joint.send(STREET, sheets["fire-brigade"], "rate", marks=FULL) is None
    assert joint.house.verify().is_whole


def test_silence_releases_nobody_and_the_end_of_the_longest_stay_is_an_event(joint: Joint) -> None:
    whistle = whistled(joint)
    sheet = stream_of(sheet_id(whistle, "fire-brigade"))
    joint.later(10 * DAY)
    assert joint.house.reader.state(sheet) is None
    joint.later(60 * DAY)
    events = joint.house.reader.events(f"case:{whistle.removesuffix('.w1')}")
    assert [event.type for event in events].count("case.released") == 2
    assert seen(joint, sheet).opened.street == "street-01"


def test_a_rating_leaves_one_row_of_facts_that_says_what_a_review_made_of_it(joint: Joint) -> None:
    names = [column.name for column in TABLES["ratings"].columns]

    def row(stream: str) -> dict[str, Any]:
        (laid,) = rating_layout().rows(seen(joint, stream))["ratings"]
        return dict(zip(names, laid, strict=True))

    stream = released(joint)
    assert (row(stream)["unit"], row(stream)["street"], row(stream)["given_at"]) == ("fire-brigade", "street-01", None)
    assert joint.send(STREET, stream, "rate", marks=POOR) is None
    assert (row(stream)["good"], row(stream)["given_at"]) == (False, joint.now)
    assert joint.send(UNIT, stream, "appeal", ground="wrong_fact") is None
    assert joint.send(COORDINATOR, stream, "review", **REVISED) is None
    assert (row(stream)["good"], row(stream)["points"], row(stream)["left_out"]) == (True, sum(FULL.values()), "")
    left = released(joint, 2)
    assert joint.send(STREET, left, "rate", marks=POOR) is None
    assert joint.send(UNIT, left, "appeal", ground="wrong_fact") is None
    ground = next(iter(TERMS.exclusions))
    out = {"outcome": "excluded", "reason": "v:" + "3" * 32, "ground": ground}
    assert joint.send(COORDINATOR, left, "review", **out) is None
    assert (row(left)["good"], row(left)["left_out"]) == (False, ground)
