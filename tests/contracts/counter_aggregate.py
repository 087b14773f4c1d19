"""A tiny aggregate for the ledger's own tests: a counter with a limit, an alarm, parts and a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Column, Part, Projection, Submission, Timer, Turn, encoded

LIMIT = 1000
ACTOR = Actor("worker-1", "operator")
SYSTEM = Actor("system", "system")


class Added(msgspec.Struct, frozen=True, tag="counter.added"):
    amount: int
    at: int
    number: str = ""


class AlarmSet(msgspec.Struct, frozen=True, tag="counter.alarm_set"):
    due_at: int


class Rang(msgspec.Struct, frozen=True, tag="counter.rang"):
    at: int


Event = Added | AlarmSet | Rang


class Counter(msgspec.Struct, frozen=True):
    total: int = 0
    parts: tuple[int, ...] = ()
    alarm: int | None = None
    rings: int = 0
    number: str = ""


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Event).decode


def _summary(stream: str, state: Counter) -> Sequence[tuple[Any, ...]]:
    return [(state.total, state.number or None, state.total % 2 == 0, str(state.total).encode())]


def _parts(stream: str, state: Counter) -> Sequence[tuple[Any, ...]]:
    return [(place, amount) for place, amount in enumerate(state.parts)]


SUMMARY = Projection(
    "counter_summary",
    1,
    (
        Column("total", "int"),
        Column("number", "text", nullable=True),
        Column("is_even", "bool"),
        Column("mark", "bytes"),
    ),
    (),
    (("total",),),
    _summary,
)
PARTS = Projection("counter_part", 1, (Column("place", "int"), Column("amount", "int")), ("place",), (), _parts)


class CounterAggregate:
    """Streams `counter:NAME`."""

    kind = "counter"

    def __init__(self, projections: tuple[Projection, ...] = (SUMMARY, PARTS)) -> None:
        self.projections = projections

    def encode(self, event: Event) -> tuple[str, int, bytes]:
        return str(event.__struct_config__.tag), 1, _encode(event)

    def decode(self, type: str, v: int, payload: bytes) -> Event:  # noqa: A002 -- the port's name
        return _decode(payload)

    def decide(self, state: Counter | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        return getattr(self, "_" + part.step)(state or Counter(), part.args, turn)

    def fold(self, state: Counter | None, event: Event) -> Counter:
        state = state or Counter()
        if isinstance(event, Added):
            parts = (*state.parts, event.amount)[-3:]
            number = event.number or state.number
            return msgspec.structs.replace(state, total=state.total + event.amount, parts=parts, number=number)
        if isinstance(event, AlarmSet):
            return msgspec.structs.replace(state, alarm=event.due_at)
        return msgspec.structs.replace(state, alarm=None, rings=state.rings + 1)

    def timers(self, state: Counter) -> Sequence[Timer]:
        return [] if state.alarm is None else [Timer("alarm", state.alarm, "ring", encoded({"due": state.alarm}))]

    def rests(self, state: Counter | None) -> bool:
        return False

    def _add(self, state: Counter, args: dict[str, Any], turn: Turn) -> Sequence[Event] | Refused:
        if state.total + args["amount"] > LIMIT:
            return Refused("over_limit", "the counter would pass its limit", "amount: 1")
        return [Added(args["amount"], turn.now)]

    def _add_twice(self, state: Counter, args: dict[str, Any], turn: Turn) -> Sequence[Event] | Refused:
        return [Added(args["amount"], turn.now), Added(args["amount"], turn.now)]

    def _numbered(self, state: Counter, args: dict[str, Any], turn: Turn) -> Sequence[Event] | Refused:
        number = turn.number("counter")
        return Refused("no_number", "asked not to") if args.get("refuse") else [Added(0, turn.now, number)]

    def _alarm(self, state: Counter, args: dict[str, Any], turn: Turn) -> Sequence[Event] | Refused:
        return [AlarmSet(args["due"])]

    def _ring(self, state: Counter, args: dict[str, Any], turn: Turn) -> Sequence[Event] | Refused:
        return [] if state.alarm is None else [Rang(turn.now)]

    def _copy(self, state: Counter, args: dict[str, Any], turn: Turn) -> Sequence[Event] | Refused:
        seen = turn.look(args["from"])
        return Refused("no_source", "nothing to copy") if seen is None else [Added(seen.total, turn.now)]

    def _nothing(self, state: Counter, args: dict[str, Any], turn: Turn) -> Sequence[Event] | Refused:
        return []

    def _fail(self, state: Counter, args: dict[str, Any], turn: Turn) -> Sequence[Event] | Refused:
        raise ZeroDivisionError("asked to fail")


def add(command_id: str, stream: str, amount: int = 1, **more: Any) -> Submission:
    """One submission that adds to one counter."""
    return Submission(command_id, ACTOR, (Part(f"counter:{stream}", "add", {"amount": amount}),), **more)


def step(command_id: str, stream: str, name: str, /, **args: Any) -> Submission:
    """One submission of one step to one counter."""
    return Submission(command_id, ACTOR, (Part(f"counter:{stream}", name, args),))
