"""PostgreSQL: after an erasure the files of the vault's tables hold nothing of the person; a long read delays it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from postgres_server import server
from sanban.kernel.permission import Actor
from sanban.ledger.erasure import Eraser, ErasureRegister, PersonAggregate
from sanban.ledger.migrations.addresses import postgres_url
from sanban.ledger.migrations.upgrading import upgrade
from sanban.ledger.opening.postgres import open_postgres
from sanban.ledger.port import Part, Secret, Submission
from sanban.ledger.proof.verify import verify
from sanban.ledger.reading.reader import StoreReader
from sanban.ledger.vault import Vault
from sanban.ledger.vault_keys import MasterKey
from sanban.ledger.writing.writer import Writer

pytestmark = pytest.mark.postgres

ACTOR = Actor("clerk-1", "coordinator")
NOW = 1_750_000_000_000_000
TABLES = ("vault_key", "vault_entry", "vault_lookup")
PERSONS = 60


class Bench:
    """A ledger in PostgreSQL whose files the test can read."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.vault = Vault("d1", MasterKey(bytes(32)))
        self.writer: Writer
        self.reader: StoreReader
        self.writer, self.reader = open_postgres(
            url, "d1", [PersonAggregate()], clock=lambda: NOW, sealer=self.vault, opener=self.vault
        )
        self.eraser = Eraser(self.writer, self.vault, ErasureRegister(folder / "erasures.jsonl"))
        self.writer.submit_many([_arriving(f"p{number}", number) for number in range(PERSONS)])

    def sealed_bytes(self, person: str) -> list[bytes]:
        """Every blob that stands under a person, short enough not to be split up or compressed."""
        sql = "SELECT * FROM {} WHERE district = :district AND person = :person"
        rows = [row for table in TABLES for row in self.reader.query(sql.format(table), {"person": person})]
        return [cell for row in rows for cell in row if isinstance(cell, bytes) and cell]

    def places(self) -> list[str]:
        """Where the tables' files lie; another place after they were written anew."""
        with psycopg.connect(self.url) as connection:
            rows = [connection.execute("SELECT pg_relation_filepath(%s)", (table,)).fetchall()[0] for table in TABLES]
        return [str(path) for (path,) in rows]

    def files(self) -> bytes:
        """The vault's tables, their indexes and long values, as they lie on disk."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
            data = Path(connection.execute("SHOW data_directory").fetchall()[0][0])
            paths = connection.execute(
                "SELECT pg_relation_filepath(o.oid) FROM pg_class c, pg_class o WHERE c.relname = ANY(%s) AND "
                "(o.oid = c.oid OR o.oid = c.reltoastrelid OR o.oid IN (SELECT indexrelid FROM pg_index i "
                "WHERE i.indrelid = c.oid))",
                (list(TABLES),),
            ).fetchall()
        folder = (data / paths[0][0]).parent
        assert all((data / path).parent == folder for (path,) in paths)
        return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def _arriving(person: str, number: int) -> Submission:
    values = {"name": f"王{number}", "phone": f"138{number:08}", "text": "请求" * number}
    secrets = tuple(Secret(f"{person}-{kind}", person, kind, value) for kind, value in values.items())
    return Submission(f"new-{person}", ACTOR, (Part(f"person:{person}", "register"),), None, secrets)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with server() as url:
        upgrade(postgres_url(url))
        bench = Bench(url, tmp_path)
        yield bench
        bench.writer.close()
        bench.reader.close()


@pytest.mark.parametrize("person", ["p7", "p59"], ids=["amid others", "at the end of its pages"])
def test_nothing_of_an_erased_person_is_left_in_the_vaults_files(bench: Bench, person: str) -> None:
    gone, kept = bench.sealed_bytes(person), bench.sealed_bytes("p8")
    assert len(gone) == len(kept) == 1 + 3 * 3 + 1
    files = bench.files()
    assert all(blob in files for blob in gone)
    erased = bench.eraser.erase(person, ACTOR, NOW)
    assert (erased.entries, erased.scrubbed) == (3, True)
    files = bench.files()
    assert not [blob for blob in gone if blob in files]
    assert all(blob in files for blob in kept)
    assert verify(bench.reader, vault=bench.vault).findings == []


def test_the_tables_are_written_anew_once_for_an_erasure(bench: Bench) -> None:
    bench.eraser.erase("p7", ACTOR, NOW)
    places = bench.places()
    assert bench.eraser.erase("p7", ACTOR, NOW).scrubbed
    assert bench.eraser.complete_pending() == []
    assert bench.places() == places
    bench.eraser.erase("p8", ACTOR, NOW)
    assert not set(bench.places()) & set(places)


def test_a_long_read_delays_the_scrubbing_and_the_erasure_says_so(bench: Bench) -> None:
    gone = bench.sealed_bytes("p7")
    with psycopg.connect(bench.url) as reading:
        reading.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reading.execute("SELECT count(*) FROM shard")
        assert bench.eraser.erase("p7", ACTOR, NOW).scrubbed is False
    with psycopg.connect(bench.url) as reading:
        reading.execute("SELECT count(*) FROM vault_entry")
        assert bench.eraser.erase("p7", ACTOR, NOW).scrubbed is False
    assert bench.eraser.erase("p7", ACTOR, NOW).scrubbed is True
    files = bench.files()
    assert not [blob for blob in gone if blob in files]
    assert bench.writer.submit(_arriving("p99", 99)).refused is None
