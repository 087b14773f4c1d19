"""A PostgreSQL server of the tests' own: in a temporary folder, on a socket and loopback, with fsync on.

    with server() as url: ...        one server, stopped and removed afterwards
    with database(url) as fresh: ... a database of its own

PostgreSQL refuses to run as root; root's tests run it as the account `postgres` (or `nobody`).
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psycopg

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""A folder in memory, where there is one: what is tested is what a killed process leaves, not the disk."""

_numbers = count(1)


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl, the newest version first; None when PostgreSQL is not installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    found = shutil.which("initdb")
    for folder in (*folders, *([Path(found).resolve().parent] if found else [])):
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    return None


@contextmanager
def server(place: str | None = None) -> Iterator[str]:
    """URL of a running server, its folder made in `place`. Raises RuntimeError when PostgreSQL is not installed."""
    folder = binaries()
    if folder is None:
        raise RuntimeError("PostgreSQL is not installed; for example: apt-get install postgresql")
    root = Path(tempfile.mkdtemp(prefix="sanban-pg-", dir=place))
    user = account()
    if user:
        shutil.chown(root, user)
    data, port = root / "data", _free_port()
    options = f"-p {port} -k {root} -c listen_addresses=127.0.0.1 -c fsync=on -c max_connections=60"
    try:
        _run(
            user,
            root,
            str(folder / "initdb"),
            "-D",
            str(data),
            "-A",
            "trust",
            "-U",
            "sanban",
            "-E",
            "UTF8",
            "--locale=C",
        )
        _run(user, root, f"{folder}/pg_ctl", "-D", f"{data}", "-l", str(root / "log"), "-w", "-o", options, "start")
        yield f"postgresql://sanban@/postgres?host={root}&port={port}"
    finally:
        with suppress(subprocess.CalledProcessError):
            _run(user, root, f"{folder}/pg_ctl", "-D", f"{data}", "-m", "immediate", "-w", "stop")
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def database(url: str, template: str = "template0") -> Iterator[str]:
    """URL of a fresh database on the server, a copy of `template`."""
    name = f"sanban_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    yield url.replace("/postgres?", f"/{name}?")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def account() -> str:
    """The account that PostgreSQL runs as where root may not; empty for everybody else's own."""
    if os.geteuid():
        return ""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _run(user: str, cwd: Path, *command: str) -> None:
    prefix = ["runuser", "-u", user, "--"] if user else []
    subprocess.run([*prefix, *command], check=True, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
