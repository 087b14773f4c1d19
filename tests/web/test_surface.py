"""Surfaces in foreign formats: raw answers, own errors, and the shell's security round them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from sanban.kernel.surface import Surface, SurfaceRequest, SurfaceRoute, Written
from sanban.web.app import create_app
from sanban.web.shell import WebSettings
from web.sample_slice import NOW


def _echo(asked: SurfaceRequest) -> Written:
    if asked.asked("break"):
        raise ValueError("a secret of somebody")
    said = (
        f"{asked.path.get('id', '')}|{asked.asked('q')}|{asked.given('f')}|{asked.header('accept')}|{len(asked.body)}"
    )
    return Written(said.encode(), "application/vnd.lines; charset=utf-8", headers={"X-Lines": "1"})


def _fault(path: str, status: int, reference: str) -> Written:
    return Written(f"{status} {path} {bool(reference)}".encode(), "text/lines", status)


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Any]:
    routes = (
        SurfaceRoute("GET", "/lines/{id}", "lines.get", _echo),
        SurfaceRoute("POST", "/lines", "lines.post", _echo),
    )
    surface = Surface("/lines", routes, _fault, reads=("accept",), body_limit=100)
    app = create_app(WebSettings(home=tmp_path), surfaces=(surface,), clock=lambda: NOW)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_a_handler_is_given_what_was_sent_and_answers_bytes(lines) -> None:
    answer = lines.get("/lines/a.b", params={"q": "灯"}, headers={"Accept": "text/lines", "Cookie": "sanban_session=x"})
    assert answer.text == "a.b|灯||text/lines|32"
    assert (answer.headers["content-type"], answer.headers["x-lines"]) == ("application/vnd.lines; charset=utf-8", "1")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "set-cookie" not in answer.headers


def test_a_form_needs_no_token_of_ours(lines) -> None:
    assert lines.post("/lines", data={"f": "1"}, headers={"Accept": "*/*"}).text == "||1|*/*|32"


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/lines/x?break=1", b"", 500),
        ("GET", "/lines/x?q=%00", b"", 400),
        ("GET", "/lines/x/y", b"", 404),
        ("DELETE", "/lines", b"", 405),
        ("POST", "/lines", b"f=" + b"x" * 100, 413),
        ("POST", "/lines", b"f=%00", 400),
    ],
)
def test_what_fails_is_told_by_the_surface(lines, method, path, content, status) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = lines.request(method, path, content=content, headers=headers)
    assert answer.status_code == status
    assert answer.text == f"{status} {path.partition('?')[0]} {status == 500}"
    assert "secret" not in answer.text


def test_what_lies_beside_the_prefix_is_a_page(lines) -> None:
    assert "<html" in lines.get("/linesman").text
