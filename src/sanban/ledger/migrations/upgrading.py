"""Says which migrations a store still needs, and runs them in this process. Forward only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.engine import Connection

from sanban.kernel.errors import SanbanError

FOLDER = Path(__file__).parent
LOCK = 5_163_021  # any number that only we use as PostgreSQL advisory lock


def sqlite_url(path: Path) -> str:
    """SQLAlchemy's URL of a SQLite file."""
    return f"sqlite:///{path.absolute()}"


def postgres_url(url: str) -> str:
    """SQLAlchemy's URL of a PostgreSQL database, through psycopg 3."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def engine_of(url: str) -> Engine:
    """An engine whose transactions hold table changes too: SQLite's driver would commit before each of them."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", _begin)
    return engine


def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def pending(url: str) -> list[str]:
    """What an upgrade would do, one line a migration, oldest first; empty when the store is up to date.

    `url`: SQLAlchemy's, see `sqlite_url` and `postgres_url`.
    """
    engine = engine_of(url)
    try:
        with engine.connect() as connection:
            return _pending(connection)
    finally:
        engine.dispose()


def upgrade(url: str) -> list[str]:
    """Runs what is pending in one transaction and says what it was."""
    engine = engine_of(url)
    try:
        return _upgrade(engine)
    finally:
        engine.dispose()


def make_or_check(url: str) -> None:
    """Makes the tables of an empty store. Raises SanbanError when an older store needs an upgrade first."""
    engine = engine_of(url)
    try:
        with engine.connect() as connection:
            is_empty = "shard" not in inspect(connection).get_table_names()
            todo = _pending(connection)
        if todo and not is_empty:
            raise SanbanError(f"the store is older than this program; pending: {'; '.join(todo)}", "sanban upgrade")
        if todo:
            _upgrade(engine)
    finally:
        engine.dispose()


def hold(connection: Connection) -> None:
    """Lets one process at a time change tables, until the transaction ends; on SQLite the home's owner is alone."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def _upgrade(engine: Engine) -> list[str]:
    with engine.begin() as connection:
        hold(connection)
        todo = _pending(connection)
        if todo:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    return todo


def _pending(connection: Connection) -> list[str]:
    script = ScriptDirectory.from_config(_config())
    current = MigrationContext.configure(connection).get_current_revision()
    steps = script.iterate_revisions("head", current or "base")
    return [f"{step.revision} {step.doc.partition(': ')[2] or step.doc}" for step in steps if step][::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
