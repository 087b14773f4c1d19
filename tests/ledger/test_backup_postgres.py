"""PostgreSQL: dumped from one instant, restored into an empty database, erased again before anyone looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from postgres_server import database
from sanban.kernel.errors import SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.copies.backup import backup, restore
from sanban.ledger.erasure import PersonAggregate
from sanban.ledger.home import Home, init_home
from sanban.ledger.opening.postgres import open_postgres, read_postgres
from sanban.ledger.owner import connect
from sanban.ledger.port import Part, Secret, Submission
from sanban.ledger.proof.verify import verify
from sanban.ledger.reading.reader import StoreReader
from sanban.ledger.settings import District, Settings
from sanban.ledger.stores.dumping import find_program
from sanban.ledger.vault import Vault, open_vault
from sanban.ledger.writing.writer import Writer

pytestmark = pytest.mark.postgres

ACTOR = Actor("clerk-1", "coordinator")
NOW = 1_750_000_000_000_000
PERSONS = ("p0", "p1", "p2")


def make_writer(home: Home, vault: Vault) -> Writer:
    url = home.settings.database_url
    writer, reader = open_postgres(url, home.district, [PersonAggregate()], clock=lambda: NOW, sealer=vault)
    reader.close()
    return writer


def command(person: str) -> Submission:
    secrets = (Secret(f"{person}-name", person, "name", f"王{person}"), Secret(f"{person}-ph", person, "phone", "139"))
    return Submission(f"new-{person}", ACTOR, (Part(f"person:{person}", "register"),), None, secrets)


def reading(home: Home) -> closing[StoreReader]:
    url = home.settings.database_url
    return closing(read_postgres(url, home.district, [PersonAggregate()], opener=open_vault(home)))


@pytest.fixture
def home(tmp_path: Path, postgres_database: str) -> Home:
    settings = Settings(District("d1", "示范区"), database_url=postgres_database)
    home = init_home(tmp_path / "home", settings)
    with connect(home, make_writer) as ledger:
        ledger.submit_many([command(person) for person in PERSONS])
    return home


@pytest.fixture
def empty_database(postgres_server: str) -> Iterator[str]:
    with database(postgres_server) as url:
        yield url


def test_a_backup_is_restored_into_an_empty_database_and_the_erased_stay_erased(
    home: Home, tmp_path: Path, empty_database: str
) -> None:
    manifest = backup(home, tmp_path / "backup", NOW)
    with connect(home, make_writer) as ledger:
        assert ledger.erase_person("p1", ACTOR, NOW).entries == 2
    restored = restore(
        tmp_path / "backup", tmp_path / "new", make_writer, key=home.key_file, database_url=empty_database
    )
    assert restored.erased == ("p1",)
    assert manifest.position == 3
    for each in (home, restored.home):
        with reading(each) as reader:
            assert verify(reader).findings == []
            refs = [f"{person}-name" for person in PERSONS]
            assert reader.open_secrets(refs) == {"p0-name": "王p0", "p2-name": "王p2"}
            assert reader.query("SELECT count(*) FROM vault_lookup WHERE district = :district") == [(2,)]


def test_two_processes_may_own_a_postgres_home_and_see_each_others_erasures(home: Home) -> None:
    with connect(home, make_writer) as one, connect(home, make_writer) as two:
        assert one.reach()
        assert two.reach()
        assert two.submit(command("p3")).refused is None
        one.erase_person("p3", ACTOR, NOW)
        late = Submission("late", ACTOR, (Part("person:p4", "register"),), None, (Secret("x", "p3", "name", "x"),))
        refused = two.submit(late).refused
        assert refused is not None
        assert "p3 was erased" in refused.message
    assert not home.owner_file.exists()


def test_a_database_that_is_not_empty_is_never_restored_into(home: Home, tmp_path: Path) -> None:
    backup(home, tmp_path / "backup", NOW)
    url = home.settings.database_url
    with pytest.raises(SanbanError, match=r"not empty(.|\n)*createdb"):
        restore(tmp_path / "backup", tmp_path / "new", make_writer, key=home.key_file, database_url=url)
    with pytest.raises(SanbanError, match="needs database URL"):
        restore(tmp_path / "backup", tmp_path / "new", make_writer, key=home.key_file)
    assert not (tmp_path / "new").exists()


def test_a_server_that_is_not_there_is_an_error_with_an_example(home: Home, tmp_path: Path) -> None:
    with psycopg.connect(home.settings.database_url) as connection:
        port = connection.info.port
    absent = Settings(District("d1", "x"), database_url=f"postgresql://sanban:secret@127.0.0.1:{port}/absent")
    other = init_home(tmp_path / "other", absent)
    with pytest.raises(SanbanError, match=r'PostgreSQL cannot be used(.|\n)*database_url = "postgresql://') as raised:
        backup(other, tmp_path / "backup", NOW)
    assert "secret" not in str(raised.value)
    assert not (tmp_path / "backup").exists()


def test_a_missing_program_is_named_with_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_program("pg_dump").endswith("/pg_dump")
    monkeypatch.setattr("sanban.ledger.stores.dumping.INSTALLED", tmp_path)
    with pytest.raises(SanbanError, match=r"pg_dump is needed and not installed\n.*postgresql-client"):
        find_program("pg_dump")
    for version in ("9.6", "15", "odd"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "pg_dump").touch()
    assert find_program("pg_dump") == str(tmp_path / "15" / "bin" / "pg_dump")


def test_what_pg_dump_says_reaches_the_user(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'aborting because of server version mismatch' >&2\nexit 1\n", encoding="utf-8")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(SanbanError, match="pg_dump failed: aborting because of server version mismatch"):
        backup(home, tmp_path / "backup", NOW)
    assert not (tmp_path / "backup").exists()
