"""The pages that belong to no slice: the front page, the API's documentation, and the health check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import HttpMethod, MediaType, Response
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

from sanban.kernel.view import ANONYMOUS, PageRequest, PageRoute, Shown, Waiting, Waits, phrase
from sanban.web.binding import PLACEHOLDER
from sanban.web.files import StaticFiles
from sanban.web.shell import AnyRequest

API_DOCS = "/api-docs"


@dataclass(frozen=True)
class Way:
    """A way on from the front page."""

    title: str
    path: str
    icon: str


@dataclass(frozen=True)
class FrontPage:
    """The front page: what waits for this visitor, and ways on that are open to them."""

    waiting: tuple[Waiting, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class ApiDocsPage:
    """The API's documentation: where its document stands."""

    document: str


def routes(pages: Sequence[PageRoute], waits: Sequence[Waits] = ()) -> list[PageRoute]:
    """The front page, which says what `waits` and leads to those of `pages` with a menu; the API's documentation."""
    docs = PageRoute(
        "GET", API_DOCS, "web.api_docs", _docs, public=True, menu=phrase("API"), icon="settings", order=900
    )
    listed = sorted((route for route in (*pages, docs) if route.menu), key=lambda route: route.order)

    def front(page: PageRequest) -> Shown:
        opened = [route for route in listed if route.public or page.viewer.role in route.roles]
        found = (of(page.viewer, page.now) for of in waits) if page.viewer != ANONYMOUS else ()
        waiting = tuple(one for one in found if one is not None)
        there = {one.path for one in waiting}
        ways = tuple(Way(each.menu, each.path, each.icon) for each in opened if each.path not in there)
        return Shown("web/front.html", FrontPage(waiting, ways))

    return [PageRoute("GET", "/", "web.front", front, public=True, menu=phrase("Start"), icon="home", order=0), docs]


def handlers(files: StaticFiles) -> list[HTTPRouteHandler]:
    """The health check and the static files."""

    async def healthz() -> str:
        return "ok\n"

    async def static(request: AnyRequest) -> Response[Any]:
        return _static(files, request)

    async def worker(request: AnyRequest) -> Response[Any]:
        """Its address is the reach of what it may answer for: the pages of findings, and those of a shift."""
        request.path_params["name"] = "worker.js"
        return _static(files, request)

    return [
        _get("/healthz", "web.healthz")(healthz),
        _get("/static/{name:path}", "web.static")(static),
        _get("/findings/worker.js", "web.worker")(worker),
        _get("/shift/worker.js", "web.worker_of_shift")(worker),
    ]


def _get(path: str, name: str) -> HTTPRouteHandler:
    return HTTPRouteHandler(
        PLACEHOLDER.sub(r"{\1:str}", path),
        http_method=HttpMethod.GET,
        name=name,
        include_in_schema=False,
        media_type=MediaType.TEXT,
        opt={"public": True},
    )


def _static(files: StaticFiles, request: AnyRequest) -> Response[Any]:
    file = files.get(str(request.path_params["name"]).lstrip("/"))
    if file is None:
        raise NotFoundException
    headers = file.headers(request.query_params.get("v", ""))
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return Response(None, status_code=304, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return Response(file.compressed, media_type=file.media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(file.content, media_type=file.media_type, headers=headers)


def _docs(_page: PageRequest) -> Shown:
    return Shown("web/api_docs.html", ApiDocsPage("/api/v1/openapi.json"))
