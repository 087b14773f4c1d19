"""The HTTP API under `/api/v1`: binds routes given as data, with real schemas in the OpenAPI document.

A handler for Litestar is made from each `ApiRoute`: its placeholders, the fields of its query struct and its body
become typed parameters, so what is sent is checked before the route's own handler is called, and the document says
what is checked. A refusal is 409, a thing that is missing 404, anything malformed 400, all as problem details.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

import msgspec
from litestar import HttpMethod, MediaType
from litestar._openapi.plugin import OpenAPIPlugin
from litestar._openapi.schema_generation.plugins.struct import StructSchemaPlugin
from litestar.concurrency import sync_to_thread
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Schema, SecurityScheme
from litestar.params import BodyKwarg, PathParameter, QueryParameter
from litestar.typing import FieldDefinition

from sanban.kernel.errors import Refused, in_words
from sanban.kernel.example import example_of
from sanban.kernel.view import Answered, ApiRequest, ApiRoute, Missing
from sanban.web.binding import (
    PLACEHOLDER,
    UNSOUND_TEXT,
    address_of,
    check_access,
    command_id_of,
    is_sound,
    is_uuid,
)
from sanban.web.faults.errors import DOCUMENT, PAGES, PROBLEM_TYPE, FieldFault, Problem, ProblemError, malformed
from sanban.web.shell import AnyRequest, Shell, status_of

PREFIX = "/api/v1"
VERSION = "1"
KEY_HEADER = "Idempotency-Key"
EXAMPLE_KEY = "0197c3e2-7b1d-7000-8000-000000000001"
BARE = "the address without parameters"
LONGEST_ID = 200
NUL_IN_JSON = b"\\u0000"
"""The one way in which the byte 0 comes in JSON; half a character does not come at all."""
ENDED = (rb"$(?!\\n)", b"$")
"""How a shape ends here, and in the document: there `$` is the end of the text, and not every reader looks ahead."""
LIMITS = ("gt", "ge", "lt", "le", "pattern", "min_length", "max_length", "description")

BEARER = (
    "`Authorization: Bearer TOKEN`. Issued with `sanban token issue --officer ACCOUNT --expires 90d --scope write`, "
    "shown once, revoked with `sanban token revoke ID`. It acts as the officer is now: role, unit, and whether they "
    "may come in. A `read` token is refused (403) where something changes. Too many wrong tokens from one address are "
    "answered 429."
)

_PROBLEMS = {
    400: "What was sent cannot be read or has wrong types",
    401: "Not signed in",
    403: "Not for this account",
    404: "There is no such thing",
    409: "Understood, and not allowed now",
    429: "Too many attempts from this address",
    503: "Too much else is asked at once",
}


class StructSchemas(StructSchemaPlugin):
    """How the document describes a struct: one that refuses unknown fields says so."""

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        schema = super().to_openapi_schema(field_definition, schema_creator)
        if field_definition.type_.__struct_config__.forbid_unknown_fields:
            schema.additional_properties = False
        return schema


class Document(JsonRenderPlugin):
    """The document, made when it is first asked for and kept as its bytes: its parts are twenty times as large."""

    _made = b""

    def render(self, request: AnyRequest, openapi_schema: dict[str, Any]) -> bytes:
        if not self._made:
            self._made = self.render_json(request, openapi_schema).replace(*ENDED)
            for part in [part for part in openapi_schema if part != "openapi"]:  # what is left says that it was made
                del openapi_schema[part]
            request.app.plugins.get(OpenAPIPlugin)._openapi = None  # noqa: SLF001 -- Litestar has no other way to let go
        return self._made


def bind_api(shell: Shell, route: ApiRoute) -> HTTPRouteHandler:
    """The Litestar handler of an operation."""
    check_access(route.name, route.roles, route.public)

    async def handle(request: AnyRequest, **sent: Any) -> Any:
        _require_known(request.query_params, route.query)
        _require_sound(sent, route.query)
        body = _strictly(await request.body(), route.request) if route.request else None
        return await sync_to_thread(_answer, shell, request, route, _asked(shell, route, request, sent, body))

    _declare(handle, route)
    return HTTPRouteHandler(
        PREFIX + PLACEHOLDER.sub(r"{\1:str}", route.path),
        http_method=HttpMethod(route.method),
        name=f"api.{route.name}",
        operation_id=route.name.replace(".", "_"),
        guards=[shell.door.guard_api(route.roles, public=route.public)],
        status_code=200,
        summary=route.summary or route.name,
        tags=[route.name.partition(".")[0]],
        responses=_responses(route),
        security=[] if route.public else [{"session": []}, {"token": []}],
        opt={"public": route.public, "query": route.query, "request": route.request, "roles": route.roles},
        request_max_body_size=shell.settings.most_bytes(route),
    )(handle)


def openapi() -> OpenAPIConfig:
    """The document at `/api/v1/openapi.json`; its reader is our own page with Swagger UI."""
    schemes: dict[str, Any] = {
        "session": SecurityScheme(type="apiKey", name="sanban_session", security_scheme_in="cookie"),
        "token": SecurityScheme(type="http", scheme="bearer", description=BEARER),
    }
    return OpenAPIConfig(
        title="Sanban",
        version=VERSION,
        path=DOCUMENT,
        render_plugins=[Document(path="/", media_type=MediaType.JSON)],
        components=Components(security_schemes=schemes),
        use_handler_docstrings=False,
    )


def problem_of(answer: Missing | Refused) -> Problem:
    """A handler's no as problem details."""
    if isinstance(answer, Missing):
        return Problem(f"{answer.what} is not here", 404, code="not_found", example=answer.example)
    title = "This cannot be done now"
    return Problem(title, status_of(answer), code=answer.reason, detail=answer.message, example=answer.example)


def _answer(shell: Shell, request: AnyRequest, route: ApiRoute, asked: ApiRequest) -> Any:
    """The handler's answer; that it is shown is kept before it is, unless anybody may ask."""
    answer = route.handler(asked)
    if isinstance(answer, (Missing, Refused)):
        raise ProblemError(problem_of(answer))
    told = answer if isinstance(answer, Answered) else Answered(answer, ())
    if not route.public:
        shell.keep_look(request, route.name, "api", told.about)
    return told.body


def _asked(shell: Shell, route: ApiRoute, request: AnyRequest, sent: dict[str, Any], body: Any) -> ApiRequest:
    now = shell.clock()
    names = [field.name for field in msgspec.structs.fields(route.query)] if route.query else []
    return ApiRequest(
        viewer=shell.door.visitor(request).actor,
        now=now,
        command_id=_key(request.headers.get(KEY_HEADER, ""), now),
        path={name: str(sent[name]) for name in PLACEHOLDER.findall(route.path)},
        query=route.query(**{name: sent[name] for name in names}) if route.query else None,
        body=body,
        address=address_of(request),
    )


def _key(given: str, now: int) -> str:
    """The caller's name for the command, a fresh one when there is none; a name that is no UUID is refused."""
    if given and not is_uuid(given):
        faults = (FieldFault(KEY_HEADER, "it is not a UUID", EXAMPLE_KEY),)
        detail = "one UUID names one command: sent again, it takes effect once"
        raise ProblemError(Problem(PAGES[400][0], 400, code="malformed", detail=detail, errors=faults))
    return command_id_of(given, now)


def _strictly(content: bytes, type_: type[msgspec.Struct]) -> msgspec.Struct:
    """The body with exactly the types it should have: the framework takes the text `"1"` for a number."""
    try:
        found = msgspec.json.decode(content, type=type_)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$.")
        field = place.rstrip("`")
        fault = FieldFault(field, in_words(message), example_of(type_, field))
        raise ProblemError(malformed(example_of(type_, ""), fault)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProblemError(malformed(example_of(type_, ""))) from error
    if NUL_IN_JSON in content:
        _require_sound(msgspec.to_builtins(found), type_)
    return found


def _require_known(sent: Iterable[str], type_: type[msgspec.Struct] | None) -> None:
    """Raises 400 with the parameters that the operation does not have: a filter that is not heard would show all."""
    known = [field.name for field in msgspec.structs.fields(type_)] if type_ is not None else []
    permitted = ", ".join(known) or "none"
    faults = [
        FieldFault(name, f"there is no such parameter; there are: {permitted}") for name in sent if name not in known
    ]
    if faults:
        whole = example_of(type_, "") if type_ is not None else ""
        raise ProblemError(malformed(whole or BARE, *faults))


def _require_sound(sent: Mapping[str, Any], type_: type[msgspec.Struct] | None) -> None:
    """Raises 400 with the texts that no store can hold; what is no field of the type stands in the path."""
    unsound = [name for name, value in sent.items() if not is_sound(value)]
    shown = {name: example_of(type_, name) if type_ is not None else "" for name in unsound}
    if unsound:
        faults = [FieldFault(name, UNSOUND_TEXT, shown[name] or EXAMPLE_KEY) for name in unsound]
        raise ProblemError(malformed("", *faults))


def _declare(handle: Any, route: ApiRoute) -> None:
    """Gives the handler the signature that Litestar checks and documents."""
    parameters = [("request", AnyRequest, inspect.Parameter.empty), *_parameters(route)]
    kind = inspect.Parameter.KEYWORD_ONLY
    handle.__signature__ = inspect.Signature(
        [inspect.Parameter(name, kind, annotation=type_, default=default) for name, type_, default in parameters],
        return_annotation=route.response,
    )
    handle.__annotations__ = {name: type_ for name, type_, _ in parameters} | {"return": route.response}


def _parameters(route: ApiRoute) -> Iterator[tuple[str, Any, Any]]:
    for name in PLACEHOLDER.findall(route.path):
        yield name, Annotated[str, PathParameter(max_length=LONGEST_ID)], inspect.Parameter.empty
    for field in msgspec.structs.fields(route.query) if route.query else ():
        default = inspect.Parameter.empty if field.required else field.default
        yield field.name, _query_type(field.type), default
    if route.request is not None:
        yield "data", _annotated(route.request, BodyKwarg(media_type=RequestEncodingType.JSON)), inspect.Parameter.empty


def _annotated(type_: Any, note: Any) -> Any:
    annotated: Any = Annotated
    return annotated[type_, note]


def _query_type(type_: Any) -> Any:
    """A struct field's type with its limits and words in the form that the document is made from."""
    notes = [note for note in getattr(type_, "__metadata__", ()) if isinstance(note, msgspec.Meta)]
    limits = {name: value for note in notes for name in LIMITS if (value := getattr(note, name)) is not None}
    return _annotated(type_.__origin__ if notes else type_, QueryParameter(**limits))


def _responses(route: ApiRoute) -> dict[int, ResponseSpec]:
    statuses = [400, 404, 409, 429, 503] if route.public else list(_PROBLEMS)
    return {
        status: ResponseSpec(Problem, generate_examples=False, description=_PROBLEMS[status], media_type=PROBLEM_TYPE)
        for status in statuses
    }
