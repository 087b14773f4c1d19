"""The home: the folder an embedded deployment lives in.

    HOME/sanban.toml       settings (0600: a database URL may hold a password)
    HOME/master.key        the vault's master key, 32 random bytes (0600); may stand elsewhere
    HOME/erasures.jsonl    register of erased persons; may, and in production should, stand elsewhere
    HOME/ledger.db         the SQLite ledger, unless `database_url` names a PostgreSQL database
    HOME/owner.lock        locked by the one process that owns the home
    HOME/owner.json        where that process listens (0600)

`init_home` makes it, `open_home` reads it. The settings are written last: a folder with a `sanban.toml` is whole.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec

from sanban.kernel.errors import SanbanError
from sanban.ledger.settings import FILE_NAME, Settings, check_settings, read_settings, write_settings

HOME_VARIABLE = "SANBAN_HOME"
KEY_LENGTH = 32
INIT_EXAMPLE = "sanban init --home DIR"


class HomeMissingError(SanbanError):
    """There is no home where one was expected."""


class Home(msgspec.Struct, frozen=True):
    """An initialised home. All paths are absolute."""

    folder: Path
    settings: Settings

    @property
    def district(self) -> str:
        """The district's code."""
        return self.settings.district.code

    @property
    def is_sqlite(self) -> bool:
        return not self.settings.database_url

    @property
    def database(self) -> Path:
        """The SQLite file; meaningless when a database URL is set."""
        return self.folder / "ledger.db"

    @property
    def engine_url(self) -> str:
        """What SQLAlchemy is given: the SQLite file, or PostgreSQL through psycopg 3."""
        if self.is_sqlite:
            return f"sqlite:///{self.database}"
        return self.settings.database_url.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def key_file(self) -> Path:
        return self.folder / self.settings.vault.key_file

    @property
    def erasure_register(self) -> Path:
        return self.folder / self.settings.vault.erasure_register

    @property
    def matters(self) -> tuple[Path, ...]:
        return tuple(self.folder / name for name in self.settings.matters)

    @property
    def lock_file(self) -> Path:
        return self.folder / "owner.lock"

    @property
    def owner_file(self) -> Path:
        return self.folder / "owner.json"


def home_folder(given: Path | None, environment: Mapping[str, str]) -> Path:
    """The folder that `--home` or `SANBAN_HOME` names; raises `HomeMissingError` when neither does."""
    named = given or environment.get(HOME_VARIABLE, "")
    if not named:
        raise HomeMissingError(f"no home was named: give --home DIR or set {HOME_VARIABLE}", INIT_EXAMPLE)
    return Path(named).expanduser().absolute()


def open_home(folder: Path) -> Home:
    """The home in a folder; raises `HomeMissingError` when it was never initialised, `FaultsFound` for its settings."""
    folder = folder.expanduser().absolute()
    path = folder / FILE_NAME
    try:
        return Home(folder, read_settings(path))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        message = f"{folder} is not a home of Sanban: it has no {FILE_NAME}"
        raise HomeMissingError(message, f"sanban init --home {folder}") from error
    except OSError as error:
        example = f"chmod -R u+rwX {folder}, as the user who runs Sanban"
        raise SanbanError(f"{path} cannot be read: {error.strerror}", example) from error


def init_home(folder: Path, settings: Settings) -> Home:
    """Makes a home: the folder (0700), a fresh master key and an erasure register unless they exist, and the settings.

    Raises `SanbanError` when the folder already is a home, holds anything else, or cannot be written.
    """
    folder = folder.expanduser().absolute()
    home = Home(folder, settings)
    written = write_settings(settings)
    check_settings(written, folder / FILE_NAME)
    try:
        _make_folder(home)
        if not home.key_file.exists():
            write_private(home.key_file, secrets.token_bytes(KEY_LENGTH))
        home.erasure_register.touch(mode=0o600)
        write_private(folder / FILE_NAME, written.encode())
    except OSError as error:
        raise _unwritable(folder, error) from error
    return open_home(folder)


def _make_folder(home: Home) -> None:
    if (home.folder / FILE_NAME).exists():
        raise SanbanError(f"{home.folder} already is a home of Sanban", f"sanban status --home {home.folder}")
    own = {home.key_file, home.folder / FILE_NAME}
    leftovers = own | {temporary(path) for path in own} | {home.erasure_register}
    strangers = sorted(set(home.folder.iterdir()) - leftovers) if home.folder.is_dir() else []
    if strangers:
        example = f"sanban init --home {home.folder / 'sanban'}"
        raise SanbanError(f"{home.folder} is not empty (it holds {strangers[0].name}); name a new folder", example)
    home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.folder.chmod(0o700)


def _unwritable(folder: Path, error: OSError) -> SanbanError:
    return SanbanError(f"{folder} cannot be written: {error.strerror}", "sanban init --home ~/sanban")


def temporary(path: Path) -> Path:
    """Where a file is written before it takes its place."""
    return path.with_name(f".{path.name}.part")


def write_private(path: Path, content: bytes) -> None:
    """Writes a file (0600) whole or not at all: beside, fsync, then renamed over the old one."""
    part = temporary(path)
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes a rename or a new file in the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
