"""Signing in and out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sanban.web.access.door import COOKIE
from sanban.web.access.officers import Officer, Officers
from sanban.web.sign_in import safe_path

PASSWORD = "three-loops-one-case"


@pytest.fixture
def office(visit: Callable[..., Any]) -> Any:
    """A deployment with one officer and without demo accounts."""
    visitor = visit(mode="production")
    Officers(visitor.home).add(Officer("desk-01", "handler", "0101", title="受理台"), PASSWORD)
    return visitor


def _sign_in(visitor: Any, password: str, account: str = "desk-01", **more: str) -> Any:
    return visitor.send("/sign-in", "/sign-in", account=account, password=password, **more)


def test_who_asked_for_a_page_gets_there_after_signing_in(office: Any) -> None:
    sent_away = office.get("/samples?after=3&q=路")
    assert sent_away.headers["location"] == "/sign-in?next=%2Fsamples%3Fafter%3D3%26q%3D%25E8%25B7%25AF"
    assert 'value="/samples?after=3&amp;q=%E8%B7%AF"' in office.get(sent_away.headers["location"]).text
    assert _sign_in(office, PASSWORD, next="/samples?after=3").headers["location"] == "/samples?after=3"
    assert "经办人 · 受理台" in office.get("/samples").text


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "evil",
        "",
        "/a\nSet-Cookie: x",
        "///evil.example",
    ],
)
def test_signing_in_never_leads_to_another_site(target: str) -> None:
    assert safe_path(target) == "/"


def test_a_path_of_this_site_is_kept() -> None:
    assert safe_path("/cases/1?at=2#now") == "/cases/1?at=2#now"


def test_a_wrong_password_and_an_unknown_account_read_the_same(office: Any) -> None:
    answers = [_sign_in(office, "wrong-password", account) for account in ("desk-01", "desk-02")]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert all("账号或密码不对。" in answer.text and PASSWORD not in answer.text for answer in answers)
    assert COOKIE not in office.client.cookies


def test_after_five_failures_even_the_right_password_waits(office: Any) -> None:
    for _ in range(5):
        assert _sign_in(office, "wrong-password").status_code == 422
    assert _sign_in(office, PASSWORD).status_code == 429
    office.clock.now += 15 * 60_000_000
    assert _sign_in(office, PASSWORD).status_code == 303


def test_signing_out_ends_the_session_wherever_its_cookie_is(office: Any) -> None:
    _sign_in(office, PASSWORD)
    stolen = office.client.cookies[COOKIE]
    assert office.send("/samples", "/sign-out").headers["location"] == "/"
    assert "您已退出登录。" in office.get("/").text
    assert "您已退出登录。" not in office.get("/").text
    office.client.cookies.set(COOKIE, stolen)
    assert office.get("/samples").status_code == 303


def test_a_session_ends_by_itself(office: Any) -> None:
    _sign_in(office, PASSWORD)
    office.clock.now += 12 * 3600 * 1_000_000
    assert office.get("/samples").status_code == 303


def test_each_demo_account_has_a_button_and_enters(visitor: Any) -> None:
    page = visitor.get("/sign-in?lang=en").text
    for account, title in (("demo-handler", "East Street, handler"), ("demo-auditor", "District audit")):
        assert f'value="{account}"' in page
        assert title in page
    visitor.enter("demo-auditor")
    assert "Auditor · District audit" in visitor.get("/").text


def test_an_unknown_demo_account_is_refused(visitor: Any) -> None:
    assert visitor.send("/sign-in", "/sign-in/demo", account="root").status_code == 404


@pytest.mark.parametrize("action", ["/sign-in", "/sign-in/demo", "/sign-out", "/samples"])
def test_a_form_from_elsewhere_does_nothing(visitor: Any, action: str) -> None:
    visitor.enter()
    answer = visitor.client.post(action, data={"account": "demo-auditor", "note": "x"}, follow_redirects=False)
    assert answer.status_code == 403
    assert "表单已过期" in answer.text
    assert not visitor.desk.taken
    assert visitor.get("/samples").status_code == 200


@pytest.mark.parametrize("secure", [False, True])
def test_cookies_are_not_for_scripts_nor_for_other_sites(visit: Callable[..., Any], secure: bool) -> None:
    visitor = visit(secure=secure)
    cookies = visitor.get("/?lang=en&size=large").headers.get_list("set-cookie")
    page = visitor.get("/sign-in").text
    token = page.partition('_csrf_token" value="')[2][:128]
    if not secure:  # a test client on plain HTTP does not send back a secure cookie
        entered = visitor.client.post(
            "/sign-in/demo", data={"_csrf_token": token, "account": "demo-handler"}, follow_redirects=False
        )
        cookies += entered.headers.get_list("set-cookie")
    assert len(cookies) >= 3
    for cookie in cookies:
        assert "httponly" in cookie.lower()
        assert "samesite=lax" in cookie.lower()
        assert ("secure" in cookie.lower()) == secure
