"""How often a sign-in may fail: a count for each account and for each address, forgotten after a quarter of an hour.

An attempt counts as failed from its beginning until it has succeeded, so that many at once are no more than many in
turn. Kept in memory and bounded: when there are too many keys the oldest are dropped. A refused attempt costs no
hashing. Several threads may ask at once.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

MINUTE = 60_000_000
WINDOW = 15 * MINUTE
PER_ACCOUNT = 5
PER_ADDRESS = 50
MOST_KEYS = 10_000


class Attempts:
    """Failed sign-ins of the last quarter of an hour. Instants are microseconds UTC."""

    def __init__(self) -> None:
        self._failed: OrderedDict[tuple[str, str], list[int]] = OrderedDict()
        self._lock = Lock()

    def begin(self, account: str, address: str, now: int) -> int:
        """Begins an attempt; seconds until one is allowed, and then nothing has begun."""
        keys = (("account", account), ("address", address))
        with self._lock:
            until = max(self._blocked_until(keys[0], PER_ACCOUNT, now), self._blocked_until(keys[1], PER_ADDRESS, now))
            if until > now:
                return -(-(until - now) // 1_000_000)
            for key in keys:
                self._failed[key] = [*self._recent(key, now), now][-PER_ADDRESS:]
                self._failed.move_to_end(key)
            while len(self._failed) > MOST_KEYS:
                self._failed.popitem(last=False)
            return 0

    def succeeded(self, account: str, address: str) -> None:
        """Forgets an account's failures; its address keeps its own, without this attempt."""
        with self._lock:
            self._failed.pop(("account", account), None)
            of_address = self._failed.get(("address", address))
            if of_address:
                of_address.pop()

    def _recent(self, key: tuple[str, str], now: int) -> list[int]:
        return [at for at in self._failed.get(key, []) if now - at < WINDOW]

    def _blocked_until(self, key: tuple[str, str], allowed: int, now: int) -> int:
        recent = self._recent(key, now)
        return recent[-allowed] + WINDOW if len(recent) >= allowed else now
