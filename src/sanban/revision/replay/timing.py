"""When timers of a case on its way are due, and which of them fire: looked for when one may be due, not at every step.

A step that only starts and stops clocks brings nothing nearer but by the clocks that it starts. So does a timer that
fires, for the other timers: what it says is of its own clock, and of supervision.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from sanban.kernel.case import event as events
from sanban.kernel.case.event import Event
from sanban.kernel.case.state import Case, Clock
from sanban.kernel.case.timers import NEVER, Wanted, wanted_timers
from sanban.kernel.clock.calendar import HOUR

APART: Final[frozenset[type[Event]]] = frozenset({events.ClockMissed, events.ClockReminded, events.CaseSupervised})
"""What leaves the timers of other clocks as they were."""


class Timers:
    """The timers of one case. `ticks`: when the record shows the ledger's jobs at work on it, from here on.

    Until `quiet` none fires; 0 where anything may. `_waits`: some that are due fire with the next tick. Those of
    `_stuck` came to nothing, and are not tried again.
    """

    __slots__ = ("_stuck", "_waits", "quiet", "ticks")

    def __init__(self) -> None:
        self.ticks: deque[int] = deque()
        self.quiet = 0
        self._stuck: set[Wanted] = set()
        self._waits = False

    def changed(self) -> None:
        """Anything may have become of the case."""
        self.quiet = 0

    def started(self, clocks: Sequence[Clock]) -> None:
        """Nothing but these clocks has begun."""
        for clock in clocks:
            for at in (clock.remind_at, clock.due_at):
                if at is not None and at < self.quiet:
                    self.quiet = at

    def tick(self) -> int:
        """The next tick is here, and with it what waits for it."""
        if self._waits:
            self.quiet, self._waits = 0, False
        return self.ticks.popleft()

    def is_quiet(self, case: Case, until: int) -> bool:
        """Whether none is due by then."""
        if until >= self.quiet:
            self.quiet = min([one.at for one in wanted_timers(case)], default=NEVER)
        return until < self.quiet

    def due(self, case: Case, until: int, *, ticked: bool) -> list[Wanted]:
        """Those that fire by then. `ticked`: the jobs ran then, as the record shows."""
        if until < self.quiet:
            return []
        due: list[Wanted] = []
        later = NEVER
        for one in wanted_timers(case):
            if one.at <= until:
                due.append(one)
            elif one.at < later:
                later = one.at
        self.quiet = later
        fires = [one for one in due if one not in self._stuck] if self._stuck else due
        if fires and self.ticks and not ticked:
            soon = [one for one in fires if not self._fires_later(one.at)]
            self._waits = len(soon) < len(fires)
            return soon
        return fires

    def came_to(self, made: Sequence[Event], timer: Wanted, due: list[Wanted], until: int) -> list[Wanted] | None:
        """What is left of those due after one of them has fired; None where it has to be looked for."""
        if not made:
            self._stuck.add(timer)
            self.quiet = 0
        for event in made:
            if type(event) not in APART or event.stopped:
                self.quiet = 0
                return None
            if event.started:
                self.started(event.started)
        if until >= self.quiet:
            return None
        is_over = timer.step == "expire"
        return [one for one in due if one is not timer and not (is_over and one.subject == timer.subject)]

    def _fires_later(self, due_at: int) -> bool:
        """Whether the record shows the jobs at work soon after this is due, further on."""
        return due_at <= self.ticks[0] <= due_at + HOUR
