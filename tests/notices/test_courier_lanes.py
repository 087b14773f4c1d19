"""Lanes of the courier: a channel waits for no other, and a subscriber that is down for none but itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from notices.telling_house import HOUR, TEXT, Telling
from sanban.kernel.notice import SENT, Carried, Parcel, backoff
from sanban.main.telling import needs_of, webhooks
from sanban.notices.notice import Notice
from sanban.notices.sending import WEBHOOK, Courier, Wrapped

DOWN, UP = "http://127.0.0.1:9/down", "http://127.0.0.1:9/up"


class Receivers:
    """Receivers of events by their subscriber, of which some are down."""

    def __init__(self, *down: str) -> None:
        self.down = set(down)
        self.asked: list[str] = []

    def carry(self, parcel: Parcel) -> Carried:
        self.asked.append(parcel.to)
        return Carried("later", "no_answer") if parcel.to in self.down else SENT


class Plain:
    """Wraps an event as no more than its subscriber."""

    def wrap(self, notice: Notice, now: int) -> Wrapped:
        return Wrapped(Parcel(notice.queued.id, notice.queued.recipient, "", "{}"))


@pytest.fixture
def telling(tmp_path: Path) -> Iterator[Telling]:
    made = Telling(tmp_path / "home", mode="demo", quiet="")
    yield made
    made.house.close()


def opened(telling: Telling, times: int) -> None:
    """Events for the subscribers, and texts for people, none of them carried yet."""
    for number in range(times):
        telling.opened(telling.receive(text=f"{TEXT}{number}", phone=f"1380000{number:04}").request)
    telling.house.run()


def test_texts_to_people_go_while_a_receiver_of_events_hangs(telling: Telling) -> None:
    webhooks.add(telling.house, "hanging", DOWN, ["case.opened"], "", "")
    opened(telling, 1)
    told = threading.Event()

    class Hangs:
        def carry(self, parcel: Parcel) -> Carried:
            return SENT if told.wait(10) else Carried("later", "no_answer")

    class Tells:
        def carry(self, parcel: Parcel) -> Carried:
            told.set()
            return SENT

    carriers = {"sms": Tells(), WEBHOOK: Hangs()}
    counted = Courier(needs_of(telling.house), carriers, {WEBHOOK: Plain()}).round(telling.now)
    assert counted.delayed == 0
    assert counted.sent >= 2


def test_a_subscriber_that_is_down_is_asked_once_a_round_ever_more_seldom_and_delays_no_other(
    telling: Telling,
) -> None:
    for name, url in (("down", DOWN), ("up", UP)):
        webhooks.add(telling.house, name, url, ["case.opened"], "", "")
    opened(telling, 4)
    receivers = Receivers("down")
    courier = Courier(needs_of(telling.house), {WEBHOOK: receivers}, {WEBHOOK: Plain()})

    def asked(passed: int) -> tuple[int, int]:
        telling.now += passed
        receivers.asked.clear()
        courier.round(telling.now)
        return receivers.asked.count("down"), receivers.asked.count("up")

    assert asked(0) == (1, 4)
    assert asked(0) == (0, 0)
    assert asked(backoff(1) - 1) == (0, 0)
    assert asked(1) == (1, 0)
    assert asked(backoff(2) - 1) == (0, 0), "the delay grows, though three events were never tried"
    receivers.down.clear()
    assert asked(1) == (4, 0)


def test_a_lane_leaves_the_rest_to_the_next_round_when_its_patience_is_over(telling: Telling) -> None:
    opened(telling, 3)

    class Slow:
        def carry(self, parcel: Parcel) -> Carried:
            telling.now += HOUR
            return SENT

    courier = Courier(needs_of(telling.house), {"sms": Slow()})
    assert courier.round(telling.now, HOUR).sent == 1
    assert courier.round(telling.now).sent >= 2
