"""Plays one case by the kernel alone: the earliest of what people do next and what timers do, until nothing is left.

What somebody did or was refused is not tried again in the same round of work.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, NamedTuple

from sanban.kernel.case.engine import decide
from sanban.kernel.case.event import Event
from sanban.kernel.case.fold import fold
from sanban.kernel.case.situation import Command, Situation
from sanban.kernel.case.state import LEAD, Case, Task
from sanban.kernel.case.timers import wanted_timers
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.permission import Actor

START = 1_772_503_200_000_000  # Tuesday 2026-03-03 10:00 in Shanghai, microseconds UTC
TEXT = "v:" + "0" * 32

SYSTEM = Actor("system", "system")
OPERATOR = Actor("op", "operator", "hotline", unit_kind="desk")
DISPATCHER = Actor("disp", "dispatcher", "centre", unit_kind="centre")
COORDINATOR, VERIFIER, LEADER = Actor("coord", "coordinator"), Actor("ver", "verifier"), Actor("head", "leader")

WAYS = (
    "returning everything", "returning late", "silence", "claiming contact", "finishing undone work",
    "asking extension each time", "suspending each time", "reclassifying", "splitting work", "cherry-picking",
    "ping-pong", "claiming contact late", "leaving supervision unanswered", "planning onto others",
)  # fmt: skip
"""How a unit shirks the orders that it is sent."""
RETURNERS = frozenset({"returning everything", "returning late", "ping-pong"})
UNDONE = frozenset({"finishing undone work", "planning onto others"})


class Move(NamedTuple):
    """A step that somebody takes at an instant."""

    at: int
    actor: Actor
    step: str
    args: dict[str, Any]


class Playing(ABC):
    """One case. What people do, `_people`, and what is kept of it, `_happened` and `_refused`, is each play's own."""

    def __init__(self, mechanism: Mechanism, calendar: Calendar, duty: DutyTable, opened_at: int) -> None:
        self.mechanism, self.calendar, self.duty, self.now = mechanism, calendar, duty, opened_at
        self._case: Case | None = None
        self._tried: set[str] = set()

    def play(self, opening: dict[str, Any], until: int) -> None:
        """From its opening to the instant `until`."""
        self._take(Move(self.now, OPERATOR, "open", opening))
        while (move := self._next()) is not None and move.at <= until:
            self.now = max(self.now, move.at)
            self._take(move)

    @property
    def case(self) -> Case:
        assert self._case is not None
        return self._case

    @property
    def lead(self) -> Task:
        task = self.case.lead_task
        assert task is not None
        return task

    @property
    def ended(self) -> int:
        """When the last task ended."""
        return max(task.ended_at or 0 for task in self.case.tasks)

    @abstractmethod
    def _people(self) -> Iterator[Move]:
        """What the people of the case do next, each with when."""

    def _happened(self, event: Event) -> None:  # noqa: B027 -- a play may note nothing
        """What a play notes of a step that was taken, event by event."""

    def _refused(self, move: Move, refusal: Refused) -> None:  # noqa: B027 -- a play may note nothing
        """What a play notes of a step that was refused."""

    def _take(self, move: Move) -> None:
        self._tried.add(self._key(move))
        situation = Situation(self.mechanism, move.actor, self.now, self.calendar, self.duty, number=lambda: "N-1")
        made = decide(self._case, Command(move.step, move.args), situation)
        if isinstance(made, Refused):
            self._refused(move, made)
            return
        for event in made:
            self._case = fold(self._case, event)
            self._happened(event)

    def _key(self, move: Move) -> str:
        tasks = () if self._case is None else self._case.tasks
        leads, reworked = sum(task.spec == LEAD for task in tasks), sum(task.reworked for task in tasks)
        when = move.at if move.actor is SYSTEM else ""
        return f"{move.step} {sorted(move.args.items())} {leads} {reworked} {when}"

    def _next(self) -> Move | None:
        if self.case.closed_at is not None:
            return None
        timers = [Move(one.at, SYSTEM, one.step, {one.name: one.subject}) for one in wanted_timers(self.case)]
        moves = [move for move in (*timers, *self._people()) if self._key(move) not in self._tried]
        return min(moves, key=lambda move: move.at, default=None)
