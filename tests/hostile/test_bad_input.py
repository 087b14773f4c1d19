"""What a deployment is sent at its doors when somebody means harm or a program errs; what each part does with it alone
is tested beside the part."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest

from working_house import DAY, LAMP, NOW, Working

HUGE = "长" * (10 * 1024 * 1024 // 3)
NASTY = '<script>alert(1)</script><img src=x onerror=alert(2)>=HYPERLINK("http://example.invalid")'
DOORS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "desk": ("operator", "/requests", {"text": HUGE}),
    "public": ("", "/public/requests", {"text": HUGE}),
    "follow": ("", "/public/follow", {"receipt": HUGE}),
    "finding": ("grid_worker", "/findings", {"matter": "street-light", "text": HUGE}),
    "step": ("dispatcher", "/cases/{case}/steps/dispatch", {"note": HUGE}),
    "file": ("operator", "/requests/{request}/attachments", {"name": HUGE, "content": ""}),
}


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    made = Working(tmp_path_factory.mktemp("bad") / "home", mode="demo")
    yield made
    made.close()


def stands(working: Working) -> Any:
    return working.house.reader.head()


@pytest.mark.parametrize("door", DOORS)
def test_ten_megabytes_are_refused_at_every_door_of_the_api(working: Working, door: str) -> None:
    who, path, body = DOORS[door]
    before = stands(working)
    named = path.format(case=working.real["case_id"][0], request=working.real["request_id"][0])
    answer = working.call(who, "POST", named, json=body)
    assert answer.status_code in (400, 413), answer.text[:300]
    problem = answer.json()
    assert problem["code"] in ("too_large", "malformed")
    assert problem.get("example") or problem["errors"][0]["example"]
    assert HUGE[:100] not in answer.text
    assert stands(working) == before


def test_ten_megabytes_in_the_requesters_form_are_refused_on_a_page(working: Working) -> None:
    before = stands(working)
    token = re.search(r'name="_csrf_token" value="([^"]+)"', working.client.get("/file").text)
    assert token is not None
    answer = working.client.post("/file", data={"_csrf_token": token[1], "text": HUGE, "stage": "check"})
    assert answer.status_code == 413
    assert "<h1>" in answer.text
    assert stands(working) == before


def test_markup_and_formulas_are_nothing_but_text(working: Working) -> None:
    request = working.filed(text=f"{LAMP['text']}{NASTY}", title=NASTY, name=NASTY[:90], address=NASTY)
    shown = working.call("operator", "GET", f"/requests/{request}").json()["texts"]
    assert shown["text"].endswith(NASTY)
    token = re.search(r'name="_csrf_token" value="([^"]+)"', working.client.get("/sign-in").text)
    assert token is not None
    working.client.post("/sign-in/demo", data={"_csrf_token": token[1], "account": "operator-1"})
    for path in (f"/requests/{request}", "/requests", "/"):
        page = working.client.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "onerror=alert" not in html.unescape(re.sub(r">[^<]*<", "><", page.text)), "never within a tag"
    assert html.escape(NASTY, quote=False)[:40] in working.client.get(f"/requests/{request}").text
    working.client.cookies.clear()


@pytest.mark.parametrize(("lon", "lat"), [(0.0, 0.0), (-179.9, 89.9), (121.4, -31.2)])
def test_a_point_outside_the_district_is_refused_with_one_inside_that_is_taken(
    working: Working, lon: float, lat: float
) -> None:
    before = stands(working)
    refused = working.call("operator", "POST", "/requests", json=LAMP | {"lon": lon, "lat": lat})
    assert (refused.status_code, refused.json()["code"]) == (409, "outside_district")
    assert stands(working) == before
    east, north = map(float, refused.json()["example"].split(", "))
    request = working.filed(lon=east, lat=north)
    assert working.call("operator", "GET", f"/requests/{request}").json()["grid"]


def test_what_was_seen_tomorrow_counts_from_now(working: Working) -> None:
    seen = {"matter": "street-light", "grid": working.real["grid"][0], "seen_at": NOW + DAY}
    finding = working.done("grid_worker", "/findings", seen)["finding"]
    assert working.house.reader.state(f"finding:{finding}").reported.found_at <= working.now


@pytest.mark.parametrize("at", [NOW + 400 * DAY, 2**53])
def test_a_case_of_tomorrow_is_the_case_as_it_is_known(working: Working, at: int) -> None:
    case = working.real["case_id"][0]
    now, later = (
        working.call("dispatcher", "GET", f"/cases/{case}", params=query).json()["case"] for query in ({}, {"at": at})
    )
    assert (later["state"], later["lead"], len(later["events"])) == (now["state"], now["lead"], len(now["events"]))


def test_nobody_guesses_a_receipt_by_trying(working: Working) -> None:
    answers = [
        working.call("", "POST", "/public/follow", json={"receipt": f"AAAAA{number:05d}", "tail": "0000"})
        for number in range(12)
    ]
    assert [answer.status_code for answer in answers[:10]] == [404] * 10
    assert {(answer.status_code, answer.json()["code"]) for answer in answers[10:]} == {(429, "too_many_attempts")}
    assert (
        working.call("", "POST", "/public/follow", json={"receipt": working.receipt, "tail": "1234"}).status_code == 429
    )
