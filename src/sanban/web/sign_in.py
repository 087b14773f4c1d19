"""Signing in and out. In demo mode there is one button for each demo account; elsewhere neither buttons nor route work.

A wrong password and an unknown account read the same and take as long. Too many failures are refused for a while,
for the account and for the address they come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from litestar import HttpMethod, Response
from litestar.concurrency import sync_to_thread
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

from sanban.kernel.view import Language, PageRequest, PageRoute, Redirected, Shown, first, phrase
from sanban.web.access.door import COOKIE
from sanban.web.access.sessions import LIFETIME_SECONDS
from sanban.web.binding import address_of, form_of
from sanban.web.shell import AnyRequest, Shell

WRONG = phrase("The account or the password is wrong.")
WAIT = phrase("Too many attempts. Wait a quarter of an hour, or ask the centre.")
SIGNED_OUT = phrase("You are signed out.")


@dataclass(frozen=True)
class DemoButton:
    """A demo account: its id, its title and its role in the visitor's language."""

    account: str
    title: str
    role: str


@dataclass(frozen=True)
class SignInPage:
    """The sign-in page. `next` is where to go afterwards, `fault` what was wrong with the last attempt."""

    next: str
    demo: tuple[DemoButton, ...] = ()
    account: str = ""
    fault: str = ""


def safe_path(target: str) -> str:
    """A path of this site; anything else, such as another site's address, becomes the front page."""
    parts = urlsplit(target.replace("\\", "/"))
    ours = target.startswith("/") and not parts.scheme and not parts.netloc and not target.startswith("//")
    return target if ours and target.isprintable() else "/"


def routes(shell: Shell) -> list[PageRoute]:
    """The page with the form; posting it is bound by `handlers`."""

    def shown(page: PageRequest) -> Shown:
        return Shown("web/sign_in.html", SignInPage(safe_path(page.asked("next")), _buttons(shell, page.language)))

    return [PageRoute("GET", "/sign-in", "web.sign_in", shown, public=True)]


def handlers(shell: Shell) -> Sequence[HTTPRouteHandler]:
    """The three that set or clear the session's cookie."""
    return [
        _post(shell, "/sign-in", "web.sign_in.post", _with_password(shell)),
        _post(shell, "/sign-in/demo", "web.sign_in.demo", _as_demo(shell)),
        _post(shell, "/sign-out", "web.sign_out", _out(shell)),
    ]


def _post(shell: Shell, path: str, name: str, handle: Any) -> HTTPRouteHandler:
    route = HTTPRouteHandler(
        path,
        http_method=HttpMethod.POST,
        name=name,
        include_in_schema=False,
        status_code=200,
        opt={"public": True},
        request_max_body_size=shell.settings.public_body_limit,
    )
    return route(handle)


def _with_password(shell: Shell) -> Any:
    async def sign_in(request: AnyRequest) -> Response[Any]:
        form, _ = await form_of(request)
        account, password = first(form, "account"), form.get("password", ("",))[0]
        target = safe_path(first(form, "next"))
        fault = await sync_to_thread(_attempt, shell, account, password, address_of(request))
        if not fault:
            return _enter(shell, request, shell.door.sessions.open(account, shell.clock()), target)
        say = shell.renderer.speech[shell.language(request)].say
        page = SignInPage(target, _buttons(shell, shell.language(request)), account, say(fault))
        return shell.show(request, Shown("web/sign_in.html", page, 429 if fault == WAIT else 422))

    return sign_in


def _attempt(shell: Shell, account: str, password: str, address: str) -> str:
    """What is wrong with an attempt; empty when it signs in."""
    attempts, now = shell.door.attempts, shell.clock()
    if attempts.begin(account, address, now):
        return WAIT
    if shell.door.officers.signs_in(account, password) is None:
        return WRONG
    attempts.succeeded(account, address)
    return ""


def _as_demo(shell: Shell) -> Any:
    async def sign_in_demo(request: AnyRequest) -> Response[Any]:
        form, _ = await form_of(request)
        account = shell.door.demo.get(first(form, "account"))
        if account is None:
            raise NotFoundException
        cookie = shell.door.sessions.open(account.actor.id, shell.clock(), demo=True)
        return _enter(shell, request, cookie, safe_path(first(form, "next")))

    return sign_in_demo


def _out(shell: Shell) -> Any:
    async def sign_out(request: AnyRequest) -> Response[Any]:
        session = shell.door.visitor(request).session
        if session is not None:
            await sync_to_thread(shell.door.sessions.end, session, shell.clock())
        response = shell.redirect(request, Redirected("/", SIGNED_OUT))
        response.cookies.append(shell.cookie(COOKIE, "", 0))
        return response

    return sign_out


def _enter(shell: Shell, request: AnyRequest, cookie: str, target: str) -> Response[Any]:
    response = shell.redirect(request, Redirected(target))
    response.cookies.append(shell.cookie(COOKIE, cookie, LIFETIME_SECONDS))
    return response


def _buttons(shell: Shell, language: Language) -> tuple[DemoButton, ...]:
    known = shell.door.demo.values()
    return tuple(DemoButton(each.actor.id, each.title(language), each.actor.role) for each in known)
