"""The door: who is asking, and may they come in. Deny by default.

A visitor is known by the session cookie, or for the API by a bearer token; anybody else is `ANONYMOUS`. Role and unit
come from the officers' file (or the demo accounts) at each request, never from the cookie. Files are read again only
when they have changed, so a guard answers at once, without a thread of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException, TooManyRequestsException
from litestar.handlers import BaseRouteHandler

from sanban.kernel.permission import Actor, Role
from sanban.kernel.view import ANONYMOUS, Language
from sanban.web.access.attempts import Attempts
from sanban.web.access.officers import Officers
from sanban.web.access.sessions import Session, Sessions

COOKIE = "sanban_session"
API_HEADER = "X-Sanban-Request"

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]


@dataclass(frozen=True)
class DemoAccount:
    """An account of the demo, entered without a password; only in demo mode. Titles are in both languages."""

    actor: Actor
    zh: str
    en: str

    def title(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Visitor:
    """Who is asking. `session` is None for a program with a token and for anybody not signed in.

    `reads_only`: a program whose token changes nothing.
    """

    actor: Actor = ANONYMOUS
    signed_in: bool = False
    title: tuple[str, str] = ("", "")
    session: Session | None = None
    reads_only: bool = False

    def name(self, language: Language) -> str:
        """What the pages call the account."""
        return self.title[0 if language == "zh" else 1] or self.actor.id


NOBODY = Visitor()


class Door:
    """Knows visitors. `demo` is empty outside demo mode, whatever it is given."""

    def __init__(
        self, officers: Officers, sessions: Sessions, demo: Sequence[DemoAccount], mode: str, clock: Callable[[], int]
    ) -> None:
        self.officers = officers
        self.sessions = sessions
        self.attempts = Attempts()
        self.wrong_tokens = Attempts()
        self.demo = {account.actor.id: account for account in demo} if mode == "demo" else {}
        self._clock = clock

    def visitor(self, connection: Connection) -> Visitor:
        """Who is asking; looked up once for each request."""
        state = connection.scope["state"]
        if "visitor" not in state:
            state["visitor"] = self._by_cookie(connection) or self._by_token(connection) or NOBODY
        found: Visitor = state["visitor"]
        return found

    def guard(self, roles: frozenset[Role], *, public: bool) -> Guard:
        """Lets in those roles, or everybody; raises 401 for someone not signed in and 403 for another role."""

        async def enter(connection: Connection, _handler: BaseRouteHandler) -> None:
            self._let_in(connection, roles, public=public)

        return enter

    def guard_api(self, roles: frozenset[Role], *, public: bool) -> Guard:
        """As `guard`; a browser's session that writes must also send a header that no other site can make it send."""

        async def enter_api(connection: Connection, _handler: BaseRouteHandler) -> None:
            self._let_in(connection, roles, public=public)
            writes = connection.scope["method"] not in {"GET", "HEAD"}  # type: ignore[typeddict-item]  # HTTP only
            if writes and self.visitor(connection).reads_only:
                raise PermissionDeniedException(detail="scope")
            if writes and self.visitor(connection).session and API_HEADER not in connection.headers:
                raise PermissionDeniedException(detail="header")

        return enter_api

    def _let_in(self, connection: Connection, roles: frozenset[Role], *, public: bool) -> None:
        visitor = self.visitor(connection)
        if not public and not visitor.signed_in:
            raise NotAuthorizedException
        if not public and visitor.actor.role not in roles:
            raise PermissionDeniedException(detail="role")

    def _by_cookie(self, connection: Connection) -> Visitor | None:
        cookie = connection.cookies.get(COOKIE, "")
        session = self.sessions.read(cookie, self._clock()) if cookie else None
        if session is None:
            return None
        return self._of_demo(session) if session.demo else self._of_officer(session.account, session)

    def _by_token(self, connection: Connection) -> Visitor | None:
        scheme, _, token = connection.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not connection.scope["path"].startswith("/api/"):
            return None
        now, address = self._clock(), connection.client.host if connection.client else ""
        found = self.officers.of_token(token.strip(), now)
        if found is not None:
            officer, known = found
            title = (officer.title, officer.title)
            return Visitor(officer.actor, signed_in=True, title=title, reads_only=known.scope == "read")
        if self.wrong_tokens.begin(address, address, now):
            raise TooManyRequestsException
        return None

    def _of_demo(self, session: Session) -> Visitor | None:
        account = self.demo.get(session.account)
        if account is None:
            return None
        return Visitor(account.actor, signed_in=True, title=(account.zh, account.en), session=session)

    def _of_officer(self, account: str, session: Session) -> Visitor | None:
        officer = self.officers.find(account)
        if officer is None or officer.disabled or session.opened_at < officer.sessions_from:
            return None
        return Visitor(officer.actor, signed_in=True, title=(officer.title, officer.title), session=session)
