"""Puts the web shell together: pages and API as data in, an ASGI application out.

    create_app(settings, pages, api, demo=..., clock=...) -> Litestar

`pages` and `api` come from the slices, already holding their services. Everything a browser is told about security is
here: the content policy allows nothing inline and nothing from elsewhere.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import structlog
from litestar import Litestar
from litestar.config.csrf import CSRFConfig
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from litestar.types import Message, Scope

from sanban.kernel.surface import Surface
from sanban.kernel.view import ApiRoute, Looked, PageRoute, Waits, not_kept
from sanban.web import front, sign_in
from sanban.web.access.door import DemoAccount, Door
from sanban.web.access.officers import Officers
from sanban.web.access.origin import Origins
from sanban.web.access.sessions import Sessions
from sanban.web.api import StructSchemas, bind_api, openapi
from sanban.web.binding import bind_page, keep_no_forms
from sanban.web.faults import errors
from sanban.web.files import StaticFiles
from sanban.web.marking import HEADER, header, of_scope
from sanban.web.rendering import PACKAGE, Renderer
from sanban.web.shell import Shell, WebSettings
from sanban.web.surface import bind_surface

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
}
DEFAULTS = {"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store"}
"""What an answer may loosen: a public surface is read by pages of other sites, static files are kept."""

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]

log = structlog.get_logger("sanban.web")


class Application(Litestar):
    """The application; HEAD is answered as GET is, without the body."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        """Structs alone: what Litestar adds for other libraries' models would load those libraries for nothing."""
        return [*plugins, MsgspecDIPlugin()]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await super().__call__(scope, receive, send)
            return

        async def without_body(message: Any) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        asked: Any = {**scope, "method": "GET"}
        await super().__call__(asked, receive, without_body)


def wall_clock() -> int:
    """Now, in microseconds UTC."""
    return time.time_ns() // 1000


def create_app(
    settings: WebSettings,
    pages: Sequence[PageRoute] = (),
    api: Sequence[ApiRoute] = (),
    *,
    surfaces: Sequence[Surface] = (),
    waits: Sequence[Waits] = (),
    demo: Sequence[DemoAccount] = (),
    clock: Callable[[], int] = wall_clock,
    lifespan: Sequence[Lifespan] = (),
    packages: Sequence[Path] = (PACKAGE,),
    looked: Looked = not_kept,
) -> Litestar:
    """The application; raises `SanbanError` for a route that says nobody may use it, or a home that cannot be read.

    `surfaces` answer in formats that others have set; `waits` fill the front page. `demo` accounts count only in demo
    mode. `lifespan` is run around serving, e.g. for timers and reactions. Templates and catalogues are found in the
    `packages`, in `SLICE/templates` and `SLICE/locale`. `looked` keeps what those who are signed in are shown.
    """
    keep_no_forms()
    files = StaticFiles()
    if not files.laid:
        log.warning("browser_libraries_missing", cure="npm ci && python tools/lay_static.py")
    sessions = Sessions(settings.home)
    door = Door(Officers(settings.home), sessions, demo, settings.mode, clock)
    every_page = [*pages, *front.routes(pages, waits)]
    shell = Shell(settings, door, Renderer(files, settings.zone, packages), every_page, clock, looked)
    every_page += sign_in.routes(shell)
    return Application(
        route_handlers=[
            *(bind_page(shell, route) for route in every_page),
            *(bind_api(shell, route) for route in api),
            *(bound for surface in surfaces for bound in bind_surface(shell, surface)),
            *sign_in.handlers(shell),
            *front.handlers(files),
        ],
        exception_handlers=errors.handlers(shell, surfaces),
        csrf_config=_csrf(settings, sessions, surfaces),
        middleware=[Origins(settings.trusted_proxy).middleware],
        before_send=[_secure_headers(settings, clock)],
        openapi_config=openapi(),
        plugins=[StructSchemas()],
        request_max_body_size=settings.body_limit,
        lifespan=list(lifespan),
        logging_config=None,
        debug=False,
    )


def _csrf(settings: WebSettings, sessions: Sessions, surfaces: Sequence[Surface]) -> CSRFConfig:
    """Every form carries a token; the API has no cookies to abuse without its own header, see `Door.guard_api`."""
    return CSRFConfig(
        secret=sessions.form_secret,
        cookie_name="sanban_form",
        cookie_httponly=True,
        cookie_secure=settings.secure,
        cookie_samesite="lax",
        exclude=["^/api/", "^/static/", "^/healthz", *(f"^{re.escape(surface.prefix)}(/|$)" for surface in surfaces)],
    )


def _secure_headers(settings: WebSettings, clock: Callable[[], int]) -> Any:
    """Puts our headers on every answer, whatever it says itself; but the defaults only where it says nothing."""
    forced = _encoded(HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if settings.secure else {}))
    defaults = _encoded(DEFAULTS)

    async def add(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            mark = of_scope(scope, clock(), settings.zone)
            ours = forced | _encoded({HEADER: header(mark)}) if mark else forced
            theirs = [(name.lower(), value) for name, value in message["headers"] if name.lower() not in ours]
            told = {name for name, _ in theirs}
            unsaid = (one for one in defaults.items() if one[0] not in told)
            message["headers"] = [*theirs, *ours.items(), *unsaid]

    return add


def _encoded(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    return {name.lower().encode("latin-1"): value.encode("latin-1") for name, value in headers.items()}
