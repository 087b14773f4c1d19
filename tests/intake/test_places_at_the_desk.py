"""Where a request is, at the desk: suggested, confirmed, pinned by hand or unknown; exact points in the vault."""

from __future__ import annotations

import json
import re

import msgspec
import pytest

from handling.small_district import actor
from intake.small_desk import PRIVATE, Desk, text_of
from sanban.intake.desk.placing import Pinned, pinned, place_view
from sanban.intake.desk.receiving import Said, Taken, receive
from sanban.intake.place.border import outside
from sanban.intake.place.crs import from_wgs84
from sanban.intake.place.map import SIDE, Window, around, window_of
from sanban.kernel.case.state import Case
from sanban.kernel.duty.place import Point

ROAD = "和平路42号"
"""At 410 of the 2000 units of the road: in the first grid."""


def place(desk: Desk, enter, request_id: str, **fields: str):
    return enter("op").decide(request_id, "place", **fields)


def told(desk: Desk, request_id: str) -> dict[str, object]:
    """The exact point of a request, from the vault."""
    ref = desk.request(request_id).point
    return json.loads(desk.reader.open_secrets([ref])[ref])


def test_the_desk_sees_the_places_with_grid_unit_and_words_and_no_event_has_the_address(desk, enter) -> None:
    request_id = desk.file(address=ROAD)
    page = enter("op").get(f"/requests/{request_id}")
    shown = text_of(page)
    for words in ("place suggested", "和平路42号", "house number", "g1", "Heping street", "answers: Heping street"):
        assert words in shown
    assert "<svg" in page.text
    assert "42" not in "".join(re.findall(r'"exact[^}]*}', desk.payloads()))
    assert ROAD not in desk.payloads()


def test_confirming_is_one_action_and_the_point_stands_in_the_vault(desk, enter) -> None:
    request_id = desk.file(address=ROAD)
    assert desk.request(request_id).place_state == "suggested"
    assert place(desk, enter, request_id, spot="1").status_code == 303
    request = desk.request(request_id)
    assert (request.place_state, request.grid, request.placed.source) == ("known", "g1", "suggestion")
    assert told(desk, request_id) == {"lon": 410, "lat": 500, "crs": "wgs84"}


@pytest.mark.parametrize("crs", ["wgs84", "gcj02", "bd09"])
def test_coordinates_are_brought_over_the_border_and_the_system_they_came_in_is_kept(desk, enter, crs) -> None:
    """The small district lies at (0, 0), outside the box that Chinese systems move."""
    request_id = desk.file(address="")
    assert place(desk, enter, request_id, lon="0.0001500", lat="0.0000500", crs=crs).status_code == 303
    assert desk.request(request_id).grid == "g2"
    assert told(desk, request_id) == {"lon": 1500, "lat": 500, "crs": crs}


def test_a_point_of_an_app_lies_where_the_app_shows_it(desk) -> None:
    """In a district within the box the three systems lead to the same point."""
    needs = msgspec.structs.replace(desk.needs, locate=lambda *_: "g1")
    for crs in ("wgs84", "gcj02", "bd09"):
        lon, lat = from_wgs84(121.4737, 31.2304, crs)
        said = Said("x", lon=f"{lon:.7f}", lat=f"{lat:.7f}", crs=crs)
        taken = receive(needs, actor("op"), desk.command_id(), said, desk.now)
        assert isinstance(taken, Taken)
        point = told(desk, taken.request)
        assert abs(point["lon"] - 1_214_737_000) <= 2
        assert abs(point["lat"] - 312_304_000) <= 2
        assert point["crs"] == crs


def test_pointing_at_the_map_puts_the_pin_under_the_finger(desk, enter) -> None:
    request_id = desk.file(address=ROAD)
    page = enter("op").get(f"/requests/{request_id}?map=all").text
    window = window_of(re.search(r'name="window" value="([^"]+)"', page)[1])
    x, y = window.pixels(Point(1600, 700))
    sent = {"window": str(window), "pin.x": str(int(x)), "pin.y": str(int(y))}
    assert place(desk, enter, request_id, **sent).status_code == 303
    point = told(desk, request_id)
    assert desk.request(request_id).grid == "g2"
    assert abs(point["lon"] - 1600) <= window.width / SIDE
    assert abs(point["lat"] - 700) <= window.height / SIDE


def test_a_window_comes_back_from_its_text_and_every_pixel_from_its_point() -> None:
    window = around([Point(10, 20), Point(3_000, 9_000)], 100)
    assert window_of(str(window)) == window
    for x, y in ((0, 0), (150, 3), (299, 299)):
        back = window.pixels(window.point(x, y))
        assert (int(back[0]), int(back[1])) == (x, y)
    assert [window_of(text) for text in ("", "1,2,3", "1,2,0,5", "a,b,c,d", "1,2,3,4; DROP")] == [None] * 5
    assert isinstance(Window(0, 0, 1, 1), Window)


WRONG = [
    ({"lon": "50", "lat": "50"}, "outside_district"),
    ({"lon": "", "lat": "0.00005"}, "bad_point"),
    ({"lon": "east", "lat": "0.00005"}, "bad_point"),
    ({"lon": "0.0001", "lat": "0.0001", "crs": "mars"}, "bad_point"),
    ({"spot": "9"}, "unknown_place"),
    ({"spot": "x"}, "unknown_place"),
    ({"pin.x": "1", "pin.y": "1"}, "bad_point"),
    ({"pin.x": "-1", "pin.y": "1", "window": "0,0,9,9"}, "bad_point"),
    ({}, "bad_point"),
]


@pytest.mark.parametrize(("fields", "reason"), WRONG)
def test_what_is_no_place_is_said_on_the_form_and_changes_nothing(desk, enter, fields, reason) -> None:
    request_id = desk.file(address=ROAD)
    before = desk.request(request_id)
    assert pinned(desk.needs, before, fields, desk.now).reason == reason
    answer = place(desk, enter, request_id, **fields)
    assert answer.status_code == 422
    assert desk.request(request_id) == before


def test_nobody_knows_where_is_a_state_with_a_queue_of_its_own(desk, enter) -> None:
    known, nowhere, maybe, street = (
        desk.file(**said)
        for said in (
            {"grid": "g1"},
            {"address": "", "text": "有人反映"},
            {"address": ROAD},
            {"street": "st1", "address": ""},
        )
    )
    operator = enter("op")
    for state, request_id in (("known", known), ("unknown", nowhere), ("suggested", maybe), ("street", street)):
        numbers = re.findall(r'href="/requests/([0-9a-f-]{36})"', operator.get(f"/requests?place={state}").text)
        assert numbers == [request_id]
    assert place(desk, enter, maybe, unknown="yes").status_code == 303
    assert desk.request(maybe).place_state == "unknown"
    assert "place unknown" in text_of(operator.get("/requests"))
    assert operator.get("/requests?place=nonsense").text.count('href="/requests/') >= 4


def test_what_is_sure_enough_places_itself_and_the_case_takes_it_over(desk, enter) -> None:
    desk.needs = msgspec.structs.replace(desk.needs, places=desk.places(auto_at=9_000))
    request_id = desk.file(address=ROAD)
    assert (desk.request(request_id).place_state, desk.request(request_id).grid) == ("known", "g1")
    enter("op").decide(request_id, "case", matter="noise", grid=desk.request(request_id).grid)
    case = desk.reader.state(f"case:{desk.request(request_id).case}")
    assert isinstance(case, Case)
    assert (case.grid, case.street) == ("g1", "st1")
    assert place(desk, enter, request_id, spot="1").headers["location"] == f"/cases/{case.id}"


def test_where_a_grid_or_a_point_was_told_nothing_is_read(desk) -> None:
    assert desk.request(desk.file(address=ROAD, grid="g2")).spots is None
    assert desk.request(desk.file(address=ROAD, lon="0.00015", lat="0.00005")).grid == "g2"


def test_another_place_asks_again_who_answers(desk) -> None:
    request_id = desk.file(address=ROAD, text=PRIVATE["text"])
    request = desk.request(request_id)
    (spot,) = place_view(desk.needs, request, desk.now).spots
    assert spot.unit.en == "Heping street"
    elsewhere = pinned(desk.needs, request, {"lon": "0.00015", "lat": "0.00005"}, desk.now)
    assert elsewhere == Pinned("hand", Point(1500, 500), "g2")
    assert pinned(desk.needs, request, {"lon": "90", "lat": "50"}, desk.now) == outside(desk.needs.duty.grids, desk.now)


def test_those_who_only_see_get_no_map_and_no_words(desk, enter) -> None:
    request_id = desk.file(address=ROAD)
    page = enter("lead").get(f"/requests/{request_id}").text
    assert ROAD not in page
    assert "place-map" not in page
    assert enter("lead").decide(request_id, "place", spot="1").status_code in (403, 404)


def test_an_erased_requester_leaves_codes_and_no_point(desk, enter) -> None:
    request_id = desk.file(address=ROAD)
    assert place(desk, enter, request_id, spot="1").status_code == 303
    desk.erase(desk.request(request_id).received.requester)
    view = place_view(desk.needs, desk.request(request_id), desk.now)
    assert (view.grid, view.point, view.spots[0].words) == ("g1", "", ())
