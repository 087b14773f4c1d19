"""`sanban demo`: a synthetic district that has been at work for thirty days, made once and then served.

Nothing in it is real: grids, units, people and texts are invented, and every page says so. The same seed gives the
same month; the month ends when the demo is made.
"""

from __future__ import annotations

import random  # noqa: TID251 -- the demo's one source of chance, seeded, handed to the simulation as an argument
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from sanban.adapters.simulation import SimulatedClock, Walked, World, simulate
from sanban.jobs.running import once
from sanban.kernel.errors import SanbanError
from sanban.ledger.home import open_home
from sanban.main.city.feed import FOLDER, SimulatedCity
from sanban.main.front.addresses import addresses_of
from sanban.main.front.feed import SimulatedFront
from sanban.main.house import House, open_house, wall_clock
from sanban.main.joint.feed import SimulatedCentre
from sanban.main.proving import prove
from sanban.main.revision.keeping import keep
from sanban.main.revision.proposing import looked_for
from sanban.main.setup import init

Lines = list[tuple[str, object]]
SETTINGS = "sanban.toml"
SCORECARD = "sanban.main.scorecard.commands"
RISKING = "sanban.main.learning.risking"
TITLE = "示范区（合成数据）"


def prepare(folder: Path, days: int, seed: int, say: Callable[[str], None]) -> Lines:
    """Makes the demo in a folder unless it is there already; what stands in it. Raises SanbanError for a real home."""
    if (folder / SETTINGS).exists():
        if (mode := open_home(folder).settings.mode) != "demo":
            message = f"{folder} is a home in {mode} mode, not a demo; a demo has a folder of its own"
            raise SanbanError(message, f"sanban demo --home {folder}-demo")
        with open_house(folder) as house:
            return [("demo", f"{folder}, made before"), *_figures(house)]
    init(folder, code="demo", title=TITLE, mode="demo", city=FOLDER)
    say(f"simulating {days} days of a synthetic district ...")
    started = time.monotonic()
    clock = SimulatedClock()
    with House(open_home(folder), clock) as house:
        walked = _simulated(house, clock, days, seed)
        report = prove(house)
        lines = [
            ("demo", f"{folder}, made in {time.monotonic() - started:.1f} s"),
            *_walked(walked, days),
            ("ledger", f"{report.events} events, {'whole' if report.is_whole else 'ALTERED'}"),
        ]
    with open_house(folder) as house:
        return [*lines, *_risks(house), *_scorecard(house), *_revisions(house), *_figures(house)]


def _risks(house: House) -> Lines:
    """The risk of becoming overdue, learned from the month where there is enough to learn from, and told."""
    try:
        trained = import_module(RISKING).train_risk(house)
        model = f"{trained.model}, learned from {trained.looks} looks at {trained.cases} cases"
    except (ImportError, SanbanError):
        model = "the share of the time used; too little has happened to learn from"
    return [("risk by", model), ("risks told", house.advise())]


def _scorecard(house: House) -> Lines:
    """The last week's brief and draft, where the engine that counts is installed."""
    try:
        shown: Lines = import_module(SCORECARD).shown(house)
    except (ImportError, SanbanError) as error:
        return [("brief", f"none: {error}")]
    return shown


def _revisions(house: House) -> Lines:
    """What the month speaks against, put before whoever decides, with its replay."""
    kept = keep(house, looked_for(house)).new
    return [("revisions proposed", ", ".join(kept) or "none")]


def _simulated(house: House, clock: SimulatedClock, days: int, seed: int) -> Walked:
    end = wall_clock()
    clock.move_to(end - (days + 1) * 86_400_000_000)

    def suggest(text: str) -> dict[str, Any] | None:
        advice = house.triage.advise(text)
        return None if advice is None else advice.arguments()

    addresses = addresses_of(house)
    feeds = SimulatedCity(house, end), SimulatedCentre(house, end), SimulatedFront(house, end, addresses)

    def advance(now: int) -> None:
        for feed in feeds:
            feed.act(now)
        once(house, now, recompute=False, advise=False, fill=False)

    world = World(
        ledger=house.ledger,
        reader=house.reader,
        clock=clock,
        advance=advance,
        matters=house.matters,
        calendar=house.calendar,
        district=house.district,
        chance=random.Random(seed),  # noqa: S311 -- a simulation, not a secret
        suggest=suggest,
        addresses=addresses,
        places=house.places.advise,
        follows=frozenset(kind for reaction in house.reactions for kind in reaction.types),
    )
    walked = simulate(world, days, end)
    if not walked.cases:
        raise SanbanError(f"the simulated district took no request: {walked.refused}", "sanban demo --days 30")
    return walked


def _walked(walked: Walked, days: int) -> Lines:
    return [
        ("simulated", f"{days} days, {walked.requests} requests, {walked.cases} cases, {walked.closed} closed"),
        ("commands", walked.commands),
        (
            "paths walked",
            f"{len(walked.paths)} kinds" + (f", not: {', '.join(walked.missing)}" if walked.missing else ""),
        ),
    ]


def _figures(house: House) -> Lines:
    rows = house.reader.query(
        "SELECT state, COUNT(*) FROM case_view WHERE district = :district GROUP BY state ORDER BY 1"
    )
    return [("cases now", ", ".join(f"{state} {count}" for state, count in rows) or "none")]
