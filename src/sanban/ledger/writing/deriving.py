"""What a stream's state derives: its timers and its projection rows, and how they differ from those on disk.

Most commands change one row of each table in place, so that is looked for first; only where rows come and go are both
sets laid out by their keys and compared.
"""

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

    def delete(self, table: str, keys: Sequence[Row]) -> None:
        if keys:
            self.deletes.setdefault(table, []).extend(keys)

    def write(self, table: str, rows: Sequence[Row]) -> None:
        if rows:
            self.writes.setdefault(table, []).extend(rows)


def timers_of(aggregate: Aggregate, state: Any) -> dict[str, Timer]:
    """The state's timers by their id."""
    return {timer.id: timer for timer in aggregate.timers(state)}


def timer_row(district: str, stream: str, timer: Timer) -> Row:
    """A row of the table `timer`."""
    return (district, stream, timer.id, timer.due_at, timer.step, encode(timer.args))


def rows_of(district: str, projection: Projection, stream: str, state: Any) -> Keyed:
    """The state's rows in one projection by their key (stream, *key)."""
    key_of = _key_of(projection)
    rows = projection.rows(stream, state)
    if key_of is None:
        return {(stream,): (district, stream, *rows[-1])} if rows else {}
    return {(stream, *key_of(row)): (district, stream, *row) for row in rows}


def derive(district: str, stream: str, entry: Entry, changes: Changes | None = None) -> None:
    """Brings the entry's timers and rows up to its state, and records what changes on disk."""
    aggregate, state = entry.aggregate, entry.state
    timers = aggregate.timers(state)
    rows = [projection.rows(stream, state) for projection in aggregate.projections]
    if changes is not None:
        if timers != entry.timers:
            _timer_changes(district, stream, entry.timers, timers, changes)
        before = entry.rows or [()] * len(rows)
        for projection, old, new in zip(aggregate.projections, before, rows, strict=True):
            if new != old:
                _row_changes((district, stream), projection, old, new, changes)
    entry.timers, entry.rows = timers, rows


@lru_cache(256)
def _key_of(projection: Projection) -> Callable[[Row], Row] | None:
    """What picks the key's values out of a projected row; None when the stream alone is the key."""
    names = [column.name for column in projection.columns]
    places = [names.index(name) for name in projection.key]
    if not places:
        return None
    if len(places) == 1:
        place = places[0]
        return lambda row: (row[place],)
    picked: Callable[[Row], Row] = itemgetter(*places)
    return picked


def _row_changes(
    head: tuple[str, str], projection: Projection, old: Sequence[Row], new: Sequence[Row], changes: Changes
) -> None:
    """`head` is district and stream. A row that keeps its key is written over."""
    table, key_of, stream = projection.table, _key_of(projection), head[1]
    if key_of is None:
        changes.delete(table, () if new else ((stream,),))
        changes.write(table, [head + tuple(row) for row in new[-1:]])
    elif len(old) == len(new) == 1 and key_of(old[0]) == key_of(new[0]):
        changes.write(table, [head + tuple(new[0])])
    else:
        before = {key_of(row): row for row in old}
        after = {key_of(row): row for row in new}
        changes.delete(table, [(stream, *key) for key in before if key not in after])
        changes.write(table, [head + tuple(row) for key, row in after.items() if before.get(key) != row])


def _timer_changes(district: str, stream: str, old: Sequence[Timer], new: Sequence[Timer], changes: Changes) -> None:
    before = {timer.id: timer for timer in old}
    after = {timer.id: timer for timer in new}
    changes.delete("timer", [(stream, name) for name in before if name not in after])
    fresh = [timer for name, timer in after.items() if before.get(name) != timer]
    changes.write("timer", [timer_row(district, stream, timer) for timer in fresh])
