"""`sanban case show`: a case in words, as the ledger knows it now or knew it at an earlier instant.

No personal data: codes, instants, states and reasons. Who may see more signs in to the pages.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from sanban.handling.aggregate import stream_of
from sanban.handling.views.timing import explained
from sanban.kernel.case.state import Case, Clock
from sanban.kernel.errors import SanbanError
from sanban.kernel.mechanism import Mechanism
from sanban.main.house import House

BY_NUMBER = "SELECT case_id FROM case_view WHERE district = :district AND (case_id = :given OR number = :given)"
ANY_NUMBER = "SELECT number FROM case_view WHERE district = :district ORDER BY number DESC LIMIT 1"

Lines = tuple[tuple[str, str], ...]


class ShownEvent(msgspec.Struct, frozen=True):
    """One event: its position, what and by which step, both times, by which account, and the state after it."""

    position: int
    type: str
    step: str
    state: str
    recorded_at: str
    occurred_at: str
    actor: str


class ShownClock(msgspec.Struct, frozen=True):
    """One clock with its due time and the reasons for it, line by line."""

    id: str
    limit: str
    subject: str
    unit: str
    due_at: str
    provisional: bool
    late: bool
    running: bool
    why: tuple[str, ...]


class ShownCase(msgspec.Struct, frozen=True):
    """What the command prints. `head` and `parts` are the same in lines."""

    id: str
    number: str
    mechanism: str
    state: str
    lead: str
    requests: int
    tasks: tuple[tuple[str, str, str], ...]
    clocks: tuple[ShownClock, ...]
    events: tuple[ShownEvent, ...]
    as_of: str

    @property
    def head(self) -> Lines:
        return (
            ("case", self.number),
            ("mechanism", self.mechanism),
            ("state", self.state),
            ("lead", self.lead),
            ("requests", str(self.requests)),
            ("as of", self.as_of),
        )

    @property
    def parts(self) -> tuple[tuple[str, Lines], ...]:
        clocks: list[tuple[str, str]] = []
        for clock in self.clocks:
            marks = [mark for mark, holds in (("overdue", clock.late), ("provisional", clock.provisional)) if holds]
            title = f"{clock.due_at}  {'running' if clock.running else 'stopped'} {' '.join(marks)}"
            clocks += [(clock.limit, title), *(("", line) for line in clock.why)]
        return (
            ("tasks", tuple((task, f"{state}  {unit}") for task, unit, state in self.tasks)),
            ("clocks", tuple(clocks)),
            (
                "events",
                tuple((one.recorded_at, f"{one.type:<22} {one.state:<14} {one.actor}") for one in self.events),
            ),
        )


def show_case(house: House, given: str, at: str = "") -> ShownCase:
    """The case of a number or id. Raises SanbanError when there is none, or had not been any then."""
    instant = _instant(at, house) if at else None
    rows = house.reader.query(BY_NUMBER, {"given": given})
    case = house.reader.state(stream_of(str(rows[0][0])), at=instant) if rows else None
    if not isinstance(case, Case):
        known = house.reader.query(ANY_NUMBER)
        example = f"sanban case show {known[0][0]}" if known else "sanban import FILE"
        raise SanbanError(f"there is no case {given}" + (f" as of {at}" if at else ""), example)
    return _shown(house, case, instant)


def _shown(house: House, case: Case, instant: int | None) -> ShownCase:
    mechanism = house.cases.pinned(case)
    local = house.calendar.local
    events = tuple(
        ShownEvent(
            position=stored.position,
            type=stored.type,
            step=(event := house.cases.decode(stored.type, stored.v, stored.payload)).step,
            state=event.to,
            recorded_at=local(stored.recorded_at),
            occurred_at=local(stored.occurred_at),
            actor=stored.actor,
        )
        for stored in house.reader.events(stream_of(case.id), at=instant)
    )
    return ShownCase(
        id=case.id,
        number=case.number,
        mechanism=case.mechanism,
        state=case.state,
        lead=case.lead,
        requests=len(case.requests),
        tasks=tuple((task.id, task.unit, task.state) for task in case.tasks),
        clocks=tuple(_clock(house, mechanism, clock) for clock in case.clocks),
        events=events,
        as_of=local(house.clock() if instant is None else instant),
    )


def _clock(house: House, mechanism: Mechanism, clock: Clock) -> ShownClock:
    reasons = explained(house.calendar, mechanism.limits.get(clock.limit), clock)
    return ShownClock(
        id=clock.id,
        limit=clock.limit,
        subject=clock.subject,
        unit=clock.unit,
        due_at="stopped" if clock.due_at is None else house.calendar.local_end(clock.due_at),
        provisional=clock.provisional,
        late=clock.missed_at is not None,
        running=clock.running,
        why=tuple(line.en for line in reasons),
    )


def _instant(text: str, house: House) -> int:
    """The instant of a local date (its end) or time, microseconds UTC."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise SanbanError(f"{text!r} is not a date or time", "--at 2026-03-01T09:30") from error
    if len(text) == len("2026-03-01"):
        moment += dt.timedelta(days=1, microseconds=-1)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=house.zone)
    return round(moment.timestamp() * 1_000_000)
