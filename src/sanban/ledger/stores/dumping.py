"""Backup and restore of a PostgreSQL ledger through PostgreSQL's own programs, `pg_dump -Fc` and `pg_restore`.

The dump is of the same snapshot that the manifest's head is read from. Passwords go by the environment, never by the
command line, which every user of the machine can read.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import DBAPIError

from sanban.kernel.errors import SanbanError
from sanban.ledger.home import Home
from sanban.ledger.stores.failing import POSTGRES, unusable

INSTALLED = Path("/usr/lib/postgresql")


def dump_postgres(home: Home, target: Path) -> tuple[int, int, str]:
    """Dumps the database into a file; position, batch number and head hash (hex) of that instant.

    Raises `SanbanError` when PostgreSQL cannot be reached, or `pg_dump` is not installed or fails.
    """
    program = find_program("pg_dump")
    engine = create_engine(home.engine_url, isolation_level="REPEATABLE READ")
    try:
        with engine.connect() as connection:
            snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            sql = text("SELECT position, batch_no, head_hash FROM shard WHERE district = :district")
            row = connection.execute(sql, {"district": home.district}).one_or_none()
            _run(home, program, "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={target}")
    except DBAPIError as error:
        raise unusable(error.orig or error, POSTGRES) from error
    finally:
        engine.dispose()
    target.chmod(0o600)
    return (int(row[0]), int(row[1]), bytes(row[2]).hex()) if row is not None else (0, 0, "")


def load_postgres(home: Home, source: Path) -> None:
    """Loads a dump into the home's database, all or nothing; raises `SanbanError` unless that is empty."""
    program = find_program("pg_restore")
    engine = create_engine(home.engine_url)
    try:
        tables = _tables(engine)
    except DBAPIError as error:
        raise unusable(error.orig or error, POSTGRES) from error
    finally:
        engine.dispose()
    if tables:
        message = f"the database is not empty (it has {tables[0]}); restore into a new one"
        raise SanbanError(message, "createdb sanban_restored")
    _run(home, program, "--no-owner", "--single-transaction", "--exit-on-error", str(source))


def find_program(name: str) -> str:
    """A program of PostgreSQL: on PATH, else the newest installed one. Raises `SanbanError`."""
    found = shutil.which(name)
    if found is not None:
        return found
    newest = max(INSTALLED.glob(f"*/bin/{name}"), key=_version, default=None)
    if newest is None:
        raise SanbanError(f"{name} is needed and not installed", "apt-get install postgresql-client")
    return str(newest)


def _version(program: Path) -> float:
    try:
        return float(program.parent.parent.name)
    except ValueError:
        return 0.0


def _tables(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return sorted(inspect(connection).get_table_names())


def _run(home: Home, program: str, *arguments: str) -> None:
    url = make_url(home.settings.database_url)
    environment = dict(os.environ) | ({"PGPASSWORD": str(url.password)} if url.password else {})
    address = url.set(password=None).render_as_string()
    command = [program, f"--dbname={address}", "--no-password", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 -- no shell
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise SanbanError(
            f"{Path(program).name} failed: {said[-1] if said else done.returncode}",
            "pg_dump --version must not be older than the server",
        )
