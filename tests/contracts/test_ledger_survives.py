"""Killed, raced, out of room or cut off: nothing acknowledged is lost, nothing is applied twice."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest

import postgres_server as pg
from contracts.counter_aggregate import add
from contracts.ledger_homes import LedgerHome, PostgresHome, SqliteHome
from sanban.ledger.migrations.addresses import postgres_url
from sanban.ledger.migrations.upgrading import upgrade
from sanban.ledger.port import Submission
from sanban.ledger.proof.verify import verify
from sanban.ledger.reading.reader import StoreReader
from sanban.ledger.stores.counting import FIRST_COUNT
from sanban.ledger.stores.store import StoreFailedError
from sanban.ledger.writing.writer import LARGE, Writer

CHILD = Path(__file__).with_name("ledger_child.py")
CALLERS = 6
DISK = 16
"""Megabytes of the small disk; an empty database takes half of it."""


def _child(home: LedgerHome, callers: int, count: int, starts: list[int]) -> subprocess.Popen[bytes]:
    target = str(home.path) if isinstance(home, SqliteHome) else home.url if isinstance(home, PostgresHome) else ""
    command = [sys.executable, str(CHILD), home.name, target, str(callers), str(count), *map(str, starts)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def _lines(data: bytes) -> list[tuple[int, int, bool]]:
    """Whole lines only: the last one may have been cut by the kill."""
    rows = [line.split() for line in data[: data.rfind(b"\n") + 1].splitlines()]
    return [(int(caller), int(number), repeated == b"1") for caller, number, repeated in rows]


def _kill_after(process: subprocess.Popen[bytes], lines: int) -> list[tuple[int, int, bool]]:
    assert process.stdout is not None
    data = b"".join(process.stdout.readline() for _ in range(lines))
    process.kill()
    data += process.stdout.read()
    process.stdout.close()
    process.wait()
    return _lines(data)


def _applied(reader: StoreReader) -> Counter[str]:
    return Counter(event.command_id for event in reader.since(0, 10**9))


def _kill_loop(home: LedgerHome, kills: int) -> None:
    acknowledged: set[str] = set()
    starts = [0] * CALLERS
    for turn in range(kills):
        lines = 1 + turn * 37 % 211
        for caller, number, _ in _kill_after(_child(home, CALLERS, 10**6, starts), lines):
            acknowledged.add(f"k{caller}-{number}")
            starts[caller] = max(starts[caller], number - 2)
        writer, reader = home.open()
        report = verify(reader)
        applied = _applied(reader)
        assert report.findings == [], turn
        assert acknowledged - applied.keys() == set(), turn
        assert max(applied.values()) == 1, turn
        assert writer.submit(add(f"k{CALLERS - 1}-0", f"s{(CALLERS - 1) % 5}", 0)).repeated or turn == 0
        home.close()


def test_five_kills_lose_and_repeat_nothing(ledger_home: LedgerHome) -> None:
    _kill_loop(ledger_home, 5)


@pytest.mark.prove
def test_fifty_kills_lose_and_repeat_nothing(ledger_home: LedgerHome) -> None:
    _kill_loop(ledger_home, 50)


@pytest.mark.postgres
def test_two_writers_racing_on_the_same_commands_apply_each_once(postgres_database: str) -> None:
    home = PostgresHome(postgres_database)
    count = 60
    children = [_child(home, CALLERS, count, [0] * CALLERS) for _ in range(2)]
    lines = [_lines(child.communicate()[0]) for child in children]
    assert [len(each) for each in lines] == [CALLERS * count] * 2
    fresh = Counter((caller, number) for each in lines for caller, number, repeated in each if not repeated)
    assert fresh == Counter({(caller, number): 1 for caller in range(CALLERS) for number in range(count)})
    reader = home.read()
    assert _applied(reader) == Counter({f"k{caller}-{number}": 1 for caller, number in fresh})
    assert [event.position for event in reader.since(0, 10**6)] == list(range(1, CALLERS * count + 1))
    assert verify(reader).findings == []
    home.close()


@pytest.mark.postgres
def test_two_writers_see_what_the_other_wrote(postgres_database: str) -> None:
    home = PostgresHome(postgres_database)
    (first, reader), (second, _) = home.open(), home.open()
    for number in range(10):
        assert first.submit(add(f"a{number}", "x", 100)).refused is None or number >= 5
        assert second.submit(add(f"b{number}", "x", 100)).refused is None or number >= 5
    assert reader.state("counter:x").total == 1000
    assert verify(reader).findings == []
    home.close()


@pytest.mark.parametrize("count", [20, 4 * LARGE])
def test_a_full_disk_is_survived(tmp_path: Path, count: int) -> None:
    home = SqliteHome(tmp_path / "ledger.db")
    writer, reader = home.open()
    room = reader.query("PRAGMA page_count")[0][0] + 30
    writer.apart(lambda session: session.execute(f"PRAGMA max_page_count = {room}"))
    acknowledged: set[str] = set()
    with pytest.raises(StoreFailedError, match="full"):
        _fill(writer, acknowledged, count)
    with pytest.raises(StoreFailedError, match="for example: make room"):
        writer.submit(add("x", "y" * 100_000))
    writer.apart(lambda session: session.execute("PRAGMA max_page_count = 1000000"))
    again = writer.submit_many(_some(len(acknowledged), count))
    assert all(answer.refused is None and not answer.repeated for answer in again)
    applied = _applied(reader)
    assert applied.keys() == acknowledged | {answer.command_id for answer in again}
    assert set(applied.values()) == {1}
    assert verify(reader).findings == []
    home.close()


def _mounted(folder: Path, megabytes: int) -> bool:
    """Whether a disk in memory of that size, of PostgreSQL's account, stands in the folder now."""
    owner = f",uid={pwd.getpwnam(pg.account()).pw_uid},mode=700" if pg.account() else ""
    options = f"size={megabytes}m{owner}"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A folder on a disk of its own, where the database's files will lie."""
    folder = Path(tempfile.mkdtemp(prefix="sanban-disk-"))
    folder.chmod(0o755)
    if not _mounted(folder, DISK):
        folder.rmdir()
        pytest.skip("a disk of a size of its own needs root and the right to mount one")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


@pytest.fixture
def database_on_small_disk(postgres_server: str, small_disk: Path) -> Iterator[str]:
    """URL of a database in a tablespace on the small disk."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'".encode())
        connection.execute("CREATE DATABASE small TEMPLATE template0 TABLESPACE small")
    yield postgres_server.replace("/postgres?", "/small?")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("DROP DATABASE small WITH (FORCE)")
        connection.execute("DROP TABLESPACE small")


@pytest.mark.postgres
def test_a_full_disk_is_survived_by_postgresql_too(database_on_small_disk: str, small_disk: Path) -> None:
    upgrade(postgres_url(database_on_small_disk))
    home = PostgresHome(database_on_small_disk)
    writer, reader = home.open()
    acknowledged: set[str] = set()
    with pytest.raises(StoreFailedError, match=r"No space left on device(.|\n)*for example: make room"):
        _fill(writer, acknowledged)
    assert acknowledged
    with pytest.raises(StoreFailedError, match="No space left on device"):
        writer.submit_many([add(f"late-{number}", "y" * 2000 + str(number)) for number in range(1000)])
    subprocess.run(["mount", "-o", f"remount,size={4 * DISK}m", str(small_disk)], check=True)
    again = writer.submit_many(_some(len(acknowledged)))
    assert all(answer.refused is None and not answer.repeated for answer in again)
    applied = _applied(reader)
    assert applied.keys() >= acknowledged | {answer.command_id for answer in again}
    assert set(applied.values()) == {1}
    assert verify(reader).findings == []
    home.close()


def _some(start: int, count: int = 20) -> list[Submission]:
    return [add(f"c{number}", f"s{number}") for number in range(start, start + count)]


def _fill(writer: Writer, acknowledged: set[str], count: int = 20) -> None:
    while True:
        acknowledged |= {answer.command_id for answer in writer.submit_many(_some(len(acknowledged), count))}


@pytest.mark.postgres
def test_a_lost_connection_is_survived(postgres_database: str) -> None:
    home = PostgresHome(postgres_database)
    writer, reader = home.open()
    writer.submit(add("c1", "a"))
    with psycopg.connect(postgres_database) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sanban-writer' "
            "AND datname = current_database()"
        )
    with pytest.raises(StoreFailedError):
        writer.submit(add("c2", "a"))
    assert not writer.submit(add("c2", "a")).repeated
    assert reader.state("counter:a").total == 2
    home.close()


@pytest.mark.postgres
def test_no_answer_waits_until_the_tables_are_counted(postgres_database: str) -> None:
    home = PostgresHome(postgres_database)
    writer, _ = home.open()
    with ThreadPoolExecutor(1) as pool, psycopg.connect(postgres_database) as holding:
        holding.execute("LOCK TABLE ledger_event IN SHARE UPDATE EXCLUSIVE MODE")
        answers = pool.submit(writer.submit_many, _some(0, FIRST_COUNT))
        try:
            assert {answer.refused for answer in answers.result(timeout=5)} == {None}
            assert _within_seconds(lambda: _is_counted(postgres_database, "counter_summary"))
        finally:
            holding.rollback()
    home.close()


@pytest.mark.postgres
def test_what_goes_wrong_in_counting_is_logged_and_fails_no_command(
    postgres_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    home = PostgresHome(postgres_database)
    writer, _ = home.open()
    home.run("ALTER TABLE vault_lookup RENAME TO vault_elsewhere")
    answers = writer.submit_many(_some(0, FIRST_COUNT))
    assert {answer.refused for answer in answers} == {None}
    assert _within_seconds(lambda: "could not be counted (UndefinedTable)" in caplog.text)
    home.close()


def _is_counted(url: str, table: str) -> bool:
    with psycopg.connect(url) as connection:
        return bool(
            connection.execute("SELECT reltuples > 0 FROM pg_class WHERE relname = %s", (table,)).fetchall()[0][0]
        )


def _within_seconds(asked: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether the answer becomes yes in time."""
    until = monotonic() + seconds
    while not (found := asked()) and monotonic() < until:
        sleep(0.02)
    return found
