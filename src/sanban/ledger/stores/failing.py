"""What a store's own error means for whoever runs the deployment: one plain sentence, and what to do about it.

Drivers say it in their words and PostgreSQL perhaps in another language, so what is not recognised is told in the
driver's first line. Values that people sent stand in no error that comes here: only errors of the store as a whole do.
"""

from __future__ import annotations

import re

from sanban.kernel.errors import SanbanError

REBUILD = "sanban rebuild --home DIR (lists and timers), or sanban restore BACKUP --home NEW (anything else)"
RESTORE = "sanban restore BACKUP --home NEW"
POSTGRES = "in PostgreSQL"
URL = 'database_url = "postgresql://sanban@localhost:5432/sanban"'

KNOWN = (
    (r"no such (table|column)|UndefinedTable|UndefinedColumn|relation .* does not exist", "lacks a table", REBUILD),
    (r"not a database|malformed|corrupt|file is encrypted", "is not a ledger, or is damaged", RESTORE),
    (
        r"disk (is )?full|DiskFull|no space",
        "has no room left",
        "make room (df -h says where), then send the same again",
    ),
    (r"locked|LockNotAvailable", "is held by another program", "stop that program, then run the same command again"),
    (r"readonly|read-only|permission denied", "cannot be written", "chmod -R u+rwX DIR, as the user who runs Sanban"),
    (r"unable to open", "cannot be opened", "chmod -R u+rwX DIR, as the user who runs Sanban"),
)


class StoreUnusableError(SanbanError):
    """The store cannot be opened or asked: not there, not ours, damaged, or of another version."""


def cure_of(error: Exception, otherwise: str) -> str:
    """What to do about an error of the store."""
    found = _known(error)
    return otherwise if found is None else found[1]


def _known(error: Exception) -> tuple[str, str] | None:
    said = f"{type(error).__name__}: {error}"
    return next(((what, cure) for pattern, what, cure in KNOWN if re.search(pattern, said, re.IGNORECASE)), None)


def unusable(error: Exception, place: str) -> StoreUnusableError:
    """The error of a driver in plain words. `place` names the store without its password."""
    cause = re.sub(r"\[Errno -?\d+\] ", "", str(error).strip().partition("\n")[0])
    found = _known(error)
    if found is not None:
        return StoreUnusableError(f"the ledger's store {place} {found[0]} ({cause})", found[1])
    if place == POSTGRES:
        return StoreUnusableError(f"PostgreSQL cannot be used: {cause}", URL)
    return StoreUnusableError(f"the ledger's store {place} cannot be used ({cause})", RESTORE)
