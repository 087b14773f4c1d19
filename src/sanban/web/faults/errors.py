"""What a visitor sees when something goes wrong: a small page with what to do next, or problem details for programs.

Never a traceback: an unexpected failure gets a reference that stands in the log beside the error's kind and place.
Source of the JSON form: RFC 9457.
"""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import structlog
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from sanban.kernel.errors import BusyError, in_words
from sanban.kernel.example import example_of
from sanban.kernel.surface import Surface
from sanban.kernel.view import Redirected, Shown, phrase
from sanban.web.shell import AnyRequest, ErrorPage, Shell, again_after
from sanban.web.surface import response_of, surface_of

API = "/api/"
TRACED = 8
"""So many frames of an error go into the log, the innermost."""
BODY = "data"
"""What Litestar calls a whole body that is wrong; of one that is missing it says no more than that."""
PROBLEM_TYPE = "application/problem+json"
DOCUMENT = "/api/v1/openapi.json"
EXAMPLE_ID = "0197c3e2-7b1d-7000-8000-000000000001"
LATER = "the same again in a quarter of an hour"
SHORTER = "a shorter text, or a smaller file"

PAGES: dict[int, tuple[str, str]] = {
    400: (phrase("This request cannot be read"), phrase("Go back and fill in the form again.")),
    401: (phrase("Please sign in"), phrase("Sign in, then send the form again: nothing has been saved.")),
    403: (phrase("This is not open to this account"), phrase("Sign in with another account, or ask the centre.")),
    404: (phrase("There is no such page"), phrase("Check the address, or start from the front page.")),
    405: (phrase("This page cannot be used like that"), phrase("Start from the front page.")),
    413: (phrase("This is too much at once"), phrase("Send less, for example a shorter text or a smaller file.")),
    429: (phrase("Too many attempts"), phrase("Wait a quarter of an hour, or ask the centre.")),
    500: (
        phrase("Something went wrong on our side"),
        phrase("Nothing was lost. Try again; give the reference if you ask."),
    ),
    503: (phrase("This takes longer than usual"), phrase("Nothing was lost. Try again in a minute.")),
}
EXPIRED = (phrase("This form has expired"), phrase("Go back, load the page again and send the form once more."))

log = structlog.get_logger("sanban.web")


class FieldFault(msgspec.Struct, frozen=True, omit_defaults=True):
    """A field that is wrong, why, and what it would take."""

    field: str
    message: str
    example: str = ""


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Problem details of the API (RFC 9457). `code` is stable; `example` shows what would be accepted."""

    title: str
    status: int
    type: str = "about:blank"
    code: str = ""
    detail: str = ""
    example: str = ""
    errors: tuple[FieldFault, ...] = ()
    reference: str = ""


def malformed(example: str, *faults: FieldFault) -> Problem:
    """The problem of what cannot be read; the whole of a valid `example` where no field has one of its own."""
    shown = "" if any(fault.example for fault in faults) else example
    detail = f"see the schema in {DOCUMENT}"
    return Problem(PAGES[400][0], 400, code="malformed", detail=detail, example=shown, errors=faults)


class ProblemError(HTTPException):
    """Raised where an API answer is a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(status_code=problem.status, detail=problem.title)
        self.problem = problem


def handlers(shell: Shell, surfaces: Sequence[Surface] = ()) -> ExceptionHandlersMap:
    """How every failure is answered: on a surface in its own format, in the API as problem details, else as a page."""

    def known(request: AnyRequest, error: HTTPException) -> Response[Any]:
        surface = surface_of(surfaces, request.url.path)
        if surface is not None:
            return response_of(surface.fault(request.url.path, error.status_code, ""))
        if request.url.path.startswith(API):
            return problem_response(_problem(error, request.scope), _headers(error))
        if error.status_code == 401 and request.method == "GET":
            return shell.redirect(request, Redirected("/sign-in?" + urlencode({"next": _target(request)})))
        response = shell.show(request, Shown("web/error.html", _page(shell, request, error), error.status_code))
        response.headers.update(_headers(error))
        return response

    def unexpected(request: AnyRequest, error: Exception) -> Response[Any]:
        reference = secrets.token_hex(4)
        log.error("request_failed", reference=reference, method=request.method, **traced(error))
        surface = surface_of(surfaces, request.url.path)
        if surface is not None:
            return response_of(surface.fault(request.url.path, 500, reference))
        if request.url.path.startswith(API):
            return problem_response(Problem(*_title(500), code="failed", detail=PAGES[500][1], reference=reference))
        speech = shell.renderer.speech[shell.language(request)]
        page = ErrorPage(speech.say(PAGES[500][0]), speech.say(PAGES[500][1]), 500, reference=reference)
        return shell.show(request, Shown("web/error.html", page, 500))

    def unreadable(request: AnyRequest, error: Exception) -> Response[Any]:
        """A body that is no text, or nested beyond measure."""
        del error
        return known(request, HTTPException(status_code=400))

    def busy(request: AnyRequest, error: BusyError) -> Response[Any]:
        """What it waits for is logged, and not told: it is not the visitor's to mend."""
        log.warning("request_put_off", method=request.method, cause=error.message)
        problem = Problem(*_title(503), code="busy", detail=PAGES[503][1], example=error.example)
        return known(request, ProblemError(problem))

    return {
        HTTPException: known,
        BusyError: busy,
        UnicodeDecodeError: unreadable,
        RecursionError: unreadable,
        Exception: unexpected,
    }


def traced(error: BaseException) -> dict[str, object]:
    """What a log may say of an error: its kind and where it came from. Never its message nor any value: they hold
    what people sent."""
    frames = traceback.extract_tb(error.__traceback__)[-TRACED:]
    return {"kind": type(error).__name__, "at": [f"{Path(one.filename).name}:{one.lineno}" for one in frames]}


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response[Any]:
    """Problem details as a response."""
    content = msgspec.json.encode(problem)
    return Response(
        content,
        status_code=problem.status,
        media_type=PROBLEM_TYPE,
        headers=again_after(problem.status) | (headers or {}),
    )


def _title(status: int) -> tuple[str, int]:
    return PAGES.get(status, PAGES[400])[0], status


def _page(shell: Shell, request: AnyRequest, error: HTTPException) -> ErrorPage:
    say = shell.renderer.speech[shell.language(request)].say
    status = error.status_code
    expired = status == 403 and error.detail != "role"
    title, advice = EXPIRED if expired else PAGES.get(status, PAGES[500 if status >= 500 else 400])
    return ErrorPage(say(title), say(advice), status)


def _headers(error: HTTPException) -> dict[str, str]:
    """The headers that the error brings; where GET is allowed, so is HEAD."""
    headers = dict(error.headers or {})
    if "allow" in headers:
        methods = headers.pop("allow").split(", ")
        headers["Allow"] = ", ".join(sorted({*methods, *(["HEAD"] if "GET" in methods else [])}))
    return headers


def _problem(error: HTTPException, scope: Any) -> Problem:
    if isinstance(error, ProblemError):
        return error.problem
    title, status = _title(error.status_code)
    opt = getattr(scope.get("route_handler"), "opt", {})
    faults = tuple(_faults(error.extra, opt))
    match status:
        case 401:
            return Problem(title, status, code="not_signed_in", example="Authorization: Bearer TOKEN")
        case 403 if error.detail == "header":
            detail = "a browser's session must send this header when it writes"
            return Problem(title, status, code="header_missing", detail=detail, example="X-Sanban-Request: 1")
        case 403 if error.detail == "scope":
            detail = "this token only reads"
            return Problem(title, status, code="read_only", detail=detail, example="sanban token issue --scope write")
        case 403:
            roles = ", ".join(sorted(opt.get("roles", ())))
            return Problem(title, status, code="not_permitted", example=f"an account with one of the roles: {roles}")
        case 413:
            return Problem(title, status, code="too_large", detail=PAGES[413][1], example=SHORTER)
        case 429:
            return Problem(title, status, code="too_many_attempts", detail=PAGES[429][1], example=LATER)
        case 404:
            return Problem("There is no such thing", status, code="not_found", detail="the address names nothing here")
        case 400:
            return malformed(_whole(opt), *faults)
    return Problem(title, status, code="refused", errors=faults)


def _faults(extra: Any, opt: dict[str, Any]) -> list[FieldFault]:
    """The fields that were wrong, as Litestar lists them, with examples from the route's structs."""
    entries = [entry for entry in extra if isinstance(entry, dict)] if isinstance(extra, list) else []
    return [_fault(str(entry.get("key", "")), str(entry.get("message", "")), opt) for entry in entries]


def _fault(field: str, message: str, opt: dict[str, Any]) -> FieldFault:
    field = "" if field == BODY else field
    message = "a JSON body is needed" if message == repr(BODY) else message
    shapes = [shape for shape in (opt.get("query"), opt.get("request")) if shape is not None]
    examples = [example for shape in shapes if (example := example_of(shape, field))]
    in_path = bool(field) and not any(field in shape.__struct_fields__ for shape in shapes)
    return FieldFault(field, in_words(message), examples[0] if examples else EXAMPLE_ID if in_path else "")


def _whole(opt: dict[str, Any]) -> str:
    """A valid body of the operation, else its query."""
    shapes = (opt.get("request"), opt.get("query"))
    return next((example_of(shape, "") for shape in shapes if shape is not None), "")


def _target(request: AnyRequest) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
