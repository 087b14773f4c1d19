"""The auditor's page, API and command, on the whole deployment: a look is there at once, and looking is a look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from attachments.test_files_of_requests_and_cases import sign_in
from notices.telling_house import START, Telling, handler
from sanban.kernel.errors import SanbanError
from sanban.main.lending.views import views
from sanban.main.serving import application

WORKER = handler("street-01")
UNMASKED = {"ground": "to_call"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Telling]:
    made = Telling(tmp_path / "home", mode="demo", sms="")
    yield made
    made.house.close()


@pytest.fixture
def client(place: Telling) -> Iterator[TestClient[Any]]:
    with TestClient(application(place.house)) as made:
        yield made


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def looked(place: Telling, **query: Any) -> list[tuple[str, str, str, str]]:
    found = views(place.house, query.get("case", ""), query.get("officer", ""), query.get("after", ""), 500)
    return [(one["account"], one["page"], one["about"], one["way"]) for one in found.looks]


def test_every_page_answer_and_file_of_a_case_is_kept_and_the_lists_too(
    client: TestClient[Any], place: Telling
) -> None:
    case_id = place.dispatched(place.receive().request)
    sign_in(client, "handler-street-01")
    for path in ("/queue", f"/cases/{case_id}", f"/cases/{case_id}/diagram", f"/api/v1/cases/{case_id}"):
        assert client.get(path).status_code == 200
    assert looked(place, officer="handler-street-01") == [
        ("handler-street-01", "handling.case", f"case:{case_id}", "api"),
        ("handler-street-01", "handling.diagram", f"case:{case_id}", "page"),
        ("handler-street-01", "handling.case", f"case:{case_id}", "page"),
        ("handler-street-01", "handling.queue", "", "page"),
    ]


def test_what_was_not_shown_is_not_kept(client: TestClient[Any], place: Telling) -> None:
    case_id = place.dispatched(place.receive().request)
    sign_in(client, "handler-fire-brigade")
    assert client.get(f"/cases/{case_id}").status_code == 404
    assert client.get(f"/api/v1/cases/{case_id}").status_code == 404
    client.cookies.clear()
    for path in ("/", "/file", "/follow", f"/cases/{case_id}"):
        client.get(path, follow_redirects=False)
    assert [one for one in looked(place) if one[0] != "console"] == []


def test_an_auditor_reads_who_looked_at_a_case_and_its_requests(client: TestClient[Any], place: Telling) -> None:
    request = place.receive().request
    sign_in(client, "operator-1")
    client.get(f"/requests/{request}")
    case_id = place.dispatched(request)
    place.step(case_id, "accept", WORKER)
    place.step(case_id, "unmask", WORKER, request=request, **UNMASKED)
    sign_in(client, "handler-street-01")
    client.get(f"/cases/{case_id}")
    sign_in(client, "auditor-1")
    answer = client.get(f"/looks?case={place.case(case_id).number}")
    assert str(answer.url).endswith(f"/looks/cases/{case_id}")
    shown = text_of(answer)
    assert "operator-1" in shown
    assert "handler-street-01" in shown
    assert "Names and numbers shown for a reason" in shown
    assert "Has to be called" in shown
    officer = client.get("/looks?officer=handler-street-01")
    assert str(officer.url).endswith("/looks/officers/handler-street-01")
    assert "Has to be called" in text_of(officer)
    asked = client.get(f"/api/v1/looks/cases/{case_id}").json()
    assert {row["account"] for row in asked["rows"]} == {"operator-1", "handler-street-01", "auditor-1"}
    assert [one["account"] for one in asked["unmasked"]] == ["handler-street-01"]
    assert "欧阳" not in answer.text


def test_looking_at_who_looked_is_a_look(client: TestClient[Any], place: Telling) -> None:
    case_id = place.dispatched(place.receive().request)
    sign_in(client, "auditor-1")
    client.get(f"/looks/cases/{case_id}")
    assert looked(place, officer="auditor-1") == [("auditor-1", "looks.case", f"case:{case_id}", "page")]
    assert ("console", "cli.views", "account:auditor-1", "command") in looked(place)


def test_nobody_but_an_auditor_comes_in(client: TestClient[Any]) -> None:
    for account in ("operator-1", "leader-1", "handler-street-01", "coordinator-1"):
        sign_in(client, account)
        assert client.get("/looks").status_code == 403
        assert client.get("/api/v1/looks/officers/x").status_code == 403


def test_a_case_or_an_account_that_is_not_there(client: TestClient[Any], place: Telling) -> None:
    sign_in(client, "auditor-1")
    for path in ("/looks?case=2026-999999", "/looks/cases/none", "/api/v1/looks/cases/none", "/looks/officers/王 小明"):
        assert client.get(path).status_code == 404
    assert client.get("/looks?after=x").status_code == 400
    assert "Nobody has looked" in text_of(client.get("/looks/officers/nobody-1"))
    with pytest.raises(SanbanError, match="no case"):
        views(place.house, "2026-999999", "", "", 50)
    with pytest.raises(SanbanError, match="one of them"):
        views(place.house, "a", "b", "", 50)
    with pytest.raises(SanbanError, match="after"):
        views(place.house, "", "", "x", 50)


def test_pages_follow_each_other(client: TestClient[Any], place: Telling) -> None:
    sign_in(client, "auditor-1")
    for _ in range(60):
        client.get("/ledger")
        client.get("/cases")
    first = client.get("/looks")
    onward = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert onward is not None
    second = client.get(onward[1])
    assert 'rel="prev"' in second.text
    assert (first.text + second.text).count('data-label="What"><span>Cases<') == 60


def test_what_was_looked_at_survives_the_server_and_is_part_of_the_proof(tmp_path: Path) -> None:
    telling = Telling(tmp_path / "home", mode="demo", sms="")
    with TestClient(application(telling.house)) as client:
        sign_in(client, "auditor-1")
        client.get("/cases")
    telling.house.close()
    again = Telling(tmp_path / "home", mode="demo", sms="")
    assert ("auditor-1", "handling.cases", "", "page") in looked(again)
    assert again.house.verify().is_whole
    again.house.close()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_answer_to_somebody_signed_in_bears_their_mark(
    client: TestClient[Any], place: Telling, language: str
) -> None:
    case_id = place.dispatched(place.receive().request)
    sign_in(client, "handler-street-01")
    mark = "handler-street-01 street-01 2026-06-02 09:00"
    assert place.now == START
    for path, status in ((f"/cases/{case_id}?lang={language}", 200), ("/cases/none", 404), ("/looks", 403)):
        page = client.get(path)
        assert (page.status_code, page.headers["x-sanban-viewer"]) == (status, mark)
        assert f'<span class="mark-text">{mark}</span>' in page.text
        assert 'class="viewer-mark" src="data:image/svg+xml,' in page.text
    for path in (f"/api/v1/cases/{case_id}", f"/cases/{case_id}/diagram", "/api/v1/cases/none"):
        assert client.get(path).headers["x-sanban-viewer"] == mark
    client.cookies.clear()
    page = client.get(f"/file?lang={language}")
    assert "x-sanban-viewer" not in page.headers
    assert "viewer-mark" not in page.text


def test_views_are_json_without_a_word(client: TestClient[Any], place: Telling) -> None:
    case_id = place.dispatched(place.receive().request)
    sign_in(client, "operator-1")
    client.get(f"/cases/{case_id}")
    printed = msgspec.json.encode(views(place.house, case_id, "", "", 50)).decode()
    assert '"account":"operator-1"' in printed
    assert "欧阳" not in printed
