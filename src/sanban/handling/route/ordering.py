"""In what order stops are walked: dangers before everything else, then the nearest, for whom a declared detour counts.

    cost of a stop = metres from where one stands - what its time is worth

The stop that costs least comes next, and one goes on from there. Being late is worth a declared detour; what is due
soon is worth more the less time is left. Costs that are equal are decided by the number. So the order is a function of
the stops, the place one starts from, the rules and the instant, and each stop can say why it stands where it does.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Literal

import msgspec

from sanban.kernel.duty.place import Point, metres
from sanban.packs.desk.shift import ShiftRules

StopKind = Literal["task", "check"]


class Stop(msgspec.Struct, frozen=True):
    """A task or a check of the route. `point`: where, None where nobody knows; `due_at`: microseconds UTC, or None."""

    kind: StopKind
    id: str
    number: str
    point: Point | None = None
    danger: bool = False
    due_at: int | None = None


class Leg(msgspec.Struct, frozen=True):
    """A stop in its place. `metres`: from where one stands then, None where that or the stop's place is not known.

    Why it stands there: it is a danger, it is late, it is due soon (`soon`), or by its distance alone.
    """

    stop: Stop
    metres: int | None
    late: bool = False
    soon: bool = False


def ranked(
    stops: Iterable[Stop], start: Point | None, rules: ShiftRules, now: int, most: int | None = None
) -> tuple[Leg, ...]:
    """Every stop once, in the order in which they are walked from `start`; None: from the first that has a place.

    `most`: no more legs than these.
    """
    left, here, legs = sorted(stops, key=_name), start, list[Leg]()
    while left and len(legs) != most:
        among = [stop for stop in left if stop.danger] or left
        found = min(among, key=partial(_rank, here, rules, now))
        left.remove(found)
        late = found.due_at is not None and found.due_at <= now
        soon = not late and _worth(found, rules, now) > 0
        legs.append(Leg(found, _far(here, found), late=late, soon=soon))
        here = found.point or here
    return tuple(legs)


def _rank(here: Point | None, rules: ShiftRules, now: int, stop: Stop) -> tuple[int, tuple[str, str, str]]:
    """What goes first has the least."""
    return _cost(stop, _far(here, stop), rules, now), _name(stop)


def _name(stop: Stop) -> tuple[str, str, str]:
    return stop.number, stop.kind, stop.id


def _far(here: Point | None, stop: Stop) -> int | None:
    return None if here is None or stop.point is None else round(metres(here, stop.point))


def _cost(stop: Stop, far: int | None, rules: ShiftRules, now: int) -> int:
    return (rules.unplaced if far is None else far) - _worth(stop, rules, now)


def _worth(stop: Stop, rules: ShiftRules, now: int) -> int:
    """How many metres of a detour its time is worth."""
    if stop.due_at is None:
        return 0
    left = stop.due_at - now
    return rules.late if left <= 0 else max(0, rules.due * (rules.soon - left) // rules.soon)
