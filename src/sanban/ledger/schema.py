"""The tables both stores share, declared as plain values: what migrations are checked against.

Every key starts with the district. Text sorts by bytes in both stores (PostgreSQL: collation "C"), so that merges by
stream need no sorting in Python. In PostgreSQL the three ledger tables are list-partitioned by district; a partition
is made when a district's shard is. The vault declares its tables beside these (`vault_schema`); projections are derived
and declared by aggregates. `migrations.tables` makes SQLAlchemy's tables of all of them, for whoever changes a store:
who only reads and writes one knows them by these values, and loads no more.
"""

from __future__ import annotations

import msgspec

from sanban.ledger.port import Column, columns

PARTITIONED = ("ledger_event", "ledger_command", "ledger_batch")


class Declared(msgspec.Struct, frozen=True):
    """A table: its columns in their order, those of its key among them, and its indexes by name."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    indexes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unique: tuple[tuple[str, tuple[str, ...]], ...] = ()


def declared(name: str, key: str, others: str, *, unique: dict[str, str] | None = None, **indexes: str) -> Declared:
    """A table of columns as `port.columns` reads them, those of its key first; indexes and rules as lists of names."""
    keyed = columns(key)
    return Declared(
        name,
        (*keyed, *columns(others)),
        tuple(column.name for column in keyed),
        _lists(indexes),
        _lists(unique or {}),
    )


def _lists(named: dict[str, str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((name, tuple(listed.split())) for name, listed in named.items())


shard = declared("shard", "district:text", "position:int batch_no:int recorded_at:int head_hash:bytes numbers:bytes")

ledger_event = declared(
    "ledger_event",
    "district:text stream:text seq:int",
    "position:int type:text v:int command_id:text actor:text occurred_at:int recorded_at:int batch_no:int "
    "payload:bytes hash:bytes",
    unique={"ledger_event_position": "district position"},
)

ledger_command = declared(
    "ledger_command",
    "district:text command_id:text",
    "batch_no:int body_hash:bytes answer:bytes hash:bytes sealed:bytes",
    ledger_command_batch="district batch_no",
)

ledger_batch = declared(
    "ledger_batch",
    "district:text batch_no:int",
    "first_position:int last_position:int recorded_at:int commands:int events_hash:bytes commands_hash:bytes "
    "numbers:bytes cursors:bytes previous_hash:bytes hash:bytes",
)

timer = declared(
    "timer",
    "district:text stream:text timer_id:text",
    "due_at:int step:text args:bytes",
    timer_due="district due_at stream timer_id",
)

reaction_cursor = declared("reaction_cursor", "district:text handler:text", "position:int")

deferred = declared("deferred", "district:text", "position:int")
"""Up to which event the deferred projections have been filled."""

projection = declared("projection", "district:text name:text", "version:int")
"""Which version of a projection a district's rows have."""

LEDGER = (shard, ledger_event, ledger_command, ledger_batch, timer, reaction_cursor, deferred, projection)
