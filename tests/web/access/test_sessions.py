"""Sealed sessions."""

from __future__ import annotations

from pathlib import Path

import pytest

from sanban.kernel.errors import SanbanError
from sanban.web.access.sessions import ENDED_FILE, KEY_FILE, LIFETIME_SECONDS, Sessions

NOW = 1_767_229_200_000_000
LIFETIME = LIFETIME_SECONDS * 1_000_000


def test_a_session_is_read_back_until_it_expires(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    cookie = sessions.open("desk-01", NOW)
    read = [sessions.read(cookie, NOW + after) for after in (0, LIFETIME - 1_000_000, LIFETIME)]
    assert [session.account if session else None for session in read] == ["desk-01", "desk-01", None]


@pytest.mark.parametrize(
    "change",
    [lambda c: c[:40] + ("A" if c[40] != "A" else "B") + c[41:], lambda c: c[:-8], lambda _: "", lambda _: "é"],
    ids=["one letter", "cut", "empty", "not ASCII"],
)
def test_a_changed_cookie_is_nobodys(tmp_path: Path, change: object) -> None:
    sessions = Sessions(tmp_path)
    assert sessions.read(change(sessions.open("desk-01", NOW)), NOW) is None


def test_a_cookie_of_another_home_is_nobodys(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    assert Sessions(tmp_path / "b").read(Sessions(tmp_path / "a").open("desk-01", NOW), NOW) is None


def test_an_ended_session_stays_ended_after_a_restart(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    cookie, other = sessions.open("desk-01", NOW), sessions.open("desk-01", NOW)
    sessions.end(sessions.read(cookie, NOW), NOW)
    for known in (sessions, Sessions(tmp_path)):
        assert known.read(cookie, NOW) is None
        assert known.read(other, NOW) is not None


def test_a_session_ended_at_one_server_is_over_at_every_other_of_the_home(tmp_path: Path) -> None:
    servers = (Sessions(tmp_path), Sessions(tmp_path))
    cookies = [server.open("desk-01", NOW) for server in servers]
    for server, cookie in zip(servers, cookies, strict=True):
        server.end(server.read(cookie, NOW), NOW)
    assert [server.read(cookie, NOW) for server in servers for cookie in cookies] == [None] * 4


def test_the_list_of_ended_sessions_does_not_grow_for_ever(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    for turn in range(5):
        now = NOW + turn * 2 * LIFETIME
        sessions.end(sessions.read(sessions.open("desk-01", now), now), now)
    assert (tmp_path / ENDED_FILE).read_bytes().count(b":") == 1


def test_a_notice_is_no_session_and_a_session_no_notice(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    notice = sessions.seal_notice('{"id":"x","account":"desk-01","expires_at":9767229200000000}', NOW)
    assert sessions.read(notice, NOW) is None
    assert sessions.open_notice(sessions.open("desk-01", NOW), NOW) == ""


def test_a_notice_is_shown_only_for_a_minute(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    sealed = sessions.seal_notice("样例", NOW)
    assert [sessions.open_notice(sealed, NOW + after) for after in (0, 61_000_000)] == ["样例", ""]


def test_the_key_is_private_and_a_broken_one_is_named(tmp_path: Path) -> None:
    Sessions(tmp_path)
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    (tmp_path / KEY_FILE).write_text("nonsense", encoding="utf-8")
    with pytest.raises(SanbanError, match="is not a key"):
        Sessions(tmp_path)


def test_a_broken_list_of_ended_sessions_is_named_and_not_forgotten(tmp_path: Path) -> None:
    (tmp_path / ENDED_FILE).write_text("{", encoding="utf-8")
    with pytest.raises(SanbanError, match=r"sessions\.ended cannot be read"):
        Sessions(tmp_path)
