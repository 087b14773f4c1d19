"""The cache of states keeps the streams used last, and deriving finds exactly what changed on disk."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from contracts.counter_aggregate import SUMMARY, Counter, CounterAggregate
from sanban.kernel.errors import SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.opening import open_sqlite
from sanban.ledger.opening.preparing import by_kind
from sanban.ledger.port import Part, Submission
from sanban.ledger.stores.shapes import projections
from sanban.ledger.stores.sqlite import ADAPTED
from sanban.ledger.stores.store import district_code, identifier
from sanban.ledger.writing.caching import Entry, StateCache
from sanban.ledger.writing.deriving import Changes, derive


def test_the_least_recently_used_stream_goes_first() -> None:
    cache = StateCache(2)
    entries = {name: Entry(CounterAggregate()) for name in "abc"}
    cache.keep({"a": entries["a"], "b": entries["b"]})
    assert cache.get("ax") == {"a": entries["a"]}
    cache.keep({"c": entries["c"]})
    assert cache.get("abc") == {"a": entries["a"], "c": entries["c"]}
    cache.keep(entries)
    assert len(cache.get("abc")) == 2, "a batch of more than there is room for"
    cache.clear()
    assert cache.get("a") == {}


class Filled(CounterAggregate):
    """Nothing more is expected of a counter that has reached nine."""

    def rests(self, state: Counter | None) -> bool:
        return state is not None and state.total == 9


def test_a_stream_that_rests_takes_no_room() -> None:
    cache = StateCache(2)
    counter = Entry(Filled(), 1, Counter(total=8))
    cache.keep({"a": counter})
    for name in "bcd":
        cache.keep({name: Entry(Filled(), 1, Counter(total=9))})
    assert cache.get("abcd") == {"a": counter}


def test_only_changed_rows_and_timers_are_written() -> None:
    entry = Entry(CounterAggregate(), 1, Counter(total=3, parts=(1, 2), alarm=9))
    derive("d", {"counter:a": entry})
    entry.state = Counter(total=3, parts=(1, 5, 6))
    changes = Changes()
    derive("d", {"counter:a": entry}, changes)
    assert changes.changed == {"counter_part": [((1, 2), ("d", "counter:a", 1, 5))]}
    assert changes.fresh == {"counter_part": [("d", "counter:a", 2, 6)]}
    assert changes.gone == {"timer": [("d", "counter:a", "alarm")]}


def test_rows_that_are_gone_are_deleted_by_their_key() -> None:
    entry = Entry(CounterAggregate(), 1, Counter(parts=(1, 2, 3)))
    derive("d", {"counter:a": entry})
    entry.state = Counter(parts=(1,))
    changes = Changes()
    derive("d", {"counter:a": entry}, changes)
    assert changes.gone == {"counter_part": [("d", "counter:a", 1), ("d", "counter:a", 2)]}
    assert not changes.fresh
    assert not changes.changed


def test_a_row_that_should_be_there_and_is_not_is_written_whole(tmp_path: Path) -> None:
    aggregate = CounterAggregate()
    writer, reader = open_sqlite(tmp_path / "x.db", "d", [aggregate], clock=lambda: 1)
    writer.submit(Submission("c1", Actor("a", "system"), (Part("counter:a", "add", {"amount": 1}),)))
    writer.apart(lambda session: session.execute("DELETE FROM counter_summary WHERE district = :district"))
    writer.submit(Submission("c2", Actor("a", "system"), (Part("counter:a", "add", {"amount": 2}),)))
    assert reader.query("SELECT count(*) FROM counter_summary WHERE district = :district") == [(1,)]
    writer.close()
    reader.close()


def test_a_row_that_is_there_and_should_not_be_is_overwritten(tmp_path: Path) -> None:
    writer, reader = open_sqlite(tmp_path / "x.db", "d", [CounterAggregate()], clock=lambda: 1)
    writer.submit(Submission("c1", Actor("a", "system"), (Part("counter:a", "add", {"amount": 7}),)))
    writer.apart(lambda session: session.execute("UPDATE counter_summary SET stream = :b", {"b": "counter:b"}))
    writer.submit(Submission("c2", Actor("a", "system"), (Part("counter:b", "add", {"amount": 2}),)))
    rows = reader.query("SELECT stream, total FROM counter_summary WHERE district = :district")
    assert rows == [("counter:b", 2)]
    writer.close()
    reader.close()


def test_a_stream_that_was_looked_for_in_vain_is_found_once_it_is_there(tmp_path: Path) -> None:
    writer, reader = open_sqlite(tmp_path / "x.db", "d", [CounterAggregate()], clock=lambda: 1)
    actor = Actor("a", "system")
    seen = Submission("c1", actor, (Part("counter:b", "add", {"amount": 1}),), expect={"counter:a": 1})
    assert writer.submit(seen).refused is not None
    made = Submission("c2", actor, (Part("counter:a", "add", {"amount": 1}),))
    assert writer.submit(made).streams == {"counter:a": 1}
    assert writer.submit(msgspec.structs.replace(seen, command_id="c3")).refused is None
    writer.close()
    reader.close()


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


def test_what_the_store_binds_by_itself_comes_back_as_it_was() -> None:
    """The ledger's store teaches `sqlite3` to bind bytes, yes and no, and nothing at once."""
    with closing(sqlite3.connect(":memory:")) as connection:
        row = connection.execute("SELECT ?, ?, ?, ?, typeof(?)", (b"\x00\xff", True, False, None, None)).fetchone()
    assert row == (b"\x00\xff", 1, 0, None, "null")
    assert {kind for kind, _ in ADAPTED} == {bytes, bool, type(None)}
