"""Binds a slice's pages to HTTP: decodes what was sent, calls the handler in a worker thread, renders its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from typing import Any
from uuid import UUID

from litestar import HttpMethod, Response
from litestar.concurrency import sync_to_thread
from litestar.connection import request as parsing
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from litestar.handlers import HTTPRouteHandler

from sanban.kernel.errors import SanbanError
from sanban.kernel.view import Download, PageAnswer, PageRequest, PageRoute, Shown, Upload, Values
from sanban.web.shell import AnyRequest, Shell, fresh_id, values_of

FORM_TYPES = {RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART}
LONGEST_NAME = 255
MOST_FIELDS = 400
PARSE = "parse_url_encoded_form_data"
UNSOUND = re.compile("[\x00\ud800-\udfff]")
UNSOUND_TEXT = "a text holds the byte 0, or half a character"
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def bind_page(shell: Shell, route: PageRoute) -> HTTPRouteHandler:
    """The Litestar handler of a page."""
    check_access(route.name, route.roles, route.public)

    async def handle(request: AnyRequest) -> Response[Any]:
        form, files = await form_of(request, route.files) if route.method == "POST" else ({}, ())
        asked = PageRequest(
            viewer=shell.door.visitor(request).actor,
            language=shell.language(request),
            now=shell.clock(),
            command_id=_command_id(form, shell.clock()),
            path=clean({name: (str(value),) for name, value in request.path_params.items()}),
            query=bounded(values_of(request.query_params)),
            form=form,
            files=files,
            partial=request.headers.get("HX-Target", "") if "HX-Request" in request.headers else "",
            address=address_of(request),
        )
        return await sync_to_thread(lambda: shell.answer(request, _looked_at(shell, request, route, asked)))

    return HTTPRouteHandler(
        PLACEHOLDER.sub(r"{\1:str}", route.path),
        http_method=HttpMethod(route.method),
        name=route.name,
        guards=[shell.door.guard(route.roles, public=route.public)],
        include_in_schema=False,
        status_code=200,
        opt={"public": route.public},
        request_max_body_size=shell.settings.most_bytes(route),
    )(handle)


def _looked_at(shell: Shell, request: AnyRequest, route: PageRoute, asked: PageRequest) -> PageAnswer:
    """The handler's answer; that it is shown is kept before it is, unless anybody may come in here."""
    answer = route.handler(asked)
    if not route.public and isinstance(answer, Shown):
        shell.keep_look(request, route.name, "page", answer.about)
    if not route.public and isinstance(answer, Download):
        shell.keep_look(request, route.name, "file")
    return answer


def check_access(name: str, roles: frozenset[Any], public: bool) -> None:
    """Raises `SanbanError` when a route says nobody, or both somebody and everybody, may come in."""
    if bool(roles) == public:
        raise SanbanError(
            f"the route {name} must name its roles or be public, not both and not neither",
            'PageRoute("GET", "/queue", "handling.queue", queue, roles=frozenset({"handler"}))',
        )


def command_id_of(given: str, now: int) -> str:
    """What the caller calls its command, when that is a UUID; else a fresh one."""
    return str(UUID(given)) if is_uuid(given) else fresh_id(now)


def is_uuid(given: str) -> bool:
    """Whether a text is a UUID in any of its spellings."""
    try:
        UUID(given)
    except ValueError:
        return False
    return True


def address_of(request: AnyRequest) -> str:
    """Where a request came from; '' when that is not known."""
    return request.client.host if request.client else ""


def _command_id(form: Values, now: int) -> str:
    return command_id_of(form.get("command_id", ("",))[0], now)


def keep_no_forms() -> None:
    """The framework keeps the last thousand bodies it has parsed; what people send is kept in the vault alone."""
    parse = getattr(parsing, PARSE)
    setattr(parsing, PARSE, getattr(parse, "__wrapped__", parse))


async def form_of(request: AnyRequest, most_files: int = 0) -> tuple[Values, tuple[Upload, ...]]:
    """The fields of a form, and its files. Raises 400 for more files than are taken, and for a text that is unsound."""
    if request.content_type[0] not in FORM_TYPES:
        return {}, ()
    try:
        sent = list((await request.form()).multi_items())
    except (LookupError, UnicodeError) as error:
        raise ClientException("a part of the form is not written in the encoding that it names") from error
    if len(sent) > MOST_FIELDS:
        raise ClientException(f"a form has at most {MOST_FIELDS} fields")
    texts = [(name, value) for name, value in sent if isinstance(value, str)]
    given = [value for _, value in sent if isinstance(value, UploadFile)]
    if len(given) > most_files or len(texts) + len(given) < len(sent):
        raise ClientException("more files than are taken here" if most_files else "files are not taken here")
    files = tuple([Upload(one.filename[:LONGEST_NAME], await one.read()) for one in given])
    values: dict[str, list[str]] = {}
    for name, value in texts:
        values.setdefault(name, []).append(value)
    return bounded({name: tuple(several) for name, several in values.items()}), tuple(
        one for one in files if one.name or one.content
    )


def bounded(values: Values) -> Values:
    """The values; raises 400 for a text that no store can hold."""
    if not is_sound(values):
        raise ClientException(UNSOUND_TEXT)
    return values


def is_sound(value: Any) -> bool:
    """Whether every text in plain data can be stored: none holds the byte 0, nor half a character."""
    if isinstance(value, str):
        return UNSOUND.search(value) is None
    if isinstance(value, Mapping):
        return all(is_sound(each) for pair in value.items() for each in pair)
    return all(map(is_sound, value)) if isinstance(value, Sequence | Set) and not isinstance(value, bytes) else True


def clean(values: Values) -> dict[str, str]:
    """The first value of each name."""
    return {name: several[0] for name, several in bounded(values).items()}
