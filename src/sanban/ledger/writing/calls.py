"""What waits for the writer: a `Call` per caller, with one wake-up when all of its submissions are answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Any

import msgspec

from sanban.ledger.port import Answer, Submission
from sanban.ledger.sealing import Session

Work = Callable[[Session], Any]


class Call:
    """One caller's submissions. Only the writer's thread fills it; only the caller waits."""

    __slots__ = ("_left", "_woken", "has_failed", "results")

    def __init__(self, size: int) -> None:
        self.results: list[Any] = [None] * size
        self.has_failed = False
        self._left = size
        self._woken = Lock()
        self._woken.acquire()

    def answer(self, start: int, results: Sequence[Answer | Exception | Any]) -> None:
        """Puts results in their places and wakes the caller after the last one."""
        self.results[start : start + len(results)] = results
        self._left -= len(results)
        if not self._left:
            self._woken.release()

    def wait(self) -> list[Any]:
        """The results, once all are there."""
        if self.results:
            self._woken.acquire()
        return self.results


class Share(msgspec.Struct, frozen=True, gc=False):
    """What a call has in one batch: its submissions from `start` on with the hashes of their bodies, or work apart."""

    call: Call
    start: int = 0
    submissions: Sequence[Submission] = ()
    hashes: Sequence[bytes] = ()
    work: Work | None = None

    def each(self) -> Iterator[Share]:
        """Every submission as a share of its own."""
        pairs = zip(self.submissions, self.hashes, strict=True)
        for place, (submission, body_hash) in enumerate(pairs, start=self.start):
            yield Share(self.call, place, (submission,), (body_hash,))
