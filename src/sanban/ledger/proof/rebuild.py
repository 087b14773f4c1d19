"""Refills what is derived: projection rows and timers, from the events alone.

A district's rows are emptied and refilled in one transaction that holds its shard, so nothing is decided meanwhile
and readers see the old rows until the new ones are there. A projection whose declaration changed has its table dropped
and made anew first; other districts in the same database are then asked to rebuild too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import astuple
from sqlalchemy import Connection, Table, and_, delete, inspect, select

from sanban.ledger.migrations.tables import metadata, table_of
from sanban.ledger.port import Aggregate
from sanban.ledger.proof.folding import EVENTS_BY_STREAM, fold_streams
from sanban.ledger.stores.shapes import projections
from sanban.ledger.stores.store import Row, Store, identifier
from sanban.ledger.writing.caching import Entry
from sanban.ledger.writing.deriving import rows_of, timers_of

PAGE = 2000
shard, registry = metadata.tables["shard"], metadata.tables["projection"]


def stale(connection: Connection, district: str, aggregates: Mapping[str, Aggregate]) -> list[str]:
    """Projection tables that are missing or hold rows of another version, for a district that has events already."""
    if not connection.scalar(select(shard.c.position).where(shard.c.district == district)):
        return []
    rows = connection.execute(select(registry.c.name, registry.c.version).where(registry.c.district == district))
    have = {row.name: row.version for row in rows}
    present = set(inspect(connection).get_table_names())
    return sorted(
        table
        for table, projection in projections(aggregates.values()).items()
        if have.get(table) != projection.version or table not in present
    )


def make_tables(connection: Connection, aggregates: Mapping[str, Aggregate]) -> None:
    """Makes projection tables that do not exist yet."""
    present = set(inspect(connection).get_table_names())
    for name, projection in projections(aggregates.values()).items():
        if name not in present:
            table_of(projection).create(connection)


def remake_changed(connection: Connection, aggregates: Mapping[str, Aggregate]) -> None:
    """Drops and makes anew the tables whose columns or keys are not the declared ones any more."""
    inspector = inspect(connection)
    present = set(inspector.get_table_names())
    for name, projection in projections(aggregates.values()).items():
        table = table_of(projection)
        if name in present and _signature(connection, name) != _declared(table):
            table.drop(connection)
            connection.execute(delete(registry).where(registry.c.name == name))
    make_tables(connection, aggregates)


def register(connection: Connection, district: str, aggregates: Mapping[str, Aggregate]) -> None:
    """Records that the district's rows have the declared versions."""
    for name, projection in projections(aggregates.values()).items():
        connection.execute(delete(registry).where(and_(registry.c.district == district, registry.c.name == name)))
        connection.execute(registry.insert().values(district=district, name=name, version=projection.version))


def refill(store: Store, aggregates: Mapping[str, Aggregate]) -> int:
    """Empties and refills the district's timers and projection rows; the number of streams."""
    shard = store.begin()
    tables = ["timer", *projections(aggregates.values())]
    for table in tables:
        store.execute(f"DELETE FROM {identifier(table)} WHERE district = :district")  # noqa: S608 -- checked identifier
    count = 0
    pending: dict[str, list[Row]] = {table: [] for table in tables}
    for stream, entry in fold_streams(store.stream(EVENTS_BY_STREAM), aggregates):
        count += 1
        for table, row in _derived(store.district, stream, entry):
            pending[table].append(row)
            if len(pending[table]) >= PAGE:
                store.upsert(table, pending[table])
                pending[table] = []
    for table, rows in pending.items():
        if rows:
            store.upsert(table, rows)
    store.upsert("deferred", [(store.district, shard.position)])
    store.commit()
    return count


def _derived(district: str, stream: str, entry: Entry) -> Iterator[tuple[str, Row]]:
    for timer in timers_of(entry.aggregate, entry.state).values():
        yield "timer", (district, stream, *astuple(timer))
    for projection in entry.aggregate.projections:
        for row in rows_of(district, projection, stream, entry.state).values():
            yield projection.table, row


def _signature(connection: Connection, name: str) -> tuple[list[tuple[str, bool]], list[str], set[tuple[str, ...]]]:
    inspector = inspect(connection)
    key = inspector.get_pk_constraint(name)["constrained_columns"]
    columns = [(column["name"], bool(column["nullable"])) for column in inspector.get_columns(name)]
    indexes = {tuple(str(column) for column in index["column_names"]) for index in inspector.get_indexes(name)}
    return columns, key, indexes


def _declared(table: Table) -> tuple[list[tuple[str, bool]], list[str], set[tuple[str, ...]]]:
    columns = [(column.name, bool(column.nullable)) for column in table.columns]
    key = [column.name for column in table.primary_key]
    return columns, key, {tuple(column.name for column in index.columns) for index in table.indexes}
