"""What a stream's state derives: its timers and its projection rows, and how they differ from those on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import msgspec

from sanban.ledger.port import Aggregate, Projection, Timer
from sanban.ledger.stores.store import Row
from sanban.ledger.writing.caching import Entry, Keyed

encode = msgspec.json.Encoder(order="deterministic").encode


class Changes:
    """Rows to delete and to write, by table, for one batch."""

    def __init__(self) -> None:
        self.deletes: dict[str, list[Row]] = {}
        self.writes: dict[str, list[Row]] = {}

    def add(self, table: str, old: Keyed, new: Keyed) -> None:
        """The difference between two sets of keyed rows of one table."""
        gone = old.keys() - new.keys() if old else ()
        fresh = [row for key, row in new.items() if old.get(key) != row] if old else new.values()
        if gone:
            self.deletes.setdefault(table, []).extend(sorted(gone))
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
    key_of = _key_of(projection.key, projection.columns)
    rows = projection.rows(stream, state)
    if key_of is None:
        return {(stream,): (district, stream, *rows[-1])} if rows else {}
    return {(stream, *key_of(row)): (district, stream, *row) for row in rows}


def derive(district: str, stream: str, entry: Entry, changes: Changes | None = None) -> None:
    """Brings the entry's timers and rows up to its state, and records what changes on disk."""
    timers = timers_of(entry.aggregate, entry.state)
    if changes is not None and timers != entry.timers:
        _timer_changes(district, stream, entry.timers, timers, changes)
    entry.timers = timers
    for projection in entry.aggregate.projections:
        rows = rows_of(district, projection, stream, entry.state)
        old = entry.rows.get(projection.table) or {}
        if changes is not None and rows != old:
            changes.add(projection.table, old, rows)
        entry.rows[projection.table] = rows


@lru_cache(256)
def _key_of(key: tuple[str, ...], columns: Sequence[Any]) -> Callable[[Row], Row] | None:
    """What picks the key's values out of a projected row; None when the stream alone is the key."""
    names = [column.name for column in columns]
    places = [names.index(name) for name in key]
    if not places:
        return None
    if len(places) == 1:
        place = places[0]
        return lambda row: (row[place],)
    picked: Callable[[Row], Row] = itemgetter(*places)
    return picked


def _timer_changes(district: str, stream: str, old: dict[str, Timer], new: dict[str, Timer], changes: Changes) -> None:
    gone = [(stream, name) for name in old if name not in new]
    fresh = [timer_row(district, stream, timer) for name, timer in new.items() if old.get(name) != timer]
    if gone:
        changes.deletes.setdefault("timer", []).extend(gone)
    if fresh:
        changes.writes.setdefault("timer", []).extend(fresh)
