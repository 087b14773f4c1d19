"""Verifying with more than one processor: spans of streams are checked in processes of their own.

    this process   batches, commands, shard; then spans, as the others do   }  one snapshot each, of the same shard row:
    the others     the next span that nobody has taken, until none is left  }  every commit changes that row

It is only ever said that a ledger is whole. As soon as anything at all is found, or a process fails, or somebody writes
while the snapshots are opened, nothing is said, and the one pass through the whole ledger says what there is: so the
findings are the same, in the same words and order, however many processors there are.

The processes are forks, which have the aggregates already; so there are none where our threads run, and none where the
system gives no more. Nobody waits for ever: a process that is gone closes its line, one that is stuck is not waited for
beyond measure, and one whose parent is gone ends by itself.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from sanban.ledger.port import Aggregate
from sanban.ledger.proof.findings import Report
from sanban.ledger.proof.refold import WHOLE, Span, check_streams
from sanban.ledger.sealing import Lookup
from sanban.ledger.stores.store import Row, Snapshot, Source

FEWEST = 4000
"""Events below which one process is as quick."""
LEAST = 500
"""Events of the shortest spans, which come last: so all processes are busy until nearly the end."""
LOCK_SECONDS = 10.0
"""A process that died while it took a span leaves the counter locked."""
OPENING_SECONDS = 60.0
SHARING_SECONDS = 600.0
"""How long a process is waited for: to open its snapshot, and to finish its last span after all others."""
ENDING_SECONDS = 5.0
SHARD = "SELECT position, batch_no, head_hash FROM shard WHERE district = :district"
BOUNDARY = (
    "SELECT stream FROM ledger_event WHERE district = :district AND stream > :first {end} "
    "ORDER BY stream, seq LIMIT 1 OFFSET :place"
)

Counts = tuple[int, int]
"""Events and streams of the spans that a process found whole."""


class Crew:
    """The other processes. `share` does this process's part of the spans; it is called once, or not at all."""

    def __init__(
        self, source: Source, aggregates: Mapping[str, Aggregate], processes: int, spans: Sequence[Span]
    ) -> None:
        self._context = multiprocessing.get_context("fork")
        self._source = source
        self._aggregates = aggregates
        self._spans = spans
        self._parent = os.getpid()
        self._taken = self._context.Value("i", 0)
        self._lines: list[Connection] = []
        self._processes: list[Any] = []
        try:
            for _ in range(processes):
                self._start()
        except OSError:
            self.close()
            raise

    def _start(self) -> None:
        """Forks one process. Raises OSError when the system gives no more."""
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=self._work, args=(theirs, (*self._lines, ours)), daemon=True)
        try:
            process.start()
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self._lines.append(ours)
        self._processes.append(process)

    def agrees(self, snapshot: Snapshot) -> bool:
        """Whether all processes see the shard as this one does; they have started meanwhile."""
        here = snapshot.query(SHARD)
        return all(_heard(line, OPENING_SECONDS) == here for line in self._lines)

    def share(self, snapshot: Snapshot, progress: Callable[[int], None] | None) -> Counts | None:
        """Events and streams of all spans, done here and there; None when anything was found."""
        counts = [self._check(snapshot, progress), *(_heard(line, SHARING_SECONDS) for line in self._lines)]
        whole = [each for each in counts if each is not None]
        return None if len(whole) < len(counts) else (sum(each[0] for each in whole), sum(each[1] for each in whole))

    def close(self) -> None:
        """Ends whoever still works."""
        for line, process in zip(self._lines, self._processes, strict=True):
            line.close()
            process.terminate()
            process.join(ENDING_SECONDS)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()

    def _work(self, line: Connection, inherited: Sequence[Connection]) -> None:
        """What another process does. The parent's ends that came with the fork are closed: they would outlive it."""
        for each in inherited:
            each.close()
        try:
            with self._source.snapshot() as snapshot:
                line.send(snapshot.query(SHARD))
                line.send(self._check(snapshot, self._require_parent))
        except Exception:  # whatever it is, the one pass that follows meets it again and tells it
            _tell(line, None)

    def _check(self, snapshot: Snapshot, progress: Callable[[int], None] | None) -> Counts | None:
        report = Report(snapshot.district)
        try:
            for span in self._untaken():
                check_streams(snapshot, self._aggregates, report, progress, span)
                if not report.is_whole:
                    return None
        except TimeoutError:
            return None
        return report.events, report.streams

    def _require_parent(self, _done: int) -> None:
        """Raises where nobody waits for what this process finds."""
        if os.getppid() != self._parent:
            raise EOFError

    def _untaken(self) -> Iterator[Span]:
        while (number := self._next()) < len(self._spans):
            yield self._spans[number]

    def _next(self) -> int:
        """The number of the next span. Raises TimeoutError where a process died while it took one."""
        lock = self._taken.get_lock()
        if not lock.acquire(timeout=LOCK_SECONDS):
            raise TimeoutError
        try:
            number: int = self._taken.value
            self._taken.value = number + 1
            return number
        finally:
            lock.release()


def is_alone() -> bool:
    """Whether this process may be forked: no other thread of Python runs in it.

    A library's idle pool (that of linear algebra, say) does no harm: nothing that is done in a fork asks for it.
    """
    return sys.platform == "linux" and threading.active_count() == 1


@contextmanager
def crew(source: Source, aggregates: Mapping[str, Aggregate]) -> Iterator[Crew | None]:
    """Processes to share the spans with; None where one process is as quick or there may be no other."""
    others = min(os.cpu_count() or 1, 4) - 1
    if others < 1 or not is_alone():
        yield None
        return
    with source.lookup() as lookup:
        found: list[Row] = lookup.query(SHARD)
        events = found[0][0] if found and isinstance(found[0][0], int) else 0
        spans = spans_of(lookup, WHOLE, _sizes(events, others + 1)) if events >= FEWEST else []
    source.close()  # no connection may be open in two processes
    if not spans:
        yield None
        return
    try:
        made = Crew(source, aggregates, others, spans)
    except OSError:
        yield None
        return
    try:
        yield made
    finally:
        made.close()


def _sizes(events: int, processes: int) -> Iterator[int]:
    """Ever shorter ones: half of what is left, shared out, so that there are few, and the last end together."""
    while events > 0:
        size = max(events // (2 * processes), LEAST)
        yield size
        events -= size


def spans_of(lookup: Lookup, within: Span, sizes: Iterable[int]) -> list[Span]:
    """Spans of about so many events, in order, the last with what is left; each is looked for from the one before."""
    sql = BOUNDARY.format(end="AND stream < :end" if within.end else "")
    bounds = [within.first]
    for size in sizes:
        rows = lookup.query(sql, {**within.bounds, "first": bounds[-1], "place": size})
        if not rows:
            break
        bounds.append(str(rows[0][0]))
    return [Span(first, end) for first, end in zip(bounds, [*bounds[1:], within.end], strict=True)]


def _heard(line: Connection, seconds: float) -> Any:
    """What a process says; None when it is gone, or says nothing for so long."""
    try:
        return line.recv() if line.poll(seconds) else None
    except (EOFError, OSError):
        return None


def _tell(line: Connection, what: Any) -> None:
    try:
        line.send(what)
    except OSError:
        return
