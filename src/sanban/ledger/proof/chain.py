"""Hashes: every column of an event, command or batch row goes into that row's hash, and batches chain.

    event hash   = H(all columns of the event)
    command hash = H(all columns of the command, the commitments to its secrets among them)
    batch hash   = H(all columns of the batch, with the previous batch's hash,
                     H(its events' hashes by position) and H(its commands' hashes by command id))

Rows are encoded as fixed-width integers, among them the length of every text and byte string, then the strings one
after the other: two different rows never have the same encoding. H is SHA-256. What is hashed is what is stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from struct import Struct
from typing import NamedTuple

GENESIS = bytes(32)

_EVENT = Struct(">12q")
_COMMAND = Struct(">5q")
_SIZE = Struct(">q")
_NOT_PLAIN = _SIZE.pack(-1)
_BATCH = Struct(">8q")


def event_hash(
    district: str,
    stream: str,
    seq: int,
    position: int,
    type: str,  # noqa: A002 -- the column's own name
    v: int,
    command_id: str,
    actor: str,
    occurred_at: int,
    recorded_at: int,
    batch_no: int,
    payload: bytes,
) -> bytes:
    """32 bytes over every column of a `ledger_event` row, in the table's order."""
    head = _EVENT.pack(
        seq, position, v, occurred_at, recorded_at, batch_no,
        len(district), len(stream), len(type), len(command_id), len(actor), len(payload),
    )  # fmt: skip
    return sha256(head + f"{district}{stream}{type}{command_id}{actor}".encode() + payload).digest()


def command_hash(
    district: str, command_id: str, batch_no: int, body_hash: bytes, answer: bytes, sealed: bytes = b""
) -> bytes:
    """32 bytes over every column of a `ledger_command` row.

    A command without secrets is hashed as all were before there was `sealed`. One with secrets starts with -1, where
    the others have a batch's number, so that no row of the one kind reads as a row of the other.
    """
    names = f"{district}{command_id}".encode()
    head = _COMMAND.pack(batch_no, len(district), len(command_id), len(body_hash), len(answer))
    if sealed:
        head = _NOT_PLAIN + head + _SIZE.pack(len(sealed))
    return sha256(head + names + body_hash + answer + sealed).digest()


class BatchRow(NamedTuple):
    """A `ledger_batch` row without its own hash, in the table's order."""

    district: str
    batch_no: int
    first_position: int
    last_position: int
    recorded_at: int
    commands: int
    events_hash: bytes
    commands_hash: bytes
    numbers: bytes
    cursors: bytes
    previous_hash: bytes


def batch_hash(row: BatchRow) -> bytes:
    """32 bytes over every column of a `ledger_batch` row."""
    head = _BATCH.pack(
        row.batch_no, row.first_position, row.last_position, row.recorded_at, row.commands,
        len(row.district), len(row.numbers), len(row.cursors),
    )  # fmt: skip
    tail = row.numbers + row.cursors + _framed(row.events_hash, row.commands_hash, row.previous_hash)
    return sha256(head + row.district.encode() + tail).digest()


def joined(hashes: Iterable[bytes]) -> bytes:
    """H over hashes one after the other; each is 32 bytes, checked by the store's own length when framed."""
    return sha256(b"".join(hashes)).digest()


def commands_joined(hashes: Iterable[tuple[str, bytes]]) -> bytes:
    """H over command hashes by command id, whatever order they come in."""
    return joined([digest for _, digest in sorted(hashes)])


def _framed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)
