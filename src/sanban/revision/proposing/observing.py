"""What cases did under the rules in force: orders and what became of them, limits and how much of them was used, steps.

One pass over the record, a case at a time. Only cases count that run under the version now in force: an older version
is not changed any more. Who may know of which case is not decided here; a case stands for itself by its id.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sanban.kernel.case.event import CaseDispatched, Event
from sanban.kernel.case.facts import is_upheld
from sanban.kernel.case.fold import fold
from sanban.kernel.case.state import LEAD, Case, Clock, Task
from sanban.kernel.mechanism import Limit, Mechanism
from sanban.revision.replay.changing import Rules


class Order(NamedTuple):
    """A first order that a row of the directory sent. `instead`: the unit that took it up after an upheld return."""

    case: str
    entry: str
    matter: str
    unit: str
    instead: str


class Run(NamedTuple):
    """A clock of a unit's limit. `used`: the part of its time, so far while it runs; None once it ran out unstopped.

    `missed`: it ran out.
    """

    case: str
    unit: str
    clock: Clock
    used: float | None
    missed: bool


class Opened(NamedTuple):
    """A case as one of many: when and where it was opened, microseconds UTC and the grid's code."""

    case: str
    at: int
    grid: str


class Observed:
    """All that was seen, by mechanism key (`matter@version`), and orders by the directory's row.

    `since`: when the first case of a version was opened; `until`: when the record ends.
    """

    def __init__(self) -> None:
        self.mechanisms: dict[str, Mechanism] = {}
        self.orders: dict[str, list[Order]] = defaultdict(list)
        self.runs: dict[tuple[str, str], list[Run]] = defaultdict(list)
        self.running: dict[tuple[str, str], list[Run]] = defaultdict(list)
        self.steps: Counter[tuple[str, str]] = Counter()
        self.reached: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.specs: Counter[tuple[str, str]] = Counter()
        self.dispatched: dict[str, list[str]] = defaultdict(list)
        self.opened: dict[str, list[Opened]] = defaultdict(list)
        self.since: dict[str, int] = {}
        self.until = 0

    def add(self, events: Sequence[Event], rules: Rules) -> None:
        """One case, by its events."""
        states: dict[str, None] = {}
        taken: Counter[str] = Counter()
        cites = ""
        case: Case | None = None
        for event in events:
            if isinstance(event, CaseDispatched) and case is not None and case.lead_task is None:
                cites = event.cites
            case = fold(case, event)
            states[case.state] = None
            taken[event.step] += 1
        assert case is not None, "a stream has events"
        mechanism = rules.mechanism_of(case.matter, rules.until)
        if mechanism is None or mechanism.key != case.mechanism:
            return
        self.mechanisms[mechanism.key] = mechanism
        self.since[mechanism.key] = min(self.since.get(mechanism.key, case.opened_at), case.opened_at)
        self.until = max(self.until, rules.until)
        self._count(case, mechanism, states, taken)
        if cites:
            self._order(case, cites)
        for clock in case.clocks:
            self._run(case, mechanism.limits.get(clock.limit), clock)

    def _count(self, case: Case, mechanism: Mechanism, states: Iterable[str], taken: Mapping[str, int]) -> None:
        key = mechanism.key
        for step in taken:
            self.steps[key, step] += 1
        for state in states:
            self.reached[key, state].append(case.id)
        for spec in {task.spec for task in case.tasks}:
            self.specs[key, spec] += 1
        if case.tasks:
            self.dispatched[key].append(case.id)
        if case.grid:
            self.opened[key].append(Opened(case.id, case.opened_at, case.grid))

    def _order(self, case: Case, cites: str) -> None:
        first = next(task for task in case.tasks if task.spec == LEAD)
        instead = _taker(case, first) if first.state == "returned" and is_upheld(case, first) else ""
        self.orders[cites].append(Order(case.id, cites, case.matter, first.unit, instead))

    def _run(self, case: Case, limit: Limit | None, clock: Clock) -> None:
        """A unit's clock, over or running; a pause, and more time granted, would blur how the limit itself fits."""
        if limit is None or limit.counts_for != "unit" or clock.pauses or clock.fixed is not None:
            return
        due_at = clock.due_at if clock.first_due_at is None else clock.first_due_at
        if due_at is None:
            return
        task = case.task(clock.subject)
        if task is not None and task.state in ("returned", "withdrawn", "waived"):
            return
        span = due_at - clock.started_at
        used = None if clock.stopped_at is None else (clock.stopped_at - clock.started_at) / max(span, 1)
        if clock.stopped_at is None and clock.missed_at is None:
            used = (self.until - clock.started_at) / max(span, 1)
            self.running[case.mechanism, limit.name].append(Run(case.id, clock.unit, clock, used, missed=False))
            return
        late = clock.missed_at is not None or clock.extended > 0
        self.runs[case.mechanism, limit.name].append(Run(case.id, clock.unit, clock, used, late))


def observed(cases: Iterable[Sequence[Event]], rules: Rules) -> Observed:
    """Everything seen in the cases."""
    seen = Observed()
    for events in cases:
        seen.add(events, rules)
    return seen


def _taker(case: Case, returned: Task) -> str:
    """The unit that signed for the case next."""
    after = case.tasks[case.tasks.index(returned) + 1 :]
    return next((one.unit for one in after if one.spec == LEAD and one.accepted_at is not None), "")
