"""Deferred projections: no command writes them, catching up does; killed, verified and rebuilt like any other."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from contracts.counter_aggregate import PARTS, SUMMARY, CounterAggregate, add, step
from contracts.ledger_homes import LedgerHome
from sanban.ledger.proof.verify import verify
from sanban.ledger.writing import deferring

LATER = (CounterAggregate((SUMMARY, replace(PARTS, deferred=True))),)
ROWS = "SELECT stream, place, amount FROM counter_part WHERE district = :district ORDER BY stream, place"
FILLED = "SELECT position FROM deferred WHERE district = :district"


def test_a_deferred_table_is_filled_by_catching_up_alone(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open(LATER)
    writer.submit_many([add("c-1", "a", 1), add("c-2", "b", 2)])
    assert reader.query(ROWS) == []
    assert reader.query("SELECT total FROM counter_summary WHERE district = :district ORDER BY stream") == [(1,), (2,)]
    assert writer.catch_up() == 2
    assert reader.query(ROWS) == [("counter:a", 0, 1), ("counter:b", 0, 2)]
    writer.submit(add("c-3", "a", 5))
    assert reader.query(ROWS) == [("counter:a", 0, 1), ("counter:b", 0, 2)]
    assert (writer.catch_up(), writer.catch_up()) == (1, 0)
    assert reader.query(ROWS) == [("counter:a", 0, 1), ("counter:a", 1, 5), ("counter:b", 0, 2)]
    assert reader.query(FILLED) == [(3,)]


def test_rows_that_the_state_has_no_more_go(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open(LATER)
    writer.submit_many([add(f"c-{number}", "a", number) for number in (1, 2, 3)])
    writer.catch_up()
    writer.submit(add("c-4", "a", 4))
    writer.catch_up()
    assert reader.query(ROWS) == [("counter:a", 0, 2), ("counter:a", 1, 3), ("counter:a", 2, 4)]


def test_states_may_have_no_rows_at_all(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open(LATER)
    writer.submit(step("c-1", "a", "alarm", due=77))
    assert writer.catch_up() == 1
    assert reader.query(ROWS) == []
    assert verify(reader).is_whole


def test_many_events_are_followed_page_by_page_each_with_the_states_at_its_end(
    ledger_home: LedgerHome, monkeypatch
) -> None:
    monkeypatch.setattr(deferring, "PAGE", 3)
    writer, reader = ledger_home.open(LATER)
    writer.submit_many([add(f"c-{number}", f"s-{number % 4}", number) for number in range(1, 9)])
    writer.apart(lambda session: deferring.fill(session, {"counter": LATER[0]}))
    assert [amount for _, _, amount in reader.query(ROWS)] == [1, 2, 3]
    assert verify(reader).is_whole
    assert writer.catch_up() == 5
    assert [amount for _, _, amount in reader.query(ROWS)] == [4, 8, 1, 5, 2, 6, 3, 7]


def test_a_ledger_verifies_before_and_after_catching_up(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open(LATER)
    for number, stream in enumerate("aba"):
        writer.submit(add(f"c-{number}", stream, 1))
        assert verify(reader).is_whole
        if stream == "b":
            writer.catch_up()
        assert verify(reader).is_whole


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE counter_part SET amount = 7 WHERE stream = 'counter:a'",
        "DELETE FROM counter_part WHERE stream = 'counter:a'",
        "UPDATE deferred SET position = 0",
        "UPDATE deferred SET position = position + 1",
        "DELETE FROM deferred",
    ],
)
def test_what_was_filled_is_proved_wherever_it_is_changed(ledger_home: LedgerHome, tampering: str) -> None:
    writer, reader = ledger_home.open(LATER)
    writer.submit_many([add("c-1", "a", 1), add("c-2", "b", 2)])
    writer.catch_up()
    writer.submit(add("c-3", "a", 5))
    assert verify(reader).is_whole
    ledger_home.run(tampering)
    assert {one.place for one in verify(reader).findings} == {"counter_part"}


def test_a_rebuild_fills_everything(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open(LATER)
    writer.submit_many([add("c-1", "a", 1), add("c-2", "b", 2)])
    ledger_home.rebuild(LATER)
    writer, reader = ledger_home.open(LATER)
    assert reader.query(ROWS) == [("counter:a", 0, 1), ("counter:b", 0, 2)]
    assert writer.catch_up() == 0
    assert verify(reader).is_whole
