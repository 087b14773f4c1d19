"""Changes: by the working day, beyond chance, in the direction that is better; and a figure's own trend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sanban.columnar.session import Session
from sanban.packs.figures.definition import Definition
from sanban.scorecard.figures.asking import compute
from sanban.scorecard.figures.changing import change_of, trend
from sanban.scorecard.figures.spans import before, so_far
from scorecard.figures.every_engine import ON_TIME, case
from scorecard.figures.small_figures import calendar, figure, period, session

VOLUME = "better: low\ncount: {of: case.opened}\n"
JANUARY, FEBRUARY, MARCH = (period(f"2025-0{month}") for month in (1, 2, 3))


def opened(folder: Path, of: dict[str, int]) -> Session:
    rows: list[dict[str, Any]] = []
    for name, count in of.items():
        rows += [case(len(rows) + n, opened_at=period(name).since + n, unit="st1") for n in range(count)]
    return session(folder, {"cases": rows})


def results(facts: Session, made: Definition, *names: str) -> list[Any]:
    return [compute(facts, made, period(name)) for name in names]


def test_the_same_load_a_working_day_is_no_change_however_long_the_holiday(tmp_path: Path) -> None:
    per_day = {one.name: 10 * one.working_days for one in (FEBRUARY, MARCH)}
    assert per_day["2025-02"] != per_day["2025-03"]
    with opened(tmp_path, per_day) as facts:
        then, now = results(facts, figure(tmp_path, VOLUME), "2025-02", "2025-03")
    change = change_of(now, then)
    assert (change.by_day, change.verdict, change.difference) == (0, "no change", None)


def test_a_month_that_is_not_over_is_divided_by_the_working_days_it_has_had() -> None:
    noon = period("2025-03-14").since + 43_200_000_000
    running = so_far(MARCH, noon, calendar())
    assert (running.name, running.until) == ("2025-03", period("2025-03-14").until)
    assert running.working_days == period("2025-03-01..2025-03-14").working_days < MARCH.working_days
    assert before(running, calendar()) == FEBRUARY
    assert so_far(FEBRUARY, noon, calendar()) == FEBRUARY


@pytest.mark.parametrize(("a_day", "by_day", "verdict"), [(13, 300, "worse"), (7, -300, "better")])
def test_more_requests_are_worse_and_fewer_better(tmp_path: Path, a_day: int, by_day: int, verdict: str) -> None:
    loads = {"2025-02": 10 * FEBRUARY.working_days, "2025-03": a_day * MARCH.working_days}
    with opened(tmp_path, loads) as facts:
        then, now = results(facts, figure(tmp_path, VOLUME), "2025-02", "2025-03")
    change = change_of(now, then)
    assert (change.by_day, change.verdict) == (by_day, verdict)


@pytest.mark.parametrize(
    ("better", "verdict"), [("high", "better"), ("low", "worse"), ("neither", "moved")], ids=["high", "low", "neither"]
)
def test_a_share_moves_in_a_direction_only_beyond_chance(tmp_path: Path, better: str, verdict: str) -> None:
    made = figure(tmp_path, ON_TIME.replace("better: high", f"better: {better}"))
    rows = []
    for name, n, on_time in (("2025-01", 100, 50), ("2025-02", 100, 80), ("2025-03", 100, 82)):
        due_at = period(name).since + 5
        rows += [case(len(rows) + one, due_at=due_at, closed_at=due_at - (one < on_time)) for one in range(n)]
    with session(tmp_path, {"cases": rows}) as facts:
        first, second, third = results(facts, made, "2025-01", "2025-02", "2025-03")
        nothing = compute(facts, made, period("2024-12"))
        own = trend(facts, made, MARCH, calendar(), "st1", 4)
    assert change_of(second, first).verdict == verdict
    assert change_of(third, second).verdict == "no change"
    assert change_of(first, nothing).verdict == "n/a"
    assert [one.value for one in own] == ["n/a", "50.00 %", "80.00 %", "82.00 %"]
