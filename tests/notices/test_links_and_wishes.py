"""Links go to those who filed online alone, and to nobody who does not want them; who wants no notices is called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from notices.telling_house import OPERATOR, Telling, handler
from sanban.ledger.port import Part, Submission

LINK = "https://district.example/follow"


@pytest.fixture
def telling(tmp_path: Path) -> Iterator[Telling]:
    made = Telling(tmp_path / "home", link=LINK)
    yield made
    made.house.close()


def wish(telling: Telling, request: str, word: str) -> None:
    part = Part(f"reach:{telling.person(request)}", "choose", {"wish": word})
    telling.submit(Submission("", OPERATOR, (part,)), OPERATOR)


@pytest.mark.parametrize(("channel", "linked"), [("app", True), ("web", True), ("phone", False), ("letter", False)])
def test_only_who_filed_online_is_sent_where_to_follow_it(telling: Telling, channel: str, linked: bool) -> None:
    telling.receive(channel=channel)
    telling.go_on()
    assert (LINK in telling.texts()[0]) is linked


def test_who_wants_no_links_gets_none_whatever_way_they_came(telling: Telling) -> None:
    request = telling.receive(channel="app").request
    wish(telling, request, "no_links")
    telling.go_on()
    assert (len(telling.texts()), LINK in telling.texts()[0]) == (1, False)


def test_who_wants_no_notices_is_called(telling: Telling) -> None:
    request = telling.receive().request
    wish(telling, request, "no_notices")
    telling.dispatched(request)
    assert telling.texts() == []
    mine = [row["state"] for row in telling.outbox() if row["recipient"] == telling.person(request)]
    assert mine == ["unreachable"]


def test_a_wish_noted_twice_is_one_and_can_be_taken_back(telling: Telling) -> None:
    request = telling.receive(channel="app").request
    for word in ("no_links", "no_links", "usual"):
        wish(telling, request, word)
    assert len(telling.house.reader.events(f"reach:{telling.person(request)}")) == 2
    telling.go_on()
    assert LINK in telling.texts()[0]


@pytest.mark.parametrize(
    ("step", "args", "role", "reason"),
    [
        ("choose", {"wish": "never"}, "operator", "bad_arguments"),
        ("choose", {"wish": "usual"}, "handler", "not_permitted"),
        ("forget", {}, "operator", "unknown_step"),
    ],
)
def test_what_is_no_wish_is_refused(telling: Telling, step: str, args: dict[str, str], role: str, reason: str) -> None:
    actor = handler("hotline", role)  # type: ignore[arg-type]  # a role by its name
    answer = telling.house.ledger.submit(Submission("c", actor, (Part("reach:person:x", step, args),)))
    assert answer.refused is not None
    assert (answer.refused.reason, bool(answer.refused.example)) == (reason, True)
