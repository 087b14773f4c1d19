"""What kinds of stream share: how their events are written and read again, and how a step's arguments are read.

An event is a struct whose tag is its type, with its version in `v`. A kind names its events and says, as `Aggregate`
asks, what it decides and how it folds; most want neither timers nor tables.

    class VisitAggregate(StreamKind[Event], kind="visit", events=Event, noun="a visit"): ...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar, get_args

import msgspec

from sanban.kernel.errors import Refused, SanbanError, in_words
from sanban.ledger.port import Part, Projection, Timer, Turn, encoded

E = TypeVar("E", bound=msgspec.Struct)
T = TypeVar("T")


class StreamKind(Generic[E]):
    """A kind of stream. `events`: the event, or the union of them, a stream's first one first; `noun`: whose.

    `first`: the type of a stream's first event, where its tag does not say it.
    """

    kind: str
    projections: tuple[Projection, ...] = ()
    _decoder: msgspec.json.Decoder[Any]
    _types: Mapping[type[msgspec.Struct], str]
    _noun: str
    _first: str

    def __init_subclass__(cls, *, kind: str, events: Any, noun: str, first: str = "") -> None:
        super().__init_subclass__()
        opening = (get_args(events) or (events,))[0]
        cls.kind = kind
        cls._decoder = msgspec.json.Decoder(events)
        cls._types = {one: str(one.__struct_config__.tag) for one in get_args(events) or (events,)}
        cls._noun = noun
        cls._first = f"{first or opening.__struct_config__.tag} v1"

    def encode(self, event: E) -> tuple[str, int, bytes]:
        """(type, v, payload): the bytes that are stored and hashed."""
        return self._types[type(event)], event.v, encoded(event)  # type: ignore[attr-defined]  # every event has its version

    def decode(self, type: str, v: int, payload: bytes) -> E:  # noqa: A002 -- the column's own name
        """The event; raises `SanbanError` for one that this program does not know."""
        try:
            event: Any = self._decoder.decode(payload)
        except msgspec.ValidationError as error:
            raise SanbanError(f"{type} v{v} is not an event of {self._noun}: {error}", self._first) from error
        if event.v > 1:
            raise SanbanError(f"{type} v{v} was written by a newer program", "upgrade this installation")
        found: E = event
        return found

    def timers(self, _state: Any) -> Sequence[Timer]:
        """None, unless a kind wants some."""
        return ()

    def rests(self, _state: Any) -> bool:
        """Never, unless a kind says when."""
        return False


class StepRow(Protocol):
    """What every row of a kind's table of steps says: its arguments, the roles that take it, an example of them."""

    @property
    def shape(self) -> type[msgspec.Struct]: ...

    @property
    def by(self) -> frozenset[str]: ...

    @property
    def example(self) -> str: ...


R = TypeVar("R", bound=StepRow)


def row_of(
    steps: Mapping[str, R], part: Part, turn: Turn, *, noun: str, first: str = "", sign_in: str = "sign in at the desk"
) -> tuple[R, Any] | Refused:
    """The row of a step and its arguments: what is asked of every step before the state is looked at.

    Is it known, may this role take it, are its arguments in shape. `first`: a step outside the table that makes the
    stream.
    """
    row = steps.get(part.step)
    if row is None:
        known = ", ".join((first, *steps) if first else steps)
        return Refused("unknown_step", f"{noun} has no step {part.step!r}", known)
    if turn.actor.role not in row.by:
        return Refused("not_permitted", f"{part.step} is a step of {', '.join(sorted(row.by))}", sign_in)
    args = arguments(part, row.shape, row.example)
    return args if isinstance(args, Refused) else (row, args)


def shaped(shapes: Mapping[str, Any], part: Part, *, noun: str, example: str, known: str = "") -> Any:
    """The arguments of a step in the shape that a kind's register has for it, or a `Refused`.

    `known`: the steps that people take, where the register has others too.
    """
    shape = shapes.get(part.step)
    if shape is None:
        return Refused("unknown_step", f"{noun} has no step {part.step!r}", known or ", ".join(shapes))
    return arguments(part, shape, example)


def arguments(part: Part, shape: type[T], example: str) -> T | Refused:
    """The arguments of a step in their shape, or what is wrong with them."""
    try:
        return msgspec.convert(part.args, shape)
    except msgspec.ValidationError as error:
        return Refused("bad_arguments", f"{part.step}: {in_words(str(error))}", example)
