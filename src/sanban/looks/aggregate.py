"""The stream kind `look`: one stream for each batch of looks, written once by the system and never again.

A stream of its own keeps a batch's rows a function of one small state, however many looks there are; the batch's place
in the ledger's chain is what makes a look as hard to take back as a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from sanban.kernel.errors import Refused
from sanban.ledger.port import Column, Part, Projection, Turn
from sanban.ledger.stream_kind import StreamKind
from sanban.looks.event import LookLine, LooksRecorded

KIND = "look"
RECORD = "record"


def stream_of(batch: str) -> str:
    """The stream of a batch."""
    return f"{KIND}:{batch}"


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    looks: tuple[LookLine, ...]


class LookAggregate(StreamKind[LooksRecorded], kind=KIND, events=LooksRecorded, noun="looks"):
    """Looks, and the table that is asked who looked at what."""

    def __init__(self) -> None:
        self.projections: tuple[Projection, ...] = (_look_line(),)

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

    def rests(self, state: LooksRecorded | None) -> bool:
        """Once it is written."""
        return state is not None


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
