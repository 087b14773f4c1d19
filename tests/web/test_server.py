"""The server: on loopback, and down when it is told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sanban.kernel.errors import SanbanError
from sanban.web.server import LONGEST_HEAD, LOOPBACK, TOO_LONG, Server, listen
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


async def reads_all(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers how many bytes of body it was sent."""
    if scope["type"] == "lifespan":
        for told in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{told}.complete"})
        return
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d bytes" % size})


def _answered(sent: bytes) -> bytes:
    """What a server says to it before it closes the connection; perhaps nothing where it does so before the end."""
    heard = b""
    server = Server(reads_all)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert server.listening.wait(10)
    try:
        with socket.create_connection((LOOPBACK, server.bound), timeout=5) as client, suppress(ConnectionError):
            client.sendall(sent)
            while piece := client.recv(65536):
                heard += piece
        return heard
    finally:
        server.stop()
        thread.join(10)


POST = b"POST / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n"
CHUNKS = POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n"
ENDLESS = b"a" * (32 * LONGEST_HEAD)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"GET /" + ENDLESS, id="an address"),
        pytest.param(POST + b"X-Long: " + ENDLESS, id="a header"),
        pytest.param(POST + b"X-Many: a\r\n" * LONGEST_HEAD, id="many headers"),
        pytest.param(CHUNKS + b"0\r\nX-Long: " + ENDLESS, id="a trailer"),
        pytest.param(CHUNKS + b"1;x=" + ENDLESS, id="the extension of a chunk"),
    ],
)
def test_what_is_no_body_and_does_not_end_is_refused_and_not_kept(sent: bytes) -> None:
    status, _, rest = _answered(sent).partition(b"\r\n")
    assert status in (b"", b"HTTP/1.1 400 Bad Request")
    assert rest.endswith(TOO_LONG.encode() if status else b"")


def test_a_body_in_many_small_chunks_is_read_to_its_end() -> None:
    answer = _answered(CHUNKS + b"1\r\na\r\n" * LONGEST_HEAD + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert f"{LONGEST_HEAD + 1} bytes".encode() in answer
