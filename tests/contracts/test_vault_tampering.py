"""Whatever is changed in the vault behind the ledger's back is named by verifying; an erasure is not."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from contracts.counter_aggregate import ACTOR, CounterAggregate
from contracts.ledger_homes import DISTRICT, LedgerHome, PostgresHome, SqliteHome
from sanban.ledger.erasure import Eraser, ErasureRegister, PersonAggregate
from sanban.ledger.migrations.addresses import postgres_url, sqlite_url
from sanban.ledger.migrations.tables import metadata
from sanban.ledger.migrations.upgrading import upgrade
from sanban.ledger.port import Part, Secret, Submission
from sanban.ledger.proof import vaulted
from sanban.ledger.proof.findings import Report
from sanban.ledger.proof.verify import verify
from sanban.ledger.sealing import Session
from sanban.ledger.vault import Vault
from sanban.ledger.vault_keys import MasterKey, MasterKeyError

KINDS = (CounterAggregate(), PersonAggregate())
MASTER = MasterKey(bytes(range(32)))
PERSONS = ("p1", "p2", "p3")
COLUMNS = [
    (table.name, column.name)
    for table in metadata.tables.values()
    if table.name.startswith("vault_")
    for column in table.columns
]
WHERE = {
    "vault_master": "district = 'heping'",
    "vault_key": "person = 'p1'",
    "vault_entry": "ref = 'p1-phone'",
    "vault_lookup": "ref = 'p1-phone'",
}


def _vault() -> Vault:
    return Vault(DISTRICT, MASTER)


def _secrets(person: str) -> tuple[Secret, ...]:
    kinds = {"name": "王小明", "phone": "13800000000", "text": "灯不亮"}
    return tuple(Secret(f"{person}-{kind}", person, kind, value) for kind, value in kinds.items())


def _arriving(person: str) -> Submission:
    return Submission(f"new-{person}", ACTOR, (Part(f"person:{person}", "register"),), None, _secrets(person))


def _filled(home: LedgerHome, erase: str = "", register: Path | None = None) -> None:
    vault = _vault()
    writer, _ = home.open(KINDS, sealer=vault)
    writer.submit_many([_arriving(person) for person in PERSONS])
    writer.submit(Submission("plain", ACTOR, (Part("counter:a", "add", {"amount": 1}),)))
    if erase and register is not None:
        Eraser(writer, vault, ErasureRegister(register)).erase(erase, ACTOR, 1)
    home.close()


def _report(home: LedgerHome, *statements: str) -> Report:
    for statement in statements:
        home.run(statement)
    return verify(home.read(KINDS), vault=_vault())


def _told(report: Report) -> list[tuple[str, str, str]]:
    return [(one.place, one.key, one.code) for one in report.findings]


def _bytes(home: LedgerHome, hexadecimal: str) -> str:
    return f"X'{hexadecimal}'" if home.name == "sqlite" else rf"'\x{hexadecimal}'::bytea"


def test_an_untouched_vault_is_whole_and_counted(ledger_home: LedgerHome) -> None:
    _filled(ledger_home)
    report = _report(ledger_home)
    assert (report.findings, report.sealed, report.erased) == ([], 9, 0)


def test_an_erasure_leaves_the_ledger_whole(ledger_home: LedgerHome, tmp_path: Path) -> None:
    _filled(ledger_home, "p2", tmp_path / "erasures.jsonl")
    report = _report(ledger_home)
    assert (report.findings, report.sealed, report.erased) == ([], 9, 3)


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=[".".join(pair) for pair in COLUMNS])
def test_a_changed_column_of_the_vault_is_named(ledger_home: LedgerHome, table: str, column: str) -> None:
    _filled(ledger_home)
    is_bytes = str(metadata.tables[table].c[column].type) == "BLOB"
    value = _bytes(ledger_home, "00" * 32) if is_bytes else f"'x' || {column}"
    told = _told(_report(ledger_home, f"UPDATE {table} SET {column} = {value} WHERE {WHERE[table]}"))
    assert any(place == table for place, _, _ in told), told


ODD_ENTRY = "SELECT district, '{}', person, kind, nonce, body, commitment FROM vault_entry WHERE ref = 'p1-text'"
ODD_LOOKUP = "SELECT district, '{}', person, kind, hmac FROM vault_lookup WHERE ref = 'p1-phone'"
CHANGES = [
    ("DELETE FROM vault_entry WHERE ref = 'p1-text'", ("vault_entry", "p1-text", "missing")),
    ("DELETE FROM vault_lookup WHERE ref = 'p1-phone'", ("vault_lookup", "p1-phone", "missing")),
    ("DELETE FROM vault_key WHERE person = 'p1'", ("vault_key", "p1", "missing")),
    ("DELETE FROM vault_master", ("vault_master", DISTRICT, "missing")),
    ("UPDATE vault_key SET wrapped = NOTHING WHERE person = 'p1'", ("vault_key", "p1", "changed")),
    (
        "UPDATE vault_entry SET body = (SELECT body FROM vault_entry WHERE ref = 'p1-name') WHERE ref = 'p1-text'",
        ("vault_entry", "p1-text", "changed"),
    ),
    (
        f"INSERT INTO vault_entry {ODD_ENTRY.format('odd')}",
        ("vault_entry", "odd", "extra"),
    ),
    (
        "INSERT INTO vault_key SELECT district, 'odd', wrapped, cipher FROM vault_key WHERE person = 'p1'",
        ("vault_key", "odd", "extra"),
    ),
    (
        "INSERT INTO vault_key SELECT district, 'odd', NOTHING, cipher FROM vault_key WHERE person = 'p1'",
        ("vault_key", "odd", "changed"),
    ),
    (
        f"INSERT INTO vault_lookup {ODD_LOOKUP.format('p1-text')}",
        ("vault_lookup", "p1-text", "extra"),
    ),
    (
        f"INSERT INTO vault_lookup {ODD_LOOKUP.format('odd')}",
        ("vault_lookup", "odd", "extra"),
    ),
]


@pytest.mark.parametrize(("change", "told"), CHANGES, ids=[change[:60] for change, _ in CHANGES])
def test_what_is_missing_left_over_or_moved_is_named(
    ledger_home: LedgerHome, change: str, told: tuple[str, str, str]
) -> None:
    _filled(ledger_home)
    assert told in _told(_report(ledger_home, change.replace("NOTHING", _bytes(ledger_home, ""))))


def test_a_person_who_goes_without_an_erasure_is_named_row_by_row(ledger_home: LedgerHome) -> None:
    _filled(ledger_home)
    told = _told(
        _report(
            ledger_home,
            "DELETE FROM vault_entry WHERE person = 'p1'",
            "DELETE FROM vault_lookup WHERE person = 'p1'",
            f"UPDATE vault_key SET wrapped = {_bytes(ledger_home, '')} WHERE person = 'p1'",
        )
    )
    assert told == [
        ("vault_entry", "p1-name", "missing"),
        ("vault_entry", "p1-phone", "missing"),
        ("vault_entry", "p1-text", "missing"),
        ("vault_key", "p1", "changed"),
    ]


def test_what_still_stands_of_an_erased_person_is_named(ledger_home: LedgerHome) -> None:
    _filled(ledger_home)
    writer, _ = ledger_home.open(KINDS, sealer=_vault())
    writer.submit(Submission("gone", ACTOR, (Part("person:p1", "erase"),)))
    ledger_home.close()
    told = _told(_report(ledger_home))
    assert set(told) == {
        *(("vault_entry", f"p1-{kind}", "extra") for kind in ("name", "phone", "text")),
        ("vault_key", "p1", "extra"),
    }


def test_a_tombstone_that_is_gone_is_named(ledger_home: LedgerHome, tmp_path: Path) -> None:
    _filled(ledger_home, "p2", tmp_path / "erasures.jsonl")
    assert _told(_report(ledger_home, "DELETE FROM vault_key WHERE person = 'p2'")) == [("vault_key", "p2", "missing")]


def test_commitments_that_were_changed_in_the_chain_are_named_there_too(ledger_home: LedgerHome) -> None:
    _filled(ledger_home)
    change = f"UPDATE ledger_command SET sealed = {_bytes(ledger_home, '')} WHERE command_id = 'new-p1'"
    told = _told(_report(ledger_home, change))
    assert ("ledger_command", "new-p1", "changed") in told
    assert ("vault_entry", "p1-text", "extra") in told


def test_another_master_key_is_told_from_a_changed_row(ledger_home: LedgerHome) -> None:
    _filled(ledger_home)
    with pytest.raises(MasterKeyError, match="not the one this vault was written with"):
        verify(ledger_home.read(KINDS), vault=Vault(DISTRICT, MasterKey(bytes(32))))
    report = _report(ledger_home, f"UPDATE vault_master SET fingerprint = {_bytes(ledger_home, '00')}")
    assert _told(report) == [("vault_master", DISTRICT, "changed")]


def test_pages_and_buckets_change_nothing(ledger_home: LedgerHome, monkeypatch: pytest.MonkeyPatch) -> None:
    _filled(ledger_home)
    monkeypatch.setattr(vaulted, "PAGE", 2)
    monkeypatch.setattr(vaulted, "BUCKET", 2)
    assert _report(ledger_home).findings == []
    added = [f"INSERT INTO vault_entry {ODD_ENTRY.format(ref)}" for ref in "az"]
    told = _told(_report(ledger_home, *added))
    assert told == [("vault_entry", "a", "extra"), ("vault_entry", "z", "extra")]


def test_statements_grow_with_pages_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = SqliteHome(tmp_path / "ledger.db")
    _filled(home)
    reader = home.read(KINDS)
    counts = []
    for size in (1, 2000):
        monkeypatch.setattr(vaulted, "PAGE", size)
        statements: list[str] = []
        report = Report(DISTRICT)
        with reader.source.snapshot() as snapshot:
            snapshot.connection.set_trace_callback(statements.append)  # type: ignore[attr-defined]  # SQLite's
            vaulted.check_vault(snapshot, _vault(), report)
        assert report.findings == []
        counts.append(len(statements))
    home.close()
    assert counts[1] < 20 < counts[0]


def _seal_beside(person: str, session: Session) -> None:
    for table, rows in _vault().seal(_secrets(person), session).tables.items():
        session.insert(table, rows)


def _as_version_one(home: LedgerHome) -> str:
    """The home as the version before left it: the vault beside the chain, nothing of it in the chain."""
    writer, _ = home.open(KINDS)
    for person in PERSONS:
        writer.submit(_arriving(person))
        writer.apart(partial(_seal_beside, person))
    home.close()
    home.run("ALTER TABLE ledger_command DROP COLUMN sealed")
    home.run("ALTER TABLE vault_key ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0")
    home.run("DROP TABLE deferred")
    home.run("UPDATE alembic_version SET version_num = '0001'")
    if isinstance(home, SqliteHome):
        return sqlite_url(home.path)
    assert isinstance(home, PostgresHome)
    return postgres_url(home.url)


def test_a_home_of_the_version_before_is_upgraded_and_proven_from_then_on(ledger_home: LedgerHome) -> None:
    url = _as_version_one(ledger_home)
    assert [line[:4] for line in upgrade(url)] == ["0002", "0003"]
    report = _report(ledger_home)
    assert (report.findings, report.sealed, report.batches, report.commands) == ([], 9, 4, 4)
    writer, _ = ledger_home.open(KINDS, sealer=_vault())
    later = Secret("p1-later", "p1", "text", "又不亮")
    writer.submit(Submission("later", ACTOR, (Part("counter:a", "add", {"amount": 1}),), None, (later,)))
    ledger_home.close()
    assert _report(ledger_home).findings == []
    told = _told(_report(ledger_home, "DELETE FROM vault_entry WHERE ref = 'p3-name'"))
    assert told == [("vault_entry", "p3-name", "missing")]
