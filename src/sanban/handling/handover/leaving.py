"""What a shift leaves: what is open, late or due soon, what was promised; and who is on duty now and next.

Orders of units where nobody is on duty now come before the centre's duty officer when they cannot wait: first what runs
out within twelve hours, the soonest first, for that can still be saved; then what is late, the latest first.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sanban.handling.aggregate import stream_of as case_stream
from sanban.handling.handover.shift import Shift, stream_of
from sanban.handling.needs import Needs
from sanban.handling.views.lists import Counts, QueueRow, about_viewer, queue_page, stood_for
from sanban.handling.views.naming import Names
from sanban.handling.views.timing import until
from sanban.kernel.case.state import Case
from sanban.kernel.case.words import TextRef
from sanban.kernel.clock.calendar import DAY, HOUR
from sanban.kernel.duty import duty_officers, gaps, turns
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import DESK_ROLES, Actor

SOON = 12 * HOUR
MOST = 100
WAITING = (
    "SELECT q.queue, q.due_at, q.case_id, q.number, q.matter, q.limit_name FROM case_queue AS q "
    "WHERE q.district = :district AND q.due_at < :soon AND q.queue NOT LIKE 'role:%' {about}"
    "ORDER BY q.due_at DESC, q.case_id LIMIT 500"
)


class Turned(msgspec.Struct, frozen=True):
    """A turn of the roster, in microseconds UTC. `officer` '' is a spell in which nobody is on duty."""

    start: int
    end: int
    officer: str


class Left(msgspec.Struct, frozen=True):
    """A case of the last handover, and whether it is done since."""

    case: str
    number: str
    state: Title
    done: bool


class Uncovered(msgspec.Struct, frozen=True):
    """An order that cannot wait, of a unit where nobody is on duty now; `officers` answer for it instead."""

    unit: Title
    case: str
    number: str
    matter: Title
    limit: Title
    due_at: int
    due: str
    officers: tuple[str, ...]


class Leaving(msgspec.Struct, frozen=True):
    """Everything the handover shows. `urgent`: rows late or due soon; `promised`: of them, those owed within a day.

    `left` is what the viewer may know of; `note`: of the last handover, '' where that named a case that is kept from
    the viewer, as the note may speak of it. `again`: ids of all that is not done, for the next handover alone.
    """

    counts: Counts
    urgent: tuple[QueueRow, ...]
    promised: tuple[str, ...]
    on_duty: tuple[str, ...]
    turns: tuple[Turned, ...]
    last: Shift | None
    left: tuple[Left, ...]
    note: TextRef
    again: tuple[str, ...]
    uncovered: tuple[Uncovered, ...]


def leaving(viewer: Actor, needs: Needs, now: int) -> Leaving | Refused:
    """What the viewer's unit leaves at this instant."""
    page = queue_page(viewer, needs.reader, needs.cases, now=now, limit=MOST)
    if isinstance(page, Refused):
        return page
    urgent = tuple(row for row in page.rows if row.due_at is not None and row.due_at < now + SOON)
    last = needs.reader.state(stream_of(viewer.unit))
    known = _cases(needs, last) if isinstance(last, Shift) else []
    selves = stood_for(viewer, needs.reader, needs.cases, now)
    seen = [case for case in known if case.subjects.isdisjoint(selves)]
    duty = needs.cases.duty(None)
    here = duty_officers(duty, viewer.unit, now, duty.centres)
    return Leaving(
        counts=page.counts,
        urgent=urgent,
        promised=tuple(row.case_id for row in page.rows if _owed(needs, row.case_id, now)),
        on_duty=here.officers if here else (),
        turns=_turns(needs, viewer.unit, now),
        last=last if isinstance(last, Shift) else None,
        left=_left(Names(needs.cases, now), seen),
        note=last.last.note if isinstance(last, Shift) and len(seen) == len(known) else "",
        again=tuple(case.id for case in known if case.closed_at is None),
        uncovered=_uncovered(viewer, needs, now) if viewer.role in DESK_ROLES else (),
    )


def _turns(needs: Needs, unit: str, now: int) -> tuple[Turned, ...]:
    """The next day's turns, and the spells that nobody has: none for a unit that keeps no roster."""
    duty, until = needs.cases.duty(None), now + DAY
    if unit not in duty.rosters:
        return ()
    own = [Turned(one.start, one.end, one.officer) for one in turns(duty, unit, now, until)]
    return tuple(sorted([*own, *(Turned(start, end, "") for start, end in gaps(duty, unit, now, until))], key=_start))


def _start(turned: Turned) -> int:
    return turned.start


def _owed(needs: Needs, case_id: str, now: int) -> bool:
    case = needs.reader.state(case_stream(case_id))
    return isinstance(case, Case) and any(
        one.replied_at is None and one.promised_at is not None and one.promised_at <= now + DAY for one in case.requests
    )


def _cases(needs: Needs, last: Shift) -> list[Case]:
    """The cases of the last handover."""
    found = (needs.reader.state(case_stream(one)) for one in last.last.cases)
    return [one for one in found if isinstance(one, Case)]


def _left(names: Names, cases: Sequence[Case]) -> tuple[Left, ...]:
    """Those not done first."""
    told = (Left(one.id, one.number, names.state(one.matter, one.state), one.closed_at is not None) for one in cases)
    return tuple(sorted(told, key=lambda one: one.done))


def _uncovered(viewer: Actor, needs: Needs, now: int) -> tuple[Uncovered, ...]:
    duty, names = needs.cases.duty(None), Names(needs.cases, now)
    about, selves = about_viewer(viewer, needs.reader, needs.cases, now, "q")
    covered: dict[str, tuple[str, ...] | None] = {}
    found: list[Uncovered] = []
    for unit, due_at, case, number, matter, limit_name in needs.reader.query(
        WAITING.format(about=about), {**selves, "soon": now + SOON}
    ):
        if unit not in covered:
            there = duty_officers(duty, unit, now, duty.centres)
            covered[unit] = None if unit not in duty.rosters or there is None or there.unit == unit else there.officers
        officers = covered[unit]
        if officers is not None and len(found) < MOST:
            found.append(
                Uncovered(
                    names.unit(unit),
                    case,
                    number,
                    names.matter(matter),
                    names.limit(matter, limit_name),
                    due_at,
                    until(needs.cases.calendar, due_at),
                    officers,
                )
            )
    return tuple(sorted(found, key=lambda one: (one.due_at < now, abs(one.due_at - now))))
