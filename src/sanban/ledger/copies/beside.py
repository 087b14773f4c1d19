"""What a home holds beside its ledger and goes with it into a backup: own matters, calendar, district, models …

    BACKUP/beside/matters/noise/2026-01-01.yaml     as it stood in the home, under its name there

Which they are the settings say, and, for files that are no setting, the caller. What a setting names outside the home
stays where it is. The manifest has every file's SHA-256, and exactly these files are put back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from sanban.ledger.home import Home, write_private

FOLDER = "beside"


def keep_beside(home: Home, part: Path, also: Iterable[str]) -> dict[str, str]:
    """Copies the files into a backup; their SHA-256 (hex) by name. `also`: names in the home that no setting gives.

    A file that was taken away since it was listed is left out: what it held is in the ledger by then.
    """
    kept = {}
    for name in sorted(_names(home, also)):
        with suppress(FileNotFoundError):
            kept[name] = _put(part / FOLDER / name, (home.folder / name).read_bytes())
    return kept


def lay_beside(source: Path, home: Home, names: Iterable[str]) -> None:
    """Puts a backup's files where they stood, into a home that is being made."""
    for name in names:
        _put(home.folder / name, (source / FOLDER / name).read_bytes())


def altered_beside(source: Path, kept: Mapping[str, str]) -> str:
    """The first file of a backup that is missing, strange or not what was kept; '' when all are as they were."""
    root = source / FOLDER
    found = {name: _digest((root / name).read_bytes()) for name in _files(root, root)}
    differing = (name for name in sorted(kept.keys() | found.keys()) if kept.get(name) != found.get(name))
    return next((f"{FOLDER}/{name}" for name in differing), "")


def _names(home: Home, also: Iterable[str]) -> set[str]:
    settings = home.settings
    roots = {home.folder / name for name in (*settings.matters, settings.calendar, settings.duty, *also)}
    inside = home.folder.resolve()
    return {name for root in roots if inside in root.resolve().parents for name in _files(root, home.folder)}


def _files(root: Path, folder: Path) -> Iterator[str]:
    """The files at or under a path, named from `folder`; what begins with a dot is no part of a deployment."""
    for path in (root, *root.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix()


def _put(path: Path, content: bytes) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(path, content)
    return _digest(content)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
