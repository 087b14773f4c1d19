"""A ledger's place in either store, opened and tampered with in the same words."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import psycopg

from contracts.counter_aggregate import CounterAggregate
from sanban.ledger.opening import open_sqlite, read_sqlite, rebuild_sqlite
from sanban.ledger.opening.postgres import open_postgres, read_postgres, rebuild_postgres
from sanban.ledger.port import Aggregate
from sanban.ledger.reading.reader import StoreReader
from sanban.ledger.writing.writer import Writer

DISTRICT = "heping"
COUNTERS: tuple[Aggregate, ...] = (CounterAggregate(),)


class Ticks:
    """A clock that stands still until it is moved; microseconds UTC."""

    def __init__(self, now: int = 1_767_225_600_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class LedgerHome(Protocol):
    """One store for one test."""

    name: str
    clock: Ticks

    def open(self, aggregates: Sequence[Aggregate] = COUNTERS, **more: Any) -> tuple[Writer, StoreReader]: ...

    def read(self, aggregates: Sequence[Aggregate] = COUNTERS) -> StoreReader: ...

    def rebuild(self, aggregates: Sequence[Aggregate] = COUNTERS) -> int: ...

    def run(self, sql: str) -> None:
        """Changes the store behind the ledger's back."""
        ...

    def close(self) -> None: ...


class _Home:
    def __init__(self, district: str) -> None:
        self.district = district
        self.clock = Ticks()
        self._opened: list[Callable[[], None]] = []

    def _keep(self, writer: Writer, reader: StoreReader) -> tuple[Writer, StoreReader]:
        self._opened += [writer.close, reader.close]
        return writer, reader

    def close(self) -> None:
        while self._opened:
            self._opened.pop()()


class SqliteHome(_Home):
    name = "sqlite"

    def __init__(self, path: Path, district: str = DISTRICT) -> None:
        super().__init__(district)
        self.path = path

    def open(self, aggregates: Sequence[Aggregate] = COUNTERS, **more: Any) -> tuple[Writer, StoreReader]:
        return self._keep(*open_sqlite(self.path, self.district, aggregates, **{"clock": self.clock, **more}))

    def read(self, aggregates: Sequence[Aggregate] = COUNTERS) -> StoreReader:
        reader = read_sqlite(self.path, self.district, aggregates)
        self._opened.append(reader.close)
        return reader

    def rebuild(self, aggregates: Sequence[Aggregate] = COUNTERS) -> int:
        self.close()
        return rebuild_sqlite(self.path, self.district, aggregates)

    def run(self, sql: str) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(sql)
        connection.close()


class PostgresHome(_Home):
    name = "postgres"

    def __init__(self, url: str, district: str = DISTRICT) -> None:
        super().__init__(district)
        self.url = url

    def open(self, aggregates: Sequence[Aggregate] = COUNTERS, **more: Any) -> tuple[Writer, StoreReader]:
        return self._keep(*open_postgres(self.url, self.district, aggregates, **{"clock": self.clock, **more}))

    def read(self, aggregates: Sequence[Aggregate] = COUNTERS) -> StoreReader:
        reader = read_postgres(self.url, self.district, aggregates)
        self._opened.append(reader.close)
        return reader

    def rebuild(self, aggregates: Sequence[Aggregate] = COUNTERS) -> int:
        self.close()
        return rebuild_postgres(self.url, self.district, aggregates)

    def run(self, sql: str) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(sql.encode())
