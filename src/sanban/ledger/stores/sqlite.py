"""SQLite, the embedded store: one writing connection, WAL, `synchronous=FULL`.

Only the owner of the home opens a `SqliteStore`; it is the one connection that writes and checkpoints. Readers are
opened read-only, which cannot checkpoint. Both use the standard library's SQLite, never a second one.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from itertools import chain, compress, islice
from operator import itemgetter, ne
from pathlib import Path
from typing import Any

from sanban.ledger.stores.failing import unusable
from sanban.ledger.stores.store import FOLD_COLUMNS, HEAD, Row, Shape, Shard, StoreFailedError, identifier

FOLDS = (
    f"SELECT {FOLD_COLUMNS} FROM ledger_event WHERE district = ? AND stream IN (SELECT value FROM json_each(?)) "  # noqa: S608 -- constant columns
    "ORDER BY stream, seq"
)
MANY = 32
"""Rows that go in or change by one statement, at most. Fewer go in by powers of two: each number is a statement more to
prepare and to keep."""
STATEMENTS, WRITING_STATEMENTS = 48, 128
"""So many prepared statements a reading connection keeps, which is what a page asks, or two; and the writing one."""
PAGES_KB = 512
"""What it keeps of the file; the system keeps the rest. Each of a server's threads may need a connection of its own."""
LOG_PAGES = 4000
"""The write-ahead log goes into the file when it is so long: 16 MB. SQLite's own 1,000 copies pages that the next
commands change again: see decision 0020 for what either costs."""
_SHARD = "INSERT INTO shard VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
KNOWN = (
    "SELECT command_id, body_hash, answer FROM ledger_command "
    "WHERE district = ? AND command_id IN (SELECT value FROM json_each(?))"
)


_none: Callable[[Any], Any] = {}.get
"""None for None, without a call of Python's."""
ADAPTED: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (bytes, bytes.__bytes__),
    (bool, int),
    (type(None), _none),
)
"""What `sqlite3` binds anyway, each as it is; but it asks first for two attributes they lack, longer than it binds."""
for _kind, _as_it_is in ADAPTED:
    sqlite3.register_adapter(_kind, _as_it_is)


class SqliteLookup:
    """Bound SELECTs on one connection."""

    def __init__(self, connection: sqlite3.Connection, district: str) -> None:
        self.connection = connection
        self.district = district

    def query(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[Row]:
        return self.connection.execute(sql, {**parameters, "district": self.district}).fetchall()

    def rows(self, table: str, columns: Sequence[str], key: str, values: Sequence[str]) -> list[Row]:
        names = ", ".join(map(identifier, columns))
        sql = (
            f"SELECT {names} FROM {identifier(table)} WHERE district = ? "  # noqa: S608 -- checked identifiers
            f"AND {identifier(key)} IN (SELECT value FROM json_each(?))"
        )
        return self.connection.execute(sql, (self.district, json.dumps(list(values)))).fetchall()

    def stream(self, sql: str, parameters: Mapping[str, Any] = {}) -> Iterator[Row]:
        return self.connection.execute(sql, {**parameters, "district": self.district})


class SqliteStore(SqliteLookup):
    """The one writing connection of a home."""

    def __init__(self, path: Path, district: str, shapes: Mapping[str, Shape]) -> None:
        try:
            connection = _connect_writing(path, district)
        except sqlite3.Error as error:
            raise _told(error, path) from error
        super().__init__(connection, district)
        self._shapes = shapes
        self._head: Shard | None = None
        self._next: Shard | None = None
        self._upsert = {name: _insert(shape, "REPLACE") for name, shape in shapes.items()}
        self._delete = {name: _delete(shape) for name, shape in shapes.items()}

    def begin(self) -> Shard:
        """The head is asked for once: nobody else writes to a home, so it stands where this connection left it."""
        self.connection.execute("BEGIN IMMEDIATE")
        if self._head is None:
            found = self.connection.execute("SELECT * FROM shard WHERE district = ?", (self.district,)).fetchone()
            self._head = Shard._make(found)
        self._next = self._head
        return self._head

    def known(self, command_ids: Sequence[str]) -> list[tuple[str, bytes, bytes]]:
        return self.connection.execute(KNOWN, (self.district, json.dumps(command_ids))).fetchall()

    def folds(self, streams: Sequence[str]) -> Iterable[Row]:
        return self.connection.execute(FOLDS, (self.district, json.dumps(streams)))

    def execute(self, sql: str, parameters: Mapping[str, Any] = {}) -> int:
        return self.connection.execute(sql, {**parameters, "district": self.district}).rowcount

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        shape, execute = self._shapes[table], self.connection.execute
        width = len(shape.columns)
        if {width}.union(map(len, rows)) != {width}:
            raise ValueError(f"a row of {table} has {width} values, one for each of its columns")
        for start, size in _runs(len(rows)):
            values = rows[start] if size == 1 else list(chain.from_iterable(rows[start : start + size]))
            execute(_insert_at_once(shape, size), values)

    def upsert(self, table: str, rows: Sequence[Row]) -> None:
        """Nearly all are new, and inserting looks for a row's place once where overwriting looks twice."""
        try:
            self.insert(table, rows)
        except sqlite3.IntegrityError:
            self.connection.executemany(self._upsert[table], rows)

    def update(self, table: str, pairs: Sequence[tuple[Row, Row]]) -> None:
        """Rows with the same columns changed share a statement that names no others: their indexes stay untouched."""
        groups: defaultdict[tuple[bool, ...], list[Row]] = defaultdict(list)
        for before, after in pairs:
            groups[tuple(map(ne, before, islice(after, HEAD, None)))].append(after)
        shape, found = self._shapes[table], 0
        for changed, rows in groups.items():
            values, whole = list(map(_values_of(shape, changed), rows)), len(rows) // MANY * MANY
            for start in range(0, whole, MANY):
                at_once = list(chain.from_iterable(values[start : start + MANY]))
                found += self.connection.execute(_update_at_once(shape, changed), at_once).rowcount
            if whole < len(rows):
                found += self.connection.executemany(_update(shape, changed), values[whole:]).rowcount
        if found != len(pairs):
            self.upsert(table, [after for _, after in pairs])

    def delete(self, table: str, keys: Sequence[Row]) -> None:
        self.connection.executemany(self._delete[table], keys)

    def writing(self) -> AbstractContextManager[object]:
        return nullcontext()

    def advance(self, shard: Shard) -> None:
        self.connection.execute(
            "UPDATE shard SET position = ?, batch_no = ?, recorded_at = ?, head_hash = ?, numbers = ? "
            "WHERE district = ?",
            (*shard[1:], shard.district),
        )
        self._next = shard

    def commit(self) -> None:
        self._head, head = None, self._next
        self.connection.execute("COMMIT")
        self._head = head

    def scrub(self) -> bool:
        """`secure_delete` has zeroed what was freed; here the write-ahead log, which still has it, is cut."""
        self.commit()
        busy = self.query("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]
        self.begin()
        return not busy

    def rollback(self) -> None:
        self._head = None
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def failure(self, error: Exception) -> StoreFailedError | None:
        is_about_rows = isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.DataError)
        return StoreFailedError(error) if isinstance(error, sqlite3.Error) and not is_about_rows else None

    def close(self) -> None:
        self.connection.close()


class SqliteSource:
    """Read-only connections, reused; as many as there are readers at once."""

    def __init__(self, path: Path, district: str) -> None:
        self.path = path
        self.district = district
        self._idle: list[SqliteLookup] = []
        self._lock = threading.Lock()

    @contextmanager
    def lookup(self) -> Iterator[SqliteLookup]:
        with self._lock:
            found = self._idle.pop() if self._idle else None
        try:
            lookup = found or SqliteLookup(_connect_reading(self.path), self.district)
        except sqlite3.Error as error:
            raise unusable(error, str(self.path)) from error
        try:
            yield lookup
        except sqlite3.Error as error:
            raise _told(error, self.path) from error
        finally:
            with self._lock:
                self._idle.append(lookup)

    @contextmanager
    def snapshot(self) -> Iterator[SqliteLookup]:
        try:
            connection = _connect_reading(self.path)
        except sqlite3.Error as error:
            raise unusable(error, str(self.path)) from error
        try:
            connection.execute("BEGIN")
            yield SqliteLookup(connection, self.district)
        except sqlite3.Error as error:
            raise _told(error, self.path) from error
        finally:
            connection.close()

    def alone(self) -> AbstractContextManager[bool]:
        """A home has one owner; who stands beside it sends it the same commands, which take effect once."""
        return nullcontext(enter_result=True)

    def has(self, table: str) -> bool:
        with self.lookup() as lookup:
            sql = "SELECT 1 FROM sqlite_master WHERE type = :kind AND name = :name"
            return bool(lookup.query(sql, {"kind": "table", "name": table}))

    def close(self) -> None:
        with self._lock:
            while self._idle:
                self._idle.pop().connection.close()


def _connect_writing(path: Path, district: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=10.0, cached_statements=WRITING_STATEMENTS
    )
    with _closed_if_it_fails(connection):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        connection.execute(_SHARD, tuple(Shard(district)))
    return connection


def _connect_reading(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=10.0,
        cached_statements=STATEMENTS,
    )
    with _closed_if_it_fails(connection):
        connection.execute("PRAGMA query_only = ON")
        connection.execute(f"PRAGMA cache_size = -{PAGES_KB}")
    return connection


@contextmanager
def _closed_if_it_fails(connection: sqlite3.Connection) -> Iterator[None]:
    """What is set first is where a file that is no database, or is locked, is found out."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _told(error: sqlite3.Error, path: Path) -> Exception:
    """An error of the store as a whole in plain words; any other one as it is."""
    is_of_store = isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError
    return unusable(error, str(path)) if is_of_store else error


def _insert(shape: Shape, conflict: str, rows: int = 1) -> str:
    marks = f"({', '.join('?' * len(shape.columns))})"
    into = f"{shape.name} ({', '.join(shape.columns)})"
    return f"INSERT OR {conflict} INTO {into} VALUES {', '.join([marks] * rows)}"  # noqa: S608 -- from the schema


@lru_cache(1024)
def _runs(rows: int) -> tuple[tuple[int, int], ...]:
    """Where each statement of so many rows starts among them, and how many it takes."""
    found, start = [], 0
    while left := rows - start:
        size = MANY if left >= MANY else 1 << (left.bit_length() - 1)
        found.append((start, size))
        start += size
    return tuple(found)


@lru_cache(512)
def _insert_at_once(shape: Shape, rows: int) -> str:
    """One statement for several rows. What it wrote before it failed stays: the transaction is rolled back, or the rows
    are overwritten. To take a statement of several rows back, SQLite keeps a copy of every page that it changes.
    """
    return _insert(shape, "FAIL", rows)


def _delete(shape: Shape) -> str:
    where = " AND ".join(f"{column} = ?" for column in shape.key)
    return f"DELETE FROM {shape.name} WHERE {where}"  # noqa: S608 -- from the schema


def _changing(shape: Shape, changed: tuple[bool, ...]) -> tuple[str, ...]:
    """The columns that change, of those after the head, and those of the key: what a row's values are picked for."""
    return (*compress(shape.columns[HEAD:], changed), *shape.key)


@lru_cache(1024)
def _values_of(shape: Shape, changed: tuple[bool, ...]) -> Callable[[Row], Row]:
    picked: Callable[[Row], Row] = itemgetter(*map(shape.columns.index, _changing(shape, changed)))
    return picked


@lru_cache(1024)
def _update(shape: Shape, changed: tuple[bool, ...]) -> str:
    """The statement that changes these columns of one row."""
    sets = ", ".join(f"{name} = ?" for name in compress(shape.columns[HEAD:], changed))
    where = " AND ".join(f"{name} = ?" for name in shape.key)
    return f"UPDATE {shape.name} SET {sets} WHERE {where}"  # noqa: S608 -- from the schema


@lru_cache(256)
def _update_at_once(shape: Shape, changed: tuple[bool, ...]) -> str:
    """The same for `MANY` rows; `OR FAIL` as in `_insert_at_once`.

    The whole key is held against the rows given, the district too. Were it a value by itself, SQLite could take it for
    the way into the table, and go through all of a district's rows.
    """
    given = [f"{name} = given.column{place}" for place, name in enumerate(_changing(shape, changed), start=1)]
    own = len(given) - len(shape.key)
    sets, where = ", ".join(given[:own]), " AND ".join(f"{shape.name}.{one}" for one in given[own:])
    rows = ", ".join([f"({', '.join('?' * len(given))})"] * MANY)
    return f"UPDATE OR FAIL {shape.name} SET {sets} FROM (VALUES {rows}) AS given WHERE {where}"  # noqa: S608 -- from the schema
