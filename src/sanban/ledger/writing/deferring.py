"""Deferred projections: tables that are filled behind the commands, so that no command pays for them.

    deferred.position --> events after it --> the streams they belong to --> each stream's rows, as its state stands now

The rows and the new position commit together, so a table is always what the states gave at some moment at or after its
position. `sanban verify` compares streams whose last event lies before the position; `sanban rebuild` fills everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sanban.ledger.port import Aggregate, Projection
from sanban.ledger.proof.folding import fold_streams
from sanban.ledger.stores.store import Row, Store, identifier
from sanban.ledger.writing.caching import StateCache
from sanban.ledger.writing.deriving import rows_of

PAGE = 2000
"""Events that are followed in one transaction."""
POSITION = "SELECT position FROM deferred WHERE district = :district"
SINCE = (
    "SELECT stream, position FROM ledger_event WHERE district = :district AND position > :after "
    "ORDER BY position LIMIT :most"
)


def fill(store: Store, aggregates: Mapping[str, Aggregate], cache: StateCache | None = None) -> int:
    """Follows one page of events within the caller's transaction; how many, 0 when nothing is left.

    `cache`: states as they stand on disk; the other streams are folded from their events.
    """
    tables = {kind: found for kind, each in aggregates.items() if (found := deferred_of(each))}
    known = store.query(POSITION)
    events = store.query(SINCE, {"after": known[0][0] if known else 0, "most": PAGE}) if tables else []
    if not events:
        return 0
    streams = sorted({stream for stream, _ in events if stream.partition(":")[0] in tables})
    for table, rows in _filled(store, tables, _states(store, aggregates, streams, cache)).items():
        store.upsert(table, rows)
    store.upsert("deferred", [(store.district, events[-1][1])])
    return len(events)


def deferred_of(aggregate: Aggregate) -> list[Projection]:
    """The aggregate's projections that are filled behind the commands."""
    return [one for one in aggregate.projections if one.deferred]


def _states(
    store: Store, aggregates: Mapping[str, Aggregate], streams: Sequence[str], cache: StateCache | None
) -> Iterator[tuple[str, object]]:
    cold = []
    for stream in streams:
        warm = cache.get(stream) if cache is not None else None
        if warm is None:
            cold.append(stream)
        else:
            yield stream, warm.state
    for stream, entry in fold_streams(store.folds(cold), aggregates) if cold else ():
        yield stream, entry.state


def _filled(
    store: Store, tables: Mapping[str, Sequence[Projection]], states: Iterator[tuple[str, object]]
) -> dict[str, list[Row]]:
    """The rows by table; those that stood there are gone."""
    filled: dict[str, list[Row]] = {one.table: [] for each in tables.values() for one in each}
    for stream, state in states:
        for projection in tables[stream.partition(":")[0]]:
            table = identifier(projection.table)
            store.execute(f"DELETE FROM {table} WHERE district = :district AND stream = :stream", {"stream": stream})  # noqa: S608 -- checked identifier
            filled[table] += rows_of(store.district, projection, stream, state).values()
    return {table: rows for table, rows in filled.items() if rows}
