"""The demo has one of everything that comes by another way than the phone, and each role finds its own on its pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

import read_once
from intake.small_desk import text_of
from sanban.adapters.simulation import SimulatedClock
from sanban.intake.aggregate import stream_of as request_stream
from sanban.intake.request import Request
from sanban.kernel.permission import Role
from sanban.ledger.home import open_home
from sanban.main import demo
from sanban.main.city.feed import FOLDER
from sanban.main.deployment.offered import accounts
from sanban.main.house import House, open_house
from sanban.main.lending.finding import request_of_finding
from sanban.main.serving import application
from sanban.main.setup import init

ENDS_AT = 1_784_041_200_000_000
"""2026-07-14T23:00+08:00, a Tuesday."""
MONTHS = ("2026-06", "2026-07")
DAY = 86_400_000_000
Page = Callable[[Role, str], Any]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Thirty days in which hardly anybody calls."""
    folder = tmp_path_factory.mktemp("front") / "home"
    init(folder, code="demo", title=demo.TITLE, mode="demo", city=FOLDER)
    clock = SimulatedClock()
    with pytest.MonkeyPatch.context() as patch, House(open_home(folder), clock) as made:
        patch.setattr("sanban.main.demo.wall_clock", lambda: ENDS_AT)
        patch.setattr("sanban.adapters.simulation.running.WORKING_DAY", (1, 2))
        patch.setattr("sanban.adapters.simulation.running.REST_DAY", (1, 1))
        demo._simulated(made, clock, 30, 1)
    with open_house(folder, lambda: ENDS_AT) as opened:
        yield opened


@pytest.fixture(scope="module")
def page(house: House) -> Iterator[Page]:
    """The text of a page as an account of a role sees it."""
    offered = {one.actor.role: one.actor.id for one in reversed(accounts(read_once.district()))}
    with TestClient(application(house), raise_server_exceptions=False) as client:

        def shown(role: Role, path: str) -> Any:
            found = re.search(r'name="_csrf_token" value="([^"]+)"', client.get("/sign-in?lang=en").text)
            assert found is not None
            hidden: dict[str, Any] = {"_csrf_token": found[1]}
            client.post("/sign-in/demo", data=hidden | {"account": offered[role]})
            answer = client.get(path)
            assert answer.status_code == 200, (role, path)
            client.post("/sign-out", data=hidden)
            return answer

        yield shown


def test_what_a_worker_found_has_its_case_and_a_complaint_of_a_later_day(house: House, page: Page) -> None:
    findings = house.reader.query("SELECT finding FROM finding_view WHERE district = :district")
    requests = [house.reader.state(request_stream(request_of_finding(str(one)))) for (one,) in findings]
    cases = {one.case for one in requests if isinstance(one, Request)}
    asked = {
        case: house.reader.query(
            "SELECT received_at, found FROM request_view WHERE district = :district AND case_id = :case "
            "ORDER BY received_at LIMIT 2",
            {"case": case},
        )
        for case in cases
    }
    ((first, later),) = [two for two in asked.values() if len(two) == 2 and two[1][0] - two[0][0] > DAY]
    assert (bool(first[1]), bool(later[1])) == (True, False)
    figures = "".join(page("leader", f"/findings/first?month={month}").text for month in MONTHS)
    assert all(f"/cases/{case}" in figures for case in cases)
    assert "绿化带被踩出一条路" in page("grid_worker", "/findings").text


def test_repairs_on_the_spot_have_photos_and_second_looks_that_hold_fail_and_wait(house: House, page: Page) -> None:
    states = dict(house.reader.query("SELECT state, COUNT(*) FROM finding_view GROUP BY state"))
    assert states.keys() == {"confirmed", "fixed", "holds", "not_fixed", "to_recheck"}
    waiting = page("verifier", "/findings?waiting=yes").text
    assert "It holds" in waiting
    photos = re.search(r'href="(/findings/[^"]+/attachments)"', waiting)
    assert photos is not None
    assert "<img" in page("verifier", photos[1]).text


def test_a_visit_is_closed_with_a_case_and_an_answer(page: Page) -> None:
    listed = page("handler", "/visits")
    assert "every issue settled" in text_of(listed)
    visit = re.search(r'href="(/visits/[0-9a-f-]{36})"', listed.text)
    assert visit is not None
    shown = text_of(page("handler", visit[1]))
    assert "has its case" in shown
    assert "answered" in shown


def test_a_firm_has_its_answer_and_declines_a_policy(page: Page) -> None:
    months = [page("operator", f"/firms?month={month}&stands=closed").text for month in MONTHS]
    assert any(re.search(r'href="/cases/[0-9a-f-]{36}"', month) for month in months)
    assert any("not needed" in text_of(page("operator", f"/firms?month={month}")) for month in MONTHS)


def test_a_suggestion_is_adopted(house: House, page: Page) -> None:
    ended = house.reader.query(
        "SELECT case_id FROM case_view WHERE district = :district AND matter = 'suggestion' AND state = 'closed'"
    )
    assert ended
    assert "adopted" in text_of(page("operator", f"/cases/{ended[0][0]}"))


def test_most_places_are_read_from_what_people_say_and_a_few_nobody_knows(house: House) -> None:
    rows = house.reader.query("SELECT request FROM request_view WHERE district = :district AND channel <> 'patrol'")
    requests = [house.reader.state(request_stream(str(request))) for (request,) in rows]
    read = sum(one.spots is not None and one.place_state == "known" for one in requests if isinstance(one, Request))
    unknown = sum(one.place_state == "unknown" for one in requests if isinstance(one, Request))
    assert read > 0.75 * len(requests)
    assert 3 <= unknown < 0.1 * len(requests)
