"""A deployment with some days of work in it, simulated once for all tests that look back on it."""

from __future__ import annotations

import random  # noqa: TID251 -- seeded, in a test
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from sanban.adapters.simulation import SimulatedClock, World, simulate
from sanban.jobs.running import once
from sanban.ledger.home import open_home
from sanban.main.house import House
from sanban.main.setup import init

ENDS_AT = 1_784_041_200_000_000
"""2026-07-14T23:00+08:00, a Tuesday."""
DAYS = 7


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Some days of the demo district."""
    folder = tmp_path_factory.mktemp("worked")
    init(folder, code="demo", title="示范区", mode="demo")
    clock = SimulatedClock()
    with House(open_home(folder), clock) as house:
        world = World(
            ledger=house.ledger,
            reader=house.reader,
            clock=clock,
            advance=partial(_advance, house),
            matters=house.matters,
            calendar=house.calendar,
            district=house.district,
            chance=random.Random(7),
            follows=frozenset(kind for reaction in house.reactions for kind in reaction.types),
        )
        simulate(world, DAYS, ENDS_AT)
        yield house


def _advance(house: House, now: int) -> None:
    once(house, now, recompute=False, advise=False, fill=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A place for changed files."""
    return tmp_path
