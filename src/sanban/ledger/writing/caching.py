"""States of streams as they stand on disk, so that a warm command needs no reading of its stream.

An entry holds, beside the state, the timers and projection rows that the state has on disk: what a batch must delete
and insert is the difference to them. The cache is only used while the shard stands where this writer left it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from sanban.ledger.port import Aggregate, Timer
from sanban.ledger.stores.store import Row

Keyed = dict[Row, Row]


class Entry(msgspec.Struct, gc=False):
    """One stream on disk. `rows`: for each projection in its order, what its `rows` gave."""

    aggregate: Aggregate
    seq: int = 0
    state: Any = None
    timers: Sequence[Timer] = ()
    rows: Sequence[Sequence[Row]] = ()


class StateCache:
    """Entries by stream, the least recently used dropped first."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._entries: dict[str, Entry] = {}

    def get(self, streams: Iterable[str]) -> dict[str, Entry]:
        """The entries of those that are here, which become the most recently used."""
        known, found = self._entries, dict[str, Entry]()
        for stream in streams:
            entry = known.pop(stream, None)
            if entry is not None:
                known[stream] = found[stream] = entry
        return found

    def keep(self, entries: Mapping[str, Entry]) -> None:
        """The entries of a batch as it left them. Each was got from here, and became recent by that, or is new.

        Those that rest would soon be most of what is in memory, and what is worked on lie far apart among them.
        """
        known = self._entries
        known.update(entries)
        for stream in [stream for stream, entry in entries.items() if entry.aggregate.rests(entry.state)]:
            del known[stream]
        for stream in tuple(islice(known, max(len(known) - self.size, 0))):
            del known[stream]

    def clear(self) -> None:
        self._entries.clear()
