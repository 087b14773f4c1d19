"""How the embedded store changes many rows: in few statements, each of which finds its rows by their key."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts.counter_aggregate import CounterAggregate
from sanban.ledger.opening import open_sqlite
from sanban.ledger.stores.shapes import all_shapes
from sanban.ledger.stores.sqlite import MANY, SqliteStore
from sanban.ledger.stores.store import Row

DISTRICT, ROWS = "d1", 100


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    path, aggregates = tmp_path / "ledger.db", [CounterAggregate()]
    writer, reader = open_sqlite(path, DISTRICT, aggregates, clock=lambda: 0)
    writer.close()
    reader.close()
    found = SqliteStore(path, DISTRICT, all_shapes(aggregates))
    yield found
    found.close()


def _rows(total: int) -> list[Row]:
    return [(DISTRICT, f"counter:{place}", total, None, False, b"") for place in range(ROWS)]


def _part_rows(amount: int) -> list[Row]:
    return [(DISTRICT, f"counter:{place}", 0, amount) for place in range(ROWS)]


@pytest.mark.parametrize("known", [False, True], ids=["rows not counted", "rows counted"])
@pytest.mark.parametrize(("table", "rows"), [("counter_summary", _rows), ("counter_part", _part_rows)])
def test_rows_that_change_are_found_by_their_key(
    store: SqliteStore, table: str, rows: Callable[[int], list[Row]], *, known: bool
) -> None:
    """Without the statistics that Sanban never makes, and with true ones: no statement goes through the table."""
    store.begin()
    store.insert(table, rows(1))
    store.commit()
    if known:
        store.connection.execute("ANALYZE")
    told: list[str] = []
    store.begin()
    store.connection.set_trace_callback(told.append)
    store.update(table, [(before[2:], after) for before, after in zip(rows(1), rows(2), strict=True)])
    store.connection.set_trace_callback(None)
    changes = [sql for sql in told if sql.startswith("UPDATE")]
    assert 0 < len(changes) < ROWS / 10
    for sql in changes:
        steps = [step for *_, step in store.connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
        assert [step for step in steps if step.startswith(f"SEARCH {table} USING") and "stream=?" in step], steps
        assert not [step for step in steps if step.startswith(f"SCAN {table}")], steps
    assert sorted(store.query(f"SELECT * FROM {table}")) == sorted(rows(2))
    store.commit()


def test_many_new_rows_take_few_statements(store: SqliteStore) -> None:
    told: list[str] = []
    store.begin()
    store.connection.set_trace_callback(told.append)
    store.insert("counter_summary", _rows(1))
    store.connection.set_trace_callback(None)
    store.commit()
    assert len(told) < ROWS / 10
    assert store.query("SELECT COUNT(*) FROM counter_summary") == [(ROWS,)]


def test_nothing_is_kept_to_take_a_statement_back(store: SqliteStore) -> None:
    """What it wrote before it failed stands until the transaction is rolled back: SQLite copied no page for it."""
    rows = _rows(1)
    store.begin()
    with pytest.raises(sqlite3.IntegrityError):
        store.insert("counter_summary", [*rows[: MANY - 1], rows[0]])
    assert store.query("SELECT COUNT(*) FROM counter_summary") == [(MANY - 1,)]
    pairs = [(row[2:], (*row[:2], 2, *row[3:])) for row in rows[: MANY - 1]]
    store.insert("counter_summary", [rows[MANY]])
    with pytest.raises(sqlite3.IntegrityError):
        store.update("counter_summary", [*pairs, (rows[MANY][2:], (*rows[MANY][:2], None, *rows[MANY][3:]))])
    assert store.query("SELECT COUNT(*) FROM counter_summary WHERE total = 2") == [(MANY - 1,)]
    store.rollback()
    assert store.query("SELECT COUNT(*) FROM counter_summary") == [(0,)]
