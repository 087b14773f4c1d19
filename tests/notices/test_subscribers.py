"""Subscribers hear of events: signed, in codes alone, at least once, and never of cases about themselves."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.receiver import Receiver, receiving
from notices.telling_house import DAY, DISPATCHER, HOUR, PHONE, Telling
from sanban.adapters.carriers import ReceiverCarrier, looked_up, receivers
from sanban.kernel.errors import SanbanError
from sanban.kernel.notice import Parcel
from sanban.main.telling import webhooks
from sanban.notices.webhooks.signing import WINDOW, is_genuine, new_key, signed_headers
from sanban.notices.webhooks.subscriber import TYPES


@pytest.fixture
def telling(tmp_path: Path) -> Iterator[Telling]:
    made = Telling(tmp_path / "home", mode="demo", sms="")
    yield made
    made.house.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def subscribe(telling: Telling, receiver: Receiver, *types: str, unit: str = "", party: str = "") -> str:
    return webhooks.add(telling.house, "city-platform", receiver.url, types, unit, party).key


def events(receiver: Receiver) -> list[dict[str, Any]]:
    return [msgspec.json.decode(body) for _, _, body in receiver.got]


def test_an_event_comes_as_cloudevents_signed_with_the_subscribers_key(telling: Telling, receiver: Receiver) -> None:
    key = subscribe(telling, receiver, "case.dispatched")
    case_id = telling.dispatched(telling.receive().request)
    (event,) = events(receiver)
    ((_, headers, body),) = receiver.got
    assert (event["specversion"], event["type"], event["subject"]) == (
        "1.0",
        "sanban.case.dispatched.v1",
        f"case/{case_id}",
    )
    assert event["data"]["lead"] == telling.case(case_id).lead
    assert headers["content-type"].startswith("application/cloudevents+json")
    signed_at = int(headers["webhook-timestamp"])
    assert headers["webhook-id"] == event["id"]
    assert is_genuine(key, headers, body, signed_at)
    assert not is_genuine(key, headers, body + b" ", signed_at)
    assert not is_genuine(new_key(), headers, body, signed_at)
    assert not is_genuine(key, headers, body, signed_at + WINDOW + 1)


def test_nothing_of_people_is_sent_nor_stands_in_the_outbox(telling: Telling, receiver: Receiver) -> None:
    subscribe(telling, receiver)
    request = telling.receive().request
    telling.dispatched(request)
    told = "".join(body.decode() for _, _, body in receiver.got) + str(telling.outbox())
    assert receiver.got
    for private in (PHONE, "欧阳", "噪音", telling.person(request), request, receiver.url):
        assert private not in told


def test_only_chosen_events_are_sent(telling: Telling, receiver: Receiver) -> None:
    subscribe(telling, receiver, "case.opened")
    telling.dispatched(telling.receive().request)
    assert [one["type"] for one in events(receiver)] == ["sanban.case.opened.v1"]


def test_a_subscriber_hears_of_what_is_recorded_after_it_was_added(telling: Telling, receiver: Receiver) -> None:
    before = telling.dispatched(telling.receive().request)
    telling.now += HOUR
    subscribe(telling, receiver)
    after = telling.dispatched(telling.receive(text="另一处工地夜间施工，噪音很大。").request)
    assert {one["subject"] for one in events(receiver)} == {f"case/{after}"} != {f"case/{before}"}


def test_what_fails_is_tried_again_with_the_same_id_until_it_has_failed(telling: Telling, receiver: Receiver) -> None:
    subscribe(telling, receiver, "case.opened")
    receiver.answers = [500, 302, 404]
    receiver.more = {"Location": "http://127.0.0.1:1/elsewhere"}
    telling.dispatched(telling.receive().request)
    for minutes in (1, 4, 16):
        telling.go_on(minutes * 60_000_000)
    assert len({event["id"] for event in events(receiver)}) == 1
    assert len(receiver.got) == 4
    assert [row["state"] for row in telling.outbox()] == ["sent"]
    receiver.answers = [500] * 20
    telling.dispatched(telling.receive().request)
    for _ in range(12):
        telling.go_on(6 * HOUR)
    last = telling.outbox()[-1]
    assert (last["state"], last["code"], last["attempts"]) == ("failed", "status_500", 6)


def test_what_an_answer_says_does_nothing(telling: Telling, receiver: Receiver) -> None:
    subscribe(telling, receiver, "case.opened")
    receiver.body = b'{"type": "case.closed", "command": "close"}' * 100_000
    receiver.more = {"Set-Cookie": "a=b", "X-Command": "close"}
    case_id = telling.dispatched(telling.receive().request)
    assert telling.case(case_id).state != "closed"
    assert [row["state"] for row in telling.outbox()] == ["sent"]


def test_a_unit_hears_of_its_own_cases_alone(telling: Telling, receiver: Receiver) -> None:
    subscribe(telling, receiver, "case.dispatched", unit="street-02")
    telling.dispatched(telling.receive().request)
    assert receiver.got == []


def test_nobody_hears_of_a_case_about_themselves_or_whom_they_act_for(telling: Telling, receiver: Receiver) -> None:
    """`firm-01` acts for somebody in the district's links, or is it itself."""
    subscribe(telling, receiver, party="operator-01")
    request = telling.receive().request
    case_id = telling.opened(request, "short-let", premises="v:" + "3" * 32, operator="operator-01")
    telling.go_on()
    telling.go_on(DAY)
    assert "operator-01" in telling.case(case_id).subjects
    assert receiver.got == []


def test_what_was_queued_is_withdrawn_when_the_case_turns_out_to_be_about_the_subscriber(
    telling: Telling, receiver: Receiver
) -> None:
    subscribe(telling, receiver, "case.opened", party="operator-01")
    receiver.answers = [500]
    case_id = telling.opened(telling.receive().request)
    telling.go_on()
    assert [row["state"] for row in telling.outbox()] == ["waiting"]
    fields = {"premises": "v:" + "3" * 32, "operator": "operator-01"}
    telling.step(case_id, "reclassify", DISPATCHER, matter="short-let", fields=fields)
    telling.go_on(HOUR)
    assert [(row["state"], row["code"]) for row in telling.outbox()] == [("withdrawn", "not_theirs")]
    assert len(receiver.got) == 1


def test_a_removed_subscriber_hears_nothing_and_its_key_is_destroyed(telling: Telling, receiver: Receiver) -> None:
    subscribe(telling, receiver)
    added = telling.house.reader.state("subscriber:city-platform").added
    webhooks.remove(telling.house, "city-platform")
    telling.dispatched(telling.receive().request)
    assert receiver.got == []
    assert telling.house.reader.open_secrets([added.key, added.url]) == {}
    assert webhooks.listed(telling.house) == ()
    assert telling.house.verify().is_whole


def test_a_subscriber_is_tried_out_with_an_event_that_tells_of_nothing(telling: Telling, receiver: Receiver) -> None:
    subscribe(telling, receiver)
    assert webhooks.try_out(telling.house, "city-platform").outcome == "sent"
    assert events(receiver)[0]["data"] == {}


def test_neither_key_nor_address_stands_in_an_event(telling: Telling, receiver: Receiver) -> None:
    key = subscribe(telling, receiver)
    told = "".join(one.payload.decode() for one in telling.house.reader.since(0, 1000))
    assert key not in told
    assert receiver.url not in told


@pytest.mark.parametrize(
    "url",
    [
        "http://receiver.example/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://10.0.0.8/x",
        "https://192.168.1.1/x",
        "https://172.16.0.1/x",
        "https://169.254.169.254/latest",
        "https://100.64.0.1/x",
        "https://0.0.0.0/x",
        "https://224.0.0.1/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://[fe80::1]/x",
        "https://[fd00::1]/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://localhost/x",
        "https://user:word@93.184.216.34/x",
        "https://93.184.216.34/x#y",
        "https://93.184.216.34:99999/x",
        "https:///x",
        "ftp://93.184.216.34/x",
        "file:///etc/passwd",
        "https://93.184.216.34/x\r\nHost: y",
    ],
)
def test_addresses_inside_and_strange_ones_are_refused(url: str) -> None:
    with pytest.raises(SanbanError):
        looked_up(url, open_inside=False)
    carrier = ReceiverCarrier(signed_headers, lambda: 0)
    assert carrier.carry(Parcel("k", url, "", "{}", new_key())).code == "address_refused"


def test_an_address_outside_is_taken_as_it_was_looked_up() -> None:
    target = looked_up("https://93.184.216.34:8443/x?y=1", open_inside=False)
    assert (target.address, target.port, target.path, target.secure) == ("93.184.216.34", 8443, "/x?y=1", True)


def test_whoever_answers_too_slowly_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receivers, "DEADLINE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                while not stop.wait(0.05):
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        carrier = ReceiverCarrier(signed_headers, lambda: 0, open_inside=True)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        assert carrier.carry(Parcel("k", url, "", "{}", new_key())).code == "no_answer"
        stop.set()
        thread.join()


@given(
    body=st.binary(max_size=200),
    at=st.integers(0, 4_000_000_000),
    id_=st.from_regex(r"[a-z0-9-]{1,30}", fullmatch=True),
)
def test_every_signature_is_genuine_in_its_window_and_in_no_other(body: bytes, at: int, id_: str) -> None:
    key = new_key()
    headers = signed_headers(key, id_, at, body)
    assert is_genuine(key, headers, body, at + WINDOW)
    assert not is_genuine(key, headers, body, at - WINDOW - 1)
    assert not is_genuine(key, headers | {"webhook-id": id_ + "x"}, body, at)


@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 40])
def test_a_time_that_is_none_is_not_genuine(value: str) -> None:
    key = new_key()
    headers = signed_headers(key, "k", 5, b"") | {"webhook-timestamp": value}
    assert not is_genuine(key, headers, b"", 5)


def test_notes_and_call_backs_cannot_be_subscribed_to(telling: Telling, receiver: Receiver) -> None:
    assert TYPES.isdisjoint({"case.noted", "requester.called_back", "requester.contacted", "case.reclassified"})
    with pytest.raises(SanbanError, match="cannot be subscribed to"):
        subscribe(telling, receiver, "case.noted")
