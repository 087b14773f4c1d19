"""The API: the same views and the same steps for programs, typed, and every no with a reason and an example."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from handling.small_app import Browser, small_app
from handling.small_district import NOW, District, damage, worked_case
from sanban.handling.aggregate import stream_of
from sanban.kernel.view import DAMAGED

KEY = "018f4c1e-0000-7000-8000-000000000001"
ROUTES = ("/cases", "/cases/{case_id}", "/cases/{case_id}/events", "/cases/{case_id}/steps/{step}", "/status")


class Program:
    """A client signed in as one of the district's people."""

    def __init__(self, client: TestClient[Any], name: str) -> None:
        self.client = Browser(client)
        shown = self.client.get("/sign-in").text
        token = re.search(r'name="_csrf_token" value="([^"]+)"', shown)
        assert token is not None
        self.client.post("/sign-in/demo", data={"_csrf_token": token[1], "account": name})

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}")

    def take(self, case_id: str, step: str, key: str = "", **body: Any) -> Any:
        return self.post(f"/cases/{case_id}/steps/{step}", key, **body)

    def post(self, path: str, key: str = "", **body: Any) -> Any:
        headers = {"X-Sanban-Request": "1", **({"Idempotency-Key": key} if key else {})}
        return self.client.post(f"/api/v1{path}", json=body, headers=headers)


Sign = Callable[[str], Program]


@pytest.fixture
def sign_in(district: District, tmp_path: Path) -> Iterator[Sign]:
    with TestClient(small_app(tmp_path, district)) as client:
        yield lambda name: Program(client, name)


def test_cases_are_listed_page_by_page(district: District, sign_in: Sign) -> None:
    ids = {district.open_case() for _ in range(5)}
    program, found, after = sign_in("lead"), [], ""
    while True:
        page = program.get(f"/cases?limit=2&after={after}").json()
        found += [item["case_id"] for item in page["items"]]
        after = page["next"]
        if not after:
            break
    assert sorted(found) == sorted(ids)
    assert program.get("/cases?in_state=closed").json() == {"items": [], "next": ""}
    assert program.get("/cases?unit=st2&matter=noise").json() == {"items": [], "next": ""}
    for name, code in (("in_state", "state"), ("matter", "matter"), ("unit", "unit")):
        refused = program.get(f"/cases?{name}=nope")
        assert (refused.status_code, refused.json()["code"]) == (409, f"unknown_{code}")
        for example in refused.json()["example"].split(", "):
            assert program.get(f"/cases?{name}={example}").status_code == 200
    assert len(program.get("/cases?open=yes&matter=short-let&unit=desk").json()["items"]) == 5


def test_a_case_tells_what_the_account_may_see(district: District, sign_in: Sign) -> None:
    case_id = worked_case(district)
    full, masked = sign_in("h1").get(f"/cases/{case_id}").json(), sign_in("lead").get(f"/cases/{case_id}").json()
    assert full["case"]["requests"][0]["requester"]["phone"] == "13800000001"
    assert masked["case"]["requests"][0]["requester"] is None
    assert "finish" in {step["step"] for step in full["steps"]}
    then = sign_in("h1").get(f"/cases/{case_id}?at={NOW}").json()
    assert (then["case"]["state_code"], then["steps"]) == ("filed", [])


def test_events_are_for_those_who_see_the_history(district: District, sign_in: Sign) -> None:
    case_id = worked_case(district)
    events = sign_in("aud").get(f"/cases/{case_id}/events").json()["items"]
    assert [event["type"] for event in events][:3] == ["case.opened", "request.attached", "case.dispatched"]
    refused = sign_in("cop").get(f"/cases/{case_id}/events")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_permitted")


def test_a_step_taken_twice_with_one_key_acts_once(district: District, sign_in: Sign) -> None:
    case_id = worked_case(district)
    program = sign_in("h1")
    answers = [program.take(case_id, "contact", KEY, args={"request": "r-1"}, note="已通话") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.json()["repeated"] for answer in answers] == [False, True]
    assert answers[0].json()["seq"] == answers[1].json()["seq"] == len(district.reader.events(stream_of(case_id)))
    assert program.take(case_id, "contact", KEY, args={"request": "r-2"}).json()["code"] == "command_reused"


@pytest.mark.parametrize(
    ("step", "body", "status", "code"),
    [
        ("dispatch", {}, 409, "wrong_state"),
        ("nothing", {}, 409, "unknown_step"),
        ("verify", {}, 409, "wrong_state"),
        ("return_order", {"args": {"ground": "tired"}}, 409, "wrong_state"),
        ("contact", {"args": {"request": 7}}, 409, "bad_arguments"),
        ("contact", {"args": {"request": "r-1", "more": 1}}, 409, "bad_arguments"),
        ("contact", {"args": {"request": "r-9"}}, 409, "unknown_request"),
        ("note", {"args": {"note": "v:" + "0" * 32}}, 409, "bad_arguments"),
        ("expire", {"args": {"clock": "resolve.t1.5"}}, 409, "not_permitted"),
        ("contact", {"args": []}, 400, "malformed"),
        ("contact", {"arguments": {}}, 400, "malformed"),
        ("note", {"note": "长" * 4001}, 400, "malformed"),
    ],
)
def test_what_cannot_be_done_is_said_with_a_reason(
    district: District, sign_in: Sign, step: str, body: dict[str, Any], status: int, code: str
) -> None:
    case_id = worked_case(district)
    before = len(district.reader.events(stream_of(case_id)))
    answer = sign_in("h1").take(case_id, step, **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(district.reader.events(stream_of(case_id))) == before


@pytest.mark.parametrize("path", ["/cases/c-99999", "/cases/c-99999/events", "/cases/%20", "/cases/' OR 1=1"])
def test_an_unknown_case_is_404(district: District, sign_in: Sign, path: str) -> None:
    assert sign_in("h1").get(path).status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 400),
        ("limit=many", 400),
        ("after=nonsense", 400),
        ("in_state=a'b", 400),
        ("open=perhaps", 400),
        ("unit=st2", 409),
    ],
)
def test_a_wrong_query_is_refused(district: District, sign_in: Sign, query: str, status: int) -> None:
    assert sign_in("h1").get(f"/cases?{query}").status_code == status


def test_status_says_where_the_ledger_stands(district: District, sign_in: Sign) -> None:
    program = sign_in("aud")
    assert program.get("/status").json() == {
        "requests": 0, "cases": {"cases": 0, "open": 0, "overdue": 0, "missed": 0, "linked": 0}, "head": None,
    }  # fmt: skip
    worked_case(district)
    head, status = district.reader.head(), program.get("/status").json()
    assert head is not None
    assert status["cases"] == {"cases": 1, "open": 1, "overdue": 0, "missed": 0, "linked": 2}
    assert (status["head"]["position"], status["head"]["hash"]) == (head.position, head.hash)


def test_the_document_describes_every_operation(sign_in: Sign) -> None:
    document = sign_in("h1").get("/openapi.json").json()
    assert {f"/api/v1{path}" for path in ROUTES} <= set(document["paths"])
    schemas = document["components"]["schemas"]
    assert any(name.endswith("CaseView") for name in schemas)


def test_a_damaged_text_is_said_to_be_damaged_and_the_rest_is_answered(
    district: District, sign_in: Sign, caplog: pytest.LogCaptureFixture
) -> None:
    case_id = worked_case(district)
    damage(district, "text")
    answer = sign_in("h1").get(f"/cases/{case_id}")
    request = answer.json()["case"]["requests"][0]
    assert (answer.status_code, request["text"]) == (200, DAMAGED)
    assert request["requester"]["phone"] == "13800000001"
    told = [record.getMessage() for record in caplog.records if record.name == "sanban.ledger"]
    assert told
    assert all("vault entry v:" in line for line in told)
    assert not any(private in line for line in told for private in ("13800000001", "民宿"))


@pytest.mark.parametrize(("step", "name"), [("contact", "h1"), ("note", "h1"), ("message", "h1"), ("reword", "h1")])
def test_the_example_of_a_refusal_is_a_body_that_the_same_step_takes(
    district: District, sign_in: Sign, step: str, name: str
) -> None:
    case_id, program = worked_case(district), sign_in(name)
    refused = program.take(case_id, step, args={"nonsense": 1}).json()
    assert refused["code"] == "bad_arguments"
    answer = program.take(case_id, step, **msgspec.json.decode(refused["example"]))
    assert answer.status_code == 200, answer.json()
