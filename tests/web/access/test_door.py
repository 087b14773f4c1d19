"""Nobody comes in who was not let in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from sanban.kernel.errors import SanbanError
from sanban.kernel.view import ApiRoute, PageRoute, Shown
from sanban.web.access.door import COOKIE
from sanban.web.access.officers import Officer, Officers, Scope, Token
from sanban.web.app import create_app
from sanban.web.shell import WebSettings

PASSWORD = "three-loops-one-case"

PUBLIC = {
    "/",
    "/sign-in",
    "/sign-in/demo",
    "/sign-out",
    "/findings/worker.js",
    "/shift/worker.js",
    "/healthz",
    "/static/{name:path}",
    "/api-docs",
    "/api/v1/openapi.json",
    "/open",
    "/api/v1/open/{sample_id:str}",
}
"""What anybody may ask for. A new public route is added here on purpose."""


def _operations(app: Any) -> list[tuple[str, str]]:
    """Method and path of everything the application answers."""
    routes = [route for route in app.routes if not route.path_format.startswith("/api/v1/openapi.json/")]
    return [
        (method, route.path_format, route.path) for route in routes for method in route.methods if method != "OPTIONS"
    ]


def test_every_route_but_the_public_ones_turns_a_stranger_away(visitor: Any) -> None:
    answers = {}
    for method, shown, path in _operations(visitor.client.app):
        address = path.replace("{sample_id:str}", "x")
        if path not in PUBLIC:
            token = visitor.client.get("/sign-in").text.partition('_csrf_token" value="')[2][:128]
            response = visitor.client.request(method, address, headers={"x-csrftoken": token}, follow_redirects=False)
            answers[method, shown] = (response.status_code, response.headers.get("location", "").partition("?")[0])
    assert answers == {
        ("GET", "/samples"): (303, "/sign-in"),
        ("GET", "/samples/{sample_id}"): (303, "/sign-in"),
        ("POST", "/samples"): (401, ""),
        ("GET", "/api/v1/samples"): (401, ""),
        ("GET", "/api/v1/samples/{sample_id}"): (401, ""),
        ("POST", "/api/v1/samples"): (401, ""),
    }


@pytest.mark.parametrize(("account", "status"), [("demo-handler", 200), ("demo-auditor", 403)])
def test_a_page_opens_to_its_roles_only(visitor: Any, account: str, status: int) -> None:
    assert visitor.enter(account).get("/samples").status_code == status
    assert visitor.get("/api/v1/samples").status_code == status


def test_the_menu_shows_only_what_opens(visitor: Any) -> None:
    assert 'href="/samples"' not in visitor.get("/").text
    assert 'href="/samples"' in visitor.enter().get("/").text


@pytest.mark.parametrize("kind", [PageRoute, ApiRoute])
@pytest.mark.parametrize("access", [{}, {"public": True, "roles": frozenset({"handler"})}], ids=["nobody", "both"])
def test_a_route_that_names_nobody_does_not_start(tmp_path: Any, kind: Any, access: dict[str, Any]) -> None:
    more = {"response": str} if kind is ApiRoute else {}
    route = kind("GET", "/x", "sample.x", lambda _page: Shown("web/error.html", None), **more, **access)
    pages, calls = ([route], []) if kind is PageRoute else ([], [route])
    with pytest.raises(SanbanError, match=r"sample\.x must name its roles or be public"):
        create_app(WebSettings(tmp_path), pages, calls)


def test_demo_accounts_are_worth_nothing_outside_the_demo(visit: Callable[..., Any]) -> None:
    cookie = visit().enter().client.cookies[COOKIE]
    stranger = visit(mode="production")
    assert "demo-handler" not in stranger.get("/sign-in").text
    assert stranger.send("/sign-in", "/sign-in/demo", account="demo-handler").status_code == 404
    stranger.client.cookies.set(COOKIE, cookie)
    assert stranger.get("/samples").status_code == 303


def test_an_officer_who_was_removed_is_out_at_the_next_click(visit: Callable[..., Any]) -> None:
    visitor = visit(mode="production")
    Officers(visitor.home).add(Officer("desk-01", "handler", "0101"), PASSWORD)
    assert visitor.send("/sign-in", "/sign-in", account="desk-01", password=PASSWORD).status_code == 303
    assert visitor.get("/samples").status_code == 200
    Officers(visitor.home).add(Officer("desk-01", "auditor"), PASSWORD)
    assert visitor.get("/samples").status_code == 403
    Officers(visitor.home).remove("desk-01")
    assert visitor.get("/samples").status_code == 303


def test_a_program_comes_in_with_a_token_and_only_to_the_api(visitor: Any) -> None:
    officers = Officers(visitor.home)
    officers.add(Officer("robot", "handler"), PASSWORD)
    bearer = bearer_of(officers, visitor.clock.now + 1_000_000)
    sent = {"name": "a", "size": 1}
    assert visitor.client.post("/api/v1/samples", json=sent, headers=bearer).json() == sent
    assert visitor.get("/samples", headers=bearer).status_code == 303
    visitor.clock.now += 1_000_000
    assert visitor.client.post("/api/v1/samples", json=sent, headers=bearer).status_code == 401


def bearer_of(officers: Officers, until: int, scope: Scope = "write") -> dict[str, str]:
    return {"Authorization": f"Bearer {officers.put_token(Token('robot', '', until, id=scope, scope=scope))}"}


def test_a_token_that_reads_changes_nothing(visitor: Any) -> None:
    officers = Officers(visitor.home)
    officers.add(Officer("robot", "handler"), PASSWORD)
    bearer = bearer_of(officers, visitor.clock.now + 1_000_000, "read")
    assert visitor.client.get("/api/v1/samples", headers=bearer).status_code == 200
    refused = visitor.client.post("/api/v1/samples", json={"name": "a", "size": 1}, headers=bearer)
    assert (refused.status_code, refused.json()["code"]) == (403, "read_only")


def test_role_and_unit_of_a_token_are_the_officers_now_and_none_when_disabled(visitor: Any) -> None:
    officers = Officers(visitor.home)
    officers.add(Officer("robot", "handler"), PASSWORD)
    bearer = bearer_of(officers, visitor.clock.now + 1_000_000)
    assert visitor.client.get("/api/v1/samples", headers=bearer).status_code == 200
    officers.put(Officer("robot", "auditor"))
    assert visitor.client.get("/api/v1/samples", headers=bearer).status_code == 403
    officers.put(Officer("robot", "handler", disabled=True))
    assert visitor.client.get("/api/v1/samples", headers=bearer).status_code == 401


def test_wrong_tokens_are_counted_and_a_right_one_still_comes_in(visitor: Any) -> None:
    officers = Officers(visitor.home)
    officers.add(Officer("robot", "handler"), PASSWORD)
    wrong = {"Authorization": "Bearer nothing-like-it"}
    answers = [visitor.client.get("/api/v1/samples", headers=wrong) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert answers[-1].json()["code"] == "too_many_attempts"
    bearer = bearer_of(officers, visitor.clock.now + 1_000_000)
    assert visitor.client.get("/api/v1/samples", headers=bearer).status_code == 200
    visitor.clock.now += 15 * 60_000_000
    assert visitor.client.get("/api/v1/samples", headers=wrong).status_code == 401


def test_sessions_of_a_disabled_officer_end_at_once_and_stay_ended(visit: Callable[..., Any]) -> None:
    visitor = visit(mode="production")
    officers = Officers(visitor.home)
    officers.add(Officer("desk-01", "handler"), PASSWORD)
    assert visitor.send("/sign-in", "/sign-in", account="desk-01", password=PASSWORD).status_code == 303
    known = officers.known("desk-01")
    officers.put(replace(known, disabled=True, sessions_from=visitor.clock.now + 1))
    assert visitor.get("/samples").status_code == 303
    officers.put(replace(known, disabled=False, sessions_from=visitor.clock.now + 1))
    assert visitor.get("/samples").status_code == 303
    visitor.clock.now += 1
    assert visitor.send("/sign-in", "/sign-in", account="desk-01", password=PASSWORD).status_code == 303
    assert visitor.get("/samples").status_code == 200


def test_a_browsers_session_writes_through_the_api_only_with_the_header(visitor: Any) -> None:
    visitor.enter()
    sent = {"name": "a", "size": 1}
    refused = visitor.client.post("/api/v1/samples", json=sent)
    assert (refused.status_code, refused.json()["example"]) == (403, "X-Sanban-Request: 1")
    assert visitor.client.post("/api/v1/samples", json=sent, headers={"X-Sanban-Request": "1"}).status_code == 200
