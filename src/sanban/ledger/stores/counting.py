"""PostgreSQL's tables are counted anew whenever the ledger has doubled, beside the commands and never in front of one.

A plan made while a table was empty may go through the whole district; counting throws old plans away, in every
connection. In between autovacuum does so. A thread with a connection of its own counts table by table: no answer waits
for it, and what goes wrong there is logged. A table that another process is counting is passed over.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from threading import Event, Thread

import psycopg

from sanban.ledger.stores.store import identifier

FIRST_COUNT = 200
"""So many events there are when the tables are counted first."""

log = logging.getLogger("sanban.ledger")


class Counting:
    """Counts the tables of a ledger that has come to a position; one count at a time."""

    def __init__(self, url: str, tables: Iterable[str], position: int) -> None:
        self._url = url
        self._statements = [f"ANALYZE (SKIP_LOCKED) {identifier(table)}".encode() for table in tables]
        self._next = max(2 * position, FIRST_COUNT)
        self._ended = Event()
        self._thread: Thread | None = None

    def follow(self, position: int) -> None:
        """Begins to count when it is time; returns at once."""
        if position < self._next or (self._thread is not None and self._thread.is_alive()):
            return
        self._next = 2 * position
        self._thread = Thread(target=self._count, name="table-count", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Returns when the table under way is counted; the others are left."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _count(self) -> None:
        try:
            with psycopg.connect(self._url, application_name="sanban-counter", autocommit=True) as connection:
                for statement in self._statements:
                    if self._ended.is_set():
                        return
                    connection.execute(statement)
        except psycopg.Error as error:
            log.error("the tables could not be counted (%s)", type(error).__name__)
