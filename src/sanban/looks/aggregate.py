"""The stream kind `look`: one stream for each batch of looks, written once by the system and never again.

A stream of its own keeps a batch's rows a function of one small state, however many looks there are; the batch's place
in the ledger's chain is what makes a look as hard to take back as a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from sanban.kernel.errors import Refused, SanbanError
from sanban.ledger.port import Column, Part, Projection, Timer, Turn
from sanban.looks.event import LookLine, LooksRecorded

KIND = "look"
RECORD = "record"

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(LooksRecorded)


def stream_of(batch: str) -> str:
    """The stream of a batch."""
    return f"{KIND}:{batch}"


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    looks: tuple[LookLine, ...]


class LookAggregate:
    """Looks, and the table that is asked who looked at what."""

    kind = KIND

    def __init__(self) -> None:
        self.projections: tuple[Projection, ...] = (_look_line(),)

    def encode(self, event: LooksRecorded) -> tuple[str, int, bytes]:
        """(type, v, payload): the bytes that are stored and hashed."""
        return str(type(event).__struct_config__.tag), event.v, _ENCODER.encode(event)

    def decode(self, type: str, v: int, payload: bytes) -> LooksRecorded:  # noqa: A002 -- the column's own name
        """The event; raises `SanbanError` for one that this program does not know."""
        try:
            event = _DECODER.decode(payload)
        except msgspec.ValidationError as error:
            raise SanbanError(f"{type} v{v} is not an event of looks: {error}", "looks.recorded v1") from error
        if event.v > 1:
            raise SanbanError(f"{type} v{v} was written by a newer program", "upgrade this installation")
        return event

    def decide(self, state: LooksRecorded | None, part: Part, turn: Turn) -> Sequence[LooksRecorded] | Refused:
        """Records the batch, once."""
        if part.step != RECORD or turn.actor.role != "system":
            return Refused("not_permitted", "looks are recorded by the system alone", "nothing to do by hand")
        if state is not None:
            return ()
        try:
            args = msgspec.convert(part.args, Record)
            return (msgspec.convert({"type": "looks.recorded", "at": turn.now, "looks": args.looks}, LooksRecorded),)
        except msgspec.ValidationError as wrong:
            return Refused("bad_arguments", f"{part.step}: {wrong}", "looks: [[1767225600000000, ...]]")

    def fold(self, _state: LooksRecorded | None, event: LooksRecorded) -> LooksRecorded:
        return event

    def timers(self, _state: LooksRecorded) -> Sequence[Timer]:
        return ()


def _look_line() -> Projection:
    return Projection(
        table="look_line",
        version=1,
        columns=(
            Column("number", "int"),
            Column("at", "int"),
            Column("account", "text"),
            Column("role", "text"),
            Column("unit", "text"),
            Column("page", "text"),
            Column("about", "text"),
            Column("way", "text"),
        ),
        key=("number",),
        indexes=(("about", "at"), ("account", "at"), ("at",)),
        rows=_rows,
    )


def _rows(_stream: str, batch: LooksRecorded) -> list[tuple[Any, ...]]:
    return [(number, *msgspec.structs.astuple(look)) for number, look in enumerate(batch.looks)]
