"""The resident memory of a real server process: a demo is made, served, and browsed as two roles.

The round: front page, queue, the first cases of it with a diagram, ledger, systems; then the scorecard, which loads the
engine that counts. What each role may not see is asked all the same: a refusal is a page too.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

COMMAND = [sys.executable, "-c", "from sanban.main import main; main()"]
ROLES = ("handler-street-01", "operator-1")
CASES = 3
READY = re.compile(r"http://127\.0\.0\.1:\d+/")


class Resident(NamedTuple):
    """Megabytes of a server's process after each part of the round."""

    start: float
    pages: float
    scorecard: float


def measure(folder: Path, days: int) -> Resident:
    """Makes a demo of so many days and browses it."""
    demo = [*COMMAND, "demo", "--no-serve", "--days", str(days), "--home", str(folder)]
    subprocess.run(demo, check=True, stdout=subprocess.DEVNULL)
    with _served(folder) as (process, address):
        start = _megabytes(process)
        browsers = [_signed_in(address, account) for account in ROLES]
        for browser in browsers:
            cases = re.findall(r'href="(/cases/[0-9a-f-]{36})"', browser.get("/queue").text)[:CASES]
            for path in ("/", *cases, *(f"{case}/diagram" for case in cases[:1]), "/ledger", "/systems"):
                browser.get(path)
        pages = _megabytes(process)
        for browser in browsers:
            browser.get("/scorecard")
            browser.close()
        return Resident(start, pages, _megabytes(process))


@contextmanager
def _served(folder: Path) -> Iterator[tuple[int, str]]:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = [*COMMAND, "serve", "--port", str(port), "--home", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            yield server.pid, next(found[0] for line in server.stderr if (found := READY.search(line)))
        finally:
            server.terminate()


def _signed_in(address: str, account: str) -> httpx.Client:
    browser = httpx.Client(base_url=address, follow_redirects=True, timeout=60)
    token = re.search(r'name="_csrf_token"[^>]*value="([^"]+)"', browser.get("/sign-in").text)
    assert token is not None
    form = {"account": account, "_csrf_token": token[1], "next": "/"}
    assert browser.post("/sign-in/demo", data=form).status_code == 200
    return browser


def _megabytes(process: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text(encoding="utf-8"))
    assert found is not None
    return int(found[1]) / 1024
