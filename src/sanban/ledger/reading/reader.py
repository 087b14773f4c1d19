"""The read side: states folded from events, also as known at an earlier instant, and bound SELECTs.

A reader has connections of its own that cannot write. Its states come from events alone, never from the writer's
cache, so what it says is what is on disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from sanban.ledger.port import Aggregate, Stored
from sanban.ledger.proof.folding import aggregate_of
from sanban.ledger.sealing import Opener
from sanban.ledger.stores.store import EVENT_COLUMNS, FOLD_COLUMNS, Source

END_OF_TIME = 2**63 - 1
FOLDED = FOLD_COLUMNS.split(", ")

STREAM = (
    f"SELECT {EVENT_COLUMNS} FROM ledger_event WHERE district = :district AND stream = :stream "  # noqa: S608 -- constant columns
    "AND recorded_at <= :at ORDER BY seq"
)
SINCE = (
    f"SELECT {EVENT_COLUMNS} FROM ledger_event WHERE district = :district AND position > :position "  # noqa: S608 -- constant columns
    "ORDER BY position LIMIT :limit"
)


class Head(msgspec.Struct, frozen=True):
    """Where a district's ledger ends; as JSON it is the head file that `verify --head` takes."""

    district: str
    position: int
    batch_no: int
    hash: str


class StoreReader:
    """The `Reader` of either store. Safe to call from any thread."""

    def __init__(self, source: Source, aggregates: Mapping[str, Aggregate], opener: Opener | None = None) -> None:
        self.source = source
        self.aggregates = aggregates
        self._opener = opener

    @property
    def district(self) -> str:
        return self.source.district

    def state(self, stream: str, *, at: int | None = None) -> Any:
        """Folded state; `at`: as known at that instant of recording. None when it did not exist."""
        state = None
        events = self.events(stream, at=at)
        if events:
            aggregate = aggregate_of(stream, self.aggregates)
            for event in events:
                state = aggregate.fold(state, aggregate.decode(event.type, event.v, event.payload))
        return state

    def states(self, streams: Sequence[str]) -> dict[str, Any]:
        """Folded states of many streams now; those that do not exist are absent. One statement."""
        found: dict[str, Any] = {}
        with self.source.lookup() as lookup:
            rows = lookup.rows("ledger_event", FOLDED, "stream", streams) if streams else []
        for stream, _, type_, v, payload in sorted(rows):
            aggregate = aggregate_of(stream, self.aggregates)
            found[stream] = aggregate.fold(found.get(stream), aggregate.decode(type_, v, payload))
        return found

    def events(self, stream: str, *, at: int | None = None) -> list[Stored]:
        """The stream's events in their order, as known at that instant of recording."""
        until = END_OF_TIME if at is None else at
        return [Stored(*row) for row in self.query(STREAM, {"stream": stream, "at": until})]

    def since(self, position: int, limit: int) -> list[Stored]:
        """At most `limit` events after a position, in the order of positions."""
        return [Stored(*row) for row in self.query(SINCE, {"position": position, "limit": limit})]

    def query(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[tuple[Any, ...]]:
        """Rows of a bound SELECT with :name parameters; `:district` is always bound."""
        with self.source.lookup() as lookup:
            return lookup.query(sql, parameters)

    def open_secrets(self, refs: Sequence[str]) -> dict[str, str]:
        """Plain values of vault refs; erased ones are absent, and all of them when no vault was opened."""
        if self._opener is None or not refs:
            return {}
        with self.source.lookup() as lookup:
            return self._opener.open(refs, lookup)

    def head(self) -> Head | None:
        """Where the ledger ends; None when the district has no shard yet."""
        rows = self.query("SELECT position, batch_no, head_hash FROM shard WHERE district = :district")
        return Head(self.district, rows[0][0], rows[0][1], rows[0][2].hex()) if rows else None

    def close(self) -> None:
        """Closes the idle connections."""
        self.source.close()
