"""What every answer tells the browser about safety, and the pages that belong to no slice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from structlog.testing import capture_logs

from sanban.web.app import create_app, wall_clock
from sanban.web.files import StaticFiles
from sanban.web.shell import WebSettings


@pytest.mark.parametrize(
    "path",
    ["/", "/sign-in", "/nowhere", "/samples", "/healthz", "/static/sanban.css", "/api/v1/samples", "/api-docs"],
)
def test_every_answer_forbids_what_is_inline_or_from_elsewhere(visitor: Any, path: str) -> None:
    headers = visitor.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")
    assert "strict-transport-security" not in headers


def test_pages_are_not_kept_by_the_browser(visitor: Any) -> None:
    assert visitor.enter().get("/samples").headers["cache-control"] == "no-store"
    assert visitor.get("/api/v1/samples").headers["cache-control"] == "no-store"


def test_over_https_the_browser_is_told_to_stay_there(visit: Callable[..., Any]) -> None:
    assert visit(secure=True).get("/").headers["strict-transport-security"] == "max-age=31536000"


def test_the_front_page_and_the_health_check_answer_anybody(visitor: Any) -> None:
    assert visitor.get("/").status_code == 200
    assert visitor.get("/healthz").text == "ok\n"


@pytest.mark.parametrize(
    ("mode", "said"),
    [("demo", "演示环境：辖区、人员和案件均为虚构。"), ("trial", "试运行：规则仅为示例。"), ("production", "")],
)
def test_a_page_says_what_kind_of_deployment_it_is(visit: Callable[..., Any], mode: str, said: str) -> None:
    page = visit(mode=mode).get("/").text
    assert ('class="mode-strip' in page) == bool(said)
    assert said in page


def test_nothing_that_a_slice_gives_is_taken_for_html(visitor: Any) -> None:
    page = visitor.enter().get("/samples").text
    assert "&lt;b&gt;&amp;" in page
    assert "<b>&" not in page


def test_what_runs_beside_the_server_is_started_and_ended_with_it(tmp_path: Path) -> None:
    seen = []

    @asynccontextmanager
    async def beside(_app: Any) -> Any:
        seen.append("started")
        yield
        seen.append("ended")

    with TestClient(create_app(WebSettings(tmp_path), lifespan=[beside])):
        assert seen == ["started"]
    assert seen == ["started", "ended"]


def test_without_the_browser_libraries_pages_still_work_and_the_log_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sanban.web.app.StaticFiles", lambda: StaticFiles(()))
    with capture_logs() as logged:
        app = create_app(WebSettings(tmp_path))
    assert [entry["event"] for entry in logged] == ["browser_libraries_missing"]
    with TestClient(app) as client:
        assert client.get("/").status_code == 200


def test_the_wall_clock_counts_microseconds() -> None:
    assert 1_700_000_000_000_000 < wall_clock() < 4_000_000_000_000_000
