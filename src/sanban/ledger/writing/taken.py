"""What a batch has taken: accepted submissions with the events they made, laid out as rows all in one go.

Doing the same few things for hundreds of commands one after the other is much quicker than doing everything for one
command before the next is decided; so events are encoded and hashed, and commands answered, when the batch is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from sanban.ledger.port import Aggregate, Answer, Submission, encoded
from sanban.ledger.proof.chain import command_hash, event_hash
from sanban.ledger.stores.store import Row

UNSEALED = b""

Made = tuple[str, int, Aggregate, Any]
"""Stream, sequence, and the event with what encodes it."""


class Taken(msgspec.Struct, gc=False):
    """An accepted submission: what it made, and its answer once the batch is written."""

    submission: Submission
    body_hash: bytes
    occurred_at: int
    given: Sequence[str]
    made: Sequence[Made]
    streams: dict[str, int]
    answer: Answer | None = None


class Again(NamedTuple):
    """The same command a second time in one batch: it gets the answer of the first."""

    first: Taken


Outcome = Answer | Taken | Again


def event_rows(district: str, batch_no: int, now: int, position: int, every: Sequence[Taken]) -> list[Row]:
    """Rows of `ledger_event` in the order the events were made; the first stands after `position`."""
    rows: list[Row] = []
    for taken in every:
        command_id, actor, occurred_at = taken.submission.command_id, taken.submission.actor.id, taken.occurred_at
        for stream, seq, aggregate, event in taken.made:
            position += 1
            kind, v, payload = aggregate.encode(event)
            row = (
                district, stream, seq, position, kind, v, command_id, actor, occurred_at, now, batch_no, payload,
            )  # fmt: skip
            rows.append((*row, event_hash(*row)))
    return rows


def command_rows(
    district: str, batch_no: int, position: int, every: Sequence[Taken], refs: Mapping[str, bytes]
) -> list[Row]:
    """Answers every command and gives its row. `refs`: the commitments of those that brought secrets."""
    rows: list[Row] = []
    for taken in every:
        command_id, body_hash = taken.submission.command_id, taken.body_hash
        position += len(taken.made)
        answer = Answer(command_id, taken.streams, position if taken.made else 0, tuple(taken.given))
        taken.answer = answer
        body, sealed = encoded(answer), refs.get(command_id, UNSEALED)
        digest = command_hash(district, command_id, batch_no, body_hash, body, sealed)
        rows.append((district, command_id, batch_no, body_hash, body, digest, sealed))
    return rows
