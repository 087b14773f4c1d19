"""PostgreSQL, the production store: the shard's row is locked first, everything is inserted set-wise.

READ COMMITTED with `SELECT ... FOR UPDATE` on the shard: whoever holds the row sees all that was committed before, so
positions are gap-free and commit order is position order, however many writers there are. Rows travel as one array a
column and are put together by `unnest`: one statement a table, whatever the batch's size. The ledger's tables are
list-partitioned; a district's partitions are made with its shard.

Statements are planned once and for all, so the tables are counted anew as the ledger grows (`counting`).
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from hashlib import sha256
from typing import Any

import psycopg
from psycopg import sql as compose
from psycopg.pq import TransactionStatus

from sanban.ledger.schema import PARTITIONED
from sanban.ledger.stores.counting import Counting
from sanban.ledger.stores.failing import POSTGRES, unusable
from sanban.ledger.stores.store import FOLD_COLUMNS, Row, Shape, Shard, StoreFailedError, identifier

FOLDS = (
    f"SELECT {FOLD_COLUMNS} FROM ledger_event WHERE district = %s AND stream = ANY(%b::text[]) "  # noqa: S608 -- constant columns
    "ORDER BY stream, seq"
)
KNOWN = "SELECT command_id, body_hash, answer FROM ledger_command WHERE district = %s AND command_id = ANY(%b::text[])"
LOCK = 5_163_022  # any number that only we use as PostgreSQL advisory lock
CHUNK = 2000
ERASABLE = ("vault_key", "vault_entry", "vault_lookup")
LOCK_PATIENCE = 2000
"""Milliseconds that an erasure waits for readers of the vault."""

_NAMED = re.compile(r"(?<![:\w]):([a-z_]\w*)")


class PostgresLookup:
    """Bound SELECTs on one connection."""

    def __init__(self, connection: psycopg.Connection[Row], district: str) -> None:
        self.connection = connection
        self.district = district
        self._cursors = itertools.count()

    def query(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[Row]:
        return self.connection.execute(_named(sql), {**parameters, "district": self.district}).fetchall()

    def rows(self, table: str, columns: Sequence[str], key: str, values: Sequence[str]) -> list[Row]:
        names = ", ".join(map(identifier, columns))
        sql = (
            f"SELECT {names} FROM {identifier(table)} WHERE district = %s "  # noqa: S608 -- checked identifiers
            f"AND {identifier(key)} = ANY(%s::text[])"
        )
        return self.connection.execute(sql.encode(), (self.district, list(values))).fetchall()

    def stream(self, sql: str, parameters: Mapping[str, Any] = {}) -> Iterator[Row]:
        with self.connection.cursor(f"stream_{next(self._cursors)}", binary=True) as cursor:
            cursor.itersize = CHUNK
            cursor.execute(_named(sql), {**parameters, "district": self.district})
            while rows := cursor.fetchmany(CHUNK):
                yield from rows


class PostgresStore(PostgresLookup):
    """A writing connection; a lost one is replaced when the next batch begins."""

    def __init__(self, url: str, district: str, shapes: Mapping[str, Shape]) -> None:
        self.url = url
        try:
            connection = _connect_writing(url)
        except psycopg.Error as error:
            raise unusable(error, POSTGRES) from error
        super().__init__(connection, district)
        self._insert = {name: _insert(shape) for name, shape in shapes.items()}
        self._upsert = {name: _insert(shape) + _overwrite(shape) for name, shape in shapes.items()}
        self._delete = {name: _delete(shape) for name, shape in shapes.items()}
        with self.connection.transaction():
            _make_shard(self.connection, district)
        self._position = self.begin().position
        self._counting = Counting(url, shapes, self._position)
        self.rollback()

    def begin(self) -> Shard:
        if self.connection.closed:
            self.connection = _connect_writing(self.url)
        sql = "SELECT * FROM shard WHERE district = %s FOR UPDATE"
        found = self.connection.execute(sql, (self.district,), prepare=True).fetchone()
        if found is None:
            raise psycopg.OperationalError(f"the shard of district {self.district} is missing")
        return Shard._make(found)

    def known(self, command_ids: Sequence[str]) -> list[tuple[str, bytes, bytes]]:
        found = self.connection.execute(KNOWN, (self.district, list(command_ids)), prepare=True, binary=True)
        return [(row[0], row[1], row[2]) for row in found]

    def folds(self, streams: Sequence[str]) -> Iterable[Row]:
        return self.connection.execute(FOLDS, (self.district, list(streams)), prepare=True, binary=True)

    def execute(self, sql: str, parameters: Mapping[str, Any] = {}) -> int:
        return self.connection.execute(_named(sql), {**parameters, "district": self.district}).rowcount

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        self._unnest(self._insert[table], rows)

    def upsert(self, table: str, rows: Sequence[Row]) -> None:
        self._unnest(self._upsert[table], rows)

    def update(self, table: str, pairs: Sequence[tuple[Row, Row]]) -> None:
        self._unnest(self._upsert[table], [after for _, after in pairs])

    def delete(self, table: str, keys: Sequence[Row]) -> None:
        self._unnest(self._delete[table], keys)

    def writing(self) -> AbstractContextManager[object]:
        return self.connection.pipeline()

    def advance(self, shard: Shard) -> None:
        self.connection.execute(
            "UPDATE shard SET position = %s, batch_no = %s, recorded_at = %s, head_hash = %b, numbers = %b "
            "WHERE district = %s",
            (*shard[1:], shard.district),
            prepare=True,
        )
        self._position = shard.position

    def commit(self) -> None:
        self.connection.commit()
        self._counting.follow(self._position)

    def scrub(self) -> bool:
        """The vault's tables are written anew, once after each erasure (a comment on the table says after how many):
        plain `VACUUM` leaves bytes of dead rows at pages' ends."""
        erased = self.connection.execute("SELECT count(*) FROM vault_key WHERE wrapped = %s", (b"",)).fetchall()[0][0]
        mark = f"rewritten after {erased} erasures"
        told = self.connection.execute("SELECT obj_description('vault_key'::regclass)").fetchall()[0][0]
        if told == mark:
            return True
        self.commit()
        self.connection.autocommit = True
        try:
            is_done = all([_rewritten(self.connection, table) for table in ERASABLE])  # noqa: C419 -- each is tried
            if is_done:
                comment = compose.SQL("COMMENT ON TABLE vault_key IS {}").format(compose.Literal(mark))
                self.connection.execute(comment)
            return is_done
        finally:
            self.connection.autocommit = False
            self.begin()

    def rollback(self) -> None:
        if not self.connection.closed and self.connection.info.transaction_status != TransactionStatus.IDLE:
            self.connection.rollback()

    def failure(self, error: Exception) -> StoreFailedError | None:
        is_of_store = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return StoreFailedError(error) if is_of_store else None

    def close(self) -> None:
        self._counting.end()
        self.connection.close()

    def _unnest(self, sql: bytes, rows: Sequence[Row]) -> None:
        columns = [list(column) for column in zip(*rows, strict=True)]
        columns[0] = rows[0][0]
        self.connection.execute(sql, columns, prepare=True)


class PostgresSource:
    """Read-only connections, reused; as many as there are readers at once."""

    def __init__(self, url: str, district: str) -> None:
        self.url = url
        self.district = district
        self._idle: list[PostgresLookup] = []
        self._lock = threading.Lock()

    @contextmanager
    def lookup(self) -> Iterator[PostgresLookup]:
        with self._lock:
            found = self._idle.pop() if self._idle else None
        lookup = found or PostgresLookup(_connect_reading(self.url, autocommit=True), self.district)
        try:
            yield lookup
        except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
            raise unusable(error, POSTGRES) from error
        finally:
            if not lookup.connection.closed:
                with self._lock:
                    self._idle.append(lookup)

    @contextmanager
    def snapshot(self) -> Iterator[PostgresLookup]:
        connection = _connect_reading(self.url, autocommit=False)
        try:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield PostgresLookup(connection, self.district)
        except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
            raise unusable(error, POSTGRES) from error
        finally:
            connection.close()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """A lock that PostgreSQL keeps for the connection: it falls with its process."""
        with self.lookup() as lookup:
            ((held,),) = lookup.query("SELECT pg_try_advisory_lock(:lock, hashtext(:district))", {"lock": LOCK})
            try:
                yield bool(held)
            finally:
                if held and not lookup.connection.closed:
                    lookup.query("SELECT pg_advisory_unlock(:lock, hashtext(:district))", {"lock": LOCK})

    def has(self, table: str) -> bool:
        with self.lookup() as lookup:
            return bool(lookup.query("SELECT to_regclass(:name)", {"name": table})[0][0])

    def close(self) -> None:
        with self._lock:
            while self._idle:
                self._idle.pop().connection.close()


def _connect_writing(url: str) -> psycopg.Connection[Row]:
    connection = psycopg.connect(url, application_name="sanban-writer", prepare_threshold=2)
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    connection.execute("SET synchronous_commit = on")
    connection.commit()
    return connection


def _rewritten(connection: psycopg.Connection[Row], table: str) -> bool:
    """Whether nothing of its dead rows is left; not while a reader may still see them, or keeps the table locked."""
    left: list[str] = []

    def hear(told: psycopg.errors.Diagnostic) -> None:
        left.extend(re.findall(r"\d+", told.message_detail or "")[:1])

    connection.add_notice_handler(hear)
    try:
        connection.execute(f"SET lock_timeout = {LOCK_PATIENCE}".encode())
        connection.execute(f"VACUUM (FULL, VERBOSE) {identifier(table)}".encode())
    except psycopg.errors.LockNotAvailable:
        return False
    finally:
        connection.remove_notice_handler(hear)
        connection.execute(b"SET lock_timeout = 0")
    return left == ["0"]


def _connect_reading(url: str, *, autocommit: bool) -> psycopg.Connection[Row]:
    try:
        connection = psycopg.connect(url, application_name="sanban-reader", autocommit=autocommit)
    except psycopg.Error as error:
        raise unusable(error, POSTGRES) from error
    connection.read_only = True
    return connection


def _make_shard(connection: psycopg.Connection[Row], district: str) -> None:
    """The district's partitions and its shard row, once, whoever comes first."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    if connection.execute("SELECT 1 FROM shard WHERE district = %s", (district,)).fetchone():
        return
    for table in PARTITIONED:
        name = f"{table}_{sha256(district.encode()).hexdigest()[:12]}"
        connection.execute(
            compose.SQL("CREATE TABLE IF NOT EXISTS {} PARTITION OF {} FOR VALUES IN ({})").format(
                compose.Identifier(name), compose.Identifier(table), compose.Literal(district)
            )
        )
    connection.execute("INSERT INTO shard VALUES (%s, %s, %s, %s, %s, %s)", tuple(Shard(district)))


@lru_cache(512)
def _named(sql: str) -> bytes:
    """A statement with :name parameters as psycopg writes them."""
    return _NAMED.sub(r"%(\1)s", sql.replace("%", "%%")).encode()


def _insert(shape: Shape) -> bytes:
    columns = ", ".join(shape.columns)
    return f"INSERT INTO {shape.name} ({columns}) SELECT %s, * FROM {_arrays(shape, shape.columns[1:])}".encode()  # noqa: S608 -- from the schema


def _overwrite(shape: Shape) -> bytes:
    others = [column for column in shape.columns if column not in shape.key]
    change = ", ".join(f"{column} = excluded.{column}" for column in others)
    action = f"DO UPDATE SET {change}" if others else "DO NOTHING"
    return f" ON CONFLICT ({', '.join(shape.key)}) {action}".encode()


def _delete(shape: Shape) -> bytes:
    keys = shape.key[1:]
    where = " AND ".join(f"t.{key} = gone.{key}" for key in keys)
    source = _arrays(shape, keys)
    return (
        f"DELETE FROM {shape.name} AS t USING (SELECT %s::text AS district, * FROM {source}) AS gone "  # noqa: S608 -- from the schema
        f"WHERE t.district = gone.district AND {where}"
    ).encode()


def _arrays(shape: Shape, columns: Sequence[str]) -> str:
    types = dict(zip(shape.columns, shape.types, strict=True))
    arrays = ", ".join(f"%b::{types[column]}[]" for column in columns)
    return f"unnest({arrays}) AS u ({', '.join(columns)})"
