"""Which clocks an event starts and stops, and what their due times are.

A limit with a start moment runs for the subject of that moment: a request, the task (of its spec), or a whistle or the
summons of a unit (of its kind). A stage limit
runs while the case stands in one of its states. Pauses touch a task's unit clocks and nothing else: a request's age
and the stages run on.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from msgspec.structs import replace

from sanban.kernel.case.facts import evaluated, running_clocks
from sanban.kernel.case.situation import Happening, Situation
from sanban.kernel.case.state import Case, Clock
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.clock.due import Due, due, due_fixed
from sanban.kernel.clock.limit import FixedDate, Length
from sanban.kernel.clock.ruler import Ends
from sanban.kernel.expression import Expression
from sanban.kernel.mechanism import Limit, Mechanism

Pauses = tuple[tuple[int, int | None], ...]

NATURAL = {"minute": 60_000_000, "hour": 3_600_000_000, "day": 86_400_000_000}
"""Microseconds in a unit of natural time."""

WHOLE_DAYS = frozenset({"day", "working_day"})

STAGE = "case"
"""The subject of a stage clock."""


class ClockBook:
    """The clocks of one event in the making: collects those started and the ids of those stopped."""

    __slots__ = ("_count", "_running", "case", "mechanism", "situation", "started", "stopped")

    def __init__(self, situation: Situation, mechanism: Mechanism, case: Case) -> None:
        self.situation = situation
        self.mechanism = mechanism
        self.case = case
        self.started: list[Clock] = []
        self.stopped: list[str] = []
        self._running = running_clocks(case)
        self._count = len(case.clocks)

    def happen(self, happening: Happening) -> None:
        """Stop and start what this moment stops and starts; a clock that starts and stops at once never was."""
        stopping = self.mechanism.stopping.get(happening.moment)
        if stopping:
            subject = happening.subject
            self.stop([clock.id for clock in self._running if clock.limit in stopping and clock.subject == subject])
            if self.started:
                self.started = [one for one in self.started if one.limit not in stopping or one.subject != subject]
        for limit in self.mechanism.started_by(happening.moment, happening.spec):
            if limit.when is None or self._holds(limit.when):
                self._start(limit, happening)

    def enter(self, state: str, lead: str) -> None:
        """Stop the stage clocks of the state left and start those of the state entered.

        Where only the mechanism changes, the stage goes on from where it began.
        """
        stages = [clock for clock in self._running if clock.subject == STAGE]
        going = self._leave(stages, state) if stages else frozenset()
        since = min([clock.started_at for clock in stages], default=None) if state == self.case.state else None
        for limit in self.mechanism.stages.get(state, ()):
            if limit.name not in going and (limit.when is None or self._holds(limit.when)):
                self._start(limit, Happening("", STAGE, lead, "", since))

    def _leave(self, stages: list[Clock], state: str) -> frozenset[str]:
        """Stop the stage clocks that do not run in the state; the limits of those that do."""
        self.stop([clock.id for clock in stages if state not in self._states_of(clock.limit)])
        return frozenset([clock.limit for clock in stages if clock.id not in self.stopped])

    def stop(self, ids: Iterable[str]) -> None:
        """Stop running clocks, each once."""
        for one in ids:
            if one not in self.stopped:
                self.stopped.append(one)

    def _holds(self, when: Expression) -> bool:
        return bool(evaluated(when, self.mechanism, self.case, self.situation.now))

    def _states_of(self, limit_name: str) -> frozenset[str]:
        limit = self.mechanism.limits.get(limit_name)
        return frozenset() if limit is None else limit.states

    def _start(self, limit: Limit, happening: Happening) -> None:
        self._count += 1
        name = clock_id(limit.name, happening.subject, self._count)
        self.started.append(new_clock(self.situation, limit, name, happening))


def clock_id(limit: str, subject: str, number: int) -> str:
    """What a case's clock of this number is called."""
    return f"{limit}.{subject}.{number}"


def new_clock(situation: Situation, limit: Limit, name: str, happening: Happening) -> Clock:
    """A running clock of the limit from the moment, with its due time and its reminder."""
    subject, unit, pauses = happening.subject, happening.unit, happening.pauses
    start = situation.now if happening.since is None else happening.since
    if isinstance(limit.within, FixedDate):
        at = due_fixed(situation.calendar, limit.within)
        return Clock(name, limit.name, subject, unit, start, (), at.at, fixed=limit.within, calendar=at.calendar)
    lengths, at, remind_at = _first_times(situation.calendar, limit.within, start, pauses, limit.ends, limit.remind)
    return Clock(
        name,
        limit.name,
        subject,
        unit,
        start,
        lengths,
        at.at,
        at.provisional,
        None,
        at.calendar,
        remind_at,
        None,
        pauses,
    )


def timed_anew(situation: Situation, limit: Limit | None, clock: Clock) -> Clock:
    """The clock with its due time computed again from its lengths and pauses; a fixed date stays."""
    if clock.fixed is not None or limit is None:
        return clock
    times = (situation.calendar, clock.lengths, clock.started_at, clock.pauses, limit.ends, limit.remind)
    at, remind_at = _times(*times)
    return replace(clock, due_at=at.at, provisional=at.provisional, calendar=at.calendar, remind_at=remind_at)


def run_on(situation: Situation, limit: Limit, clock: Clock) -> Clock:
    """A stopped clock of a task runs again, without the time it stood still; a late one stays as late as it was.

    Where days are counted, the day of stopping is not given back: the unit had it, and would have it again each morning
    by reporting unfinished work done each evening.
    """
    if clock.missed_at is not None or clock.stopped_at is None:
        return replace(clock, stopped_at=None)
    since = clock.stopped_at
    if clock.lengths and clock.lengths[0].unit in WHOLE_DAYS:
        since = situation.calendar.start_of(situation.calendar.day_of(since) + 1)
    spell = ((since, situation.now),) if since < situation.now else ()
    longer = replace(clock, stopped_at=None, pauses=(*clock.pauses, *spell), stood=(*clock.stood, *spell))
    return timed_anew(situation, limit, replace(longer, first_due_at=_first_due(situation, limit, longer)))


def _first_due(situation: Situation, limit: Limit, clock: Clock) -> int | None:
    """When the clock would run out without what was granted: by its first lengths, with what it stood finished."""
    if clock.first_due_at is None or clock.fixed is not None:
        return clock.first_due_at
    lengths = clock.lengths[: len(clock.lengths) - clock.extended]
    return due(situation.calendar, lengths, clock.started_at, clock.stood, limit.ends).at


@lru_cache(256)
def _alone(length: Length) -> tuple[Length, ...]:
    """A length by itself, kept: every clock of a limit has the same."""
    return (length,)


class Inner(NamedTuple):
    """By when a station has to be done, and when it is reminded before that, microseconds UTC; None: neither."""

    due_at: int | None = None
    remind_at: int | None = None


def inner_due(situation: Situation, task: str, clocks: Iterable[Clock]) -> Inner:
    """When a station has to be done: the earliest that these limits of the task declare; late, half of what is left."""
    found: list[tuple[int, int | None]] = []
    for clock in clocks:
        limit = situation.mechanism.limits.get(clock.limit)
        if clock.subject == task and clock.due_at is not None and limit is not None and limit.inner is not None:
            inner = _earlier(situation, limit, clock, limit.inner)
            if inner is None or inner <= situation.now:
                found.append(((situation.now + clock.due_at) // 2, None))
            else:
                found.append((inner, _inner_remind_at(situation, limit, clock, inner)))
    return Inner(*min(found, key=lambda one: one[0])) if found else Inner()


def _inner_remind_at(situation: Situation, limit: Limit, clock: Clock, inner: int) -> int | None:
    """As long before the station's time ends as the unit is reminded before its own; None when that is past."""
    assert limit.inner is not None, "only limits with an inner one come here"
    if limit.remind is None:
        return None
    if limit.remind.unit == limit.inner.unit:
        by = Length(limit.inner.count + limit.remind.count, limit.inner.unit)
        at = _earlier(situation, limit, clock, by)
    else:
        at = inner - limit.remind.count * NATURAL[limit.remind.unit] if limit.remind.unit in NATURAL else None
    return at if at is not None and at > situation.now else None


def _earlier(situation: Situation, limit: Limit, clock: Clock, by: Length) -> int | None:
    """The instant that stands `by` before the clock's due time; None when that cannot be told."""
    return _before(situation.calendar, clock.lengths, clock.started_at, clock.pauses, limit.ends, clock.due_at, by)


@lru_cache(4096)
def _first_times(
    calendar: Calendar, within: Length, start: int, pauses: Pauses, ends: Ends, remind: Length | None
) -> tuple[tuple[Length, ...], Due, int | None]:
    """A new clock's lengths and times, kept: what a batch starts at one instant is due together."""
    lengths = _alone(within)
    return lengths, *_times(calendar, lengths, start, pauses, ends, remind)


def _times(
    calendar: Calendar, lengths: tuple[Length, ...], start: int, pauses: Pauses, ends: Ends, remind: Length | None
) -> tuple[Due, int | None]:
    """When a clock is due and when it is reminded of. Not kept: clocks that are timed anew have starts of their own."""
    at = due(calendar, lengths, start, pauses, ends)
    return at, None if remind is None else _before(calendar, lengths, start, pauses, ends, at.at, remind)


def _before(
    calendar: Calendar,
    lengths: tuple[Length, ...],
    start: int,
    pauses: Pauses,
    ends: Ends,
    due_at: int | None,
    by: Length,
) -> int | None:
    """In the limit's own unit when both have the same, else so much natural time before."""
    if due_at is None:
        return None
    unit, count = (lengths[0].unit, sum([length.count for length in lengths])) if lengths else (None, 0)
    if by.unit == unit and count > by.count:
        return due(calendar, _alone(Length(count - by.count, by.unit)), start, pauses, ends).at
    return due_at - by.count * NATURAL[by.unit] if by.unit in NATURAL else None
