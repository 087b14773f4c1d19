"""What a stream's state derives: its timers and its projection rows, and how they differ from those on disk."""

from __future__ import annotations

from typing import Any

import msgspec

from sanban.ledger.port import Aggregate, Projection, Timer
from sanban.ledger.stores.store import Row
from sanban.ledger.writing.caching import Entry, Keyed

encode = msgspec.json.Encoder(order="deterministic").encode


class Changes:
    """Rows to delete and to write, by table, for one batch."""

    def __init__(self, district: str) -> None:
        self.district = district
        self.deletes: dict[str, list[Row]] = {}
        self.writes: dict[str, list[Row]] = {}

    def add(self, table: str, old: Keyed, new: Keyed) -> None:
        """The difference between two sets of keyed rows of one table."""
        gone = [key for key in old if key not in new]
        fresh = [row for key, row in new.items() if old.get(key) != row]
        if gone:
            self.deletes.setdefault(table, []).extend(gone)
        if fresh:
            self.writes.setdefault(table, []).extend(fresh)


def timers_of(aggregate: Aggregate, state: Any) -> dict[str, Timer]:
    """The state's timers by their id."""
    return {timer.id: timer for timer in aggregate.timers(state)}


def timer_row(district: str, stream: str, timer: Timer) -> Row:
    """A row of the table `timer`."""
    return (district, stream, timer.id, timer.due_at, timer.step, encode(timer.args))


def rows_of(district: str, projection: Projection, stream: str, state: Any) -> Keyed:
    """The state's rows in one projection by their key (stream, *key)."""
    head = (district, stream)
    places = key_places(projection)
    rows = projection.rows(stream, state)
    return {(stream, *(row[place] for place in places)): (*head, *row) for row in rows}


def key_places(projection: Projection) -> list[int]:
    """Where the key's columns stand in a projected row."""
    if not projection.key:
        return []
    names = [column.name for column in projection.columns]
    return [names.index(name) for name in projection.key]


def derive(district: str, stream: str, entry: Entry, changes: Changes | None = None) -> None:
    """Brings the entry's timers and rows up to its state, and records what changes on disk."""
    timers = timers_of(entry.aggregate, entry.state)
    if changes is not None and timers != entry.timers:
        changes.add("timer", _timer_rows(district, stream, entry.timers), _timer_rows(district, stream, timers))
    entry.timers = timers
    for projection in entry.aggregate.projections:
        rows = rows_of(district, projection, stream, entry.state)
        old = entry.rows.get(projection.table, {})
        if changes is not None and rows != old:
            changes.add(projection.table, old, rows)
        entry.rows[projection.table] = rows


def _timer_rows(district: str, stream: str, timers: dict[str, Timer]) -> Keyed:
    return {(stream, name): timer_row(district, stream, timer) for name, timer in timers.items()}
