"""Reads a city's requests and the pairs it linked, as the benches of duplicates and of overdue risk need them.

Times are the city's local ones taken as UTC: differences and hours of the day are what counts. The text by which a
request was closed is never read here: it names the original of a duplicate and says how a request ended.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import os
import sys
from collections.abc import Iterator
from pathlib import Path

SECOND = 1_000_000
DAY = 86_400 * SECOND


def data_folder() -> Path:
    """Where the data lies: SANBAN_DATA, else beside the project."""
    return Path(os.environ.get("SANBAN_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def need(*paths: Path) -> None:
    """Ends the bench, without failing, where its data is not at hand."""
    missing = sorted({path.name for path in paths if not path.is_file()})
    if missing:
        sys.stderr.write(f"nothing measured: {', '.join(missing)} not found; name the files, or set SANBAN_DATA\n")
        sys.exit(0)


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file, packed or not."""
    opening = gzip.open if path.suffix == ".gz" else open
    with opening(path, "rt", encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def instant(text: str) -> int | None:
    """Local time as microseconds; None where nothing is said."""
    return int(dt.datetime.fromisoformat(text + "+00:00").timestamp()) * SECOND if text else None
