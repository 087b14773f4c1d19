"""Whole commands through the ledger, next to bare statements writing the same rows.

    python bench/ledger.py [--quick] [--commands N] [--runs N] [--folder DIR] [--stores sqlite,postgres]
                           [--gate]

A whole command is decided by the real case aggregate, hashed, projected, its timers kept, and committed in a group.
The yardstick writes the very same rows (events, commands, batch, timers, projections, shard) in the same batches with
sqlite3 or psycopg alone. Both run in turn on fresh stores; figures are medians over the runs, ratios are medians of
the ratios of neighbours. One JSON object a line.

With `--gate` it ends with 1 where whole commands come to less than half of the bare statements, or where 64 callers
share a commit less than 24 by 24.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from parts.cases import START, case_aggregates, case_commands
from parts.gate import Gate, add_gate
from parts.replay import Batches, Recording, replay_postgres, replay_sqlite
from postgres_server import database, server
from sanban.jobs.settling import settle
from sanban.ledger.opening import open_sqlite
from sanban.ledger.opening.postgres import open_postgres
from sanban.ledger.opening.preparing import by_kind
from sanban.ledger.port import Aggregate, Submission
from sanban.ledger.proof.verify import verify
from sanban.ledger.stores.shapes import all_shapes
from sanban.ledger.writing.writer import Writer

DISTRICT = "heping"
CALLERS = 64
RATIO_GOAL, SHARING_GOAL = 0.5, 24


class Place:
    """Fresh stores of one kind. `url` is empty for SQLite."""

    def __init__(self, folder: Path, url: str, aggregates: Sequence[Aggregate]) -> None:
        self.folder = folder
        self.url = url
        self.aggregates = aggregates
        self.shapes = all_shapes(aggregates)
        self.name = "postgres" if url else "sqlite"
        self._count = 0

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """A new file or database; what names it."""
        self._count += 1
        if self.url:
            with database(self.url) as url:
                yield url
        else:
            path = self.folder / f"{self._count}.db"
            yield str(path)
            for part in self.folder.glob(f"{path.name}*"):
                part.unlink()

    def open(self, target: str) -> tuple[Writer, Any]:
        if self.url:
            return open_postgres(target, DISTRICT, self.aggregates, clock=Clock())
        return open_sqlite(Path(target), DISTRICT, self.aggregates, clock=Clock())

    def replay(self, target: str, batches: Batches) -> float:
        replay = replay_postgres if self.url else replay_sqlite
        return replay(target, batches, self.shapes)


class Clock:
    """A working morning that goes on by a millisecond a batch."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        self.now += 1000
        return self.now


def tell(workload: str, figure: float, unit: str, yardstick: float | None = None, ratio: float | None = None) -> None:
    """One line of the outcome."""
    line = {
        "bench": "ledger",
        "workload": workload,
        "figure": round(figure, 2),
        "unit": unit,
        "yardstick": None if yardstick is None else round(yardstick, 2),
        "ratio": None if ratio is None else round(ratio, 3),
    }
    print(json.dumps(line), flush=True)


def whole(place: Place, target: str, commands: Sequence[Submission], size: int) -> tuple[float, float]:
    """(seconds, CPU seconds) of all commands in batches of `size`."""
    writer, reader = place.open(target)
    wall, cpu = time.perf_counter(), time.process_time()
    for start in range(0, len(commands), size):
        writer.submit_many(commands[start : start + size])
    spent = time.perf_counter() - wall, time.process_time() - cpu
    if writer.accepted != len(commands):
        raise SystemExit(f"{len(commands) - writer.accepted} of {len(commands)} commands were refused")
    writer.close()
    reader.close()
    return spent


def recorded(place: Place, commands: Sequence[Submission], size: int) -> Batches:
    """The rows that the commands write, by batch."""
    with place.fresh() as target:
        writer, reader = place.open(target)
        recording = Recording(writer._store)
        writer._store = recording
        for start in range(0, len(commands), size):
            writer.submit_many(commands[start : start + size])
        writer.close()
        reader.close()
        return recording.batches


def compare(place: Place, commands: Sequence[Submission], size: int, runs: int, gate: Gate) -> None:
    """Whole commands next to bare statements, turn by turn."""
    batches = recorded(place, commands, size)
    rates, bare, ratios, cpus = [], [], [], []
    for _ in range(runs):
        with place.fresh() as target:
            seconds, cpu = whole(place, target, commands, size)
        with place.fresh() as target:
            writer, reader = place.open(target)
            writer.close()
            reader.close()
            raw = place.replay(target, batches)
        rates.append(len(commands) / seconds)
        bare.append(len(commands) / raw)
        ratios.append(raw / seconds)
        cpus.append(cpu / len(commands) * 1e6)
    tell(f"{place.name} batches of {size}", median(rates), "commands/s", median(bare), median(ratios))
    gate.least(f"{place.name} batches of {size}, ratio", median(ratios), RATIO_GOAL)
    tell(f"{place.name} batches of {size}, CPU", median(cpus), "us/command")


def callers(place: Place, commands: Sequence[Submission], runs: int, gate: Gate) -> None:
    """64 callers, each waiting for its answer before it sends the next command."""
    means, rates = [], []
    for _ in range(runs):
        with place.fresh() as target:
            writer, reader = place.open(target)
            seconds = _call_all(writer, commands)
            means.append(writer.accepted / writer.batches)
            rates.append(writer.accepted / seconds)
            writer.close()
            reader.close()
    what, mean = f"{place.name} {CALLERS} callers, commands a commit", median(means)
    tell(what, mean, "commands/commit", SHARING_GOAL, mean / SHARING_GOAL)
    gate.least(what, mean, SHARING_GOAL)
    tell(f"{place.name} {CALLERS} callers", median(rates), "commands/s")


def _call_all(writer: Writer, commands: Sequence[Submission]) -> float:
    def call(number: int) -> None:
        for command in shares[number]:
            writer.submit(command)

    shares: list[list[Submission]] = [[] for _ in range(CALLERS)]
    owners: dict[str, int] = {}
    for command in commands:
        shares[owners.setdefault(command.parts[0].stream, len(owners)) % CALLERS].append(command)
    threads = [threading.Thread(target=call, args=(number,)) for number in range(CALLERS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


def verifying(place: Place, commands: Sequence[Submission], runs: int) -> None:
    """Events hashed, folded and compared with their rows and timers."""
    rates = []
    with place.fresh() as target:
        writer, reader = place.open(target)
        writer.submit_many(commands)
        writer.close()  # a process in which another thread runs is not forked
        for _ in range(runs):
            start = time.perf_counter()
            report = verify(reader)
            rates.append(report.events / (time.perf_counter() - start))
            if not report.is_whole:
                raise SystemExit(f"not whole: {report.findings[0]}")
        reader.close()
    tell(f"{place.name} verify", median(rates), "events/s", 100_000, median(rates) / 100_000)


def deciding(aggregates: Sequence[Aggregate], commands: Sequence[Submission]) -> None:
    """What deciding and folding alone takes of a command, in memory: the floor under the ledger's own work."""
    kinds = by_kind(aggregates)
    states: dict[str, Any] = {}
    start = time.process_time()
    for command in commands:
        turn = _Turn(command)
        for part in command.parts:
            aggregate = kinds[part.stream.partition(":")[0]]
            for event in aggregate.decide(states.get(part.stream), part, turn):
                states[part.stream] = aggregate.fold(states.get(part.stream), event)
    tell("decide and fold alone, CPU", (time.process_time() - start) / len(commands) * 1e6, "us/command")


class _Turn:
    def __init__(self, command: Submission) -> None:
        self.now = self.occurred_at = START
        self.actor = command.actor

    def number(self, kind: str) -> str:
        return f"{kind}-1"

    def look(self, _stream: str) -> None:
        return None


def syncing(folder: Path, seconds: float) -> None:
    """What the disk can do: 4 KiB written and fdatasync'ed, one after the other."""
    count, end = 0, time.perf_counter() + seconds
    with (folder / "sync").open("wb") as file:
        while time.perf_counter() < end:
            os.write(file.fileno(), bytes(4096))
            os.fdatasync(file.fileno())
            count += 1
    (folder / "sync").unlink()
    tell("disk", count / seconds, "fdatasync/s")


def main(arguments: argparse.Namespace) -> int:
    """Runs everything on the chosen stores; 1 where a goal is missed that is held to."""
    gate = Gate(holds=arguments.gate)
    count = arguments.commands or (2048 if arguments.quick else 16384)
    runs: int = arguments.runs or (3 if arguments.quick else 5)
    commands, aggregates = case_commands(count), case_aggregates()
    settle()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=arguments.folder)))
        syncing(folder, 1.0)
        deciding(aggregates, commands)
        for name in arguments.stores.split(","):
            url = stack.enter_context(server(arguments.folder)) if name == "postgres" else ""
            place = Place(folder, url, aggregates)
            for size in (64, 512):
                compare(place, commands, size, runs, gate)
            callers(place, commands, min(runs, 3), gate)
            verifying(place, commands, runs)
    return gate.ended()


def _parser() -> Callable[[], argparse.Namespace]:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer commands and runs, under 50 s")
    parser.add_argument("--commands", type=int, help="commands in one run")
    parser.add_argument("--runs", type=int, help="runs of which medians are taken")
    parser.add_argument("--folder", help="where the stores are made; its disk is what is measured")
    parser.add_argument("--stores", default="sqlite,postgres", help="which stores, comma between them")
    add_gate(parser)
    return parser.parse_args


if __name__ == "__main__":
    sys.exit(main(_parser()()))
