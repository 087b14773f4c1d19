"""Figures are the same wherever they are counted, and a view apart belongs to whoever opened it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sanban.jobs.apart import Apart, here
from sanban.kernel.errors import BusyError, Refused, SanbanError
from sanban.kernel.permission import Actor
from sanban.main.scorecard import opening
from sanban.scorecard.figures.spans import before, period_of
from sanban.scorecard.pages import charts
from sanban.scorecard.ports import View
from scorecard.conftest import Scene

FIRST = "SELECT MIN(last_position) FROM ledger_batch WHERE district = :district"
LEADER = Actor("leader-of-centre", "leader", "centre", unit_kind="centre")


@pytest.fixture(scope="module")
def process() -> Iterator[Apart]:
    made = Apart()
    yield made
    made.close()


@pytest.fixture
def apart(scene: Scene, process: Apart) -> Iterator[Apart]:
    """The deployment has its figures counted apart, as a server has."""
    scene.working.house.apart = process
    yield process
    scene.working.house.apart = here


def opened(scene: Scene, position: int | None = None) -> Any:
    view = scene.needs.opens(LEADER, position)
    assert not isinstance(view, Refused)
    return view


def answers(scene: Scene, view: View) -> list[Any]:
    """What every question of the port is answered with."""
    period = period_of(scene.month, scene.needs.calendar)
    earlier = before(period, scene.needs.calendar)
    questions: list[Callable[[], Any]] = [
        lambda: view.source,
        lambda: view.figures(period),
        lambda: view.figures(period, ("in_time",)),
        lambda: view.behind("in_time", period, "", 0),
        lambda: view.behind("in_time", period, "", 0, excluded=True),
        lambda: view.stock(period),
        lambda: view.in_stock(period, "opened", 0),
        lambda: view.matters(period, earlier),
        lambda: view.ages(scene.now),
        lambda: view.open_cases(scene.now, 0, None, "", 0),
        view.grids,
    ]
    return [question() for question in questions]


def test_every_question_is_answered_apart_as_it_is_here(scene: Scene, apart: Apart) -> None:
    with opened(scene) as view:
        there = answers(scene, view)
    scene.working.house.apart = here
    with opened(scene) as view:
        assert answers(scene, view) == there
    assert apart.process is not None


def test_views_stand_beside_each_other_and_none_answers_once_it_is_closed(scene: Scene, apart: Apart) -> None:
    ((ended,),) = scene.working.house.reader.query(FIRST)
    with opened(scene) as first, opened(scene, ended) as early:
        assert first.source.position > early.source.position == ended
        assert first.ages(scene.now) != early.ages(scene.now)
    with pytest.raises(BusyError):
        first.ages(scene.now)


def test_a_view_whose_process_is_gone_says_so_and_the_next_page_has_one(scene: Scene, apart: Apart) -> None:
    view = opened(scene)
    assert apart.process is not None
    os.kill(apart.process, signal.SIGKILL)
    with pytest.raises(BusyError), view:
        view.ages(scene.now)
    with opened(scene) as view:
        assert view.ages(scene.now)


def test_a_page_that_is_made_is_shown_though_its_view_cannot_be_closed(scene: Scene, apart: Apart) -> None:
    view = opened(scene)

    def busy(*_args: Any, **_options: Any) -> Any:
        raise BusyError("at work for others", "again")

    with view:
        ages = view.ages(scene.now)
        view._apart = busy
    view._apart = apart
    assert view.ages(scene.now) == ages, "it is open still"


def test_views_that_nobody_could_close_are_closed_by_the_next_that_is_opened(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at_hand(work: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """A process apart as far as its caller knows."""
        return work(*args, **options)

    monkeypatch.setattr(scene.working.house, "apart", at_hand)
    left, asked = opened(scene), opened(scene)
    monkeypatch.setattr(opening, "KEPT", 0.1)
    time.sleep(0.2)
    ages = asked.ages(scene.now)
    with opened(scene), asked:
        assert asked.ages(scene.now) == ages
        with pytest.raises(BusyError):
            left.ages(scene.now)
    assert not opening._views


def test_what_cannot_be_opened_says_why_wherever_it_is_opened(scene: Scene, apart: Apart) -> None:
    for done in (apart, here):
        scene.working.house.apart = done
        with pytest.raises(SanbanError, match="no batch of the ledger ends at position 999999"):
            opened(scene, 999_999)


def test_charts_are_drawn_apart_and_the_same(scene: Scene, apart: Apart) -> None:
    needs = scene.needs
    with opened(scene) as view:
        measured = view.figures(period_of(scene.month, needs.calendar), ("in_time",))
    drawn = charts.units(apart, measured, "zh")
    scene.working.house.apart = here
    assert drawn == charts.units(scene.needs.apart, measured, "zh")
    assert drawn.startswith("data:image/svg+xml,")
