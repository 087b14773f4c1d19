"""Projection tables: declared by aggregates, and known to the stores by their shape.

A projection's table is derived data, so it is not migrated: it is made when missing, and dropped and refilled when its
version changes. The table `projection` records which version a district's rows have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sanban.kernel.errors import SanbanError
from sanban.ledger.port import Aggregate, ColumnType, Projection, columns
from sanban.ledger.schema import LEDGER, Declared
from sanban.ledger.stores.store import Shape, Source, identifier
from sanban.ledger.vault_schema import VAULT

TABLES: Final = {table.name: table for table in (*LEDGER, *VAULT)}
"""Every table of the ledger, the vault's among them."""
FRONT: Final = columns("district:text stream:text")
"""The columns in front of every projection's own."""
_POSTGRES: Final[Mapping[ColumnType, str]] = {"text": "text", "int": "bigint", "bool": "boolean", "bytes": "bytea"}
_VERSIONS = "SELECT name, version FROM projection WHERE district = :district"


def projections(aggregates: Iterable[Aggregate]) -> dict[str, Projection]:
    """All projections by table. Raises SanbanError when two share a table or one takes a ledger table's name."""
    found: dict[str, Projection] = {}
    for projection in (each for aggregate in aggregates for each in aggregate.projections):
        if projection.table in found or projection.table in TABLES:
            raise SanbanError(f"the table {projection.table} is taken; name the projection differently", "case_queue")
        found[projection.table] = projection
    return found


def declared_of(projection: Projection) -> Declared:
    """The table of a projection, `district` and `stream` in front."""
    name = identifier(projection.table)
    front = tuple(column.name for column in FRONT)
    own = tuple(identifier(column.name) for column in projection.columns)
    indexes = enumerate(projection.indexes, start=1)
    return Declared(
        name,
        (*FRONT, *projection.columns),
        (*front, *(column for column in own if column in projection.key)),
        tuple((f"{name}_{number}", ("district", *listed)) for number, listed in indexes),
    )


def shape_of(table: Declared) -> Shape:
    """What a store needs to write rows of a table."""
    return Shape(
        table.name,
        tuple(column.name for column in table.columns),
        tuple(_POSTGRES[column.type] for column in table.columns),
        table.key,
    )


def all_shapes(aggregates: Iterable[Aggregate]) -> dict[str, Shape]:
    """Shapes of every table the writer may write to."""
    derived = map(declared_of, projections(aggregates).values())
    return {table.name: shape_of(table) for table in (*TABLES.values(), *derived)}


def holds(source: Source, aggregates: Iterable[Aggregate]) -> bool:
    """Whether the store has every projection's table, and the district's rows in them are of the declared versions."""
    with source.lookup() as lookup:
        have = dict(lookup.query(_VERSIONS))
    return all(
        have.get(table) == projection.version and source.has(table)
        for table, projection in projections(aggregates).items()
    )
