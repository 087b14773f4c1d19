"""A file that is no ledger is told, and nothing of it stays open: Python 3.13 tells of a connection left behind."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from contracts.counter_aggregate import CounterAggregate
from sanban.kernel.errors import SanbanError
from sanban.ledger.opening import read_sqlite
from sanban.ledger.stores.shapes import all_shapes
from sanban.ledger.stores.sqlite import SqliteStore


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"this is not a database, it never was one" * 100)
    return path


def _is_open(path: Path) -> bool:
    held = set()
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile, as that of the listing itself
            held.add(each.readlink())
    return path in held


def test_reading_it_leaves_nothing_open(file: Path) -> None:
    reader = read_sqlite(file, "d1", [CounterAggregate()])
    with pytest.raises(SanbanError, match="not a ledger") as told:
        reader.source.has("ledger_event")
    assert not _is_open(file), told
    with pytest.raises(SanbanError, match="not a ledger") as told, reader.source.snapshot():
        pass
    assert not _is_open(file), told


def test_writing_it_leaves_nothing_open(file: Path) -> None:
    with pytest.raises(SanbanError, match="not a ledger") as told:
        SqliteStore(file, "d1", all_shapes([CounterAggregate()]))
    assert not _is_open(file), told
    with file.open("rb"):
        assert _is_open(file)


def test_a_database_that_is_no_ledger_is_left_closed_too(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE something (else_)")
    with pytest.raises(SanbanError, match="sanban rebuild") as told:
        SqliteStore(path, "d1", all_shapes([CounterAggregate()]))
    assert not _is_open(path), told
