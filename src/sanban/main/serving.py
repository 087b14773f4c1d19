"""`sanban serve`: pages and API of all slices in one application, timers and reactions in a thread beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from litestar import Litestar

from sanban.jobs.delivering import Rounds
from sanban.jobs.running import Background
from sanban.jobs.settling import settle
from sanban.kernel.view import ApiRoute, PageRoute
from sanban.main.binding import api_routes, page_routes, waits
from sanban.main.deployment.offered import accounts
from sanban.main.house import House
from sanban.main.revision.rounds import round_if_due
from sanban.main.surfaces.open311 import surfaces
from sanban.web.app import create_app
from sanban.web.server import LOOPBACK, listen
from sanban.web.server import serve as serve_app
from sanban.web.shell import WebSettings

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
        demo=accounts() if settings.mode == "demo" else (),
        clock=house.clock,
        looked=house.looks.look,
    )


def serve(house: House, port: int | None, ready: Callable[[str], None]) -> None:
    """Serves on loopback until SIGTERM or Ctrl-C. This process becomes the owner of the home, if nobody is."""
    with listen(LOOPBACK, port or house.home.settings.port) as listening:
        house.ledger.reach()
        house.patience = COUNTED_EVERY
        app = application(house)
        settle()
        runner = Background(house, house.clock, house.reader.source.alone)
        courier = Rounds(lambda: house.deliver(PATIENCE))
        index = Rounds(lambda: house.earlier.catch_up(house.clock()), INDEX_EVERY)
        events = Rounds(lambda: house.stream.catch_up(house.clock(), EVENTS_AFTER), INDEX_EVERY)
        looks = Rounds(house.looks.flush, LOOKS_EVERY)
        revision = Rounds(lambda: round_if_due(house), REVISION_EVERY)
        beside = (runner, courier, Rounds(house.exchange), index, events, looks, revision)
        for one in beside:
            one.start()
        try:
            serve_app(app, listening, lambda bound: ready(f"http://{LOOPBACK}:{bound}/"))
        finally:
            for one in reversed(beside):
                one.stop()
