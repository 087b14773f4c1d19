"""Opens a PostgreSQL ledger. A module of its own, because its driver is an extra of the installation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sanban.ledger.migrations.addresses import postgres_url
from sanban.ledger.opening.making import prepare, refill_store, remake
from sanban.ledger.opening.preparing import by_kind
from sanban.ledger.port import Aggregate
from sanban.ledger.reading.reader import StoreReader
from sanban.ledger.sealing import Opener, Sealer
from sanban.ledger.stores.postgres import PostgresSource, PostgresStore
from sanban.ledger.stores.shapes import all_shapes
from sanban.ledger.stores.store import district_code
from sanban.ledger.writing.writer import CACHE, ZONE, Writer


def open_postgres(
    url: str,
    district: str,
    aggregates: Sequence[Aggregate],
    *,
    clock: Callable[[], int],
    sealer: Sealer | None = None,
    opener: Opener | None = None,
    zone: str = ZONE,
    cache: int = CACHE,
) -> tuple[Writer, StoreReader]:
    """The same for a PostgreSQL database (`postgresql://...`), where a district may have several writers."""
    kinds = by_kind(aggregates)
    prepare(postgres_url(url), district_code(district), kinds)
    store = PostgresStore(url, district, all_shapes(aggregates))
    writer = Writer(store, kinds, clock=clock, sealer=sealer, zone=zone, cache=cache)
    return writer, read_postgres(url, district, aggregates, opener=opener)


def read_postgres(
    url: str, district: str, aggregates: Sequence[Aggregate], *, opener: Opener | None = None
) -> StoreReader:
    """A reader alone."""
    return StoreReader(PostgresSource(url, district_code(district)), by_kind(aggregates), opener)


def prepare_postgres(url: str, district: str, aggregates: Sequence[Aggregate]) -> None:
    """Makes or checks the tables, so that a database nobody has written to can be read."""
    prepare(postgres_url(url), district_code(district), by_kind(aggregates))


def rebuild_postgres(url: str, district: str, aggregates: Sequence[Aggregate]) -> int:
    """Refills projections and timers; the number of streams. Writers opened before must be opened again."""
    kinds = by_kind(aggregates)
    remake(postgres_url(url), kinds)
    return refill_store(PostgresStore(url, district_code(district), all_shapes(aggregates)), postgres_url(url), kinds)
