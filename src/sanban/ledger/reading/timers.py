"""Timers that are due become ordinary commands.

A firing's command id is UUIDv5 of (stream, timer id, due_at): however often and from wherever a timer is fired, its
command takes effect once. A timer goes away when the stream's state no longer wants it; one whose command is refused
stays and is tried again on the next pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid5

import msgspec

from sanban.kernel.permission import Actor
from sanban.ledger.port import Ledger, Part, Reader, Submission

NAMESPACE = UUID("6f0c8a52-2f39-5a07-9d0a-3f6d1b1c7e10")
PAGE = 512
DUE = (
    "SELECT due_at, stream, timer_id, step, args FROM timer WHERE district = :district AND due_at <= :now "
    "AND (due_at, stream, timer_id) > (:due_at, :stream, :timer_id) ORDER BY due_at, stream, timer_id LIMIT :limit"
)
NEXT_DUE = "SELECT min(due_at) FROM timer WHERE district = :district AND due_at > :now"


class Fired(msgspec.Struct, frozen=True):
    """What one pass did: commands that took effect, were refused, or had been applied before."""

    applied: int = 0
    refused: int = 0
    repeated: int = 0


def firing_id(stream: str, timer_id: str, due_at: int) -> str:
    """The one command id of a firing."""
    return str(uuid5(NAMESPACE, f"{len(stream)}:{stream}{timer_id}\n{due_at}"))


def due(reader: Reader, now: int, actor: Actor, page: int = PAGE) -> Iterator[list[Submission]]:
    """Pages of submissions for the timers due at `now` (microseconds UTC), earliest first, each timer once."""
    place = {"due_at": -(2**63), "stream": "", "timer_id": ""}
    while rows := reader.query(DUE, {**place, "now": now, "limit": page}):
        yield [
            Submission(firing_id(stream, timer_id, due_at), actor, (Part(stream, step, msgspec.json.decode(args)),))
            for due_at, stream, timer_id, step, args in rows
        ]
        place = dict(zip(place, rows[-1][:3], strict=True))


def fire(ledger: Ledger, reader: Reader, now: int, actor: Actor) -> Fired:
    """Submits every timer due at `now` once."""
    answers = [answer for page in due(reader, now, actor) for answer in ledger.submit_many(page)]
    refused = sum(answer.refused is not None for answer in answers)
    repeated = sum(answer.repeated for answer in answers)
    return Fired(len(answers) - refused - repeated, refused, repeated)


def next_due(reader: Reader, now: int) -> int | None:
    """When the next timer after `now` is due; None when there is none."""
    found: int | None = reader.query(NEXT_DUE, {"now": now})[0][0]
    return found
