"""The events that people speak of now: the last days' requests, grouped as they came.

Follows the ledger as the duplicates' index does, but only once somebody has looked: grouping costs more than filing,
and a burst has to be taken first. It is never done while somebody waits for a page: rounds beside the pages group, and
a look is given what the last round found, with when that was; before the first round is over, how far it is. What is
older than `BACK` leaves; what was said in the weeks before only teaches which words are common. Groups hold hashed
grams and ids, never texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nlargest
from threading import Lock

import msgspec

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


AT_ONCE = 200
"""So many requests are grouped between two reports of how far it is."""


class Progress(msgspec.Struct, frozen=True):
    """How far grouping is. `at`: as of when the events are (microseconds UTC), 0 while they never were; `percent` of
    the round under way."""

    at: int = 0
    percent: int = 0


class Stream:
    """One district's groups. Safe to ask from any thread."""

    def __init__(self, follows: FollowsRequests) -> None:
        self._follows = follows
        self._groups = Groups()
        self._at: dict[str, int] = {}
        self._position: int | None = None
        self._lock = Lock()
        self._wanted = False
        self._found: tuple[tuple[str, ...], ...] = ()
        self.progress = Progress()

    def events(self) -> tuple[tuple[str, ...], ...]:
        """The requests of each event as of `progress.at`, the largest event first; requests in order of id."""
        self._wanted = True
        return self._found

    def catch_up(self, now: int, after: int = 0) -> None:
        """Groups what came in meanwhile, where somebody has looked before and so many microseconds have passed."""
        if not self._wanted or (self.progress.at and now < self.progress.at + after):
            return
        with self._lock:
            self._read_on(now)
            found = [tuple(sorted(group.members)) for group in self._groups if len(group.members) >= FEWEST]
            self._found = tuple(sorted(found, key=lambda members: (-len(members), members)))
            self.progress = Progress(now, 100)

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
        for number, entry in enumerate(fresh.values()):
            if number % AT_ONCE == 0:
                self.progress = Progress(self.progress.at, number * 100 // len(fresh))
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
