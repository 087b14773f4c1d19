"""What everybody sees on their screens: cases as the ledger's events leave them, and which request is in which."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from sanban.adapters.simulation.walked import Tally
from sanban.kernel.case.event import Event
from sanban.kernel.case.fold import fold
from sanban.kernel.case.state import Case
from sanban.ledger.port import Reader, Stored

PAGE: Final = 2_000
_EVENT: Final[msgspec.json.Decoder[Event]] = msgspec.json.Decoder(Event)


class Mirror:
    """Follows the ledger by position; nothing before the simulation began is looked at.

    `types`: of the events that the last look found.
    """

    def __init__(self, reader: Reader, tally: Tally) -> None:
        self.cases: dict[str, Case] = {}
        self.linked: dict[str, str] = {}
        self._reader = reader
        self._tally = tally
        self.types: set[str] = set()
        self._position = _end_of(reader)

    def look(self) -> list[str]:
        """Reads what is new; the ids of the cases that have changed, in the order of their first change."""
        changed: dict[str, None] = {}
        self.types.clear()
        while found := self._reader.since(self._position, PAGE):
            for stored in found:
                self._tally.count(stored.type)
                self.types.add(stored.type)
                kind, _, name = stored.stream.partition(":")
                if kind == "case":
                    self._take(name, stored)
                    changed[name] = None
                elif kind == "request":
                    self._link(name, stored)
            self._position = found[-1].position
        return [name for name in changed if name in self.cases]

    def _take(self, name: str, stored: Stored) -> None:
        before = self.cases.get(name)
        if before is None and stored.seq > 1:
            return
        event = _EVENT.decode(stored.payload)
        self._tally.see(before, event)
        self.cases[name] = fold(before, event)

    def _link(self, name: str, stored: Stored) -> None:
        if stored.type == "request.linked":
            body: dict[str, Any] = msgspec.json.decode(stored.payload)
            self.linked[name] = body["case"]
        elif stored.type == "request.unlinked":
            self.linked.pop(name, None)


def _end_of(reader: Reader) -> int:
    rows = reader.query("SELECT position FROM shard WHERE district = :district")
    return int(rows[0][0]) if rows else 0
