"""How a person wants to be told, in the stream `reach:<person>`: without links, or not at all.

The desk notes it down when somebody says so on the phone. Who wants no notices is called where a call is due; nobody
is ever told less than by phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from sanban.kernel.case.words import Code
from sanban.kernel.errors import Refused
from sanban.kernel.permission import DESK_ROLES
from sanban.ledger.port import Part, Turn
from sanban.ledger.stream_kind import StreamKind, arguments

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


def stream_of(person: str) -> str:
    """The stream of a person's wish."""
    return f"{KIND}:{person}"


class ReachAggregate(StreamKind[ReachChosen], kind=KIND, events=ReachChosen, noun="a wish"):
    """Wishes of persons; the one step is `choose`."""

    def decide(self, state: Reach | None, part: Part, turn: Turn) -> Sequence[ReachChosen] | Refused:
        """The desk's note; nothing when it says what is known."""
        if part.step != "choose":
            return Refused("unknown_step", f"a wish has no step {part.step!r}", "choose")
        if turn.actor.role not in KEEPERS:
            return Refused("not_permitted", "the desk notes down what people want", "sign in as an operator")
        args = arguments(part, Choose, '{"wish": "no_links"}')
        if isinstance(args, Refused):
            return args
        known = state.wish if state else "usual"
        return () if args.wish == known else (ReachChosen(at=turn.now, wish=args.wish, by=turn.actor.id),)

    def fold(self, state: Reach | None, event: ReachChosen) -> Reach:
        del state
        return Reach(event.wish)
