"""Files belong to a request or case: shown to those who see its text, kept under the person's key, gone with them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from attachments.sample_files import PLACE, archive, document, picture
from notices.telling_house import Telling, handler
from sanban.attachments.aggregate import MOST
from sanban.attachments.filing import plain_name
from sanban.attachments.pictures import UNPACKING, clean_picture
from sanban.ledger.port import Part, Submission
from sanban.main.copies import back_up, restore_into
from sanban.main.house import open_house
from sanban.main.proving import prove
from sanban.main.serving import application

OPERATOR, HANDLER, OTHER, LEADER = "operator-1", "handler-street-01", "handler-fire-brigade", "leader-1"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Telling]:
    made = Telling(tmp_path / "home", mode="demo", sms="")
    yield made
    made.house.close()


@pytest.fixture
def client(place: Telling) -> Iterator[TestClient[Any]]:
    with TestClient(application(place.house)) as made:
        yield made


def sign_in(client: TestClient[Any], account: str) -> None:
    client.cookies.clear()
    page = client.get("/sign-in?lang=en").text
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert token is not None
    form = {"_csrf_token": token[1], "account": account}
    assert client.post("/sign-in/demo", data=form, follow_redirects=False).status_code == 303


def send(client: TestClient[Any], path: str, *files: tuple[str, bytes]) -> Any:
    """Fills in the form of a page of files."""
    page = client.get(path).text
    hidden = dict(re.findall(r'name="(_csrf_token|command_id)" value="([^"]+)"', page))
    sent = [("files", (name, content, "application/octet-stream")) for name, content in files]
    return client.post(path, data=hidden, files=sent, follow_redirects=False)


def listed(client: TestClient[Any], path: str) -> list[str]:
    """Addresses of the files that a page lists."""
    return sorted(set(re.findall(r'href="(/(?:cases|requests)/[^"]+/attachments/[^"?]+)', client.get(path).text)))


def filing(client: TestClient[Any], *files: tuple[str, bytes]) -> Any:
    """The answer when a requester without an account has sent the form, with photos on its second screen."""
    client.cookies.clear()
    typed = {"text": "小区路灯不亮已有一周", "address": "乙路三号"}
    answer = client.get("/file?lang=en")
    for stage in ("check", "send"):
        hidden = dict(re.findall(r'name="(_csrf_token|command_id|form)" value="([^"]+)"', answer.text))
        sent = [("photos", (name, content, "image/jpeg")) for name, content in files] if stage == "send" else None
        answer = client.post("/file", data=hidden | typed | {"stage": stage}, files=sent)
    return answer


def filed(client: TestClient[Any], *files: tuple[str, bytes]) -> str:
    """The page of that answer."""
    return str(filing(client, *files).text)


def test_photos_that_a_requester_sends_with_the_form_are_the_desks_to_see(
    client: TestClient[Any], place: Telling
) -> None:
    assert "Your receipt" in filed(client, ("a.jpg", picture()), ("b.jpg", picture(size=(20, 10))))
    ((request, person),) = place.house.reader.query(
        "SELECT request, requester FROM request_view WHERE district = :district"
    )
    files = place.house.reader.state(f"attachment:request.{request}")
    assert [(one.media, one.person) for one in files.shown] == [("image.jpeg", person)] * 2
    sign_in(client, OPERATOR)
    for path in listed(client, f"/requests/{request}/attachments"):
        assert PLACE.encode() not in client.get(path).content


def test_what_cannot_be_taken_as_a_photo_files_nothing_and_says_so(client: TestClient[Any], place: Telling) -> None:
    page = filed(client, ("a.jpg", b"MZ not a picture"))
    assert "Your receipt" not in page
    assert "小区路灯不亮已有一周" in page
    assert place.house.reader.query("SELECT 1 FROM request_view WHERE district = :district") == []


def test_a_form_that_came_while_too_many_pictures_are_read_is_asked_to_come_again_with_what_was_typed(
    client: TestClient[Any], place: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sanban.attachments.filing.clean_picture", partial(clean_picture, patience=0))
    with UNPACKING, UNPACKING:
        for _ in range(21):
            answer = filing(client, ("a.jpg", picture()))
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert "send it again in a minute" in answer.text
        assert "小区路灯不亮已有一周" in answer.text
        sign_in(client, "grid-worker-grids-01a")
        hidden = dict(re.findall(r'name="(_csrf_token|command_id)" value="([^"]+)"', client.get("/findings/new").text))
        typed = {"matter": "noise", "grid": "01-001", "text": "已劝停夜间施工", "fixed": "yes"}
        photo = [("photos", ("a.jpg", picture(), "image/jpeg"))]
        found = client.post("/findings/new?lang=en", data=hidden | typed, files=photo)
        assert (found.status_code, found.headers["retry-after"]) == (503, "60")
        assert typed["text"] in found.text
        body = typed | {"fixed": True, "photos": [{"name": "a.jpg", "content": base64.b64encode(picture()).decode()}]}
        called = client.post("/api/v1/findings", json=body, headers={"X-Sanban-Request": "1"})
        assert (called.status_code, called.headers["retry-after"], called.json()["code"]) == (503, "60", "busy")
    assert place.house.reader.query("SELECT 1 FROM request_view WHERE district = :district") == []
    assert "Your receipt" in filed(client, ("a.jpg", picture())), "none of it counted against the address"


def test_a_photo_of_a_request_is_shown_to_the_desk_without_its_place(client: TestClient[Any], place: Telling) -> None:
    path = f"/requests/{place.receive().request}/attachments"
    sign_in(client, OPERATOR)
    answer = send(client, path, ("../../etc/photo.jpg", picture()))
    assert (answer.status_code, answer.headers["location"]) == (303, path.removesuffix("/attachments"))
    (file,) = listed(client, path)
    shown = client.get(file)
    assert (shown.headers["content-type"], shown.headers["x-content-type-options"]) == ("image/jpeg", "nosniff")
    assert shown.headers["content-disposition"] == "inline; filename*=UTF-8''photo.jpg"
    assert PLACE.encode() not in shown.content
    kept = client.get(f"{file}?download=yes")
    assert kept.headers["content-disposition"].startswith("attachment")
    assert kept.content == shown.content != clean_picture("image/jpeg", picture()), "both bear the mark"


def test_a_document_is_never_shown_in_place(client: TestClient[Any], place: Telling) -> None:
    path = f"/requests/{place.receive().request}/attachments"
    sign_in(client, OPERATOR)
    send(client, path, ("信.pdf", document()))
    (file,) = listed(client, path)
    assert client.get(file).headers["content-disposition"].startswith("attachment")


def test_what_is_not_taken_is_said_on_the_page(client: TestClient[Any], place: Telling) -> None:
    path = f"/requests/{place.receive().request}/attachments"
    sign_in(client, OPERATOR)
    answer = send(client, path, ("photo.jpg", picture() + archive()))
    assert (answer.status_code, "more than one thing" in answer.text) == (422, True)
    assert listed(client, path) == []


def test_more_files_than_a_form_takes_and_files_elsewhere_are_refused(client: TestClient[Any], place: Telling) -> None:
    request = place.receive().request
    sign_in(client, OPERATOR)
    files = [(f"{number}.jpg", picture()) for number in range(6)]
    assert send(client, f"/requests/{request}/attachments", *files).status_code == 400
    page = client.get("/requests/new").text
    hidden = dict(re.findall(r'name="(_csrf_token|command_id)" value="([^"]+)"', page))
    answer = client.post("/requests/new", data=hidden, files=[("text", ("a.jpg", picture()))])
    assert answer.status_code in (400, 404, 405)


def test_a_case_shows_its_files_and_those_of_its_requests_to_its_lead_and_to_nobody_else(
    client: TestClient[Any], place: Telling
) -> None:
    request = place.receive().request
    sign_in(client, OPERATOR)
    send(client, f"/requests/{request}/attachments", ("before.jpg", picture()))
    case_id = place.dispatched(request)
    assert place.case(case_id).lead == "street-01"
    path = f"/cases/{case_id}/attachments"
    sign_in(client, HANDLER)
    assert send(client, path, ("after.png", picture("PNG"))).status_code == 303
    files = listed(client, path)
    assert len(files) == 2
    assert all(client.get(file).status_code == 200 for file in files)
    for account, status in ((OTHER, 404), (LEADER, 200), ("citizen-1", 404)):
        sign_in(client, account)
        assert (client.get(path).status_code, listed(client, path)) == (status, [])
        assert {client.get(file).status_code for file in files} == {404}


def test_the_api_takes_lists_and_gives_files(client: TestClient[Any], place: Telling) -> None:
    path = f"/api/v1/requests/{place.receive().request}/attachments"
    sign_in(client, OPERATOR)
    body = {"name": "photo.jpg", "content": base64.b64encode(picture(size=(800, 600))).decode()}
    headers = {"X-Sanban-Request": "1", "Idempotency-Key": "0197c3e2-7b1d-7a40-9f3e-2b6c1d5e8f90"}
    first, again = (client.post(path, json=body, headers=headers) for _ in range(2))
    assert (first.status_code, first.json()) == (200, again.json())
    (item,) = client.get(path).json()["items"]
    assert (item["name"], item["media"]) == ("photo.jpg", "image/jpeg")
    found = client.get(f"{path}/{item['id']}").json()
    assert found["file"]["size"] == item["size"]
    shown = client.get(f"/requests/{path.split('/')[4]}/attachments/{item['id']}")
    assert base64.b64decode(found["content"]) == shown.content, "a program's copy bears the mark as well"
    refused = client.post(
        path, json=body | {"content": base64.b64encode(b"<html>").decode()}, headers={"X-Sanban-Request": "1"}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "type_not_taken")


def test_a_body_beyond_the_bound_is_not_read(client: TestClient[Any], place: Telling) -> None:
    path = f"/api/v1/requests/{place.receive().request}/attachments"
    sign_in(client, OPERATOR)
    body = {"name": "a.jpg", "content": "A" * (15 * 1024 * 1024)}
    assert client.post(path, json=body, headers={"X-Sanban-Request": "1"}).status_code == 413
    assert client.post("/api/v1/requests", json=body, headers={"X-Sanban-Request": "1"}).status_code == 413


def test_no_more_files_than_the_bound_belong_to_one_request(place: Telling) -> None:
    request = place.receive().request
    person = place.person(request)

    def add(number: int) -> Any:
        args = {
            "id": f"f{number}",
            "person": person,
            "media": "image.jpeg",
            "size": 1,
            "parts": ["v:" + f"{number:032x}"],
        }
        part = Part(f"attachment:request.{request}", "add", args)
        return place.house.ledger.submit(Submission(f"add-{number}", handler("hotline", "operator"), (part,)))

    answers = [add(number).refused for number in range(MOST + 1)]
    assert answers[:-1] == [None] * MOST
    assert answers[-1].reason == "too_many_files"


def test_a_removed_file_is_shown_to_nobody(client: TestClient[Any], place: Telling) -> None:
    path = f"/requests/{place.receive().request}/attachments"
    sign_in(client, OPERATOR)
    send(client, path, ("a.jpg", picture()))
    (file,) = listed(client, path)
    hidden = dict(re.findall(r'name="(_csrf_token|command_id)" value="([^"]+)"', client.get(path).text))
    assert client.post(f"{file}/remove", data=hidden, follow_redirects=False).status_code == 303
    assert (client.get(file).status_code, listed(client, path)) == (404, [])


def test_files_go_with_their_person_stay_in_backups_and_the_ledger_stays_whole(
    client: TestClient[Any], place: Telling, tmp_path: Path
) -> None:
    request = place.receive().request
    path = f"/requests/{request}/attachments"
    sign_in(client, OPERATOR)
    send(client, path, ("a.jpg", picture(size=(2000, 1500))), ("b.pdf", document(b"x" * 900_000)))
    sizes = {file: len(client.get(file).content) for file in listed(client, path)}
    assert prove(place.house).is_whole
    back_up(place.house, tmp_path / "copy", with_key=True)
    restore_into(tmp_path / "copy", tmp_path / "again", None, None, no_erasures=True)
    with open_house(tmp_path / "again", lambda: place.now) as restored, TestClient(application(restored)) as other:
        sign_in(other, OPERATOR)
        assert {file: len(other.get(file).content) for file in listed(other, path)} == sizes
    raw = (tmp_path / "home" / "ledger.db").read_bytes()
    assert b"%PDF-1.7" not in raw
    place.house.ledger.erase_person(place.person(request), handler("centre", "coordinator"), place.now)
    assert {client.get(file).status_code for file in sizes} == {404}
    assert prove(place.house).is_whole


def test_a_missing_piece_is_found_by_verify(client: TestClient[Any], place: Telling) -> None:
    path = f"/requests/{place.receive().request}/attachments"
    sign_in(client, OPERATOR)
    send(client, path, ("a.jpg", picture()))
    place.house.ledger.writer.apart(
        lambda session: session.execute(
            "DELETE FROM vault_entry WHERE district = :district AND kind = :kind", {"kind": "file"}
        )
    )
    assert [one.code for one in prove(place.house).findings] == ["missing", "missing"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\photo.jpg", "photo.jpg"),
        ("照片 1.jpg", "照片 1.jpg"),
        ("a\x00b\n.jpg", "a_b_.jpg"),
        ("\u202egpj.exe", "gpj.exe"),
        ("", "file"),
        ("...", "file"),
        ("x" * 300 + ".jpg", "x" * 72 + ".jpg"),
    ],
)
def test_a_hostile_name_is_only_ever_a_label(name: str, shown: str) -> None:
    assert plain_name(name) == shown


def test_a_file_for_a_request_whose_requester_was_erased_stands_under_the_requests_own_key(
    client: TestClient[Any], place: Telling
) -> None:
    request = place.receive().request
    place.house.ledger.erase_person(place.person(request), handler("centre", "coordinator"), place.now)
    path = f"/requests/{request}/attachments"
    sign_in(client, OPERATOR)
    assert send(client, path, ("a.jpg", picture())).status_code == 303
    (file,) = listed(client, path)
    assert client.get(file).status_code == 200
