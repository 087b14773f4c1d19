"""The wire between the owner of a home and the processes beside it: loopback TCP, one request at a time each.

    frame    length (4 bytes, big-endian) and that many bytes of JSON, at most `LIMIT`
    hello    the caller's first frame: token and version of the wire; until it is right nothing longer is read
    call     `Submit` or `Erase`; answered by `Answered`, `ErasedReply` or `Failed`

Only those who can read HOME/owner.json (0600) know the token; it is compared in constant time and new with every owner.
"""

from __future__ import annotations

import socket

import msgspec

from sanban.kernel.errors import SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.erasure import Erased
from sanban.ledger.port import Answer, Submission

VERSION = 1
LIMIT = 64 * 1024 * 1024
HELLO_LIMIT = 1024
HELLO_SECONDS = 5.0
ANSWER_SECONDS = 300.0
LOOPBACK = "127.0.0.1"


class OwnerGoneError(SanbanError):
    """The owner of the home stopped or does not answer."""


class Address(msgspec.Struct, frozen=True):
    """Where an owner listens, as in owner.json. `process`: its id, for messages only."""

    port: int
    token: str
    process: int


class Hello(msgspec.Struct, frozen=True):
    token: str
    version: int


class Welcome(msgspec.Struct, frozen=True):
    version: int


class Submit(msgspec.Struct, frozen=True, tag="submit"):
    submissions: list[Submission]


class EncodedSubmit(msgspec.Struct, frozen=True, tag="submit"):
    """`Submit` on its way out, each submission encoded already."""

    submissions: list[msgspec.Raw]


class Erase(msgspec.Struct, frozen=True, tag="erase"):
    person: str
    actor: Actor
    now: int


class Answered(msgspec.Struct, frozen=True, tag="answered"):
    answers: list[Answer]


class ErasedReply(msgspec.Struct, frozen=True, tag="erased"):
    erased: Erased


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    message: str
    example: str


Call = Submit | Erase
Reply = Answered | ErasedReply | Failed


def send(connection: socket.socket, body: bytes) -> None:
    """Sends one frame; raises `SanbanError` for one over the limit."""
    if len(body) > LIMIT:
        raise SanbanError(
            f"a command of {len(body)} bytes is too large; at most {LIMIT} are taken at once",
            "put attachments in commands of their own",
        )
    connection.sendall(len(body).to_bytes(4, "big") + body)


def receive(connection: socket.socket, limit: int) -> bytes | None:
    """One frame; None when the other side ended. Raises `ConnectionError` for half a frame or one over `limit`."""
    head = _exactly(connection, 4)
    if not head:
        return None
    length = int.from_bytes(head, "big")
    if length > limit:
        raise ConnectionError(f"a frame of {length} bytes, more than {limit}")
    body = _exactly(connection, length)
    if len(body) < length:
        raise ConnectionError("half a frame")
    return body


def _exactly(connection: socket.socket, length: int) -> bytes:
    """So many bytes; fewer than asked, or none, only when the other side ended before the first of them."""
    body = bytearray()
    while len(body) < length:
        chunk = connection.recv(min(length - len(body), 1 << 20))
        if not chunk:
            if body:
                raise ConnectionError("half a frame")
            return b""
        body += chunk
    return bytes(body)
