"""0001: the tables of the first release.

Written out as they were then, not as they are declared now: later migrations start from here.
"""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, LargeBinary, PrimaryKeyConstraint, Text, UniqueConstraint

revision = "0001"
down_revision = None

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
KINDS: dict[str, Any] = {"text": TEXT, "number": BigInteger(), "blob": LargeBinary()}

EVENT = (
    "district text, stream text, seq number, position number, type text, v number, command_id text, actor text, "
    "occurred_at number, recorded_at number, batch_no number, payload blob, hash blob"
)
BATCH = (
    "district text, batch_no number, first_position number, last_position number, recorded_at number, commands number, "
    "events_hash blob, commands_hash blob, numbers blob, cursors blob, previous_hash blob, hash blob"
)
TABLES = {
    "shard": (1, "district text, position number, batch_no number, recorded_at number, head_hash blob, numbers blob"),
    "ledger_event": (3, EVENT),
    "ledger_command": (2, "district text, command_id text, batch_no number, body_hash blob, answer blob, hash blob"),
    "ledger_batch": (2, BATCH),
    "timer": (3, "district text, stream text, timer_id text, due_at number, step text, args blob"),
    "reaction_cursor": (2, "district text, handler text, position number"),
    "projection": (2, "district text, name text, version number"),
    "vault_master": (1, "district text, fingerprint blob"),
    "vault_key": (2, "district text, person text, wrapped blob, cipher text, created_at number"),
    "vault_entry": (2, "district text, ref text, person text, kind text, nonce blob, body blob, commitment blob"),
    "vault_lookup": (2, "district text, ref text, person text, kind text, hmac blob"),
}
PARTITIONED = ("ledger_event", "ledger_command", "ledger_batch")
UNIQUE = {"ledger_event": ("ledger_event_position", "district", "position")}
INDEXES = {
    "ledger_command_batch": ("ledger_command", ["district", "batch_no"]),
    "timer_due": ("timer", ["district", "due_at", "stream", "timer_id"]),
    "vault_entry_person": ("vault_entry", ["district", "person"]),
    "vault_lookup_hmac": ("vault_lookup", ["district", "kind", "hmac"]),
    "vault_lookup_person": ("vault_lookup", ["district", "person"]),
}


def upgrade() -> None:
    """Creates every table. The first number in `TABLES` says how many columns make the key."""
    for name, (key, spelled) in TABLES.items():
        columns = [word.split(" ") for word in spelled.split(", ")]
        parts: list[Any] = [Column(column, KINDS[kind], nullable=False) for column, kind in columns]
        parts.append(PrimaryKeyConstraint(*[column for column, _ in columns[:key]]))
        if name in UNIQUE:
            label, *unique = UNIQUE[name]
            parts.append(UniqueConstraint(*unique, name=label))
        options: dict[str, Any] = {"postgresql_partition_by": "LIST (district)"} if name in PARTITIONED else {}
        op.create_table(name, *parts, **options)
    for index, (name, names) in INDEXES.items():
        op.create_index(index, name, names)
