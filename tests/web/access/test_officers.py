"""The officers' file: who may sign in."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from sanban.kernel.errors import FaultsFound, SanbanError
from sanban.kernel.permission import Actor
from sanban.web.access.officers import FILE_NAME, Officer, Officers, Token, add_officer

PASSWORD = "three-loops-one-case"
DESK = Officer("desk-01", "operator", unit="hotline", unit_kind="desk", title='受理台 "一"')


def test_an_officer_signs_in_with_the_password_and_with_nothing_else(tmp_path: Path) -> None:
    add_officer(tmp_path, DESK, PASSWORD)
    officers = Officers(tmp_path)
    found = officers.signs_in("desk-01", PASSWORD)
    assert found is not None
    assert found.actor == Actor("desk-01", "operator", "hotline", "", "desk")
    assert found.title == '受理台 "一"'
    tries = [("desk-01", PASSWORD + "x"), ("desk-01", ""), ("Desk-01", PASSWORD), ("nobody", PASSWORD)]
    assert [officers.signs_in(*attempt) for attempt in tries] == [None] * 4


def test_an_account_without_a_password_cannot_be_entered(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('[[officer]]\naccount = "desk-01"\nrole = "operator"\n', encoding="utf-8")
    assert Officers(tmp_path).signs_in("desk-01", "") is None


def test_the_file_is_private_and_holds_no_password(tmp_path: Path) -> None:
    add_officer(tmp_path, DESK, PASSWORD)
    path = tmp_path / FILE_NAME
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text(encoding="utf-8")
    assert PASSWORD not in text
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in text


@pytest.mark.parametrize(
    ("officer", "password", "said"),
    [
        (DESK, "short", "10 to 200 characters"),
        (DESK, "desk-01-desk-01", "does not hold the account's name"),
        (DESK, "x" * 201, "10 to 200 characters"),
        (Officer("desk 01", "operator"), PASSWORD, "not an officer"),
        (Officer("desk-01", "king"), PASSWORD, "roles are auditor, coordinator"),
        (Officer("desk-01", "operator", unit_kind="palace"), PASSWORD, "not an officer"),
    ],
    ids=["short", "holds the name", "endless", "a space in the name", "no such role", "no such kind of unit"],
)
def test_a_weak_password_or_an_impossible_officer_is_not_taken(
    tmp_path: Path, officer: Officer, password: str, said: str
) -> None:
    with pytest.raises(SanbanError, match=said):
        add_officer(tmp_path, officer, password)
    assert Officers(tmp_path).find(officer.account) is None


def test_changes_of_another_process_are_seen_at_once(tmp_path: Path) -> None:
    here, there = Officers(tmp_path), Officers(tmp_path)
    assert here.find("desk-01") is None
    there.add(DESK, PASSWORD)
    assert here.find("desk-01") is not None
    there.add(Officer("desk-01", "auditor"), PASSWORD)
    assert [officer.role for officer in [here.find("desk-01")] if officer] == ["auditor"]
    assert there.remove("desk-01")
    assert here.find("desk-01") is None
    assert not there.remove("desk-01")


def test_a_token_stands_for_its_officer_until_it_expires(tmp_path: Path) -> None:
    add_officer(tmp_path, DESK, PASSWORD)
    officers = Officers(tmp_path)
    token = officers.put_token(Token("desk-01", "", 100, "nightly export", id="t1"))
    assert token not in (tmp_path / FILE_NAME).read_text(encoding="utf-8")
    found = [officers.of_token(token, 99), officers.of_token(token, 100), officers.of_token(token + "x", 99)]
    assert [one[0].account if one else None for one in found] == ["desk-01", None, None]
    officers.put(msgspec.structs.replace(officers.known("desk-01"), disabled=True))
    assert officers.of_token(token, 99) is None
    officers.put(msgspec.structs.replace(officers.known("desk-01"), disabled=False))
    assert officers.of_token(token, 99) is not None
    officers.drop_token("t1")
    assert officers.of_token(token, 99) is None
    officers.put_token(Token("desk-01", "", 100, id="t2"))
    officers.remove("desk-01")
    assert officers.tokens() == ()


def test_a_disabled_officer_does_not_sign_in(tmp_path: Path) -> None:
    add_officer(tmp_path, DESK, PASSWORD)
    officers = Officers(tmp_path)
    officers.put(msgspec.structs.replace(officers.known("desk-01"), disabled=True))
    assert officers.signs_in("desk-01", PASSWORD) is None


def test_a_token_needs_an_officer(tmp_path: Path) -> None:
    with pytest.raises(SanbanError, match="no officer desk-01"):
        Officers(tmp_path).put_token(Token("desk-01", "", 100))


@pytest.mark.parametrize(
    "text",
    ["[[officer]\n", '[[officer]]\naccount = "a1"\nrole = "king"\n', '[[officer]]\nname = "a1"\n', 'officer = "a1"\n'],
    ids=["not TOML", "no such role", "unknown key", "not a table"],
)
def test_a_broken_file_lets_nobody_in_and_names_itself(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(FaultsFound, match=r"officers\.toml: not_officers"):
        Officers(tmp_path).find("a1")
