"""The vault: what is sealed opens again, for those who have the key, where it was put, until it is erased."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from sanban.kernel.errors import SanbanError
from sanban.kernel.view import DAMAGED
from sanban.ledger import vault_schema
from sanban.ledger.migrations.tables import metadata
from sanban.ledger.port import Secret
from sanban.ledger.vault import ErasedPersonError, Vault, plain_form
from sanban.ledger.vault_keys import MasterKey, MasterKeyError

MASTER = MasterKey(bytes(range(32)))
TEXTS = st.text(st.characters(codec="utf-8"))
TABLES = "".join(
    f"{CreateTable(table).compile(dialect=sqlite.dialect())};"
    for name, table in metadata.tables.items()
    if name.startswith("vault_")
)


class Memory:
    """A session on a database in memory."""

    def __init__(self, district: str = "d1") -> None:
        self.district = district
        self.db = sqlite3.connect(":memory:")
        weakref.finalize(self, self.db.close)
        self.db.executescript(TABLES)

    def query(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[tuple[Any, ...]]:
        return self.db.execute(sql, {"district": self.district, **parameters}).fetchall()

    def rows(self, table: str, columns: Sequence[str], key: str, values: Sequence[str]) -> list[tuple[Any, ...]]:
        marks = ",".join("?" * len(values))
        sql = f"SELECT {','.join(columns)} FROM {table} WHERE district = ? AND {key} IN ({marks})"
        return self.db.execute(sql, [self.district, *values]).fetchall()

    def seal(self, vault: Vault, secrets: Sequence[Secret]) -> Mapping[str, Sequence[tuple[Any, ...]]]:
        tables = vault.seal(secrets, self).tables
        for table, rows in tables.items():
            self.db.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)
        return tables


def _secret(ref: str, value: str = "王小明", person: str = "p1", kind: str = "name") -> Secret:
    return Secret(ref, person, kind, value)


def test_rows_have_every_column_of_their_tables() -> None:
    memory = Memory()
    tables = memory.seal(Vault("d1", MASTER), [_secret("r1", "13800000000", kind="phone")])
    assert list(tables) == ["vault_master", "vault_key", "vault_entry", "vault_lookup"]
    assert all(len(rows[0]) == len(metadata.tables[name].columns) for name, rows in tables.items())
    assert [one.name for one in vault_schema.vault_key.columns] == ["district", "person", "wrapped", "cipher"]


@pytest.mark.parametrize("cipher", ["AES-256-GCM", "SM4-GCM"])
@given(values=st.lists(st.tuples(st.sampled_from(["p1", "p2", "人"]), TEXTS), max_size=6))
@settings(max_examples=40)
def test_what_is_sealed_opens_again(cipher: str, values: list[tuple[str, str]]) -> None:
    memory, vault = Memory(), Vault("d1", MASTER, cipher)
    secrets = [_secret(f"r{at}", value, person) for at, (person, value) in enumerate(values)]
    memory.seal(vault, secrets)
    expected = {secret.ref: secret.value for secret in secrets}
    assert vault.open([*expected, "unknown"], memory) == expected
    assert Vault("d1", MASTER, cipher).open(list(expected), memory) == expected


def test_a_person_keeps_the_key_and_cipher_of_the_first_secret() -> None:
    memory = Memory()
    memory.seal(Vault("d1", MASTER), [_secret("r1")])
    later = Vault("d1", MASTER, "SM4-GCM")
    memory.seal(later, [_secret("r2", "二"), _secret("r3", "三", "p2")])
    assert memory.query("SELECT person, cipher FROM vault_key ORDER BY person") == [
        ("p1", "AES-256-GCM"),
        ("p2", "SM4-GCM"),
    ]
    assert later.open(["r1", "r2", "r3"], memory) == {"r1": "王小明", "r2": "二", "r3": "三"}


def test_no_secrets_cost_no_rows_and_no_statement() -> None:
    memory, statements = Memory(), []
    memory.db.set_trace_callback(statements.append)
    assert Vault("d1", MASTER).seal([], memory) == ({}, [])
    assert statements == []


def test_statements_do_not_grow_with_the_batch() -> None:
    counts = []
    for size in (1, 64):
        memory, vault, statements = Memory(), Vault("d1", MASTER), []
        memory.db.set_trace_callback(statements.append)
        vault.seal([_secret(f"r{n}", str(n), f"p{n}", "phone") for n in range(size)], memory)
        counts.append(len(statements))
    assert counts == [2, 2]


def test_no_plain_value_stands_in_any_row() -> None:
    memory = Memory()
    memory.seal(Vault("d1", MASTER), [_secret("r1", "13800000000", kind="phone"), _secret("r2", "虹口路9号")])
    dump = "\n".join(memory.db.iterdump())
    for value in ("13800000000", "虹口路9号"):
        assert value not in dump
        assert value.encode().hex().upper() not in dump


def test_equal_values_look_different_in_every_column() -> None:
    memory = Memory()
    memory.seal(Vault("d1", MASTER), [_secret("r1", "same"), _secret("r2", "same")])
    one, two = memory.query("SELECT nonce, body, commitment FROM vault_entry")
    assert not set(one) & set(two)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("UPDATE vault_entry SET person = 'p2' WHERE ref = 'r1'", "r1"),
        ("UPDATE vault_entry SET kind = 'address' WHERE ref = 'r1'", "r1"),
        ("UPDATE vault_entry SET body = (SELECT body FROM vault_entry WHERE ref = 'r2') WHERE ref = 'r1'", "r1"),
        ("UPDATE vault_entry SET body = x'00' WHERE ref = 'r1'", "r1"),
        ("UPDATE vault_entry SET nonce = zeroblob(12) WHERE ref = 'r1'", "r1"),
        ("UPDATE vault_entry SET nonce = x'' WHERE ref = 'r1'", "r1"),
        ("UPDATE vault_entry SET commitment = zeroblob(32) WHERE ref = 'r1'", "r1"),
        ("UPDATE vault_entry SET ref = 'r1' || ref WHERE ref = 'r1'", "r1r1"),
        ("UPDATE vault_key SET wrapped = (SELECT wrapped FROM vault_key WHERE person = 'p2')", "p1"),
        ("UPDATE vault_key SET wrapped = x'0011' WHERE person = 'p1'", "p1"),
        ("UPDATE vault_key SET cipher = 'SM4-GCM' WHERE person = 'p1'", "p1"),
        ("DELETE FROM vault_key WHERE person = 'p1'", "r1"),
    ],
)
@pytest.mark.parametrize("cipher", ["AES-256-GCM", "SM4-GCM"])
def test_a_changed_or_moved_row_is_shown_as_damaged_and_named_in_the_log(
    change: str, name: str, cipher: str, caplog: pytest.LogCaptureFixture
) -> None:
    memory = Memory()
    memory.seal(Vault("d1", MASTER, cipher), [_secret("r1", "a"), _secret("r2", "b"), _secret("s1", "c", "p2")])
    other = {"AES-256-GCM": "SM4-GCM", "SM4-GCM": "AES-256-GCM"}[cipher]
    memory.db.execute(change.replace("'SM4-GCM'", f"'{other}'"))
    ref = "r1r1" if name == "r1r1" else "r1"
    assert Vault("d1", MASTER).open([ref, "s1"], memory) == {ref: DAMAGED, "s1": "c"}
    assert [name in record.getMessage() for record in caplog.records] == [True]


def test_rows_of_another_district_do_not_open() -> None:
    memory = Memory()
    memory.seal(Vault("d1", MASTER), [_secret("r1")])
    for table in ("vault_key", "vault_entry", "vault_master"):
        memory.db.execute(f"UPDATE {table} SET district = 'd2'")
    memory.district = "d2"
    assert Vault("d2", MASTER).open(["r1"], memory) == {"r1": DAMAGED}


def test_another_master_key_neither_reads_nor_writes() -> None:
    memory, other = Memory(), Vault("d1", MasterKey(bytes(32)))
    memory.seal(Vault("d1", MASTER), [_secret("r1")])
    with pytest.raises(MasterKeyError, match="not the one this vault was written with"):
        other.open(["r1"], memory)
    with pytest.raises(MasterKeyError, match="not the one this vault was written with"):
        other.seal([_secret("r2")], memory)


def test_a_rolled_back_first_batch_names_the_master_key_again() -> None:
    memory, vault = Memory(), Vault("d1", MASTER)
    vault.seal([_secret("r1")], memory)
    assert "vault_master" in memory.seal(vault, [_secret("r1")])
    assert "vault_master" not in memory.seal(vault, [_secret("r2")])


def test_an_erased_person_is_absent_and_gets_no_new_secrets() -> None:
    memory, vault = Memory(), Vault("d1", MASTER)
    memory.seal(vault, [_secret("r1"), _secret("s1", person="p2")])
    assert len(vault.open(["r1", "s1"], memory)) == 2
    memory.db.execute("UPDATE vault_key SET wrapped = x'' WHERE person = 'p1'")
    assert vault.open(["r1", "s1"], memory) == {"s1": "王小明"}
    with pytest.raises(ErasedPersonError, match="p1 was erased"):
        vault.seal([_secret("r3")], memory)


def test_an_unknown_cipher_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SanbanError, match=r"DES(.|\n)*AES-256-GCM or SM4-GCM"):
        Vault("d1", MASTER, "DES")


@pytest.mark.parametrize(
    ("kind", "given_value", "asked"),
    [
        ("phone", "13800000000", "+86 138-0000-0000"),
        ("phone", "008613800000000", "１３８００００００００"),
        ("phone", "(021) 6000-0000", "02160000000"),
        ("id_number", "11010119900101123x", "110101 19900101 123X"),
    ],
)
def test_a_person_is_found_by_any_spelling(kind: str, given_value: str, asked: str) -> None:
    memory, vault = Memory(), Vault("d1", MASTER)
    memory.seal(vault, [_secret("r1", given_value, kind=kind), _secret("r2", given_value, "p0", kind)])
    memory.seal(vault, [_secret("r3", asked, kind=kind), _secret("r4", "other", "p3", kind)])
    assert vault.find(kind, asked, memory) == ["p0", "p1"]


def test_the_same_value_of_another_kind_finds_nobody() -> None:
    memory, vault = Memory(), Vault("d1", MASTER)
    memory.seal(vault, [_secret("r1", "13800000000", kind="phone"), _secret("r2", "13811111111", kind="text")])
    assert vault.find("id_number", "13800000000", memory) == []
    assert vault.find("phone", "13811111111", memory) == []


def test_a_foreign_number_keeps_its_leading_86() -> None:
    assert plain_form("phone", "+86 021 6000 0000") == "+8602160000000"
