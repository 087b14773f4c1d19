"""How many public cases there are, counted once a minute for all who ask.

Anybody may ask, with any filter; so the table is read through once for all filters, and each adds up its own tallies.
"""

from __future__ import annotations

import threading

import msgspec

from sanban.ledger.port import Reader

MINUTE = 60_000_000

_COUNT = (
    "SELECT matter, grid, CASE WHEN closed_at IS NULL THEN 1 ELSE 0 END AS stands, COUNT(*) FROM public_request "
    "WHERE district = :district AND request = first AND (closed_at IS NULL OR closed_at > :since) "
    "GROUP BY matter, grid, stands"
)


class Tally(msgspec.Struct, frozen=True, array_like=True):
    """So many public cases of a matter in a grid, `stands`: open ones."""

    matter: str
    grid: str
    stands: bool
    cases: int


class Counts:
    """The tallies of this minute, shared by the server's threads: one counts, whoever asks meanwhile waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute = -1
        self._tallies: tuple[Tally, ...] = ()

    def at(self, reader: Reader, now: int, since: int) -> tuple[Tally, ...]:
        """Open cases and those closed after `since`, both in microseconds UTC."""
        with self._lock:
            if now // MINUTE != self._minute:
                rows = reader.query(_COUNT, {"since": since})
                self._tallies = tuple(msgspec.convert(row, Tally, strict=False) for row in rows)
                self._minute = now // MINUTE
            return self._tallies
