"""What a replay counts while it goes through the cases, and what two processes' counts come to together.

Only whole numbers, each a sum over cases, so that the order of the cases and the number of processes change nothing:
two replays of the same record under the same rules are equal to the last byte.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from msgspec.structs import replace

from sanban.kernel.case.state import LEAD, Case, Clock
from sanban.kernel.clock.calendar import HOUR
from sanban.kernel.mechanism import Mechanism
from sanban.revision.replay.playing import Lost, Played
from sanban.revision.share import Share

MOST_NAMED: Final = 200
"""Cases named by their numbers for each reason; the others are counted."""


class Counted(Protocol):
    """One thing that a figure counts: by its code, from when (microseconds UTC), and whether it holds."""

    @property
    def figure(self) -> str: ...

    @property
    def at(self) -> int: ...

    @property
    def holds(self) -> bool: ...


FactsOf = Callable[[Case, Mechanism], Iterable[Counted]]
"""What a case counts by each figure, as it stands."""
MechanismOf = Callable[[str], Mechanism | None]


class Sums:
    """Of one limit: clocks recorded, replayed, gone and added, and by how many hours due times moved how often.

    Of a limit and of a figure: how many hold, of how many, as recorded and as replayed.
    """

    __slots__ = ("added", "gone", "holds", "hours", "of", "recorded", "replayed")

    def __init__(self) -> None:
        self.recorded = self.replayed = self.gone = self.added = 0
        self.holds, self.of = [0, 0], [0, 0]
        self.hours: Counter[int] = Counter()

    def count(self, side: int, times: int, *, holds: bool) -> None:
        """So many more of a side, all of which hold, or none."""
        self.of[side] += times
        self.holds[side] += times if holds else 0

    def share(self, side: int) -> Share:
        """The share of a side."""
        return Share(self.holds[side], self.of[side])


BEFORE: Final = 0
AFTER: Final = 1
BOTH: Final = 2
_SIDES: Final = {BEFORE: (BEFORE,), AFTER: (AFTER,), BOTH: (BEFORE, AFTER)}
"""The sides for which something is counted; what is alike in both is worked out once."""
_ABSENT: Final = -1
_RUNNING: Final = 0
_STOPPED: Final = 1
_MISSED: Final = 2
"""How a clock stands."""


class Tally:
    """Sums over cases; `add` one, `merge` another process's.

    `until`: when the record ends, microseconds UTC. What counts later, as work that is not due yet, has not come about.
    `clocks`: how often clocks of a limit stood so before and so after, with due times so many hours apart. `facts`: how
    often a figure's fact held, or not, on which sides.
    """

    def __init__(self, until: int) -> None:
        self.until = until
        self.counts: Counter[str] = Counter()
        self.clocks: Counter[tuple[str, int, int, int | None]] = Counter()
        self.facts: Counter[tuple[str, bool, int]] = Counter()
        self.dispatches: Counter[tuple[str, str]] = Counter()
        self.workload: defaultdict[str, list[int]] = defaultdict(_none)
        self.lost: dict[Lost, list[str]] = {}
        self.lost_counts: Counter[Lost] = Counter()
        self.unmapped: dict[Lost, list[str]] = {}
        self.unmapped_counts: Counter[Lost] = Counter()

    def add_untouched(self, events: int) -> None:
        """A case that no change can reach."""
        self.counts["cases"] += 1
        self.counts["events"] += events

    def add(self, played: Played, events: int, facts_of: FactsOf, recorded: MechanismOf, under: MechanismOf) -> None:
        """A case that was played again."""
        self.add_untouched(events)
        self.counts["replayed"] += 1
        was, now = played.was, played.now
        if now is None:
            _name(self.unmapped, self.unmapped_counts, played.lost[0], was.number)
            return
        changed = was.clocks != now.clocks or was != replace(now, mechanism=was.mechanism)
        self.counts["changed"] += changed
        for lost in dict.fromkeys(played.lost):
            _name(self.lost, self.lost_counts, lost, was.number)
        self._add_clocks(was, now)
        self._add_units(was, now)
        before, after = recorded(was.mechanism), under(now.mechanism)
        alike = before is after and not changed
        self._add_figures(was, before, facts_of, BOTH if alike else BEFORE)
        if not alike:
            self._add_figures(now, after, facts_of, AFTER)

    def _add_clocks(self, was: Case, now: Case) -> None:
        """As long as both have the same clocks, one goes with the other; what is left goes by limit, spec and turn.

        Where the tasks are the same too, as many turns have gone by on both sides, and counting begins from there.
        """
        alike, clocks = 0, self.clocks
        if _specs(was) == _specs(now):
            for clock, found in zip(was.clocks, now.clocks, strict=False):
                if clock.limit != found.limit or clock.subject != found.subject:
                    break
                clocks[_pair(clock, found)] += 1
                alike += 1
        if alike == len(was.clocks) == len(now.clocks):
            return
        before, after = _by_turn(was, alike), _by_turn(now, alike)
        for key, clock in before.items():
            other = after.pop(key, None)
            clocks[(clock.limit, _stands(clock), _ABSENT, None) if other is None else _pair(clock, other)] += 1
        for clock in after.values():
            clocks[clock.limit, _ABSENT, _stands(clock), None] += 1

    def _add_units(self, was: Case, now: Case) -> None:
        sent, instead = _first_unit(was), _first_unit(now)
        if sent != instead:
            self.dispatches[sent, instead] += 1
        for side, case in ((BEFORE, was), (AFTER, now)):
            for task in case.tasks:
                self.workload[task.unit][side] += 1

    def _add_figures(self, case: Case, mechanism: Mechanism | None, facts_of: FactsOf, sides: int) -> None:
        if mechanism is not None:
            facts, until = self.facts, self.until
            for fact in facts_of(case, mechanism):
                if fact.at <= until:
                    facts[fact.figure, fact.holds, sides] += 1

    def limits(self) -> dict[str, Sums]:
        """By limit, its clocks; those that are over, by whether they ran out."""
        limits: defaultdict[str, Sums] = defaultdict(Sums)
        for (limit, before, after, hours), times in self.clocks.items():
            sums = limits[limit]
            sums.recorded += 0 if before == _ABSENT else times
            sums.replayed += 0 if after == _ABSENT else times
            sums.gone += times if after == _ABSENT else 0
            sums.added += times if before == _ABSENT else 0
            if hours is not None:
                sums.hours[hours] += times
            for side, one in ((BEFORE, before), (AFTER, after)):
                if one in (_STOPPED, _MISSED):
                    sums.count(side, times, holds=one == _MISSED)
        return limits

    def figures(self) -> dict[str, Sums]:
        """By figure, its facts."""
        figures: defaultdict[str, Sums] = defaultdict(Sums)
        for (figure, holds, sides), times in self.facts.items():
            for side in _SIDES[sides]:
                figures[figure].count(side, times, holds=holds)
        return figures

    def merge(self, other: Tally) -> None:
        """The other's sums on top of these."""
        self.counts.update(other.counts)
        self.dispatches.update(other.dispatches)
        self.clocks.update(other.clocks)
        self.facts.update(other.facts)
        for unit, counted in other.workload.items():
            self.workload[unit] = [one + more for one, more in zip(self.workload[unit], counted, strict=True)]
        for kept, more in ((self.lost, other.lost), (self.unmapped, other.unmapped)):
            for lost, numbers in more.items():
                kept[lost] = sorted([*kept.get(lost, ()), *numbers])[:MOST_NAMED]
        self.lost_counts.update(other.lost_counts)
        self.unmapped_counts.update(other.unmapped_counts)


def _none() -> list[int]:
    return [0, 0]


def _name(named: dict[Lost, list[str]], counts: Counter[Lost], why: Lost, number: str) -> None:
    """Count the case for the reason; its number is kept where it is among the first."""
    counts[why] += 1
    numbers = named.setdefault(why, [])
    numbers.append(number)
    if len(numbers) > 2 * MOST_NAMED:
        numbers.sort()
        del numbers[MOST_NAMED:]


def _stands(clock: Clock) -> int:
    return _MISSED if clock.missed_at is not None else _RUNNING if clock.stopped_at is None else _STOPPED


def _pair(clock: Clock, found: Clock) -> tuple[str, int, int, int | None]:
    """A clock of both sides, as it is counted; how both stand is written out, for it is asked of every clock."""
    before, after = clock.due_at, found.due_at
    return (
        clock.limit,
        _MISSED if clock.missed_at is not None else _RUNNING if clock.stopped_at is None else _STOPPED,
        _MISSED if found.missed_at is not None else _RUNNING if found.stopped_at is None else _STOPPED,
        None if before is None or after is None else (after - before) // HOUR,
    )


def _specs(case: Case) -> dict[str, str]:
    return {task.id: task.spec for task in case.tasks}


def _by_turn(case: Case, first: int) -> dict[tuple[str, str, int], Clock]:
    """The clocks from the first on by limit, by whether they are of a request, of the lead or a helper, and by turn."""
    specs = _specs(case)
    found: dict[tuple[str, str, int], Clock] = {}
    for clock in case.clocks[first:]:
        key = limit, spec, turn = clock.limit, specs.get(clock.subject, clock.subject), 0
        while key in found:
            turn += 1
            key = limit, spec, turn
        found[key] = clock
    return found


def _first_unit(case: Case) -> str:
    return next((task.unit for task in case.tasks if task.spec == LEAD), "")
