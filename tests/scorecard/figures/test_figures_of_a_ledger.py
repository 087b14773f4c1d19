"""Figures of a real ledger: the same as the unit figures beside it, of a named position, and nothing of anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from handling.small_district import DAY, HOUR, NOW, District, worked_case
from handling.test_unit_figures import begun, called, called_back
from sanban.columnar.laying import case_layout
from sanban.columnar.session import Session, duckdb_session
from sanban.columnar.snapshot import Facts, follow
from sanban.handling.figures.judging import facts_of
from sanban.intake.facts import request_layout
from sanban.kernel.case.state import JointOffer, Summons, Whistle
from sanban.packs.figures.vocabulary import JUDGED, TABLES
from sanban.scorecard.figures.asking import ask, cases_of, compute
from scorecard.figures.small_figures import period, shipped

JUNE = period("2026-06")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[District, Path, Facts]]:
    """Cases that went every way, two days later, laid out."""
    folder = tmp_path_factory.mktemp("lived")
    district = District(folder)
    worked_case(district)
    called_back(district, contacted=True)
    called_back(district, contacted=False)
    returned = district.open_case(subject=False, grid="g2")
    district.took("disp", returned, "dispatch")
    district.took("h2", returned, "return_order", ground="not_our_duty", note="v:" + "0" * 32)
    district.pass_time(20 * DAY)
    district.ledger.catch_up()
    layouts = (case_layout(district.cases.pinned, facts_of), request_layout(lambda grid, _at: "st" + grid[1:]))
    yield district, folder / "facts", follow(folder / "facts", district.reader, layouts)
    district.close()


@pytest.fixture
def facts(lived: tuple[District, Path, Facts]) -> Iterator[Session]:
    with duckdb_session(lived[1], lived[2]) as session:
        yield session


def rows(folder: Path, facts: Facts, table: str) -> list[dict[str, Any]]:
    return [row for path in facts.of(folder, table) for row in pq.read_table(path).to_pylist()]


def test_what_units_are_judged_by_is_what_their_own_page_counts(
    lived: tuple[District, Path, Facts], facts: Session
) -> None:
    district, _, _ = lived
    sums = (
        "SELECT figure, unit, SUM(holds), COUNT(*) FROM case_figure WHERE district = :district AND at <= :now "
        "GROUP BY figure, unit"
    )
    counted = district.reader.query(sums, {"now": facts.place.recorded_at})
    beside = {(figure, unit): (int(holds), n) for figure, unit, holds, n in counted}
    found = {
        (key, unit): (result.numerator, result.denominator)
        for key in JUDGED
        for unit, result in ask(facts, shipped().figure(key, JUNE.first), JUNE).units.items()
    }
    assert found == beside
    assert len(found) > 12


def test_every_state_of_the_kernel_leaves_its_rows(lived: tuple[District, Path, Facts]) -> None:
    district, folder, facts = lived
    ids = [case for (case,) in district.reader.query("SELECT case_id FROM case_view WHERE district = :district")]
    cases = [district.case(case) for case in ids]
    assert {row["case_id"] for row in rows(folder, facts, "cases")} == set(ids)
    assert len(rows(folder, facts, "tasks")) == sum(len(case.tasks) for case in cases)
    assert len(rows(folder, facts, "clocks")) == sum(len(case.clocks) for case in cases)
    assert len(rows(folder, facts, "calls")) == 2
    states = Counter(task.state for case in cases for task in case.tasks)
    assert Counter(row["state"] for row in rows(folder, facts, "tasks")) == states
    returned = [row["case_id"] for row in rows(folder, facts, "tasks") if row["returned_at"] is not None]
    assert len(returned) == states["returned"] == 1


def test_a_whistle_leaves_itself_and_every_unit_it_calls(lived: tuple[District, Path, Facts]) -> None:
    district, _, _ = lived
    called = (
        Summons("police", NOW, "k9", NOW + HOUR, NOW + 5, released_at=NOW + DAY, how="released"),
        Summons("fire", NOW),
    )
    whistle = Whistle(
        "c-00001.w1", "emergency", "st1", ("police", "fire"), "v:1", "h1", NOW, "passed", NOW, summons=called
    )
    case = replace(district.case("c-00001"), whistles=(whistle,))
    laid = case_layout(district.cases.pinned, facts_of).rows(case)
    names = {table: [column.name for column in TABLES[table].columns] for table in ("whistles", "summons")}
    (told,) = [dict(zip(names["whistles"], row, strict=True)) for row in laid["whistles"]]
    assert (told["unit"], told["kind"], told["outcome"], told["screened_at"]) == ("st1", "emergency", "passed", NOW)
    assert [
        (row["unit"], row["caller"], row["due_at"], row["reported_at"], row["how"])
        for row in (dict(zip(names["summons"], each, strict=True)) for each in laid["summons"])
    ] == [("police", "st1", NOW + HOUR, NOW + 5, "released"), ("fire", "st1", None, None, "")]


def test_an_offer_of_joint_handling_leaves_a_row_with_its_answer(lived: tuple[District, Path, Facts]) -> None:
    district, _, _ = lived
    offers = (JointOffer("call_back_failed", NOW, "accepted", "", NOW + HOUR), JointOffer("extension_missed", NOW))
    case = replace(district.case("c-00001"), offers=offers)
    laid = case_layout(district.cases.pinned, facts_of).rows(case)["offers"]
    told = [dict(zip([column.name for column in TABLES["offers"].columns], row, strict=True)) for row in laid]
    assert [(one["part"], one["unit"], one["cause"], one["answer"], one["answered_at"]) for one in told] == [
        ("o1", "", "call_back_failed", "accepted", NOW + HOUR),
        ("o2", "", "extension_missed", "", None),
    ]


def laid_out(district: District, case_id: str, table: str) -> list[dict[str, Any]]:
    laid = case_layout(district.cases.pinned, facts_of).rows(district.case(case_id))
    return [dict(zip([one.name for one in TABLES[table].columns], row, strict=True)) for row in laid[table]]


def test_a_case_is_due_by_the_time_of_the_unit_that_leads_it_now(tmp_path: Path) -> None:
    """The first unit returns it after ten days: its time, long over, is not held against the second."""
    district = District(tmp_path)
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    district.took("h1", case_id, "return_order", ground="not_our_duty", note="v:" + "0" * 32)
    assert laid_out(district, case_id, "cases")[0]["unit"] == "", "nobody's while it waits for another"
    district.pass_time(10 * DAY)
    district.took("disp", case_id, "dispatch", unit="st2")
    first, second = laid_out(district, case_id, "tasks")
    (case,) = laid_out(district, case_id, "cases")
    assert first["due_at"] < second["due_at"]
    assert (case["unit"], case["due_at"]) == ("st2", second["due_at"])
    district.close()


def test_a_late_order_that_a_person_gives_to_another_unit_stays_late(tmp_path: Path) -> None:
    """The lead changes without a return: whose time ran out answers for it, and in time it is not."""
    district = District(tmp_path)
    late, early = (district.open_case(subject=False) for _ in range(2))
    for case_id in (late, early):
        district.took("disp", case_id, "dispatch")
        district.took("h1", case_id, "accept")
        district.took("h1", case_id, "whistle", kind="hard_problem", wanted=["police"], note="v:" + "0" * 32)
        district.took("coord", case_id, "screen")
    district.took("coord", early, "change_lead", unit="st2", ground="one_unit_suffices")
    district.pass_time(60 * DAY)
    district.took("coord", late, "change_lead", unit="st2", ground="one_unit_suffices")
    (case,), (other,) = laid_out(district, late, "cases"), laid_out(district, early, "cases")
    first, second = (task for task in laid_out(district, late, "tasks") if task["spec"] == "lead")
    assert (case["unit"], case["lead"], case["due_at"]) == ("st1", "st2", first["due_at"])
    assert (other["unit"], other["lead"]) == ("st2", "st2"), "what was taken away in time is the next unit's"
    judged = facts_of(district.case(late), district.cases.pinned(district.case(late)))
    for figure in ("in_time", "resolved", "satisfied"):
        assert ("st1", False) in {(one.unit, one.holds) for one in judged if one.figure == figure}
    assert second["due_at"] > first["due_at"]
    district.close()


def test_every_call_back_leaves_a_row_and_each_request_counts_once_as_repeated(tmp_path: Path) -> None:
    district = District(tmp_path)
    case_id = begun(district)
    called(district, case_id, resolved="no", satisfied=1)
    district.took("op", case_id, "rework")
    called(district, case_id, resolved="yes", satisfied=5)
    assert [(one["nth"], one["unit"], one["satisfied"]) for one in laid_out(district, case_id, "calls")] == [
        (1, "st1", 1),
        (2, "st1", 5),
    ]
    facts = follow(tmp_path / "facts", district.reader, (case_layout(district.cases.pinned, facts_of),))
    with duckdb_session(tmp_path / "facts", facts) as session:
        assert compute(session, shipped().figure("repeated", JUNE.first), JUNE).denominator == 1
        told = compute(session, shipped().figure("satisfied", JUNE.first), JUNE)
    assert (told.numerator, told.denominator) == (1, 2)
    district.close()


def test_the_row_of_a_call_back_outlasts_its_request(tmp_path: Path) -> None:
    district = District(tmp_path)
    case_id = begun(district)
    district.attach(case_id)
    called(district, case_id, resolved="no", satisfied=1)
    before = laid_out(district, case_id, "calls")
    district.took("op", case_id, "split", request=district.case(case_id).requests[-1].id)
    assert laid_out(district, case_id, "calls") == before
    assert len(before) == 2
    district.close()


def test_a_case_sent_out_after_its_fixed_date_counts_when_it_was_sent_and_in_no_month_before(tmp_path: Path) -> None:
    """The site is to be ready by 5 June; in July somebody finds a gate missing."""
    district = District(tmp_path)
    district.pass_time(40 * DAY)
    case_id = district.open_case("exam-preparation", subject=False, missing="gate")
    district.pass_time(HOUR)
    district.took("disp", case_id, "dispatch")
    sent_at = district.now
    district.pass_time(DAY)
    (case,), (task,), clocks = (laid_out(district, case_id, table) for table in ("cases", "tasks", "clocks"))
    assert (case["due_at"], task["due_at"]) == (sent_at, sent_at)
    assert all(clock["due_at"] >= clock["started_at"] for clock in clocks)
    judged = {one["fact"]: (one["counted_at"], one["holds"]) for one in laid_out(district, case_id, "judged")}
    assert all(at >= sent_at for at, _ in judged.values())
    assert {judged[fact] for fact in ("in_time", "resolved", "satisfied")} == {(sent_at, False)}
    district.close()


def test_facts_hold_nothing_of_anybody(lived: tuple[District, Path, Facts]) -> None:
    district, folder, _ = lived
    words = {word for person in district.people for word in person.words}
    refs = {ref for request in district.requests.values() for ref in (request.text, request.name, request.address)}
    content = b"".join(path.read_bytes() for path in folder.glob("*"))
    told = {str(value) for table in TABLES for row in rows(folder, lived[2], table) for value in row.values()}
    assert not told & (words | refs)
    assert not [word for word in words | refs if word.encode() in content]


def test_a_figure_opens_its_cases(facts: Session) -> None:
    contacted = shipped().figure("contacted", JUNE.first)
    found = compute(facts, contacted, JUNE, "st1")
    behind = cases_of(facts, contacted, JUNE, "st1")
    assert (found.numerator, found.denominator) == (sum(one.holds for one in behind), len(behind))
    assert [one.holds for one in behind] == sorted(one.holds for one in behind), "what speaks against it first"
    assert all(one.number for one in behind)
