"""The server: on loopback, and down when it is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from sanban.kernel.errors import SanbanError
from sanban.web.server import LOOPBACK, Server, listen
from web.sample_slice import NOW, Desk, sample_app

PROGRAM = """
import sys
from pathlib import Path
from sanban.web.app import create_app
from sanban.web.server import LOOPBACK, listen, serve
from sanban.web.shell import WebSettings

app = create_app(WebSettings(Path(sys.argv[1])))
serve(app, listen(LOOPBACK, 0), ready=lambda port: print(port, flush=True))
print("closed the ledger", flush=True)
"""


def _read(port: int, path: str) -> tuple[int, str, str | None]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return answer.status, answer.read().decode(), answer.headers["Server"]


def test_sigterm_ends_the_server_and_gives_its_caller_time_to_close(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAM, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        assert _read(port, "/healthz") == (200, "ok\n", None)
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=10)
    assert (process.returncode, rest) == (0, "closed the ledger\n")


def test_it_listens_on_loopback_and_stops_from_another_thread(tmp_path: Path) -> None:
    server = Server(sample_app(tmp_path, Desk(), lambda: NOW))
    thread = threading.Thread(target=server.run)
    thread.start()
    assert server.listening.wait(10)
    assert server.config.host == "127.0.0.1"
    assert _read(server.bound, "/")[0] == 200
    server.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_a_port_in_use_is_told_with_another_one() -> None:
    with listen(LOOPBACK, 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(SanbanError, match=f"port {port} of 127.0.0.1 cannot be had(.|\n)*--port {port + 1}"):
            listen(LOOPBACK, port)
