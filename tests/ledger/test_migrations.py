"""Migrations make exactly the declared tables, say what is pending, and only go forward."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from sanban.kernel.errors import SanbanError
from sanban.ledger import vault_schema
from sanban.ledger.migrations.addresses import postgres_url, sqlite_url
from sanban.ledger.migrations.tables import metadata
from sanban.ledger.migrations.upgrading import make_or_check, pending, upgrade
from sanban.ledger.schema import PARTITIONED


def _differences(url: str) -> list[object]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    return found


def test_an_empty_store_is_made_and_then_up_to_date(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "ledger.db")
    assert [line[:4] for line in pending(url)] == ["0001", "0002", "0003"]
    assert [line[:4] for line in upgrade(url)] == ["0001", "0002", "0003"]
    assert pending(url) == upgrade(url) == []
    assert vault_schema.vault_key.name in metadata.tables


def test_migrated_tables_are_the_declared_ones(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "ledger.db")
    upgrade(url)
    assert _differences(url) == []


@pytest.mark.postgres
def test_migrated_tables_are_the_declared_ones_in_postgres_too(postgres_database: str) -> None:
    url = postgres_url(postgres_database)
    assert pending(url) == []
    assert _differences(url) == []
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT relname FROM pg_class WHERE relkind = 'p' ORDER BY relname")
        assert tuple(sorted(PARTITIONED)) == tuple(name for (name,) in rows)
    engine.dispose()


def test_an_older_store_asks_for_an_upgrade(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "ledger.db")
    make_or_check(url)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection, connection:
        connection.execute("DELETE FROM alembic_version")
    connection.close()
    with pytest.raises(SanbanError, match="sanban upgrade"):
        make_or_check(url)
