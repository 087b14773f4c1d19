"""The tables both stores share, as SQLAlchemy metadata: what migrations are checked against.

Every key starts with the district. Text sorts by bytes in both stores (PostgreSQL: collation "C"), so that merges by
stream need no sorting in Python. In PostgreSQL the three ledger tables are list-partitioned by district; a partition
is made when a district's shard is. The vault declares its tables on the same `metadata`; projections are derived and
are made by `stores.projecting`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table, Text, UniqueConstraint
from sqlalchemy.types import TypeEngine

metadata = MetaData()

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
PARTITIONED = ("ledger_event", "ledger_command", "ledger_batch")


def key(name: str, kind: TypeEngine[Any] = TEXT) -> Column[Any]:
    """A column of the primary key."""
    return Column(name, kind, primary_key=True, autoincrement=False, nullable=False)


def text(name: str) -> Column[str]:
    return Column(name, TEXT, nullable=False)


def number(name: str) -> Column[int]:
    """A whole number or an instant (microseconds UTC)."""
    return Column(name, BigInteger, nullable=False)


def blob(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


shard = Table(
    "shard",
    metadata,
    key("district"),
    number("position"),
    number("batch_no"),
    number("recorded_at"),
    blob("head_hash"),
    blob("numbers"),
)

ledger_event = Table(
    "ledger_event",
    metadata,
    key("district"),
    key("stream"),
    key("seq", BigInteger()),
    number("position"),
    text("type"),
    number("v"),
    text("command_id"),
    text("actor"),
    number("occurred_at"),
    number("recorded_at"),
    number("batch_no"),
    blob("payload"),
    blob("hash"),
    UniqueConstraint("district", "position", name="ledger_event_position"),
    postgresql_partition_by="LIST (district)",
)

ledger_command = Table(
    "ledger_command",
    metadata,
    key("district"),
    key("command_id"),
    number("batch_no"),
    blob("body_hash"),
    blob("answer"),
    blob("hash"),
    blob("sealed"),
    Index("ledger_command_batch", "district", "batch_no"),
    postgresql_partition_by="LIST (district)",
)

ledger_batch = Table(
    "ledger_batch",
    metadata,
    key("district"),
    key("batch_no", BigInteger()),
    number("first_position"),
    number("last_position"),
    number("recorded_at"),
    number("commands"),
    blob("events_hash"),
    blob("commands_hash"),
    blob("numbers"),
    blob("cursors"),
    blob("previous_hash"),
    blob("hash"),
    postgresql_partition_by="LIST (district)",
)

timer = Table(
    "timer",
    metadata,
    key("district"),
    key("stream"),
    key("timer_id"),
    number("due_at"),
    text("step"),
    blob("args"),
    Index("timer_due", "district", "due_at", "stream", "timer_id"),
)

reaction_cursor = Table("reaction_cursor", metadata, key("district"), key("handler"), number("position"))

deferred = Table("deferred", metadata, key("district"), number("position"))
"""Up to which event the deferred projections have been filled."""

projection = Table("projection", metadata, key("district"), key("name"), number("version"))
