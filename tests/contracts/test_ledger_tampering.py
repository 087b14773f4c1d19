"""Whatever is changed behind the ledger's back is named by verifying, in both stores."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from contracts.counter_aggregate import ACTOR, PARTS, SUMMARY, SYSTEM, add, step
from contracts.ledger_homes import LedgerHome, SqliteHome
from sanban.kernel.errors import SanbanError
from sanban.ledger.migrations.tables import metadata, table_of
from sanban.ledger.port import Cursor, Part, Submission
from sanban.ledger.proof.findings import MOST, Report
from sanban.ledger.proof.refold import has_nameless
from sanban.ledger.proof.verify import read_head, verify

WHERE = {
    "shard": "batch_no > 0",
    "ledger_event": "stream = 'counter:b' AND seq = 2",
    "ledger_command": "command_id = 'c3'",
    "ledger_batch": "batch_no = 2",
    "timer": "stream = 'counter:b'",
    "reaction_cursor": "handler = 'h'",
    "projection": "name = 'counter_part'",
    "counter_summary": "stream = 'counter:b'",
    "counter_part": "stream = 'counter:b' AND place = 1",
}
KEYS = {
    "shard": "heping",
    "ledger_event": "counter:b/2",
    "ledger_command": "c3",
    "ledger_batch": "2",
    "timer": "counter:b/alarm",
    "reaction_cursor": "h",
    "projection": "counter_part",
    "counter_summary": "counter:b",
    "counter_part": "counter:b/1",
}
TABLES = {
    **{name: table for name, table in metadata.tables.items() if name in WHERE},
    **{projection.table: table_of(projection) for projection in (SUMMARY, PARTS)},
}
COLUMNS = [(name, column.name) for name, table in TABLES.items() for column in table.columns]


def _filled(home: LedgerHome) -> None:
    writer, _ = home.open()
    both = Submission("c1", ACTOR, (Part("counter:a", "add", {"amount": 1}), Part("counter:b", "add", {"amount": 2})))
    writer.submit_many([both, add("c2", "a", 3)])
    writer.submit_many([add("c3", "b", 5), step("c4", "b", "alarm", due=77), step("c5", "a", "numbered")])
    writer.submit(Submission("c6", SYSTEM, (Part("counter:z", "add", {"amount": 1}),), cursor=Cursor("h", 4)))


def _other(table: str, column: str) -> str:
    """SQL of another value of the column's type."""
    kind = str(TABLES[table].c[column].type)
    if kind == "BIGINT":
        return f"{column} + 1000"
    if kind == "BOOLEAN":
        return f"NOT {column}"
    return f"'x' || COALESCE({column}, '')" if kind == "TEXT" else "BLOB"


def _tampered(home: LedgerHome, *statements: str) -> Report:
    home.close()
    for statement in statements:
        home.run(statement)
    return verify(home.read())


def test_an_untouched_ledger_is_whole(ledger_home: LedgerHome) -> None:
    _filled(ledger_home)
    reader = ledger_home.read()
    told: list[int] = []
    report = verify(reader, head=reader.head(), progress=told.append)
    assert report.findings == []
    assert report.is_whole
    assert (report.events, report.streams, report.batches, report.commands, report.position) == (7, 3, 3, 6, 7)


def test_every_table_and_column_is_tampered_with() -> None:
    """`deferred` says of no row what it is: `test_deferred_tables` tampers with it beside a table that it is about."""
    assert {name for name in metadata.tables if not name.startswith("vault_")} <= {*WHERE, "deferred"}


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=[".".join(pair) for pair in COLUMNS])
def test_a_changed_column_is_named(ledger_home: LedgerHome, table: str, column: str) -> None:
    _filled(ledger_home)
    value = _other(table, column)
    if value == "BLOB":
        value = "X'00'" if ledger_home.name == "sqlite" else r"'\x00'::bytea"
    if column == "district" and table in {"ledger_event", "ledger_command", "ledger_batch"}:
        ledger_home.open()[0].close()
        if ledger_home.name == "postgres":
            ledger_home.run(f"CREATE TABLE {table}_rest PARTITION OF {table} DEFAULT")
    findings = _tampered(ledger_home, f"UPDATE {table} SET {column} = {value} WHERE {WHERE[table]}").findings
    place = "ledger_batch" if (table, column) == ("ledger_command", "district") else table
    assert any(finding.place == place for finding in findings), findings
    if column not in {"district", "stream", "seq", "command_id", "batch_no", "handler", "name", "timer_id", "place"}:
        assert any(finding.place == table and finding.key == KEYS[table] for finding in findings), findings


@pytest.mark.parametrize("table", list(WHERE))
def test_a_removed_row_is_named(ledger_home: LedgerHome, table: str) -> None:
    _filled(ledger_home)
    findings = _tampered(ledger_home, f"DELETE FROM {table} WHERE {WHERE[table]}").findings
    place, key = (table, KEYS[table]) if table != "ledger_command" else ("ledger_batch", "2")
    assert any(finding.place == place and finding.key == key for finding in findings), findings


@pytest.mark.parametrize("table", ["timer", "counter_summary", "counter_part", "reaction_cursor"])
def test_an_added_row_is_named(ledger_home: LedgerHome, table: str) -> None:
    _filled(ledger_home)
    columns = [column.name for column in TABLES[table].columns]
    chosen = ", ".join("'m'" if name in {"stream", "handler"} else name for name in columns)
    findings = _tampered(ledger_home, f"INSERT INTO {table} SELECT {chosen} FROM {table} WHERE {WHERE[table]}").findings
    assert [(finding.place, finding.code, finding.key[0]) for finding in findings] == [(table, "extra", "m")]


def test_a_removed_stream_is_named(ledger_home: LedgerHome) -> None:
    _filled(ledger_home)
    tables = ("ledger_event", "counter_summary", "counter_part", "timer")
    statements = [f"DELETE FROM {table} WHERE stream = 'counter:b'" for table in tables]
    findings = _tampered(ledger_home, *statements).findings
    assert {"counter:b/1", "counter:b/3"} <= {
        f.key for f in findings if f.place == "ledger_event" and f.code == "missing"
    }


CUT = [
    "DELETE FROM ledger_event WHERE batch_no = 3",
    "DELETE FROM ledger_command WHERE batch_no = 3",
    "DELETE FROM ledger_batch WHERE batch_no = 3",
    "DELETE FROM counter_summary WHERE stream = 'counter:z'",
    "DELETE FROM counter_part WHERE stream = 'counter:z'",
    "DELETE FROM reaction_cursor",
]
BACK = (
    "UPDATE shard SET (position, batch_no, recorded_at, head_hash, numbers) = "
    "(SELECT last_position, batch_no, recorded_at, hash, numbers FROM ledger_batch WHERE batch_no = 2)"
)


def test_a_cut_tail_is_named_by_the_shard(ledger_home: LedgerHome) -> None:
    _filled(ledger_home)
    findings = _tampered(ledger_home, *CUT).findings
    assert {finding.place for finding in findings} == {"shard"}


def test_a_cleanly_cut_tail_is_named_by_the_head_file(ledger_home: LedgerHome, tmp_path: Path) -> None:
    _filled(ledger_home)
    head = ledger_home.read().head()
    (tmp_path / "head.json").write_bytes(msgspec.json.encode(head))
    assert _tampered(ledger_home, *CUT, BACK).is_whole
    findings = verify(ledger_home.read(), head=read_head(tmp_path / "head.json")).findings
    assert [(finding.place, finding.key, finding.code) for finding in findings] == [("ledger_batch", "3", "cut")]


def test_a_rewritten_end_is_named_by_the_head_file(ledger_home: LedgerHome) -> None:
    _filled(ledger_home)
    head = ledger_home.read().head()
    assert _tampered(ledger_home, *CUT, BACK).is_whole
    writer, reader = ledger_home.open()
    writer.submit(add("other", "z", 1))
    assert verify(reader).is_whole
    assert [finding.code for finding in verify(reader, head=head).findings] == ["changed"]


@pytest.mark.parametrize("text", ["", "{", '{"district": 1}'])
def test_a_bad_head_file_is_refused_with_an_example(tmp_path: Path, text: str) -> None:
    (tmp_path / "head.json").write_text(text)
    with pytest.raises(SanbanError, match="for example"):
        read_head(tmp_path / "head.json")
    with pytest.raises(SanbanError, match="for example"):
        read_head(tmp_path / "none.json")


@pytest.mark.parametrize("column", ["position", "seq", "payload", "hash", "recorded_at", "batch_no"])
def test_a_value_of_another_type_is_a_finding(tmp_path: Path, column: str) -> None:
    home = SqliteHome(tmp_path / "ledger.db")
    _filled(home)
    report = _tampered(home, f"UPDATE ledger_event SET {column} = 'odd' WHERE {WHERE['ledger_event']}")
    assert report.findings


@pytest.mark.parametrize("number", [2**63 - 1, 400_000_000, -1])
@pytest.mark.parametrize(("table", "key"), [("ledger_command", "c3"), ("ledger_batch", "2")])
def test_a_number_for_a_hash_is_named_and_takes_no_memory(tmp_path: Path, table: str, key: str, number: int) -> None:
    home = SqliteHome(tmp_path / "ledger.db")
    _filled(home)
    findings = _tampered(home, f"UPDATE {table} SET hash = {number} WHERE {WHERE[table]}").findings
    assert (table, key, "changed") in [(one.place, one.key, one.code) for one in findings]


def test_two_events_at_one_position_are_told_apart(tmp_path: Path) -> None:
    home = SqliteHome(tmp_path / "ledger.db")
    _filled(home)
    columns = ", ".join(column.name for column in TABLES["ledger_event"].columns)
    shifted = columns.replace("stream", "'counter:zz'").replace(", hash", ", x'00'")
    findings = _tampered(
        home,
        "ALTER TABLE ledger_event RENAME TO kept",
        f"CREATE TABLE ledger_event AS SELECT {columns} FROM kept",
        f"INSERT INTO ledger_event SELECT {shifted} FROM kept WHERE {WHERE['ledger_event']}",
    ).findings
    named = {one.key for one in findings if one.place == "ledger_event"}
    assert "counter:zz/2" in named
    assert "counter:b/2" not in named


def test_a_derived_row_of_no_stream_is_extra(tmp_path: Path) -> None:
    home = SqliteHome(tmp_path / "ledger.db")
    _filled(home)
    report = _tampered(
        home,
        "ALTER TABLE counter_part RENAME TO kept",
        "CREATE TABLE counter_part AS SELECT * FROM kept",
        "INSERT INTO counter_part VALUES ('heping', NULL, 1, 1)",
    )
    assert [(one.place, one.code) for one in report.findings] == [("counter_part", "extra")]
    reader = home.read()
    with reader.source.snapshot() as snapshot:
        assert has_nameless(snapshot, reader.aggregates)


def test_a_stream_of_an_unknown_kind_is_a_finding(ledger_home: LedgerHome) -> None:
    _filled(ledger_home)
    ledger_home.close()
    findings = verify(ledger_home.read(())).findings
    assert {finding.key for finding in findings if finding.place == "ledger_event"} == {
        "counter:a",
        "counter:b",
        "counter:z",
    }


def test_findings_are_bounded() -> None:
    report = Report("heping")
    for number in range(MOST + 5):
        report.add("ledger_event", number, "changed", "odd")
    assert (len(report.findings), report.more, report.is_whole) == (MOST, 5, False)
    assert str(report.findings[0]) == "ledger_event 0: changed: odd"
