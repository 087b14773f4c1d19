"""Whoever acts for the party complained about learns of its cases from no list, no figure, no handover and no log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from privacy.reading import Apart, Reader, running_apart
from privacy.scene import FIRM, LET, Scene, Told, required
from sanban.handling.figures.counting import Span, counted_cases, unit_figures
from sanban.handling.handover.shift import Shift
from sanban.intake.city.seeing import waits
from sanban.intake.desk.receiving import Said, reading
from sanban.intake.firms.filing import CHANNEL
from sanban.intake.firms.listing import FirmPage, firm_requests
from sanban.intake.ports import Wish
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret, Submission
from sanban.main.binding import intake_needs_of, needs_of
from sanban.main.city.wiring import city_needs_of
from sanban.main.meeting.desk import DeskOpening
from sanban.main.serving import application
from sanban.web.access.sessions import Sessions

SYSTEM = Actor("system", "system")
BOUND = ("auditor-1", "leader-1")
"""Besides the operator of the scene, these act for the party."""


class Place:
    """The scene, and a reader for each account."""

    def __init__(self, scene: Scene, apart: Apart) -> None:
        self.scene = scene
        app, sessions = application(scene.house), Sessions(scene.house.home.folder)
        self.readers = {one: Reader(app, sessions, one, scene.now, apart) for one in scene.people}

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
    with running_apart() as apart:
        made = Place(scene, apart)
        for account in BOUND:
            made.bind(account, LET)
        yield made
    scene.house.close()


def test_a_handover_names_no_case_and_shows_no_note_to_who_is_barred_and_loses_none(place: Place) -> None:
    scene = place.scene
    waiting = [one for one in scene.told if one.case and scene.case(one.case).closed_at is None]
    kept, other = (next(one for one in waiting if one.subjects == about) for about in ((FIRM,), ()))
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


def test_firms_requests_of_the_months_list_are_left_out_and_not_counted(place: Place) -> None:
    scene, needs = place.scene, intake_needs_of(place.scene.house)
    read = reading(
        needs, scene.people["dispatcher-1"], scene.command_id(), Said("企业诉求", channel=CHANNEL), scene.now
    )
    assert isinstance(read, Submission)
    scene.take(iter([read]))
    request = scene.house.reader.state(read.parts[0].stream)
    mechanism = next(one for one in needs.matters(scene.now) if one.matter == "firm-request")
    wish = Wish("w", mechanism.matter, street="street-01", fields=required(mechanism))
    opening = DeskOpening(scene.house.cases).submission(request, wish)
    opening.parts[0].args["subjects"] = [LET]
    scene.take(iter([opening]))
    pages = [
        firm_requests(scene.people[one], needs, scene.now, "", "received") for one in ("dispatcher-1", "operator-1")
    ]
    seen, barred = (one for one in pages if isinstance(one, FirmPage))
    assert request.id in [line.request for line in seen.lines]
    assert request.id not in [line.request for line in barred.lines]
    assert (seen.received - barred.received, len(seen.lines) - len(barred.lines)) == (1, 1)


def test_what_was_found_first_leaves_them_out(place: Place) -> None:
    numbers = [place.scene.case(one.case).number for one in place.about]
    seen, barred = (place.text(one, "/findings/first") for one in ("coordinator-1", "auditor-1"))
    assert any(one in seen for one in numbers)
    assert not any(one in barred for one in numbers)


def test_orders_owed_to_the_city_are_counted_without_them(place: Place) -> None:
    platform: Any = object()
    needs = msgspec.structs.replace(city_needs_of(place.scene.house), platform=platform)
    now, people = place.scene.now, place.scene.people
    counts = [found.count for one in ("dispatcher-1", "operator-1") if (found := waits(needs, people[one], now))]
    assert counts == [3, 2]


def test_figures_add_up_to_the_cases_that_the_viewer_may_list(place: Place) -> None:
    scene, needs = place.scene, needs_of(place.scene.house)
    span, kept = Span(0, 2**62, scene.now + 40 * 86_400_000_000), {one.case for one in place.about}
    differs = False
    for share in _shares(place, "coordinator-1", span):
        listed = counted_cases(scene.people["coordinator-1"], needs, span, share.figure, share.unit)
        barred = counted_cases(scene.people["leader-1"], needs, span, share.figure, share.unit)
        own = [one for one in listed[1] if one.case not in kept]
        assert (barred[0].n, barred[0].holds) == (len(own), sum(one.holds for one in own))
        differs |= len(own) < len(listed[1])
        found = {(one.figure, one.unit): one.n for one in _shares(place, "leader-1", span)}
        assert found.get((share.figure, share.unit), 0) == len(own)
    assert differs


def _shares(place: Place, account: str, span: Span) -> Any:
    return unit_figures(place.scene.people[account], needs_of(place.scene.house), span)


def test_a_bound_auditor_learns_of_no_look_at_them(place: Place) -> None:
    scene, (kept, *_) = place.scene, place.about
    waiting = next(one for one in scene.told if not one.case)
    place.text("dispatcher-1", f"/cases/{kept.case}")
    place.text("dispatcher-1", f"/requests/{kept.request}")
    place.text("dispatcher-1", f"/requests/{waiting.request}")
    auditor = place.readers["auditor-1"]
    for asked in (kept.case, scene.case(kept.case).number):
        assert auditor.ask("GET", "/looks", case=asked).status == 404
        assert auditor.ask("GET", f"/looks/cases/{asked}").status == 404
        assert auditor.ask("GET", f"/api/v1/looks/cases/{asked}").status == 404
    for path in ("/looks", "/looks/officers/dispatcher-1", "/api/v1/looks/officers/dispatcher-1"):
        shown = place.text("auditor-1", path)
        assert waiting.request in shown
        assert (kept.case in shown, kept.request in shown) == (False, False)
