"""What a change was to make better, counted in the record: all of it for the effect, case by case for whoever opens it.

Only what is decided by now counts, a clock once it is due: what went well early would count before what has yet to go
wrong. From its day on, only cases that run under the new version do. A wave has its place: what is counted is the work
of its matter in the grids that it was seen in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sanban.handling.aggregate import stream_of as case_stream
from sanban.kernel.case.event import CaseDispatched, Event
from sanban.kernel.case.state import LEAD, Case
from sanban.kernel.duty.directory import ANY
from sanban.main.house import House
from sanban.main.revision.proposing import EVER
from sanban.main.revision.replaying import recorded_rules, replaying
from sanban.revision.aggregate import Revision
from sanban.revision.change import Change
from sanban.revision.replay.playing import recorded_case
from sanban.revision.replay.running import Replaying, cases_of

Things = Iterator[tuple[int, bool]]
"""One by one: when it counts from (microseconds UTC), and whether it went wrong."""
Counting = Callable[[Sequence[Event]], Things]
"""What is counted of a case, by its events."""


def record_of(house: House) -> Replaying:
    """The whole record as it stands now."""
    return replaying(house, recorded_rules(house), (0, EVER), "kept")


def counted(house: House, revision: Revision, record: Replaying, now: int) -> Things:
    """What the change was to make better, in every case of a record, as of an instant."""
    of_case = counting(house, revision, now)
    for events in cases_of(record):
        yield from of_case(events)


def counting(house: House, revision: Revision, now: int) -> Counting:
    """Counts a case as the effect did that was told at an instant."""
    change = revision.change
    counts = _work if change.ends_row else _COUNTS.get(change.kind, _work)
    grids = _grids(house, revision) if change.kind == "wave" else frozenset()

    def of_case(events: Sequence[Event]) -> Things:
        case = recorded_case(events)
        if change.matter in (ANY, case.matter) and (not grids or case.grid in grids):
            old = change.kind in VERSIONED and case.mechanism.partition("@")[2] < revision.from_day
            found = counts(house, change, case, events, now)
            yield from (one for one in found if not (old and one[0] >= revision.from_at))

    return of_case


def _clocks(_house: House, change: Change, case: Case, _events: Sequence[Event], now: int) -> Things:
    for clock in case.clocks:
        if clock.limit == change.about and clock.due_at is not None and clock.due_at <= now:
            yield clock.started_at, clock.missed_at is not None


def _orders(_house: House, change: Change, case: Case, events: Sequence[Event], _now: int) -> Things:
    sent = next((one for one in events if isinstance(one, CaseDispatched)), None)
    if sent is not None and (sent.cites == change.about or sent.cites.startswith(f"{change.about}-r")):
        first = next(task for task in case.tasks if task.spec == LEAD)
        if first.state == "returned" or first.accepted_at is not None:
            yield first.dispatched_at, first.state == "returned"


def _work(house: House, _change: Change, case: Case, _events: Sequence[Event], now: int) -> Things:
    """The limits of work, as they were first set, that are over by now: finished in time or not."""
    limits = house.cases.pinned(case).limits
    left = {task.id for task in case.tasks if task.state in LEFT}
    for clock in case.clocks:
        limit = limits.get(clock.limit)
        due_at = clock.due_at if clock.first_due_at is None else clock.first_due_at
        of_work = limit is not None and (limit.starts, limit.stops) == ("dispatched", "finished")
        if of_work and clock.subject not in left and due_at is not None and due_at <= now:
            yield clock.started_at, clock.stopped_at is None or clock.stopped_at >= due_at


def _grids(house: House, revision: Revision) -> frozenset[str]:
    """The grids of the cases behind a proposal."""
    cases = (house.reader.state(case_stream(one)) for one in revision.finding.cases)
    return frozenset(case.grid for case in cases if isinstance(case, Case) and case.grid)


_COUNTS: Final = {"limit": _clocks, "row": _orders}
LEFT: Final = frozenset({"returned", "withdrawn", "waived"})
"""Tasks that their unit had no more to finish."""
VERSIONED: Final = ("limit", "remove")
"""Changes that make a new version; rows and numbers hold from their day on for every case."""
