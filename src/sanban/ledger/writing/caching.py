"""States of streams as they stand on disk, so that a warm command needs no reading of its stream.

An entry holds, beside the state, the timers and projection rows that the state has on disk: what a batch must delete
and insert is the difference to them. The cache is only used while the shard stands where this writer left it.
"""

from __future__ import annotations

from collections.abc import Sequence
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

    def get(self, stream: str) -> Entry | None:
        """The entry, which becomes the most recently used."""
        found = self._entries.pop(stream, None)
        if found is not None:
            self._entries[stream] = found
        return found

    def put(self, stream: str, entry: Entry) -> None:
        self._entries.pop(stream, None)
        self._entries[stream] = entry
        if len(self._entries) > self.size:
            del self._entries[next(iter(self._entries))]

    def clear(self) -> None:
        self._entries.clear()
