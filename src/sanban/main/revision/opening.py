"""The cases behind a number of a kept replay or effect: the record as it stood then, gone through a page at a time.

A replay's rules are the deployment's own with the proposal's change, made of the version that it was proposed against.
What was written after the proposal, or after the effect was counted, is not read. A page looks through so many cases at
most: where few are behind a number, it may have none, and goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path
from typing import Final

from sanban.handling.figures.judging import facts_of
from sanban.jobs.apart import here
from sanban.kernel.case.event import CaseOpened, Event
from sanban.main.house import House, kept_open
from sanban.main.revision.counting import counting, record_of
from sanban.main.revision.proposing import changed_files
from sanban.main.revision.replaying import RECORDED, replaying, rules_of
from sanban.revision.aggregate import Revision, stream_of
from sanban.revision.opening import SIDES, Behind, BehindPage, Number, Part, part_of, side_of
from sanban.revision.replay.changing import Rules
from sanban.revision.replay.playing import Player, matters_of
from sanban.revision.replay.result import Replayed, replayed
from sanban.revision.replay.running import KIND, Replaying, cases_of
from sanban.revision.replay.tally import Tally

PAGE: Final = 20
LOOKED: Final = 1_000
"""Cases played again for one page at most."""
BEFORE: Final = "SELECT position - 1 FROM ledger_event WHERE district = :district AND stream = :stream AND seq = 1"
LAST: Final = "SELECT MAX(position), MAX(recorded_at) FROM ledger_event WHERE district = :district AND stream = :stream"
"""Of an effect that was kept without its position: nothing is written of a proposal in force but its effect."""

PartIn = Callable[[list[Event]], Part | None]


class Opening:
    """Opens numbers of one deployment's replays; the rules of the proposal that was opened last are kept."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._kept: tuple[str, Rules] | None = None

    def page(self, revision: Revision, number: Number, after: str, without: Collection[str] = ()) -> BehindPage:
        """The cases after a mark, which is the id of a case, `without` some."""
        asked, part_in = self._effect(revision, number) if number.of in SIDES else self._replay(revision, number)
        span = KIND._replace(first=f"case:{after} ") if after else KIND
        found: list[Behind] = []
        looked, last, apart = 0, "", frozenset(without)
        for events in cases_of(asked, span):
            if len(found) == PAGE or looked == LOOKED:
                return BehindPage(tuple(found), last)
            opening = events[0]
            assert isinstance(opening, CaseOpened), "a case's first event opens it"
            if opening.id in apart:
                continue
            part = part_in(events)
            looked, last = looked + 1, opening.id
            if part is not None:
                found.append(Behind(last, part))
        return BehindPage(tuple(found))

    def _effect(self, revision: Revision, number: Number) -> tuple[Replaying, PartIn]:
        """The record that the last effect counts, and what a case adds to a side of it."""
        position, now = revision.position, revision.counted_at
        if not position:
            ((position, now),) = self._house.reader.query(LAST, {"stream": stream_of(revision.id)})
        asked = record_of(self._house)._replace(position=int(position))
        of_case = counting(self._house, revision, int(now))
        return asked, lambda events: side_of(number, of_case(events), revision.from_at)

    def _replay(self, revision: Revision, number: Number) -> tuple[Replaying, PartIn]:
        """The replay as it was asked for when the proposal was made, and what a case adds to a number of it."""
        span = revision.since, revision.until
        asked = replaying(self._house, self._rules(revision), span, number.response)
        ((position,),) = self._house.reader.query(BEFORE, {"stream": stream_of(revision.id)})
        ((until,),) = self._house.reader.query(RECORDED, {"position": position})
        asked = asked._replace(position=int(position), rules=asked.rules._replace(until=int(until)))
        player = Player(asked.rules, number.response)
        return asked, lambda events: self._part(asked, player, events, number)

    def _rules(self, revision: Revision) -> Rules:
        if self._kept is None or self._kept[0] != revision.id:
            with changed_files(self._house, revision.change, revision.proposed_at) as folder:
                self._kept = revision.id, rules_of(self._house, str(folder))
        return self._kept[1]

    def _part(self, asked: Replaying, player: Player, events: list[Event], number: Number) -> Part | None:
        if not asked.rules.touch(matters_of(events)):
            return Part() if number.of == "cases" else None
        return part_of(number, self._alone(asked, player, events))

    @staticmethod
    def _alone(asked: Replaying, player: Player, events: list[Event]) -> Replayed:
        """The replay of this case by itself."""
        rules, tally = asked.rules, Tally(asked.rules.until)
        tally.add(player.play(events), len(events), facts_of, rules.recorded.by_key, rules.under)
        return replayed(tally, asked.response, asked.since, asked.until, redirected=rules.redirected)


def behind(house: House) -> Callable[[Revision, Number, str, Collection[str]], BehindPage]:
    """Opens numbers where the house has such work done: it reads the changed rules, and plays many cases."""
    if house.apart is here:
        return Opening(house).page
    return lambda revision, number, after, without: house.apart(
        _page, house.home.folder, revision, number, after, tuple(without)
    )


def _page(home: Path, revision: Revision, number: Number, after: str, without: Collection[str]) -> BehindPage:
    return _opening(home).page(revision, number, after, without)


@cache
def _opening(home: Path) -> Opening:
    return Opening(kept_open(home))
