"""Opens a SQLite ledger. Only the process that owns the home opens a writer; everyone else takes `read_sqlite`.

What makes tables is loaded when some have to be made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Final

from sanban.ledger.migrations.addresses import sqlite_url
from sanban.ledger.opening.preparing import by_kind, is_ready
from sanban.ledger.port import Aggregate
from sanban.ledger.reading.reader import StoreReader
from sanban.ledger.sealing import Opener, Sealer
from sanban.ledger.stores.shapes import all_shapes
from sanban.ledger.stores.sqlite import SqliteSource, SqliteStore
from sanban.ledger.stores.store import district_code
from sanban.ledger.writing.writer import CACHE, ZONE, Writer

MAKING: Final = "sanban.ledger.opening.making"


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
    prepare(path, district_code(district), kinds)
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
    making = import_module(MAKING)
    making.remake(sqlite_url(path), kinds)
    store = SqliteStore(path, district_code(district), all_shapes(aggregates))
    count: int = making.refill_store(store, sqlite_url(path), kinds)
    return count


def prepare(path: Path, district: str, kinds: Mapping[str, Aggregate]) -> None:
    """Makes or checks the tables; a file that needs nothing is only looked at."""
    if not _is_ready(path, district, kinds):
        import_module(MAKING).prepare(sqlite_url(path), district, kinds)


def _is_ready(path: Path, district: str, kinds: Mapping[str, Aggregate]) -> bool:
    if not path.is_file():
        return False
    with closing(SqliteSource(path, district)) as source:
        return is_ready(source, kinds)
