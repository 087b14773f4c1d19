"""The resident memory of a real server process: a demo is made, served, and walked by one account of each role.

A walk follows the links of pages from the front page on: of each kind of address a few, files and the other language
among them; figures, charts, briefs and workbooks are so asked for too. What a role may not see is asked all the same: a
refusal is a page too.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from html import unescape
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import httpx

COMMAND = [sys.executable, "-c", "from sanban.main import main; main()"]
READY = re.compile(r"http://127\.0\.0\.1:\d+/")
ACCOUNT = re.compile(r'name="account" value="([^"]+)"')
LINK = re.compile(r'href="(/(?!static|sign-out)[^"#]*)"')
FEW = 3
"""Addresses of a kind that are asked for by each role."""
SOON = ("coordinator", "leader")
"""Whose accounts walk, each kind of address once, where it has to be quick: those who see most."""


class Resident(NamedTuple):
    """Megabytes of a server's process at its start and after the walk; `pages`: how many that was."""

    start: float
    walked: float
    pages: int


def measure(folder: Path, days: int, *, quick: bool) -> Resident:
    """Makes a demo of so many days and walks it; `quick`: by the accounts of `SOON` alone."""
    demo = [*COMMAND, "demo", "--no-serve", "--days", str(days), "--home", str(folder)]
    subprocess.run(demo, check=True, stdout=subprocess.DEVNULL)
    with _served(folder) as (process, address):
        start = _megabytes(process)
        accounts = ACCOUNT.findall(httpx.get(f"{address}sign-in").text)
        walking = [one for one in accounts if not quick or one.startswith(SOON)]
        pages = sum(_walk(address, one, 1 if quick else FEW) for one in walking)
        return Resident(start, _megabytes(process), pages)


def _walk(address: str, account: str, few: int) -> int:
    """How many pages there were; of each kind at most so few."""
    asked: Counter[str] = Counter()
    known = {"/"}
    waiting = deque(known)
    with closing(_signed_in(address, account)) as browser:
        while waiting:
            path = waiting.popleft()
            asked[_kind(path)] += 1
            if asked[_kind(path)] > few:
                continue
            page = browser.get(path)
            if "html" in page.headers.get("content-type", ""):
                found = [one for one in map(unescape, LINK.findall(page.text)) if one not in known]
                known.update(found)
                waiting.extend(found)
    return sum(min(count, few) for count in asked.values())


def _kind(path: str) -> str:
    """An address without what names one thing: anything with a digit in it, or that follows the name of a list."""
    first, *others = path.partition("?")[0].strip("/").split("/")
    named = ["*" if re.search(r"\d|_", part) else part for part in others]
    return "/".join((first, *named))


@contextmanager
def _served(folder: Path) -> Iterator[tuple[int, str]]:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = [*COMMAND, "serve", "--port", str(port), "--home", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            address = next(found[0] for line in server.stderr if (found := READY.search(line)))
            # what it tells later is read and dropped: a full pipe would hold the server up
            Thread(target=deque, args=(server.stderr, 0), daemon=True).start()
            yield server.pid, address
        finally:
            server.terminate()


def _signed_in(address: str, account: str) -> httpx.Client:
    browser = httpx.Client(base_url=address, follow_redirects=True, timeout=120)
    token = re.search(r'name="_csrf_token"[^>]*value="([^"]+)"', browser.get("/sign-in").text)
    assert token is not None
    form = {"account": account, "_csrf_token": token[1], "next": "/"}
    assert browser.post("/sign-in/demo", data=form).status_code == 200
    return browser


def _megabytes(process: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text(encoding="utf-8"))
    assert found is not None
    return int(found[1]) / 1024
