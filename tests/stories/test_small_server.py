"""A server stays small: what counts, draws, prints and makes tables is loaded beside it, or not at all."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from sanban.cli.setting_up import SERVED as GOES_ON
from sanban.main.house import open_house
from sanban.main.serving import a_round
from sanban.revision.round import last_round
from working_house import Working

LARGE = (
    "alembic",
    "docx",
    "duckdb",
    "ibis",
    "numpy.ma",
    "pandas",
    "pyarrow",
    "python_calamine",
    "sklearn",
    "sqlalchemy",
    "typst",
    "vl_convert",
    "xlsxwriter",
)
SCORECARD = ("/overview", "/scorecard", "/scorecard/in_time", "/scorecard/export", "/briefs", "/periods")
OTHERS = ("/", "/queue", "/near", "/map", "/revisions", "/ageing", "/ledger", "/systems", "/api/v1/openapi.json")
REQUEST = re.compile(r'href="/requests/([0-9a-f-]{36})"')
SERVED = f"""
import json, signal, sys
from pathlib import Path
from sanban.main import serving
from sanban.main.house import open_house
from sanban.main.serving import a_round

def tell(said):
    print(json.dumps(said), flush=True)

signal.signal(signal.SIGUSR1, lambda *_: tell([name for name in {LARGE!r} if name in sys.modules]))
serving.REVISION_EVERY, serving.is_due = 0.5, bool
serving.COMMAND = (sys.executable, "-c", "import time; time.sleep(60)")
with open_house(Path(sys.argv[1])) as house:
    serving.serve(house, int(sys.argv[2]), tell)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo's home in which something has happened."""
    folder = tmp_path_factory.mktemp("small") / "home"
    working = Working(folder, mode="demo")
    working.step("dispatcher", working.opened(working.filed()), "dispatch")
    working.filed()
    working.close()
    return folder


@contextmanager
def served(home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", SERVED, str(home), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server, said(server)
        finally:
            server.terminate()


def said(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    return str(json.loads(server.stdout.readline()))


def children(process: int) -> set[int]:
    stats = (path.read_text(encoding="utf-8").rpartition(")") for path in Path("/proc").glob("[0-9]*/stat"))
    return {int(head.split()[0]) for head, _, rest in stats if int(rest.split()[1]) == process}


def signed_in(address: str, account: str) -> httpx.Client:
    browser = httpx.Client(base_url=address, follow_redirects=True, timeout=120)
    token = re.search(r'name="_csrf_token"[^>]*value="([^"]+)"', browser.get("/sign-in").text)
    assert token is not None
    form = {"account": account, "_csrf_token": token[1], "next": "/"}
    assert browser.post("/sign-in/demo", data=form).status_code == 200
    return browser


def open_all_that_wait(browser: httpx.Client) -> int:
    """How many pages of requests at the desk there are; each looks for earlier requests that may be the same."""
    waiting = REQUEST.findall(browser.get("/requests").text)
    assert {browser.get(f"/requests/{one}").status_code for one in waiting} == {200}
    return len(waiting)


def comes_about(condition: Callable[[], object], seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(condition())


def test_pages_of_every_kind_load_nothing_large_and_what_does_ends_with_the_server(home: Path) -> None:
    """A round of revision is under way all the while, one that would take a minute."""
    with served(home) as (server, address):
        for account, opened in (("leader-1", SCORECARD), ("operator-1", ("/",))):
            with closing(signed_in(address, account)) as browser:
                answers = {path: browser.get(path).status_code for path in (*SCORECARD, *OTHERS)}
                assert max(answers.values()) < 500, answers
                assert {answers[path] for path in opened} == {200}, answers
                if account == "operator-1":
                    assert open_all_that_wait(browser)
        server.send_signal(signal.SIGUSR1)
        assert said(server) == "[]"
        beside = children(server.pid)
        assert len(beside) == 2, "where figures are counted, and the round"
        server.terminate()
        assert server.wait(30) == 0
    assert comes_about(lambda: not any(Path(f"/proc/{one}").exists() for one in beside))


def test_a_server_keeps_nothing_of_what_read_its_options(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from sanban.main import main; main()"]
    command += ["serve", "--home", str(home), "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            assert any(f"127.0.0.1:{port}/" in line for line in server.stderr)
            assert "pydantic" not in Path(f"/proc/{server.pid}/maps").read_text(encoding="utf-8")
        finally:
            server.terminate()


def test_a_server_loads_nothing_that_is_for_terminals() -> None:
    listed = GOES_ON.replace("; served()", "; import sanban.main.serving; print(*sys.modules)")
    loaded = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True).stdout.split()
    assert "sanban.main.serving" in loaded
    assert [name for name in loaded if name.startswith(("rich.", "pygments"))] == []


def test_a_round_of_revision_is_made_by_a_process_of_its_own(home: Path) -> None:
    with open_house(home) as house:
        assert last_round(house.reader) is None
    a_round(home).run()
    with open_house(home) as house:
        assert last_round(house.reader) is not None
