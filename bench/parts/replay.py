"""The yardstick: the rows a ledger wrote, written again by bare statements, with nothing decided and nothing hashed.

A `Recording` stands between writer and store and keeps every batch's rows; `replay_sqlite` and `replay_postgres` write
them batch by batch into a fresh store of the same tables, through sqlite3's executemany and psycopg's unnest.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from sanban.ledger.stores.store import Row, Shape, Store


class Recording:
    """Passes everything on to the store and keeps what was written. `batches`: lists of (kind, table, rows)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.batches: list[list[tuple[str, str, list[Row]]]] = []
        self._now: list[tuple[str, str, list[Row]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        self._now.append(("insert", table, list(rows)))
        self._store.insert(table, rows)

    def upsert(self, table: str, rows: Sequence[Row]) -> None:
        self._now.append(("upsert", table, list(rows)))
        self._store.upsert(table, rows)

    def update(self, table: str, pairs: Sequence[tuple[Row, Row]]) -> None:
        self._now.append(("upsert", table, [after for _, after in pairs]))
        self._store.update(table, pairs)

    def delete(self, table: str, keys: Sequence[Row]) -> None:
        self._now.append(("delete", table, list(keys)))
        self._store.delete(table, keys)

    def advance(self, shard: Row) -> None:
        self._now.append(("advance", "shard", [(*shard[1:], shard[0])]))
        self._store.advance(shard)  # type: ignore[arg-type]  # the writer hands over a Shard

    def commit(self) -> None:
        self._store.commit()
        self.batches.append(self._now)
        self._now = []


Batches = list[list[tuple[str, str, list[Row]]]]


def replay_sqlite(path: str, batches: Batches, shapes: dict[str, Shape]) -> float:
    """Seconds to write the batches, each one transaction in WAL with synchronous=FULL and the ledger's page settings.

    Values are bound as the standard library does by itself, without what the ledger's store has taught it, and the log
    goes into the file as often as SQLite does by itself.
    """
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    statements = {(kind, table): _sqlite(kind, shapes[table]) for batch in batches for kind, table, _ in batch}
    with _unadapted():
        start = time.perf_counter()
        for batch in batches:
            connection.execute("BEGIN IMMEDIATE")
            for kind, table, rows in batch:
                connection.executemany(statements[kind, table], rows)
            connection.execute("COMMIT")
        spent = time.perf_counter() - start
    connection.close()
    return spent


@contextmanager
def _unadapted() -> Iterator[None]:
    """Without the adapters that were registered in this process."""
    kept = sqlite3.adapters.copy()
    sqlite3.adapters.clear()
    try:
        yield
    finally:
        sqlite3.adapters.update(kept)


def replay_postgres(url: str, batches: Batches, shapes: dict[str, Shape]) -> float:
    """Seconds to write the batches, each one transaction; the arrays are made beforehand."""
    statements = {(kind, table): _postgres(kind, shapes[table]) for batch in batches for kind, table, _ in batch}
    columns = [[(statements[kind, table], _arrays(kind, rows)) for kind, table, rows in batch] for batch in batches]
    with psycopg.connect(url, prepare_threshold=2) as connection:
        start = time.perf_counter()
        for batch in columns:
            for statement, arrays in batch:
                connection.execute(statement, arrays, prepare=True)
            connection.commit()
        return time.perf_counter() - start


def _arrays(kind: str, rows: list[Row]) -> Sequence[Any]:
    if kind == "advance":
        return rows[0]
    first, *others = zip(*rows, strict=True)
    arrays = list(map(list, others))
    return [*arrays, first[0]] if kind == "delete" else [first[0], *arrays]


def _sqlite(kind: str, shape: Shape) -> str:
    if kind == "advance":
        return f"UPDATE shard SET {', '.join(f'{name} = ?' for name in shape.columns[1:])} WHERE district = ?"
    if kind == "delete":
        return f"DELETE FROM {shape.name} WHERE {' AND '.join(f'{name} = ?' for name in shape.key)}"
    verb = "INSERT OR REPLACE" if kind == "upsert" else "INSERT"
    return f"{verb} INTO {shape.name} VALUES ({', '.join('?' * len(shape.columns))})"


def _postgres(kind: str, shape: Shape) -> bytes:
    if kind == "advance":
        return (
            f"UPDATE shard SET {', '.join(f'{name} = %b' for name in shape.columns[1:])} WHERE district = %s".encode()
        )
    types = dict(zip(shape.columns, shape.types, strict=True))
    names = shape.key[1:] if kind == "delete" else shape.columns[1:]
    source = f"unnest({', '.join(f'%b::{types[name]}[]' for name in names)}) AS u ({', '.join(names)})"
    if kind == "delete":
        same = " AND ".join(f"t.{name} = u.{name}" for name in names)
        return f"DELETE FROM {shape.name} t USING {source} WHERE t.district = %s AND {same}".encode()
    sql = f"INSERT INTO {shape.name} SELECT %s, * FROM {source}"
    if kind == "upsert":
        change = ", ".join(f"{name} = excluded.{name}" for name in shape.columns if name not in shape.key)
        sql += f" ON CONFLICT ({', '.join(shape.key)}) DO UPDATE SET {change}"
    return sql.encode()
