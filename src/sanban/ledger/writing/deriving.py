"""What a stream's state derives: its timers and its projection rows, and how they differ from those on disk.

Most commands change one row of each table in place, so that is looked for first; only where rows come and go are both
sets laid out by their keys and compared. What differs is told apart as rows that go, rows that are new and rows that
change, so that a store need not touch the columns and indexes that stay as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from msgspec.structs import astuple

from sanban.ledger.port import Aggregate, Projection, Timer
from sanban.ledger.stores.store import Row
from sanban.ledger.writing.caching import Entry, Keyed

Head = tuple[str, str]
"""District and stream: what every derived row begins with."""


class Changes:
    """What one batch changes, by table: keys of rows that go, rows that are new, and rows as they were and shall be.

    As they were: without district and stream, as a projection laid them out.
    """

    __slots__ = ("changed", "fresh", "gone")

    def __init__(self) -> None:
        self.gone: defaultdict[str, list[Row]] = defaultdict(list)
        self.fresh: defaultdict[str, list[Row]] = defaultdict(list)
        self.changed: defaultdict[str, list[tuple[Row, Row]]] = defaultdict(list)


class Plan(NamedTuple):
    """A projection as the writer needs it. `key_of` picks the key's values out of a projected row, None for none."""

    table: str
    rows: Callable[[str, Any], Sequence[Row]]
    key_of: Callable[[Row], Any] | None


def timers_of(aggregate: Aggregate, state: Any) -> dict[str, Timer]:
    """The state's timers by their id."""
    return {timer.id: timer for timer in aggregate.timers(state)}


def rows_of(district: str, projection: Projection, stream: str, state: Any) -> Keyed:
    """The state's rows in one projection by their key (stream, *key)."""
    places = _places(projection)
    rows = projection.rows(stream, state)
    if not places:
        return {(stream,): (district, stream, *rows[-1])} if rows else {}
    return {(stream, *[row[place] for place in places]): (district, stream, *row) for row in rows}


def derive(district: str, entries: Mapping[str, Entry], changes: Changes | None = None) -> None:
    """Brings the entries' timers and rows up to their states, and records what changes on disk.

    Stream by stream: tables read the same state one after the other and may share the reading. Streams that have come
    equally far stand together: a processor foretells best what it has just done.
    """
    for aggregate, streams in _by_aggregate(entries).items():
        timers_of_state, plans = aggregate.timers, _plans(aggregate.projections)
        tables, nothing = [plan.rows for plan in plans], [()] * len(plans)
        streams.sort(key=_seq)
        for stream, entry in streams:
            state, before, timed = entry.state, entry.rows or nothing, entry.timers
            entry.timers = timers = timers_of_state(state)
            entry.rows = laid = tuple([rows(stream, state) for rows in tables])
            if changes is None:
                continue
            head = (district, stream)
            if timers != timed and (timers or timed):
                _timer_changes(head, timed, timers, changes)
            for plan, old, new in zip(plans, before, laid, strict=True):
                if new != old and (new or old):
                    _row_changes(head, plan, old, new, changes)


def _by_aggregate(entries: Mapping[str, Entry]) -> dict[Aggregate, list[tuple[str, Entry]]]:
    found: defaultdict[Aggregate, list[tuple[str, Entry]]] = defaultdict(list)
    for stream, entry in entries.items():
        found[entry.aggregate].append((stream, entry))
    return found


def _seq(one: tuple[str, Entry]) -> int:
    return one[1].seq


@lru_cache(64)
def _plans(projections: tuple[Projection, ...]) -> tuple[Plan, ...]:
    """Kept, because every batch asks."""
    return tuple(Plan(one.table, one.rows, _key_of(one)) for one in projections if not one.deferred)


def _places(projection: Projection) -> list[int]:
    names = [column.name for column in projection.columns]
    return [names.index(name) for name in projection.key]


def _key_of(projection: Projection) -> Callable[[Row], Any] | None:
    places = _places(projection)
    return itemgetter(*places) if places else None


def _key(head: Head, picked: Any) -> Row:
    return (*head, *picked) if isinstance(picked, tuple) else (*head, picked)


def _row_changes(head: Head, plan: Plan, old: Sequence[Row], new: Sequence[Row], changes: Changes) -> None:
    """A row that keeps its key is changed in place."""
    table, key_of = plan.table, plan.key_of
    if len(old) == len(new) == 1 and (key_of is None or key_of(old[0]) == key_of(new[0])):
        changes.changed[table].append((old[0], head + new[0]))
        return
    if key_of is None:
        old, new = old[-1:], new[-1:]
    if not old:
        changes.fresh[table] += [head + row for row in new]
        return
    before = {key_of(row) if key_of else (): row for row in old}
    for row in new:
        known = before.pop(key_of(row) if key_of else (), None)
        if known is None:
            changes.fresh[table].append(head + row)
        elif known != row:
            changes.changed[table].append((known, head + row))
    if before:
        changes.gone[table] += [_key(head, picked) for picked in before]


def _timer_changes(head: Head, old: Sequence[Timer], new: Sequence[Timer], changes: Changes) -> None:
    if not old:
        changes.fresh["timer"] += [head + astuple(timer) for timer in new]
        return
    before = {timer.id: timer for timer in old}
    for timer in new:
        known = before.pop(timer.id, None)
        if known is None:
            changes.fresh["timer"].append(head + astuple(timer))
        elif known is not timer and known != timer:
            changes.changed["timer"].append((astuple(known), head + astuple(timer)))
    if before:
        changes.gone["timer"] += [(*head, name) for name in before]
