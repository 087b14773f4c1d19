"""How often a sign-in may fail: a count for each account and for each address, forgotten after a quarter of an hour.

Kept in memory and bounded: when there are too many keys the oldest are dropped. A refused attempt costs no hashing.
"""

from __future__ import annotations

from collections import OrderedDict

MINUTE = 60_000_000
WINDOW = 15 * MINUTE
PER_ACCOUNT = 5
PER_ADDRESS = 50
MOST_KEYS = 10_000


class Attempts:
    """Failed sign-ins of the last quarter of an hour. Instants are microseconds UTC."""

    def __init__(self) -> None:
        self._failed: OrderedDict[tuple[str, str], list[int]] = OrderedDict()

    def wait(self, account: str, address: str, now: int) -> int:
        """Seconds until another attempt is allowed; 0 when it is allowed now."""
        until = max(
            self._blocked_until(("account", account), PER_ACCOUNT, now),
            self._blocked_until(("address", address), PER_ADDRESS, now),
        )
        return max(0, -(-(until - now) // 1_000_000))

    def failed(self, account: str, address: str, now: int) -> None:
        """Counts a failure."""
        for key in (("account", account), ("address", address)):
            self._failed[key] = [*self._recent(key, now), now][-PER_ADDRESS:]
            self._failed.move_to_end(key)
        while len(self._failed) > MOST_KEYS:
            self._failed.popitem(last=False)

    def succeeded(self, account: str) -> None:
        """Forgets an account's failures; its address keeps its own."""
        self._failed.pop(("account", account), None)

    def _recent(self, key: tuple[str, str], now: int) -> list[int]:
        return [at for at in self._failed.get(key, []) if now - at < WINDOW]

    def _blocked_until(self, key: tuple[str, str], allowed: int, now: int) -> int:
        recent = self._recent(key, now)
        return recent[-allowed] + WINDOW if len(recent) >= allowed else now
