"""The runner: fires due timers and follows events with reactions until nothing is left to do.

`once` is what `sanban run` does and what happens after an import; `Background` does it again and again beside a
server. Everything it submits is idempotent, so that it may be stopped anywhere and started by anyone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec
import structlog

from sanban.kernel.errors import SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.port import Ledger, Reader, Submission
from sanban.ledger.reading.reactions import Reaction, react_all, try_again
from sanban.ledger.reading.timers import fire

SYSTEM = Actor("system", "system")
EVERY_SECONDS = 2.0
ADVISE_EVERY = 3_600_000_000
"""Microseconds: a risk moves by the hour, not by the second."""
FILL_EVERY = 10_000_000
"""Microseconds between two rounds that fill the tables no command waits for: the figures."""
ROUNDS = 1000

log = structlog.get_logger("sanban.jobs")


class Ran(msgspec.Struct, frozen=True):
    """What one run did: events shown to reactions, timers that took effect, provisional due times computed anew.

    `again`: reactions that had failed before and were answered now; `advised`: cases whose risk was told anew.
    """

    events: int = 0
    timers: int = 0
    recomputed: int = 0
    again: int = 0
    advised: int = 0


class Work(Protocol):
    """What the runner works on."""

    @property
    def ledger(self) -> Ledger: ...

    @property
    def reader(self) -> Reader: ...

    @property
    def reactions(self) -> Sequence[Reaction]: ...

    def recomputations(self) -> list[Submission]:
        """Commands that compute provisional due times again, where a newer calendar settles them."""
        ...

    def asides(self, now: int) -> list[Submission]:
        """Commands by which units stand aside from cases about a party that they stand for from now on."""
        ...

    def catch_up(self) -> int:
        """Fills the tables that no command waits for; how many events were followed."""
        ...

    def advice(self, now: int) -> list[Submission]:
        """Commands that tell the risk of becoming overdue anew, where it has moved."""
        ...


def once(work: Work, now: int, *, recompute: bool = True, advise: bool = True, fill: bool = True) -> Ran:
    """Runs until nothing is left at `now` (microseconds UTC). Raises SanbanError if it never ends.

    `recompute`, `advise`, `fill`: whether what need not be done each time is done.
    """
    events = timers = recomputed = advised = 0
    again = try_again(work.ledger, work.reader, work.reactions, SYSTEM, now)
    _taken(work.ledger, work.asides(now))
    for _ in range(ROUNDS):
        shown = react_all(work.ledger, work.reader, work.reactions, SYSTEM)
        fired = fire(work.ledger, work.reader, now, SYSTEM).applied
        events, timers = events + shown, timers + fired
        if not fired:
            break
    else:
        raise SanbanError(f"timers were still firing after {ROUNDS} rounds at {now}", "sanban verify")
    if recompute:
        recomputed = _taken(work.ledger, work.recomputations())
    if advise:
        advised = _taken(work.ledger, work.advice(now))
    if fill:
        work.catch_up()
    return Ran(events, timers, recomputed, again, advised)


def _taken(ledger: Ledger, commands: Sequence[Submission]) -> int:
    """How many of the commands were new and took effect."""
    return sum(answer.refused is None and not answer.repeated for answer in ledger.submit_many(commands))


class Background:
    """Runs `once` every few seconds in a thread of its own until stopped. A failing pass is logged and retried."""

    def __init__(self, work: Work, clock: Callable[[], int], every_seconds: float = EVERY_SECONDS) -> None:
        self._work = work
        self._clock = clock
        self._every = every_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sanban-runner", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after the pass under way."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        recompute, advise_from, fill_from = True, 0, 0
        while not self._stopped.wait(self._every):
            try:
                now = self._clock()
                advises, fills = now >= advise_from, now >= fill_from
                once(self._work, now, recompute=recompute, advise=advises, fill=fills)
                recompute = False
                advise_from = now + ADVISE_EVERY if advises else advise_from
                fill_from = now + FILL_EVERY if fills else fill_from
            except Exception as error:  # whatever it was, timers and reactions must be tried again
                log.error("run_failed", kind=type(error).__name__)
