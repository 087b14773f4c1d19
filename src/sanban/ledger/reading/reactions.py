"""Reactions: handlers that read the ledger's events in order and answer some with commands.

A handler's place is a cursor row that commits together with its command, and a command's id is UUIDv5 of (event,
handler, answer): killed at any moment and started again, every reaction takes effect once. A refused command is final
for its reaction. An event whose handler raises, or whose command fails, is noted in a stream of its own
(`reading.failed`) and tried again after a growing delay; the reaction goes on with the next event.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from uuid import UUID, uuid5

import msgspec

from sanban.kernel.permission import Actor
from sanban.ledger.port import FAILED, Answer, Cursor, Ledger, Reader, Stored, Submission
from sanban.ledger.reading.failed import DUE, KIND, failing, settling
from sanban.ledger.reading.failed import PAGE as MOST_AGAIN

NAMESPACE = UUID("2a1d9c1e-7c43-5b56-8c0e-51b8f0f2a9d4")
PAGE = 200
CURSOR = "SELECT position FROM reaction_cursor WHERE district = :district AND handler = :handler"
COMMAND = "CommandFailed"
"""The reason where not the handler raised but what decides on its answer."""

log = logging.getLogger("sanban.ledger")

Handler = Callable[[Stored], Sequence[Submission]]


class Reaction(msgspec.Struct, frozen=True):
    """A handler and its name. The command ids of the submissions it returns are replaced, their order is kept.

    `handler` must answer the same event always with the same submissions, known by their places; where what is left to
    answer may shrink until it is tried again, it gives each an id of its own, which then stands for the place. `types`:
    only events of these types are shown to it; empty = all. `beside`: further handlers with the same cursor; when one
    fails, the others still answer.
    """

    name: str
    handler: Handler
    types: frozenset[str] = frozenset()
    beside: tuple[Handler, ...] = ()

    def handlers(self) -> Iterator[tuple[str, Handler]]:
        """All handlers, each with the name that its command ids are made from."""
        yield self.name, self.handler
        for number, handler in enumerate(self.beside, start=1):
            yield f"{self.name}.{number}", handler


def reaction_id(event: Stored, handler: str, which: int | str) -> str:
    """The one command id of a handler's answer to an event. `which`: its place among the answers, or its own id."""
    return str(uuid5(NAMESPACE, f"{event.position}\n{event.seq}\n{handler}\n{which}\n{event.stream}"))


def cursor(reader: Reader, handler: str) -> int:
    """The position a handler has read to; 0 at first."""
    rows = reader.query(CURSOR, {"handler": handler})
    return int(rows[0][0]) if rows else 0


def react(ledger: Ledger, reader: Reader, reaction: Reaction, actor: Actor, limit: int = PAGE) -> int:
    """One page of one reaction: events read. 0 when the handler is up to date.

    `actor` notes failures, and moves the cursor past events the handler has no answer to.
    """
    events = reader.since(cursor(reader, reaction.name), limit)
    if not events:
        return 0
    submissions: list[Submission] = []
    places: list[int] = []
    for event in events:
        answers, reason = _answers(reaction, event)
        if reason:
            answers.append(failing(reaction.name, event.position, reason, 0, actor))
        if answers:
            answers[-1] = msgspec.structs.replace(answers[-1], cursor=Cursor(reaction.name, event.position))
        submissions += answers
        places += [event.position] * len(answers)
    end = Cursor(reaction.name, events[-1].position)
    to_the_end = Submission(_page_id(end), actor, (), cursor=end)
    if not submissions or submissions[-1].cursor != end:
        submissions.append(to_the_end)
    failed = _failed(reaction, places, ledger.submit_many(submissions))
    if failed:
        notes = [failing(reaction.name, position, COMMAND, 0, actor) for position in failed]
        ledger.submit_many([*notes, to_the_end])
    return len(events)


def react_all(
    ledger: Ledger, reader: Reader, reactions: Sequence[Reaction], actor: Actor, ended: Callable[[], bool] = bool
) -> int:
    """Runs every reaction until all are up to date, or until it is `ended`, after a page; events read."""
    total = 0
    while count := sum(0 if ended() else react(ledger, reader, reaction, actor) for reaction in reactions):
        total += count
    return total


def try_again(ledger: Ledger, reader: Reader, reactions: Sequence[Reaction], actor: Actor, now: int) -> int:
    """Tries the failed reactions that are due at `now` (microseconds UTC) once; how many are answered after all."""
    return sum(
        _answered(ledger, reader, reaction, actor, position, noted)
        for reaction in reactions
        for position, noted in reader.query(DUE, {"handler": reaction.name, "now": now, "limit": MOST_AGAIN})
    )


def _answered(ledger: Ledger, reader: Reader, reaction: Reaction, actor: Actor, position: int, noted: int) -> bool:
    """Whether a failed reaction to the event at a position is answered now; what became of it is noted."""
    (event,) = reader.since(position - 1, 1)
    answers, reason = _answers(reaction, event)
    if _failed(reaction, [position] * len(answers), ledger.submit_many(answers)):
        reason = reason or COMMAND
    told = failing(reaction.name, position, reason, noted, actor) if reason else None
    ledger.submit(told or settling(reaction.name, position, noted, actor))
    return told is None


def _answers(reaction: Reaction, event: Stored) -> tuple[list[Submission], str]:
    """What the handlers answer, and the class of the error of one that could not."""
    if event.stream.startswith(f"{KIND}:") or (reaction.types and event.type not in reaction.types):
        return [], ""
    answers: list[Submission] = []
    reason = ""
    for name, handler in reaction.handlers():
        try:
            made = handler(event)
        except Exception as error:  # whatever it was, the next event must be answered
            reason = type(error).__name__
            log.error("reaction %s failed at %d: %s in %s", name, event.position, reason, _place(error))
            continue
        answers += [
            msgspec.structs.replace(answer, command_id=reaction_id(event, name, answer.command_id or number))
            for number, answer in enumerate(made)
        ]
    return answers, reason


def _failed(reaction: Reaction, places: Sequence[int], answers: Sequence[Answer]) -> list[int]:
    """The positions of events whose commands could not be decided, each once."""
    found = dict.fromkeys(
        position
        for position, answer in zip(places, answers, strict=False)
        if answer.refused is not None and answer.refused.reason == FAILED
    )
    for position in found:
        log.error("reaction %s failed at %d: its command could not be decided", reaction.name, position)
    return list(found)


def _place(error: Exception) -> str:
    """Where an error was raised; its words are left out, for they may be somebody's."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


def _page_id(end: Cursor) -> str:
    return str(uuid5(NAMESPACE, f"page\n{end.handler}\n{end.position}"))
