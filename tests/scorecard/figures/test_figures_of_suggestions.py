"""Suggestions have figures of their own: how many, answered by the promised date, taken up; no complaint is in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import read_once
from sanban.scorecard.figures.asking import compute
from sanban.scorecard.figures.result import Result
from scorecard.figures.small_figures import period, session, shipped

MAY = period("2026-05")
AT = MAY.since + 1_000_000
HOUR = 3_600_000_000
ENDINGS = ["adopted"] * 2 + ["partly"] + ["not_adopted"] * 2
ANSWERED = [AT, AT - HOUR, AT + HOUR, None]
"""In time, in time, late, never: against one that was due at `AT`."""


def cases(matter: str) -> list[dict[str, Any]]:
    return [
        {"case_id": f"{matter}-{number}", "matter": matter, "opened_at": AT, "closed_at": AT + HOUR, "ending": ending}
        for number, ending in enumerate(ENDINGS)
    ]


def clocks(matter: str, limit: str) -> list[dict[str, Any]]:
    return [
        {"case_id": f"{matter}-{number}", "part": f"{limit}-{number}", "matter": matter, "limit_code": limit}
        | {"started_at": AT - HOUR, "due_at": AT, "stopped_at": stopped}
        for number, stopped in enumerate(ANSWERED)
    ]


def computed(folder: Path, key: str, *matters: str) -> Result:
    tables = {
        "cases": [row for one in matters for row in cases(one)],
        "clocks": [row for one in matters for limit in ("promised", "weigh") for row in clocks(one, limit)],
    }
    with session(folder, tables) as facts:
        return compute(facts, shipped().figure(key, MAY.first), MAY)


@pytest.mark.parametrize(
    ("key", "holds", "n", "value"),
    [
        ("suggestions_received", 5, None, "5"),
        ("suggestions_answered_in_time", 2, 4, "50.00 %"),
        ("suggestions_adopted", 3, 5, "60.00 %"),
    ],
)
def test_a_figure_of_suggestions_counts_them_alone_whatever_people_complain_about(
    tmp_path: Path, key: str, holds: int, n: int | None, value: str
) -> None:
    alone, beside = (tmp_path / name for name in ("alone", "beside"))
    alone.mkdir()
    beside.mkdir()
    found = computed(beside, key, "suggestion", "noise")
    assert (found.numerator, found.denominator, found.value) == (holds, n, value)
    assert read_of(found) == read_of(computed(alone, key, "suggestion"))


def read_of(found: Result) -> tuple[object, ...]:
    return found.numerator, found.denominator, found.interval, found.standing


@pytest.mark.parametrize("key", ["suggestions_answered_in_time", "suggestions_adopted"])
def test_a_share_of_few_suggestions_has_its_interval_and_no_rank_and_of_none_nothing(tmp_path: Path, key: str) -> None:
    few, none = (tmp_path / name for name in ("few", "none"))
    few.mkdir()
    none.mkdir()
    found = computed(few, key, "suggestion")
    assert (found.interval is not None, found.standing) == (True, "interval")
    assert computed(none, key, "noise").value == "n/a"


def test_the_figures_name_what_the_mechanism_of_suggestions_declares() -> None:
    mechanism = read_once.matters().mechanism_of("suggestion", AT)
    assert mechanism is not None
    promise = mechanism.limits["promised"]
    assert (promise.promise, promise.starts, promise.stops) == (True, "received", "replied")
    assert {"adopted", "partly"} < set(mechanism.grounds.ending)
