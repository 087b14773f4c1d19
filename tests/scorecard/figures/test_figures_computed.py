"""Shares, exclusions, the cases behind them, and how one stands: on facts made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from columnar.made_facts import PLACE
from sanban.columnar.elsewhere import postgres_session
from sanban.columnar.session import duckdb_session
from sanban.scorecard.figures.asking import ask, cases_of, compute
from sanban.scorecard.figures.building import Span, first
from sanban.scorecard.figures.standing import expected_of
from scorecard.figures.every_engine import CAPPED, MAY, NOON, ON_TIME, case, compare_every_figure, every_table
from scorecard.figures.small_figures import figure, session, shipped


def test_what_is_not_due_in_the_period_or_not_closed_before_its_end_does_not_count(tmp_path: Path) -> None:
    rows = [
        case(1, closed_at=NOON - 1),
        case(2, closed_at=NOON),
        case(3),
        case(4, due_at=MAY.until, closed_at=NOON),
        case(5, due_at=MAY.since - 1, closed_at=NOON),
        case(6, due_at=MAY.since, closed_at=MAY.since - 1),
        case(7, due_at=None, closed_at=NOON),
        case(8, due_at=NOON, closed_at=MAY.until),
    ]
    with session(tmp_path, {"cases": rows}) as opened:
        on_time = compute(opened, figure(tmp_path, ON_TIME), MAY)
        closed = compute(opened, shipped().figure("closed_of_due", MAY.first), MAY)
    assert (on_time.numerator, on_time.denominator) == (2, 5)
    assert (closed.numerator, closed.denominator) == (3, 5), "the eighth was closed when May was over"


def test_a_share_of_nothing_is_not_applicable_and_one_of_few_has_no_rank(tmp_path: Path) -> None:
    made = figure(tmp_path, ON_TIME.replace("minimum_n: 0", "minimum_n: 8"))
    rows = [case(number, closed_at=NOON - 1) for number in range(7)]
    with session(
        tmp_path, {"cases": [*rows, *[case(n, unit="st2", closed_at=NOON - (n < 17)) for n in range(10, 18)]]}
    ) as opened:
        asked = ask(opened, made, MAY)
    nothing, few, enough = (asked.of(unit) for unit in ("st3", "st1", "st2"))
    assert (nothing.value, nothing.interval, nothing.standing) == ("n/a", None, "n/a")
    assert (few.value, few.standing) == ("100.00 %", "interval")
    assert (enough.value, str(enough.interval), enough.standing) == ("87.50 %", "52.9–97.8", "ranked")


def test_exclusions_are_counted_and_no_unit_reaches_all_by_excluding(tmp_path: Path) -> None:
    """Eight due, six not on time: had all six been left out, the two would be 100 %."""
    made = figure(tmp_path, CAPPED)
    rows = [case(1, closed_at=NOON - 1), case(2, closed_at=NOON - 1)]
    rows += [case(number, ending="withdrawn", due_at=NOON + number) for number in range(3, 9)]
    with session(tmp_path, {"cases": rows}) as opened:
        found = compute(opened, made, MAY)
        left_out = cases_of(opened, made, MAY, excluded=True)
        counted = cases_of(opened, made, MAY)
    assert (found.numerator, found.denominator, found.value) == (2, 6, "33.33 %")
    assert (found.excluded, found.readmitted) == ({"withdrawn": 2}, 4)
    assert [one.case for one in left_out] == ["c-3", "c-4"], "the earliest"
    assert [(one.case, one.holds) for one in counted[:1]] == [("c-5", False)], "what speaks against it first"
    assert len(counted) == 6


@pytest.mark.parametrize("late", [1, 3])
def test_the_last_that_speaks_against_a_unit_is_never_left_out(tmp_path: Path, late: int) -> None:
    """Twenty due, the late ones all withdrawn and all below the cap: one of them stays, and it is not 100 %."""
    rows = [case(number, closed_at=NOON - 1) for number in range(late, 20)]
    rows += [case(number, due_at=NOON + number, ending="withdrawn") for number in range(late)]
    with session(tmp_path, {"cases": rows}) as opened:
        found = compute(opened, figure(tmp_path, CAPPED), MAY)
    assert (found.numerator, found.denominator) == (20 - late, 21 - late)
    assert (found.excluded, found.readmitted) == ({"withdrawn": late - 1}, 1)


def test_a_unit_released_before_its_time_to_report_in_is_not_asked_why_it_did_not(tmp_path: Path) -> None:
    made = shipped().figure("reported_in_time", MAY.first)
    came = [
        {"due_at": NOON, "reported_at": NOON - 2, "released_at": NOON - 1},
        {"due_at": NOON, "released_at": NOON - 1},
        {"due_at": NOON, "released_at": NOON},
        {"due_at": NOON},
    ]
    with session(tmp_path, {"summons": [{"case_id": f"c-{n}", **one} for n, one in enumerate(came)]}) as opened:
        found = compute(opened, made, MAY)
    assert (found.numerator, found.denominator) == (1, 3)


def test_sets_of_different_tables_meet_in_the_case(tmp_path: Path) -> None:
    made = figure(
        tmp_path,
        "better: low\nminimum_n: 0\nover: {of: case.opened}\ncount: {of: task.returned, having: spec == 'lead'}\n",
    )
    rows = [case(number, opened_at=NOON) for number in range(1, 5)]
    tasks = [
        {"case_id": "c-1", "part": "t1", "spec": "lead", "returned_at": NOON + 5},
        {"case_id": "c-1", "part": "t2", "spec": "lead", "returned_at": NOON + 6},
        {"case_id": "c-2", "part": "t1", "spec": "fire", "returned_at": NOON + 5},
        {"case_id": "c-3", "part": "t1", "spec": "lead", "returned_at": MAY.until},
        {"case_id": "c-4", "part": "t1", "spec": "lead"},
    ]
    with session(tmp_path, {"cases": rows, "tasks": tasks}) as opened:
        found = compute(opened, made, MAY)
    assert (found.numerator, found.denominator) == (1, 4)


def test_joining_duplicates_lowers_the_cases_and_not_the_requests(tmp_path: Path) -> None:
    requests = [{"case_id": f"c-{n}", "part": f"r-{n}", "received_at": NOON} for n in range(6)]
    joined = [{**one, "case_id": "c-0"} for one in requests]
    volumes = []
    for name, asked, cases in (("apart", requests, range(6)), ("joined", joined, range(1))):
        folder = tmp_path / name
        folder.mkdir()
        with session(folder, {"requests": asked, "cases": [case(n, opened_at=NOON) for n in cases]}) as opened:
            volumes.append(
                [compute(opened, shipped().figure(key, MAY.first), MAY).numerator for key in ("requests", "cases")]
            )
    assert volumes == [[6, 6], [6, 1]]


def test_pages_of_cases_are_the_whole_figure_once(tmp_path: Path) -> None:
    made = figure(tmp_path, ON_TIME)
    rows = [case(number, unit=f"st{number % 2}", closed_at=NOON - number % 3) for number in range(23)]
    with session(tmp_path, {"cases": rows}) as opened:
        pages = [cases_of(opened, made, MAY, "st1", page_no=number, size=5) for number in range(4)]
        found = compute(opened, made, MAY, "st1")
        (named,) = cases_of(opened, made, MAY, "st1", case="c-7")
        anothers = cases_of(opened, made, MAY, "st1", case="c-8")
        third = opened.rows(first(made, Span(MAY.since, MAY.until), unit="st1", excluded=False, limit=5, offset=10))
    assert (named.case, anothers) == ("c-7", ())
    assert [row[0] for row in third] == [one.case for one in pages[2]], "no page fetches those before it"
    seen = [one for several in pages for one in several]
    assert [len(several) for several in pages] == [5, 5, 1, 0]
    assert (sum(one.holds for one in seen), len({one.case for one in seen})) == (found.numerator, found.denominator)


def test_what_has_not_come_about_at_the_position_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = PLACE.__class__("heping", 7, 2, "ab" * 32, NOON)
    monkeypatch.setattr("columnar.made_facts.PLACE", early)
    with session(tmp_path, {"cases": [case(1, closed_at=NOON - 1), case(2, due_at=NOON + 1)]}) as opened:
        found = compute(opened, figure(tmp_path, ON_TIME), MAY)
    assert (found.numerator, found.denominator) == (1, 1), "the second is due in an instant"


def test_a_unit_with_hard_cases_is_held_against_hard_cases(tmp_path: Path) -> None:
    """Of noise nine in ten are on time anywhere, of illegal building one in two; st2 has the hard ones, no worse."""
    rows = []
    for unit, noise, building in (("st1", 90, 10), ("st2", 10, 90), ("st3", 50, 50)):
        for number in range(noise + building):
            easy = number < noise
            place = number if easy else number - noise
            late = place % 10 == 0 if easy else place % 2 == 0
            rows.append(
                case(len(rows), unit=unit, matter="noise" if easy else "illegal-building", closed_at=NOON - (not late))
            )
    with session(tmp_path, {"cases": rows}) as opened:
        asked = ask(opened, figure(tmp_path, ON_TIME), MAY)
    assert [asked.of(unit).numerator for unit in ("st1", "st2")] == [86, 54]
    expected = expected_of(asked)
    assert [round(expected[unit].expected) for unit in ("st1", "st2", "st3")] == [86, 54, 70]
    assert {round(one.ratio.drawn, 2) for one in expected.values() if one.ratio} == {1.0}


def test_a_unit_is_held_against_others_and_not_against_itself(tmp_path: Path) -> None:
    """st1 has most of the noise; elsewhere half of it is on time. Nobody else has any waste, and st3 nothing else."""
    rows = [case(n, unit="st1", closed_at=NOON - 1) for n in range(90)]
    rows += [case(100 + n, unit="st2", closed_at=NOON - n % 2) for n in range(10)]
    rows += [case(200 + n, unit="st1", matter="waste", closed_at=NOON) for n in range(10)]
    rows += [case(300 + n, unit="st3", matter="tree", closed_at=NOON) for n in range(10)]
    with session(tmp_path, {"cases": rows}) as opened:
        expected = expected_of(ask(opened, figure(tmp_path, ON_TIME), MAY))
    st1, st2, st3 = (expected[unit] for unit in ("st1", "st2", "st3"))
    assert (st1.observed, st1.cases, st1.expected, st1.uncompared) == (90, 90, 45.0, {"waste": 10})
    assert st1.ratio
    assert st1.ratio.counted == "90/45.0 = 2.00", "of the cases that are compared, as both are"
    assert (st2.observed, st2.expected) == (5, 10.0)
    assert (st3.cases, st3.ratio, st3.uncompared) == (0, None, {"tree": 10})


def test_the_fewer_cases_the_closer_a_unit_is_drawn_to_what_was_expected(tmp_path: Path) -> None:
    """st4 and st5 are both at half of the others' share; one with four hundred cases, one with four."""
    sizes = {"st1": (400, 0.9), "st2": (400, 0.95), "st3": (400, 0.85), "st4": (400, 0.45), "st5": (4, 0.5)}
    rows = [
        case(index * 1000 + number, unit=unit, closed_at=NOON - (number < n * share))
        for index, (unit, (n, share)) in enumerate(sizes.items())
        for number in range(n)
    ]
    with session(tmp_path, {"cases": rows}) as opened:
        expected = expected_of(ask(opened, figure(tmp_path, ON_TIME), MAY))
    many, few = expected["st4"].ratio, expected["st5"].ratio
    assert many
    assert few
    assert many.drawn < few.drawn < 1
    assert few.high - few.low > many.high - many.low
    assert many.high < 1


ROWS = st.lists(
    st.builds(
        lambda number, unit, matter, due, closed, ending: case(
            number, unit=unit, matter=matter, due_at=due, closed_at=closed, ending=ending, opened_at=NOON, channel="app"
        ),
        st.integers(0, 10**6),
        st.sampled_from(["st1", "st2", "消防", ""]),
        st.sampled_from(["noise", "waste"]),
        st.none() | st.integers(NOON - 3, NOON + 3),
        st.none() | st.integers(NOON - 4, NOON + 4),
        st.sampled_from(["", "withdrawn", "resolved"]),
    ),
    max_size=30,
    unique_by=lambda row: row["case_id"],
)


@settings(max_examples=15, deadline=None)
@given(rows=ROWS)
def test_parts_add_up_and_no_exclusion_passes_its_cap(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("made")
    with session(folder, {"cases": rows}) as opened:
        asked = ask(opened, figure(folder, CAPPED), MAY)
    units = asked.units.values()
    assert asked.district.numerator == sum(one.holds for one in asked.strata)
    assert asked.district.denominator == sum(one.n for one in asked.strata)
    for unit, one in asked.units.items():
        own = [stratum for stratum in asked.strata if stratum.unit == unit]
        assert (one.numerator, one.denominator) == (sum(each.holds for each in own), sum(each.n for each in own))
    due = [row for row in rows if row["due_at"] is not None]
    assert (asked.district.denominator or 0) + sum(asked.district.excluded.values()) == len(due)
    withdrawn = sum(row["ending"] == "withdrawn" for row in due)
    assert sum(asked.district.excluded.values()) + asked.district.readmitted == withdrawn
    for one in units:
        left_out = sum(one.excluded.values())
        assert left_out * 4 <= left_out + (one.denominator or 0)


@pytest.mark.postgres
def test_postgresql_gives_every_figure_to_the_last_digit(postgres_database: str, tmp_path: Path) -> None:
    made = every_table(tmp_path, 300)
    here = duckdb_session(tmp_path, made)
    there = postgres_session(psycopg.connect(postgres_database), tmp_path, made)
    with here, there:
        compare_every_figure(here, there, [figure(tmp_path, CAPPED)])
