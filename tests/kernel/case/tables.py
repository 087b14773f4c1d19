"""A district made in code, its people, and `Play`, which takes a case step by step by the mechanisms of the tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from kernel.case.calendars import CN2025, at
from kernel.case.mechanisms import NOISE, NOISE2, PARKING, WATER
from sanban.kernel.case.engine import decide
from sanban.kernel.case.event import Event
from sanban.kernel.case.fold import fold
from sanban.kernel.case.situation import Command, Situation
from sanban.kernel.case.state import Case, Clock, Task
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.duty import Entry, Grid, Level, Point, Unit, UnitKind, duty_table
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import (
    Mechanism,
)
from sanban.kernel.party import NO_LINKS, Links
from sanban.kernel.permission import Actor

TEXT = "v:0123456789abcdef0123456789abcdef"


def _unit(code: str, kind: UnitKind, parent: str | None = None) -> Unit:
    return Unit(code, kind, code, code, parent, 0)


def _row(row: str, duty: str, area: str, unit: str, level: Level = "district") -> Entry:
    return Entry(row, "*", duty, area, unit, level, 0)


CORNERS = ((0, 0), (1000, 0), (1000, 1000), (0, 1000))
DUTY = duty_table(
    "1",
    units=[
        _unit("desk", "desk"), _unit("centre", "centre"), _unit("street-a", "street"), _unit("street-b", "street"),
        _unit("street-c", "street"), _unit("team-a1", "station", "street-a"),
        _unit("team-a2", "station", "street-a"), _unit("dept-fire", "department"),
        _unit("dept-water", "department"), _unit("firm-x", "firm"),
    ],
    grids=[
        Grid("g-a1", "s-a", (tuple(Point(lon, lat) for lon, lat in CORNERS),), 0),
        Grid("g-b1", "s-b", (tuple(Point(lon + 1000, lat) for lon, lat in CORNERS),), 0),
    ],
    entries=[
        _row("d-1", "street", "s-a", "street-a"), _row("d-2", "street", "s-b", "street-b"),
        _row("d-3", "fire_brigade", "*", "dept-fire"), _row("d-5", "pumping", "*", "dept-water"),
        _row("d-4", "street", "g-a1", "team-a1", "grid"),
    ],
)  # fmt: skip


def _staff(name: str, role: Any, unit: str, kind: Any) -> Actor:
    return Actor(name, role, unit, f"person:{name}", kind)


OPERATOR = _staff("op1", "operator", "desk", "desk")
OPERATOR2 = _staff("op2", "operator", "desk", "desk")
DISPATCHER = _staff("disp", "dispatcher", "desk", "desk")
HANDLER_A = _staff("ha", "handler", "street-a", "street")
HANDLER_A2 = _staff("ha2", "handler", "street-a", "street")
CHIEF_A = _staff("chief-a", "leader", "street-a", "street")
CLERK_A = _staff("clerk-a", "dispatcher", "street-a", "street")
HANDLER_B = _staff("hb", "handler", "street-b", "street")
HANDLER_C = _staff("hc", "handler", "street-c", "street")
WORKER_A1 = _staff("wa1", "grid_worker", "team-a1", "station")
FIREMAN = _staff("fire", "handler", "dept-fire", "department")
WATERMAN = _staff("water", "handler", "dept-water", "department")
FIRM = _staff("firm", "property_manager", "firm-x", "firm")
VERIFIER = _staff("ver", "verifier", "centre", "centre")
COORDINATOR = _staff("coord", "coordinator", "centre", "centre")
LEADER = _staff("boss", "leader", "district", "")
OWNER = _staff("owner", "mechanism_owner", "centre", "centre")
AUDITOR = _staff("audit", "auditor", "", "")
SYSTEM = Actor("system", "system")
REQUESTER = Actor("citizen", "requester", "", "person:one")
EVERYONE = (
    OPERATOR, OPERATOR2, DISPATCHER, HANDLER_A, HANDLER_A2, CHIEF_A, CLERK_A, HANDLER_B, HANDLER_C, WORKER_A1, FIREMAN,
    WATERMAN, FIRM, VERIFIER, COORDINATOR, LEADER, OWNER, AUDITOR, SYSTEM, REQUESTER,
)  # fmt: skip

IN_FORCE = {"noise": NOISE2, "parking": PARKING, "water": WATER}
BY_KEY = {one.key: one for one in (NOISE, NOISE2, PARKING, WATER)}
START = "2025-04-25 10:00"
"""A Friday. Five working days on is Tuesday 6 May."""


def find_mechanism(matter: str, instant: int) -> Mechanism | None:
    return IN_FORCE.get(matter)


class Play:
    """A case under way: what was decided so far, and the time. A test moves the time and takes steps."""

    def __init__(self, mechanism: Mechanism = NOISE, calendar: Calendar = CN2025, links: Links = NO_LINKS) -> None:
        self.mechanisms = {**BY_KEY, mechanism.key: mechanism}
        self.filed_under = mechanism
        self.calendar = calendar
        self.links = links
        self.now = at(START)
        self.events: list[Event] = []
        self._case: Case | None = None
        self.find: Callable[[str, int], Mechanism | None] = find_mechanism

    @property
    def case(self) -> Case:
        assert self._case is not None
        return self._case

    @property
    def last(self) -> Event:
        return self.events[-1]

    @property
    def mechanism(self) -> Mechanism:
        return self.filed_under if self._case is None else self.mechanisms[self._case.mechanism]

    def situation(self, actor: Actor) -> Situation:
        known = (lambda: "N-1", self.find, tuple(IN_FORCE))
        return Situation(self.mechanism, actor, self.now, self.calendar, DUTY, self.links, *known)

    def asks(self, name: str, actor: Actor, **args: Any) -> tuple[Event, ...] | Refused:
        """What the engine answers, taken or not."""
        return decide(self._case, Command(name, args), self.situation(actor))

    def take(self, name: str, actor: Actor, when: str = "", **args: Any) -> Play:
        """Takes a step that is allowed."""
        if when:
            self.now = at(when)
        found = self.asks(name, actor, **args)
        assert not isinstance(found, Refused), found
        for event in found:
            self._case = fold(self._case, event)
            self.events.append(event)
        return self

    def refused(self, name: str, actor: Actor, **args: Any) -> str:
        """The reason of a refusal; every refusal says what was wrong."""
        found = self.asks(name, actor, **args)
        assert isinstance(found, Refused), found
        assert found.message
        return found.reason

    def open(self, when: str = START, actor: Actor = OPERATOR, **args: Any) -> Play:
        self.now = at(when)
        given: dict[str, Any] = {
            "id": "c1", "request": "r1", "requester": "person:one", "channel": "phone", "desk": "desk",
            "received_at": self.now, "street": "s-a",
        }  # fmt: skip
        return self.take("open", actor, **(given | args))

    def attach(self, request: str = "r2", requester: str = "person:two", **args: Any) -> Play:
        given = {"request": request, "requester": requester, "channel": "app", "received_at": self.now}
        return self.take("attach", OPERATOR, **(given | args))

    def dispatched(self, unit: str = "", **args: Any) -> Play:
        """A case just dispatched."""
        return self.open(**args).take("dispatch", DISPATCHER, unit=unit)

    def handled(self, **args: Any) -> Play:
        """A case that street-a works on."""
        return self.dispatched(**args).take("accept", HANDLER_A)

    def whistled(self, *wanted: str, kind: str = "hard_problem", **args: Any) -> Play:
        """A case for which street-a has whistled."""
        play = self.handled(**args)
        return play.take("whistle", HANDLER_A, kind=kind, wanted=wanted or ("dept-fire", "dept-water"), note=TEXT)

    def finished(self, **args: Any) -> Play:
        return self.handled(**args).take("contact", HANDLER_A, request="r1").take("finish", HANDLER_A)

    def called(self, resolved: str = "yes", **args: Any) -> Play:
        """A case whose requester was asked."""
        self.finished(**args).take("verify", VERIFIER)
        return self.take("call_back", OPERATOR2, request="r1", reached=True, contacted=True, resolved=resolved)

    def closed(self, **args: Any) -> Play:
        return self.called(**args).take("close", OPERATOR2, ending="resolved")

    def clock(self, limit: str, subject: str = "") -> Clock:
        """The newest clock of a limit."""
        found = [one for one in self.case.clocks if one.limit == limit and subject in ("", one.subject)]
        return found[-1]

    def running(self, subject: str = "") -> list[str]:
        """The limits that run, in order."""
        return [one.limit for one in self.case.clocks if one.running and subject in ("", one.subject)]

    def task(self, task_id: str) -> Task:
        found = self.case.task(task_id)
        assert found is not None
        return found

    def hold(self, **changes: Any) -> Play:
        """The case as it would be after events of another time."""
        self._case = msgspec.structs.replace(self.case, **changes)
        return self

    def expire(self, limit: str, subject: str = "") -> Play:
        """The timer of a clock fires at its due time."""
        clock = self.clock(limit, subject)
        assert clock.due_at is not None
        self.now = max(self.now, clock.due_at)
        return self.take("expire", SYSTEM, clock=clock.id)


ENCODER = msgspec.json.Encoder(order="deterministic")
DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
