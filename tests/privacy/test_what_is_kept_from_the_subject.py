"""Whoever acts for the party complained about learns of its cases from no list, no figure, no handover and no log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from privacy.reading import Reader
from privacy.scene import FIRM, LET, Scene, Told
from sanban.handling.handover.shift import Shift
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret, Submission
from sanban.main.serving import application
from sanban.web.access.sessions import Sessions

SYSTEM = Actor("system", "system")
BOUND = ("auditor-1", "leader-1")
"""Besides the operator of the scene, these act for the party."""


class Place:
    """The scene, and a reader for each account."""

    def __init__(self, scene: Scene, loop: asyncio.AbstractEventLoop) -> None:
        self.scene = scene
        app, sessions = application(scene.house), Sessions(scene.house.home.folder)
        self.readers = {one: Reader(app, sessions, one, scene.now, loop) for one in scene.people}

    def text(self, account: str, path: str, **query: str) -> str:
        said = self.readers[account].ask("GET", path, **query)
        assert said.status == 200, (account, path, said.status)
        return said.text

    def bind(self, account: str, party: str) -> None:
        """The account acts for the party from now on."""
        link = {"id": f"bound-{account}", "kind": "agent_of", "source": account, "target": party, "valid_from": 0}
        self.scene.take(iter([Submission("", SYSTEM, (Part("party:links", "record", link),))]))
        self.scene.house.run()

    @property
    def about(self) -> list[Told]:
        """The requests whose cases are about the party."""
        return [one for one in self.scene.told if one.case and LET in one.subjects]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    scene = Scene(tmp_path_factory.mktemp("kept") / "home", cases=60)
    loop = asyncio.new_event_loop()
    made = Place(scene, loop)
    for account in BOUND:
        made.bind(account, LET)
    yield made
    scene.house.close()
    loop.close()


def test_a_handover_names_no_case_and_shows_no_note_to_who_is_barred_and_loses_none(place: Place) -> None:
    scene = place.scene
    kept, other = (next(one for one in scene.told if one.case and one.subjects == about) for about in ((FIRM,), ()))
    ref, stream, note = "v:" + "5" * 32, "shift:centre", "两件都等回电"
    args = {"open": 2, "urgent": 2, "promised": 0, "cases": [kept.case, other.case], "note": ref}
    giver = Actor("dispatcher-2", "dispatcher", "centre", unit_kind="centre")
    secrets = (Secret(ref, stream, "text", note),)
    scene.take(iter([Submission("", giver, (Part(stream, "hand_over", args),), secrets=secrets)]))
    told = [scene.case(kept.case).number, scene.case(other.case).number, note]
    seen = place.text("dispatcher-1", "/handover")
    place.bind("dispatcher-1", FIRM)
    barred = place.text("dispatcher-1", "/handover")
    assert [one in seen for one in told] == [True, True, True]
    assert [one in barred for one in told] == [False, True, False]
    dispatcher = place.readers["dispatcher-1"]
    for step in ("take", "give"):
        assert dispatcher.ask("POST", f"/handover/{step}", {"command_id": scene.command_id()}).status == 303
    shift = scene.house.reader.state(stream)
    assert isinstance(shift, Shift)
    assert {kept.case, other.case} <= set(shift.last.cases), "what is kept from one officer is still handed on"
