"""A thread beside a server that does one thing again and again, apart from timers and from the others of its kind: the
courier's rounds, so that a slow provider stops nothing but notices, and the looks on their way into the ledger."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

EVERY_SECONDS = 5.0

log = structlog.get_logger("sanban.jobs")


class Rounds:
    """Runs a round again and again until stopped. A failing round is logged by its kind and tried again."""

    def __init__(self, round_: Callable[[], object], every_seconds: float = EVERY_SECONDS) -> None:
        self._round = round_
        self._every = every_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sanban-rounds", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after the round under way."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            try:
                self._round()
            except Exception as error:  # whatever it was, the next round must be made
                log.error("round_failed", kind=type(error).__name__)
