"""SQLAlchemy's tables of what is declared: for migrations, for making a store, and for refilling what is derived."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, MetaData, Table, Text, UniqueConstraint
from sqlalchemy.types import TypeEngine

from sanban.ledger.port import ColumnType, Projection
from sanban.ledger.schema import PARTITIONED, Declared
from sanban.ledger.stores.shapes import TABLES, declared_of

_TYPES: Mapping[ColumnType, TypeEngine[Any]] = {
    "text": Text().with_variant(Text(collation="C"), "postgresql"),
    "int": BigInteger(),
    "bool": Boolean(),
    "bytes": LargeBinary(),
}


def table_of(projection: Projection) -> Table:
    """The table of a projection, on metadata of its own."""
    return _made(declared_of(projection), MetaData())


def _made(table: Declared, metadata: MetaData) -> Table:
    columns: list[Column[Any]] = [
        Column(
            column.name,
            _TYPES[column.type],
            primary_key=column.name in table.key,
            autoincrement=False,
            nullable=column.nullable,
        )
        for column in table.columns
    ]
    rules = [UniqueConstraint(*listed, name=name) for name, listed in table.unique]
    indexes = [Index(name, *listed) for name, listed in table.indexes]
    partitioned: dict[str, Any] = {"postgresql_partition_by": "LIST (district)"} if table.name in PARTITIONED else {}
    return Table(table.name, metadata, *columns, *rules, *indexes, **partitioned)


metadata = MetaData()
"""Every table of the ledger, the vault's among them."""
for _table in TABLES.values():
    _made(_table, metadata)
