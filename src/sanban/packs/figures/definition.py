"""What a figure's file says: how many of a named set of events, of another one, and how the result may be read.

A share counts those `over` things for which `count` has happened too, before the span is over. Without `over` it is a
number of events. `exclusions` take things out of the denominator: each is counted, all together never more than `cap`
in ten thousand of what a unit has; those beyond count as the rest. `mix`: what cases are compared within when a unit's
figure is set against what its cases would have given elsewhere.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sanban.kernel.clock.calendar import Day
from sanban.kernel.errors import SanbanError
from sanban.kernel.expression import Expression
from sanban.kernel.mechanism import Title
from sanban.packs.figures.vocabulary import EVENT_SETS, EventSet

Better = Literal["high", "low", "neither"]
Way = Literal["down", "up"]
LAST = 999
BETTER: dict[Way, Better] = {"down": "low", "up": "high"}


class Chosen(msgspec.Struct, frozen=True):
    """Events of a set for which `having` holds."""

    of: str
    having: Expression | None = None

    @property
    def events(self) -> EventSet:
        """The set it chooses from."""
        return EVENT_SETS[self.of]


class Exclusion(msgspec.Struct, frozen=True):
    """What does not count, and why."""

    name: str
    title: Title
    when: Expression


class Definition(msgspec.Struct, frozen=True):
    """One version of a figure, in force from a day up to, not including, `until` (None: the next version).

    `order`: where it stands among the others, the least first.
    """

    key: str
    title: Title
    origin: str
    begins: Day
    until: Day | None
    better: Better
    count: Chosen
    over: Chosen | None
    exclusions: tuple[Exclusion, ...] = ()
    cap: int = 0
    minimum_n: int = 0
    mix: tuple[str, ...] = ("matter",)
    source: str = ""
    assumption: Title | None = None
    order: int = LAST

    @property
    def base(self) -> Chosen:
        """What is counted through: the denominator, or the events themselves."""
        return self.over or self.count


class Aim(msgspec.Struct, frozen=True):
    """One direction of an index: which figure shall go which way."""

    name: str
    figure: str
    way: Way


class Index(msgspec.Struct, frozen=True):
    """Directions that belong together, as 一降三升. `assumption`: what its makers had to assume, if anything."""

    key: str
    title: Title
    origin: str
    aims: tuple[Aim, ...]
    assumption: Title | None = None


class FigureBook(msgspec.Struct, frozen=True):
    """Every version of every figure, oldest first, and the indexes made of them."""

    definitions: tuple[Definition, ...]
    indexes: tuple[Index, ...] = ()

    def in_force(self, day: Day) -> tuple[Definition, ...]:
        """The version of each figure that holds on a day."""
        held = {one.key: one for one in self.definitions if one.begins <= day}
        return tuple(one for one in held.values() if one.until is None or day < one.until)

    def figure(self, key: str, day: Day) -> Definition:
        """The version of a figure on a day. Raises SanbanError where there is none."""
        held = {one.key: one for one in self.in_force(day)}
        if key not in held:
            raise SanbanError(f"there is no figure {key!r} then; there are: {', '.join(held)}", "--figure resolved")
        return held[key]
