"""The desk sees whom to call and what failed, acts on it, and the auditor sees when somebody was told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from litestar.testing import TestClient

from crawl.planning import Plans
from notices.telling_house import HOUR, PHONE, Telling
from sanban.kernel.errors import Refused
from sanban.kernel.notice import Carried
from sanban.kernel.permission import Actor
from sanban.main.serving import application
from sanban.main.telling import needs_of
from sanban.notices.views import NoticePage, notice_row, notices

OPERATOR = Actor("operator-1", "operator", "hotline", unit_kind="desk")


@pytest.fixture
def telling(tmp_path: Path) -> Iterator[Telling]:
    made = Telling(tmp_path / "home", mode="demo", attempts=1)
    yield made
    made.house.close()


@pytest.fixture
def client(telling: Telling) -> Iterator[TestClient[Any]]:
    with TestClient(application(telling.house)) as made:
        yield made


def sign_in(client: TestClient[Any], account: str) -> None:
    client.cookies.clear()
    token = re.search(r'name="_csrf_token" value="([^"]+)"', client.get("/sign-in?lang=en").text)
    assert token is not None
    form = {"_csrf_token": token[1], "account": account}
    assert client.post("/sign-in/demo", data=form, follow_redirects=False).status_code == 303


def press(client: TestClient[Any], page: str, step: str) -> Any:
    """Sends the first form of a page that takes a step."""
    shown = client.get(page).text
    hidden = dict(re.findall(r'name="(_csrf_token|command_id)" value="([^"]+)"', shown))
    action = re.search(rf'action="(/notices/[^"]+/{step})"', shown)
    assert action is not None, shown
    return client.post(action[1], data=hidden, follow_redirects=False)


def break_sms(telling: Telling, times: int) -> None:
    telling.sms.answer_next([Carried("later", "no_answer")] * times)


def test_the_desk_calls_whom_nothing_reaches_and_says_so(client: TestClient[Any], telling: Telling) -> None:
    telling.dispatched(telling.receive(phone="021-63210000").request)
    sign_in(client, "operator-1")
    page = client.get("/notices").text
    assert "call them" in page
    assert "63210000" not in page
    assert press(client, "/notices", "told").status_code == 303
    assert "No notice here" in client.get("/notices").text
    assert "operator-1" in client.get("/notices?state=told").text


def test_what_failed_is_sent_again_when_the_desk_says_so(client: TestClient[Any], telling: Telling) -> None:
    break_sms(telling, 1)
    telling.receive()
    telling.go_on()
    sign_in(client, "operator-1")
    assert "no_answer" in client.get("/notices?state=failed").text
    assert press(client, "/notices?state=failed", "retry").status_code == 303
    telling.go_on()
    assert len(telling.texts()) == 1


def test_overseers_see_who_was_told_when_and_change_nothing(client: TestClient[Any], telling: Telling) -> None:
    case_id = telling.dispatched(telling.receive().request)
    sign_in(client, "auditor-1")
    page = client.get(f"/notices?case={case_id}").text
    assert "Who holds it" in page
    assert "New task" in page
    assert "<form" not in page.partition("<main")[2].partition("</main")[0]
    row = telling.outbox()[0]
    assert client.post(f"/notices/{row['notice']}/retry", data={}).status_code == 403


def test_others_see_no_notices(client: TestClient[Any], telling: Telling) -> None:
    for account in ("handler-street-01", "citizen-1"):
        sign_in(client, account)
        assert client.get("/notices").status_code == 403
        assert client.get("/api/v1/notices").status_code == 403


def test_the_api_gives_codes_and_instants_page_by_page(client: TestClient[Any], telling: Telling) -> None:
    for _ in range(3):
        telling.receive(text=f"请问几点开门？{telling.command_id()}")
    telling.go_on()
    sign_in(client, "operator-1")
    first = client.get("/api/v1/notices?stands=sent&limit=2").json()
    second = client.get(f"/api/v1/notices?stands=sent&limit=2&after={first['next']}").json()
    assert [len(first["items"]), len(second["items"]), second["next"]] == [2, 1, ""]
    assert PHONE not in str(first) + str(second)
    assert "person:" not in str(first) + str(second)


def taken(client: TestClient[Any], notice: str, step: str, body: Any, key: str = "") -> Any:
    headers = {"X-Sanban-Request": "1", "Idempotency-Key": key or str(uuid4())}
    return client.post(f"/api/v1/notices/{notice}/{step}", json=body, headers=headers)


def test_one_notice_is_found_by_its_stream_however_many_there_are(telling: Telling, monkeypatch) -> None:
    telling.receive()
    telling.go_on()
    notice = telling.outbox()[0]["notice"]
    plans = Plans(monkeypatch)
    found = notice_row(OPERATOR, needs_of(telling.house), notice, telling.house.clock())
    assert found is not None
    assert found.notice == notice
    ((first, *_),) = [steps for sql, steps in plans.steps.items() if "FROM notice_outbox AS n" in sql]
    assert "stream=?" in first


def test_programs_of_the_desk_send_again_and_say_who_was_told(client: TestClient[Any], telling: Telling) -> None:
    break_sms(telling, 2)
    telling.receive()
    telling.receive(phone="13800005678")
    telling.go_on()
    sign_in(client, "operator-1")
    first, second = (one["notice"] for one in telling.outbox())
    key = str(uuid4())
    again, repeated = (taken(client, first, "retry", {}, key).json() for _ in range(2))
    assert (again["state"], again["notice"], repeated) == ("waiting", first, again)
    told = taken(client, second, "told", {}).json()
    assert (told["state"], told["told_by"]) == ("told", "operator-1")
    assert taken(client, second, "retry", {}).status_code == 409
    assert taken(client, first, "reach", {"wish": "no_links"}).status_code == 200
    assert taken(client, first, "reach", {"wish": "never"}).status_code == 400
    assert taken(client, "0197c3e2-7b1d-7000-8000-00000000dead", "told", {}).status_code == 404
    assert telling.house.reader.state(f"reach:{telling.outbox()[0]['recipient']}").wish == "no_links"


def test_a_program_takes_no_step_on_a_notice_about_its_own_account(client: TestClient[Any], telling: Telling) -> None:
    request = telling.receive(phone="021-63210000").request
    case_id = telling.opened(request, "short-let", premises="v:" + "3" * 32, operator="operator-1")
    telling.go_on()
    telling.step(case_id, "dispatch")
    telling.go_on(HOUR)
    own = next(row["notice"] for row in telling.outbox() if row["case_id"] == case_id)
    for account, status in (("operator-1", 404), ("handler-street-01", 403), ("auditor-1", 403)):
        sign_in(client, account)
        assert taken(client, own, "told", {}).status_code == status


def test_notices_about_a_case_about_the_viewer_are_kept_from_them(telling: Telling) -> None:
    request = telling.receive(phone="021-63210000").request
    case_id = telling.opened(request, "short-let", premises="v:" + "3" * 32, operator="operator-1")
    telling.go_on()
    telling.step(case_id, "dispatch")
    telling.go_on(HOUR)
    needs = needs_of(telling.house)
    other = Actor("operator-2", "operator", "hotline", unit_kind="desk")
    for viewer, count in ((OPERATOR, 0), (other, len([row for row in telling.outbox() if row["case_id"] == case_id]))):
        page = notices(viewer, needs, telling.now, "", case_id)
        assert isinstance(page, NoticePage)
        assert len(page.rows) == count
    assert any(row["case_id"] == case_id for row in telling.outbox())


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"state": "lost"}, "unknown_state"),
        ({"state": "sent", "after": "x"}, "bad_cursor"),
        ({"state": "sent", "limit": 0}, "bad_limit"),
        ({"state": "sent", "limit": 1000}, "bad_limit"),
    ],
)
def test_what_cannot_be_listed_is_refused_with_an_example(telling: Telling, given: dict[str, Any], reason: str) -> None:
    found = notices(OPERATOR, needs_of(telling.house), telling.now, **given)
    assert isinstance(found, Refused)
    assert (found.reason, bool(found.example)) == (reason, True)
