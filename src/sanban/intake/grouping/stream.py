"""The events that people speak of now: the last days' requests, grouped as they came.

Follows the ledger as the duplicates' index does, but only once somebody has looked: grouping costs more than filing,
and a burst has to be taken first. From then on rounds beside the pages keep it at hand, so that a look finds little to
do. What is older than `BACK` leaves; what was said in the weeks before only teaches which words are common. Groups hold
hashed grams and ids, never texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nlargest
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
"""So many requests are grouped at most, and no more are ever added; the latest count (limit of this product)."""


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

    def catch_up(self, now: int) -> None:
        """Groups what came in meanwhile, where somebody has looked before."""
        with self._lock:
            if self._position is not None:
                self._read_on(now)

    def _read_on(self, now: int) -> None:
        """The position moves last: a reading that was broken off is made again."""
        position = self._follows.begin(now - TAUGHT) if self._position is None else self._position
        fresh: dict[str, Entry] = {}
        while (news := self._follows.after(position)) is not None:
            for told in news.told:
                if told.entry.id not in self._at:
                    fresh.setdefault(told.entry.id, told.entry)
            for request in news.gone:
                fresh.pop(request, None)
            self._drop(news.gone)
            if len(fresh) > 2 * MOST:
                self._make_room(fresh, now)
            position = news.position
        self._make_room(fresh, now)
        for entry in fresh.values():
            self._groups.add(entry.id, entry.opened_at, counted(entry.text))
            self._at[entry.id] = entry.opened_at
        self._position = position

    def _make_room(self, fresh: dict[str, Entry], now: int) -> None:
        """Of what is grouped and what is `fresh` only the latest stay; other fresh ones teach words alone."""
        times = self._at | {entry.id: entry.opened_at for entry in fresh.values()}
        recent = [one for one, at in times.items() if at > now - BACK]
        kept = set(nlargest(MOST, recent, key=lambda one: (times[one], one)))
        self._drop([one for one in self._at if one not in kept])
        for request in [one for one in fresh if one not in kept]:
            self._groups.weighing.see(counted(fresh.pop(request).text))

    def _drop(self, requests: Sequence[str]) -> None:
        self._groups.remove(*requests)
        for request in requests:
            self._at.pop(request, None)
