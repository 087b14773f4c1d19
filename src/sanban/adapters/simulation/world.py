"""What the simulation is given, its clock, and how long people take: minutes of office hours, or of any hours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from sanban.kernel.clock.calendar import HOUR, MINUTE, Calendar
from sanban.ledger.port import Ledger, Reader
from sanban.packs.district import District
from sanban.packs.loading import Matters

STEP: Final = 30 * MINUTE
"""Everything of one step happens at one instant and shares commits."""
OPENS, CLOSES = 9 * HOUR, 17 * HOUR + 30 * MINUTE
OFFICE_DAY: Final = (CLOSES - OPENS) // MINUTE
"""Minutes of a working day."""

T = TypeVar("T")


class Chance(Protocol):
    """What the simulation asks of a seeded `random.Random`."""

    def random(self) -> float: ...

    def randint(self, a: int, b: int, /) -> int: ...

    def choice(self, seq: Sequence[T], /) -> T: ...

    def shuffle(self, x: list[Any], /) -> None: ...


class SimulatedClock:
    """The ledger's clock while a month is simulated: microseconds UTC, moved by the simulation alone, never back."""

    def __init__(self, now: int = 0) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def move_to(self, instant: int) -> None:
        self.now = max(self.now, instant)


class PlaceTold(Protocol):
    """What is read from an address. `auto`: surely enough that nobody has to look."""

    @property
    def auto(self) -> bool: ...

    def arguments(self, ref: str) -> dict[str, Any]: ...

    def exact(self) -> str: ...


def no_place(_address: str, _text: str) -> PlaceTold | None:
    """Nobody reads addresses: the desk pins every request by hand."""
    return None


NO_ADDRESSES: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})


def no_suggestion(_text: str) -> dict[str, Any] | None:
    """Nobody suggests a matter: the desk files everything by hand."""
    return None


class World(NamedTuple):
    """The deployment to work on. The ledger's writer runs on `clock`.

    `advance(now)` fires timers and follows events with reactions, as the composition root does; `follows` are the
    types of events that reactions answer, empty = perhaps all. `suggest(text)` gives the arguments of a request's step
    `suggest`, or None. `addresses`: by grid, those that the gazetteer knows; `places(address, text)` reads one.
    """

    ledger: Ledger
    reader: Reader
    clock: SimulatedClock
    advance: Callable[[int], object]
    matters: Matters
    calendar: Calendar
    district: District
    chance: Chance
    suggest: Callable[[str], dict[str, Any] | None] = no_suggestion
    follows: frozenset[str] = frozenset()
    addresses: Mapping[str, Sequence[str]] = NO_ADDRESSES
    places: Callable[[str, str], PlaceTold | None] = no_place


class Wait(NamedTuple):
    """How long somebody takes: a chance between `least` and `most` minutes, of office hours unless `always`.

    `until`: not before this instant; `by`: if it can be, before this one, 0 = at leisure (microseconds UTC).
    """

    least: int
    most: int
    always: bool = False
    until: int = 0
    by: int = 0


def moment(world: World, wait: Wait, now: int) -> int:
    """The instant at the end of a wait: a later step than now's."""
    minutes = world.chance.randint(wait.least, max(wait.least, wait.most))
    start = max(now, wait.until)
    end = start + minutes * MINUTE if wait.always else in_office(world.calendar, start, minutes)
    if wait.by and end >= wait.by:
        end = wait.by - (wait.by - now) * world.chance.randint(2, 6) // 10
    return max(step_at(end), step_at(now + 1))


def in_office(calendar: Calendar, start: int, minutes: int) -> int:
    """The instant when so many minutes of office hours have gone by."""
    left, at = minutes * MINUTE, start
    while True:
        day = calendar.day_of(at)
        opens, closes = calendar.start_of(day) + OPENS, calendar.start_of(day) + CLOSES
        if calendar.is_working(day) and at < closes:
            at = max(at, opens)
            if at + left <= closes:
                return at + left
            left -= closes - at
        at = calendar.start_of(day + 1)


def step_at(instant: int) -> int:
    """The next instant at which things happen, this one included: one in each half hour, at an uneven minute."""
    number = instant // STEP
    return next(at for at in map(_uneven, range(number, number + 2)) if at >= instant)


def _uneven(number: int) -> int:
    return number * STEP + number * 11 % 29 * MINUTE
