"""What cases did under the rules in force: orders and what became of them, limits and how much of them was used, steps.

One pass over the record, a case at a time. Only cases count that run under the version now in force: an older version
is not changed any more. Who may know of which case is not decided here; a case stands for itself by its id.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from sanban.kernel.case.event import CaseDispatched, CaseWhistled, Event, JointAccepted, JointOffered
from sanban.kernel.case.facts import is_upheld
from sanban.kernel.case.fold import fold
from sanban.kernel.case.state import LEAD, Case, Clock, Task
from sanban.kernel.duty.answer import Answer, who_answers
from sanban.kernel.duty.place import Place
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.mechanism import Limit, Mechanism
from sanban.revision.replay.changing import Rules

PUT_TO_TESTS: Final = (CaseWhistled, JointOffered, JointAccepted)
"""Where a case is looked at for three-cross problems."""


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


class Asked(NamedTuple):
    """A question that a case put to the directory, and the row that answers it. `areas`: its grid and street.

    `at`: microseconds UTC.
    """

    case: str
    matter: str
    duty: str
    areas: tuple[str | None, ...]
    at: int
    entry: str


class Observed:
    """All that was seen, by mechanism key (`matter@version`), and orders by the directory's row.

    `specs`: the cases that had a task; `timed`, `crossed`: how many had a clock of a limit, and met a test of
    three-cross problems; `put_to_tests`: those that were looked at for them. `since`: when the first case of a version
    was opened; `until`: when the record ends.
    """

    def __init__(self) -> None:
        self.mechanisms: dict[str, Mechanism] = {}
        self.orders: dict[str, list[Order]] = defaultdict(list)
        self.runs: dict[tuple[str, str], list[Run]] = defaultdict(list)
        self.running: dict[tuple[str, str], list[Run]] = defaultdict(list)
        self.steps: Counter[tuple[str, str]] = Counter()
        self.reached: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.specs: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.timed: Counter[tuple[str, str]] = Counter()
        self.crossed: Counter[tuple[str, str]] = Counter()
        self.put_to_tests: dict[str, list[str]] = defaultdict(list)
        self.asked: list[Asked] = []
        self.opened: dict[str, list[Opened]] = defaultdict(list)
        self.since: dict[str, int] = {}
        self.until = 0

    def add(self, events: Sequence[Event], rules: Rules) -> None:
        """One case, by its events."""
        states: dict[str, None] = {}
        taken: Counter[str] = Counter()
        met: set[str] | None = None
        cites = ""
        case: Case | None = None
        for event in events:
            if isinstance(event, CaseDispatched) and case is not None and case.lead_task is None:
                cites = event.cites
            if isinstance(event, PUT_TO_TESTS):
                met = {*(met or ()), *event.tests}
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
        if met is not None:
            self.put_to_tests[mechanism.key].append(case.id)
            self.crossed.update((mechanism.key, test) for test in met)
        if cites:
            self._order(case, cites)
        self.asked += _asked(case, mechanism, rules.duty, cites)
        for clock in case.clocks:
            self._run(case, mechanism.limits.get(clock.limit), clock)

    def _count(self, case: Case, mechanism: Mechanism, states: Iterable[str], taken: Mapping[str, int]) -> None:
        key = mechanism.key
        for step in taken:
            self.steps[key, step] += 1
        for state in states:
            self.reached[key, state].append(case.id)
        for spec in {task.spec for task in case.tasks}:
            self.specs[key, spec].append(case.id)
        self.timed.update((key, limit) for limit in {clock.limit for clock in case.clocks})
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


def _asked(case: Case, mechanism: Mechanism, duty: DutyTable, cites: str) -> Iterator[Asked]:
    """What the directory was asked: by the first order whom it names, for each co-unit's task who answers."""
    place = Place(case.grid or None, case.street or None)
    for task in case.tasks:
        spec = mechanism.tasks.get(task.spec)
        if spec is None or task.spec == LEAD:
            continue
        at = task.dispatched_at
        answer = who_answers(duty, case.matter, spec.duty, place, at)
        if isinstance(answer, Answer):
            yield Asked(case.id, case.matter, spec.duty, _areas(duty, place, at), at, answer.entry)
    if cites:
        at = case.tasks[0].dispatched_at
        yield Asked(case.id, case.matter, mechanism.tasks[LEAD].duty, _areas(duty, place, at), at, cites)


def _areas(duty: DutyTable, place: Place, at: int) -> tuple[str | None, ...]:
    return place.grid, duty.grids.street_of(place, at)
