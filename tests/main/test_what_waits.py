"""What the front page says waits for each role: counts and the next of each place, dangers before all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sanban.kernel.permission import Actor
from sanban.kernel.view import ANONYMOUS, Waiting
from sanban.main.binding import waits
from working_house import OFFICERS, Working

PLACES = {
    "operator": {"/requests", "/queue", "/notices"},
    "next_operator": {"/requests", "/queue", "/notices"},
    "dispatcher": {"/requests", "/queue", "/notices", "/findings?waiting=yes"},
    "coordinator": {"/requests", "/queue", "/notices", "/findings?waiting=yes"},
    "verifier": {"/queue", "/findings?waiting=yes"},
    "leader": {"/requests", "/cases?open=yes"},
    "auditor": {"/requests", "/cases?open=yes"},
    "mechanism_owner": {"/cases?open=yes", "/revisions"},
    "handler": {"/queue"},
    "street": {"/queue"},
    "grid_leader": {"/queue", "/findings?waiting=yes"},
    "grid_worker": {"/queue", "/findings?waiting=yes"},
}


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    made = Working(tmp_path_factory.mktemp("waits") / "home")
    yield made
    made.close()


def waiting(working: Working, actor: Actor) -> dict[str, Waiting]:
    found = (of(actor, working.now) for of in waits(working.house))
    return {one.path: one for one in found if one is not None}


def actor(who: str) -> Actor:
    role, unit, kind = OFFICERS[who]
    return Actor(who, role, unit, "", kind)


@pytest.mark.parametrize("who", OFFICERS)
def test_each_role_is_led_to_its_own_places(working: Working, who: str) -> None:
    assert set(waiting(working, actor(who))) == PLACES[who]


def test_nothing_waits_for_anybody_who_is_no_officer(working: Working) -> None:
    assert waiting(working, ANONYMOUS) == {}


def test_a_danger_goes_before_what_came_earlier(working: Working) -> None:
    danger = working.filed(text="楼里着火了，浓烟很大，有人被困，请马上来人！")
    place = waiting(working, actor("operator"))["/requests"]
    assert [one.first for one in place.next] == [True, *[False] * (len(place.next) - 1)]
    assert place.next[0].path == f"/requests/{danger}"
    assert (place.late, place.count) == (1, len(working.house.reader.query(
        "SELECT request FROM request_view WHERE district = :district AND owner = :desk", {"desk": "hotline"}
    )))  # fmt: skip


def test_a_unit_sees_its_own_cases_by_time_left(working: Working) -> None:
    place = waiting(working, actor("handler"))["/queue"]
    assert place.count == len(place.next) == 1
    assert place.next[0].path == f"/cases/{working.real['case_id'][0]}"
    assert place.next[0].left is not None
    assert waiting(working, actor("street"))["/queue"].count == 0
