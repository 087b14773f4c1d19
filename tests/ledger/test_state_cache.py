"""The cache of states keeps the streams used last, and deriving finds exactly what changed on disk."""

from __future__ import annotations

import pytest

from contracts.counter_aggregate import SUMMARY, Counter, CounterAggregate
from sanban.kernel.errors import SanbanError
from sanban.ledger.opening.preparing import by_kind
from sanban.ledger.stores.shapes import projections
from sanban.ledger.stores.store import district_code, identifier
from sanban.ledger.writing.caching import Entry, StateCache
from sanban.ledger.writing.deriving import Changes, derive


def test_the_least_recently_used_stream_goes_first() -> None:
    cache = StateCache(2)
    entries = {name: Entry(CounterAggregate()) for name in "abc"}
    cache.put("a", entries["a"])
    cache.put("b", entries["b"])
    assert cache.get("a") is entries["a"]
    cache.put("c", entries["c"])
    assert [cache.get(name) for name in "abc"] == [entries["a"], None, entries["c"]]
    cache.clear()
    assert cache.get("a") is None


def test_only_changed_rows_and_timers_are_written() -> None:
    entry = Entry(CounterAggregate(), 1, Counter(total=3, parts=(1, 2), alarm=9))
    derive("d", "counter:a", entry)
    entry.state = Counter(total=3, parts=(1, 5))
    changes = Changes()
    derive("d", "counter:a", entry, changes)
    assert changes.writes == {"counter_part": [("d", "counter:a", 1, 5)]}
    assert changes.deletes == {"timer": [("counter:a", "alarm")]}


def test_rows_that_are_gone_are_deleted_by_their_key() -> None:
    entry = Entry(CounterAggregate(), 1, Counter(parts=(1, 2, 3)))
    derive("d", "counter:a", entry)
    entry.state = Counter(parts=(1,))
    changes = Changes()
    derive("d", "counter:a", entry, changes)
    assert changes.deletes == {"counter_part": [("counter:a", 1), ("counter:a", 2)]}
    assert changes.writes == {}


def test_names_that_cannot_stand_in_sql_are_refused() -> None:
    for name in ("", "Heping", "a;b", "x" * 64):
        with pytest.raises(SanbanError, match="for example"):
            district_code(name)
        with pytest.raises(SanbanError, match="for example"):
            identifier(name)


def test_a_table_or_kind_declared_twice_is_refused() -> None:
    with pytest.raises(SanbanError, match="counter_summary"):
        projections([CounterAggregate((SUMMARY, SUMMARY))])
    with pytest.raises(SanbanError, match="one aggregate"):
        by_kind([CounterAggregate(), CounterAggregate()])
