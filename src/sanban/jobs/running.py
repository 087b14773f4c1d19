"""The runner: fires due timers and follows events with reactions until nothing is left to do.

`once` is what `sanban run` does and what happens after an import; `Background` does each of its jobs again and again
beside a server, as often as it is due. Everything they submit is idempotent, so that they may be stopped anywhere and
started by anyone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import msgspec
import structlog

from sanban.kernel.errors import SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.port import Answer, Ledger, Reader, Submission
from sanban.ledger.reading.reactions import Reaction, react_all, try_again
from sanban.ledger.reading.timers import fire

SYSTEM = Actor("system", "system")
EVERY_SECONDS = 2.0
ADVISE_EVERY = 3_600_000_000
"""Microseconds: a risk moves by the hour, not by the second."""
FILL_EVERY = 10_000_000
"""Microseconds between two rounds that fill the tables no command waits for: the figures."""
AGAIN_AFTER = 600_000_000
"""Microseconds after which a job that failed is tried again, where it is not due sooner."""
NEVER = 1 << 62
ASIDE, FOLLOW, RECOMPUTE, ADVISE, FILL = "aside", "follow", "recompute", "advise", "fill"
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

    def and_(self, other: Ran) -> Ran:
        """Both together."""
        return Ran(*map(sum, zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)))


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

    def aside_heard(self, sent: Sequence[Submission], answers: Sequence[Answer], now: int) -> None:
        """What became of them; what failed is asked for again after a growing delay."""
        ...

    def catch_up(self) -> int:
        """Fills the tables that no command waits for; how many events were followed."""
        ...

    def advice(self, now: int) -> list[Submission]:
        """Commands that tell the risk of becoming overdue anew, where it has moved."""
        ...


def once(work: Work, now: int, *, recompute: bool = True, advise: bool = True, fill: bool = True) -> Ran:
    """Runs until nothing is left at `now` (microseconds UTC). Raises SanbanError if it never ends.

    `recompute`, `advise`, `fill`: whether what need not be done each time is done. Each job is done whatever another
    raises; the first error is raised at the end. What is told late in the run is followed too: a second run at `now`
    finds nothing to do and leaves the ledger as it is.
    """
    wanted = {ASIDE: True, FOLLOW: True, RECOMPUTE: recompute, ADVISE: advise, FILL: fill}
    found, errors = Ran(), []
    for job in (*TOLD, FOLLOW_ON, FILLED):
        if wanted[job.name] and (job is not FOLLOW_ON or found.recomputed or found.advised):
            try:
                found = found.and_(job.act(work, now, never))
            except Exception as error:  # the other jobs depend on none
                errors.append(error)
    if errors:
        raise errors[0]
    return found


Ended = Callable[[], bool]
"""Whether the runner was told to stop: what it has not begun yet is left to the next one."""


def never() -> bool:
    """Nobody stops it."""
    return False


def _aside(work: Work, now: int, _ended: Ended) -> Ran:
    commands = work.asides(now)
    work.aside_heard(commands, work.ledger.submit_many(commands), now)
    return Ran()


def _follow(work: Work, now: int, ended: Ended) -> Ran:
    events = timers = 0
    again = try_again(work.ledger, work.reader, work.reactions, SYSTEM, now)
    for _ in range(ROUNDS):
        shown = react_all(work.ledger, work.reader, work.reactions, SYSTEM, ended)
        fired = fire(work.ledger, work.reader, now, SYSTEM).applied
        events, timers = events + shown, timers + fired
        if not fired or ended():
            return Ran(events, timers, again=again)
    raise SanbanError(f"timers were still firing after {ROUNDS} rounds at {now}", "sanban verify")


def _recompute(work: Work, _now: int, _ended: Ended) -> Ran:
    return Ran(recomputed=_taken(work.ledger, work.recomputations()))


def _advise(work: Work, now: int, _ended: Ended) -> Ran:
    return Ran(advised=_taken(work.ledger, work.advice(now)))


def _fill(work: Work, _now: int, _ended: Ended) -> Ran:
    work.catch_up()
    return Ran()


def _taken(ledger: Ledger, commands: Sequence[Submission]) -> int:
    """How many of the commands were new and took effect."""
    return sum(answer.refused is None and not answer.repeated for answer in ledger.submit_many(commands))


class Job(msgspec.Struct, frozen=True):
    """What a pass does, and how many microseconds after one pass the next does it."""

    name: str
    every: int
    act: Callable[[Work, int, Ended], Ran]


TOLD = (
    Job(ASIDE, 0, _aside),
    Job(FOLLOW, 0, _follow),
    Job(RECOMPUTE, NEVER, _recompute),
    Job(ADVISE, ADVISE_EVERY, _advise),
)
"""What writes events."""
FILLED = Job(FILL, FILL_EVERY, _fill)
JOBS = (*TOLD, FILLED)
"""In the order in which a pass does them."""
FOLLOW_ON = Job(FOLLOW, 0, _follow)
"""What the end of a run told is followed before it ends; a pass leaves that to the next one."""


def always() -> AbstractContextManager[bool]:
    """Nobody else does the same work."""
    return nullcontext(enter_result=True)


class Background:
    """Does what is due of `JOBS` every few seconds in a thread of its own until stopped.

    A job that fails is logged, hinders no other, and is tried again when it is due or after `AGAIN_AFTER`. Of several
    servers of a district one makes a pass at a time, as `alone` says: the others would do the same work once more.
    """

    def __init__(
        self,
        work: Work,
        clock: Callable[[], int],
        alone: Callable[[], AbstractContextManager[bool]] = always,
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        self._work = work
        self._clock = clock
        self._alone = alone
        self._every = every_seconds
        self._due = dict.fromkeys((job.name for job in JOBS), 0)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sanban-runner", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after the page of events under way."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            self.make_pass()

    def make_pass(self) -> None:
        """One pass: every job that is due, each by itself; none while another process is at it."""
        try:
            with self._alone() as may:
                if may:
                    self._do_due(self._clock())
        except Exception as error:  # the store could not be asked; the next pass asks again
            log.error("pass_failed", kind=type(error).__name__)

    def _do_due(self, now: int) -> None:
        for job in JOBS:
            if now >= self._due[job.name] and not self._stopped.is_set():
                self._due[job.name] = now + self._do(job, now)

    def _do(self, job: Job, now: int) -> int:
        """Microseconds until the job is due again."""
        try:
            job.act(self._work, now, self._stopped.is_set)
        except Exception as error:  # whatever it was, the other jobs are done, and this one is tried again
            log.error("run_failed", job=job.name, kind=type(error).__name__)
            return min(job.every, AGAIN_AFTER)
        return job.every
