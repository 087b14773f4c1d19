"""How fast a ledger is verified and folded again, and that the memory for it does not grow with the cases.

    python bench/replay.py [--quick] [--commands N] [--runs N] [--folder DIR] [--gate]

Verifying hashes and folds every event, and compares its rows and timers; folding alone reads, decodes and folds. The
yardstick is sqlite3 alone: the same rows selected in the same order, and SHA-256 over each one's texts and bytes. Both
run in turn; figures are medians over the runs, ratios are medians of the ratios of neighbours. The peak of memory is
that of a process of its own, and of the largest that helps it, which verifies a small ledger or one four times as
large. One JSON object a line.

With `--gate` it ends with 1 where fewer than 100,000 events are verified or folded in a second, or where four times as
many events take more than a quarter more memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from itertools import count
from pathlib import Path
from statistics import median

from parts.cases import START, case_aggregates, case_commands
from parts.gate import Gate, add_gate
from sanban.ledger.opening import open_sqlite, read_sqlite
from sanban.ledger.proof.folding import EVENTS_BY_STREAM, fold_streams
from sanban.ledger.proof.verify import verify
from sanban.ledger.reading.reader import StoreReader

DISTRICT = "heping"
TIMES_LARGER = 4
GOAL = 100_000
FLAT = 1.25
BATCH = 512
EVENTS = "SELECT * FROM ledger_event WHERE district = ? ORDER BY stream, seq"


def tell(workload: str, figure: float, unit: str, yardstick: float | None = None, ratio: float | None = None) -> None:
    """One line of the outcome."""
    line = {
        "bench": "replay",
        "workload": workload,
        "figure": round(figure, 2),
        "unit": unit,
        "yardstick": None if yardstick is None else round(yardstick, 2),
        "ratio": None if ratio is None else round(ratio, 3),
    }
    print(json.dumps(line), flush=True)


def filled(path: Path, commands: int) -> Path:
    """A ledger of that many commands, one event each."""
    ticks = count(START, 1000)
    writer, reader = open_sqlite(path, DISTRICT, case_aggregates(), clock=lambda: next(ticks))
    submissions = case_commands(commands)
    for start in range(0, commands, BATCH):
        writer.submit_many(submissions[start : start + BATCH])
    writer.close()
    reader.close()
    return path


def verified(reader: StoreReader) -> int:
    """Verifies; the number of events."""
    report = verify(reader)
    if not report.is_whole:
        raise SystemExit(f"not whole: {report.findings[0]}")
    return report.events


def folded(reader: StoreReader) -> int:
    """Reads, decodes and folds every stream; the number of events."""
    with reader.source.snapshot() as snapshot:
        return sum(entry.seq for _, entry in fold_streams(snapshot.stream(EVENTS_BY_STREAM), reader.aggregates))


def selected(path: Path) -> int:
    """The yardstick: every event row read and hashed by the standard library alone; the number of rows."""
    connection = sqlite3.connect(path)
    rows = 0
    for row in connection.execute(EVENTS, (DISTRICT,)):
        sha256(f"{row[:11]}".encode() + row[11] + row[12]).digest()
        rows += 1
    connection.close()
    return rows


def rate(work: Callable[[], int]) -> float:
    """What `work` counts, per second."""
    start = time.perf_counter()
    done = work()
    return done / (time.perf_counter() - start)


def compare(path: Path, runs: int, gate: Gate) -> None:
    """Verifying and folding, each next to the yardstick, turn by turn."""
    reader = read_sqlite(path, DISTRICT, case_aggregates())
    for name, work in (("verify", verified), ("fold", folded)):
        rates, bare = [], []
        for _ in range(runs):
            rates.append(rate(lambda work=work: work(reader)))  # type: ignore[misc]  # bound at once
            bare.append(rate(lambda: selected(path)))
        ratio = median(mine / theirs for mine, theirs in zip(rates, bare, strict=True))
        tell(name, median(rates), "events/s", median(bare), ratio)
        tell(f"{name}, next to the goal", median(rates), "events/s", GOAL, median(rates) / GOAL)
        gate.least(f"{name}, events/s", median(rates), GOAL)
    reader.close()


def peak(path: Path) -> float:
    """MB that a process of its own has at its peak while it verifies the ledger."""
    command = [sys.executable, __file__, "--verify", str(path)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def verify_alone(path: Path) -> None:
    """What the process of its own does: it prints its peak in MB."""
    reader = read_sqlite(path, DISTRICT, case_aggregates())
    verified(reader)
    reader.close()
    status = Path("/proc/self/status").read_text(encoding="ascii")  # getrusage would tell the parent's peak
    own = int(status.partition("VmHWM:")[2].split()[0])
    helpers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print((own + helpers) / 1024)


def main(arguments: argparse.Namespace) -> int:
    """Fills two ledgers and runs everything on them; 1 where a goal is missed that is held to."""
    gate = Gate(holds=arguments.gate)
    if arguments.verify is not None:
        verify_alone(arguments.verify)
        return 0
    commands: int = arguments.commands or (16384 if arguments.quick else 65536)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        small = filled(Path(name) / "small.db", commands // TIMES_LARGER)
        large = filled(Path(name) / "large.db", commands)
        compare(large, arguments.runs, gate)
        less, more = peak(small), peak(large)
        tell(f"peak memory, {commands} events next to {commands // TIMES_LARGER}", more, "MB", less, more / less)
        gate.most("peak memory, ratio", more / less, FLAT)
    return gate.ended()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer commands, under 50 s")
    parser.add_argument("--commands", type=int, help="commands in the larger ledger, one event each")
    parser.add_argument("--runs", type=int, default=5, help="runs of which medians are taken")
    parser.add_argument("--folder", help="where the ledgers are made")
    parser.add_argument("--verify", type=Path, help=argparse.SUPPRESS)
    add_gate(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main(_parser().parse_args()))
