"""How often something may be done from one place: so many times within a window, then not until the window has passed.

    wait(keys, now)    seconds until it may be done again, 0 now; asks and counts nothing
    count(keys, now)   counts it once for each key
    take(keys, now)    both at once: counts it where it may be done now, for what must not be done many times together
    give_back(keys)    what was taken last was nothing to count

Kept in memory and bounded twice: no key keeps more than `most` instants, and when there are too many keys those that
were quiet longest are dropped. Several threads may ask at once. Keys are digested before they are kept, so that
neither addresses nor receipts stand in memory.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Collection, Iterable
from threading import Lock

from sanban.kernel.errors import Refused

MINUTE = 60_000_000
MOST_KEYS = 10_000
TOO_MANY = Refused("too_many_attempts", "too many attempts from here", "try again in a quarter of an hour, or call")


class Allowance:
    """`most` times within `window` microseconds, for each key."""

    def __init__(self, most: int, window: int, most_keys: int = MOST_KEYS) -> None:
        self._most = most
        self._window = window
        self._most_keys = most_keys
        self._counted: OrderedDict[bytes, tuple[int, ...]] = OrderedDict()
        self._lock = Lock()

    def wait(self, keys: Iterable[str], now: int) -> int:
        """Seconds until every one of the keys may do it again; 0 when all may now."""
        with self._lock:
            return self._wait(keys, now)

    def count(self, keys: Iterable[str], now: int) -> None:
        """It was done once, under each of these keys."""
        with self._lock:
            self._count(keys, now)

    def take(self, keys: Collection[str], now: int) -> int:
        """Seconds until it may be done; where that is 0 it is counted already."""
        with self._lock:
            wait = self._wait(keys, now)
            if not wait:
                self._count(keys, now)
            return wait

    def give_back(self, keys: Iterable[str]) -> None:
        """Takes back the last count of each of these keys."""
        with self._lock:
            for key in map(_kept, keys):
                self._counted[key] = self._counted.get(key, ())[:-1]

    def _wait(self, keys: Iterable[str], now: int) -> int:
        until = max((self._until(_kept(key), now) for key in keys), default=now)
        return -(-(until - now) // 1_000_000)

    def _count(self, keys: Iterable[str], now: int) -> None:
        for key in map(_kept, keys):
            self._counted[key] = (*self._recent(key, now), now)[-self._most :]
            self._counted.move_to_end(key)
        while len(self._counted) > self._most_keys:
            self._counted.popitem(last=False)

    def _recent(self, key: bytes, now: int) -> tuple[int, ...]:
        return tuple(at for at in self._counted.get(key, ()) if now - at < self._window)

    def _until(self, key: bytes, now: int) -> int:
        recent = self._recent(key, now)
        return recent[0] + self._window if len(recent) >= self._most else now


def filings() -> Allowance:
    """What one address may file: 20 in an hour, for a whole office behind one address may have something to say."""
    return Allowance(20, 60 * MINUTE)


def looks() -> Allowance:
    """What one address may have looked up for it: 300 in a minute, for many people may share an address."""
    return Allowance(300, MINUTE)


def guesses() -> Allowance:
    """How often one address, or whoever asks for one receipt, may fail: 10 times in a quarter of an hour."""
    return Allowance(10, 15 * MINUTE)


def _kept(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()[:16]
