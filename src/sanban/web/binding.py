"""Binds a slice's pages to HTTP: decodes what was sent, calls the handler in a worker thread, renders its answer."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from litestar import HttpMethod, Response
from litestar.concurrency import sync_to_thread
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from litestar.handlers import HTTPRouteHandler

from sanban.kernel.errors import SanbanError
from sanban.kernel.view import PageRequest, PageRoute, Values
from sanban.web.shell import AnyRequest, Shell, fresh_id, values_of

FORM_TYPES = {RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART}
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def bind_page(shell: Shell, route: PageRoute) -> HTTPRouteHandler:
    """The Litestar handler of a page."""
    check_access(route.name, route.roles, route.public)

    async def handle(request: AnyRequest) -> Response[Any]:
        form = await form_of(request) if route.method == "POST" else {}
        asked = PageRequest(
            viewer=shell.door.visitor(request).actor,
            language=shell.language(request),
            now=shell.clock(),
            command_id=_command_id(form, shell.clock()),
            path=_clean({name: (str(value),) for name, value in request.path_params.items()}),
            query=_bounded(values_of(request.query_params)),
            form=form,
            partial=request.headers.get("HX-Target", "") if "HX-Request" in request.headers else "",
            address=address_of(request),
        )
        return await sync_to_thread(lambda: shell.answer(request, route.handler(asked)))

    return HTTPRouteHandler(
        PLACEHOLDER.sub(r"{\1:str}", route.path),
        http_method=HttpMethod(route.method),
        name=route.name,
        guards=[shell.door.guard(route.roles, public=route.public)],
        include_in_schema=False,
        status_code=200,
        opt={"public": route.public},
    )(handle)


def check_access(name: str, roles: frozenset[Any], public: bool) -> None:
    """Raises `SanbanError` when a route says nobody, or both somebody and everybody, may come in."""
    if bool(roles) == public:
        raise SanbanError(
            f"the route {name} must name its roles or be public, not both and not neither",
            'PageRoute("GET", "/queue", "handling.queue", queue, roles=frozenset({"handler"}))',
        )


def command_id_of(given: str, now: int) -> str:
    """What the caller calls its command, when that is a UUID; else a fresh one."""
    try:
        return str(UUID(given))
    except ValueError:
        return fresh_id(now)


def address_of(request: AnyRequest) -> str:
    """Where a request came from; '' when that is not known."""
    return request.client.host if request.client else ""


def _command_id(form: Values, now: int) -> str:
    return command_id_of(form.get("command_id", ("",))[0], now)


async def form_of(request: AnyRequest) -> Values:
    """The fields of a form. Raises 400 for files and for the byte 0, which no form of ours sends."""
    if request.content_type[0] not in FORM_TYPES:
        return {}
    sent = await request.form()
    pairs = list(sent.multi_items())
    if not all(isinstance(value, str) for _, value in pairs):
        raise ClientException("files are not taken here")
    return _bounded({name: tuple(value for key, value in pairs if key == name) for name, _ in pairs})


def _bounded(values: Values) -> Values:
    if any("\x00" in value for several in values.values() for value in several):
        raise ClientException("a text holds the byte 0")
    return values


def _clean(values: Values) -> dict[str, str]:
    return {name: several[0] for name, several in _bounded(values).items()}
