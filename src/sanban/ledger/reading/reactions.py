"""Reactions: handlers that read the ledger's events in order and answer some with commands.

A handler's place is a cursor row that commits together with its command, and a command's id is UUIDv5 of (event,
handler, number): killed at any moment and started again, every reaction takes effect once. A refused command is final
for its reaction. One that fails holds the cursor where it is, and is tried again on the next pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID, uuid5

import msgspec

from sanban.kernel.permission import Actor
from sanban.ledger.port import Cursor, Ledger, Reader, Stored, Submission

NAMESPACE = UUID("2a1d9c1e-7c43-5b56-8c0e-51b8f0f2a9d4")
PAGE = 500
CURSOR = "SELECT position FROM reaction_cursor WHERE district = :district AND handler = :handler"

Handler = Callable[[Stored], Sequence[Submission]]


class Reaction(msgspec.Struct, frozen=True):
    """A handler and its name. The command ids of the submissions it returns are replaced, their order is kept.

    `handler` must answer the same event always with the same submissions. `types`: only events of these types are
    shown to it; empty = all.
    """

    name: str
    handler: Handler
    types: frozenset[str] = frozenset()


def reaction_id(event: Stored, handler: str, number: int) -> str:
    """The one command id of a handler's n-th answer to an event."""
    return str(uuid5(NAMESPACE, f"{event.position}\n{event.seq}\n{handler}\n{number}\n{event.stream}"))


def cursor(reader: Reader, handler: str) -> int:
    """The position a handler has read to; 0 at first."""
    rows = reader.query(CURSOR, {"handler": handler})
    return int(rows[0][0]) if rows else 0


def react(ledger: Ledger, reader: Reader, reaction: Reaction, actor: Actor, limit: int = PAGE) -> int:
    """One page of one reaction: events read. 0 when the handler is up to date.

    `actor` moves the cursor past events the handler has no answer to.
    """
    events = reader.since(cursor(reader, reaction.name), limit)
    if not events:
        return 0
    submissions = [answer for event in events for answer in _answers(reaction, event)]
    end = Cursor(reaction.name, events[-1].position)
    if not submissions or submissions[-1].cursor != end:
        submissions.append(Submission(_page_id(end), actor, (), cursor=end))
    ledger.submit_many(submissions)
    return len(events) if cursor(reader, reaction.name) >= end.position else 0


def react_all(ledger: Ledger, reader: Reader, reactions: Sequence[Reaction], actor: Actor) -> int:
    """Runs every reaction until all are up to date (or held by a failing command); events read."""
    total = 0
    while count := sum(react(ledger, reader, reaction, actor) for reaction in reactions):
        total += count
    return total


def _answers(reaction: Reaction, event: Stored) -> list[Submission]:
    if reaction.types and event.type not in reaction.types:
        return []
    answers = [
        msgspec.structs.replace(answer, command_id=reaction_id(event, reaction.name, number))
        for number, answer in enumerate(reaction.handler(event))
    ]
    if answers:
        answers[-1] = msgspec.structs.replace(answers[-1], cursor=Cursor(reaction.name, event.position))
    return answers


def _page_id(end: Cursor) -> str:
    return str(uuid5(NAMESPACE, f"page\n{end.handler}\n{end.position}"))
