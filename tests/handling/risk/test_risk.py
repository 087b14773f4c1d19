"""Risk of becoming overdue: known only from what was known, kept as data, ordered and explained."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sanban.handling.risk.features import FEATURES, GROUPS, rows_of
from sanban.handling.risk.history import DAY, SECOND, History
from sanban.handling.risk.learning import learn, seen
from sanban.handling.risk.model import RiskFile, RiskModel, Weight, read, written
from sanban.handling.risk.ordering import risks
from sanban.handling.risk.phrases import PHRASES
from sanban.handling.risk.reasons import reasons
from sanban.handling.risk.record import Record, Week
from sanban.kernel.errors import Refused, SanbanError

UTC_WEEK = Week(offset=0)
MICRO_DAY = DAY * SECOND


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    found = []
    for number in range(draw(st.integers(1, 30))):
        opened = draw(st.integers(0, 60)) * MICRO_DAY // 2
        allowed = draw(st.integers(1, 20)) * MICRO_DAY // 2
        lived = draw(st.none() | st.integers(0, 60))
        found.append(
            Record(
                f"r{number}",
                opened,
                opened + allowed,
                draw(st.sampled_from(["", "noise", "light"])),
                draw(st.sampled_from(["u1", "u2"])),
                draw(st.sampled_from(["", "a"])),
                draw(st.sampled_from(["", "p"])),
                None if lived is None else opened + lived * MICRO_DAY // 2,
            )
        )
    return found


def as_known(record: Record, at: int) -> Record:
    """The record as it was known then: closing that was still to come is not."""
    open_still = record.closed_at is None or record.closed_at // SECOND >= at // SECOND
    return replace(record, closed_at=None) if open_still else record


@given(records(), st.integers(1, 40))
@settings(max_examples=150)
def test_what_is_known_at_an_instant_rests_on_nothing_later(found: list[Record], day: int) -> None:
    at = day * DAY
    whole = [one for one in found if one.opened_at // SECOND < at]
    then = [as_known(one, at * SECOND) for one in whole]
    rows, instants = np.arange(len(whole)), np.full(len(whole), at)
    if not whole:
        return
    later = rows_of(History(found, UTC_WEEK), np.array([found.index(one) for one in whole]), instants)
    assert np.array_equal(later, rows_of(History(then, UTC_WEEK), rows, instants))


@given(records(), st.integers(1, 60))
def test_counts_are_those_of_counting_one_by_one(found: list[Record], day: int) -> None:
    history, at = History(found, UTC_WEEK), day * DAY
    rows, instants = np.arange(len(found)), np.full(len(found), at)
    kind = history.kinds["matter"]
    missed, known = kind.outcomes(rows, instants)
    for row, record in enumerate(found):
        same = [one for one in found if one.matter == record.matter]
        told = [one.missed(at * SECOND) for one in same if one.opened_at < at * SECOND]
        assert (missed[row], known[row]) == (told.count(True), len(told) - told.count(None))
        closed = [one.closed_at is not None and one.closed_at < at * SECOND for one in same]
        assert kind.open(rows, instants)[row] == sum(
            one.opened_at < at * SECOND and not gone for one, gone in zip(same, closed, strict=True)
        )
        assert kind.overdue(rows, instants)[row] == sum(
            one.due_at < at * SECOND and not gone for one, gone in zip(same, closed, strict=True)
        )


@given(records(), st.integers(1, 60))
def test_known_and_waiting_are_what_the_record_says(found: list[Record], day: int) -> None:
    history, at = History(found, UTC_WEEK), day * DAY
    assert history.known(at).tolist() == [
        one.opened_at < at * SECOND and one.missed(at * SECOND) is not None for one in found
    ]
    for row in history.waiting(at):
        assert found[row].missed(at * SECOND) is None


@given(st.integers(0, 400), st.integers(0, 60))
def test_working_days_are_counted_like_days_on_a_calendar(start: int, length: int) -> None:
    history = History([Record("r", 0, MICRO_DAY)], UTC_WEEK)
    counted = sum((day + 3) % 7 < 5 for day in range(start + 1, start + length + 1))
    told = history.working_days(np.array([start * DAY + 5]), np.array([(start + length) * DAY + 9]))
    assert told[0] == counted


def test_days_turn_by_the_districts_clock() -> None:
    history = History([Record("r", 0, MICRO_DAY)], Week(offset=8 * 3_600 * SECOND))
    # Friday 2 January 1970, 15:00 and 17:00 UTC: 23:00 on Friday and 01:00 on Saturday in the district
    friday, saturday = np.array([DAY + 15 * 3_600]), np.array([DAY + 17 * 3_600])
    assert history.working_days(friday, saturday)[0] == 0
    assert history.working_days(friday - DAY, friday)[0] == 1


def test_open_past_the_due_time_is_missed_and_open_before_it_is_unknown() -> None:
    record = Record("r", 0, 10)
    assert record.missed(10) is None
    assert record.missed(11) is True
    assert replace(record, closed_at=10).missed(11) is False
    assert replace(record, closed_at=12).missed(11) is True
    assert replace(record, closed_at=4).missed(3) is None


@pytest.mark.parametrize(("due", "closed"), [(0, None), (5, -1)], ids=["due when it opens", "closed before it opens"])
def test_a_record_that_cannot_be_is_refused(due: int, closed: int | None) -> None:
    with pytest.raises(SanbanError, match="after it opens"):
        Record("r", 0, due, closed_at=closed)


def town(seed: int, count: int = 3_000) -> list[Record]:
    """Ninety days in which unit u1 misses often, u2 seldom, and nobody's place matters."""
    rng = np.random.default_rng(seed)
    found = []
    for number, opened in enumerate(np.sort(rng.integers(0, 90 * DAY, count)).tolist()):
        unit = "u1" if rng.random() < 0.5 else "u2"
        lived = rng.exponential(4.0 if unit == "u1" else 1.5) * DAY
        matter = "noise" if rng.random() < 0.5 else "light"
        due, closed = (opened + 5 * DAY) * SECOND, round(opened + lived) * SECOND
        found.append(Record(f"r{number}", opened * SECOND, due, matter, unit, "a", "p", closed))
    return found


TOWN = town(1)
CUT = 60 * MICRO_DAY
LEARNED = learn(TOWN, CUT, "town", UTC_WEEK)


def model() -> RiskModel:
    assert isinstance(LEARNED, RiskModel)
    return LEARNED


def test_nothing_that_happened_after_the_date_goes_into_the_model() -> None:
    then = [as_known(one, CUT) for one in TOWN if one.opened_at < CUT]
    again = learn(then, CUT, "town", UTC_WEEK)
    assert isinstance(again, RiskModel)
    assert again.file == model().file


def test_the_risk_orders_and_its_probabilities_hold() -> None:
    history = History(TOWN, UTC_WEEK)
    rows = np.flatnonzero((history.opened >= CUT // SECOND) & (history.due < 88 * DAY))
    told = model().probabilities(rows_of(history, rows, history.opened[rows]))
    missed = history.missed[rows]
    pairs = told[missed][:, None] - told[~missed][None, :]
    assert (pairs > 0).mean() + (pairs == 0).mean() / 2 > 0.65
    assert abs(told.mean() - missed.mean()) < 0.05


def test_requests_are_seen_only_while_open_and_with_outcomes_known_by_the_date() -> None:
    history, at = History(TOWN, UTC_WEEK), CUT // SECOND
    rows, instants = seen(history, at)
    assert np.all(instants < at)
    assert np.all(history.opened[rows] <= instants)
    assert np.all((history.due[rows] < at) | (history.closed[rows] < at))


def test_too_few_outcomes_teach_nothing() -> None:
    refused = learn(TOWN[:100], CUT, "few", UTC_WEEK)
    assert isinstance(refused, Refused)
    assert refused.reason == "too_few_outcomes"
    assert isinstance(learn([], CUT, "none"), Refused)


def test_the_queue_begins_with_what_is_overdue_and_goes_on_by_risk() -> None:
    queue = risks(TOWN, CUT, model(), UTC_WEEK)
    open_then = {one.id for one in TOWN if one.opened_at < CUT and (one.closed_at or 0) >= CUT}
    assert {one.id for one in queue} == open_then
    assert [one.overdue for one in queue] == sorted((one.overdue for one in queue), reverse=True)
    waiting = [one for one in queue if not one.overdue]
    assert [one.probability for one in waiting] == sorted((one.probability for one in waiting), reverse=True)
    assert all(one.due_at < CUT and one.reasons == () for one in queue if one.overdue)
    assert all(0 <= one.probability <= 10_000 and one.model == model().model for one in waiting)


def test_an_empty_queue_has_no_risks() -> None:
    assert risks([], CUT, model()) == ()


def test_reasons_are_the_weightiest_parts_with_their_figures() -> None:
    queue = [one for one in risks(TOWN, CUT, model(), UTC_WEEK) if not one.overdue]
    told = [reason for one in queue for reason in one.reasons]
    assert told
    for one in queue:
        weights = [abs(reason.weight) for reason in one.reasons]
        assert weights == sorted(weights, reverse=True)
        assert len(weights) <= 3
    for reason in told:
        assert reason.phrase % {"number": reason.number, "of": reason.of}
        assert reason.raises == (reason.weight > 0)
    assert {reason.code for reason in told} <= PHRASES.keys()


def test_a_place_is_told_without_a_figure() -> None:
    row = np.zeros(len(FEATURES))
    assert [one.code for one in reasons(row, {"place": 0.5})] == ["more_at_place"]
    assert [one.code for one in reasons(row, {"place": -0.5})] == ["fewer_at_place"]
    assert reasons(row, {"place": 0.01}) == ()


def test_parts_add_up_to_the_log_odds() -> None:
    history = History(TOWN, UTC_WEEK)
    rows = np.arange(500, 520)
    table = rows_of(history, rows, history.opened[rows])
    for row, probability in zip(table, model().probabilities(table), strict=True):
        total = sum(model().parts(row).values()) + model().file.intercept
        assert np.log(probability / (1 - probability)) == pytest.approx(total)


def test_a_model_comes_back_as_it_was_written() -> None:
    again = read(written(model().file))
    assert again.model == model().model
    assert msgspec.structs.replace(again.file, hash="") == msgspec.structs.replace(model().file, hash="")


def flat(**changed: object) -> RiskFile:
    weights = {name: Weight(0.0, 1.0, 0.0) for name in FEATURES}
    return msgspec.structs.replace(RiskFile("flat", 0, 1, -1.0, weights), **changed)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"nothing", "no learned risk"),
        (written(flat()).replace(b"-1.0", b"-2.0"), "hash differs"),
        (written(flat(features={})), "other features"),
    ],
)
def test_a_model_that_was_changed_or_is_none_is_not_used(content: bytes, said: str) -> None:
    with pytest.raises(SanbanError, match=said):
        read(content)


def test_a_models_numbers_are_finite() -> None:
    with pytest.raises(SanbanError, match="finite"):
        RiskModel(flat(intercept=float("nan")))


def test_a_feature_that_never_varied_weighs_nothing() -> None:
    stuck = {name: Weight(0.0, 0.0, 3.0) for name in FEATURES}
    assert RiskModel(flat(features=stuck)).probabilities(np.ones((1, len(FEATURES))))[0] == pytest.approx(
        0.2689, abs=1e-4
    )


def test_every_feature_belongs_to_one_group() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(set(FEATURES))


def test_judging_and_suggesting_never_load_what_only_learning_needs() -> None:
    asked = (
        "import sys, sanban.handling.risk.ordering, sanban.intake.duplicates.finding, sanban.intake.grouping.groups;"
        "print('sklearn' in sys.modules, 'scipy' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "False"]
