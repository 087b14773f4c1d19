"""The index of a running server: filled from the ledger at its start, and told of everything that happens since.

    catch_up   reads the ledger on from where it stands; called beside the server and before every question
    suggest    earlier requests like one, best first, closed ones included

Filing a request does nothing here: the index follows the ledger like a reader, so that a request costs no statement
more, several processes may each have one, and one that is filled anew answers as one that was there all the time. Only
what is asked for within the look back is read, and never more than the ledger's reader bounds.

A request whose point nobody told is laid into the middle of its grid; then no distance is told, but that the grid is
the same. `voices` are the requests of the last day as `triage.flood` counts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

import msgspec

from sanban.intake.duplicates.finding import Duplicates, Suggested
from sanban.intake.duplicates.index import DAY
from sanban.intake.duplicates.ports import Changed, FollowsRequests, News, ReadsTexts, Told
from sanban.intake.duplicates.reasons import Reason
from sanban.intake.triage.flood import Voice, signature_of

ASKED_FOR = 12
"""So many likely ones are looked at before those are left out that only one thing speaks for."""
PATIENCE = 5.0
"""Seconds that a question waits while the index is being filled; then it is answered without."""
STRETCH_THAT_SPEAKS, WORDS_THAT_SPEAK = 3, 4
"""Words speak when stretches of three signs or more are four signs or more together."""
_PLACE = frozenset({"same_point", "same_grid", "same_address", "like_address"})
_MEASURED = frozenset({"same_point", "near"})
_CLOSE_BY = 300


class Alike(msgspec.Struct, frozen=True):
    """An earlier request that may be the same problem: `share` in basis points, how clearly it stands out."""

    request: str
    share: int
    reasons: tuple[Reason, ...]


class Online:
    """One district's index. Safe to ask from any thread. `latitude`: of the district, in 1e-7 degree."""

    def __init__(self, follows: FollowsRequests, latitude: int) -> None:
        self._follows = follows
        self._duplicates = Duplicates(latitude)
        self._lock = Lock()
        self._position: int | None = None
        self._told: dict[str, Told] = {}
        self._voices: dict[str, Voice] = {}
        self._forgot_at = 0

    @property
    def model(self) -> str:
        """Name and hash of what ranks."""
        return self._duplicates.model

    def __len__(self) -> int:
        return len(self._told)

    def catch_up(self, now: int) -> bool:
        """Reads on until nothing is new; False when another thread is still filling it."""
        if not self._lock.acquire(timeout=PATIENCE):
            return False
        try:
            self._read_on(now)
        finally:
            self._lock.release()
        return True

    def suggest(self, told: Told, now: int, texts: ReadsTexts | None = None) -> tuple[Alike, ...]:
        """Those for which at least two of place, matter and words speak, best first."""
        if not self.catch_up(now):
            return ()
        with self._lock:
            found = self._duplicates.suggest(told.entry, ASKED_FOR, texts)
            alike = [self._alike(told, one) for one in found]
        return tuple(one for one in alike if _speaks(one.reasons))

    def voices(self, now: int) -> Mapping[str, Voice]:
        """The last day's requests by id, as floods are counted."""
        self.catch_up(now)
        with self._lock:
            return {request: voice for request, voice in self._voices.items() if voice.at > now - DAY}

    def _read_on(self, now: int) -> None:
        look_back = self._duplicates.index.search.look_back_days * DAY
        if self._position is None:
            self._position = self._follows.begin(now - look_back)
        while (news := self._follows.after(self._position)) is not None:
            self._take(news)
            self._position = news.position
        if now - self._forgot_at >= DAY:
            self._forgot_at = now
            self._forget(now, now - look_back)

    def _take(self, news: News) -> None:
        for told in news.told:
            self._drop(told.entry.id)
            self._duplicates.index.add(told.entry)
            self._voices[told.entry.id] = _voice(told)
            self._told[told.entry.id] = _without_words(told)
        for changed in news.changed:
            if changed.request in self._told:
                self._change(changed)
        for request in news.gone:
            self._drop(request)

    def _change(self, changed: Changed) -> None:
        stands = changed.stands
        self._duplicates.index.change(changed.request, stands.matter, stands.unit)
        self._duplicates.closed(changed.request, stands.closed_at)
        voice = self._voices.get(changed.request)
        if voice is not None and voice.matter != stands.matter:
            self._voices[changed.request] = msgspec.structs.replace(voice, matter=stands.matter)

    def _forget(self, now: int, before: int) -> None:
        for request in [one for one, told in self._told.items() if told.entry.opened_at < before]:
            self._drop(request)
        for request in [one for one, voice in self._voices.items() if voice.at <= now - DAY]:
            del self._voices[request]

    def _drop(self, request: str) -> None:
        self._duplicates.removed(request)
        self._told.pop(request, None)
        self._voices.pop(request, None)

    def _alike(self, told: Told, found: Suggested) -> Alike:
        earlier = self._told[found.request]
        reasons = found.reasons
        if not (told.exact and earlier.exact):
            reasons = tuple(one for one in reasons if one.code not in _MEASURED)
            if told.grid and told.grid == earlier.grid:
                weight = max((one.weight for one in found.reasons if one.code in _MEASURED), default=0.0)
                reasons = (Reason("same_grid", weight=weight), *reasons)
        return Alike(found.request, found.share, reasons)


def _speaks(reasons: tuple[Reason, ...]) -> bool:
    """Whether two of place, matter and words speak for it."""
    near = any(one.code in _PLACE or (one.code == "near" and one.number <= _CLOSE_BY) for one in reasons)
    matter = any(one.code in ("same_matter", "kindred_matter") for one in reasons)
    said = [word for one in reasons for word in one.words if len(word) >= STRETCH_THAT_SPEAKS]
    words = sum(map(len, said)) >= WORDS_THAT_SPEAK
    return near + matter + words >= 2


def _voice(told: Told) -> Voice:
    entry = told.entry
    return Voice(entry.opened_at, entry.matter, told.street, told.person, signature_of(entry.text))


def _without_words(told: Told) -> Told:
    """What is kept of it: codes and instants."""
    return msgspec.structs.replace(told, entry=msgspec.structs.replace(told.entry, text="", address=""))
