"""Whatever goes wrong, the visitor reads what to do next and nothing of the inside."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from sanban.web.faults.errors import Problem, problem_response


@pytest.mark.parametrize(
    ("method", "path", "status", "zh", "en"),
    [
        ("GET", "/nowhere", 404, "没有这个页面", "There is no such page"),
        ("GET", "/../../etc/passwd", 404, "没有这个页面", "There is no such page"),
        ("DELETE", "/sign-in", 405, "此页面不能这样使用", "This page cannot be used like that"),
        ("POST", "/sign-in", 403, "表单已过期", "This form has expired"),
    ],
)
def test_an_error_page_says_what_to_do_in_both_languages(
    visitor: Any, method: str, path: str, status: int, zh: str, en: str
) -> None:
    for language, said in (("zh", zh), ("en", en)):
        answer = visitor.client.request(method, path, params={"lang": language})
        assert answer.status_code == status
        assert said in answer.text
        assert 'href="/"' in answer.text


@pytest.mark.parametrize("path", ["/samples/broken", "/api/v1/samples/broken"])
def test_a_failure_of_ours_shows_a_reference_that_stands_in_the_log(visitor: Any, path: str) -> None:
    visitor.enter()
    with capture_logs() as logged:
        answer = visitor.get(path)
    (entry,) = logged
    assert answer.status_code == 500
    assert entry["reference"] in answer.text
    assert (entry["kind"], len(entry["at"]) > 1) == ("RuntimeError", True)
    assert "secret" not in str(entry)
    assert not any(word in answer.text for word in ("secret", "Traceback", "RuntimeError", ".py"))


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/nowhere", 404, "not_found"),
        ("/api/v1/samples/zzz", 404, "not_found"),
        ("/api/v1/samples?limit=many", 400, "malformed"),
        ("/api/v1/samples?limit=201", 400, "malformed"),
        ("/api/v1/samples?limit=0", 400, "malformed"),
        ("/api/v1/samples/" + "x" * 201, 400, "malformed"),
    ],
)
def test_a_program_gets_problem_details(visitor: Any, path: str, status: int, code: str) -> None:
    answer = visitor.enter().get(path)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["status"], answer.json()["code"]) == (status, status, code)


def test_a_form_that_htmx_sends_in_vain_is_told_the_same(visitor: Any) -> None:
    answer = visitor.client.post("/samples", headers={"HX-Request": "true"})
    assert (answer.status_code, "表单已过期" in answer.text) == (403, True)


def test_problem_details_leave_out_what_is_not_known() -> None:
    assert problem_response(Problem("No", 404)).content == b'{"title":"No","status":404}'


@pytest.mark.parametrize("body", [b'{"words": "\xff"}', b"[" * 100_000], ids=["no text", "nested beyond measure"])
def test_a_body_that_cannot_be_read_is_refused_and_not_logged(visitor: Any, body: bytes) -> None:
    visitor.enter()
    headers = {"Content-Type": "application/json", "X-Sanban-Request": "1"}
    with capture_logs() as logged:
        answer = visitor.client.post("/api/v1/samples", content=body, headers=headers)
    assert answer.status_code == 400
    assert logged == []


@pytest.mark.parametrize("path", ["/", "/samples", "/healthz", "/sign-in", "/nowhere", "/static/app.css"])
def test_head_is_answered_as_get_without_a_body(visitor: Any, path: str) -> None:
    visitor.enter()
    got, head = visitor.get(path), visitor.client.head(path, follow_redirects=False)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/samples", "GET, HEAD, OPTIONS, POST"),
        ("PUT", "/healthz", "GET, HEAD, OPTIONS"),
        ("HEAD", "/sign-in/demo", "OPTIONS, POST"),
    ],
)
def test_a_method_that_is_not_offered_is_told_the_offered_ones(
    visitor: Any, method: str, path: str, allowed: str
) -> None:
    answer = visitor.enter().client.request(method, path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
