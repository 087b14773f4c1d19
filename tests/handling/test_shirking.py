"""A unit that shirks in any of the known ways wins no figure over its honest twin, and loses the one meant for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "bench" / "shirking.py"

LOSES = {
    "returning everything": "returned_unjustly",
    "returning late": "returned_unjustly",
    "silence": "signed_by_silence",
    "claiming contact": "contact_confirmed",
    "finishing undone work": "reworked",
    "asking extension each time": "in_time",
    "suspending each time": "in_time",
    "cherry-picking": "resolved",
    "ping-pong": "returned_unjustly",
    "claiming contact late": "contacted",
    "leaving supervision unanswered": "accounted_in_time",
    "planning onto others": "reworked",
}


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    """What the bench prints for a hundred cases, each played fifteen times."""
    ran = subprocess.run([sys.executable, BENCH, "--cases", "100"], capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    return [json.loads(line) for line in ran.stdout.splitlines()]


def shares(lines: list[dict[str, Any]], way: str, figure: str) -> tuple[float, float]:
    line = next(one for one in lines if one["way"] == way and one.get("figure") == figure)
    (mine, n), (twin, of) = line["honest"], line["shirking"]
    return mine / n, twin / of


def test_no_figure_of_a_unit_that_shirks_is_better_than_that_of_its_honest_twin(lines: list[dict[str, Any]]) -> None:
    assert {one["way"] for one in lines} > set(LOSES)
    assert [one for one in lines if one.get("won")] == []


@pytest.mark.parametrize(("way", "figure"), LOSES.items())
def test_each_way_of_shirking_costs_the_figure_that_is_meant_for_it(
    lines: list[dict[str, Any]], way: str, figure: str
) -> None:
    honest, shirking = shares(lines, way, figure)
    assert honest < shirking if figure in ("returned_unjustly", "signed_by_silence", "reworked") else shirking < honest


@pytest.mark.parametrize("way", ["silence", "cherry-picking"])
def test_work_never_done_costs_satisfaction_as_it_does_resolution(lines: list[dict[str, Any]], way: str) -> None:
    for figure in ("satisfied", "resolved"):
        honest, shirking = shares(lines, way, figure)
        assert shirking < honest


@pytest.mark.parametrize("way", ["finishing undone work", "planning onto others"])
def test_bad_answers_are_not_washed_away_by_doing_the_work_a_second_time(lines: list[dict[str, Any]], way: str) -> None:
    for figure in ("satisfied", "resolved"):
        honest, shirking = shares(lines, way, figure)
        assert shirking < honest


def test_a_unit_cannot_reclassify_what_it_was_sent(lines: list[dict[str, Any]]) -> None:
    refused = next(one["refused"] for one in lines if one["way"] == "reclassifying" and "refused" in one)
    assert set(refused) == {"reclassify: not_permitted"}
    assert sum(refused.values()) > 50
