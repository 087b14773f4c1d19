"""A reaction that fails at one event goes on with the next, on both stores; the failure is kept, tried again, shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from contracts.counter_aggregate import ACTOR, SYSTEM, CounterAggregate, add, step
from contracts.ledger_homes import LedgerHome
from sanban.kernel.notice import backoff
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Stored, Submission
from sanban.ledger.proof.verify import verify
from sanban.ledger.reading.failed import (
    MOST_ATTEMPTS,
    PAGE,
    ReactionAggregate,
    ask_again,
    counted,
    failing,
    stream_of,
)
from sanban.ledger.reading.reactions import Reaction, cursor, react_all, try_again

AGGREGATES = (CounterAggregate(), ReactionAggregate())
SECRET = "13800001234 said so"


class Flaky:
    """Adds one to `mirror` for each event of `a`, but fails at a position until it is mended."""

    def __init__(self, position: int, *, deciding: bool = False) -> None:
        self.broken = True
        self._position = position
        self._deciding = deciding

    def __call__(self, event: Stored) -> Sequence[Submission]:
        if event.stream != "counter:a":
            return ()
        if self.broken and event.position == self._position:
            if not self._deciding:
                raise KeyError(SECRET)
            return [step("", "mirror", "fail")]
        return [add("", "mirror")]


@pytest.mark.parametrize("deciding", [False, True])
def test_one_event_that_cannot_be_answered_stops_no_other(
    ledger_home: LedgerHome, caplog: pytest.LogCaptureFixture, deciding: bool
) -> None:
    writer, reader = ledger_home.open(AGGREGATES)
    writer.submit_many([add(f"c{number}", "a") for number in range(5)])
    flaky = Flaky(2, deciding=deciding)
    reactions = [Reaction("flaky", flaky), Reaction("other", lambda event: [add("", "other")][: event.position <= 5])]
    assert react_all(writer, reader, reactions, SYSTEM) > 0
    assert (reader.state("counter:mirror").total, reader.state("counter:other").total) == (4, 5)
    assert cursor(reader, "flaky") >= 5
    assert counted(reader) == (1, 0)
    assert "reaction flaky failed at 2" in caplog.text
    assert SECRET not in "".join(one.payload.decode() for one in reader.since(0, 100))
    assert deciding or SECRET not in caplog.text
    assert try_again(writer, reader, reactions, SYSTEM, ledger_home.clock.now) == 0
    flaky.broken = False
    ledger_home.clock.now += backoff(1)
    assert try_again(writer, reader, reactions, SYSTEM, ledger_home.clock.now) == 1
    assert try_again(writer, reader, reactions, SYSTEM, ledger_home.clock.now) == 0
    assert (reader.state("counter:mirror").total, counted(reader)) == (5, (0, 0))
    assert verify(reader).is_whole


def test_delays_grow_until_it_is_set_aside_and_somebody_asks_for_it_again(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open(AGGREGATES)
    writer.submit(add("c", "a"))
    flaky = Flaky(1)
    reactions = [Reaction("flaky", flaky)]
    react_all(writer, reader, reactions, SYSTEM)
    for attempt in range(1, MOST_ATTEMPTS):
        assert counted(reader) == (1, 0)
        ledger_home.clock.now += backoff(attempt) - 1
        try_again(writer, reader, reactions, SYSTEM, ledger_home.clock.now)
        assert reader.state(stream_of("flaky", 1)).attempts == attempt, "it is not yet time"
        ledger_home.clock.now += 1
        try_again(writer, reader, reactions, SYSTEM, ledger_home.clock.now)
    assert counted(reader) == (0, 1)
    ledger_home.clock.now += 10**15
    assert try_again(writer, reader, reactions, SYSTEM, ledger_home.clock.now) == 0
    assert (ask_again(writer, reader, SYSTEM), counted(reader)) == (1, (1, 0))
    assert try_again(writer, reader, reactions, SYSTEM, ledger_home.clock.now) == 0
    assert counted(reader) == (1, 0), "it fails again, with all its attempts before it"
    flaky.broken = False
    ledger_home.clock.now += backoff(1)
    assert try_again(writer, reader, reactions, SYSTEM, ledger_home.clock.now) == 1
    assert reader.state("counter:mirror").total == 1
    assert ledger_home.rebuild(AGGREGATES) > 0


def test_of_two_handlers_of_an_event_one_that_fails_takes_the_other_not_along(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open(AGGREGATES)
    writer.submit(add("c", "a"))
    flaky = Flaky(1)
    beside = Reaction("house", flaky, beside=(lambda event: [add("", "b", 2)][: event.position == 1],))
    react_all(writer, reader, [beside], SYSTEM)
    assert (reader.state("counter:mirror"), reader.state("counter:b").total) == (None, 2)
    flaky.broken = False
    ledger_home.clock.now += backoff(1)
    assert try_again(writer, reader, [beside], SYSTEM, ledger_home.clock.now) == 1
    assert (reader.state("counter:mirror").total, reader.state("counter:b").total) == (1, 2)


def test_failures_of_a_reaction_that_is_gone_keep_no_other_from_being_tried_again(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open(AGGREGATES)
    writer.submit_many([add(f"c{number}", "a") for number in range(3)])
    writer.submit_many([failing("gone", number, "KeyError", 0, SYSTEM) for number in range(PAGE + 1)])
    flaky = Flaky(2)
    reactions = [Reaction("flaky", flaky)]
    react_all(writer, reader, reactions, SYSTEM)
    flaky.broken = False
    ledger_home.clock.now += backoff(1)
    assert try_again(writer, reader, reactions, SYSTEM, ledger_home.clock.now) == 1
    assert counted(reader) == (PAGE + 1, 0)


@pytest.mark.parametrize(
    ("part", "actor", "reason"),
    [
        (("jump", {}), SYSTEM, "unknown_step"),
        (("fail", {}), ACTOR, "not_permitted"),
        (("fail", {"handler": 1}), SYSTEM, "bad_arguments"),
        (("again", {}), SYSTEM, "unknown_reaction"),
    ],
)
def test_what_a_failed_reaction_does_not_take_says_why(
    ledger_home: LedgerHome, part: Any, actor: Actor, reason: str
) -> None:
    writer, _ = ledger_home.open(AGGREGATES)
    answer = writer.submit(Submission("c", actor, (Part(stream_of("house", 1), *part),)))
    assert answer.refused is not None
    assert answer.refused.reason == reason
