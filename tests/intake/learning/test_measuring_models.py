"""Figures by which a classifier is judged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.learning.measuring import calibration_error, measured

LABELS = st.sampled_from(("a", "b", "c"))


def test_figures_are_as_counted_by_hand() -> None:
    found = measured(["a", "a", "a", "b"], [("a", 9000), ("a", 8000), ("b", 6000), ("b", 7000)])
    a, b = found.classes
    assert (a.precision, a.recall, a.f1) == (1.0, pytest.approx(2 / 3), pytest.approx(0.8))
    assert (b.precision, b.recall, b.f1) == (0.5, 1.0, pytest.approx(2 / 3))
    assert found.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)
    assert (found.accuracy, found.cases, found.silent) == (0.75, 4, 0)


def test_nothing_measured_is_no_figure() -> None:
    found = measured([], [])
    assert (found.accuracy, found.macro_f1, found.calibration_error, found.classes) == (None, None, None, ())


def test_silence_counts_as_wrong() -> None:
    found = measured(["a", "a"], [("a", 9000), ("", 0)])
    assert (found.silent, found.accuracy, found.classes[0].recall, found.classes[0].precision) == (1, 0.5, 0.5, 1.0)


def test_confidence_that_hits_as_often_as_it_says_has_no_error() -> None:
    assert calibration_error([(7500, True), (7500, True), (7500, True), (7500, False)]) == pytest.approx(0)
    assert calibration_error([(10_000, False)]) == 1


@given(st.lists(st.tuples(LABELS, LABELS | st.just(""), st.integers(0, 10_000)), max_size=30))
def test_every_share_lies_between_none_and_all(rows: list[tuple[str, str, int]]) -> None:
    found = measured([row[0] for row in rows], [(row[1], row[2]) for row in rows])
    shares = [found.accuracy, found.macro_f1, found.calibration_error]
    shares += [share for one in found.classes for share in (one.precision, one.recall, one.f1)]
    assert all(share is None or 0 <= share <= 1 for share in shares)
    assert sum(one.cases for one in found.classes) == len(rows)
