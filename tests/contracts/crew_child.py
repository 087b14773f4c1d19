"""A process without threads whose verifying goes wrong in a chosen way; prints what became of it.

    python crew_child.py FAULT TARGET     (a SQLite ledger)

FAULT: `no-fork` (the system forks no more), `stuck-lock` (a process died while it took a span), `killed` (one is killed
at once), `orphans` (this process is killed while the others work; prints their ids first).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from contracts.counter_aggregate import CounterAggregate
from sanban.ledger.opening import read_sqlite
from sanban.ledger.proof import parts, verify


def main(fault: str, target: str) -> None:
    """Brings the fault about, and verifies."""
    reader = read_sqlite(Path(target), "heping", [CounterAggregate()])
    parts.FEWEST = 1
    parts.LOCK_SECONDS = 0.2
    os.cpu_count = lambda: 4
    FAULTS[fault]()
    print(verify.verify(reader).is_whole, flush=True)
    reader.close()


def _no_fork() -> None:
    def forks_no_more() -> int:
        if made:
            raise BlockingIOError(11, "no more processes")
        made.append(1)
        return fork()

    fork, made = os.fork, list[int]()
    os.fork = forks_no_more


def _stuck_lock() -> None:
    _around_agreeing(lambda crew: crew._taken.get_lock().acquire() and crew._processes[0].kill())
    check = parts.Crew._check

    def check_without_our_lock(self: Any, *given: Any) -> Any:
        return None if os.getpid() == self._parent else check(self, *given)

    parts.Crew._check = check_without_our_lock


def _killed() -> None:
    _around_agreeing(lambda crew: crew._processes[1].kill())


def _orphans() -> None:
    def die(crew: Any) -> None:
        print(*(process.pid for process in crew._processes), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

    parts.check_streams = lambda _snapshot, _aggregates, _report, progress, _span: _long(progress)
    _around_agreeing(die)


def _long(progress: Any) -> None:
    while True:
        time.sleep(0.02)
        progress(1)


def _around_agreeing(then: Any) -> None:
    agrees = parts.Crew.agrees

    def agreed(self: Any, snapshot: Any) -> bool:
        found = agrees(self, snapshot)
        then(self)
        return found

    parts.Crew.agrees = agreed


FAULTS = {"no-fork": _no_fork, "stuck-lock": _stuck_lock, "killed": _killed, "orphans": _orphans}

if __name__ == "__main__":
    main(*sys.argv[1:])
