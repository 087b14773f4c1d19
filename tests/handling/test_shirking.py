"""A unit that shirks in any of the known ways wins no figure over its honest twin, and loses the one meant for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sanban.packs.figures.loading import load_figures

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
    "reporting in and doing nothing": "in_time",
    "coming late": "reported_in_time",
    "asking to be let go at once": "rated_well",
    "whistling its work off": "reworked",
    "planning the joint work onto others": "reworked",
    "claiming it was set right on the spot": "found_first",
}
WIN_NOTHING = frozenset({"reclassifying", "splitting work", "appealing every rating", "vetoing everything"})
"""Ways in which nothing is lost either: what the unit asks for is refused, or found out, or counts for others."""


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    """What the bench prints for a hundred cases, each played once honestly and once in every way."""
    ran = subprocess.run([sys.executable, BENCH, "--cases", "100"], capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    return [json.loads(line) for line in ran.stdout.splitlines()]


def shares(lines: list[dict[str, Any]], way: str, figure: str) -> tuple[float, float]:
    line = next(one for one in lines if one["way"] == way and one.get("figure") == figure)
    (mine, n), (twin, of) = line["honest"], line["shirking"]
    return mine / n, twin / of


def test_no_figure_of_a_unit_that_shirks_is_better_than_that_of_its_honest_twin(lines: list[dict[str, Any]]) -> None:
    assert {one["way"] for one in lines} == set(LOSES) | WIN_NOTHING
    assert [one for one in lines if one.get("won")] == []
    judged = {one.key for one in load_figures().definitions if one.over is not None and one.better != "neither"}
    assert {one.get("figure") for one in lines} >= judged - {"rated_good"}, "ratings are told before and after appeals"


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


def test_a_called_unit_cannot_let_itself_go(lines: list[dict[str, Any]]) -> None:
    way = "asking to be let go at once"
    refused = next(one["refused"] for one in lines if one["way"] == way and "refused" in one)
    assert refused["release: not_permitted"] > 30


def test_a_unit_that_does_nothing_once_called_is_judged_on_all_that_was_waived_after_its_time(
    lines: list[dict[str, Any]],
) -> None:
    line = next(
        one for one in lines if one["way"] == "reporting in and doing nothing" and one.get("figure") == "in_time"
    )
    assert line["shirking"] == [0, line["honest"][1]]


def test_appealing_against_every_rating_leaves_the_score_what_it_was(lines: list[dict[str, Any]]) -> None:
    for figure in ("rated_well_first", "rated_well"):
        honest, shirking = shares(lines, "appealing every rating", figure)
        assert honest == shirking
