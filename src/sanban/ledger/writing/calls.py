"""What waits for the writer: a `Call` per caller, with one wake-up when all of its submissions are answered."""

from __future__ import annotations

from collections.abc import Callable
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

    def answer(self, place: int, result: Answer | Exception | Any) -> None:
        """Puts one result in its place and wakes the caller after the last one."""
        self.results[place] = result
        self._left -= 1
        if not self._left:
            self._woken.release()

    def wait(self) -> list[Any]:
        """The results, once all are there."""
        if self.results:
            self._woken.acquire()
        return self.results


class Item(msgspec.Struct, frozen=True, gc=False):
    """One submission in the queue, or work apart."""

    call: Call
    place: int
    submission: Submission | None
    body_hash: bytes
    work: Work | None = None
