"""Binds surfaces in foreign formats to HTTP: raw bytes out, forms in, no cookie read and none set.

What a surface answers is its own affair; what every answer carries (security headers, bounds on what is sent, no trace
of an error) is the shell's. Forms need no token of ours: there is no session that another site could make use of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from litestar import HttpMethod, Response
from litestar.concurrency import sync_to_thread
from litestar.handlers import HTTPRouteHandler

from sanban.kernel.surface import Surface, SurfaceRequest, SurfaceRoute, Written
from sanban.web.binding import PLACEHOLDER, address_of, bounded, clean, form_of
from sanban.web.shell import AnyRequest, Shell, values_of


def bind_surface(shell: Shell, surface: Surface) -> Iterator[HTTPRouteHandler]:
    """The Litestar handlers of a surface."""
    return (_bind(shell, surface, route) for route in surface.routes)


def surface_of(surfaces: Sequence[Surface], path: str) -> Surface | None:
    """The surface that an address belongs to."""
    return next((one for one in surfaces if one.owns(path)), None)


def response_of(written: Written) -> Response[Any]:
    """The answer as it goes out."""
    return Response(
        written.content, status_code=written.status, media_type=written.media_type, headers=dict(written.headers)
    )


def _bind(shell: Shell, surface: Surface, route: SurfaceRoute) -> HTTPRouteHandler:
    async def handle(request: AnyRequest) -> Response[Any]:
        posts = route.method == "POST"
        body = await request.body() if posts else b""
        asked = SurfaceRequest(
            now=shell.clock(),
            language=shell.settings.language,
            origin=f"{request.url.scheme}://{request.url.netloc}",
            path=clean({name: (str(value),) for name, value in request.path_params.items()}),
            query=bounded(values_of(request.query_params)),
            form=(await form_of(request))[0] if posts else {},
            headers={name: request.headers.get(name, "") for name in surface.reads},
            body=hashlib.sha256(body).digest(),
            address=address_of(request),
        )
        return response_of(await sync_to_thread(route.handler, asked))

    return HTTPRouteHandler(
        PLACEHOLDER.sub(r"{\1:str}", route.path),
        http_method=HttpMethod(route.method),
        name=route.name,
        include_in_schema=False,
        status_code=200,
        request_max_body_size=surface.body_limit,
        opt={"public": True},
    )(handle)
