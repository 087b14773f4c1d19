"""Where a store stands among the versions that this program knows: the modules in `versions`.

The store's own version stands in `alembic_version`. It is asked for in plain SQL, since a server asks at every start.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sanban.kernel.errors import SanbanError
from sanban.ledger.stores.store import Source

FOLDER: Final = Path(__file__).parent
VERSIONS: Final = tuple(sorted(path.stem[1:5] for path in (FOLDER / "versions").glob("v[0-9]*.py")))
_VERSION = "SELECT version_num FROM alembic_version"
_SHARD = "SELECT 1 FROM shard WHERE district = :district"


def is_made(source: Source) -> bool:
    """Whether a store has its tables and the district's shard; before that it is empty.

    Raises SanbanError when it is of another version than this program.
    """
    found = _versions(source)
    for version in found:
        require_known(version)
        if version != VERSIONS[-1]:
            raise older(f"version {version}, this program's is {VERSIONS[-1]}")
    with source.lookup() as lookup:
        return bool(found) and bool(lookup.query(_SHARD))


def is_of_this_version(source: Source) -> bool:
    """Whether a store has its tables, all of them as this program makes them."""
    return _versions(source) == [VERSIONS[-1]]


def _versions(source: Source) -> list[str]:
    if not source.has("alembic_version"):
        return []
    with source.lookup() as lookup:
        return [version for (version,) in lookup.query(_VERSION)]


def require_known(version: str) -> None:
    """Raises SanbanError for a version that only a later program knows."""
    if version not in VERSIONS:
        message = f"the store was made by a newer version of Sanban (store {version}, this program {VERSIONS[-1]})"
        raise SanbanError(message, "pip install --upgrade sanban, then run the same command again")


def older(what: str) -> SanbanError:
    """The error of a store that an upgrade has to come before."""
    return SanbanError(f"the store is older than this program; {what}", "sanban upgrade --home DIR (back up first)")
