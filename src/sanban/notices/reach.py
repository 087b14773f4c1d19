"""How a person wants to be told, in the stream `reach:<person>`: without links, or not at all.

The desk notes it down when somebody says so on the phone. Who wants no notices is called where a call is due; nobody
is ever told less than by phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from sanban.kernel.case.words import Code
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.permission import DESK_ROLES
from sanban.ledger.port import Part, Projection, Timer, Turn

KIND = "reach"
KEEPERS = DESK_ROLES | {"coordinator"}

Wish = Literal["usual", "no_links", "no_notices"]


class ReachChosen(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="reach.chosen", omit_defaults=True):
    """What the person wants from now on. `by`: the account that noted it down."""

    v: int = 1
    at: int
    wish: Wish
    by: Code


class Reach(msgspec.Struct, frozen=True):
    """What a person wants now."""

    wish: Wish = "usual"


class Choose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    wish: Wish


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(ReachChosen)


def stream_of(person: str) -> str:
    """The stream of a person's wish."""
    return f"{KIND}:{person}"


class ReachAggregate:
    """Wishes of persons; the one step is `choose`."""

    kind = KIND
    projections: tuple[Projection, ...] = ()

    def encode(self, event: ReachChosen) -> tuple[str, int, bytes]:
        """(type, v, payload): the bytes that are stored and hashed."""
        return "reach.chosen", event.v, _ENCODER.encode(event)

    def decode(self, type: str, v: int, payload: bytes) -> ReachChosen:  # noqa: A002 -- the column's own name
        """The event; raises `SanbanError` for one that this program does not know."""
        try:
            return _DECODER.decode(payload)
        except msgspec.ValidationError as error:
            raise SanbanError(f"{type} v{v} is not an event of a wish: {error}", "reach.chosen v1") from error

    def decide(self, state: Reach | None, part: Part, turn: Turn) -> Sequence[ReachChosen] | Refused:
        """The desk's note; nothing when it says what is known."""
        if part.step != "choose":
            return Refused("unknown_step", f"a wish has no step {part.step!r}", "choose")
        if turn.actor.role not in KEEPERS:
            return Refused("not_permitted", "the desk notes down what people want", "sign in as an operator")
        try:
            wish = msgspec.convert(part.args, Choose).wish
        except msgspec.ValidationError as error:
            return Refused("bad_arguments", f"choose: {error}", '{"wish": "no_links"}')
        known = state.wish if state else "usual"
        return () if wish == known else (ReachChosen(at=turn.now, wish=wish, by=turn.actor.id),)

    def fold(self, state: Reach | None, event: ReachChosen) -> Reach:
        del state
        return Reach(event.wish)

    def timers(self, state: Reach | None) -> Sequence[Timer]:
        del state
        return ()
