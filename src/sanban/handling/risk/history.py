"""What was known at any instant: how many of a kind were opened, closed, kept and missed strictly before it.

Every fact has the instant from which it is known: a request counts as missed from its due time, as kept from its
closing. Counts are look-ups in sorted arrays, so any number of requests is asked for at any instants at once, and an
answer about an instant cannot rest on anything later: a history that holds the future as well gives the same.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from sanban.handling.risk.record import Record, Week

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SECOND = 1_000_000
DAY = 86_400
NEVER = 1 << 33
"""Seconds: later than any instant asked for."""
_SPAN = 1 << 34
_ORIGIN = 1 << 32
SHARES = (0.0, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95)
"""Parts of the time allowed after which a request is compared with those that lived as long."""


class Tally:
    """Instants by group, counted."""

    def __init__(self, groups: Ints, seconds: Ints) -> None:
        self._keys = np.sort(groups * _SPAN + seconds + _ORIGIN)

    def before(self, groups: Ints, seconds: Ints) -> Floats:
        """How many of each group stand strictly before each instant."""
        end = np.searchsorted(self._keys, groups * _SPAN + seconds + _ORIGIN, side="left")
        return (end - np.searchsorted(self._keys, groups * _SPAN, side="left")).astype(np.float64)


class Kind:
    """One way of grouping records (by matter, by unit, by both ...), and its tallies."""

    def __init__(self, history: History, groups: Ints) -> None:
        self.groups = groups
        missed, kept = history.missed, history.kept
        self.opened = Tally(groups, history.opened)
        closed = history.closed < NEVER
        self.closed = Tally(groups[closed], history.closed[closed])
        self.missed = Tally(groups[missed], history.due[missed])
        self.kept = Tally(groups[kept], history.closed[kept])
        late = missed & closed
        self.closed_late = Tally(groups[late], history.closed[late])
        lived = (history.closed - history.opened) / (history.due - history.opened)
        self.kept_after = [Tally(groups[one], history.closed[one]) for one in (kept & (lived >= at) for at in SHARES)]

    def outcomes(self, rows: Ints, at: Ints) -> tuple[Floats, Floats]:
        """(missed, known) of each row's group before each instant."""
        missed = self.missed.before(self.groups[rows], at)
        return missed, missed + self.kept.before(self.groups[rows], at)

    def outcomes_after(self, rows: Ints, at: Ints, share: Floats) -> tuple[Floats, Floats]:
        """(missed, known) of those that lived at least as large a share of their time as the row has by then."""
        missed = self.missed.before(self.groups[rows], at)
        kept = np.zeros(len(rows))
        step = np.clip(np.searchsorted(SHARES, share, side="right") - 1, 0, len(SHARES) - 1)
        for number in np.flatnonzero(np.bincount(step)).tolist():  # `numpy.unique` would load `numpy.ma`
            those = step == number
            kept[those] = self.kept_after[number].before(self.groups[rows[those]], at[those])
        return missed, missed + kept

    def open(self, rows: Ints, at: Ints) -> Floats:
        """How many of each row's group are open at each instant."""
        groups = self.groups[rows]
        return self.opened.before(groups, at) - self.closed.before(groups, at)

    def overdue(self, rows: Ints, at: Ints) -> Floats:
        """How many of each row's group are open past their due time at each instant."""
        groups = self.groups[rows]
        return self.missed.before(groups, at) - self.closed_late.before(groups, at)

    def since(self, tally: Tally, rows: Ints, at: Ints, days: int) -> Floats:
        """How many of a tally lie in the last days before each instant."""
        groups = self.groups[rows]
        return tally.before(groups, at) - tally.before(groups, at - days * DAY)


class History:
    """Records as arrays, each let go once it is counted, and the kinds they are counted by. Instants in seconds UTC."""

    def __init__(self, records: Iterable[Record], week: Week | None = None) -> None:
        self.week = week or Week()
        opened, due, closed = array("q"), array("q"), array("q")
        groups = {name: _Numbered() for name in _NAMES}
        for record in records:
            opened.append(record.opened_at // SECOND)
            due.append(max(record.due_at // SECOND, opened[-1] + 1))
            closed.append(NEVER if record.closed_at is None else record.closed_at // SECOND)
            for name, key_of in _NAMES.items():
                groups[name].add(key_of(record, due[-1] - opened[-1]))
        self.opened, self.due, self.closed = (np.array(one, np.int64) for one in (opened, due, closed))
        self.missed: NDArray[np.bool_] = self.closed > self.due
        self.kept = ~self.missed
        self.kinds = {name: Kind(self, np.array(numbered.numbers, np.int64)) for name, numbered in groups.items()}

    def __len__(self) -> int:
        return len(self.opened)

    def known(self, at: int) -> NDArray[np.bool_]:
        """Which outcomes are known at an instant (seconds)."""
        return np.asarray((self.opened < at) & ((self.closed < at) | (self.due < at)), dtype=np.bool_)

    def waiting(self, at: int) -> Ints:
        """Rows that are open at an instant and not yet due: the queue whose risk is asked for."""
        return np.flatnonzero((self.opened < at) & (self.closed >= at) & (self.due > at))

    def local_day(self, seconds: Ints) -> Ints:
        """Days since the epoch, in local time."""
        return np.asarray((seconds + self.week.offset // SECOND) // DAY, dtype=np.int64)

    def working_days(self, start: Ints, end: Ints) -> Floats:
        """Days that are no days of rest between two instants, the first day not counted."""
        works = np.array([day not in self.week.rest for day in range(7)])
        steps = np.concatenate(([0], np.cumsum(works)))
        # the epoch was a Thursday: day -3 was a Monday; the first day itself is not counted
        first, last = self.local_day(start) + 4, self.local_day(end) + 4
        days = (last // 7 - first // 7) * works.sum() + steps[last % 7] - steps[first % 7]
        return np.asarray(days, dtype=np.float64)


class _Numbered:
    """Keys as numbers, in the order in which each was first seen."""

    def __init__(self) -> None:
        self.numbers = array("q")
        self._seen: dict[tuple[object, ...], int] = {}

    def add(self, key: tuple[object, ...]) -> None:
        self.numbers.append(self._seen.setdefault(key, len(self._seen)))


def _length(seconds: int) -> int:
    """How long is allowed, in steps of half a doubling."""
    return round(math.log2(min(max(seconds / DAY, 0.5), 800)) * 2)


_NAMES: Mapping[str, Callable[[Record, int], tuple[object, ...]]] = {
    "all": lambda _one, _allowed: (),
    "matter": lambda one, _allowed: (one.matter,),
    "unit": lambda one, _allowed: (one.unit,),
    "place": lambda one, _allowed: (one.area, one.place),
    "matter_area": lambda one, _allowed: (one.matter, one.area),
    "matter_length": lambda one, allowed: (one.matter, _length(allowed)),
}
"""What records are counted by: a record and the seconds allowed -> the group it is in."""
