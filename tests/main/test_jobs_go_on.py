"""A job of the runner that fails hinders no other and is not done over and over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import msgspec
import pytest

from sanban.handling.reactions import SYSTEM, Arrival, opening
from sanban.jobs.running import ADVISE_EVERY, AGAIN_AFTER, Background
from sanban.kernel.errors import SanbanError
from sanban.ledger.port import Part, Submission
from sanban.ledger.reading.reactions import react_all
from sanban.main.house import House, open_house
from sanban.main.setup import init

NOW = 1_780_279_200_000_000
SECOND = 1_000_000
FILLED = "SELECT position FROM deferred WHERE district = :district"


class Times:
    """A clock moved by hand, and when advice was asked for."""

    def __init__(self) -> None:
        self.now = NOW
        self.advised: list[int] = []


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> Times:
    found, advice = Times(), House.advice

    def noted(house: House, now: int) -> list[Submission]:
        found.advised.append(now - NOW)
        return advice(house, now)

    monkeypatch.setattr(House, "advice", noted)
    return found


@pytest.fixture
def house(tmp_path: Path, times: Times) -> Iterator[House]:
    """A home with an open case, whose trained risk is damaged."""
    init(tmp_path / "home", code="demo", title="示范区", mode="trial")
    models = tmp_path / "home" / "models"
    models.mkdir(exist_ok=True)
    (models / "risk.json").write_text("{", encoding="utf-8")
    with open_house(tmp_path / "home", lambda: times.now) as opened:
        assert opened.ledger.submit(case_of(opened, "r")).refused is None
        yield opened


def case_of(house: House, request: str) -> Submission:
    """The command that opens the case of a request, which is received."""
    args = {"requester": "person:1", "desk": "hotline", "channel": "phone", "text": "v:" + "1" * 32}
    house.ledger.submit(Submission(request, SYSTEM, (Part(f"request:{request}", "receive", args),)))
    arrival = Arrival(request, "person:1", "phone", "hotline", NOW, "noise", "310109-0001", "street-01")
    return msgspec.structs.replace(opening(arrival), command_id=f"open {request}")


def all_is_filled(house: House) -> bool:
    head = house.head()
    return head is not None and house.reader.query(FILLED) == [(head.position,)]


def test_a_damaged_model_stops_neither_timers_nor_figures_and_advice_waits_for_its_time(
    house: House, times: Times
) -> None:
    runner = Background(house, house.clock)
    runner.make_pass()
    assert all_is_filled(house)
    for _ in range(20):
        times.now += 2 * SECOND
        runner.make_pass()
    assert times.advised == [0]
    times.now = NOW + AGAIN_AFTER
    runner.make_pass()
    (house.home.folder / "models" / "risk.json").unlink()
    times.now += AGAIN_AFTER
    runner.make_pass()
    times.now += ADVISE_EVERY - SECOND
    runner.make_pass()
    assert times.advised == [0, AGAIN_AFTER, 2 * AGAIN_AFTER]
    assert all_is_filled(house)


def test_a_run_does_all_that_it_can_and_then_says_what_it_could_not(house: House) -> None:
    with pytest.raises(SanbanError):
        house.run()
    assert all_is_filled(house)
    (house.home.folder / "models" / "risk.json").unlink()
    assert house.run().advised == 1


def test_a_run_leaves_nothing_to_do_so_that_a_second_one_moves_no_head(house: House) -> None:
    (house.home.folder / "models" / "risk.json").unlink()
    assert house.run().advised == 1
    assert all_is_filled(house)
    head = house.head()
    house.run()
    assert house.head() == head


def test_what_follows_the_last_thing_told_is_filled_in_the_same_run(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = case_of(house, "late")
    monkeypatch.setattr(House, "advice", lambda _house, _now: [late])
    assert house.run().advised == 1
    states = house.reader.query("SELECT state FROM case_view WHERE district = :district")
    assert states == [("dispatched",)] * 2
    assert all_is_filled(house)


def test_links_that_cannot_be_read_stop_neither_reactions_nor_figures(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_house: House, _now: int) -> list[Submission]:
        raise SanbanError("a link was written by a newer program", "upgrade this installation")

    monkeypatch.setattr(House, "asides", unreadable)
    (house.home.folder / "models" / "risk.json").unlink()
    with pytest.raises(SanbanError, match="newer program"):
        house.run()
    assert house.reader.query("SELECT state FROM case_view WHERE district = :district") == [("dispatched",)]
    assert all_is_filled(house)


def test_a_runner_that_was_told_to_stop_begins_no_further_page(house: House) -> None:
    read = house.reader.query("SELECT position FROM reaction_cursor WHERE district = :district")
    assert react_all(house.ledger, house.reader, house.reactions, SYSTEM, lambda: True) == 0
    assert house.reader.query("SELECT position FROM reaction_cursor WHERE district = :district") == read
    stops = iter([False, *[True] * 100])
    assert react_all(house.ledger, house.reader, house.reactions, SYSTEM, lambda: next(stops)) > 0
    assert house.reader.query("SELECT state FROM case_view WHERE district = :district") == [("dispatched",)]


def test_a_runner_leaves_a_pass_to_whoever_is_at_it_and_outlives_a_store_that_cannot_be_asked(house: House) -> None:
    turns: Iterator[bool] = iter([False])
    runner = Background(house, house.clock, lambda: nullcontext(next(turns)))
    runner.make_pass()
    assert not all_is_filled(house)
    runner.make_pass()
    assert not all_is_filled(house)
    Background(house, house.clock).make_pass()
    assert all_is_filled(house)
