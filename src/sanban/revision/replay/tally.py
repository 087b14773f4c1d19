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

    def count_clock(self, clock: Clock, side: int) -> None:
        """A clock more of a side, when it is over: whether it ran out."""
        missed = clock.missed_at is not None
        if missed or clock.stopped_at is not None:
            self.holds[side] += missed
            self.of[side] += 1

    def share(self, side: int) -> Share:
        """The share of a side."""
        return Share(self.holds[side], self.of[side])

    def merge(self, other: Sums) -> None:
        """The other's sums on top of these."""
        for name in ("recorded", "replayed", "gone", "added"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.holds = [mine + theirs for mine, theirs in zip(self.holds, other.holds, strict=True)]
        self.of = [mine + theirs for mine, theirs in zip(self.of, other.of, strict=True)]
        self.hours.update(other.hours)


BEFORE: Final = 0
AFTER: Final = 1


class Tally:
    """Sums over cases; `add` one, `merge` another process's.

    `until`: when the record ends, microseconds UTC. What counts later, as work that is not due yet, has not come about.
    """

    def __init__(self, until: int) -> None:
        self.until = until
        self.counts: Counter[str] = Counter()
        self.limits: defaultdict[str, Sums] = defaultdict(Sums)
        self.figures: defaultdict[str, Sums] = defaultdict(Sums)
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
        self._add_figures(was, before, facts_of, (BEFORE, AFTER) if alike else (BEFORE,))
        if not alike:
            self._add_figures(now, after, facts_of, (AFTER,))

    def _add_clocks(self, was: Case, now: Case) -> None:
        before, after = _by_turn(was), _by_turn(now)
        for key, clock in before.items():
            sums = self.limits[clock.limit]
            sums.recorded += 1
            found = after.get(key)
            if found is None:
                sums.gone += 1
            elif found.due_at is not None and clock.due_at is not None:
                hours = (found.due_at - clock.due_at) // HOUR
                sums.hours[hours] = sums.hours.get(hours, 0) + 1
            sums.count_clock(clock, BEFORE)
        for key, clock in after.items():
            sums = self.limits[clock.limit]
            sums.replayed += 1
            sums.added += key not in before
            sums.count_clock(clock, AFTER)

    def _add_units(self, was: Case, now: Case) -> None:
        sent, instead = _first_unit(was), _first_unit(now)
        if sent != instead:
            self.dispatches[sent, instead] += 1
        for side, case in ((BEFORE, was), (AFTER, now)):
            for task in case.tasks:
                self.workload[task.unit][side] += 1

    def _add_figures(self, case: Case, mechanism: Mechanism | None, facts_of: FactsOf, sides: tuple[int, ...]) -> None:
        if mechanism is not None:
            figures = self.figures
            for fact in facts_of(case, mechanism):
                if fact.at <= self.until:
                    sums, counts = figures[fact.figure], fact.holds
                    holds, of = sums.holds, sums.of
                    for side in sides:
                        holds[side] += counts
                        of[side] += 1

    def merge(self, other: Tally) -> None:
        """The other's sums on top of these."""
        self.counts.update(other.counts)
        self.dispatches.update(other.dispatches)
        for mine, theirs in ((self.limits, other.limits), (self.figures, other.figures)):
            for name, sums in theirs.items():
                mine[name].merge(sums)
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


def _by_turn(case: Case) -> dict[tuple[str, str, int], Clock]:
    """The clocks by limit, by whether they are of a request, of the lead, of a helper's task, and by their turn."""
    specs = {task.id: task.spec for task in case.tasks}
    found: dict[tuple[str, str, int], Clock] = {}
    for clock in case.clocks:
        key = limit, spec, turn = clock.limit, specs.get(clock.subject, clock.subject), 0
        while key in found:
            turn += 1
            key = limit, spec, turn
        found[key] = clock
    return found


def _first_unit(case: Case) -> str:
    return next((task.unit for task in case.tasks if task.spec == LEAD), "")
