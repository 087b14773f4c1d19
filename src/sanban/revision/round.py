"""The stream of rounds: when the ledger looked its rules over by itself, and what came of it. One event a round.

A round is kept after what it did. One that broke off is made again: no proposal and no effect is kept twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from sanban.kernel.case.words import Code, Id
from sanban.kernel.errors import Refused
from sanban.ledger.port import Part, Reader, Turn
from sanban.ledger.stream_kind import StreamKind, arguments

KIND: Final = "revision_round"
STREAM: Final = f"{KIND}:rules"


class RoundArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a round came to."""

    tests: int
    proposed: tuple[Id, ...]
    unwritable: int
    measured: int


class RoundMade(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="revision_round.made", gc=False):
    """`tests`: rules looked at; `proposed`: the new proposals; `unwritable`: findings that came to no file or replay;

    `measured`: changes in force whose effect was measured. `at`: microseconds UTC.
    """

    v: int = 1
    at: int
    actor: Code
    tests: int
    proposed: tuple[Id, ...]
    unwritable: int
    measured: int


class RoundAggregate(StreamKind[RoundMade], kind=KIND, events=RoundMade, noun="a round of revision"):
    """The rounds; what stands is the last one."""

    def decide(self, _state: RoundMade | None, part: Part, turn: Turn) -> Sequence[RoundMade] | Refused:
        if part.step != "make":
            return Refused("unknown_step", f"a round has no step {part.step}", "make")
        if turn.actor.role != "system":
            return Refused("not_permitted", "a round is made by the ledger's own job", "sanban revision round")
        args = arguments(part, RoundArgs, "tests, proposed, unwritable, measured")
        if isinstance(args, Refused):
            return args
        return (RoundMade(at=turn.now, actor=turn.actor.id, **msgspec.structs.asdict(args)),)

    def fold(self, _state: RoundMade | None, event: RoundMade) -> RoundMade:
        return event


def last_round(reader: Reader) -> RoundMade | None:
    """The last round; None when there was none."""
    found = reader.state(STREAM)
    return found if isinstance(found, RoundMade) else None
