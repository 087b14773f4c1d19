"""The wire to the owner: nobody is let in without the token, and nothing that arrives can break it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from threading import Thread

import pytest

from sanban.kernel.errors import SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.owning.listener import Listener
from sanban.ledger.owning.remote import Remote
from sanban.ledger.owning.wire import (
    HELLO_LIMIT,
    LIMIT,
    Address,
    Answered,
    Call,
    OwnerGoneError,
    Reply,
    Submit,
    receive,
    send,
)
from sanban.ledger.port import Answer, Part, Secret, Submission

ACTOR = Actor("clerk-1", "coordinator")
TOKEN = "a" * 64


def command(number: int) -> Submission:
    secret = Secret(f"r{number}", f"p{number}", "name", f"王{number}")
    return Submission(f"new-{number}", ACTOR, (Part(f"person:p{number}", "register"),), None, (secret,))


def echo(call: Call) -> Reply:
    """Answers each command by its id; the command `big` by an error."""
    assert isinstance(call, Submit)
    if call.submissions[0].command_id == "big":
        raise RuntimeError("private details")
    return Answered([Answer(submission.command_id) for submission in call.submissions])


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener(echo, TOKEN)
    yield listener
    listener.close()


def knock(listener: Listener, first: bytes) -> bytes | None:
    """What the owner says to a first frame; None when it hangs up."""
    with socket.create_connection(("127.0.0.1", listener.port), timeout=30) as connection:
        connection.sendall(first)
        try:
            return receive(connection, LIMIT)
        except ConnectionError:
            return None


def frame(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


@pytest.mark.parametrize(
    "first",
    [
        frame(json.dumps({"token": "b" * 64, "version": 1}).encode()),
        frame(json.dumps({"token": TOKEN[:-1], "version": 1}).encode()),
        frame(json.dumps({"token": "é", "version": 1}).encode()),
        frame(b'{"type":"submit","submissions":[]}'),
        frame(b"\xff\xfe"),
        frame(b""),
        frame(b"x" * (HELLO_LIMIT + 1)),
        b"GET / HTTP/1.1\r\n\r\n",
        (LIMIT * 2).to_bytes(4, "big"),
    ],
)
def test_who_does_not_know_the_token_is_not_spoken_to(listener: Listener, first: bytes) -> None:
    assert knock(listener, first) is None


def test_who_knows_the_token_is_let_in(listener: Listener) -> None:
    assert knock(listener, frame(json.dumps({"token": TOKEN, "version": 1}).encode())) == b'{"version":1}'


def test_an_unreadable_call_is_answered_and_the_connection_lives_on(listener: Listener) -> None:
    remote = Remote(Address(listener.port, TOKEN, 0))
    for body in (b"{", b'{"type":"dance"}', b'{"type":"submit","submissions":[{}]}', b'"\xff"'):
        assert b'"failed"' in remote._exchange(body, LIMIT)
    assert remote.submit_some([command(1)])[0].command_id == "new-1"
    remote.close()


def test_an_unexpected_error_is_told_without_its_details(listener: Listener, caplog: pytest.LogCaptureFixture) -> None:
    remote = Remote(Address(listener.port, TOKEN, 0))
    with pytest.raises(SanbanError, match="RuntimeError") as raised:
        remote.submit_some([Submission("big", ACTOR, ())])
    remote.close()
    assert "private details" not in str(raised.value)
    assert "private details" in caplog.text


def test_many_commands_go_in_portions_and_one_too_large_is_refused(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = Remote(Address(listener.port, TOKEN, 0))
    monkeypatch.setattr("sanban.ledger.owning.remote.PORTION_BYTES", 1000)
    commands = [command(number) for number in range(50)]
    first = remote.submit_some(commands)
    assert 1 < len(first) < 50
    assert [answer.command_id for answer in first] == [each.command_id for each in commands[: len(first)]]
    monkeypatch.setattr("sanban.ledger.owning.wire.LIMIT", 500)
    large = Submission("large", ACTOR, (), None, (Secret("r", "p", "text", "x" * 600),))
    with pytest.raises(SanbanError, match="too large; at most 500"):
        remote.submit_some([large])
    remote.close()


def test_another_version_of_the_owner_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                receive(connection, HELLO_LIMIT)
                send(connection, b'{"version":99}')

        thread = Thread(target=answer)
        thread.start()
        with pytest.raises(SanbanError, match=r"speaks version 99, this program 1(.|\n)*upgrade"):
            Remote(Address(server.getsockname()[1], TOKEN, 0))
        thread.join()


def test_an_owner_that_hangs_up_is_gone(listener: Listener) -> None:
    with pytest.raises(OwnerGoneError, match="ended the connection"):
        Remote(Address(listener.port, "b" * 64, 0))
    remote = Remote(Address(listener.port, TOKEN, 0))
    listener.close()
    with pytest.raises(OwnerGoneError, match="safe to"):
        remote.submit_some([command(1)])
    remote.close()


def test_half_a_frame_is_a_lost_connection() -> None:
    for sent in (b"\x00\x00", frame(b"abc")[:-1], frame(b"")[:2]):
        one, two = socket.socketpair()
        with one, two:
            one.sendall(sent)
            one.shutdown(socket.SHUT_WR)
            with pytest.raises(ConnectionError, match="half a frame"):
                receive(two, LIMIT)
