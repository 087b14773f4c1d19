"""The stream kind `brief`: one stream for each week, frozen once and never changed.

The event holds every number with where the ledger stood; the words around them, in both languages, are one text in the
vault whose commitment the ledger's chain holds. A reprint reads these two and counts nothing, so it says the same
whatever has happened since.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from sanban.kernel.case.words import Code, GivenCode, GivenRef, TextRef
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor, Role
from sanban.ledger.port import Column, Part, Projection, Turn
from sanban.ledger.stream_kind import StreamKind, arguments
from sanban.scorecard.figures.statistics import percent, wilson

KIND = "brief"
FREEZE = "freeze"
UNSAID = "—"
FREEZERS: frozenset[Role] = frozenset({"leader", "coordinator", "system"})
_EXAMPLE = '{"week": "2026-W23", ...}'
Natural = Annotated[int, msgspec.Meta(ge=0)]
Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]


class Counted(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One number: of which key (`requests`, `matter:noise` ...), in the week and the week before, None if unknown."""

    key: GivenCode
    count: Natural
    before: Natural | None


class Figured(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One figure of a unit, '' for the district: so many of so many in the week and in the week before.

    A figure that only counts is of nothing: `n` is None.
    """

    figure: GivenCode
    unit: GivenCode
    holds: Natural
    n: Natural | None
    holds_before: Natural
    n_before: Natural | None
    least: Natural = 0

    @property
    def is_few(self) -> bool:
        """Whether its interval alone says something."""
        return self._is_few(self.n)

    @property
    def value(self) -> str:
        """The share, `UNSAID` of too few; or the count."""
        return UNSAID if self.is_few else _value(self.holds, self.n)

    @property
    def before(self) -> str:
        """The week before's; of too few how many of how many."""
        few = self._is_few(self.n_before)
        return f"{self.holds_before}/{self.n_before}" if few else _value(self.holds_before, self.n_before)

    @property
    def of(self) -> str:
        """`22345/24932`; '' of a count."""
        return "" if self.n is None else f"{self.holds}/{self.n}"

    @property
    def interval(self) -> str:
        """The 95 % interval of a share, in per cent."""
        return "" if self.n is None else str(wilson(self.holds, self.n) or "")

    def _is_few(self, n: int | None) -> bool:
        return n is not None and 0 < n < self.least


class Freeze(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is frozen. `since` and `until` bound the week; `position` and `head`: where the ledger stood."""

    week: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-W\d{2}$(?!\n)")]
    since: int
    until: int
    position: Natural
    head: Hash
    counts: tuple[Counted, ...]
    figures: tuple[Figured, ...]
    words: GivenRef


class BriefFrozen(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="brief.frozen"):
    """A week's brief. `words`: its text in the vault; `until` is the cut-off. Instants in microseconds UTC."""

    v: int = 1
    at: int
    by: Code
    week: Code
    since: int
    until: int
    position: int
    head: Code
    counts: tuple[Counted, ...]
    figures: tuple[Figured, ...]
    words: TextRef


def _value(holds: int, n: int | None) -> str:
    return str(holds) if n is None else percent(holds, n)


def stream_of(week: str) -> str:
    """The stream of a week's brief."""
    return f"{KIND}:{week}"


def may_freeze(actor: Actor) -> bool:
    """Whether an account freezes briefs."""
    return actor.role in FREEZERS


class BriefAggregate(StreamKind[BriefFrozen], kind=KIND, events=BriefFrozen, noun="a brief"):
    """Briefs as the ledger sees them, and the table that lists them."""

    def __init__(self) -> None:
        self.projections: tuple[Projection, ...] = (_brief_view(),)

    def decide(self, state: BriefFrozen | None, part: Part, turn: Turn) -> Sequence[BriefFrozen] | Refused:
        """Freezes the brief of a week that is over, once; freezing it again changes nothing."""
        if part.step != FREEZE or not may_freeze(turn.actor):
            return Refused("not_permitted", "briefs are frozen by leaders and coordinators", "sign in as a leader")
        args = arguments(part, Freeze, _EXAMPLE)
        if isinstance(args, Refused):
            return args
        if stream_of(args.week) != part.stream:
            return Refused("bad_arguments", "a brief is of the week that its stream names", part.stream)
        if args.until > turn.now:
            return Refused("week_not_over", "this week is not over yet", "freeze it from Monday on")
        if state is not None:
            return ()
        return (BriefFrozen(at=turn.now, by=turn.actor.id, **msgspec.structs.asdict(args)),)

    def fold(self, _state: BriefFrozen | None, event: BriefFrozen) -> BriefFrozen:
        return event


def _brief_view() -> Projection:
    return Projection(
        table="brief_view",
        version=1,
        columns=(
            Column("week", "text"),
            Column("at", "int"),
            Column("by", "text"),
            Column("until", "int"),
            Column("position", "int"),
            Column("head", "text"),
        ),
        key=(),
        indexes=(("week",),),
        rows=lambda _stream, one: [(one.week, one.at, one.by, one.until, one.position, one.head)],
    )
