"""The stream kind `reaction`: an event that a reaction could not answer, kept until it is answered after all.

    fail --> waiting (tried again after a growing delay) --fail ...--> set aside --again--> waiting
                 +------------------------ settle ------------------------> settled

The reaction itself goes on with the next event. After `MOST_ATTEMPTS` the failure is set aside: `sanban status` shows
it, and `sanban run --again` tries it again, when its cause is gone. Nothing but names, positions and instants stands
here: of an error its class alone, because its words may be somebody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID, uuid5

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.notice import backoff
from sanban.kernel.permission import Actor
from sanban.ledger.port import Column, Ledger, Part, Projection, Reader, Submission, Turn
from sanban.ledger.stream_kind import StreamKind, arguments

KIND = "reaction"
NAMESPACE = UUID("0f9b7c36-3f0e-5d0a-8a86-6f1d2c4b9e75")
MOST_ATTEMPTS = 6
"""Within less than half a day, as `backoff` spaces them; then somebody has to look."""
PAGE = 100

SET_ASIDE = (
    "SELECT stream, noted FROM failed_reaction WHERE district = :district AND state = 'set_aside' ORDER BY stream"
)
DUE = (
    "SELECT position, noted FROM failed_reaction WHERE district = :district AND state = 'waiting' "
    "AND handler = :handler AND next_at <= :now ORDER BY next_at, position LIMIT :limit"
)
COUNTED = "SELECT state, COUNT(*) FROM failed_reaction WHERE district = :district GROUP BY state"

State = Literal["waiting", "set_aside", "settled"]


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    v: int = 1
    at: int


class ReactionFailed(_Event, frozen=True, tag="reaction.failed"):
    """The handler had no answer to the event at this position. `reason`: the class of the error."""

    handler: str
    position: int
    reason: str


class ReactionAskedAgain(_Event, frozen=True, tag="reaction.asked_again"):
    """Somebody wants it tried again at once, with all its attempts before it."""


class ReactionSettled(_Event, frozen=True, tag="reaction.settled"):
    """The event is answered."""


Event = ReactionFailed | ReactionAskedAgain | ReactionSettled


class FailedReaction(msgspec.Struct, frozen=True):
    """An event that a handler could not answer. `next_at`: when it is tried again, microseconds UTC.

    `attempts`: since it failed first, or since somebody asked for more; `noted`: events of the stream.
    """

    last: ReactionFailed
    attempts: int = 1
    noted: int = 1
    asked: bool = False
    settled: bool = False

    @property
    def state(self) -> State:
        if self.settled:
            return "settled"
        return "waiting" if self.attempts < MOST_ATTEMPTS else "set_aside"

    @property
    def next_at(self) -> int:
        return 0 if self.asked else self.last.at + backoff(self.attempts)


class Fail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    handler: str
    position: int
    reason: str


def stream_of(handler: str, position: int) -> str:
    """The stream of what a handler makes of the event at a position."""
    return f"{KIND}:{handler}.{position}"


def failing(handler: str, position: int, reason: str, noted: int, actor: Actor) -> Submission:
    """The command that notes a failure, where so many events were noted before; sent again it counts once."""
    args = {"handler": handler, "position": position, "reason": reason}
    return _submission(stream_of(handler, position), "fail", args, noted, actor)


def settling(handler: str, position: int, noted: int, actor: Actor) -> Submission:
    """The command that says the event is answered."""
    return _submission(stream_of(handler, position), "settle", {}, noted, actor)


def ask_again(ledger: Ledger, reader: Reader, actor: Actor) -> int:
    """Has everything that was set aside tried again with the next run; how much that is."""
    asked = [_submission(stream, "again", {}, noted, actor) for stream, noted in reader.query(SET_ASIDE)]
    return sum(answer.refused is None for answer in ledger.submit_many(asked))


def counted(reader: Reader) -> tuple[int, int]:
    """How many wait to be tried again, and how many are set aside."""
    found = {str(state): int(count) for state, count in reader.query(COUNTED)}
    return found.get("waiting", 0), found.get("set_aside", 0)


def _submission(stream: str, step: str, args: dict[str, object], number: int, actor: Actor) -> Submission:
    command_id = str(uuid5(NAMESPACE, f"{stream}\n{step}\n{number}"))
    return Submission(command_id, actor, (Part(stream, step, args),))


def _rows(_stream: str, state: FailedReaction) -> Sequence[tuple[object, ...]]:
    if state.settled:
        return ()
    last = state.last
    return (
        (last.handler, last.position, state.state, state.attempts, state.noted, state.next_at, last.reason, last.at),
    )


FAILED_REACTION = Projection(
    table="failed_reaction",
    version=1,
    columns=(
        Column("handler", "text"),
        Column("position", "int"),
        Column("state", "text"),
        Column("attempts", "int"),
        Column("noted", "int"),
        Column("next_at", "int"),
        Column("reason", "text"),
        Column("failed_at", "int"),
    ),
    key=(),
    indexes=(("state", "handler", "next_at", "position"),),
    rows=_rows,
)


class ReactionAggregate(StreamKind[Event], kind=KIND, events=Event, noun="a reaction"):
    """Failed reactions. The runner asks the table for what is due, so they want no timers."""

    projections = (FAILED_REACTION,)

    def decide(self, state: FailedReaction | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        """Whatever is settled stays so; the rest is the system's to say."""
        if part.step not in ("fail", "again", "settle"):
            return Refused("unknown_step", f"a reaction has no step {part.step!r}", "fail, again, settle")
        if turn.actor.role != "system":
            return Refused("not_permitted", "reactions are followed by the system", "sanban run --again")
        if state is not None and state.settled:
            return ()
        if part.step == "fail":
            args = arguments(part, Fail, '{"handler": "house", "position": 17, "reason": "KeyError"}')
            if isinstance(args, Refused):
                return args
            return (ReactionFailed(at=turn.now, handler=args.handler, position=args.position, reason=args.reason),)
        if state is None:
            return Refused("unknown_reaction", "this reaction has not failed", "sanban status")
        return (ReactionAskedAgain(at=turn.now) if part.step == "again" else ReactionSettled(at=turn.now),)

    def fold(self, state: FailedReaction | None, event: Event) -> FailedReaction:
        if isinstance(event, ReactionFailed):
            return FailedReaction(event, state.attempts + 1, state.noted + 1) if state else FailedReaction(event)
        assert state is not None, "a reaction begins with reaction.failed"
        noted = state.noted + 1
        if isinstance(event, ReactionSettled):
            return msgspec.structs.replace(state, settled=True, noted=noted)
        return msgspec.structs.replace(state, attempts=0, asked=True, noted=noted)
