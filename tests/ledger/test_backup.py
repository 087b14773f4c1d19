"""Backup and restore: taken while serving, whole or not at all, and those who were erased stay erased."""

from __future__ import annotations

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from threading import Thread

import msgspec
import pytest

from sanban.kernel.errors import SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.copies.backup import backup, read_manifest, restore
from sanban.ledger.erasure import ErasureRegister, PersonAggregate
from sanban.ledger.home import Home, HomeMissingError, init_home, open_home
from sanban.ledger.opening import open_sqlite, read_sqlite
from sanban.ledger.owner import connect
from sanban.ledger.port import Part, Secret, Submission
from sanban.ledger.proof.verify import verify
from sanban.ledger.reading.reader import Head
from sanban.ledger.settings import District, Settings, VaultSettings, write_settings
from sanban.ledger.vault import Vault, open_vault
from sanban.ledger.vault_keys import MasterKeyError
from sanban.ledger.writing.writer import Writer

ACTOR = Actor("clerk-1", "coordinator")
NOW = 1_750_000_000_000_000
PERSONS = ("p0", "p1", "p2")


def make_writer(home: Home, vault: Vault) -> Writer:
    writer, reader = open_sqlite(home.database, home.district, [PersonAggregate()], clock=lambda: NOW, sealer=vault)
    reader.close()
    return writer


def command(person: str) -> Submission:
    secret = Secret(f"{person}-name", person, "name", f"王{person}")
    return Submission(f"new-{person}", ACTOR, (Part(f"person:{person}", "register"),), None, (secret,))


def is_whole(home: Home) -> bool:
    with closing(read_sqlite(home.database, home.district, [PersonAggregate()])) as reader:
        return verify(reader).is_whole


def names(home: Home) -> dict[str, str]:
    with closing(read_sqlite(home.database, home.district, [PersonAggregate()], opener=open_vault(home))) as reader:
        return reader.open_secrets([f"{person}-name" for person in PERSONS])


def head(home: Home) -> Head:
    with closing(read_sqlite(home.database, home.district, [PersonAggregate()])) as reader:
        found = reader.head()
    assert found is not None
    return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = init_home(tmp_path / "home", Settings(District("d1", "示范区")))
    with connect(home, make_writer) as ledger:
        ledger.submit_many([command(person) for person in PERSONS])
    return home


def test_a_backup_restored_elsewhere_stands_where_the_home_stood(home: Home, tmp_path: Path) -> None:
    manifest = backup(home, tmp_path / "backup", NOW)
    assert Head("d1", manifest.position, manifest.batch_no, manifest.head_hash) == head(home)
    restored = restore(tmp_path / "backup", tmp_path / "new", make_writer, key=home.key_file)
    assert restored.erased == ()
    assert is_whole(restored.home)
    assert head(restored.home) == head(home)
    assert names(open_home(tmp_path / "new")) == {f"{person}-name": f"王{person}" for person in PERSONS}
    with connect(restored.home, make_writer) as ledger:
        assert ledger.submit(command("p1")).repeated is True
        assert ledger.submit(command("p9")).repeated is False


OWN = {
    "matters/noise/2026-01-01.yaml": "matter: noise",
    "matters/noise/texts/zh.yaml": "噪声",
    "hours/2026.yaml": "year: 2026",
    "district/units.yaml": "units: []",
    "models/triage.json": "{}",
    "officers.toml": "",
}


@pytest.fixture
def furnished(home: Home) -> Home:
    """A home with matters, calendar, district and models of its own, and with what is no part of a backup."""
    for name, content in {**OWN, "city/inbox/1.json": "{}", "matters/.git/HEAD": "", "web.key": "secret"}.items():
        (home.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (home.folder / name).write_text(content, encoding="utf-8")
    own = msgspec.structs.replace(home.settings, matters=("matters", "../others"), calendar="hours", duty="district")
    (home.folder / "sanban.toml").write_text(write_settings(own), encoding="utf-8")
    others = home.folder.parent / "others"
    others.mkdir()
    (others / "matter.yaml").write_text("matter: other", encoding="utf-8")
    return open_home(home.folder)


def test_what_a_home_holds_beside_its_ledger_stands_in_the_restored_one(furnished: Home, tmp_path: Path) -> None:
    manifest = backup(furnished, tmp_path / "backup", NOW, also=("models", "officers.toml", "looks"))
    assert set(manifest.beside) == set(OWN)
    restored = restore(tmp_path / "backup", tmp_path / "new", make_writer, key=furnished.key_file).home.folder
    assert {name: (restored / name).read_text(encoding="utf-8") for name in OWN} == OWN
    assert not any((restored / name).exists() for name in ("city", "web.key", "matters/.git"))


@pytest.mark.parametrize("change", ["another content", "missing", "one more"])
def test_a_backup_whose_files_beside_the_ledger_changed_is_refused(
    furnished: Home, tmp_path: Path, change: str
) -> None:
    backup(furnished, tmp_path / "backup", NOW)
    file = tmp_path / "backup" / "beside" / "hours" / "2026.yaml"
    if change == "missing":
        file.unlink()
    else:
        (file.with_name("2027.yaml") if change == "one more" else file).write_text("year: 2027", encoding="utf-8")
    with pytest.raises(SanbanError, match=r"beside/hours/202\d.yaml is missing or not what was backed up"):
        restore(tmp_path / "backup", tmp_path / "new", make_writer, key=furnished.key_file)
    assert not (tmp_path / "new").exists()


def test_a_backup_made_before_files_beside_the_ledger_were_kept_is_restored(home: Home, tmp_path: Path) -> None:
    backup(home, tmp_path / "backup", NOW)
    path = tmp_path / "backup" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    del manifest["beside"]
    path.write_text(json.dumps({**manifest, "format": 1}), encoding="utf-8")
    assert is_whole(restore(tmp_path / "backup", tmp_path / "new", make_writer, key=home.key_file).home)


def test_persons_erased_after_the_backup_stay_erased(home: Home, tmp_path: Path) -> None:
    backup(home, tmp_path / "backup", NOW)
    with connect(home, make_writer) as ledger:
        ledger.erase_person("p1", ACTOR, NOW)
    restored = restore(tmp_path / "backup", tmp_path / "new", make_writer, key=home.key_file)
    assert restored.erased == ("p1",)
    assert is_whole(restored.home)
    assert names(restored.home) == {"p0-name": "王p0", "p2-name": "王p2"}
    with closing(read_sqlite(restored.home.database, "d1", [PersonAggregate()])) as reader:
        assert reader.state("person:p1").erased
    with closing(sqlite3.connect(tmp_path / "backup" / "ledger.db")) as old:
        (body,) = old.execute("SELECT body FROM vault_entry WHERE person = 'p1'").fetchone()
    assert not any(body in path.read_bytes() for path in restored.home.folder.iterdir())
    assert len(ErasureRegister(restored.home.erasure_register).read()) == 1


def test_persons_erased_before_the_backup_stay_erased_and_need_no_register(home: Home, tmp_path: Path) -> None:
    with connect(home, make_writer) as ledger:
        ledger.erase_person("p1", ACTOR, NOW)
    backup(home, tmp_path / "backup", NOW)
    restored = restore(tmp_path / "backup", tmp_path / "new", make_writer, key=home.key_file, no_erasures=True)
    assert restored.erased == ()
    assert names(restored.home) == {"p0-name": "王p0", "p2-name": "王p2"}


def test_without_the_register_nobody_comes_back_unasked(home: Home, tmp_path: Path) -> None:
    backup(home, tmp_path / "backup", NOW)
    home.erasure_register.unlink()
    with pytest.raises(SanbanError, match=r"register .* is not there(.|\n)*--erasures .*--no-erasures"):
        restore(tmp_path / "backup", tmp_path / "new", make_writer, key=home.key_file)
    assert not (tmp_path / "new").exists()
    restore(tmp_path / "backup", tmp_path / "new", make_writer, key=home.key_file, no_erasures=True)


def test_a_register_kept_elsewhere_is_taken_from_there(home: Home, tmp_path: Path) -> None:
    backup(home, tmp_path / "backup", NOW)
    with connect(home, make_writer) as ledger:
        ledger.erase_person("p2", ACTOR, NOW)
    kept = home.erasure_register.rename(tmp_path / "kept.jsonl")
    restored = restore(tmp_path / "backup", tmp_path / "new", make_writer, key=home.key_file, erasures=kept)
    assert restored.erased == ("p2",)


def test_a_register_at_an_absolute_place_stays_the_register_of_the_restored_home(tmp_path: Path) -> None:
    register = tmp_path / "register.jsonl"
    settings = Settings(District("d1", "示范区"), vault=VaultSettings(erasure_register=str(register)))
    home = init_home(tmp_path / "home", settings)
    with connect(home, make_writer) as ledger:
        ledger.submit_many([command(person) for person in PERSONS])
        backup(home, tmp_path / "backup", NOW)
        ledger.erase_person("p0", ACTOR, NOW)
    restored = restore(tmp_path / "backup", tmp_path / "new", make_writer, key=home.key_file)
    assert (restored.erased, restored.home.erasure_register) == (("p0",), register)
    assert len(ErasureRegister(register).read()) == 1


def test_a_register_shorter_than_when_the_backup_was_made_is_refused(home: Home, tmp_path: Path) -> None:
    with connect(home, make_writer) as ledger:
        ledger.erase_person("p1", ACTOR, NOW)
    backup(home, tmp_path / "backup", NOW)
    home.erasure_register.write_bytes(b"")
    with pytest.raises(SanbanError, match="has 0 lines, the backup was made with 1"):
        restore(tmp_path / "backup", tmp_path / "new", make_writer, key=home.key_file)


def test_the_master_key_is_in_the_backup_only_when_asked_for(home: Home, tmp_path: Path) -> None:
    key = home.key_file.read_bytes()
    backup(home, tmp_path / "without", NOW)
    backup(home, tmp_path / "with", NOW, with_key=True)
    assert not any(key in path.read_bytes() for path in (tmp_path / "without").iterdir())
    assert (tmp_path / "with" / "master.key").read_bytes() == key
    with pytest.raises(SanbanError, match=r"does not hold the master key\n  for example: .* --key "):
        restore(tmp_path / "without", tmp_path / "new", make_writer)
    restored = restore(tmp_path / "with", tmp_path / "new", make_writer)
    assert len(names(restored.home)) == 3


def test_another_master_key_is_refused_and_nothing_is_left(home: Home, tmp_path: Path) -> None:
    backup(home, tmp_path / "backup", NOW)
    other = init_home(tmp_path / "other", home.settings)
    with pytest.raises(MasterKeyError, match="not the one"):
        restore(tmp_path / "backup", tmp_path / "new", make_writer, key=other.key_file)
    assert not (tmp_path / "new").exists()
    with pytest.raises(SanbanError, match="absent is not there"):
        restore(tmp_path / "backup", tmp_path / "new", make_writer, key=tmp_path / "absent")


def test_everything_in_a_backup_is_private(home: Home, tmp_path: Path) -> None:
    backup(home, tmp_path / "backup", NOW, with_key=True)
    assert stat.S_IMODE((tmp_path / "backup").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "backup").iterdir()} == {0o600}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "home"]


def test_a_backup_taken_while_writing_is_of_one_instant(home: Home, tmp_path: Path) -> None:
    with connect(home, make_writer) as ledger:
        writing = Thread(target=lambda: [ledger.submit(command(f"q{number}")) for number in range(150)])
        writing.start()
        manifests = [backup(home, tmp_path / f"backup-{number}", NOW) for number in range(4)]
        writing.join()
    for number, manifest in enumerate(manifests):
        with closing(sqlite3.connect(tmp_path / f"backup-{number}" / "ledger.db")) as copy:
            (events,) = copy.execute("SELECT count(*) FROM ledger_event").fetchone()
            (values,) = copy.execute("SELECT count(*) FROM vault_entry").fetchone()
            assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert events == values == manifest.position
    restored = restore(tmp_path / "backup-3", tmp_path / "new", make_writer, key=home.key_file)
    assert head(restored.home).position == manifests[3].position


def test_a_home_that_is_being_restored_cannot_be_opened(home: Home, tmp_path: Path) -> None:
    backup(home, tmp_path / "backup", NOW)
    seen = []

    def look(new: Home, vault: Vault) -> Writer:
        with pytest.raises(HomeMissingError):
            open_home(new.folder)
        seen.append(new.folder)
        return make_writer(new, vault)

    restore(tmp_path / "backup", tmp_path / "new", look, key=home.key_file)
    assert seen == [tmp_path / "new"]


@pytest.mark.parametrize(
    ("name", "damage", "says"),
    [
        ("manifest.json", None, "is not a backup: it has no manifest.json"),
        ("manifest.json", b"{", "is damaged: manifest.json cannot be read"),
        ("ledger.db", None, "ledger.db is missing or not what was backed up"),
        ("ledger.db", b"SQLite format 3\0", "ledger.db is missing or not what was backed up"),
    ],
)
def test_a_damaged_backup_is_refused(home: Home, tmp_path: Path, name: str, damage: bytes | None, says: str) -> None:
    backup(home, tmp_path / "backup", NOW)
    path = tmp_path / "backup" / name
    path.unlink() if damage is None else path.write_bytes(damage)
    with pytest.raises(SanbanError, match=says):
        restore(tmp_path / "backup", tmp_path / "new", make_writer, key=home.key_file)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [({"format": 3}, "has format 3, this program reads 2"), ({"head_hash": "00"}, "does not stand where")],
)
def test_a_manifest_that_does_not_fit_is_refused(
    home: Home, tmp_path: Path, change: dict[str, object], says: str
) -> None:
    backup(home, tmp_path / "backup", NOW)
    path = tmp_path / "backup" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | change), encoding="utf-8")
    with pytest.raises(SanbanError, match=says):
        restore(tmp_path / "backup", tmp_path / "new", make_writer, key=home.key_file)
    assert not (tmp_path / "new").exists()


def test_neither_backup_nor_restore_overwrites_anything(home: Home, tmp_path: Path) -> None:
    backup(home, tmp_path / "backup", NOW)
    with pytest.raises(SanbanError, match="exists already"):
        backup(home, tmp_path / "backup", NOW)
    with pytest.raises(SanbanError, match="is not empty"):
        restore(tmp_path / "backup", home.folder, make_writer, key=home.key_file)
    assert len(names(home)) == 3
    assert read_manifest(tmp_path / "backup").position == 3


def test_a_destination_that_cannot_be_written_is_an_error(home: Home, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SanbanError, match="cannot be written"):
        backup(home, tmp_path / "file" / "backup", NOW)


def test_a_home_without_a_ledger_has_nothing_to_back_up(tmp_path: Path) -> None:
    home = init_home(tmp_path / "home", Settings(District("d1", "示范区")))
    with pytest.raises(SanbanError, match="no ledger yet"):
        backup(home, tmp_path / "backup", NOW)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_a_backup_of_sqlite_takes_no_database_url(home: Home, tmp_path: Path) -> None:
    backup(home, tmp_path / "backup", NOW)
    with pytest.raises(SanbanError, match="takes no database URL"):
        restore(tmp_path / "backup", tmp_path / "new", make_writer, key=home.key_file, database_url="postgresql://h/d")
