"""Deferred projections: no command writes them, catching up does; killed, verified and rebuilt like any other."""

from __future__ import annotations

from msgspec.structs import replace

from contracts.counter_aggregate import PARTS, SUMMARY, CounterAggregate, add
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


def test_states_that_are_not_cached_are_folded(ledger_home: LedgerHome, monkeypatch) -> None:
    monkeypatch.setattr(deferring, "PAGE", 3)
    writer, reader = ledger_home.open(LATER, cache=1)
    writer.submit_many([add(f"c-{number}", f"s-{number}", number) for number in range(1, 9)])
    assert writer.catch_up() == 8
    assert [amount for _, _, amount in reader.query(ROWS)] == list(range(1, 9))


def test_a_ledger_verifies_before_and_after_catching_up_and_names_a_changed_row(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open(LATER)
    writer.submit(add("c-1", "a", 1))
    assert verify(reader).is_whole
    writer.catch_up()
    writer.submit(add("c-2", "b", 2))
    assert verify(reader).is_whole
    ledger_home.run("UPDATE counter_part SET amount = 7 WHERE stream = 'counter:a'")
    assert [(one.place, one.code) for one in verify(reader).findings] == [("counter_part", "changed")]


def test_a_rebuild_fills_everything(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open(LATER)
    writer.submit_many([add("c-1", "a", 1), add("c-2", "b", 2)])
    ledger_home.rebuild(LATER)
    writer, reader = ledger_home.open(LATER)
    assert reader.query(ROWS) == [("counter:a", 0, 1), ("counter:b", 0, 2)]
    assert writer.catch_up() == 0
    assert verify(reader).is_whole
