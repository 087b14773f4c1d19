"""Pages: what is sent is decoded and bounded, what is answered becomes a response."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from litestar.connection import request as parsing

from sanban.web.binding import MOST_FIELDS, PARSE
from sanban.web.shell import WebSettings, fresh_id


def test_a_handler_is_given_who_asks_when_and_what(visitor: Any) -> None:
    visitor.enter().send("/samples", "/samples?lang=en", note=" 路灯不亮 ", empty="")
    (asked,) = visitor.desk.taken
    assert (asked.viewer.id, asked.viewer.unit, asked.language, asked.now) == (
        "demo-handler",
        "0101",
        "en",
        visitor.clock.now,
    )
    assert (asked.given("note"), asked.given("empty", "none"), asked.asked("lang")) == ("路灯不亮", "none", "en")


def test_a_form_sent_twice_carries_the_same_command(visitor: Any) -> None:
    visitor.enter()
    page = visitor.get("/samples").text
    hidden = {
        name: page.partition(f'name="{name}" value="')[2].partition('"')[0] for name in ("_csrf_token", "command_id")
    }
    for _ in range(2):
        visitor.client.post("/samples", data=hidden | {"note": "x"})
    first, second = visitor.desk.taken
    assert first.command_id == second.command_id == hidden["command_id"]


@pytest.mark.parametrize("sent", ["", "1", "' OR 1=1"])
def test_a_command_id_that_is_none_is_replaced(visitor: Any, sent: str) -> None:
    visitor.enter().send("/samples", "/samples", note="x", command_id=sent)
    assert UUID(visitor.desk.taken[0].command_id).version == 7


def test_fresh_ids_are_in_the_order_of_time() -> None:
    made = [fresh_id(instant) for instant in (1_000_000, 2_000_000, 1_767_229_200_000_000)]
    assert made == sorted(made)
    assert {(UUID(one).version, UUID(one).variant) for one in made} == {(7, "specified in RFC 4122")}


def test_after_a_step_the_notice_is_shown_once(visitor: Any) -> None:
    answer = visitor.enter().send("/samples", "/samples", note="x")
    assert (answer.status_code, answer.headers["location"]) == (303, "/samples")
    assert "样例已收下。" in visitor.get("/samples").text
    assert "样例已收下。" not in visitor.get("/samples").text


def test_htmx_is_told_to_go_on_in_its_own_way(visitor: Any) -> None:
    token = visitor.enter().get("/samples").text.partition('_csrf_token" value="')[2][:128]
    headers = {"HX-Request": "true", "HX-Target": "rows", "x-csrftoken": token}
    answer = visitor.client.post("/samples", data={"note": "x"}, headers=headers)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (200, "/samples")
    assert visitor.desk.taken[0].partial == "rows"


def test_htmx_without_a_session_is_sent_to_sign_in_as_a_whole(visitor: Any) -> None:
    answer = visitor.get("/samples", headers={"HX-Request": "true"})
    assert answer.headers["hx-redirect"] == "/sign-in?next=%2Fsamples"


def test_a_refusal_says_why_and_what_would_do(visitor: Any) -> None:
    answer = visitor.enter().send("/samples", "/samples", note="")
    assert answer.status_code == 409
    assert all(text in answer.text for text in ("请写明情况。", "a note is needed", "note: the light is out"))
    english = visitor.send("/samples", "/samples?lang=en", note="")
    assert "a note is needed" in english.text


def test_a_missing_thing_is_named_with_a_valid_example(visitor: Any) -> None:
    answer = visitor.enter().get("/samples/9")
    assert answer.status_code == 404
    assert "找不到样例" in answer.text
    assert "2026-000001" in answer.text


def test_a_file_is_kept_under_its_own_name(visitor: Any) -> None:
    answer = visitor.enter().get("/samples/file")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''%E6%A0%B7%E4%BE%8B.csv"
    marked = "number,state\n# demo-handler 0101 2026-01-01 09:00\r\n"
    assert (answer.headers["content-type"].partition(";")[0], answer.text) == ("text/csv", marked)


@pytest.mark.parametrize("path", ["/samples?after=%00", "/samples/%00", "/samples/a%00b"])
def test_the_byte_zero_is_refused_before_a_handler_sees_it(visitor: Any, path: str) -> None:
    assert visitor.enter().get(path).status_code == 400


def test_the_byte_zero_in_a_form_is_refused(visitor: Any) -> None:
    assert visitor.enter().send("/samples", "/samples", note="a\x00b").status_code == 400
    assert not visitor.desk.taken


@pytest.mark.parametrize("charset", ["unicode_escape", "no-such-charset", "undefined"])
def test_half_a_character_in_a_form_is_refused_however_it_is_encoded(visitor: Any, charset: str) -> None:
    token = visitor.enter().get("/samples").text.partition('_csrf_token" value="')[2][:128]
    head = "Content-Disposition: form-data; name="
    body = (
        f'--b\r\n{head}"_csrf_token"\r\n\r\n{token}\r\n'
        f'--b\r\n{head}"note"\r\nContent-Type: text/plain; charset={charset}\r\n\r\n\\ud800\r\n--b--\r\n'
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b", "x-csrftoken": token}
    answer = visitor.client.post("/samples", content=body.encode(), headers=headers)
    assert answer.status_code == 400
    assert not visitor.desk.taken


def test_a_file_where_none_is_asked_for_is_refused(visitor: Any) -> None:
    token = visitor.enter().get("/samples").text.partition('_csrf_token" value="')[2][:128]
    answer = visitor.client.post("/samples", data={"_csrf_token": token}, files={"note": ("a.txt", b"x")})
    assert answer.status_code == 400


@pytest.mark.parametrize("kind", ["form", "page body", "api body"])
def test_more_than_the_limit_is_refused(visitor: Any, kind: str) -> None:
    much = "x" * (visitor.enter().client.app.request_max_body_size + 1)
    headers = {"x-csrftoken": visitor.get("/samples").text.partition('_csrf_token" value="')[2][:128]}
    headers |= {"X-Sanban-Request": "1", "Content-Type": "application/json"}
    answer = {
        "form": lambda: visitor.send("/samples", "/samples", note=much),
        "page body": lambda: visitor.client.post(
            "/sign-in", data={"account": much}, headers={"x-csrftoken": headers["x-csrftoken"]}
        ),
        "api body": lambda: visitor.client.post("/api/v1/samples", content=much, headers=headers),
    }[kind]()
    assert answer.status_code == 413
    assert not visitor.desk.taken


def test_who_is_not_signed_in_sends_less_at_once(visit: Any) -> None:
    visitor = visit()
    headers = {"x-csrftoken": visitor.get("/sign-in").text.partition('_csrf_token" value="')[2][:128]}
    for size, status in ((WebSettings.public_body_limit + 1, 413), (1000, 422)):
        answer = visitor.client.post("/sign-in", data={"account": "x" * size}, headers=headers)
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("query", "cookies", "language"),
    [
        ("", {}, "zh-CN"),
        ("?lang=en", {}, "en"),
        ("", {"lang": "en"}, "en"),
        ("?lang=zh", {"lang": "en"}, "zh-CN"),
        ("?lang=tlh", {"lang": "<b>"}, "zh-CN"),
    ],
)
def test_the_language_is_the_one_asked_for_or_chosen_or_the_deployments(
    visitor: Any, query: str, cookies: dict[str, str], language: str
) -> None:
    visitor.client.cookies.update(cookies)
    assert f'<html lang="{language}">' in visitor.get("/" + query).text


def test_a_chosen_language_and_size_stay(visitor: Any) -> None:
    visitor.get("/?lang=en&size=large")
    assert '<html lang="en" class="large">' in visitor.get("/sign-in").text
    visitor.get("/?size=normal")
    assert '<html lang="en">' in visitor.get("/sign-in").text


def test_switching_the_language_keeps_the_rest_of_the_address(visitor: Any) -> None:
    assert 'href="/sign-in?next=%2Fsamples&amp;lang=en"' in visitor.get("/sign-in?next=/samples").text


def test_a_form_of_too_many_fields_is_refused_and_no_body_is_kept(visitor: Any) -> None:
    visitor.enter()
    page = visitor.get("/samples").text
    token = page.partition('name="_csrf_token" value="')[2].partition('"')[0]
    many = {"_csrf_token": token} | {f"field{number}": "x" for number in range(MOST_FIELDS)}
    assert visitor.client.post("/samples", data=many).status_code == 400
    assert visitor.desk.taken == []
    assert not hasattr(getattr(parsing, PARSE), "cache_info")
