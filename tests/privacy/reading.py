"""Everybody who may look, and a way to ask the real application for anything, fast enough for a thousand cases.

`Reader.ask` speaks ASGI to the application: cookies, forms and headers go through all of it, but for the socket. It
waits for no other thread where it is called within `Apart.run`, and what answers there answers in that same thread.
"""

from __future__ import annotations

import asyncio
import base64
import re
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, ParamSpec, TypeVar
from urllib.parse import unquote, urlencode
from zipfile import ZipFile

from litestar import Litestar

from sanban.web.access.sessions import Sessions

P = ParamSpec("P")
T = TypeVar("T")


class AtOnce(ThreadPoolExecutor):
    """Does what it is given before it answers."""

    def submit(self, does: Callable[P, T], /, *args: P.args, **more: P.kwargs) -> Future[T]:
        done: Future[T] = Future()
        try:
            done.set_result(does(*args, **more))
        except Exception as error:
            done.set_exception(error)
        return done


class Apart:
    """A loop in a thread of its own: in the first one a browser's loop may be running."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(AtOnce())
        self._threads = ThreadPoolExecutor(max_workers=1)
        self._own = self._threads.submit(threading.get_ident).result()

    def run(self, does: Callable[P, T], /, *args: P.args, **more: P.kwargs) -> T:
        """Does it there, from wherever it is asked."""
        if threading.get_ident() == self._own:
            return does(*args, **more)
        return self._threads.submit(does, *args, **more).result()

    def answer(self, answering: Coroutine[Any, Any, T]) -> T:
        """What a coroutine comes to."""
        return self.run(self._loop.run_until_complete, answering)

    def close(self) -> None:
        """Ends loop and thread."""
        self._threads.submit(self._loop.close).result()
        self._threads.shutdown()


@contextmanager
def running_apart() -> Iterator[Apart]:
    made = Apart()
    try:
        yield made
    finally:
        made.close()


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
        return "\n".join(
            [*told, shown, unquote(shown) if "%E" in shown else "", *self._decoded(shown), *self._packed()]
        )

    def _packed(self) -> Iterator[str]:
        """The words of every part of a Word or Excel file, which lies there packed; tags part them in the middle."""
        if self.body.startswith(b"PK"):
            with ZipFile(BytesIO(self.body)) as packed:
                for name in packed.namelist():
                    part = packed.read(name).decode("utf-8", "replace")
                    yield from (part, re.sub(r"<[^>]*>", "", part))

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
    apart: Apart
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

        self.apart.answer(self.app(scope, receive, send))  # type: ignore[arg-type]  # ASGI types are TypedDicts, these plain dicts
        return said
