"""From what was seen to what is proposed: every rule is put to a test, and the tests are believed all together.

    directory   of a row's orders, too many come back, are upheld, and go to one and the same unit
    limits      too many of a limit's clocks run out, with most of the units; or nobody needs but a part of the time
    unfired     a step, branch, condition, test or row that no case ever needs (see `unfired`)
    waves       more cases of one matter in one grid within a few days than chance brings

Each test says how likely what was seen would be if the rule were no worse than the threshold. A rule is proposed where
that is believed among all tests made (see `chance.believed`), so many rules looked at make no false proposal likelier.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from math import inf
from typing import Final

from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.clock.due import due
from sanban.kernel.clock.limit import Length, total_of
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.mechanism import Mechanism
from sanban.revision.change import Change
from sanban.revision.proposing.chance import at_least, at_least_events, at_most, believed
from sanban.revision.proposing.finding import Looked, Tested, spoken_against
from sanban.revision.proposing.observing import Observed, Opened, Order, Run
from sanban.revision.proposing.thresholds import Thresholds, part
from sanban.revision.proposing.unfired import Own, unfired
from sanban.revision.replay.changing import Rules
from sanban.revision.share import Share

MOST_WEIGHED: Final = 400
"""Clocks that a new length is measured on."""
LATE_AT_NEW_LENGTH: Final = 10
"""A longer limit is made so long that one in so many clocks would still run out."""
WAVE: Final = "flood_requests"
"""The parameter by which a matter declares waves."""
MINUTE: Final = 60_000_000
TIMES: Final = (1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 60, 80, 120)


def propose(seen: Observed, rules: Rules, own: Own, thresholds: Thresholds) -> Looked:
    """The proposals, the surest first. `own`: what each matter's file declares itself."""
    tested = [
        *_rows(seen, rules.duty, thresholds),
        *_limits(seen, rules.calendar, thresholds),
        *unfired(seen, rules.duty, own, thresholds),
        *_waves(seen, thresholds),
    ]
    held = believed([one.chance for one in tested], part(thresholds.rate))
    found = [one.finding for one, yes in zip(tested, held, strict=True) if yes and one.finding is not None]
    return Looked(tuple(sorted(found, key=lambda one: (one.chance, one.change))), len(tested))


def _rows(seen: Observed, duty: DutyTable, thresholds: Thresholds) -> Iterator[Tested]:
    """A row as a whole where it goes wrong for every matter, else for the matter for which it does."""
    for entry, orders in sorted(seen.orders.items()):
        if entry not in duty.entries:
            continue
        whole = _row(entry, orders, duty, thresholds, duty.entries[entry].matter)
        if whole is not None:
            yield whole
        by_matter: dict[str, list[Order]] = defaultdict(list)
        for order in orders:
            by_matter[order.matter].append(order)
        if len(by_matter) > 1 and (whole is None or whole.finding is None):
            for matter, several in sorted(by_matter.items()):
                one = _row(entry, several, duty, thresholds, matter)
                if one is not None:
                    yield one


def _row(entry: str, orders: Sequence[Order], duty: DutyTable, thresholds: Thresholds, matter: str) -> Tested | None:
    if len(orders) < thresholds.returned_of:
        return None
    upheld = [order for order in orders if order.instead]
    chance = at_least(len(upheld), len(orders), part(thresholds.returned))
    takers = Counter(order.instead for order in upheld)
    if not takers:
        return Tested(chance)
    unit, times = min(takers.items(), key=lambda one: (-one[1], one[0]))
    if times < part(thresholds.target) * len(upheld):
        return Tested(chance)
    row = duty.entries[entry]
    change = Change("row", matter, entry, row.duty, row.area, unit)
    share = Share(len(upheld), len(orders))
    return spoken_against(change, share, thresholds.returned, chance, (order.case for order in upheld))


def _limits(seen: Observed, calendar: Calendar, thresholds: Thresholds) -> Iterator[Tested]:
    for (key, name), runs in sorted(seen.runs.items()):
        mechanism = seen.mechanisms[key]
        within = mechanism.limits[name].within
        if not isinstance(within, Length):
            continue
        if len(runs) >= thresholds.missed_of:
            yield _missed(mechanism, name, runs, calendar, seen.until, thresholds)
        if len(runs) >= thresholds.unbound_of and _is_long(runs, thresholds):
            yield _unbound(mechanism, name, runs, seen.running.get((key, name), ()), calendar, thresholds)


def _missed(
    mechanism: Mechanism, name: str, runs: Sequence[Run], calendar: Calendar, until: int, thresholds: Thresholds
) -> Tested:
    """A limit that is missed too often, by most units: one unit that is late is late, and no limit's fault."""
    late = [run for run in runs if run.missed]
    chance = at_least(len(late), len(runs), part(thresholds.missed))
    if not _is_missed_by_most(runs, thresholds):
        return Tested(chance)
    within = mechanism.limits[name].within
    longer = _longer(within, runs, calendar, until) if isinstance(within, Length) else None
    if longer is None:
        return Tested(chance)
    change = Change("limit", mechanism.matter, name, count=longer.count, counting=longer.unit)
    return spoken_against(change, Share(len(late), len(runs)), thresholds.missed, chance, (run.case for run in late))


def _is_missed_by_most(runs: Sequence[Run], thresholds: Thresholds) -> bool:
    by_unit: dict[str, Share] = {}
    for run in runs:
        by_unit[run.unit] = by_unit.get(run.unit, Share()) + Share(int(run.missed), 1)
    missing = [(one.points or 0) > thresholds.missed for one in by_unit.values()]
    return len(missing) > 1 and sum(missing) >= part(thresholds.units) * len(missing)


def _longer(within: Length, runs: Sequence[Run], calendar: Calendar, until: int) -> Length | None:
    """The shortest of some lengths that all but a few would keep; None where the record does not reach so far.

    A clock that still runs says something of the lengths that it is over already, and nothing of longer ones: of those
    over one length, the part over the next is told by clocks whose end is known by then (Kaplan and Meier, J. Am.
    Stat. Assoc. 53 (1958) 457-481).
    """
    over, share = list(runs[:MOST_WEIGHED]), 1.0
    for times in TIMES:
        length = Length(max(within.count + 1, round(within.count * times)), within.unit)
        known = [run for run in over if run.clock.stopped_at is not None or _due(run, length, calendar) <= until]
        if not known:
            return None
        over = [run for run in known if not _would_keep(run, length, calendar)]
        share *= len(over) / len(known)
        if share * LATE_AT_NEW_LENGTH <= 1:
            return length
    return None


def _would_keep(run: Run, length: Length, calendar: Calendar) -> bool:
    return run.clock.stopped_at is not None and run.clock.stopped_at < _due(run, length, calendar)


def _due(run: Run, length: Length, calendar: Calendar) -> float:
    """When it would run out; never where the calendar does not reach so far."""
    at = due(calendar, (length,), run.clock.started_at).at
    return inf if at is None else at


def _is_long(runs: Sequence[Run], thresholds: Thresholds) -> bool:
    """Whether the limit is one of days, by the shortest time it gave."""
    given = min((run.clock.due_at or run.clock.started_at) - run.clock.started_at for run in runs)
    return given >= thresholds.shortest


def _unbound(
    mechanism: Mechanism,
    name: str,
    runs: Sequence[Run],
    running: Sequence[Run],
    calendar: Calendar,
    thresholds: Thresholds,
) -> Tested:
    """A limit that nobody comes near, with clocks that run still. Tested: at most one in twenty needs more of its time.

    What runs within the part of its time tells nothing yet.
    """
    past = [run for run in running if _is_near(run, thresholds)]
    near = [*past, *(run for run in runs if _is_near(run, thresholds))]
    chance = at_most(len(near), len(runs) + len(past), part(thresholds.unused))
    within = mechanism.limits[name].within
    if near or not isinstance(within, Length):
        return Tested(chance)
    shorter = _shorter(within, runs, calendar)
    if shorter.count >= within.count:
        return Tested(chance)
    change = Change("limit", mechanism.matter, name, count=shorter.count, counting=shorter.unit)
    share = Share(len(near), len(runs))
    return spoken_against(change, share, thresholds.unused, chance, (run.case for run in runs))


def _is_near(run: Run, thresholds: Thresholds) -> bool:
    return run.used is None or run.used > part(thresholds.used)


def _shorter(within: Length, runs: Sequence[Run], calendar: Calendar) -> Length:
    """Twice what the slowest needed, in the limit's own unit."""
    slowest = max(runs, key=lambda run: run.used or 0.0)
    counts = range(1, within.count + 1)
    kept = bisect_left(counts, 1, key=lambda count: _would_keep(slowest, Length(count, within.unit), calendar))
    return total_of([Length(min(within.count, 2 * (kept + 1)), within.unit)])


def _waves(seen: Observed, thresholds: Thresholds) -> Iterator[Tested]:
    """The densest window of each matter and grid, against how many cases the grid has in such a time else."""
    minutes = thresholds.window // MINUTE
    for key, every in sorted(seen.opened.items()):
        if WAVE in seen.mechanisms[key].parameters:
            continue
        by_grid: dict[str, list[Opened]] = defaultdict(list)
        for one in every:
            by_grid[one.grid].append(one)
        windows = max(1, (seen.until - seen.since[key]) // thresholds.window)
        best: Tested | None = None
        for cases in by_grid.values():
            dense = _densest(sorted(cases, key=lambda one: one.at), thresholds.window)
            if len(dense) >= thresholds.wave:
                usual = max((len(every) - len(dense)) / len(by_grid), len(cases) - len(dense)) / windows
                chance = min(1.0, windows * len(by_grid) * at_least_events(len(dense), usual))
                change = Change("wave", seen.mechanisms[key].matter, "flood", count=thresholds.wave, minutes=minutes)
                tested = spoken_against(change, Share(len(dense), len(cases)), 0, chance, (one.case for one in dense))
                best = tested if best is None or tested.chance < best.chance else best
        if best is not None:
            yield best


def _densest(cases: Sequence[Opened], window: int) -> Sequence[Opened]:
    """The longest run of cases that were opened within the window; in order of time."""
    best: Sequence[Opened] = ()
    first = 0
    for last, one in enumerate(cases):
        while cases[first].at < one.at - window:
            first += 1
        if last + 1 - first > len(best):
            best = cases[first : last + 1]
    return best
