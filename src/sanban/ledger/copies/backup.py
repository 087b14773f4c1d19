"""Backup and restore of a home; a backup is a folder.

    BACKUP/ledger.db or ledger.dump   the SQLite file, or `pg_dump -Fc` of the database: one consistent instant
    BACKUP/sanban.toml                the settings
    BACKUP/beside/                    the home's own matters, calendar, district, models and officers
    BACKUP/manifest.json              where the ledger stood, its head hash, every file's SHA-256, the erasure register
    BACKUP/master.key                 only when asked for: who has database and key has everything

A backup is taken while the home is served and stands under its name only when it is whole. It still holds whoever is
erased later, and may be of an older version, so restoring upgrades it and applies the erasure register again before
the new home can be opened at all: the settings, which make a folder a home, are written last.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import msgspec
from sqlalchemy import text

from sanban.kernel.errors import SanbanError
from sanban.ledger.copies.beside import altered_beside, keep_beside, lay_beside
from sanban.ledger.erasure import Eraser, Erasure, ErasureRegister
from sanban.ledger.home import Home, open_home, sync_folder, write_private
from sanban.ledger.migrations.upgrading import engine_of, upgrade
from sanban.ledger.owner import MakeWriter
from sanban.ledger.settings import FILE_NAME, Settings, VaultSettings, read_settings, write_settings
from sanban.ledger.stores.dumping import dump_postgres, load_postgres
from sanban.ledger.stores.failing import unusable
from sanban.ledger.vault import open_vault

FORMAT = 2
"""Since 2 a backup holds what stands beside the ledger; one of format 1 has none of it and is restored as it is."""
MANIFEST = "manifest.json"
KEY = "master.key"
SQLITE_FILE = "ledger.db"
POSTGRES_FILE = "ledger.dump"
PAGES_AT_ONCE = -1


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds. `made_at`: microseconds UTC; `head_hash`, `sha256`: hex; `erasures`: lines in the register
    when the backup was made; `beside`: SHA-256 of the files beside the ledger, by their names in the home."""

    format: int
    district: str
    made_at: int
    database: str
    sha256: str
    position: int
    batch_no: int
    head_hash: str
    erasure_register: str
    erasures: int
    with_key: bool
    beside: dict[str, str] = {}


class Restored(msgspec.Struct, frozen=True):
    """A restored home, and whom restoring it erased again."""

    home: Home
    manifest: Manifest
    erased: tuple[str, ...]


def backup(home: Home, destination: Path, now: int, *, with_key: bool = False, also: Iterable[str] = ()) -> Manifest:
    """Writes a backup of a home, served or not, into a new folder. `now`: microseconds UTC.

    Without `with_key` the master key is left out: keep a copy of it elsewhere, the backup is worth nothing without.
    `also`: names of files and folders in the home that go with it though no setting names them.
    Raises `SanbanError` when the destination exists or cannot be written, or the database cannot be read.
    """
    destination = destination.expanduser().absolute()
    if destination.exists():
        raise SanbanError(f"{destination} exists already", f"sanban backup {destination}-2")
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{destination.name}.", dir=destination.parent))
    except OSError as error:
        raise _unwritable(destination, error) from error
    try:
        manifest = _fill(home, part, now, with_key, also)
        part.rename(destination)
        sync_folder(destination.parent)
    except OSError as error:
        raise _unwritable(destination, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


def restore(
    source: Path,
    folder: Path,
    make_writer: MakeWriter,
    *,
    erasures: Path | None = None,
    no_erasures: bool = False,
    key: Path | None = None,
    database_url: str = "",
) -> Restored:
    """Makes a new home from a backup and erases again whom the register names; then, not before, it can be opened.

    `erasures`: the register, by default the one the backup names. `key`: the master key, unless the backup holds it.
    `database_url`: an empty PostgreSQL database, for a backup of PostgreSQL. Raises `SanbanError` when the backup is
    damaged, or register or key are missing; a home that is not whole is taken away again.
    """
    manifest = read_manifest(source)
    register = _register_of(manifest, erasures, no_erasures)
    key = _key_of(source, manifest, key)
    folder = folder.expanduser().absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SanbanError(f"{folder} is not empty; name a new folder", f"sanban restore {source} --home {folder}-2")
    home = Home(folder, _settings_of(source, manifest, database_url))
    try:
        return _rebuild(source, home, make_writer, manifest, register, key)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def read_manifest(source: Path) -> Manifest:
    """The manifest of a backup whose files are as they were written; raises `SanbanError` otherwise."""
    try:
        manifest = msgspec.json.decode((source / MANIFEST).read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SanbanError(f"{source} is not a backup: it has no {MANIFEST}", "sanban backup BACKUP") from error
    except OSError as error:
        raise SanbanError(f"{source} cannot be read: {error.strerror}", f"chmod -R u+rX {source}") from error
    except msgspec.MsgspecError as error:
        raise _damaged(source, f"{MANIFEST} cannot be read: {error}") from error
    if not 1 <= manifest.format <= FORMAT:
        raise SanbanError(f"{source} has format {manifest.format}, this program reads {FORMAT}", "upgrade sanban")
    if not (source / manifest.database).is_file() or _digest(source / manifest.database) != manifest.sha256:
        raise _damaged(source, f"{manifest.database} is missing or not what was backed up")
    if altered := altered_beside(source, manifest.beside):
        raise _damaged(source, f"{altered} is missing or not what was backed up")
    return manifest


def _fill(home: Home, part: Path, now: int, with_key: bool, also: Iterable[str]) -> Manifest:
    register = ErasureRegister(home.erasure_register)
    erasures = len(register.read())
    database = SQLITE_FILE if home.is_sqlite else POSTGRES_FILE
    beside = keep_beside(home, part, also)  # first: what waits in a file and is written meanwhile is in both
    copy = _copy_sqlite if home.is_sqlite else dump_postgres
    head = copy(home, part / database)
    write_private(part / FILE_NAME, write_settings(home.settings).encode())
    if with_key:
        write_private(part / KEY, home.key_file.read_bytes())
    digest = _digest(part / database)
    manifest = Manifest(
        FORMAT, home.district, now, database, digest, *head, str(register.path), erasures, with_key, beside
    )
    write_private(part / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
    return manifest


def _copy_sqlite(home: Home, target: Path) -> tuple[int, int, str]:
    """A copy of one instant, without stopping the writer: position, batch number and head hash (hex) in it."""
    if not home.database.is_file():
        raise SanbanError(f"{home.folder} has no ledger yet; there is nothing to back up", "sanban import FILE")
    try:
        with (
            closing(sqlite3.connect(f"{home.database.as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy, pages=PAGES_AT_ONCE)
            sql = "SELECT position, batch_no, head_hash FROM shard WHERE district = ?"
            row = copy.execute(sql, (home.district,)).fetchone() or (0, 0, b"")
    except sqlite3.Error as error:
        raise unusable(error, str(home.database)) from error
    target.chmod(0o600)
    _sync(target)
    return int(row[0]), int(row[1]), bytes(row[2]).hex()


def _rebuild(
    source: Path, home: Home, make_writer: MakeWriter, manifest: Manifest, register: list[Erasure], key: Path
) -> Restored:
    try:
        home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.folder.chmod(0o700)
        write_private(home.key_file, key.read_bytes())
        if home.is_sqlite:
            shutil.copyfile(source / manifest.database, home.database)
            home.database.chmod(0o600)
            _sync(home.database)
        lay_beside(source, home, manifest.beside)
    except OSError as error:
        raise _unwritable(home.folder, error) from error
    if not home.is_sqlite:
        load_postgres(home, source / manifest.database)
    _require_head(home, manifest)
    upgrade(home.engine_url)
    _keep_register(home, register)
    erased = _erase_again(home, make_writer)
    write_private(home.folder / FILE_NAME, write_settings(home.settings).encode())
    return Restored(open_home(home.folder), manifest, erased)


def _keep_register(home: Home, erasures: list[Erasure]) -> None:
    """The new home's register gets the lines it does not have."""
    register = ErasureRegister(home.erasure_register)
    known = register.read()
    register.append([erasure for erasure in erasures if erasure not in known])


def _erase_again(home: Home, make_writer: MakeWriter) -> tuple[str, ...]:
    vault = open_vault(home)
    writer = make_writer(home, vault)
    try:
        writer.apart(vault.check_master)
        eraser = Eraser(writer, vault, ErasureRegister(home.erasure_register))
        return tuple(erased.person for erased in eraser.complete_pending())
    finally:
        writer.close()


def _require_head(home: Home, manifest: Manifest) -> None:
    """The restored ledger stands where it stood; asked before it is brought to this program's version."""
    sql = text("SELECT position, batch_no, head_hash FROM shard WHERE district = :district")
    with engine_of(home.engine_url) as engine, engine.connect() as connection:
        row = connection.execute(sql, {"district": home.district}).one_or_none()
    found = (row[0], row[1], bytes(row[2]).hex()) if row is not None else ()
    if manifest.position and found != (manifest.position, manifest.batch_no, manifest.head_hash):
        raise SanbanError("the restored ledger does not stand where the manifest says", "take another backup")


def _register_of(manifest: Manifest, given: Path | None, no_erasures: bool) -> list[Erasure]:
    """The erasures to apply again; raises `SanbanError` rather than bring anyone back unasked."""
    if no_erasures:
        return []
    path = given or Path(manifest.erasure_register)
    if not path.is_file():
        raise SanbanError(
            f"the erasure register {path} is not there, so whoever was erased since the backup would come back",
            "sanban restore BACKUP --home NEW --erasures /var/lib/sanban/erasures.jsonl (or, if there is none any "
            "more, --no-erasures)",
        )
    erasures = ErasureRegister(path).read()
    if len(erasures) < manifest.erasures:
        message = f"the erasure register {path} has {len(erasures)} lines, the backup was made with {manifest.erasures}"
        raise SanbanError(f"{message}: it is not the one, or not whole", "--erasures /var/lib/sanban/erasures.jsonl")
    return erasures


def _key_of(source: Path, manifest: Manifest, given: Path | None) -> Path:
    key = given or (source / KEY if manifest.with_key else None)
    if key is None or not key.is_file():
        message = "the backup does not hold the master key" if key is None else f"the master key {key} is not there"
        raise SanbanError(message, "sanban restore BACKUP --home NEW --key /media/safe/master.key")
    return key


def _settings_of(source: Path, manifest: Manifest, database_url: str) -> Settings:
    """The backup's settings for another place: key in the new home, register too unless its place exists here."""
    settings = read_settings(source / FILE_NAME)
    if (manifest.database == POSTGRES_FILE) != bool(database_url):
        wanted = "needs" if manifest.database == POSTGRES_FILE else "takes no"
        example = "--database-url postgresql://sanban@localhost/new" if wanted == "needs" else "sanban restore BACKUP"
        raise SanbanError(f"a backup of {manifest.database} {wanted} database URL to be restored into", example)
    register = settings.vault.erasure_register
    if not (Path(register).is_absolute() and Path(register).is_file()):
        register = VaultSettings().erasure_register
    vault = msgspec.structs.replace(settings.vault, key_file=KEY, erasure_register=register)
    return msgspec.structs.replace(settings, vault=vault, database_url=database_url)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _unwritable(path: Path, error: OSError) -> SanbanError:
    return SanbanError(f"{path} cannot be written: {error.strerror}", "sanban backup /mnt/backups/2026-01-31")


def _damaged(source: Path, what: str) -> SanbanError:
    return SanbanError(f"the backup {source} is damaged: {what}", "restore another backup")
