"""Facts of a position: followed step by step they are what they would be made anew, and whole at every instant."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from contracts.counter_aggregate import Counter, add
from contracts.ledger_homes import LedgerHome
from sanban.columnar import snapshot
from sanban.columnar.laying import Layout, Rows
from sanban.columnar.session import duckdb_session
from sanban.columnar.snapshot import KEPT, NAME, Facts, follow, forget, keep
from sanban.kernel.errors import SanbanError

MONTH = 31 * 86_400_000_000


def rows_of(state: Counter) -> Rows:
    """Each part of a counter as if it were a request; `received_at` says how much."""
    return {"requests": [(*[""] * 12, False, amount, None) for amount in state.parts]}


# a counter's first part stands while it has three at most, and so does its month
LAYOUT = (Layout("counter", lambda state: MONTH * (state.parts[0] % 5), rows_of),)
OTHER = (Layout("counter", lambda state: 0, rows_of), Layout("bell", lambda state: 0, rows_of))


def read(folder: Path, facts: Facts) -> list[tuple[str, int]]:
    return sorted(
        (row["stream"], row["received_at"])
        for path in facts.of(folder, "requests")
        for row in pq.read_table(path).to_pylist()
    )


def test_following_gives_what_making_anew_gives(ledger_home: LedgerHome, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(snapshot, "MOST_ROWS", 3)
    writer, reader = ledger_home.open()
    for number in range(24):
        writer.submit(add(f"c-{number}", f"s-{number % 7}", 1 + number % 4))
        if number % 5 == 0:
            facts = follow(tmp_path / "followed", reader, LAYOUT)
            anew = follow(tmp_path / f"anew-{number}", reader, LAYOUT)
            assert facts.place == anew.place
            assert facts.place.position == number + 1
            assert read(tmp_path / "followed", facts) == read(tmp_path / f"anew-{number}", anew)


def test_only_months_in_which_something_changed_are_written_again(ledger_home: LedgerHome, tmp_path: Path) -> None:
    writer, reader = ledger_home.open()
    writer.submit_many([add(f"c-{number}", f"s-{number}", number) for number in range(1, 5)])
    before = follow(tmp_path, reader, LAYOUT)
    writer.submit(add("c-9", "s-2", 1))
    after = follow(tmp_path, reader, LAYOUT)
    months = after.files["requests"]
    assert [month for month in months if months[month] != before.files["requests"][month]] == ["197003"]


def test_facts_name_the_position_and_the_head_they_rest_on(ledger_home: LedgerHome, tmp_path: Path) -> None:
    writer, reader = ledger_home.open()
    writer.submit(add("c-1", "a", 4))
    facts = follow(tmp_path, reader, LAYOUT)
    head = reader.head()
    assert head is not None
    assert (facts.place.position, facts.place.head) == (head.position, head.hash)
    (file,) = facts.of(tmp_path, "requests")
    assert pq.read_schema(file).metadata[b"head"].decode() == head.hash


def test_an_earlier_position_gives_the_facts_of_then(ledger_home: LedgerHome, tmp_path: Path) -> None:
    writer, reader = ledger_home.open()
    writer.submit(add("c-1", "a", 4))
    then = read(tmp_path / "then", follow(tmp_path / "then", reader, LAYOUT))
    writer.submit_many([add("c-2", "a", 5), add("c-3", "b", 6)])
    again = follow(tmp_path / "again", reader, LAYOUT, position=1)
    assert read(tmp_path / "again", again) == then == [("counter:a", 4)]
    with pytest.raises(SanbanError, match="no batch of the ledger ends at position 2"):
        follow(tmp_path / "never", reader, LAYOUT, position=2)


def test_an_empty_ledger_has_nothing_to_count(ledger_home: LedgerHome, tmp_path: Path) -> None:
    _, reader = ledger_home.open()
    with pytest.raises(SanbanError, match="the ledger is empty"):
        follow(tmp_path, reader, LAYOUT)


@pytest.mark.parametrize(
    "spoilt", ["another ledger", "another layout", "other grids", "a file gone", "no list of files", "half a file"]
)
def test_facts_that_cannot_be_followed_are_made_anew(ledger_home: LedgerHome, tmp_path: Path, spoilt: str) -> None:
    writer, reader = ledger_home.open()
    writer.submit(add("c-1", "a", 4))
    facts = follow(tmp_path, reader, LAYOUT)
    if spoilt == "another ledger":
        place = replace(facts.place, head="00" * 32)
        (tmp_path / NAME).write_bytes(msgspec.json.encode(replace(facts, place=place)))
    elif spoilt == "another layout":
        follow(tmp_path, reader, OTHER)
    elif spoilt == "other grids":
        follow(tmp_path, reader, (replace(LAYOUT[0], rests_on="2026-2"),))
    elif spoilt == "a file gone":
        facts.of(tmp_path, "requests")[0].unlink()
    elif spoilt == "no list of files":
        (tmp_path / NAME).write_bytes(b"{")
    else:
        (tmp_path / ".requests-197001-000000000009-0.parquet.part").write_bytes(b"PAR1")
    writer.submit(add("c-2", "b", 5))
    facts = follow(tmp_path, reader, LAYOUT)
    assert read(tmp_path, facts) == [("counter:a", 4), ("counter:b", 5)]
    assert not list(tmp_path.glob(".*.part"))


def test_whoever_reads_keeps_the_files_of_a_position_for_some_minutes(ledger_home: LedgerHome, tmp_path: Path) -> None:
    writer, reader = ledger_home.open()

    def grown(number: int, age: int) -> Facts:
        os.utime(file, (file.stat().st_mtime - age,) * 2)
        writer.submit(add(f"c-{number}", f"s-{number}", 4))
        return follow(tmp_path, reader, LAYOUT)

    writer.submit(add("c-1", "a", 4))
    first = follow(tmp_path, reader, LAYOUT)
    (file,) = first.of(tmp_path, "requests")
    for number, age in ((2, KEPT * 9), (3, KEPT - 60)):
        grown(number, age)
        assert read(tmp_path, first) == [("counter:a", 4)], "however old it is, it was needed until just now"
    facts = grown(4, KEPT)
    assert not file.exists()
    assert [amount for _, amount in read(tmp_path, facts)] == [4] * 4


def test_a_session_holds_the_tables_that_nothing_is_in_yet(ledger_home: LedgerHome, tmp_path: Path) -> None:
    writer, reader = ledger_home.open()
    writer.submit(add("c-1", "a", 4))
    with duckdb_session(tmp_path, follow(tmp_path, reader, LAYOUT)) as session:
        assert session.place.position == 1


def test_facts_that_are_kept_open_their_position_without_being_laid_out_again(
    ledger_home: LedgerHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, reader = ledger_home.open()
    writer.submit(add("c-1", "a", 4))
    facts = follow(tmp_path / "facts", reader, LAYOUT)
    keep(tmp_path / "facts", facts, tmp_path / "facts" / "at-1")
    writer.submit(add("c-2", "a", 5))
    follow(tmp_path / "facts", reader, LAYOUT)
    for path in facts.paths(tmp_path / "facts"):
        path.unlink(missing_ok=True)
    monkeypatch.setattr(snapshot, "_lay", None)
    kept = follow(tmp_path / "facts" / "at-1", reader, LAYOUT, position=1)
    assert read(tmp_path / "facts" / "at-1", kept) == [("counter:a", 4)]


def test_facts_are_copied_where_files_cannot_be_shared(
    ledger_home: LedgerHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlinked(*_: object) -> None:
        raise OSError

    writer, reader = ledger_home.open()
    writer.submit(add("c-1", "a", 4))
    facts = follow(tmp_path / "facts", reader, LAYOUT)
    monkeypatch.setattr(Path, "hardlink_to", unlinked)
    for _ in range(2):
        keep(tmp_path / "facts", facts, tmp_path / "at-1")
    assert read(tmp_path / "at-1", facts) == [("counter:a", 4)]


def test_positions_are_forgotten_once_nobody_needed_them_for_some_minutes(
    ledger_home: LedgerHome, tmp_path: Path
) -> None:
    writer, reader = ledger_home.open()
    writer.submit(add("c-1", "a", 4))
    follow(tmp_path / "at-1", reader, LAYOUT)
    forget([tmp_path / "at-1"])
    assert (tmp_path / "at-1").exists()
    written = (tmp_path / "at-1" / NAME).stat().st_mtime
    os.utime(tmp_path / "at-1" / NAME, (written - KEPT - 1,) * 2)
    forget([tmp_path / "at-1", tmp_path / "at-9"])
    assert not (tmp_path / "at-1").exists()


def test_facts_just_written_are_good_enough_for_who_has_patience(ledger_home: LedgerHome, tmp_path: Path) -> None:
    writer, reader = ledger_home.open()
    writer.submit(add("c-1", "a", 4))
    follow(tmp_path, reader, LAYOUT)
    writer.submit(add("c-2", "b", 5))
    assert follow(tmp_path, reader, LAYOUT, patience=60).place.position == 1
    assert follow(tmp_path, reader, LAYOUT, position=2, patience=60).place.position == 2, "a position is exact"
    writer.submit(add("c-3", "c", 6))
    written = (tmp_path / NAME).stat().st_mtime
    os.utime(tmp_path / NAME, (written - 61,) * 2)
    assert follow(tmp_path, reader, LAYOUT, patience=60).place.position == 3
