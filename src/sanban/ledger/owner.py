"""One home, one owner: the process that holds HOME/owner.lock writes; every other one sends to it.

    with connect(home, make_writer) as ledger:
        ledger.submit_many(...)            the same whoever owns the home

The first to come takes the lock, finishes pending erasures, makes the writer and listens on a loopback port; port and a
256-bit token stand in HOME/owner.json (0600). Whoever finds the lock taken connects there. The lock is the kernel's
(`flock`), so it falls with its process: when the owner stops or is killed, the next call of a process beside it takes
over and sends again what was not answered; what the dead owner had written answers as repeated. A stale owner.json is
never an obstacle: while it is stale, the lock is free.

PostgreSQL takes several writers, so there every process writes by itself and nothing listens.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Lock
from types import TracebackType
from typing import Protocol, TypeVar

import msgspec

from sanban.kernel.errors import SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.erasure import Belongings, Erased, Eraser, ErasureRegister, nothing_else
from sanban.ledger.home import Home, write_private
from sanban.ledger.owning.listener import Listener
from sanban.ledger.owning.remote import Remote
from sanban.ledger.owning.wire import Address, Answered, Call, ErasedReply, OwnerGoneError, Reply, Submit
from sanban.ledger.port import Answer, Submission
from sanban.ledger.sealing import Session
from sanban.ledger.vault import Vault, open_vault

PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.02
TRIES = 5

T = TypeVar("T")


class OwnWriter(Protocol):
    """The writer an owner has, as `writing.writer.Writer` is."""

    def submit(self, submission: Submission) -> Answer: ...

    def submit_many(self, submissions: Sequence[Submission]) -> list[Answer]: ...

    def apart(self, work: Callable[[Session], T]) -> T: ...

    def catch_up(self) -> int: ...

    def close(self) -> None: ...


MakeWriter = Callable[[Home, Vault], OwnWriter]
"""Opens the store of a home and starts its writer, with the vault as its sealer; knows the aggregate `person`."""


class Owner:
    """The owning side: the writer, the listener that lets others in, and the lock."""

    def __init__(
        self, home: Home, make_writer: MakeWriter, lock: int | None, belongings: Belongings = nothing_else
    ) -> None:
        self._home = home
        self._lock = lock
        vault = open_vault(home)
        self.writer = make_writer(home, vault)
        self._eraser = Eraser(self.writer, vault, ErasureRegister(home.erasure_register), belongings)
        self._listener: Listener | None = None
        try:
            self.writer.apart(vault.check_master)
            self._eraser.complete_pending()
            if lock is not None:
                self._listen()
        except BaseException:
            self.writer.close()
            raise

    def submit_some(self, submissions: Sequence[Submission]) -> list[Answer]:
        return self.writer.submit_many(submissions)

    def erase(self, person: str, actor: Actor, now: int) -> Erased:
        return self._eraser.erase(person, actor, now)

    def close(self) -> None:
        """Answers what has arrived, closes the store, gives the home free."""
        try:
            if self._listener is not None:
                self._listener.close()
            self.writer.close()
        finally:
            if self._lock is not None:
                self._home.owner_file.unlink(missing_ok=True)
                os.close(self._lock)

    def _listen(self) -> None:
        token = secrets.token_hex(32)
        self._listener = Listener(self._serve, token)
        address = Address(self._listener.port, token, os.getpid())
        write_private(self._home.owner_file, msgspec.json.encode(address))

    def _serve(self, call: Call) -> Reply:
        if isinstance(call, Submit):
            return Answered(self.submit_some(call.submissions))
        return ErasedReply(self.erase(call.person, call.actor, call.now))


class HomeLedger:
    """The `Ledger` of a home, in this process or behind its owner; it changes over by itself when the owner is gone.

    Safe to call from any thread. Raises `SanbanError` when the home cannot be owned nor its owner be reached.
    """

    def __init__(self, home: Home, make_writer: MakeWriter, belongings: Belongings = nothing_else) -> None:
        """`belongings`: what is erased with a person besides, where this process is the owner."""
        self.home = home
        self._make_writer = make_writer
        self._belongings = belongings
        self._gate = Lock()
        self._closed = False
        self._current: Owner | Remote | None = None

    def submit(self, submission: Submission) -> Answer:
        """Returns when the command is on disk (fsync) or refused."""
        return self.submit_many([submission])[0]

    def submit_many(self, submissions: Sequence[Submission]) -> list[Answer]:
        """The same for many at once; one refused or failing command never fails the others."""
        answers: list[Answer] = []
        while len(answers) < len(submissions):
            answers += self._try(partial(_submit_rest, submissions, len(answers)))
        return answers

    def erase_person(self, person: str, actor: Actor, now: int) -> Erased:
        """Erases a person for good; again is harmless. Callers decide by permission first. `now`: microseconds UTC."""
        return self._try(lambda side: side.erase(person, actor, now))

    def catch_up(self) -> int:
        """Fills the deferred projections where this process writes; beside another owner that one does, and it is 0."""
        side = self._side()
        return side.writer.catch_up() if isinstance(side, Owner) else 0

    def reach(self) -> bool:
        """Owns the home or joins its owner, if it has not yet; whether this process owns it now."""
        return isinstance(self._side(), Owner)

    @property
    def writer(self) -> OwnWriter:
        """The writer itself, for work only the owner can do; raises `SanbanError` beside another owner."""
        side = self._side()
        if not isinstance(side, Owner):
            raise SanbanError("another process owns the home; stop it first", "sanban status")
        return side.writer

    def close(self) -> None:
        """Closes the writer and frees the home, or leaves its owner alone."""
        with self._gate:
            self._closed = True
            if self._current is not None:
                self._current.close()
                self._current = None

    def __enter__(self) -> HomeLedger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _try(self, ask: Callable[[Owner | Remote], T]) -> T:
        """What the owner, or this process in its place, answers."""
        for _ in range(TRIES - 1):
            side = self._side()
            try:
                return ask(side)
            except OwnerGoneError:
                self._drop(side)
        return ask(self._side())

    def _side(self) -> Owner | Remote:
        with self._gate:
            if self._closed:
                raise SanbanError("the ledger is closed; nothing was written", "open the home again")
            if self._current is None:
                self._current = self._reach()
            return self._current

    def _drop(self, side: Owner | Remote) -> None:
        with self._gate:
            if self._current is side:
                side.close()
                self._current = None

    def _reach(self) -> Owner | Remote:
        """Owns the home or joins its owner, whichever comes first."""
        if not self.home.is_sqlite:
            return Owner(self.home, self._make_writer, None, self._belongings)
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            side = self._own() or self._join()
            if side is not None:
                return side
            if time.monotonic() > end:
                raise SanbanError(f"another process owns {self.home.folder} but does not answer", "stop it, then retry")
            time.sleep(PAUSE_SECONDS)

    def _own(self) -> Owner | None:
        lock = take_lock(self.home)
        if lock is None:
            return None
        try:
            self.home.owner_file.unlink(missing_ok=True)
            return Owner(self.home, self._make_writer, lock, self._belongings)
        except BaseException:
            os.close(lock)
            raise

    def _join(self) -> Remote | None:
        try:
            return Remote(msgspec.json.decode(self.home.owner_file.read_bytes(), type=Address))
        except (FileNotFoundError, msgspec.MsgspecError, OwnerGoneError):
            return None


def connect(home: Home, make_writer: MakeWriter, belongings: Belongings = nothing_else) -> HomeLedger:
    """The ledger of a home: owned by this process if it is free, else through its owner.

    Raises `SanbanError` when the home cannot be written, its master key is missing or wrong, or its store is of another
    version.
    """
    ledger = HomeLedger(home, make_writer, belongings)
    try:
        ledger.reach()
    except BaseException:
        ledger.close()
        raise
    return ledger


def _submit_rest(submissions: Sequence[Submission], start: int, side: Owner | Remote) -> list[Answer]:
    return side.submit_some(submissions[start:])


@contextmanager
def owned(home: Home) -> Iterator[None]:
    """Holds a home for work on its file. Raises SanbanError while another process owns it."""
    lock = take_lock(home)
    if lock is None:
        raise SanbanError(f"{home.folder} is served by another process", "stop `sanban serve` first, then try again")
    try:
        yield
    finally:
        os.close(lock)


def take_lock(home: Home) -> int | None:
    """An open file that holds the home's lock until it is closed; None when another process has it."""
    try:
        lock = os.open(home.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        message = f"{home.folder} cannot be written: {error.strerror}; its owner needs to"
        raise SanbanError(message, f"chmod 700 {home.folder}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
