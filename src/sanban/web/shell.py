"""What all pages share: who is asking, in which language, and how an answer becomes a response.

Language and text size are chosen by `?lang=` and `?size=` and kept in cookies. Answers to htmx (which asks with
`HX-Request`) go the same way; only a redirect becomes its `HX-Redirect`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.template.base import csrf_token

from sanban.kernel.errors import Refused
from sanban.kernel.view import (
    LATER,
    ApiRoute,
    Download,
    Language,
    Look,
    Looked,
    Missing,
    PageAnswer,
    PageRoute,
    Redirected,
    Shown,
    Values,
    about_of,
    not_kept,
)
from sanban.web.access.door import Door, Visitor
from sanban.web.marking import mark_of, marked, of_scope
from sanban.web.rendering import MenuItem, Renderer, Site

UNREADABLE = frozenset({"bad_cursor", "no_month_or_week"})
"""Refusals of an address that cannot be read, whenever it is asked."""
RETRY_AFTER: Mapping[int, str] = MappingProxyType({429: "900", 503: "60"})
"""Seconds after which a refusal of this status may be over."""
YEAR = 365 * 24 * 3600

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class WebSettings:
    """What the shell must know of the deployment.

    `secure`: served over HTTPS; `body_limit` and `public_body_limit` in bytes, the latter for whoever is not signed
    in; `trusted_proxy`: networks whose word on origins is taken.
    """

    home: Path
    mode: str = "demo"
    district: str = ""
    language: Language = "zh"
    zone: str = "Asia/Shanghai"
    secure: bool = False
    body_limit: int = 1_048_576
    public_body_limit: int = 65_536
    trusted_proxy: tuple[str, ...] = ()

    def most_bytes(self, route: PageRoute | ApiRoute) -> int:
        """What a route takes at once: what it says itself, else what its visitors may send."""
        return route.body_limit or (self.public_body_limit if route.public else self.body_limit)


@dataclass(frozen=True)
class ErrorPage:
    """What went wrong, what to do next; perhaps a valid example, a reference for the log, the kernel's own words."""

    title: str
    advice: str
    status: int
    example: str = ""
    reference: str = ""
    detail: str = ""


class Shell:
    """What all pages share: who is asking, in which language, and how an answer becomes a response."""

    def __init__(
        self,
        settings: WebSettings,
        door: Door,
        renderer: Renderer,
        routes: Sequence[PageRoute],
        clock: Callable[[], int],
        looked: Looked = not_kept,
    ) -> None:
        self.settings = settings
        self.looked = looked
        self.door = door
        self.renderer = renderer
        self.clock = clock
        self._menu = sorted((route for route in routes if route.menu), key=lambda route: (route.order, route.path))

    def language(self, request: ASGIConnection[Any, Any, Any, Any]) -> Language:
        """The one asked for, else the one chosen before, else the deployment's."""
        for asked in (request.query_params.get("lang"), request.cookies.get("lang")):
            if asked in {"zh", "en"}:
                return "zh" if asked == "zh" else "en"
        return self.settings.language

    def keep_look(
        self, request: AnyRequest, page: str, way: Literal["page", "api", "file"], about: tuple[str, ...] = ()
    ) -> None:
        """Keeps that somebody signed in is about to be shown something; nothing is shown that could not be kept.

        One look for what the address names and for each of `about`, or one for a list that is about nothing.
        """
        visitor = self.door.visitor(request)
        if visitor.signed_in:
            who, named = visitor.actor, about_of(request.path_params)
            for each in dict.fromkeys(filter(None, (named, *about))) or ("",):
                self.looked(Look(self.clock(), who.id, who.role, who.unit, page, each, way))

    def site(self, request: AnyRequest) -> Site:
        """What this request's page is told."""
        visitor, language, now = self.door.visitor(request), self.language(request), self.clock()
        notice = request.cookies.get("notice", "")
        return Site(
            viewer=visitor.actor,
            signed_in=visitor.signed_in,
            mark=mark_of(visitor.actor, now, self.settings.zone) if visitor.signed_in else "",
            account=visitor.name(language) if visitor.signed_in else "",
            language=language,
            now=now,
            district=self.settings.district,
            mode=self.settings.mode,
            here=request.url.path if request.method == "GET" else "",
            query=values_of(request.query_params) if request.method == "GET" else {},
            large=_large(request),
            menu=self._menu_of(visitor, language, request.url.path),
            csrf=csrf_token({"request": request}),
            command_id=fresh_id(now),
            notice=self.door.sessions.open_notice(notice, now) if notice else "",
        )

    def show(self, request: AnyRequest, shown: Shown) -> Response[Any]:
        """A page as a response, with the cookies that its query asked for."""
        site = self.site(request)
        html = self.renderer.page(shown.template, shown.context, site)
        headers = again_after(shown.status)
        response = Response(html, status_code=shown.status, media_type="text/html", headers=headers)
        if "lang" in request.query_params:
            response.cookies.append(self.cookie("lang", site.language, YEAR))
        if "size" in request.query_params:
            response.cookies.append(self.cookie("size", "large" if site.large else "normal", YEAR))
        if request.cookies.get("notice"):
            response.cookies.append(self.cookie("notice", "", 0))
        return response

    def answer(self, request: AnyRequest, answer: PageAnswer) -> Response[Any]:
        """What a handler said, as a response."""
        match answer:
            case Shown():
                return self.show(request, answer)
            case Redirected():
                return self.redirect(request, answer)
            case Download():
                return _download(answer, of_scope(request.scope, self.clock(), self.settings.zone))
            case Missing():
                return self.show(request, Shown("web/error.html", self._missing(request, answer), 404))
            case Refused():
                page = self._refused(request, answer)
                return self.show(request, Shown("web/error.html", page, page.status))

    def redirect(self, request: AnyRequest, redirected: Redirected) -> Response[Any]:
        """On to another page; htmx is told in its own way, for it would put that page into this one."""
        to = redirected.path
        if "HX-Request" in request.headers:
            response = Response("", status_code=200, media_type="text/html", headers={"HX-Redirect": to})
        else:
            response = Response("", status_code=303, media_type="text/html", headers={"Location": to})
        if redirected.notice:
            said = self.renderer.speech[self.language(request)].say(redirected.notice)
            sealed = self.door.sessions.seal_notice(said, self.clock())
            response.cookies.append(self.cookie("notice", sealed, 60))
        return response

    def cookie(self, key: str, value: str, max_age: int) -> Cookie:
        """One of our cookies: not for scripts, not for other sites."""
        return Cookie(
            key=key, value=value, max_age=max_age, path="/", httponly=True, samesite="lax", secure=self.settings.secure
        )

    def _menu_of(self, visitor: Visitor, language: Language, path: str) -> tuple[MenuItem, ...]:
        """Officers have their own pages in the bar; what is open to everybody stands on their front page too."""
        say = self.renderer.speech[language].say
        officer = visitor.signed_in and visitor.actor.role != "requester"
        return tuple(
            MenuItem(say(route.menu), route.path, route.icon, path == route.path)
            for route in self._menu
            if (route.public and (not officer or route.path == "/"))
            or (visitor.signed_in and visitor.actor.role in route.roles)
        )

    def _missing(self, request: AnyRequest, missing: Missing) -> ErrorPage:
        speech = self.renderer.speech[self.language(request)]
        title = speech.say("%(what)s is not here", what=speech.say(missing.what))
        advice = speech.say("It does not exist, or this account may not see it. Check the number or start from a list.")
        return ErrorPage(title, advice, 404, missing.example)

    def _refused(self, request: AnyRequest, refused: Refused) -> ErrorPage:
        speech = self.renderer.speech[self.language(request)]
        title = speech.say("This cannot be done now")
        said = speech.refusal(refused)
        detail = refused.message if said != refused.message else ""
        return ErrorPage(title, said, status_of(refused), refused.example, detail=detail)


def status_of(refused: Refused) -> int:
    """409, or 429 where it is about how often, 503 where it is about how much else is asked; 400 of `UNREADABLE`."""
    return 400 if refused.reason in UNREADABLE else LATER.get(refused.reason, 409)


def again_after(status: int) -> dict[str, str]:
    """The header that says when to try again, for what may be over by then."""
    return {"Retry-After": RETRY_AFTER[status]} if status in RETRY_AFTER else {}


def fresh_id(now: int) -> str:
    """A new UUIDv7 for an instant in microseconds UTC. Source: RFC 9562, section 5.7."""
    value = (now // 1000) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return str(UUID(int=value))


def values_of(params: Any) -> Values:
    found: dict[str, list[str]] = {}
    for name, value in params.multi_items():
        found.setdefault(str(name), []).append(str(value))
    return {name: tuple(values) for name, values in found.items()}


def _large(request: AnyRequest) -> bool:
    return (request.query_params.get("size") or request.cookies.get("size")) == "large"


def _download(download: Download, mark: str) -> Response[Any]:
    way = "inline" if download.inline else "attachment"
    headers = {"Content-Disposition": f"{way}; filename*=UTF-8''{quote(download.name)}"}
    return Response(
        marked(download, mark) if mark else download.content, media_type=download.media_type, headers=headers
    )
