"""How fast all figures of a year are computed for the district and every unit, next to SQL written by hand.

    python bench/figures.py [--quick] [--cases N] [--runs N] [--folder DIR] [--gate]

A synthetic year of 100,000 cases (1 M events) and, without `--quick`, one of ten times as many lie as Parquet; every
shipped figure is asked for the year, with its units, kinds of case and exclusions. The yardstick asks DuckDB the same
with one statement a figure, written by hand, on the same files and settings; it must give the same rows. Both run in
turn; figures are medians, the ratio is the median of the ratios of neighbours (theirs over ours: 0.5 means twice as
long), by the clock and by CPU time. Memory is the peak of a process of its own that does the larger year. Laying out is
measured on a ledger of real commands. One JSON object a line.

With `--gate` it ends with 1 where in one of these two years a ratio, by the clock or by CPU time, is under 0.5, or all
figures take longer than 3 or 20 seconds, or where more than 4 GB are needed; medians of five runs, or of `--runs`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from statistics import median

import duckdb
import msgspec

from parts.cases import START, case_aggregates, case_commands
from parts.facts import SINCE, YEAR, year_of_facts
from parts.gate import Gate, add_gate
from sanban.columnar.laying import case_layout
from sanban.columnar.session import MEMORY, THREADS, duckdb_session
from sanban.columnar.snapshot import Facts, follow
from sanban.handling.figures.judging import facts_of
from sanban.ledger.opening import open_sqlite
from sanban.packs.figures.definition import Definition
from sanban.packs.figures.loading import load_figures
from sanban.packs.figures.vocabulary import JUDGED, TABLES
from sanban.scorecard.figures.building import Span, sums

SPAN = Span(SINCE, SINCE + YEAR)
GOALS = {100_000: 3.0, 1_000_000: 20.0}
"""Seconds for all figures, by cases."""
MEMORY_GOAL = 4_000
RATIO_GOAL = 0.5
BATCH = 512
_JUDGED = (
    "SELECT unit, matter, count(*), sum(CASE WHEN holds THEN 1 ELSE 0 END)::BIGINT FROM judged WHERE fact = '{fact}' "
    "AND counted_at >= {since} AND counted_at < {until} GROUP BY unit, matter ORDER BY unit, matter"
)
_REPEATED = (
    "SELECT unit, matter, count(*), sum(CASE WHEN repeat >= 2 THEN 1 ELSE 0 END)::BIGINT FROM calls "
    "WHERE nth = 1 AND called_at >= {since} AND called_at < {until} GROUP BY unit, matter ORDER BY unit, matter"
)
BY_HAND = {
    **{fact: _JUDGED.replace("{fact}", fact) for fact in JUDGED},
    "repeated": _REPEATED,
    "reported_in_time": (
        "SELECT unit, matter, count(*), count(*) FILTER (reported_at < due_at AND reported_at < {until}) FROM summons "
        "WHERE due_at >= {since} AND due_at < {until} AND (reported_at IS NOT NULL OR released_at IS NULL "
        "OR released_at >= due_at) GROUP BY unit, matter ORDER BY unit, matter"
    ),
    "requests": (
        "SELECT unit, matter, count(*), count(*) FROM requests WHERE NOT found AND received_at >= {since} "
        "AND received_at < {until} GROUP BY unit, matter ORDER BY unit, matter"
    ),
    "cases": (
        "SELECT unit, matter, count(*), count(*) FROM cases WHERE NOT found AND opened_at >= {since} "
        "AND opened_at < {until} GROUP BY unit, matter ORDER BY unit, matter"
    ),
    "closed_of_due": (
        "SELECT unit, matter, count(*), count(*) FILTER (closed_at < {until}) FROM cases WHERE due_at >= {since} "
        "AND due_at < {until} GROUP BY unit, matter ORDER BY unit, matter"
    ),
    "closed_on_time": (
        "WITH due AS (SELECT unit, matter, due_at, closed_at, ending = 'withdrawn' AS left_out, count(*) OVER "
        "(PARTITION BY unit) AS size, row_number() OVER (PARTITION BY unit, ending = 'withdrawn' ORDER BY due_at, "
        "case_id, part) AS turn FROM cases WHERE due_at >= {since} AND due_at < {until}) "
        "SELECT unit, matter, count(*), count(*) FILTER (closed_at < due_at AND closed_at < {until}) FROM due "
        "WHERE NOT (left_out AND turn * 10000 <= size * 500) GROUP BY unit, matter ORDER BY unit, matter"
    ),
    "joint_accepted": (
        "SELECT unit, matter, count(*), count(*) FILTER (answer = 'accepted') FROM offers WHERE answered_at >= {since} "
        "AND answered_at < {until} GROUP BY unit, matter ORDER BY unit, matter"
    ),
    "rated_good": (
        "WITH given AS (SELECT unit, matter, good, left_out <> '' AS out, count(*) OVER (PARTITION BY unit) AS size, "
        "row_number() OVER (PARTITION BY unit, left_out <> '' ORDER BY given_at, case_id, part) AS turn FROM ratings "
        "WHERE given_at >= {since} AND given_at < {until}) SELECT unit, matter, count(*), count(*) FILTER (good) "
        "FROM given WHERE NOT (out AND turn * 10000 <= size * 2000) GROUP BY unit, matter ORDER BY unit, matter"
    ),
    "suggestions_received": (
        "SELECT unit, matter, count(*), count(*) FROM cases WHERE matter = 'suggestion' AND opened_at >= {since} "
        "AND opened_at < {until} GROUP BY unit, matter ORDER BY unit, matter"
    ),
    "suggestions_answered_in_time": (
        "SELECT unit, matter, count(*), count(*) FILTER (stopped_at <= due_at) FROM clocks WHERE matter = 'suggestion' "
        "AND limit_code = 'promised' AND due_at >= {since} AND due_at < {until} GROUP BY unit, matter "
        "ORDER BY unit, matter"
    ),
    "suggestions_adopted": (
        "SELECT unit, matter, count(*), count(*) FILTER (ending IN ('adopted', 'partly')) FROM cases "
        "WHERE matter = 'suggestion' AND closed_at >= {since} AND closed_at < {until} GROUP BY unit, matter "
        "ORDER BY unit, matter"
    ),
}
"""The shipped figures as somebody who knows the tables would ask for them."""


def tell(workload: str, figure: float, unit: str, yardstick: float | None = None, ratio: float | None = None) -> None:
    """One line of the outcome."""
    line = {
        "bench": "figures",
        "workload": workload,
        "figure": round(figure, 3),
        "unit": unit,
        "yardstick": None if yardstick is None else round(yardstick, 3),
        "ratio": None if ratio is None else round(ratio, 3),
    }
    print(json.dumps(line), flush=True)


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """How long it takes, and for how long it kept processors busy."""
    start, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - busy


def shipped() -> tuple[Definition, ...]:
    """Every shipped figure."""
    return load_figures().definitions


def computed(folder: Path, facts: Facts) -> dict[str, list[tuple[object, ...]]]:
    """All figures, from opening the files to the rows."""
    with duckdb_session(folder, facts) as session:
        return {figure.key: session.rows(sums(figure, SPAN)) for figure in shipped()}


def by_hand(folder: Path, facts: Facts) -> dict[str, list[tuple[object, ...]]]:
    """The same with statements written by hand."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute(f"SET threads = {THREADS}")
        for name in TABLES:
            connection.read_parquet([str(path) for path in facts.of(folder, name)]).create_view(name)
        span = msgspec.structs.asdict(SPAN)
        return {key: connection.execute(sql.format(**span)).fetchall() for key, sql in BY_HAND.items()}


def compare(folder: Path, facts: Facts, cases: int, runs: int, gate: Gate) -> None:
    """Ours and theirs, turn by turn; the rows must be the same."""
    ours, theirs = computed(folder, facts), by_hand(folder, facts)
    for key, rows in theirs.items():
        mine = [(*row[:2], *row[3:5]) for row in ours[key] if not row[2]]
        if mine != rows:
            raise SystemExit(f"{key} differs from what was asked by hand")
    if set(ours) != set(theirs):
        raise SystemExit(f"not asked by hand: {set(ours) ^ set(theirs)}")
    times, bare = [], []
    for _ in range(runs):
        times.append(seconds(lambda: computed(folder, facts)))
        bare.append(seconds(lambda: by_hand(folder, facts)))
    name = f"{len(BY_HAND)} figures of a year, {cases} cases"
    for place, unit in enumerate(("s", "CPU s")):
        mine, others = [one[place] for one in times], [one[place] for one in bare]
        ratio = median(theirs / ours for ours, theirs in zip(mine, others, strict=True))
        tell(name, median(mine), unit, median(others), ratio)
        if cases in GOALS:
            gate.least(f"{name}, ratio in {unit}", ratio, RATIO_GOAL)
    took = median(one[0] for one in times)
    if cases in GOALS:
        tell(f"{name}, next to the goal", took, "s", GOALS[cases], took / GOALS[cases])
        gate.most(f"{name}, s", took, GOALS[cases])


def peak(folder: Path, facts: Facts) -> float:
    """MB that a process of its own has at its peak while it computes them."""
    (folder / "bench.json").write_bytes(msgspec.json.encode(facts))
    command = [sys.executable, __file__, "--alone", str(folder)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def alone(folder: Path) -> None:
    """What the process of its own does."""
    computed(folder, msgspec.json.decode((folder / "bench.json").read_bytes(), type=Facts))
    status = Path("/proc/self/status").read_text(encoding="ascii")  # getrusage would tell the parent's peak
    print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)


def laid_out(folder: Path, commands: int) -> None:
    """Facts of a ledger of real commands: made, and followed after one more batch."""
    aggregates = case_aggregates()
    ticks = count(START, 1000)
    writer, reader = open_sqlite(folder / "ledger.db", "heping", aggregates, clock=lambda: next(ticks))
    layouts = (case_layout(aggregates[0].pinned, facts_of),)  # type: ignore[attr-defined]  # the first is that of cases
    submissions = case_commands(commands + BATCH)
    for start in range(0, commands, BATCH):
        writer.submit_many(submissions[start : start + BATCH])
    made = seconds(lambda: follow(folder / "laid", reader, layouts))
    for took, unit in zip(made, ("events/s", "events/CPU s"), strict=True):
        tell(f"laying out {commands} events", commands / took, unit)
    writer.submit_many(submissions[commands:])
    tell(f"following {BATCH} events more", seconds(lambda: follow(folder / "laid", reader, layouts))[0], "s")
    writer.close()
    reader.close()


def main(arguments: argparse.Namespace) -> int:
    """Both years, then the ledger; 1 where a goal is missed that is held to."""
    if arguments.alone is not None:
        alone(arguments.alone)
        return 0
    gate = Gate(holds=arguments.gate)
    sizes = [arguments.cases] if arguments.cases else sorted(GOALS)[: 1 if arguments.quick else None]
    for cases in sizes:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
            facts = year_of_facts(Path(name), cases)
            compare(Path(name), facts, cases, arguments.runs, gate)
            if cases == sizes[-1]:
                used = peak(Path(name), facts)
                tell(f"peak memory, {cases} cases", used, "MB", MEMORY_GOAL, used / MEMORY_GOAL)
                gate.most(f"peak memory, {cases} cases, MB", used, MEMORY_GOAL)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        laid_out(Path(name), 4096 if arguments.quick else 32_768)
    return gate.ended()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the smaller year, and a smaller ledger to lay out")
    parser.add_argument("--cases", type=int, help="one year of so many cases alone")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where the files are made")
    add_gate(parser)
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    sys.exit(main(parser.parse_args()))
