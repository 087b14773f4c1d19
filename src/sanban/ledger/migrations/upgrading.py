"""Says which migrations a store still needs, and runs them in this process. Forward only.

A store of the last version (`standing`) needs no migration machinery, so a server that opens one never loads it
(`running`), and of a SQLite store not even this.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError

from sanban.kernel.errors import SanbanError
from sanban.ledger.migrations.standing import FOLDER, VERSIONS, older, require_known
from sanban.ledger.stores.failing import POSTGRES, URL, unusable

RUNNING = "sanban.ledger.migrations.running"
LOCK = 5_163_021  # any number that only we use as PostgreSQL advisory lock


@contextmanager
def engine_of(url: str) -> Iterator[Engine]:
    """An engine whose transactions hold table changes too: SQLite's driver would commit before each of them.

    What the driver says is told plainly: raises `SanbanError`.
    """
    try:
        engine = create_engine(url)
    except (ArgumentError, ValueError) as error:
        raise SanbanError(f"the database URL cannot be read: {error}", URL) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", _begin)
    try:
        yield engine
    except DBAPIError as error:
        if not isinstance(error, DatabaseError | InterfaceError):
            raise
        place = str(engine.url.database) if engine.dialect.name == "sqlite" else POSTGRES
        raise unusable(error.orig if isinstance(error.orig, Exception) else error, place) from error
    finally:
        engine.dispose()


def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def pending(url: str) -> list[str]:
    """What an upgrade would do, one line a migration, oldest first; empty when the store is up to date.

    `url`: SQLAlchemy's, see `addresses`.
    """
    with engine_of(url) as engine, engine.connect() as connection:
        return _pending(connection)


def upgrade(url: str) -> list[str]:
    """Runs what is pending in one transaction and says what it was."""
    with engine_of(url) as engine:
        return _upgrade(engine)


def make_or_check(url: str) -> None:
    """Makes the tables of an empty store. Raises SanbanError when an older store needs an upgrade first."""
    with engine_of(url) as engine:
        with engine.connect() as connection:
            is_empty = "shard" not in inspect(connection).get_table_names()
            todo = _pending(connection)
        if todo and not is_empty:
            raise older(f"pending: {'; '.join(todo)}")
        if todo:
            _upgrade(engine)


def hold(connection: Connection) -> None:
    """Lets one process at a time change tables, until the transaction ends; on SQLite the home's owner is alone."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def _upgrade(engine: Engine) -> list[str]:
    with engine.begin() as connection:
        hold(connection)
        todo = _pending(connection)
        if todo:
            import_module(RUNNING).run(connection, FOLDER)
    return todo


def _pending(connection: Connection) -> list[str]:
    known = inspect(connection).has_table("alembic_version")
    current = connection.scalar(text("SELECT version_num FROM alembic_version")) if known else None
    if current is not None:
        require_known(current)
    steps: list[str] = [] if current == VERSIONS[-1] else import_module(RUNNING).steps(FOLDER, current)
    return steps
