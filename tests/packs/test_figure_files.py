"""Figures as files: every fault at once, with its line and an example that would do; the shipped ones hold."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from sanban.handling.figures.judging import FIGURES as JUDGEMENTS
from sanban.kernel.errors import FaultsFound, SanbanError
from sanban.main.mechanisms import check
from sanban.packs.figures.loading import FIGURES, load_figures, read_figures
from sanban.packs.figures.vocabulary import EVENT_SETS, JUDGED, SHARED, TABLES
from sanban.packs.joint.opening import JOINT
from sanban.packs.joint.rating import load_rating_terms

GOOD = """format: 1
figure: closed_on_time
version: 2026-01-01
title: {zh: 按时办结率, en: Closed on time}
origin: illustrative
better: high
over: {of: case.due}
count: {of: case.closed, having: closed_at < due_at}
minimum_n: 30
assumption: {zh: 设, en: Assumed}
"""
INDEX = """format: 1
index: one-down-three-up
title: {zh: 一降三升, en: "One down, three up"}
origin: illustrative
aims:
  resolved: {figure: closed_on_time, way: up}
"""


def faults_of(folder: Path, **files: str) -> list[tuple[str, int, str]]:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    read = read_figures((folder,))
    assert all(fault.example for fault in read.faults)
    return [(Path(fault.path).name, fault.line, fault.code) for fault in read.faults]


def test_a_figure_says_what_of_what_since_when_and_how_to_read_it(tmp_path: Path) -> None:
    assert faults_of(tmp_path, good=GOOD, index=INDEX) == []
    book = load_figures((tmp_path,))
    (figure,) = book.definitions
    assert figure.over is not None
    assert (figure.over.of, figure.count.of, figure.better, figure.minimum_n) == ("case.due", "case.closed", "high", 30)
    assert [(aim.figure, aim.way) for aim in book.indexes[0].aims] == [("closed_on_time", "up")]
    assert book.in_force(figure.begins - 1) == ()
    with pytest.raises(SanbanError, match="there is no figure 'closed'"):
        book.figure("closed", figure.begins)


@pytest.mark.parametrize(
    ("was", "now", "line", "code"),
    [
        ("{of: case.due}", "{of: case.dew}", 7, "unknown_event"),
        ("{of: case.due}", "{of: case.due, having: colour == 1}", 7, "unknown_name"),
        ("{of: case.due}", "{of: case.due, hawing: found}", 7, "unknown_key"),
        ("of: case.closed, having: closed_at < due_at", "of: case.due", 8, "divided_by_itself"),
        ("closed_at < due_at", "finished_at < due_at", 8, "may_be_unknown"),
        ("closed_on_time", "Closed", 2, "bad_name"),
        ("2026-01-01", "2026-01-32", 3, "not_a_date"),
        ("better: high", "better: hi", 6, "not_a_choice"),
        ("minimum_n: 30", "minimum_n: few", 9, "not_an_integer"),
        ("minimum_n: 30\n", "", 1, "missing_key"),
        ("assumption: {zh: 设, en: Assumed}", "mix: [weather]", 10, "unknown_mix"),
        ("minimum_n: 30", "until: 2025-12-31\nminimum_n: 30", 9, "empty_period"),
        ("minimum_n: 30", "cap: 500\nexclude: {odd: {title: {zh: 奇, en: Odd}}}\nminimum_n: 30", 10, "missing_key"),
        ("minimum_n: 30", "exclude: {odd: {title: {zh: 奇, en: Odd}, when: found}}\nminimum_n: 30", 1, "missing_key"),
        ("assumption: {zh: 设, en: Assumed}\n", "", 1, "no_source"),
    ],
)  # fmt: skip
def test_a_fault_has_its_line_and_an_example(tmp_path: Path, was: str, now: str, line: int, code: str) -> None:
    assert was in GOOD
    assert ("bad.yaml", line, code) in faults_of(tmp_path, bad=GOOD.replace(was, now, 1))


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    found = faults_of(
        tmp_path,
        one=GOOD.replace("case.due}", "case.dew}").replace("better: high", "better: hi"),
        two="figure: [",
        three=INDEX.replace("closed_on_time, way: up", "nobody, way: up"),
    )
    assert found == [
        ("one.yaml", 6, "not_a_choice"),
        ("one.yaml", 7, "unknown_event"),
        ("three.yaml", 6, "unknown_figure"),
        ("two.yaml", 2, "not_yaml"),
    ]
    with pytest.raises(FaultsFound):
        load_figures((tmp_path,))


@pytest.mark.parametrize(
    ("first", "second", "faults"),
    [
        ("version: 2026-01-01", "version: 2026-01-01", [("b.yaml", 3, "overlapping_periods")]),
        ("version: 2026-01-01\nuntil: 2026-07-02", "version: 2026-07-01", [("b.yaml", 3, "overlapping_periods")]),
        ("version: 2026-01-01\nuntil: 2026-07-01", "version: 2026-07-01", []),
        ("version: 2026-01-01", "version: 2026-07-01", []),
    ],
)
def test_periods_of_one_figure_do_not_overlap(tmp_path: Path, first: str, second: str, faults: list[object]) -> None:
    files = {name: GOOD.replace("version: 2026-01-01", line) for name, line in (("a", first), ("b", second))}
    assert faults_of(tmp_path, **files) == faults


def test_an_aim_does_not_call_worse_better(tmp_path: Path) -> None:
    assert faults_of(tmp_path, good=GOOD, index=INDEX.replace("way: up", "way: down")) == [
        ("index.yaml", 6, "contrary_aim")
    ]


def test_a_districts_own_file_takes_the_place_of_the_shipped_figure(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(GOOD.replace("minimum_n: 30", "minimum_n: 5"), encoding="utf-8")
    book = load_figures((FIGURES, tmp_path))
    assert [one.minimum_n for one in book.definitions if one.key == "closed_on_time"] == [5]
    assert len({one.key for one in book.definitions}) > 15


def test_what_ratings_are_scored_by_is_said_once_in_their_terms(tmp_path: Path) -> None:
    shipped = load_rating_terms(JOINT)
    own = msgspec.structs.replace(shipped, cap=7, minimum=12)
    for terms, told in ((None, shipped), (own, own)):
        (figure,) = (one for one in load_figures((FIGURES,), terms).definitions if one.key == "rated_good")
        assert (figure.cap, figure.minimum_n) == (told.cap * 100, told.minimum)
    assert (
        faults_of(tmp_path, good=GOOD.replace("minimum_n: 30", "minimum_n: 30\nterms: rating"))[0][2] == "unknown_key"
    )
    assert faults_of(tmp_path, good=GOOD.replace("minimum_n: 30", "terms: ratings"))[0][2] == "not_a_choice"


def test_the_shipped_directions_are_labelled_an_assumption() -> None:
    (index,) = load_figures().indexes
    assert index.assumption is not None
    assert [(aim.name, aim.way) for aim in index.aims] == [
        ("volume", "down"),
        ("contact", "up"),
        ("resolved", "up"),
        ("satisfied", "up"),
    ]


def test_every_judgement_on_a_unit_has_a_figure() -> None:
    assert tuple(figure.code for figure in JUDGEMENTS) == JUDGED
    assert set(JUDGED) <= {one.key for one in load_figures().definitions}


def test_every_table_has_the_shared_columns_and_every_set_an_instant_of_its_table() -> None:
    for table in TABLES.values():
        assert table.columns[: len(SHARED)] == SHARED
    for events in EVENT_SETS.values():
        assert events.at in {column.name for column in events.table.columns if column.kind == "int"}


def test_checking_matters_checks_figures_too(tmp_path: Path) -> None:
    folder = tmp_path / "_figures"
    folder.mkdir()
    (folder / "bad.yaml").write_text(GOOD.replace("case.due", "case.dew"), encoding="utf-8")
    found = check(folder, usage=False)
    assert [(fault.line, fault.code) for fault in found.faults] == [(7, "unknown_event")]


def test_the_page_on_figures_lists_every_event_set_and_every_name() -> None:
    page = (Path(__file__).parents[2] / "docs" / "figures.md").read_text(encoding="utf-8")
    rows = {f"| `{one.name}` | `{one.table.name}` | `{one.at}` |" for one in EVENT_SETS.values()}
    assert {row for row in rows if row not in page} == set()
    for table in TABLES.values():
        shown = ", ".join(f"`{one.name}`" + "?" * one.optional for one in table.columns[len(SHARED) :])
        assert f"| `{table.name}` | {shown} |" in page
