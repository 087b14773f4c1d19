"""Opens a ledger: makes or checks its tables, then gives out its writer and its reader.

    writer, reader = open_sqlite(home / "ledger.db", "heping", aggregates, clock=clock, sealer=vault, opener=vault)
    answer = writer.submit(Submission(command_id, actor, (Part("case:c-17", "dispatch", {...}),)))
    state = reader.state("case:c-17")
    writer.close(); reader.close()

Only the process that owns the home opens a writer on SQLite; everyone else takes `read_sqlite`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sqlalchemy import create_engine

from sanban.kernel.errors import SanbanError
from sanban.ledger.migrations.upgrading import make_or_check, sqlite_url
from sanban.ledger.port import Aggregate
from sanban.ledger.proof.rebuild import make_tables, refill, register, remake_changed, stale
from sanban.ledger.reading.reader import StoreReader
from sanban.ledger.sealing import Opener, Sealer
from sanban.ledger.stores.shapes import all_shapes
from sanban.ledger.stores.sqlite import SqliteSource, SqliteStore
from sanban.ledger.stores.store import district_code
from sanban.ledger.writing.writer import CACHE, ZONE, Writer


def open_sqlite(
    path: Path,
    district: str,
    aggregates: Sequence[Aggregate],
    *,
    clock: Callable[[], int],
    sealer: Sealer | None = None,
    opener: Opener | None = None,
    zone: str = ZONE,
    cache: int = CACHE,
) -> tuple[Writer, StoreReader]:
    """The writer and a reader of a SQLite ledger, which is made when the file does not exist.

    `clock`: microseconds UTC. `zone`: the district's, for the year in numbers. `cache`: states kept in memory.
    Raises SanbanError when the store must be upgraded or rebuilt first.
    """
    kinds = by_kind(aggregates)
    _prepare(sqlite_url(path), district_code(district), kinds)
    store = SqliteStore(path, district, all_shapes(aggregates))
    writer = Writer(store, kinds, clock=clock, sealer=sealer, zone=zone, cache=cache)
    return writer, read_sqlite(path, district, aggregates, opener=opener)


def read_sqlite(
    path: Path, district: str, aggregates: Sequence[Aggregate], *, opener: Opener | None = None
) -> StoreReader:
    """A reader alone; the file must exist."""
    return StoreReader(SqliteSource(path, district_code(district)), by_kind(aggregates), opener)


def rebuild_sqlite(path: Path, district: str, aggregates: Sequence[Aggregate]) -> int:
    """Refills projections and timers; the number of streams. No writer may be open on the home."""
    kinds = by_kind(aggregates)
    _remake(sqlite_url(path), kinds)
    store = SqliteStore(path, district_code(district), all_shapes(aggregates))
    try:
        count = refill(store, kinds)
    finally:
        store.close()
    _register(sqlite_url(path), district, kinds)
    return count


def by_kind(aggregates: Sequence[Aggregate]) -> Mapping[str, Aggregate]:
    """Aggregates by the kind of stream they stand for. Raises SanbanError when a kind has two."""
    kinds = {aggregate.kind: aggregate for aggregate in aggregates}
    if len(kinds) != len(aggregates):
        raise SanbanError("every kind of stream has one aggregate", "case, account, pool")
    return kinds


def _prepare(url: str, district: str, aggregates: Mapping[str, Aggregate]) -> None:
    make_or_check(url)
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            if tables := stale(connection, district, aggregates):
                raise SanbanError(f"these projections must be refilled: {', '.join(tables)}", "sanban rebuild")
            make_tables(connection, aggregates)
            register(connection, district, aggregates)
    finally:
        engine.dispose()


def _remake(url: str, aggregates: Mapping[str, Aggregate]) -> None:
    make_or_check(url)
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            remake_changed(connection, aggregates)
    finally:
        engine.dispose()


def _register(url: str, district: str, aggregates: Mapping[str, Aggregate]) -> None:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            register(connection, district, aggregates)
    finally:
        engine.dispose()
