"""Everybody who may look, and a way to ask the real application for anything, fast enough for a thousand cases.

`Reader.ask` speaks ASGI to the application: cookies, forms and headers go through all of it, but for the socket.
"""

from __future__ import annotations

import asyncio
import base64
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

from litestar import Litestar

from sanban.web.access.sessions import Sessions


@contextmanager
def running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that runs in a thread of its own: in this one a browser's loop may be running."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@dataclass
class Said:
    """An answer: everything of it that somebody can read, as one text, and its body as it came."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        told = [unquote(f"{name}: {value}") for name, value in self.headers]
        shown = self.body.decode("utf-8", "replace")
        return "\n".join([*told, shown, unquote(shown) if "%E" in shown else "", *self._decoded(shown)])

    def _decoded(self, shown: str) -> list[str]:
        """Files in the API are base64 in JSON."""
        found = re.findall(r'"content":"([A-Za-z0-9+/=]{40,})"', shown)
        return [base64.b64decode(one).decode("latin-1") for one in found]


@dataclass
class Reader:
    """Somebody who asks: an account, or nobody for ''. Each time from elsewhere, so that no bound bites."""

    app: Litestar
    sessions: Sessions
    account: str
    now: int
    loop: asyncio.AbstractEventLoop
    cookies: dict[str, str] = field(default_factory=dict)
    asked: int = 0

    def __post_init__(self) -> None:
        if self.account:
            self.cookies["sanban_session"] = self.sessions.open(self.account, self.now, demo=True)

    def ask(self, method: str, path: str, form: dict[str, str] | None = None, body: bytes = b"", **query: str) -> Said:
        """One request; a form carries the token that a page gave out."""
        headers = [(b"host", b"localhost"), (b"x-sanban-request", b"1")]
        if form is not None:
            body = urlencode({"_csrf_token": self._token(), **form}).encode()
            headers.append((b"content-type", b"application/x-www-form-urlencoded"))
        elif body:
            headers.append((b"content-type", b"application/json"))
        return self._call(method, path, headers, body, urlencode(query))

    def _token(self) -> str:
        if "sanban_form" not in self.cookies:
            answer = self._call("GET", "/sign-in", [(b"host", b"localhost")], b"", "")
            for name, value in answer.headers:
                if name == "set-cookie" and value.startswith("sanban_form="):
                    self.cookies["sanban_form"] = value.partition("=")[2].partition(";")[0]
        return self.cookies["sanban_form"]

    def _call(self, method: str, path: str, headers: list[tuple[bytes, bytes]], body: bytes, query: str) -> Said:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.asked += 1
        place = f"10.{self.asked >> 16}.{self.asked >> 8 & 255}.{self.asked & 255}"
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [*headers, (b"cookie", cookie.encode()), (b"content-length", str(len(body)).encode())],
            "client": (place, 1), "server": ("127.0.0.1", 80), "app": self.app, "state": {},
        }  # fmt: skip
        said = Said(0, [], b"")

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                said.status = message["status"]
                said.headers = [(name.decode(), value.decode("latin-1")) for name, value in message["headers"]]
            said.body += message.get("body", b"")

        answering = self.app(scope, receive, send)  # type: ignore[arg-type]  # a scope made by hand
        asyncio.run_coroutine_threadsafe(answering, self.loop).result()
        return said
