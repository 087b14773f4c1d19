"""The owner's side of the wire: it lets in who knows the token, and answers what they send."""

from __future__ import annotations

import hmac
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Thread

import msgspec

from sanban.kernel.errors import SanbanError
from sanban.ledger.owning.wire import (
    HELLO_LIMIT,
    HELLO_SECONDS,
    LIMIT,
    LOOPBACK,
    VERSION,
    Call,
    Failed,
    Hello,
    Reply,
    Welcome,
    receive,
    send,
)

log = logging.getLogger("sanban.owner")


class Listener:
    """A thread that accepts and one for each process that is connected."""

    def __init__(self, serve: Callable[[Call], Reply], token: str) -> None:
        self._serve = serve
        self._token = token.encode()
        self._decode = msgspec.json.Decoder(Call).decode
        self._talks: dict[Thread, socket.socket] = {}
        self._gate = Lock()
        self._closed = False
        self._socket = socket.create_server((LOOPBACK, 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = Thread(target=self._accept, name="owner-listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answers the calls that have arrived, then ends every connection."""
        self._closed = True
        with suppress(OSError), socket.create_connection((LOOPBACK, self.port), timeout=HELLO_SECONDS):
            pass  # wakes the thread that accepts
        self._thread.join()
        self._socket.close()
        with self._gate:
            talks = list(self._talks.items())
        for thread, connection in talks:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
            thread.join()

    def _accept(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            if self._closed:
                connection.close()
                return
            thread = Thread(target=self._talk, args=(connection,), name="owner-talk", daemon=True)
            with self._gate:
                self._talks[thread] = connection
            thread.start()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            try:
                self._converse(connection)
            except (OSError, SanbanError) as error:
                log.warning("a process beside the owner was lost: %s", error)
        with self._gate:
            self._talks = {thread: other for thread, other in self._talks.items() if other is not connection}

    def _converse(self, connection: socket.socket) -> None:
        connection.settimeout(HELLO_SECONDS)
        if not self._is_welcome(receive(connection, HELLO_LIMIT) or b""):
            return
        send(connection, msgspec.json.encode(Welcome(VERSION)))
        connection.settimeout(None)
        while (frame := receive(connection, LIMIT)) is not None:
            send(connection, msgspec.json.encode(self._reply(frame)))

    def _is_welcome(self, frame: bytes) -> bool:
        try:
            hello = msgspec.json.decode(frame, type=Hello)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return False
        return hmac.compare_digest(hello.token.encode(), self._token)

    def _reply(self, frame: bytes) -> Reply:
        try:
            return self._serve(self._decode(frame))
        except SanbanError as error:
            return Failed(error.message, error.example)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return Failed(f"the owner could not read the call: {error}", "use the same version of sanban for both")
        except Exception as error:
            log.exception("a call to the owner failed")
            return Failed(f"the owner failed ({type(error).__name__}); its log says more", "")
