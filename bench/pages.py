"""How fast the queue page is with a million cases, and whether page 10,000 is as fast as page 1.

Measured: the whole server time of a GET on `/queue` through the ASGI application (routing, sign-in, the two queries,
the template), called in this process without a socket. The cases are bulk-loaded: rows are written straight into the
projection `case_queue`, which is all that the page reads; no events stand behind them.

Measured too: the resident memory of a server process on a demo, at its start and after a walk over its pages by one
account of each role (`parts.resident`); the process apart, where figures are counted and briefs printed, is not in it.

    python bench/pages.py [--quick] [--cases N] [--runs N] [--folder DIR] [--gate]

Prints one JSON object per line. `ratio` is yardstick / figure for the times: 1 or more is within the goal. For page
10,000 the yardstick is page 1.

With `--gate` it ends with 1 where a page takes more statements, time or memory than that, or where page 10,000 takes a
quarter longer than page 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import sanban
from parts.gate import Gate, add_gate
from parts.resident import measure
from sanban.handling.aggregate import CaseAggregate
from sanban.handling.directory import DirectoryAggregate
from sanban.handling.needs import Needs
from sanban.handling.pages import lists
from sanban.handling.views.keyset import Mark
from sanban.handling.views.lists import PAGE
from sanban.kernel.duty import DutyTable, Unit, duty_table
from sanban.kernel.permission import Actor
from sanban.ledger.opening import open_sqlite
from sanban.ledger.reading.reader import StoreReader
from sanban.packs.calendar import load_calendar
from sanban.packs.loading import load_matters
from sanban.web.access.door import DemoAccount
from sanban.web.access.sessions import Sessions
from sanban.web.app import create_app
from sanban.web.shell import WebSettings

DISTRICT = "heping"
UNIT = "st1"
ACCOUNT = Actor("h1", "handler", unit=UNIT, unit_kind="street")
NOW = 1_780_279_200_000_000
MINUTE = 60_000_000
GOAL_MS = 15.0
GOAL_STATEMENTS = 10
GOAL_MB = 150.0
FAR_PAGE = 10_000
AS_FAST = 1.25


class CountingReader(StoreReader):
    """A reader that counts statements."""

    statements = 0

    def query(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[tuple[Any, ...]]:
        type(self).statements += 1
        return super().query(sql, parameters)


def duty() -> DutyTable:
    return duty_table("bench", [Unit(UNIT, "street", "和平街道", "Heping street", None, 0)])


def rows(cases: int) -> Iterator[tuple[Any, ...]]:
    """Every case in one queue, due times tied ten by ten, from two days ago on."""
    for number in range(cases):
        due_at = NOW + (number // 10 - 2880) * MINUTE
        case_id = f"c-{number:08d}"
        yield (
            DISTRICT, f"case:{case_id}", UNIT, due_at, case_id, f"2026-{number:08d}", "short-let", "handling",
            "resolve", UNIT, "g1", NOW - 86_400_000_000, 1, 0, number % 7 == 0, 0, 0, number * 7919 % 10_001,
            "overdue-bench:0123456789ab survived:40:0:up time:3:5:up unit:12:0:down", 0,
        )  # fmt: skip


def load(path: Path, cases: int) -> float:
    """Seconds to write the rows into the projection's table."""
    began = time.perf_counter()
    with closing(sqlite3.connect(path)) as store:
        with store:
            store.executemany(f"INSERT INTO case_queue VALUES ({', '.join('?' * 20)})", rows(cases))
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return time.perf_counter() - began


def asker(app: Any, cookie: str) -> Callable[[str], None]:
    """Asks the ASGI application for a page and makes sure that it is one."""
    loop = asyncio.new_event_loop()

    async def ask(query: str) -> None:
        status: list[int] = []
        size = 0

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            nonlocal size
            if message["type"] == "http.response.start":
                status.append(message["status"])
            size += len(message.get("body", b""))

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": "/queue", "raw_path": b"/queue", "query_string": query.encode(), "root_path": "",
            "headers": [(b"cookie", f"sanban_session={cookie}".encode()), (b"host", b"localhost")],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "app": app,
        }  # fmt: skip
        await app(scope, receive, send)
        assert status == [200], status
        assert size > 20_000, "a page of fifty rows is longer than that"

    return lambda query: loop.run_until_complete(ask(query))


def p50(ask: Callable[[str], None], queries: list[str], runs: int) -> float:
    """The median of the server times in milliseconds, after a warm-up."""
    ask(queries[0])
    times: list[float] = []
    for number in range(runs):
        began = time.perf_counter()
        ask(queries[number % len(queries)])
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def far_mark(path: Path, page: int, key: str, way: str) -> str:
    """The mark after the last row before a page; page 1 has none."""
    store = sqlite3.connect(path)
    found = store.execute(
        f"SELECT {key}, case_id FROM case_queue WHERE district = ? AND queue = ? "
        f"ORDER BY {key} {way}, case_id {way} LIMIT 1 OFFSET ?",
        (DISTRICT, UNIT, (page - 1) * PAGE - 1),
    ).fetchone()
    store.close()
    return f"page={Mark(*found)}"


def say(workload: str, figure: float, unit: str, yardstick: float, ratio: float) -> None:
    line = {"bench": "pages", "workload": workload, "figure": round(figure, 3), "unit": unit}
    print(json.dumps({**line, "yardstick": round(yardstick, 3), "ratio": round(ratio, 3)}), flush=True)


def bench(folder: Path, cases: int, runs: int, gate: Gate) -> None:
    matters = load_matters()
    aggregate = CaseAggregate(matters, load_calendar(Path(sanban.__file__).parent / "matters" / "_calendar"), duty())
    path = folder / "ledger.db"
    writer, opened = open_sqlite(path, DISTRICT, (aggregate, DirectoryAggregate()), clock=lambda: NOW)
    writer.close()
    load(path, cases)
    reader = CountingReader(opened.source, opened.aggregates)
    needs = Needs(writer, reader, aggregate)
    app = create_app(
        WebSettings(home=folder, district=DISTRICT),
        lists.routes(needs),
        demo=[DemoAccount(ACCOUNT, "承办人", "Handler")],
        clock=lambda: NOW,
    )
    ask = asker(app, Sessions(folder).open(ACCOUNT.id, NOW, demo=True))
    far = min(FAR_PAGE, cases // PAGE)
    for order, key, way in (("", "due_at", "ASC"), (", by risk", "risk", "DESC")):
        query = "order=risk" if order else ""
        pages = {1: [query], far: [f"{query}&{far_mark(path, far, key, way)}"]}
        CountingReader.statements = 0
        ask(query)
        say(f"statements for the queue page{order}, {cases} cases", CountingReader.statements, "statements",
            GOAL_STATEMENTS, GOAL_STATEMENTS / CountingReader.statements)  # fmt: skip
        gate.most(f"statements for the queue page{order}", CountingReader.statements, GOAL_STATEMENTS)
        rounds = [{number: p50(ask, queries, runs) for number, queries in pages.items()} for _ in range(5)]
        times = {number: statistics.median(one[number] for one in rounds) for number in pages}
        say(f"queue page 1{order} of {cases} cases, p50 server time", times[1], "ms", GOAL_MS, GOAL_MS / times[1])
        say(f"queue page {far}{order} of {cases} cases, p50 server time", times[far], "ms", times[1],
            times[1] / times[far])  # fmt: skip
        gate.most(f"queue page 1{order}, ms", times[1], GOAL_MS)
        gate.most(f"queue page {far}{order} next to page 1", times[far] / times[1], AS_FAST)
    reader.close()


def weigh(folder: Path, gate: Gate, *, quick: bool) -> None:
    days = 2 if quick else 30
    found = measure(folder, days, quick=quick)
    walked = "of the coordinator and the leader" if quick else "of every role"
    for when, megabytes in (("at its start", found.start), (f"after {found.pages} pages {walked}", found.walked)):
        say(f"resident memory of a server {when}, demo of {days} days", megabytes, "MB", GOAL_MB, GOAL_MB / megabytes)
        gate.most(f"resident memory of a server {when}, MB", megabytes, GOAL_MB)


def main() -> int:
    """Runs everything; 1 where a goal is missed that is held to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="100,000 cases instead of a million")
    parser.add_argument("--cases", type=int, default=0, help="how many cases to load")
    parser.add_argument("--runs", type=int, default=60, help="requests for each page and round")
    parser.add_argument("--folder", type=Path, help="where to make the ledger; a temporary folder by default")
    add_gate(parser)
    given = parser.parse_args()
    gate = Gate(holds=given.gate)
    cases = given.cases or (100_000 if given.quick else 1_000_000)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        bench(Path(folder), cases, given.runs, gate)
        weigh(Path(folder) / "demo", gate, quick=given.quick)
    return gate.ended()


if __name__ == "__main__":
    sys.exit(main())
