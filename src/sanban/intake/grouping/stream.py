"""The events that people speak of now: the last days' requests, grouped as they came.

Follows the ledger as the duplicates' index does, but only when somebody looks: grouping costs more than filing, and a
burst has to be taken first. What is older than `BACK` leaves; what was said in the weeks before only teaches which
words are common. Groups hold hashed grams and ids, never texts.
"""

from __future__ import annotations

from threading import Lock

from sanban.intake.duplicates.entry import Entry
from sanban.intake.duplicates.ports import FollowsRequests
from sanban.intake.grouping.groups import DAY, Groups
from sanban.intake.grouping.vectors import counted

BACK = 7 * DAY
TAUGHT = 28 * DAY
FEWEST = 3
"""So many requests make an event worth a line."""
MOST = 20_000
"""So many requests are grouped at most; of more the earliest leave (limit of this product)."""


class Stream:
    """One district's groups. Safe to ask from any thread."""

    def __init__(self, follows: FollowsRequests) -> None:
        self._follows = follows
        self._groups = Groups()
        self._at: dict[str, int] = {}
        self._position: int | None = None
        self._lock = Lock()

    def events(self, now: int) -> tuple[tuple[str, ...], ...]:
        """The requests of each event of the last days, the largest event first; requests in order of id."""
        with self._lock:
            self._read_on(now)
            found = [tuple(sorted(group.members)) for group in self._groups if len(group.members) >= FEWEST]
        return tuple(sorted(found, key=lambda members: (-len(members), members)))

    def _read_on(self, now: int) -> None:
        if self._position is None:
            self._position = self._follows.begin(now - TAUGHT)
        while (news := self._follows.after(self._position)) is not None:
            for told in news.told:
                self._take(told.entry, now - BACK)
            for request in news.gone:
                self._drop(request)
            self._position = news.position
        early = sorted(self._at, key=lambda one: (self._at[one], one))[: max(len(self._at) - MOST, 0)]
        for request in {*early, *(one for one, at in self._at.items() if at <= now - BACK)}:
            self._drop(request)

    def _take(self, entry: Entry, since: int) -> None:
        if entry.opened_at <= since:
            self._groups.weighing.see(counted(entry.text))
        elif entry.id not in self._at:
            self._groups.add(entry.id, entry.opened_at, counted(entry.text))
            self._at[entry.id] = entry.opened_at

    def _drop(self, request: str) -> None:
        self._groups.remove(request)
        self._at.pop(request, None)
