"""The stream kind `sweep`: of one matter in one grid, when a sweep was last called for.

`sweep:<matter>.<grid>`. It is opened in the same command that opens the sweep's case, and refuses a second one within
the declared days: so there is one sweep a window, however often, and in whatever order, its events are followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from sanban.kernel.case.words import Code, GivenId, Id
from sanban.kernel.errors import Refused
from sanban.ledger.port import Part, Turn
from sanban.ledger.stream_kind import StreamKind, arguments

KIND = "sweep"
MATTER = "grid-sweep"
"""The matter whose mechanism a sweep runs by, and whose dated parameters say when one is called for."""

DAY = 86_400_000_000


class SweepOpened(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="sweep.opened", omit_defaults=True):
    """`requests` like ones within `days` called for it. `case`: the case that it is worked as."""

    v: int = 1
    at: int
    matter: Code
    grid: Code
    case: Id
    requests: int
    days: int


class OpenSweep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments of `open`."""

    matter: GivenId
    grid: GivenId
    case: GivenId
    requests: Annotated[int, msgspec.Meta(ge=1)]
    days: Annotated[int, msgspec.Meta(ge=1)]


class Sweep(msgspec.Struct, frozen=True):
    """The sweep called for last."""

    last: SweepOpened
    count: int = 1


def stream_of(matter: str, grid: str) -> str:
    """The stream of a matter in a grid."""
    return f"{KIND}:{matter}.{grid}"


class SweepAggregate(StreamKind[SweepOpened], kind=KIND, events=SweepOpened, noun="a sweep"):
    """Sweeps as the ledger sees them; no table: each is worked, listed and counted as its case."""

    def decide(self, state: Sweep | None, part: Part, turn: Turn) -> Sequence[SweepOpened] | Refused:
        if part.step != "open":
            return Refused("unknown_step", f"a sweep has no step {part.step}", "open")
        if turn.actor.role != "system":
            return Refused("not_permitted", "a sweep is called for by its declared trigger", "count the requests")
        args: Any = arguments(part, OpenSweep, "matter, grid, case, requests, days")
        if isinstance(args, Refused):
            return args
        if state is not None and turn.now < state.last.at + args.days * DAY:
            return Refused("swept_lately", "this grid is being swept for this matter", "wait until the window is over")
        return (SweepOpened(at=turn.now, **msgspec.structs.asdict(args)),)

    def fold(self, state: Sweep | None, event: SweepOpened) -> Sweep:
        return Sweep(event, 1 if state is None else state.count + 1)
