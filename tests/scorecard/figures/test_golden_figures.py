"""Figures that others have published, and that ours must give: of a city's and a county's bulletins."""

from __future__ import annotations

from pathlib import Path

import pytest

from sanban.packs.figures.definition import Definition
from sanban.scorecard.figures.asking import compute
from sanban.scorecard.figures.statistics import percent, wilson
from sanban.scorecard.period.totals import totals_of
from scorecard.figures.small_figures import period, session, shipped

APRIL = period("2017-04")
DUE, CLOSED, ON_TIME = 24_932, 23_974, 22_345
CHANNELS = [("电话", "24,801"), ("网站", "1,204"), ("微信", "890")]
"""Made up, but for their sum."""


def test_a_citys_bulletin_of_april_2017(tmp_path: Path) -> None:
    """Closed of due 96.16 %, on time 89.62 %: both of the cases that were due."""
    due_at = APRIL.since + 1_000_000
    closed_at = [due_at - 1] * ON_TIME + [due_at + 1] * (CLOSED - ON_TIME) + [None] * (DUE - CLOSED)
    cases = [{"case_id": f"c-{number}", "due_at": due_at, "closed_at": at} for number, at in enumerate(closed_at)]
    with session(tmp_path, {"cases": cases}) as facts:
        closed, on_time = (compute(facts, _shipped(key), APRIL) for key in ("closed_of_due", "closed_on_time"))
    assert (closed.numerator, closed.denominator, closed.value) == (CLOSED, DUE, "96.16 %")
    assert (on_time.numerator, on_time.denominator, on_time.value) == (ON_TIME, DUE, "89.62 %")


def _shipped(key: str) -> Definition:
    (found,) = [one for one in shipped().definitions if one.key == key]
    return found


def test_a_countys_bulletin_of_april_2022() -> None:
    assert percent(597, 601) == "99.33 %"


def test_channels_that_do_not_add_up_to_the_printed_total_are_reported() -> None:
    """The bulletin prints 26,898; its channels add to 26,895."""
    (told,) = totals_of([*CHANNELS, ("合计", "26,898")], 26_898).differences
    assert told == "the parts add to 26,895 while 26,898 is printed: +3"
    assert totals_of([*CHANNELS, ("合计", "26,895")], 26_895).differences == ()


@pytest.mark.parametrize(("holds", "n", "shown", "between"), [(7, 8, "87.50 %", "52.9–97.8"), (0, 0, "n/a", "None")])
def test_a_share_of_few_has_a_wide_interval_and_one_of_none_has_none(
    holds: int, n: int, shown: str, between: str
) -> None:
    assert percent(holds, n) == shown
    assert str(wilson(holds, n)) == between
