"""The API: checked before it is handled, and described as it is checked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

HEADER = {"X-Sanban-Request": "1"}


def _post(visitor: Any, **more: Any) -> Any:
    return visitor.client.post("/api/v1/samples", headers=HEADER | more.pop("headers", {}), **more)


def test_a_call_is_answered_with_its_struct(visitor: Any) -> None:
    visitor.enter()
    assert visitor.get("/api/v1/samples?limit=2&after=a").json() == {
        "items": [{"name": "a", "size": 0}, {"name": "a", "size": 1}],
        "next": "a",
    }
    assert _post(visitor, json={"name": "b", "size": 7}).json() == {"name": "b", "size": 7}


@pytest.mark.parametrize(
    ("sent", "field", "message"),
    [
        ({"name": 5, "size": 1}, "name", "Expected `str`, got `int`"),
        ({"name": "a", "size": "1"}, "size", "Expected `int`, got `str`"),
        ({"name": "a"}, "", "Object missing required field `size`"),
        ([1], "", "Expected `object`, got `array`"),
    ],
)
def test_wrong_types_are_named_field_by_field(visitor: Any, sent: Any, field: str, message: str) -> None:
    answer = _post(visitor.enter(), json=sent)
    assert answer.status_code == 400
    assert any(field in fault["field"] and message in fault["message"] for fault in answer.json()["errors"])
    assert not visitor.desk.taken


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"null", b'{"name":"a","size":1e400}'])
def test_what_cannot_be_read_is_refused(visitor: Any, content: bytes) -> None:
    answer = _post(visitor.enter(), content=content)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert not visitor.desk.taken


def test_a_refusal_keeps_its_reason_and_example(visitor: Any) -> None:
    answer = _post(visitor.enter(), json={"name": "a", "size": 101})
    assert answer.status_code == 409
    assert answer.json() == {
        "title": "This cannot be done now",
        "status": 409,
        "code": "full",
        "detail": "the box is full",
        "example": "try tomorrow",
    }


def test_an_unknown_id_answers_with_a_valid_one(visitor: Any) -> None:
    assert visitor.enter().get("/api/v1/samples/zzz").json()["example"] == "a"


KEY = "0197c3e2-7b1d-7000-8000-000000000001"


def test_the_callers_idempotency_key_names_the_command(visitor: Any) -> None:
    visitor.enter()
    for headers in ({"Idempotency-Key": KEY}, {}):
        _post(visitor, json={"name": "a", "size": 1}, headers=headers)
    first, second = visitor.desk.taken
    assert first.command_id == KEY
    assert UUID(second.command_id).version == 7


def test_a_key_that_is_no_uuid_is_refused_with_one_that_is(visitor: Any) -> None:
    answer = _post(visitor.enter(), json={"name": "a", "size": 1}, headers={"Idempotency-Key": "order-17"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert answer.json()["errors"] == [{"field": "Idempotency-Key", "message": "it is not a UUID", "example": KEY}]
    assert not visitor.desk.taken


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        (
            {"name": "a", "size": 1, "code": "A B"},
            {"field": "code", "message": "it is not written as it has to be", "example": '"short-let"'},
        ),
        (
            {"name": "a", "size": 1, "parts": [{"size": "1"}]},
            {"field": "parts[0].size", "message": "Expected `int`, got `str`", "example": "7"},
        ),
        (
            {"name": "a"},
            {
                "field": "",
                "message": "Object missing required field `size`",
                "example": '{"name":"text","size":1}',
            },
        ),
    ],
)
def test_what_is_wrong_with_a_field_is_said_in_words_and_shown_right(visitor: Any, sent: Any, fault: Any) -> None:
    (told,) = _post(visitor.enter(), json=sent).json()["errors"]
    assert told == fault


def test_a_body_that_is_missing_is_asked_for_with_an_example(visitor: Any) -> None:
    (told,) = _post(visitor.enter()).json()["errors"]
    assert told == {"field": "", "message": "a JSON body is needed", "example": '{"name":"text","size":1}'}


def test_a_parameter_that_an_operation_does_not_have_is_refused_with_those_it_has(visitor: Any) -> None:
    answer = visitor.enter().get("/api/v1/samples?state=nope&limit=2")
    assert answer.status_code == 400
    (told,) = answer.json()["errors"]
    assert (told["field"], told["message"]) == ("state", "there is no such parameter; there are: limit, after, code")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/v1/samples/a%00b", "sample_id"),
        ("/api/v1/open/%00", "sample_id"),
        ("/api/v1/samples?after=%00", "after"),
    ],
)
def test_the_byte_zero_in_an_address_is_a_fault_of_the_caller(visitor: Any, path: str, field: str) -> None:
    answer = visitor.enter().get(path)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "body",
    [
        rb'{"name": "a\u0000b", "size": 1}',
        rb'{"name": "\ud800", "size": 1}',
        rb'{"name": "\udc00\ud800", "size": 1}',
        b'{"name": "\xed\xa0\x80", "size": 1}',
        b'{"name": "a\x00", "size": 1}',
    ],
)
def test_a_body_that_no_store_can_hold_is_a_fault_of_the_caller(visitor: Any, body: bytes) -> None:
    answer = _post(visitor.enter(), content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert not visitor.desk.taken


def test_a_backslash_before_u0000_is_only_text(visitor: Any) -> None:
    answer = _post(
        visitor.enter(), content=rb'{"name": "\\u0000", "size": 1}', headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["name"]) == (200, r"\u0000")


def test_a_wrong_query_is_said_in_words_and_shown_right(visitor: Any) -> None:
    visitor.enter()
    for query, example in (("limit=many", "50"), ("code=A%20B", '"short-let"')):
        (told,) = visitor.get(f"/api/v1/samples?{query}").json()["errors"]
        assert (told["field"], told["example"]) == (query.partition("=")[0], example)
        assert "regex" not in told["message"]


@pytest.mark.parametrize(
    "path", ["/api/v1/samples", "/api/v1/samples/a", "/api/v1/samples/zzz", "/api/v1/openapi.json"]
)
def test_head_is_answered_as_get_without_a_body(visitor: Any, path: str) -> None:
    visitor.enter()
    got, head = visitor.get(path), visitor.client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


def test_a_method_that_is_not_offered_is_told_the_offered_ones(visitor: Any) -> None:
    answer = visitor.enter().client.put("/api/v1/samples", headers=HEADER)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS, POST")


def test_the_document_has_the_real_schemas(visitor: Any) -> None:
    document = visitor.get("/api/v1/openapi.json").json()
    assert set(document["paths"]) == {"/api/v1/samples", "/api/v1/samples/{sample_id}", "/api/v1/open/{sample_id}"}
    listed = document["paths"]["/api/v1/samples"]["get"]
    limit = next(each for each in listed["parameters"] if each["name"] == "limit")["schema"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 200, 50)
    posted = document["paths"]["/api/v1/samples"]["post"]
    assert posted["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Sample"}
    assert set(posted["responses"]) == {"200", "400", "401", "403", "404", "409", "429", "503"}
    assert document["components"]["schemas"]["Sample"]["required"] == ["name", "size"]
    assert listed["security"] == [{"session": []}, {"token": []}]
    assert "security" not in document["paths"]["/api/v1/open/{sample_id}"]["get"]
