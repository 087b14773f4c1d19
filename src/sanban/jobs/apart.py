"""Work that is done in a process apart: what counts, draws and prints is loaded there, and the server stays small.

    server   work, arguments --> pickled, a pair of sockets --> process   one piece of work after the other
             what it returned, or raised <--

The process is a fresh interpreter (`attend`), never a fork of one with threads. It is started by
the first work, kept for as long as work comes, and ends when nobody asks for a while, when the server closes it, and
by itself when the server is gone, however that ended. Work is a function of our own at the top of a module, so that it
goes by its name; between two pieces of work the process may end, so nothing may rest on its memory that cannot be made
again. Who has to wait longer than `PATIENCE`, for others or for the work, is told so by `BusyError`.
"""

from __future__ import annotations

import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any, Final, NamedTuple, ParamSpec, TypeVar

import structlog

from sanban.jobs.errand import end
from sanban.kernel.errors import BusyError, SanbanError
from sanban.ledger.owning.wire import LIMIT, receive, send

PATIENCE: Final = 60.0
"""Seconds that somebody waits for work at most: before it begins, and again until it is done."""
IDLE: Final = 600.0
"""Seconds without work after which the process is ended."""
AGAIN: Final = "the same again in a minute"

Given = ParamSpec("Given")
Made = TypeVar("Made")

log = structlog.get_logger("sanban.jobs")


class WorkFailedError(Exception):
    """Work apart raised what was not foreseen; it says the kind of error, never what that said."""


class Apart:
    """The process apart, as many threads use it: work is done in the order in which it comes."""

    def __init__(self, patience: float = PATIENCE, idle: float = IDLE) -> None:
        self._patience = patience
        self._idle = idle
        self._turn = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None
        self._used = 0.0
        self._closed = False

    def __call__(self, work: Callable[Given, Made], *args: Given.args, **options: Given.kwargs) -> Made:
        """What the work returns. Raises what it raises, and `BusyError` where it cannot be had now."""
        with self._taken():
            answer = self._answer(work, args, options)
        if isinstance(answer, _Raised):
            raise answer.error
        made: Made = answer
        return made

    def rest(self) -> None:
        """Ends the process if nobody has asked for a while; does not wait for one that works."""
        if self._turn.acquire(blocking=False):
            try:
                if self._process is not None and time.monotonic() - self._used > self._idle:
                    self._end()
            finally:
                self._turn.release()

    def close(self) -> None:
        """Ends the process, at work or not; nothing is begun any more."""
        self._closed = True
        process = self._process
        if process is not None:
            process.terminate()
        with self._turn:
            self._end()

    @property
    def process(self) -> int | None:
        """The process's id; None while there is none."""
        found = self._process
        return None if found is None or found.poll() is not None else found.pid

    @contextmanager
    def _taken(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=self._patience):
            raise BusyError("the process apart is at work for others", AGAIN)
        try:
            yield
        finally:
            self._used = time.monotonic()
            self._turn.release()

    def _answer(self, work: Callable[..., Any], args: Any, options: Any) -> Any:
        body = pickle.dumps((work, args, options))
        connection = self._reached()
        try:
            send(connection, body)
            answer = receive(connection, LIMIT)
            if answer is None:
                raise ConnectionResetError
        except OSError as error:
            self._end()
            late = isinstance(error, TimeoutError)
            raise BusyError("the process apart took too long" if late else "it ended at its work", AGAIN) from error
        return pickle.loads(answer)  # noqa: S301 -- from a process of our own, over a pair of sockets nobody else has

    def _reached(self) -> socket.socket:
        """The way to a process that runs."""
        if self._closed:
            raise BusyError("the server is ending", AGAIN)
        if self._connection is None or self.process is None:
            self._end()
            self._connection = self._started()
        return self._connection

    def _started(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        ours.settimeout(self._patience)
        with theirs:
            command = [sys.executable, "-c", f"from {__name__} import attend; attend({theirs.fileno()})"]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)  # noqa: S603 -- our own
        return ours

    def _end(self) -> None:
        """The process is gone and reaped, whatever it was at."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            end(self._process)
        self._connection = self._process = None


def here(work: Callable[Given, Made], *args: Given.args, **options: Given.kwargs) -> Made:
    """The same without a process: for commands, which load what they need and end."""
    return work(*args, **options)


class _Raised(NamedTuple):
    """An error on its way back: ours as it is, any other as `WorkFailedError`."""

    error: SanbanError | WorkFailedError


def attend(descriptor: int) -> None:
    """The life of the process apart: does what comes over a socket until its other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches a terminal's whole group; the server ends this one
    with socket.socket(fileno=descriptor) as connection, suppress(ConnectionError):  # nobody is left to answer
        while (body := receive(connection, LIMIT)) is not None:
            send(connection, pickle.dumps(_done(*pickle.loads(body))))  # noqa: S301 -- from the server that began us


def _done(work: Callable[..., Any], args: Any, options: Any) -> Any:
    try:
        return work(*args, **options)
    except SanbanError as error:
        return _Raised(error)
    except Exception as error:  # whatever it was, it is raised where it was asked
        log.error("work_failed", work=work.__qualname__, kind=type(error).__name__)
        return _Raised(WorkFailedError(type(error).__name__))
