"""Officers and tokens from the command line to the served page; every change stands in the ledger."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from sanban.main.deployment.officer_events import OfficerHistory, stream_of
from sanban.main.house import open_house
from sanban.main.serving import application
from stories.test_main_job import sanban

PASSWORD = "correct-horse-battery"
OTHER = "staple-horse-battery"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    sanban("init", home=folder)
    sanban("officer", "add", "desk-1", "--role", "operator", "--unit", "hotline", "--password", PASSWORD, home=folder)
    return folder


@pytest.fixture
def client(home: Path) -> Iterator[TestClient[Any]]:
    with open_house(home) as house:
        house.ledger.reach()
        with TestClient(application(house)) as served:
            yield served


def sign_in(client: TestClient[Any], password: str = PASSWORD) -> int:
    token = re.search(r'name="_csrf_token"[^>]*value="([^"]+)"', client.get("/sign-in").text)
    assert token is not None
    form = {"account": "desk-1", "password": password, "_csrf_token": token[1]}
    return client.post("/sign-in", data=form, follow_redirects=False).status_code


def changes(home: Path, account: str = "desk-1") -> list[str]:
    with open_house(home) as house:
        history = house.reader.state(stream_of(account))
    assert isinstance(history, OfficerHistory)
    return [one.change for one in history.changes]


def test_an_officer_is_shut_out_and_let_in_while_the_server_runs(home: Path, client: TestClient[Any]) -> None:
    assert sign_in(client) == 303
    assert client.get("/requests", follow_redirects=False).status_code == 200
    sanban("officer", "disable", "desk-1", home=home)
    assert client.get("/requests", follow_redirects=False).status_code == 303
    assert sign_in(client) == 422
    sanban("officer", "enable", "desk-1", home=home)
    assert client.get("/requests", follow_redirects=False).status_code == 303
    assert sign_in(client) == 303
    assert changes(home) == ["added", "disabled", "enabled"]


def test_a_new_password_ends_the_sessions_of_the_old_one(home: Path, client: TestClient[Any]) -> None:
    assert sign_in(client) == 303
    sanban("officer", "password", "desk-1", "--password", OTHER, home=home)
    assert client.get("/requests", follow_redirects=False).status_code == 303
    assert sign_in(client) == 422
    assert sign_in(client, OTHER) == 303
    assert changes(home) == ["added", "password_reset"]


def test_an_address_is_kept_beside_the_account_and_its_change_alone_is_on_record(home: Path) -> None:
    sanban("officer", "address", "desk-1", "mail:li@desk.example", home=home)
    assert 'notify = "mail:li@desk.example"' in (home / "officers.toml").read_text(encoding="utf-8")
    assert changes(home) == ["added", "address_changed"]
    with open_house(home) as house:
        told = "".join(one.payload.decode() for one in house.reader.since(0, 1000))
    assert "li@desk" not in told
    sanban("officer", "address", "desk-1", "", home=home)
    assert "li@desk" not in (home / "officers.toml").read_text(encoding="utf-8")


def test_another_role_and_unit_hold_from_the_next_click(home: Path, client: TestClient[Any]) -> None:
    assert sign_in(client) == 303
    sanban("officer", "change", "desk-1", "--role", "handler", "--unit", "street-01", home=home)
    assert client.get("/requests", follow_redirects=False).status_code == 403
    (listed,) = json.loads(sanban("officer", "list", "--json", home=home))["officers"]
    assert listed == {"account": "desk-1", "role": "handler", "unit": "street-01", "state": "may sign in"}
    assert changes(home) == ["added", "moved"]


def test_a_token_is_shown_once_works_and_is_revoked(home: Path, client: TestClient[Any]) -> None:
    words = ("token", "issue", "--officer", "desk-1", "--expires", "90d", "--scope", "write", "--label", "nightly")
    secret = sanban(*words, home=home).strip()
    assert secret not in (home / "officers.toml").read_text(encoding="utf-8")
    bearer = {"Authorization": f"Bearer {secret}"}
    taken = client.post("/api/v1/requests", json={"text": "小区路灯不亮"}, headers=bearer)
    assert taken.status_code == 200
    (listed,) = json.loads(sanban("token", "list", "--json", home=home))["tokens"]
    assert (listed["officer"], listed["scope"], listed["label"]) == ("desk-1", "write", "nightly")
    assert secret not in str(listed)
    sanban("token", "revoke", listed["id"], home=home)
    assert client.get("/api/v1/requests", headers=bearer).status_code == 401
    assert changes(home) == ["added", "token_issued", "token_revoked"]
    with open_house(home) as house:
        assert all(secret.encode() not in one.payload for one in house.reader.since(0, 1000))
    scheme = client.get("/api/v1/openapi.json").json()["components"]["securitySchemes"]["token"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert "sanban token issue" in scheme["description"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("officer", "disable", "nobody"), "there is no officer nobody"),
        (("officer", "change", "desk-1"), "say what changes"),
        (("officer", "change", "desk-1", "--role", "king"), "is not a role"),
        (("officer", "change", "desk-1", "--unit", "moon"), "there is no unit moon"),
        (("officer", "address", "desk-1", "fax:021-123456"), "not an address of a channel"),
        (("officer", "password", "desk-1", "--password", "short"), "10 to 200 characters"),
        (("officer", "add", "desk-2", "--role", "operator", "--unit", "hotline", "--password", "short"), "10 to 200"),
        (("token", "issue", "--officer", "desk-1", "--expires", "9w"), "is not 1 to 366 days"),
        (("token", "issue", "--officer", "desk-1", "--expires", "999d"), "is not 1 to 366 days"),
        (("token", "issue", "--officer", "desk-1", "--expires", "9d", "--scope", "all"), "is not a scope"),
        (("token", "revoke", "nothing"), "there is no token"),
    ],
)
def test_what_cannot_be_done_is_told_and_not_recorded(home: Path, words: tuple[str, ...], told: str) -> None:
    assert told in sanban(*words, home=home, code=2)
    assert changes(home) == ["added"]


def test_a_disabled_officer_gets_no_token(home: Path) -> None:
    sanban("officer", "disable", "desk-1", home=home)
    assert "is disabled" in sanban("token", "issue", "--officer", "desk-1", "--expires", "9d", home=home, code=2)
    assert "desk-1" in sanban("officer", "list", home=home)
    assert sanban("token", "list", home=home).split() == ["id", "officer", "scope", "until", "label"]
