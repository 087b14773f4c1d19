"""What a replay counts while it goes through the cases, and what two processes' counts come to together.

Only whole numbers, each a sum over cases, so that the order of the cases and the number of processes change nothing:
two replays of the same record under the same rules are equal to the last byte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from sanban.kernel.case.state import LEAD, Case, Clock
from sanban.kernel.clock.calendar import HOUR
from sanban.kernel.mechanism import Mechanism
from sanban.revision.replay.playing import Lost, Played
from sanban.revision.share import Share

MOST_NAMED: Final = 200
"""Cases named by their numbers for each reason; the others are counted."""


class Counted(NamedTuple):
    """One thing that a figure counts, as `facts_of` gives it."""

    figure: str
    unit: str
    holds: bool


FactsOf = Callable[[Case, Mechanism], Iterable[Counted]]
"""What a case counts by each figure, as it stands."""
MechanismOf = Callable[[str], Mechanism | None]

Pair = tuple[Share, Share]
NONE: Final = Share(0, 0)


class Tally:
    """Sums over cases; `add` one, `merge` another process's."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.moved: dict[str, Counter[int]] = {}
        self.clocks: dict[str, Counter[str]] = {}
        self.missed: dict[str, Pair] = {}
        self.figures: dict[str, Pair] = {}
        self.dispatches: Counter[tuple[str, str]] = Counter()
        self.workload: dict[str, Counter[str]] = {}
        self.lost: dict[Lost, list[str]] = {}
        self.lost_counts: Counter[Lost] = Counter()
        self.unmapped: dict[Lost, list[str]] = {}
        self.unmapped_counts: Counter[Lost] = Counter()

    def add_untouched(self, events: int) -> None:
        """A case that no change can reach."""
        self.counts.update(cases=1, events=events)

    def add(self, played: Played, events: int, facts_of: FactsOf, recorded: MechanismOf, under: MechanismOf) -> None:
        """A case that was played again."""
        self.counts.update(cases=1, replayed=1, events=events)
        was, now = played.was, played.now
        if now is None:
            _name(self.unmapped, self.unmapped_counts, played.lost[0], was.number)
            return
        self.counts["changed"] += int(was != now)
        for lost in dict.fromkeys(played.lost):
            _name(self.lost, self.lost_counts, lost, was.number)
        self._add_clocks(was, now)
        self._add_units(was, now)
        self._add_figures(was, recorded(was.mechanism), facts_of, now=False)
        self._add_figures(now, under(now.mechanism), facts_of, now=True)

    def _add_clocks(self, was: Case, now: Case) -> None:
        before, after = _by_turn(was), _by_turn(now)
        for key, clock in before.items():
            limit = self.clocks.setdefault(clock.limit, Counter())
            found = after.get(key)
            limit.update(recorded=1, gone=int(found is None))
            self._miss(clock, now=False)
            if found is not None and found.due_at is not None and clock.due_at is not None:
                by = (found.due_at - clock.due_at) // HOUR
                self.moved.setdefault(clock.limit, Counter())[by] += 1
        for key, clock in after.items():
            limit = self.clocks.setdefault(clock.limit, Counter())
            limit.update(replayed=1, added=int(key not in before))
            self._miss(clock, now=True)

    def _miss(self, clock: Clock, *, now: bool) -> None:
        if clock.stopped_at is None and clock.missed_at is None:
            return
        one = Share(int(clock.missed_at is not None), 1)
        was, then = self.missed.get(clock.limit, (NONE, NONE))
        self.missed[clock.limit] = (was, then + one) if now else (was + one, then)

    def _add_units(self, was: Case, now: Case) -> None:
        sent, instead = _first_unit(was), _first_unit(now)
        if sent != instead:
            self.dispatches[sent, instead] += 1
        for name, case in (("recorded", was), ("replayed", now)):
            for task in case.tasks:
                self.workload.setdefault(task.unit, Counter())[name] += 1

    def _add_figures(self, case: Case, mechanism: Mechanism | None, facts_of: FactsOf, *, now: bool) -> None:
        if mechanism is None:
            return
        for fact in facts_of(case, mechanism):
            one = Share(int(fact.holds), 1)
            was, then = self.figures.get(fact.figure, (NONE, NONE))
            self.figures[fact.figure] = (was, then + one) if now else (was + one, then)

    def merge(self, other: Tally) -> None:
        """The other's sums on top of these."""
        self.counts.update(other.counts)
        self.dispatches.update(other.dispatches)
        for mine, theirs in ((self.clocks, other.clocks), (self.workload, other.workload)):
            for name, counted in theirs.items():
                mine.setdefault(name, Counter()).update(counted)
        for name, hours in other.moved.items():
            self.moved.setdefault(name, Counter()).update(hours)
        for shares, others in ((self.missed, other.missed), (self.figures, other.figures)):
            for name, (was, now) in others.items():
                before, after = shares.get(name, (NONE, NONE))
                shares[name] = (before + was, after + now)
        for kept, more in ((self.lost, other.lost), (self.unmapped, other.unmapped)):
            for lost, numbers in more.items():
                kept[lost] = sorted([*kept.get(lost, ()), *numbers])[:MOST_NAMED]
        self.lost_counts.update(other.lost_counts)
        self.unmapped_counts.update(other.unmapped_counts)


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
    turns: Counter[tuple[str, str]] = Counter()
    for clock in case.clocks:
        key = (clock.limit, specs.get(clock.subject, clock.subject))
        found[*key, turns[key]] = clock
        turns[key] += 1
    return found


def _first_unit(case: Case) -> str:
    return next((task.unit for task in case.tasks if task.spec == LEAD), "")
