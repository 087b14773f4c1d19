"""A ledger verified by several processes is told the same as by one, whole or not, in both stores."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from contracts.counter_aggregate import add, step
from contracts.ledger_homes import LedgerHome, PostgresHome, SqliteHome
from sanban.ledger.proof import parts
from sanban.ledger.proof.refold import WHOLE

CHILD = Path(__file__).with_name("verify_child.py")
FAULTY = Path(__file__).with_name("crew_child.py")
SEVERAL = pytest.mark.skipif(
    sys.platform != "linux" or (os.cpu_count() or 1) < 2, reason="needs two processors and Linux's fork"
)


COPY = "SELECT district, '{}', place, amount FROM counter_part WHERE stream = 'counter:s07'"


def _filled(home: LedgerHome) -> None:
    writer, _ = home.open()
    for turn in range(6):
        writer.submit_many([add(f"c{turn}-{number}", f"s{number:02}") for number in range(20)])
    writer.submit(step("alarm", "s07", "alarm", due=77))
    home.close()


def _told(home: LedgerHome, *libraries: str) -> Any:
    target = str(home.path) if isinstance(home, SqliteHome) else home.url if isinstance(home, PostgresHome) else ""
    command = [sys.executable, "-W", "error", str(CHILD), home.name, target, *libraries]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@SEVERAL
def test_a_whole_ledger_is_shared_out_and_told_whole(ledger_home: LedgerHome) -> None:
    _filled(ledger_home)
    told = _told(ledger_home)
    assert told["shared"] == told["alone"]
    assert (told["by_others"], told["shared"]["events"], told["shared"]["findings"]) == ([True], 121, [])


@SEVERAL
def test_the_idle_threads_of_a_library_keep_no_ledger_from_being_shared_out(ledger_home: LedgerHome) -> None:
    _filled(ledger_home)
    told = _told(ledger_home, "shapely")
    assert told["threads"] > 1
    assert (told["by_others"], told["shared"]) == ([True], told["alone"])


@SEVERAL
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_event SET actor = 'x' WHERE stream = 'counter:s03' AND seq = 2",
        "DELETE FROM ledger_event WHERE stream = 'counter:s19' AND seq = 6",
        "DELETE FROM counter_summary WHERE stream = 'counter:s00'",
        "UPDATE timer SET due_at = 5",
        f"INSERT INTO counter_part {COPY.format('counter:s07x')}",
        f"INSERT INTO counter_part {COPY.format('counter:zz')}",
        "UPDATE ledger_batch SET recorded_at = 1 WHERE batch_no = 2",
        "DELETE FROM shard",
    ],
)
def test_what_is_found_is_told_as_by_one_process(ledger_home: LedgerHome, change: str) -> None:
    _filled(ledger_home)
    ledger_home.run(change)
    told = _told(ledger_home)
    assert told["shared"] == told["alone"]
    assert told["shared"]["findings"]
    assert True not in told["by_others"]


@SEVERAL
@pytest.mark.parametrize("fault", ["no-fork", "stuck-lock", "killed"])
def test_a_process_that_fails_the_others_leaves_the_one_pass_that_tells_all(tmp_path: Path, fault: str) -> None:
    home = SqliteHome(tmp_path / "ledger.db")
    _filled(home)
    command = [sys.executable, "-W", "error", str(FAULTY), fault, str(home.path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "True"), done.stderr


@SEVERAL
def test_the_others_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    home = SqliteHome(tmp_path / "ledger.db")
    _filled(home)
    command = [sys.executable, str(FAULTY), "orphans", str(home.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        said, _ = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    others = [Path(f"/proc/{pid}/cmdline") for pid in said.split()]
    assert others
    until = time.monotonic() + 10
    while (left := [one for one in others if _runs(one)]) and time.monotonic() < until:
        time.sleep(0.05)
    assert left == []


def _runs(cmdline: Path) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return bool(cmdline.read_bytes())
    except OSError:
        return False


def test_spans_are_all_streams_once(tmp_path: Path) -> None:
    home = SqliteHome(tmp_path / "ledger.db")
    _filled(home)
    reader = home.read()
    with reader.source.lookup() as lookup:
        for most in (1, 2, 5, 50):
            spans = parts.spans_of(lookup, WHOLE, repeat(-(-121 // most)))
            assert [spans[0].first, spans[-1].end] == ["", ""]
            assert [one.end for one in spans[:-1]] == [one.first for one in spans[1:]]
            assert all(one.first < one.end for one in spans[1:-1])
            assert len(spans) == most if most < 50 else 5 < len(spans) <= 50
    home.close()


def test_a_process_with_threads_or_few_events_does_without_others(tmp_path: Path) -> None:
    home = SqliteHome(tmp_path / "ledger.db")
    writer, reader = home.open()
    writer.submit(add("c1", "a"))
    assert not parts.is_alone()
    with parts.crew(reader.source, reader.aggregates) as others:
        assert others is None
    home.close()


@pytest.mark.parametrize("events", [1, 499, 4_000, 65_536, 1_000_003])
@pytest.mark.parametrize("processes", [2, 4])
def test_spans_grow_shorter_and_are_enough(events: int, processes: int) -> None:
    sizes = list(parts._sizes(events, processes))
    assert sizes == sorted(sizes, reverse=True)
    assert events <= sum(sizes) < events + parts.LEAST
    assert sizes[0] <= max(events / processes, parts.LEAST)
    assert sizes[-1] == parts.LEAST
    assert len(sizes) < 100
