"""Projection tables: declared by aggregates, made here, and known to the stores by their shape.

A projection's table is derived data, so it is not migrated: it is made when missing, and dropped and refilled when its
version changes. The table `projection` records which version a district's rows have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

from sanban.kernel.errors import SanbanError
from sanban.ledger.port import Aggregate, ColumnType, Projection
from sanban.ledger.schema import TEXT, key
from sanban.ledger.stores.store import Shape, identifier
from sanban.ledger.vault_schema import vault_entry

metadata = vault_entry.metadata
"""Every table of the ledger, the vault's among them."""

TYPES: Mapping[ColumnType, TypeEngine[Any]] = {
    "text": TEXT,
    "int": BigInteger(),
    "bool": Boolean(),
    "bytes": LargeBinary(),
}


def projections(aggregates: Iterable[Aggregate]) -> dict[str, Projection]:
    """All projections by table. Raises SanbanError when two share a table or one takes a ledger table's name."""
    found: dict[str, Projection] = {}
    for projection in (each for aggregate in aggregates for each in aggregate.projections):
        if projection.table in found or projection.table in metadata.tables:
            raise SanbanError(f"the table {projection.table} is taken; name the projection differently", "case_queue")
        found[projection.table] = projection
    return found


def table_of(projection: Projection) -> Table:
    """The SQLAlchemy table of a projection, `district` and `stream` in front."""
    columns = [
        Column(
            identifier(column.name),
            TYPES[column.type],
            primary_key=column.name in projection.key,
            autoincrement=False,
            nullable=column.nullable,
        )
        for column in projection.columns
    ]
    name = identifier(projection.table)
    indexes = [
        Index(f"{name}_{number}", "district", *columns) for number, columns in enumerate(projection.indexes, start=1)
    ]
    return Table(name, MetaData(), key("district"), key("stream"), *columns, *indexes)


def shape_of(table: Table) -> Shape:
    """What a store needs to write rows of a table."""
    columns = list(table.columns)
    return Shape(
        table.name,
        tuple(column.name for column in columns),
        tuple(_postgres_type(column.type) for column in columns),
        tuple(column.name for column in table.primary_key),
    )


def all_shapes(aggregates: Iterable[Aggregate]) -> dict[str, Shape]:
    """Shapes of every table the writer may write to."""
    derived = [table_of(projection) for projection in projections(aggregates).values()]
    return {table.name: shape_of(table) for table in (*metadata.tables.values(), *derived)}


def _postgres_type(kind: TypeEngine[Any]) -> str:
    for known, name in ((Boolean, "boolean"), (BigInteger, "bigint"), (LargeBinary, "bytea"), (Text, "text")):
        if isinstance(kind, known):
            return name
    raise SanbanError(f"columns of type {kind!r} are not used by the ledger", "text, int, bool or bytes")
