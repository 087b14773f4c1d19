"""A demo district at work for some days, with what surrounds whistles, a brief, a draft and two proposals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crawl.crawling import Crawl
from crawl.planning import Plans
from joint.surrounded import items
from privacy.reading import running_apart
from sanban.adapters.simulation import SimulatedClock
from sanban.ledger.home import open_home
from sanban.main import demo
from sanban.main.city.feed import FOLDER
from sanban.main.house import House
from sanban.main.revision.keeping import keep
from sanban.main.scorecard.commands import shown
from sanban.main.serving import application
from sanban.main.setup import init
from sanban.revision.change import Change
from sanban.revision.proposing.finding import Finding, Looked
from sanban.revision.share import Share

ENDS_AT = 1_784_041_200_000_000
"""2026-07-14T23:00+08:00, a Tuesday."""
DAYS = 5
SLOWER = Change("limit", "noise", "resolve", count=1, counting="working_day")
ELSEWHERE = Change("row", "*", "d-street-02", "street", "street-02", "street-04")


@pytest.fixture(scope="session")
def plans() -> Iterator[Plans]:
    """How SQLite goes about what the district's work and its pages ask."""
    with pytest.MonkeyPatch.context() as patch:
        yield Plans(patch)


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory, plans: Plans) -> Iterator[House]:
    """The district, made as `sanban demo` makes its own."""
    folder = tmp_path_factory.mktemp("crawled") / "home"
    init(folder, code="demo", title="示范区", mode="demo", city=FOLDER)
    clock = SimulatedClock()
    with House(open_home(folder), clock) as house:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sanban.main.demo.wall_clock", lambda: ENDS_AT)
            demo._simulated(house, clock, DAYS, 7)
        items(house, house.clock())
        house.run()
        house.catch_up()
        shown(house)
        looked = Looked(tuple(Finding(one, Share(30, 40), 4_000, 3, ()) for one in (SLOWER, ELSEWHERE)), 12)
        keep(house, looked)
        yield house


@pytest.fixture(scope="session")
def crawl(district: House) -> Iterator[Crawl]:
    """Everybody signed in to it."""
    with running_apart() as apart:
        yield Crawl(application(district), district, apart, district.clock())
