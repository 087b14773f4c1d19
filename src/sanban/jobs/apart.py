"""Work that is done in a process apart: what counts, draws and prints is loaded there, and the server stays small.

    server   work, arguments --> pickled, a pair of sockets --> process   one piece of work after the other
             what it returned, or raised <--

The process is a fresh interpreter (`attend`), never a fork of one with threads. It is started by
the first work, kept for as long as work comes, and ends when nobody asks for a while, when the server closes it, and
by itself when the server is gone, however that ended. Work is a function of our own at the top of a module, so that it
goes by its name; between two pieces of work the process may end, so nothing may rest on its memory that cannot be made
again. Who has to wait longer than `PATIENCE`, for others or for the work, is told so by `BusyError`, and so is at once
who would be one of too many that wait. What took too long goes on, and its answer is dropped: what it laid out is there
for who comes next. Only work without any end is ended.
"""

from __future__ import annotations

import pickle
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import BoundedSemaphore, Lock
from typing import Any, Final, NamedTuple, ParamSpec, TypeVar

import structlog

from sanban.jobs.errand import end
from sanban.kernel.errors import BusyError, SanbanError
from sanban.ledger.owning.wire import LIMIT, receive, send

PATIENCE: Final = 60.0
"""Seconds that somebody waits for work at most: before it begins, and again until it is done."""
WAITING: Final = 4
"""So many wait for their turn at most: each of them holds one of the server's threads, which filing needs too."""
LONGEST: Final = 1_800.0
"""Seconds after which work that nobody waits for any more is ended."""
IDLE: Final = 600.0
"""Seconds without work after which the process is ended."""
TERMINATE_EVERY: Final = 0.1
"""Seconds between two looks whether a process that is closed has left its work."""
AGAIN: Final = "the same again in a minute"

Given = ParamSpec("Given")
Made = TypeVar("Made")

log = structlog.get_logger("sanban.jobs")


class WorkFailedError(Exception):
    """Work apart raised what was not foreseen; it says the kind of error, never what that said."""


class Apart:
    """The process apart, as many threads use it: work is done in the order in which it comes."""

    def __init__(self, patience: float = PATIENCE, idle: float = IDLE, longest: float = LONGEST) -> None:
        self._patience = patience
        self._idle = idle
        self._longest = longest
        self._turn = Lock()
        self._places = BoundedSemaphore(1 + WAITING)
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None
        self._began: float | None = None
        """When the work began whose answer is still to come."""
        self._used = 0.0
        self._closed = False

    def __call__(self, work: Callable[Given, Made], *args: Given.args, **options: Given.kwargs) -> Made:
        """What the work returns. Raises what it raises, and `BusyError` where it cannot be had now."""
        made: Made = self._made(self._patience, work, args, options)
        return made

    def at_leisure(self, work: Callable[Given, Made], *args: Given.args, **options: Given.kwargs) -> Made:
        """The same however long it takes: for what a server cannot begin without."""
        made: Made = self._made(None, work, args, options)
        return made

    def rest(self) -> None:
        """Ends the process if nobody has asked for a while; does not wait for one that works."""
        if self._turn.acquire(blocking=False):
            try:
                if self._process is not None and self._is_free(0) and time.monotonic() - self._used > self._idle:
                    self._end()
            finally:
                self._turn.release()

    def close(self) -> None:
        """Ends the process, at work or not; nothing is begun any more."""
        self._closed = True
        while not self._turn.acquire(timeout=TERMINATE_EVERY):
            if (process := self._process) is not None:
                process.terminate()
        try:
            self._end()
        finally:
            self._turn.release()

    @property
    def process(self) -> int | None:
        """The process's id; None while there is none."""
        found = self._process
        return None if found is None or found.poll() is not None else found.pid

    def _made(self, patience: float | None, work: Callable[..., Any], args: Any, options: Any) -> Any:
        came = time.monotonic()
        with self._taken(patience):
            if not self._is_free(patience and came + patience - time.monotonic()):
                raise BusyError("the process apart is at work that took too long", AGAIN)
            answer = self._answer(patience, work, args, options)
        if isinstance(answer, _Raised):
            raise answer.error
        return answer

    @contextmanager
    def _taken(self, patience: float | None) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise BusyError("too many wait for the process apart", AGAIN)
        try:
            if not self._turn.acquire(timeout=-1 if patience is None else patience):
                raise BusyError("the process apart is at work for others", AGAIN)
            try:
                yield
            finally:
                self._used = time.monotonic()
                self._turn.release()
        finally:
            self._places.release()

    def _is_free(self, seconds: float | None) -> bool:
        """Whether the process is at no work, or left it within the seconds: an answer that comes late is dropped."""
        if self._connection is None or self._began is None:
            return True
        if _heard(self._connection, seconds):
            self._received(self._connection)
        elif time.monotonic() - self._began > self._longest:
            self._end()
        return self._began is None

    def _answer(self, patience: float | None, work: Callable[..., Any], args: Any, options: Any) -> Any:
        body = pickle.dumps((work, args, options))
        connection = self._reached()
        try:
            send(connection, body)
        except OSError:
            self._end()
        else:
            self._began = time.monotonic()
            if not _heard(connection, patience):
                raise BusyError("the process apart takes too long", AGAIN)
            if (answer := self._received(connection)) is not None:
                return pickle.loads(answer)  # noqa: S301 -- from a process of our own, over sockets nobody else has
        raise BusyError("the process apart ended at its work", AGAIN)

    def _received(self, connection: socket.socket) -> bytes | None:
        """The answer that has begun to come; None from a process that is gone."""
        with suppress(OSError):
            if (answer := receive(connection, LIMIT)) is not None:
                self._began = None
                return answer
        self._end()
        return None

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
            command = [sys.executable, "-P", "-c", f"from {__name__} import attend; attend({theirs.fileno()})"]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)  # noqa: S603 -- our own
        return ours

    def _end(self) -> None:
        """The process is gone and reaped, whatever it was at."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            end(self._process)
        self._connection = self._process = self._began = None


def _heard(connection: socket.socket, seconds: float | None) -> bool:
    """Whether something comes within the seconds, be it the end; None: however long that takes."""
    waiting = select.poll()
    waiting.register(connection, select.POLLIN)
    return bool(waiting.poll(None if seconds is None else max(0, seconds * 1000)))


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
            send(connection, _done(body))


def _done(body: bytes) -> bytes:
    """What the work returned, or raised, as it is sent; what cannot be read or sent is an error as any other."""
    name = ""
    try:
        work, args, options = pickle.loads(body)  # noqa: S301 -- from the server that began us
        name = getattr(work, "__qualname__", type(work).__name__)
        answer = pickle.dumps(work(*args, **options))
        if len(answer) > LIMIT:
            raise SanbanError(f"an answer of {len(answer)} bytes, more than {LIMIT}, is too large", "ask for less")
    except SanbanError as error:
        return pickle.dumps(_Raised(error))
    except Exception as error:  # whatever it was, it is raised where it was asked
        log.error("work_failed", work=name, kind=type(error).__name__)
        return pickle.dumps(_Raised(WorkFailedError(type(error).__name__)))
    return answer
