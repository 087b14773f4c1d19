"""Which clocks an event starts and stops, and what their due times are.

A limit with a start moment runs for the subject of that moment: a request, or the task (of its spec). A stage limit
runs while the case stands in one of its states. Pauses touch a task's unit clocks and nothing else: a request's age
and the stages run on.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from sanban.kernel.case.situation import Happening, Situation
from sanban.kernel.case.state import Case, Clock
from sanban.kernel.clock.due import Due, due, due_fixed
from sanban.kernel.clock.limit import FixedDate, Length
from sanban.kernel.mechanism import REQUEST_MOMENTS, Limit, Mechanism

NATURAL = {"minute": 60_000_000, "hour": 3_600_000_000, "day": 86_400_000_000}
"""Microseconds in a unit of natural time."""

STAGE = "case"
"""The subject of a stage clock."""


class ClockBook:
    """The clocks of one event in the making: collects those started and the ids of those stopped."""

    def __init__(self, situation: Situation, mechanism: Mechanism, case: Case | None) -> None:
        self.situation = situation
        self.mechanism = mechanism
        self.case = case
        self.started: list[Clock] = []
        self.stopped: list[str] = []
        self._running = [] if case is None else [clock for clock in case.clocks if clock.stopped_at is None]
        self._count = 0 if case is None else len(case.clocks)

    def happen(self, happening: Happening, values: dict[str, int | bool | str]) -> None:
        """Stop and start what this moment stops and starts."""
        stopping = self.mechanism.stopping.get(happening.moment)
        if stopping:
            self.stop(
                clock.id for clock in self._running if clock.limit in stopping and clock.subject == happening.subject
            )
        for limit in self.mechanism.starting.get(happening.moment, ()):
            if _is_for(limit, happening) and self._wanted(limit, values):
                self._start(limit, happening.subject, happening.unit, happening.since)

    def enter(self, state: str, lead: str, values: dict[str, int | bool | str]) -> None:
        """Stop the stage clocks of the state left and start those of the state entered."""
        self.stop(
            clock.id for clock in self._running if clock.subject == STAGE and state not in self._states_of(clock.limit)
        )
        going = {clock.limit for clock in self._running if clock.subject == STAGE}
        for limit in self.mechanism.stages.get(state, ()):
            if limit.name not in going and self._wanted(limit, values):
                self._start(limit, STAGE, lead, None)

    def stop(self, ids: Iterable[str]) -> None:
        """Stop running clocks, each once."""
        self.stopped.extend(one for one in ids if one not in self.stopped)

    def stop_subject(self, subject: str) -> None:
        """Stop every running clock of a request or task."""
        self.stop(clock.id for clock in self._running if clock.subject == subject)

    def _wanted(self, limit: Limit, values: dict[str, int | bool | str]) -> bool:
        if limit.when is None:
            return True
        return bool(limit.when.evaluate(values, self.mechanism.parameters_at(self.situation.now)))

    def _states_of(self, limit_name: str) -> frozenset[str]:
        limit = self.mechanism.limits.get(limit_name)
        return frozenset() if limit is None else limit.states

    def _start(self, limit: Limit, subject: str, unit: str, since: int | None) -> None:
        self._count += 1
        start = self.situation.now if since is None else since
        clock_id = f"{limit.name}.{subject}.{self._count}"
        self.started.append(new_clock(self.situation, limit, clock_id, subject, unit, start))


def new_clock(situation: Situation, limit: Limit, clock_id: str, subject: str, unit: str, start: int) -> Clock:
    """A running clock of the limit from `start`, with its due time and its reminder."""
    if isinstance(limit.within, FixedDate):
        at = due_fixed(situation.calendar, limit.within)
        return Clock(clock_id, limit.name, subject, unit, start, (), at.at, fixed=limit.within, calendar=at.calendar)
    lengths = (limit.within,)
    at = due(situation.calendar, lengths, start, (), limit.ends)
    return Clock(
        clock_id,
        limit.name,
        subject,
        unit,
        start,
        lengths,
        at.at,
        provisional=at.provisional,
        calendar=at.calendar,
        remind_at=_remind_at(situation, limit, lengths, start, (), at),
    )


def timed_anew(situation: Situation, limit: Limit | None, clock: Clock) -> Clock:
    """The clock with its due time computed again from its lengths and pauses; a fixed date stays."""
    if clock.fixed is not None or limit is None:
        return clock
    at = due(situation.calendar, clock.lengths, clock.started_at, clock.pauses, limit.ends)
    remind_at = _remind_at(situation, limit, clock.lengths, clock.started_at, clock.pauses, at)
    return replace(clock, due_at=at.at, provisional=at.provisional, calendar=at.calendar, remind_at=remind_at)


def _is_for(limit: Limit, happening: Happening) -> bool:
    about_request = limit.counts_for == "requester"
    if happening.moment in REQUEST_MOMENTS and about_request != (happening.spec == ""):
        return False
    return limit.task in ("", happening.spec) or about_request


def _remind_at(
    situation: Situation,
    limit: Limit,
    lengths: tuple[Length, ...],
    start: int,
    pauses: tuple[tuple[int, int | None], ...],
    at: Due,
) -> int | None:
    """The reminder stands `limit.remind` before the due time, in the limit's own unit when both have the same."""
    if limit.remind is None or at.at is None:
        return None
    unit, count = lengths[0].unit, sum(length.count for length in lengths)
    if limit.remind.unit == unit and count > limit.remind.count:
        shorter = (Length(count - limit.remind.count, unit),)
        return due(situation.calendar, shorter, start, pauses, limit.ends).at
    if limit.remind.unit in NATURAL:
        return at.at - limit.remind.count * NATURAL[limit.remind.unit]
    return None
