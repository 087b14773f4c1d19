"""0002: the commitments to secrets become part of the chain.

`ledger_command.sealed` holds them from now on. What stands in the vault already is sealed by commands that this
migration writes, in one batch a district, so that from here on nothing can go from the vault unnoticed. The creation
instant of a person's key goes: nothing read it and nothing proved it.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

import msgspec
from alembic import op
from sqlalchemy import Column, Connection, LargeBinary, text

from sanban.ledger.proof.chain import BatchRow, batch_hash, command_hash, commands_joined, joined

revision = "0002"
down_revision = "0001"

NAMESPACE = UUID("5d0b6a1e-0c53-5a86-9f57-8f6f6a0f7a52")
PAGE = 500
SHARDS = "SELECT district, position, batch_no, recorded_at, head_hash, numbers FROM shard ORDER BY district"
ENTRIES = (
    "SELECT ref, person, commitment FROM vault_entry WHERE district = :district AND ref > :after "
    "ORDER BY ref LIMIT :most"
)
COMMAND = (
    "INSERT INTO ledger_command (district, command_id, batch_no, body_hash, answer, hash, sealed) "
    "VALUES (:district, :command_id, :batch_no, :body_hash, :answer, :hash, :sealed)"
)
BATCH = (
    "INSERT INTO ledger_batch (district, batch_no, first_position, last_position, recorded_at, commands, events_hash, "
    "commands_hash, numbers, cursors, previous_hash, hash) VALUES (:district, :batch_no, :first_position, "
    ":last_position, :recorded_at, :commands, :events_hash, :commands_hash, :numbers, :cursors, :previous_hash, :hash)"
)
SHARD = "UPDATE shard SET batch_no = :batch_no, head_hash = :hash WHERE district = :district"

_encode = msgspec.json.Encoder(order="deterministic").encode


def upgrade() -> None:
    """Adds the column, drops the other, and seals what stands in the vault."""
    connection = op.get_bind()
    is_postgres = connection.dialect.name == "postgresql"
    nothing = text("''::bytea" if is_postgres else "x''")
    op.add_column("ledger_command", Column("sealed", LargeBinary(), nullable=False, server_default=nothing))
    op.drop_column("vault_key", "created_at")
    locking = " FOR UPDATE" if is_postgres else ""
    for shard in connection.execute(text(SHARDS + locking)).all():
        _seal(connection, *shard)


def _seal(
    connection: Connection,
    district: str,
    position: int,
    last_batch: int,
    recorded_at: int,
    head_hash: bytes,
    numbers: bytes,
) -> None:
    """One batch without events, whose commands seal the district's entries; none when there are no entries."""
    batch_no = last_batch + 1
    hashes: list[tuple[str, bytes]] = []
    for page in _pages(connection, district):
        command = _command(district, batch_no, len(hashes), page)
        connection.execute(text(COMMAND), command)
        hashes.append((command["command_id"], command["hash"]))
    if not hashes:
        return
    row = BatchRow(
        district, batch_no, position + 1, position, recorded_at, len(hashes), joined(()), commands_joined(hashes),
        bytes(numbers), b"{}", bytes(head_hash),
    )  # fmt: skip
    digest = batch_hash(row)
    connection.execute(text(BATCH), {**row._asdict(), "hash": digest})
    connection.execute(text(SHARD), {"district": district, "batch_no": batch_no, "hash": digest})


def _command(district: str, batch_no: int, number: int, page: list[tuple[str, str, bytes]]) -> dict[str, Any]:
    command_id = str(uuid5(NAMESPACE, f"{district}/{number}"))
    sealed = _encode(page)
    body_hash = sha256(sealed).digest()
    answer = _encode({"command_id": command_id, "streams": {}, "position": 0, "numbers": [], "refused": None})
    digest = command_hash(district, command_id, batch_no, body_hash, answer, sealed)
    return {
        "district": district, "command_id": command_id, "batch_no": batch_no, "body_hash": body_hash,
        "answer": answer, "hash": digest, "sealed": sealed,
    }  # fmt: skip


def _pages(connection: Connection, district: str) -> Iterator[list[tuple[str, str, bytes]]]:
    after = ""
    while rows := connection.execute(text(ENTRIES), {"district": district, "after": after, "most": PAGE}).all():
        yield [(ref, person, bytes(commitment)) for ref, person, commitment in rows]
        after = rows[-1][0]
