"""Filing a request over HTTP: sign-in, reading, triage, place, the durable commit, the answer with its receipt.

    python bench/create.py [--quick] [--count N] [--callers N] [--stores sqlite,postgres] [--folder DIR]
                           [--gate]

Real servers (`sanban serve`; SQLite `synchronous=FULL` with one, PostgreSQL with fsync with two beside each other) on a
fresh home with the demo district answer POST /api/v1/requests from a client in a process of its own, whose callers take
the servers in turn:

- `create`: requests a second, all callers at once; the yardstick is the goal of the store.
- `create, CPU`: processor time of the servers and their helpers for each request, client and database not counted.
- `create, statements`: SQL statements that one request takes, alone in its batch (counted by SQLite itself). Looks are
  no part of it: what officers were shown is one command a second, however many requests there are.
- `burst`: 500 requests within a minute; every one has to be acknowledged, and within two seconds.
- `ten days`: ten times what a district receives in a working day, within a minute, on the same terms.

One JSON object a line; `ratio` is 1 or more where the goal is met; with `--gate` it ends with 1 where one is not.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from litestar.testing import TestClient

from parts.gate import Gate, add_gate
from parts.posting import bodies
from postgres_server import database, server
from sanban.main.house import open_house
from sanban.main.serving import application
from sanban.main.setup import init
from sanban.web.access.officers import Officer, Officers, Token

HERE = Path(__file__).resolve().parent
GOALS = {"sqlite": 300, "postgres": 200}
CPU_GOAL_MS = 3.0
STATEMENTS_GOAL = 12
SERVERS = {"sqlite": 1, "postgres": 2}
DAY = 194  # complaints and reports that a district receives in a working day
BURSTS = {"burst": 500, "ten days": 10 * DAY}
BURST_SECONDS, LATEST_MS = 60.0, 2000.0
QUICK_RATE = 200
"""Requests a second of a burst when it has to be quick: many times what they come with in a minute."""
WARM = 50
TICKS = os.sysconf("SC_CLK_TCK")
FAR = 4_102_444_800_000_000


def tell(
    gate: Gate, store: str, workload: str, figure: float, unit: str, yardstick: float | None, *, less: bool = False
) -> None:
    """One result line, and the goal that it is held to. `less`: the figure has to stay under the yardstick."""
    ratio = None if yardstick is None else round((yardstick / figure if less else figure / yardstick), 3)
    line = {
        "bench": "create",
        "workload": f"{store} {workload}",
        "figure": round(figure, 3),
        "unit": unit,
        "yardstick": yardstick,
        "ratio": ratio,
    }
    print(json.dumps(line), flush=True)
    if yardstick is not None:
        (gate.most if less else gate.least)(f"{store} {workload}, {unit}", figure, yardstick)


def make_home(folder: Path, url: str) -> str:
    """A fresh deployment with one operator; the operator's token."""
    init(folder, code="demo", title="示范区", mode="trial", database_url=url, duty="demo")
    officers = Officers(folder)
    officers.add(Officer("op-1", "operator", "hotline", "desk", "受理员"), "a long enough passphrase")
    return officers.put_token(Token("op-1", "", FAR, id="bench"))


@contextmanager
def served(folder: Path, servers: int) -> Iterator[tuple[list[int], list[int]]]:
    """Pids and ports of servers on the home that listen; all begin at once."""
    first = 21_000 + os.getpid() % 20_000
    ports = list(range(first, first + servers))
    with ExitStack() as stack:
        begun = [stack.enter_context(_serving(folder, port)) for port in ports]
        for process, port in zip(begun, ports, strict=True):
            assert process.stderr is not None
            if not any(f":{port}/" in line for line in process.stderr):
                raise SystemExit(f"the server on port {port} ended before it listened")
        yield [process.pid for process in begun], ports


@contextmanager
def _serving(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """A server that begins, and ends with the block."""
    command = [sys.executable, "-c", "from sanban.main import main; main()", "serve", "--home", str(folder)]
    with subprocess.Popen([*command, "--port", str(port)], stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and of all its children, in seconds."""
    own = sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own / TICKS + sum(cpu_seconds(int(child)) for child in children)


def post(ports: Sequence[int], token: str, callers: int, count: int, seconds: float = 0.0) -> dict[str, Any]:
    """What the client says of its requests."""
    client, listed = str(HERE / "parts" / "posting.py"), ",".join(map(str, ports))
    command = [sys.executable, client, listed, token, str(callers), str(count), str(seconds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    if set(found["statuses"]) != {"200"}:
        raise SystemExit(f"not every request was taken: {found['statuses']}")
    return found


def creating(store: str, folder: Path, token: str, callers: int, count: int, gate: Gate, *, quick: bool) -> None:
    """Rate, processor time and bursts against the servers of one home."""
    with served(folder, SERVERS[store]) as (pids, ports):
        acknowledged: list[str] = post(ports, token, 4, WARM)["acknowledged"]
        before = sum(map(cpu_seconds, pids))
        found = post(ports, token, callers, count)
        spent = sum(map(cpu_seconds, pids)) - before
        latencies = found["latencies"]
        workload = f"create, {callers} callers, servers: {len(pids)}"
        tell(gate, store, workload, count / found["seconds"], "requests/s", GOALS[store])
        tell(gate, store, "create, CPU", spent / count * 1000, "ms/request", CPU_GOAL_MS, less=True)
        tell(gate, store, "create, p50", latencies[len(latencies) // 2] / 1000, "ms", None)
        acknowledged += found["acknowledged"]
        for name, size in BURSTS.items():
            seconds = size / QUICK_RATE if quick else BURST_SECONDS
            found = post(ports, token, 16, size, seconds)
            acknowledged += found["acknowledged"]
            slowest = found["latencies"][-1] / 1000
            tell(gate, store, f"{name}: {size} in {seconds:.0f} s, slowest", slowest, "ms", LATEST_MS, less=True)
    with open_house(folder) as house:
        held = {row[0] for row in house.reader.query("SELECT request FROM request_view WHERE district = :district")}
    wanted = WARM + count + sum(BURSTS.values())
    kept = len(held.intersection(acknowledged))
    if (len(acknowledged), kept) != (wanted, wanted):
        raise SystemExit(f"{wanted} requests were filed, {len(acknowledged)} acknowledged, {kept} are there")


def statements(folder: Path) -> int:
    """SQL statements of one request, counted by SQLite; pragmas and the ends of transactions are none."""
    counted: list[str] = []
    connect = sqlite3.connect

    def traced(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options)
        connection.set_trace_callback(counted.append)
        return connection

    token = make_home(folder, "")
    body = json.loads(bodies(1, 3)[0])
    with patch("sqlite3.connect", traced), open_house(folder) as house, TestClient(application(house)) as client:
        headers = {"Authorization": f"Bearer {token}"}
        for number in range(2):
            client.post("/api/v1/requests", json=body | {"phone": f"1990000000{number}"}, headers=headers)
        counted.clear()
        client.post("/api/v1/requests", json=body | {"phone": "19900000009"}, headers=headers)
        own = list(counted)
    return sum(sql.split(None, 1)[0] not in {"PRAGMA", "BEGIN", "COMMIT"} for sql in own)


def main(arguments: argparse.Namespace) -> int:
    """Runs everything on the chosen stores; 1 where a goal is missed that is held to."""
    gate = Gate(holds=arguments.gate)
    count = arguments.count or (1000 if arguments.quick else 5000)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=arguments.folder)))
        for store in arguments.stores.split(","):
            url = ""
            if store == "postgres":
                url = stack.enter_context(database(stack.enter_context(server(arguments.folder))))
            token = make_home(folder / store, url)
            creating(store, folder / store, token, arguments.callers, count, gate, quick=arguments.quick)
        counted = statements(folder / "counted")
        tell(gate, "sqlite", "create, statements", counted, "statements", STATEMENTS_GOAL, less=True)
    return gate.ended()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer requests, under 50 s")
    parser.add_argument("--count", type=int, help="requests of the rate")
    parser.add_argument("--callers", type=int, default=32, help="callers at once")
    parser.add_argument("--stores", default="sqlite,postgres", help="which stores, comma between them")
    parser.add_argument("--folder", help="where the homes are made; its disk is what is measured")
    add_gate(parser)
    sys.exit(main(parser.parse_args()))
