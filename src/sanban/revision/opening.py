"""What is behind a number of a replay, or of an effect: the cases whose own replay has that number, or that it counts.

A result keeps sums alone. A case replayed by itself gives a result of one case, and it is behind a number where that
small result has something of it. So whatever a page counts can be opened, also of results kept long ago.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, get_args

import msgspec

from sanban.revision.replay.playing import Response
from sanban.revision.replay.result import Replayed
from sanban.revision.share import Share

Of = Literal[
    "cases", "touched", "changed", "earlier", "later", "gone", "added", "overdue", "figure", "sent", "load", "lost",
    "unmapped", "before", "after",
]  # fmt: skip
RESPONSES: tuple[Response, ...] = get_args(Response)
NUMBERS: tuple[Of, ...] = get_args(Of)
SIDES: Final[tuple[Of, ...]] = ("before", "after")
"""Of the effect, on either side of the day of the change."""


class Number(msgspec.Struct, frozen=True):
    """Which number of a replay, or which side of an effect.

    `code`: the limit, figure, unit or step that it is of; `other`: the unit that gets the order instead, or why the
    step falls away.
    """

    response: Response
    of: Of
    code: str = ""
    other: str = ""


class Part(msgspec.Struct, frozen=True):
    """What one case adds to a number, as recorded and as replayed: a share, a count, '' where being there is all."""

    recorded: str = ""
    replayed: str = ""


class Behind(msgspec.Struct, frozen=True):
    """A case behind a number, with its part in it."""

    case: str
    part: Part


class BehindPage(msgspec.Struct, frozen=True):
    """A page of such cases; `next` at which it goes on, '' at the end."""

    cases: tuple[Behind, ...]
    next: str = ""


def side_of(number: Number, things: Iterable[tuple[int, bool]], from_at: int) -> Part | None:
    """What a case adds to a side of an effect, of what is counted of it; None where it adds nothing."""
    found = [holds for at, holds in things if (at >= from_at) == (number.of == "after")]
    return Part(recorded=f"{sum(found)} / {len(found)}") if found else None


def part_of(number: Number, alone: Replayed) -> Part | None:
    """What the case adds whose own replay this is; None where it adds nothing."""
    code, other = number.code, number.other
    match number.of:
        case "cases":
            return Part()
        case "touched" | "changed" as of:
            return Part() if getattr(alone, of) else None
        case "earlier" | "later" | "gone" | "added" as of:
            moved = sum(getattr(one, of) for one in alone.moved if one.limit == code)
            return Part(replayed=str(moved)) if moved else None
        case "overdue" | "figure" as of:
            compared = alone.overdue if of == "overdue" else alone.figures
            shares = [(one.recorded, one.replayed) for one in compared if one.code == code]
            return next((Part(_fraction(was), _fraction(now)) for was, now in shares if was.of or now.of), None)
        case "load":
            loads = (one for one in alone.workload if one.unit == code)
            return next((Part(str(one.recorded), str(one.replayed)) for one in loads), None)
        case "sent":
            return Part() if any((one.unit, one.instead) == (code, other) for one in alone.dispatches) else None
        case "lost" | "unmapped" as of:
            several = alone.lost if of == "lost" else alone.unmapped
            return Part() if any((one.step, one.reason) == (code, other) for one in several) else None
        case "before" | "after":
            return None


def _fraction(share: Share) -> str:
    return f"{share.holds} / {share.of}"
