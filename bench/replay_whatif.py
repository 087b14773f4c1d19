"""How fast recorded cases are replayed under a changed mechanism, and that two replays are equal to the last byte.

    python bench/replay_whatif.py [--quick] [--events N] [--runs N] [--folder DIR] [--gate]

Real cases of a district of streets (opened, dispatched, signed for, spoken about, extended, finished, checked, called
back, closed; one in ten returned, timers fired) are decided by the kernel, and laid out in a SQLite ledger until there
are so many events. Every one of them is then replayed under a mechanism with another limit, by both responses. The
yardstick is the plain fold of the same events, read from the same file by one process. Goals: a million events in 15
seconds on two processors, and a peak of memory that does not grow with them. One JSON object a line.

It ends with 1 where two replays differ, and with `--gate` where a replay takes longer than as many events may.
"""

from __future__ import annotations

import argparse
import json
import resource
import sqlite3
import sys
import tempfile
import time
from hashlib import sha256
from itertools import count, cycle
from pathlib import Path
from statistics import median

import msgspec

from parts.cases import case_aggregates
from parts.districts import Life, Planted
from parts.gate import Gate, add_gate
from sanban.handling.figures.judging import facts_of
from sanban.kernel.clock.limit import Length
from sanban.kernel.mechanism import compile_mechanism
from sanban.ledger.opening import open_sqlite, read_sqlite
from sanban.ledger.proof.folding import EVENTS_BY_STREAM, fold_streams
from sanban.ledger.reading.reader import StoreReader
from sanban.revision.replay.changing import Rules
from sanban.revision.replay.playing import Response
from sanban.revision.replay.running import Replaying, replay

DISTRICT = "heping"
GOAL_SECONDS, GOAL_EVENTS = 15.0, 1_000_000
MATTER, LIMIT = "noise", "resolve"
DISTINCT = 400
"""Cases that differ; the ledger repeats them under other names."""
COLUMNS = (
    "district", "position", "stream", "seq", "type", "v", "command_id", "actor", "occurred_at", "recorded_at",
    "batch_no", "payload", "hash",
)  # fmt: skip
RESPONSES: tuple[Response, ...] = ("kept", "shifted")


def tell(workload: str, figure: float, unit: str, yardstick: float | None = None, ratio: float | None = None) -> None:
    """One line of the outcome."""
    line = {"bench": "replay_whatif", "workload": workload, "figure": round(figure, 2), "unit": unit}
    rounded = (None if one is None else round(one, 3) for one in (yardstick, ratio))
    print(json.dumps({**line, **dict(zip(("yardstick", "ratio"), rounded, strict=True))}), flush=True)


def filled(path: Path, district: Planted, events: int) -> int:
    """A ledger of about so many events of cases; how many there are."""
    cases = case_aggregates()
    writer, reader = open_sqlite(path, DISTRICT, cases, clock=count(1).__next__)
    writer.close()
    reader.close()
    grids = sorted(district.true.duty.grids.versions)
    draw = district.chance
    lives = [
        Life(district, number, MATTER, draw.choice(grids), 1_772_503_200_000_000 + number * 3_600_000_000).events
        for number in range(DISTINCT)
    ]
    encoded = [[cases[0].encode(event) for event in life] for life in lives]
    rows: list[tuple[object, ...]] = []
    for number, life in zip(count(), cycle(encoded)):
        if len(rows) >= events:
            break
        stream = f"case:c{number:07}"
        rows += [
            (DISTRICT, len(rows) + seq, stream, seq, kind, v, "", "", 0, 1, 0, payload, b"")
            for seq, (kind, v, payload) in enumerate(life, start=1)
        ]
    connection = sqlite3.connect(path)
    into = f"INSERT INTO ledger_event ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
    connection.executemany(into, rows)
    connection.commit()
    connection.close()
    return len(rows)


def asked_of(reader: StoreReader, rules: Rules, events: int, response: Response) -> Replaying:
    """The replay of every case under the changed mechanism."""
    decode = reader.aggregates["case"].decode
    return Replaying(reader.source, decode, rules, response, facts_of, 0, 2**62, events)


def changed(district: Planted) -> Rules:
    """The rules with another limit."""
    mechanism = district.matters.mechanism_of(MATTER, 2**60)
    assert mechanism is not None
    longer = msgspec.structs.replace(mechanism.limits[LIMIT], within=Length(8, "working_day"))
    other = msgspec.structs.replace(mechanism, version="2030-01-01", limits={**mechanism.limits, LIMIT: longer})
    return district.rules._replace(changed={MATTER: compile_mechanism(other)})


def folded(reader: StoreReader) -> float:
    """The yardstick: seconds to read, decode and fold every event, in one process."""
    start = time.perf_counter()
    with reader.source.snapshot() as snapshot:
        for _ in fold_streams(snapshot.stream(EVENTS_BY_STREAM), reader.aggregates):
            pass
    return time.perf_counter() - start


def main(asked: argparse.Namespace) -> int:
    """Fills a ledger and replays it; 1 where a goal is missed that is held to."""
    gate = Gate(holds=asked.gate)
    wanted: int = asked.events or (60_000 if asked.quick else GOAL_EVENTS)
    digests: dict[str, set[bytes]] = {response: set() for response in RESPONSES}
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        district = Planted(1, Path(name) / "matters")
        path = Path(name) / "ledger.db"
        events = filled(path, district, wanted)
        reader = read_sqlite(path, DISTRICT, case_aggregates())
        rules = changed(district)
        for response in RESPONSES:
            times, yardstick = [], []
            for _ in range(asked.runs):
                start = time.perf_counter()
                result = replay(asked_of(reader, rules, events, response))
                times.append(time.perf_counter() - start)
                yardstick.append(folded(reader))
                digests[response].add(sha256(msgspec.json.encode(result)).digest())
            seconds, fold = median(times), median(yardstick)
            tell(f"{events} events replayed, {response}", seconds, "s", fold, seconds / fold)
            goal = GOAL_SECONDS * events / GOAL_EVENTS
            tell(f"{response}, next to the goal for as many", seconds, "s", goal, seconds / goal)
            gate.most(f"{events} events replayed, {response}, s", seconds, goal)
            tell(f"{response}: cases that come out otherwise", result.changed, "cases", result.cases)
        different = sum(len(one) - 1 for one in digests.values())
        tell("different results of the same replay", different, "results", 0)
        helpers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        tell("peak memory of a helping process", helpers, "MB")
        reader.close()
    return gate.ended() or int(different > 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer events, under 50 s")
    parser.add_argument("--events", type=int, help="how many events; else a million")
    parser.add_argument("--runs", type=int, default=2, help="runs of which medians are taken")
    parser.add_argument("--folder", help="where the ledger is made")
    add_gate(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main(_parser().parse_args()))
