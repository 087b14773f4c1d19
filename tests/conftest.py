"""Fixtures that several suites share: fresh ledgers on both stores, and a PostgreSQL server of the tests' own."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))

from contracts.ledger_homes import LedgerHome, PostgresHome, SqliteHome
from made_once import make_once
from postgres_server import MEMORY, database, server
from sanban.ledger.migrations.addresses import postgres_url
from sanban.ledger.migrations.upgrading import upgrade
from sharing import pytest_collection_modifyitems, pytest_xdist_make_scheduler  # noqa: F401 -- hooks

gc.disable()  # until all is collected, see below
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_collection_finish() -> None:
    """Modules and items stay as long as the process does: no search for garbage goes through them again and again."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What every test reads and makes alike is there once."""
    with pytest.MonkeyPatch.context() as patch:
        make_once(patch, tmp_path_factory.mktemp("made"))
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a PostgreSQL server, started once for the session."""
    with server(MEMORY) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """Name of a database whose tables are made already."""
    with database(postgres_server) as url:
        upgrade(postgres_url(url))
        yield url.split("@/")[1].partition("?")[0]


@pytest.fixture
def postgres_database(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """URL of a fresh PostgreSQL database with the ledger's tables."""
    with database(postgres_server, postgres_template) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger_home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LedgerHome]:
    """A place for a ledger in either store; every test that takes it runs on both."""
    if request.param == "sqlite":
        home: LedgerHome = SqliteHome(tmp_path / "ledger.db")
    else:
        home = PostgresHome(request.getfixturevalue("postgres_database"))
    yield home
    home.close()
