"""The other side of the wire: a ledger that sends what it is given to the owner of the home."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from threading import Lock

import msgspec

from sanban.kernel.errors import SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.erasure import Erased
from sanban.ledger.owning.wire import (
    ANSWER_SECONDS,
    HELLO_LIMIT,
    HELLO_SECONDS,
    LIMIT,
    LOOPBACK,
    VERSION,
    Address,
    Answered,
    EncodedSubmit,
    Erase,
    ErasedReply,
    Failed,
    Hello,
    OwnerGoneError,
    Reply,
    Welcome,
    receive,
    send,
)
from sanban.ledger.port import Answer, Submission

PORTION_BYTES = LIMIT // 4
PORTION_COUNT = 2048


class Remote:
    """A connection to the owner, safe for several threads, one call at a time.

    Raises `OwnerGoneError` when the owner cannot be reached or is lost, `SanbanError` for what it answers.
    """

    def __init__(self, address: Address) -> None:
        self._gate = Lock()
        try:
            self._socket = socket.create_connection((LOOPBACK, address.port), timeout=HELLO_SECONDS)
        except OSError as error:
            raise _gone(error) from error
        try:
            self._greet(address.token)
        except BaseException:
            self._socket.close()
            raise

    def submit_some(self, submissions: Sequence[Submission]) -> list[Answer]:
        """Answers of the first of them, as many as fit into one frame, at least one."""
        encoded: list[msgspec.Raw] = []
        size = 0
        for submission in submissions[:PORTION_COUNT]:
            raw = msgspec.json.encode(submission)
            size += len(raw)
            if encoded and size > PORTION_BYTES:
                break
            encoded.append(msgspec.Raw(raw))
        reply = self._ask(EncodedSubmit(encoded))
        if not isinstance(reply, Answered):
            raise _gone(f"it gave another answer than asked for ({type(reply).__name__})")
        return reply.answers

    def erase(self, person: str, actor: Actor, now: int) -> Erased:
        reply = self._ask(Erase(person, actor, now))
        if not isinstance(reply, ErasedReply):
            raise _gone(f"it gave another answer than asked for ({type(reply).__name__})")
        return reply.erased

    def close(self) -> None:
        self._socket.close()

    def _greet(self, token: str) -> None:
        reply = self._exchange(msgspec.json.encode(Hello(token, VERSION)), HELLO_LIMIT)
        try:
            version = msgspec.json.decode(reply, type=Welcome).version
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _gone(error) from error
        if version != VERSION:
            raise SanbanError(
                f"the owner of the home speaks version {version}, this program {VERSION}",
                "stop the server, upgrade it, start it again",
            )
        self._socket.settimeout(ANSWER_SECONDS)

    def _ask(self, call: EncodedSubmit | Erase) -> Reply:
        reply: Reply = msgspec.json.decode(self._exchange(msgspec.json.encode(call), LIMIT), type=Reply)
        if isinstance(reply, Failed):
            raise SanbanError(reply.message, reply.example)
        return reply

    def _exchange(self, body: bytes, limit: int) -> bytes:
        with self._gate:
            try:
                send(self._socket, body)
                reply = receive(self._socket, limit)
            except OSError as error:
                raise _gone(error) from error
        if reply is None:
            raise _gone("it ended the connection")
        return reply


def _gone(cause: object) -> OwnerGoneError:
    return OwnerGoneError(f"the owner of the home is gone: {cause}", "run the same command again; it is safe to")
