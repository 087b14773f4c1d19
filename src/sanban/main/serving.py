"""`sanban serve`: pages and API of all slices in one application, timers and reactions in a thread beside it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from litestar import Litestar

from sanban.jobs.apart import Apart
from sanban.jobs.delivering import Rounds
from sanban.jobs.errand import Errand
from sanban.jobs.running import Background
from sanban.jobs.settling import settle
from sanban.kernel.view import ApiRoute, PageRoute
from sanban.main.binding import api_routes, page_routes, waits
from sanban.main.deployment.offered import accounts
from sanban.main.house import House
from sanban.main.revision.rounds import is_due
from sanban.main.surfaces.open311 import surfaces
from sanban.web.app import create_app
from sanban.web.server import LOOPBACK, give_back, listen
from sanban.web.server import serve as serve_app
from sanban.web.shell import WebSettings

ERRAND = "from sanban.jobs.errand import bound; bound(); from sanban.main import main; main()"
COMMAND = (sys.executable, "-P", "-c", ERRAND)
"""Ours as an errand, whatever it is called where it was installed."""
INDEX_EVERY = 2.0
"""Seconds between two rounds in which the duplicates' index reads on, by itself before a question too, and in which it
is looked whether anything is to be grouped."""
EVENTS_AFTER = 30_000_000
"""Microseconds after which what came in is grouped again; no look waits for it, the first one starts it."""
PATIENCE = 15_000_000
"""Microseconds after which a slow channel leaves the rest to the next round, so that no other waits for it."""
REVISION_EVERY = 3_600.0
"""Seconds between two looks whether a round of revision is due."""
COUNTED_EVERY = 10.0
"""Seconds for which pages count from the facts as they are, before they follow the ledger again."""
REST_EVERY = 10.0
"""Seconds between two looks whether the process apart has long had nothing to do, and what memory lies free here."""
COLLECT_EVERY = 60.0
"""Seconds between two looks through all that has come since the start: one that leaves the old out, as that of `_rest`,
makes old what is in the middle of being answered. Nothing runs meanwhile: some 5 to 15 ms of a processor with the pages
of a demo of ten days."""
LOOKS_EVERY = 1.0
"""Seconds between two commands with what was looked at."""


def application(house: House) -> Litestar:
    """The web application of a deployment; it owns nothing and closes nothing."""
    settings = house.home.settings
    pages: Sequence[PageRoute] = page_routes(house)
    api: Sequence[ApiRoute] = api_routes(house)
    return create_app(
        WebSettings(
            home=house.home.folder,
            mode=settings.mode,
            district=settings.district.title,
            language=settings.language,
            zone=house.district.zone,
            secure=settings.mode == "production",
            trusted_proxy=settings.trusted_proxy,
        ),
        pages,
        api,
        surfaces=surfaces(house),
        waits=waits(house),
        demo=accounts(house.district) if settings.mode == "demo" else (),
        clock=house.clock,
        looked=house.looks.look,
    )


def serve(house: House, port: int | None, ready: Callable[[str], None]) -> None:
    """Serves on loopback until SIGTERM or Ctrl-C. This process becomes the owner of the home, if nobody is."""
    with listen(LOOPBACK, port or house.home.settings.port) as listening, closing(Apart()) as apart:
        house.patience, house.apart = COUNTED_EVERY, apart.at_leisure
        _ = house.district  # proven before anybody waits for a page
        house.apart = apart
        house.ledger.reach()
        app = application(house)
        app.on_shutdown.append(apart.close)  # before the threads are waited for that wait for it
        settle()
        give_back()
        runner = Background(house, house.clock, house.reader.source.alone)
        courier = Rounds(lambda: house.deliver(PATIENCE))
        index = Rounds(lambda: house.earlier.catch_up(house.clock()), INDEX_EVERY)
        events = Rounds(lambda: house.stream.catch_up(house.clock(), EVENTS_AFTER), INDEX_EVERY)
        looks = Rounds(house.looks.flush, LOOKS_EVERY)
        revising = a_round(house.home.folder)
        revision = Rounds(lambda: revising.run() if is_due(house) else None, REVISION_EVERY)
        resting = Rounds(lambda: _rest(apart), REST_EVERY)
        collecting = Rounds(gc.collect, COLLECT_EVERY)
        beside = (resting, collecting, runner, courier, Rounds(house.exchange), index, events, looks, revision)
        for one in beside:
            one.start()
        try:
            serve_app(app, listening, lambda bound: ready(f"http://{LOOPBACK}:{bound}/"))
        finally:
            revising.end()
            for one in reversed(beside):
                one.stop()


def a_round(home: Path) -> Errand:
    """A round of revision, made by a process of its own: it plays the record again, and no page waits for that."""
    return Errand((*COMMAND, "revision", "round", "--home", str(home)))


def _rest(apart: Apart) -> None:
    """Most of what answers leave behind in cycles goes here: the collector comes seldom by itself (`settle`).

    What was being answered when it came is old from then on, and goes when everything is looked through.
    """
    apart.rest()
    gc.collect(1)
    give_back()
