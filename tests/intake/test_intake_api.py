"""Intake's part of the API: filed safely twice, listed page by page, and every no with a reason and an example."""

from __future__ import annotations

from typing import Any

import pytest

from intake.small_desk import HOUR, PRIVATE, TEXT
from sanban.intake.decide import digest
from sanban.intake.views import request_of_receipt
from sanban.kernel.permission import Actor

KEY = "018f4c1e-0000-7000-8000-000000000001"
BODY: dict[str, Any] = {**PRIVATE, "channel": "app", "lon": 0.00005, "lat": 0.00005}


def post(visitor: Any, body: Any, key: str = "") -> Any:
    headers = {"X-Sanban-Request": "1", **({"Idempotency-Key": key} if key else {})}
    return visitor.client.post("/api/v1/requests", json=body, headers=headers)


def get(visitor: Any, path: str) -> Any:
    return visitor.client.get(f"/api/v1{path}")


def requests_of(desk: Any) -> list[Any]:
    return desk.reader.query("SELECT request FROM request_view WHERE district = :district")


def test_a_request_is_filed_with_a_receipt_and_read_again(desk, enter) -> None:
    operator = enter("op")
    taken = post(operator, BODY)
    assert taken.status_code == 200, taken.text
    answer = taken.json()
    assert request_of_receipt(desk.reader, digest(answer["receipt"])) == answer["request"]
    read = get(operator, f"/requests/{answer['request']}").json()
    assert (read["number"], read["grid"], read["channel"], read["state"]) == (answer["number"], "g1", "app", "received")
    assert {name: text for name, text in read["texts"].items() if text} == PRIVATE
    assert read["suggestions"][0]["matter"] == "noise"
    assert "夜间施工" in read["suggestions"][0]["words"]
    assert [word for word in PRIVATE.values() if word in desk.payloads()] == []


def test_a_channel_is_one_that_the_product_or_the_district_declares(desk, enter) -> None:
    operator = enter("op")
    body = get(operator, "/openapi.json").json()["components"]["schemas"]["RequestBody"]
    assert {"app", "phone", "kiosk"} <= set(body["properties"]["channel"]["enum"])
    taken = post(operator, BODY | {"channel": "kiosk"}).json()
    assert desk.request(taken["request"]).received.channel == "kiosk"


def test_who_spoke_where_it_is_and_that_the_grid_found_it_are_said_as_on_the_page(desk, enter) -> None:
    spoken = {"text": TEXT, "phone": "13800001234", "proxy_phone": "13800005678", "grid": "g2", "found": True}
    received = desk.request(post(enter("op"), spoken).json()["request"]).received
    assert (received.grid, received.found) == ("g2", True)
    assert received.proxy.startswith("person:")
    assert received.proxy != received.requester
    unknown = post(enter("op"), spoken | {"grid": "g9"})
    assert (unknown.status_code, unknown.json()["code"]) == (409, "unknown_grid")


def test_one_key_files_once_and_gives_the_same_receipt(desk, enter) -> None:
    operator = enter("op")
    first, second = (post(operator, BODY, KEY).json() for _ in range(2))
    assert (first["repeated"], second["repeated"]) == (False, True)
    assert {**first, "repeated": True} == second
    assert post(operator, {"text": "别的内容"}, KEY).json()["code"] == "command_reused"
    assert len(requests_of(desk)) == 1


def test_a_number_of_another_system_is_one_request_whoever_brings_it(desk, enter) -> None:
    operator = enter("op")
    numbered = BODY | {"external_no": "SH-2026-000123"}
    assert post(operator, numbered).status_code == 200
    again = post(enter("disp"), numbered)
    assert (again.status_code, again.json()["code"]) == (409, "already_received")
    assert again.json()["example"]
    assert len(requests_of(desk)) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "malformed"),
        ({"text": 7}, 400, "malformed"),
        ({"text": ""}, 400, "malformed"),
        ({"text": "长" * 20_001}, 400, "malformed"),
        ({"text": TEXT, "phone": 13800000000}, 400, "malformed"),
        ({"text": TEXT, "lon": "121.47", "lat": 31.2}, 400, "malformed"),
        ({"text": TEXT, "lon": 181, "lat": 31.2}, 400, "malformed"),
        ({"text": TEXT, "requester": "person:1"}, 400, "malformed"),
        ({"text": TEXT, "channel": "zzz"}, 400, "malformed"),
        ([TEXT], 400, "malformed"),
        ({"text": TEXT, "lon": 121.47}, 409, "bad_point"),
        ({"text": TEXT, "lon": 10, "lat": 10}, 409, "outside_district"),
        ({"text": TEXT, "lon": 10, "lat": 10, "crs": "gcj02"}, 409, "outside_district"),
        ({"text": " \n "}, 409, "empty_text"),
        ({"text": TEXT, "external_no": "a b"}, 409, "bad_number"),
    ],
)
def test_what_cannot_be_filed_is_said_with_a_reason_and_writes_nothing(quiet, body, status, code) -> None:
    desk, _, operator = quiet
    before = desk.payloads()
    answer = post(operator, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["example"] if status == 409 else answer.json()["detail"]
    assert TEXT not in answer.text
    assert desk.payloads() == before


def test_the_queue_is_listed_page_by_page(desk, enter) -> None:
    ids = []
    for _ in range(5):
        ids.append(desk.file())
        desk.now += HOUR
    leader, found, after = enter("lead"), [], ""
    while True:
        page = get(leader, f"/requests?limit=2&after={after}").json()
        found += [item["request"] for item in page["items"]]
        after = page["next"]
        if not after:
            break
    assert found == ids
    assert page["items"][0]["age"] == {"amount": 1, "unit": "hour"}
    assert page["items"][0]["suggested"]["words"] == []


@pytest.mark.parametrize(
    ("query", "status"), [("limit=0", 400), ("limit=many", 400), ("after=nonsense", 400), ("after=before~1~r", 400)]
)
def test_a_wrong_query_is_refused(quiet, query, status) -> None:
    assert get(quiet[2], f"/requests?{query}").status_code == status


def test_overseers_read_codes_alone_and_others_nothing(desk, enter) -> None:
    request_id = desk.file()
    read = get(enter("aud"), f"/requests/{request_id}")
    assert (read.json()["texts"], read.json()["acts"]) == (None, False)
    assert [word for word in (*PRIVATE.values(), "夜间施工") if word in read.text] == []
    handler = enter("h1")
    assert [get(handler, path).status_code for path in ("/requests", f"/requests/{request_id}")] == [403, 403]
    assert post(handler, BODY).status_code == 403
    assert post(enter("lead"), BODY).status_code == 403


def test_a_request_with_a_case_tells_its_case_and_no_text(desk, enter) -> None:
    request_id = desk.file()
    operator = enter("op")
    assert operator.decide(request_id, "case", matter="noise").status_code == 303
    read = get(operator, f"/requests/{request_id}").json()
    assert (read["case"], read["texts"]) == (desk.request(request_id).case, None)
    assert get(operator, "/requests").json() == {"items": [], "next": "", "dangers": [], "next_danger": ""}


@pytest.mark.parametrize("path", ["/requests/nothing", "/requests/%20", "/requests/' OR 1=1"])
def test_an_unknown_request_is_404(quiet, path) -> None:
    assert get(quiet[2], path).status_code == 404


def test_a_desk_sees_no_other_desks_request(desk, enter) -> None:
    request_id = desk.file()
    desk.people["other"] = Actor("other", "operator", unit="st2", unit_kind="street")
    other = enter("other")
    assert get(other, f"/requests/{request_id}").status_code == 404
    assert get(other, "/requests").json()["code"] == "not_permitted"
    assert other.post("/requests/new", f"/requests/{request_id}/route", route="explain").status_code == 404


def test_the_document_describes_every_operation(quiet) -> None:
    document = get(quiet[2], "/openapi.json").json()
    assert {"/api/v1/requests", "/api/v1/requests/{request_id}"} <= set(document["paths"])
    assert any(name.endswith("RequestBody") for name in document["components"]["schemas"])
