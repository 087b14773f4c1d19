"""A synthetic year of a district as facts: cases of forty matters in thirty units, ten events each, none of it real.

A case leaves one row among the cases, a request and a fifth of another, one task and a third, four clocks, ten
judgements and, nine times in ten, a call-back, as a case of the demo does; one in twenty calls two units. The same seed
gives the same files.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sanban.columnar.snapshot import Facts, Place, schema_of
from sanban.packs.figures.vocabulary import JUDGED, TABLES

UNITS = np.array(
    [f"street-{number:02}" for number in range(1, 9)] + [f"department-{number:02}" for number in range(22)]
)
MATTERS = np.array(
    [*(f"matter-{number:02}" for number in range(5)), "suggestion", *(f"matter-{number:02}" for number in range(6, 40))]
)
DAY = 86_400_000_000
SINCE = 1_735_660_800_000_000
"""2025-01-01 in Shanghai."""
YEAR = 365 * DAY
_PER_FILE = 500_000
"""Cases; as an ever growing ledger would, a larger year has more files."""


def year_of_facts(folder: Path, cases: int, seed: int = 7) -> Facts:
    """Files of a year with so many cases; the position is that of its last event."""
    chance = np.random.default_rng(seed)
    files: dict[str, dict[str, tuple[str, ...]]] = {name: {} for name in TABLES}
    for number, start in enumerate(range(0, cases, _PER_FILE)):
        size = min(_PER_FILE, cases - start)
        for name, columns in _tables(chance, start, size).items():
            file = f"{name}-{number}.parquet"
            _write(folder / file, name, columns)
            files[name][f"2025{number:02}"] = (file,)
    place = Place("heping", 10 * cases, cases, "00" * 32, SINCE + YEAR)
    return Facts("synthetic", place, files)


def _tables(chance: np.random.Generator, start: int, size: int) -> dict[str, dict[str, Any]]:
    case = _cases(chance, start, size)
    return {
        "cases": case,
        "requests": _spread(chance, case, 1.2, received_at=lambda at: at - DAY // 24, closed_at=None),
        "calls": _calls(chance, _spread(chance, case, 0.9)),
        "tasks": _tasks(chance, _spread(chance, case, 1.33)),
        "clocks": _clocks(chance, _spread(chance, case, 4)),
        "whistles": _spread(chance, case, 0.05, whistled_at=lambda at: at + DAY),
        "summons": _spread(
            chance,
            case,
            0.1,
            summoned_at=lambda at: at,
            due_at=lambda at: at + DAY,
            reported_at=lambda at: at + DAY - at % 3,
        ),
        "offers": _offers(chance, _spread(chance, case, 0.02)),
        "ratings": _ratings(chance, _spread(chance, case, 0.1)),
        "judged": _judged(chance, _spread(chance, case, 10)),
    }


def _cases(chance: np.random.Generator, start: int, size: int) -> dict[str, Any]:
    at = SINCE + np.sort(chance.integers(0, YEAR, size))
    due = at + 15 * DAY
    closed = at + chance.integers(DAY, 20 * DAY, size)
    return {
        "case_id": np.char.add("c-", np.arange(start, start + size).astype(str)),
        "number": np.char.add("2025-", np.arange(start, start + size).astype(str)),
        "matter": MATTERS[np.minimum(chance.geometric(0.1, size), len(MATTERS)) - 1],
        "unit": UNITS[chance.integers(0, len(UNITS), size)],
        "street": UNITS[chance.integers(0, 8, size)],
        "ending": np.where(chance.random(size) < 0.02, "withdrawn", "resolved"),
        "opened_at": at,
        "due_at": due,
        "closed_at": closed,
        "found": chance.random(size) < 0.1,
    }


def _spread(chance: np.random.Generator, case: Mapping[str, Any], times: float, **instants: Any) -> dict[str, Any]:
    """So many rows a case, each with what it shares with it."""
    size = len(case["opened_at"])
    chosen = np.sort(chance.integers(0, size, int(size * times)))
    shared = {name: case[name][chosen] for name in ("case_id", "number", "matter", "unit", "street")}
    at = case["opened_at"][chosen]
    part = np.char.add("p-", (np.arange(len(chosen)) % 16).astype(str))
    return {**shared, "part": part, "at": at, **{name: made(at) for name, made in instants.items() if made is not None}}


def _calls(chance: np.random.Generator, rows: dict[str, Any]) -> dict[str, Any]:
    size = len(rows["at"])
    return {
        **rows,
        "called_at": rows["at"] + 8 * DAY,
        "reached": chance.random(size) < 0.9,
        "resolved": np.array(["yes", "partly", "no", "unknown"])[chance.integers(0, 4, size)],
        "satisfied": chance.integers(0, 6, size),
        "repeat": 1 + (chance.random(size) < 0.1),
        "nth": 1 + (chance.random(size) < 0.1),
    }


def _tasks(chance: np.random.Generator, rows: dict[str, Any]) -> dict[str, Any]:
    at = rows["at"]
    return {
        **rows,
        "dispatched_at": at,
        "due_at": at + 15 * DAY,
        "finished_at": at + chance.integers(DAY, 20 * DAY, len(at)),
    }


def _clocks(chance: np.random.Generator, rows: dict[str, Any]) -> dict[str, Any]:
    at = rows["at"]
    return {
        **rows,
        "limit_code": np.where(chance.random(len(at)) < 0.25, "promised", "resolve"),
        "started_at": at,
        "due_at": at + 5 * DAY,
        "stopped_at": at + chance.integers(DAY, 6 * DAY, len(at)),
    }


def _offers(chance: np.random.Generator, rows: dict[str, Any]) -> dict[str, Any]:
    at = rows["at"]
    answer = np.where(chance.random(len(at)) < 0.5, "accepted", "refused")
    return {**rows, "offered_at": at, "answered_at": at + DAY, "answer": answer}


def _ratings(chance: np.random.Generator, rows: dict[str, Any]) -> dict[str, Any]:
    at = rows["at"]
    return {
        **rows,
        "released_at": at + 10 * DAY,
        "given_at": at + 12 * DAY,
        "good": chance.random(len(at)) < 0.8,
        "left_out": np.where(chance.random(len(at)) < 0.02, "review", ""),
    }


def _judged(chance: np.random.Generator, rows: dict[str, Any]) -> dict[str, Any]:
    count = len(rows["at"])
    return {
        **rows,
        "fact": np.array(JUDGED)[np.arange(count) % len(JUDGED)],
        "holds": chance.random(count) < 0.8,
        "counted_at": rows["at"] + 3 * DAY,
    }


def _write(path: Path, name: str, columns: Mapping[str, Any]) -> None:
    schema, size = schema_of(TABLES[name]), len(columns["case_id"])
    empty = {"string": "", "int64": 0, "bool": False}
    arrays = [
        pa.array(columns[field.name], field.type)
        if field.name in columns
        else pa.nulls(size, field.type)
        if field.nullable
        else pa.repeat(pa.scalar(empty[str(field.type)], field.type), size)
        for field in schema
    ]
    pq.write_table(pa.table(arrays, schema=schema), path, compression="zstd")
