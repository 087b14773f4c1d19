"""Runs the application with uvicorn: on loopback unless told otherwise, and down within ten seconds of SIGTERM.

Answers are made in `WORKERS` threads: most of them wait for the same commit, and the more wait, the more it holds. The
signal is taken here and does not end the process: `serve` returns, so that its caller can close the ledger.
"""

from __future__ import annotations

import asyncio
import ctypes
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sanban.kernel.errors import SanbanError

LOOPBACK = "127.0.0.1"
BACKLOG = 2048
GRACE_SECONDS = 6
LONGEST_HEAD = 32 * 1024
WORKERS = 32
MALLOC = {-8: 2, -3: 64 * 1024, -1: 128 * 1024}
"""Parameters of glibc's `mallopt`: all threads share two arenas (M_ARENA_MAX), a block of 64 KB goes back whole when it
is freed (M_MMAP_THRESHOLD), and so does the end of an arena once 128 KB of it are free (M_TRIM_THRESHOLD). Left alone,
the C library raises the last two with the largest block it has seen."""
TOO_LONG = "The head of the request is too long."


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 that keeps no endless head: at most `LONGEST_HEAD` bytes come one after the other that are no body."""

    _beside_body = 0

    def data_received(self, data: bytes) -> None:
        self._beside_body += len(data)
        super().data_received(data)
        if self._beside_body > LONGEST_HEAD and not self.transport.is_closing():
            self.send_400_response(TOO_LONG)

    def on_body(self, body: bytes) -> None:
        self._beside_body = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._beside_body = 0
        super().on_message_complete()


class Server(uvicorn.Server):
    """A uvicorn that says when it listens; `port` 0 takes a free one, `bound` tells which."""

    def __init__(
        self, app: Any, host: str = LOOPBACK, port: int = 0, ready: Callable[[int], None] | None = None
    ) -> None:
        super().__init__(_config(app, host, port))
        self._ready = ready
        self.listening = threading.Event()
        self.bound = 0

    async def startup(self, sockets: Any = None) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(WORKERS, "answer"))
        await super().startup(sockets)
        if not self.started:
            return
        self.bound = self.servers[0].sockets[0].getsockname()[1]
        self.listening.set()
        if self._ready is not None:
            self._ready(self.bound)

    def stop(self) -> None:
        """Asks it to end, from any thread."""
        self.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on the port; raises `SanbanError` when it cannot be had."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        message = f"port {port} of {host} cannot be had: {error.strerror}; another server may stand there"
        raise SanbanError(message, f"sanban serve --port {port + 1 if port < 65535 else 8330}") from error
    return bound


def serve(app: Any, listening: socket.socket, ready: Callable[[int], None] | None = None) -> None:
    """Serves until SIGTERM or Ctrl-C; `ready` is called with the port once requests are answered."""
    _keep_little()
    with _signals_end_here():
        host, port = listening.getsockname()[:2]
        Server(app, host, port, ready).run([listening])


def give_back() -> None:
    """Gives the system what lies free in between, as after a large page; where the C library cannot, nothing."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _keep_little() -> None:
    """The C library would give every thread an arena of its own, and none gives back what its thread once needed."""
    tuned = getattr(ctypes.CDLL(None), "mallopt", None)
    if tuned is not None:
        for parameter, value in MALLOC.items():
            tuned(parameter, value)


def _config(app: Any, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=5,
        loop="uvloop",
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
    )


@contextmanager
def _signals_end_here() -> Iterator[None]:
    """uvicorn raises the signals it took once more when it has stopped; here they are done with."""
    taken = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda _number, _frame: None) for number in taken}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
