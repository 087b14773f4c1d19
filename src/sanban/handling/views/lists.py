"""Lists of cases: what waits for a viewer, by time left or by risk, and all cases, newest first.

Both are keyset paged, so a page costs the same wherever it stands: one statement for each queue of the viewer (at most
two) and one for each count. Rows hold codes, instants and titles; nothing of a requester is in the tables they come
from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from sanban.handling.aggregate import CaseAggregate
from sanban.handling.needs import UnreadOf, Words, all_read
from sanban.handling.projections import NO_DUE
from sanban.handling.risk.phrases import RiskReason
from sanban.handling.risk.stored import read_reason
from sanban.handling.views.keyset import AFTER_ALL, BEFORE_ALL, Mark, cut
from sanban.handling.views.naming import Names, tone_of
from sanban.handling.views.timing import left_until, until
from sanban.kernel.clock.calendar import DAY
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import DESK_ROLES, UNIT_ROLES, Actor
from sanban.kernel.view import TimeLeft, Tone
from sanban.ledger.port import Reader

PAGE = 50
PAGE_AT_MOST = 200
COUNTED_AT_MOST = 1000
"""Counts stop here and say so: 1000+."""

Unseen = tuple[str, dict[str, str]]
"""A condition and its parameters."""

DESKS_AT_MOST = 3
"""Each queue costs two statements of a page."""

ROLE_QUEUES = frozenset({"verifier", "coordinator"})
OVERSEERS = frozenset({"leader", "auditor", "coordinator", "verifier", "mechanism_owner"})

Order = Literal["time", "risk"]
"""What a queue is ordered by: the time left, or the risk of missing the due time, greatest first."""
_KEYS: dict[Order, str] = {"time": "due_at", "risk": "risk"}

_QUEUE_COLUMNS = (
    "q.{key}, q.case_id, q.due_at, q.number, q.matter, q.state, q.limit_name, q.lead, q.grid, q.opened_at, q.requests, "
    "q.priority, q.missed, q.provisional, q.stopped, q.risk, q.advice, q.words_at"
)
_NOT_IN_FIRST = (
    "AND NOT EXISTS (SELECT 1 FROM case_queue AS other WHERE other.district = q.district "
    "AND other.stream = q.stream AND other.queue = :first) "
)
_ABOUT_VIEWER = (
    "AND NOT EXISTS (SELECT 1 FROM case_subject AS about WHERE about.district = {table}.district "
    "AND about.stream IN ({streams}) AND about.subject IN ({names})) "
)
_ABOUT = "SELECT DISTINCT stream FROM case_subject WHERE district = :district AND subject IN ({names})"
_QUEUE = (
    "SELECT {columns} FROM case_queue AS q WHERE q.district = :district AND q.queue = :queue "
    "AND (q.{key}, q.case_id) {side} (:at, :case_id) {apart}ORDER BY q.{key} {way}, q.case_id {way} LIMIT :limit"
)
_COUNTS = (
    "SELECT count(*), coalesce(sum(CASE WHEN due_at <= :now THEN 1 ELSE 0 END), 0), "
    "coalesce(sum(CASE WHEN due_at > :now AND due_at <= :soon THEN 1 ELSE 0 END), 0) FROM "
    "(SELECT q.due_at FROM case_queue AS q WHERE q.district = :district AND q.queue = :queue {apart}"
    "ORDER BY q.due_at, q.case_id LIMIT :bound) AS counted"
)
_LIST_COLUMNS = (
    "opened_at, case_id, number, mechanism, matter, state, lead, street, grid, closed_at, due_at, missed, requests, "
    "priority, ending, provisional, suspended"
)
_BY_NUMBER = "SELECT case_id FROM case_view WHERE district = :district AND number = :number "


class Warned(msgspec.Struct, frozen=True):
    """What a model says of a case's due time: how likely it is missed, why, and which version says so."""

    percent: int
    reasons: tuple[RiskReason, ...]
    model: str


class QueueRow(msgspec.Struct, frozen=True):
    """A case that waits for somebody. Instants are microseconds UTC; `due_at` None while its clocks stand still.

    `due` is the same as local time, midnight as 24:00 of the day it ends. `late`: it runs out, or ran out before now;
    `missed`: how many limits were missed so far, which never falls. `warned`: advice; None where a limit is missed
    already, or nothing is known. `unread`: more was said of it later, which nobody of the
    leading unit has read.
    """

    case_id: str
    number: str
    matter: Title
    state: Title
    tone: Tone
    limit: Title
    due_at: int | None
    due: str
    left: TimeLeft | None
    lead: Title
    grid: str
    opened_at: int
    requests: int
    priority: int
    late: bool
    missed: int
    stopped: bool
    warned: Warned | None = None
    unread: bool = False


class Counts(msgspec.Struct, frozen=True):
    """How many wait, how many of them are late and how many are due within a day; `more`: counting stopped."""

    total: int = 0
    late: int = 0
    soon: int = 0
    more: bool = False


class QueuePage(msgspec.Struct, frozen=True):
    """One page of a viewer's queue; `next` and `previous` are marks as text, '' where there is no such page."""

    rows: tuple[QueueRow, ...]
    counts: Counts
    previous: str = ""
    next: str = ""


class CaseRow(msgspec.Struct, frozen=True):
    """A case in the list of all. Instants are microseconds UTC."""

    case_id: str
    number: str
    mechanism: str
    matter: Title
    state: Title
    tone: Tone
    lead: Title
    street: str
    grid: str
    opened_at: int
    closed_at: int | None
    due_at: int | None
    due: str
    left: TimeLeft | None
    missed: int
    requests: int
    priority: int
    ending: str
    suspended: bool


class CaseList(msgspec.Struct, frozen=True):
    """One page of all cases, newest first."""

    rows: tuple[CaseRow, ...]
    previous: str = ""
    next: str = ""


class Filters(msgspec.Struct, frozen=True):
    """What to list; '' is any. `open`: '' any, 'yes' or 'no'."""

    state: str = ""
    matter: str = ""
    unit: str = ""
    open: str = ""


EVERY = Filters()


def queues_of(viewer: Actor, cases: CaseAggregate) -> tuple[str, ...]:
    """The queues a viewer works from: their office's first, then their unit's; the centre's people serve the desks."""
    office = (f"role:{viewer.role}",) if viewer.role in ROLE_QUEUES else ()
    if viewer.role in DESK_ROLES and viewer.unit_kind == "centre":
        return (viewer.unit, *_desks(cases)[:DESKS_AT_MOST])
    works_in_unit = viewer.unit and (viewer.role in UNIT_ROLES or viewer.role == "property_manager")
    return (*office, viewer.unit) if works_in_unit else office


def _desks(cases: CaseAggregate) -> tuple[str, ...]:
    units = cases.duty(None).units
    return tuple(code for code, versions in units.items() if versions[-1].kind == "desk")


def lists_all(viewer: Actor) -> bool:
    """Whether the viewer may list every case of the district."""
    at_desk = viewer.role in DESK_ROLES and viewer.unit_kind in ("desk", "centre")
    return at_desk or viewer.role in OVERSEERS


def queue_page(
    viewer: Actor,
    reader: Reader,
    cases: CaseAggregate,
    *,
    now: int,
    after: Mark | None = None,
    limit: int = PAGE,
    order: Order = "time",
    unread: UnreadOf = all_read,
) -> QueuePage | Refused:
    """What waits for the viewer, in order. Two statements for each of their queues, wherever the page stands.

    `unread` is asked once, and only where something was said later of a case that the viewer's unit leads.
    """
    if not 1 <= limit <= PAGE_AT_MOST:
        return Refused("bad_limit", f"a page has 1 to {PAGE_AT_MOST} rows", "limit=50")
    queues = queues_of(viewer, cases)
    if not queues:
        return Refused("not_permitted", "this account has no queue of its own", "the list of all cases")
    mark = after or Mark(AFTER_ALL if order == "risk" else BEFORE_ALL, "")
    unseen = about_viewer(viewer, reader, cases, now, "q")
    falls = mark.back != (order == "risk")
    asked = _Asked(_KEYS[order], mark, falls, limit + 1)
    found = [row for queue in queues for row in _queue_rows(reader, queues, queue, asked, unseen)]
    kept, previous, following = cut(sorted(found, reverse=falls, key=lambda row: row[:2]), after, limit)
    names = Names(cases, now)
    said = [Words(row[1], row[7], row[-1]) for row in kept if row[-1] and row[7] == viewer.unit]
    news = unread(said) if said else ()
    return QueuePage(
        rows=tuple(_queue_row(cases, names, row, now, unread=row[1] in news) for row in kept),
        counts=_counts(reader, queues, now, unseen),
        previous=previous,
        next=following,
    )


def case_list(
    viewer: Actor,
    reader: Reader,
    cases: CaseAggregate,
    filters: Filters = EVERY,
    *,
    now: int,
    after: Mark | None = None,
    limit: int = PAGE,
) -> CaseList | Refused:
    """Every case, newest first; people of a unit list the cases that their unit leads. One statement."""
    if not 1 <= limit <= PAGE_AT_MOST:
        return Refused("bad_limit", f"a page has 1 to {PAGE_AT_MOST} rows", "limit=50")
    scope = _scope(viewer, filters)
    if isinstance(scope, Refused):
        return scope
    mark = after or Mark(AFTER_ALL, "")
    conditions, given = _conditions(scope)
    about, selves = about_viewer(viewer, reader, cases, now, "case_view")
    side, way = (">", "ASC") if mark.back else ("<", "DESC")
    sql = (
        f"SELECT {_LIST_COLUMNS} FROM case_view WHERE district = :district {conditions}{about}"  # noqa: S608 -- fixed words
        f"AND (opened_at, case_id) {side} (:at, :case_id) ORDER BY opened_at {way}, case_id {way} LIMIT :limit"
    )
    found = reader.query(sql, {**given, **selves, "at": mark.at, "case_id": mark.case_id, "limit": limit + 1})
    kept, previous, following = cut(found, after, limit)
    names = Names(cases, now)
    return CaseList(tuple(_case_row(cases, names, row, now) for row in kept), previous, following)


def stood_for(viewer: Actor, reader: Reader, cases: CaseAggregate, now: int) -> frozenset[str]:
    """The viewer and every party that they belong to or act for: a case about one of these is kept from them."""
    return cases.links_now(reader).stands_for([own for own in (viewer.party, viewer.unit, viewer.id) if own], now)


def about_viewer(
    viewer: Actor, reader: Reader, cases: CaseAggregate, now: int, table: str, streams: str = ""
) -> Unseen:
    """The condition that leaves out cases about the viewer, or about anyone the viewer belongs to or acts for.

    `streams`: where a row of the table names its cases; '' where its own stream is the case.
    """
    selves = {f"self{place}": party for place, party in enumerate(sorted(stood_for(viewer, reader, cases, now)))}
    names = ", ".join(f":{name}" for name in selves)
    about = _ABOUT_VIEWER.format(table=table, streams=streams or f"{table}.stream", names=names)
    return (about if selves else "", selves)


def cases_about(viewer: Actor, reader: Reader, cases: CaseAggregate, now: int) -> Sequence[str]:
    """The ids of these cases themselves, for what is counted or played where no condition reaches."""
    selves = {f"self{place}": party for place, party in enumerate(sorted(stood_for(viewer, reader, cases, now)))}
    found = reader.query(_ABOUT.format(names=", ".join(f":{name}" for name in selves)), selves) if selves else ()
    return [stream.partition(":")[2] for (stream,) in found]


def case_of_number(viewer: Actor, reader: Reader, cases: CaseAggregate, number: str, now: int) -> str:
    """The id of the case with this number; '' when there is none that the viewer may know of."""
    about, selves = about_viewer(viewer, reader, cases, now, "case_view")
    found = reader.query(_BY_NUMBER + about, {**selves, "number": number})
    return str(found[0][0]) if found else ""


class _Asked(NamedTuple):
    """Which rows of a queue: from a mark on, by a column, rising or falling."""

    key: str
    mark: Mark
    falls: bool
    limit: int


def _queue_rows(
    reader: Reader, queues: Sequence[str], queue: str, asked: _Asked, unseen: Unseen
) -> list[tuple[Any, ...]]:
    """Rows of one queue; a case that stands in the viewer's first queue too is shown there alone."""
    side, way = ("<", "DESC") if asked.falls else (">", "ASC")
    apart, given = _apart(queues, queue)
    columns = _QUEUE_COLUMNS.format(key=asked.key)
    sql = _QUEUE.format(columns=columns, key=asked.key, side=side, way=way, apart=apart + unseen[0])
    bounds = {"at": asked.mark.at, "case_id": asked.mark.case_id, "limit": asked.limit}
    return reader.query(sql, {**given, **unseen[1], **bounds})


def _apart(queues: Sequence[str], queue: str) -> tuple[str, dict[str, str]]:
    return ("", {"queue": queue}) if queue == queues[0] else (_NOT_IN_FIRST, {"queue": queue, "first": queues[0]})


def _counts(reader: Reader, queues: Sequence[str], now: int, unseen: Unseen) -> Counts:
    total, late, soon = 0, 0, 0
    for queue in queues:
        apart, given = _apart(queues, queue)
        bounds = {"now": now, "soon": now + DAY, "bound": COUNTED_AT_MOST + 1}
        ((counted, late_here, soon_here),) = reader.query(
            _COUNTS.format(apart=apart + unseen[0]), {**given, **unseen[1], **bounds}
        )
        total, late, soon = total + int(counted), late + int(late_here), soon + int(soon_here)
    most = COUNTED_AT_MOST
    return Counts(min(total, most), min(late, most), min(soon, most), more=total > most)


def _queue_row(cases: CaseAggregate, names: Names, row: tuple[Any, ...], now: int, *, unread: bool) -> QueueRow:
    _key, case_id, due_at, number, matter, state, limit_name, lead, grid, opened_at, requests, priority, *rest = row
    missed, provisional, stopped, risk, advice, _words_at = rest
    late = due_at <= now
    limit = names.limit_of(matter, limit_name)
    runs = due_at < NO_DUE
    left = left_until(cases.calendar, limit, due_at, now, provisional=bool(provisional)) if runs else None
    return QueueRow(
        case_id=case_id,
        number=number,
        matter=names.matter(matter),
        state=names.state(matter, state),
        tone=tone_of(names.state_of(matter, state), late=late, stopped=bool(stopped)),
        limit=names.limit(matter, limit_name),
        due_at=due_at if runs else None,
        due=until(cases.calendar, due_at if runs else None),
        left=left,
        lead=names.unit(lead),
        grid=grid,
        opened_at=opened_at,
        requests=requests,
        priority=priority,
        late=late,
        missed=missed,
        stopped=bool(stopped),
        warned=_warned(risk, advice) if not late else None,
        unread=unread,
    )


def _warned(risk: int, advice: str) -> Warned | None:
    if risk < 0 or not advice:
        return None
    model, *codes = advice.split()
    return Warned(risk // 100, tuple(filter(None, map(read_reason, codes))), model)


def _scope(viewer: Actor, filters: Filters) -> Filters | Refused:
    if lists_all(viewer):
        return filters
    leads = viewer.role in UNIT_ROLES and viewer.unit
    if leads and filters.unit in ("", viewer.unit):
        return msgspec.structs.replace(filters, unit=viewer.unit)
    return Refused("not_permitted", "this account lists the cases of its own unit", "unit: leave it out")


def _conditions(filters: Filters) -> tuple[str, dict[str, str]]:
    columns = {"state": filters.state, "matter": filters.matter, "lead": filters.unit}
    given = {column: value for column, value in columns.items() if value}
    sql = "".join(f"AND {column} = :{column} " for column in given)
    if filters.open:
        sql += f"AND closed_at IS {'' if filters.open == 'yes' else 'NOT '}NULL "
    return sql, given


def _case_row(cases: CaseAggregate, names: Names, row: tuple[Any, ...], now: int) -> CaseRow:
    opened_at, case_id, number, mechanism, matter, state, lead, street, grid, closed_at, due_at, *rest = row
    missed, requests, priority, ending, provisional, suspended = rest
    runs = closed_at is None and due_at < NO_DUE
    return CaseRow(
        case_id=case_id,
        number=number,
        mechanism=mechanism,
        matter=names.matter(matter),
        state=names.state(matter, state),
        tone=tone_of(names.state_of(matter, state), late=runs and due_at <= now, stopped=bool(suspended)),
        lead=names.unit(lead),
        street=street,
        grid=grid,
        opened_at=opened_at,
        closed_at=closed_at,
        due_at=due_at if runs else None,
        due=until(cases.calendar, due_at if runs else None),
        left=left_until(cases.calendar, None, due_at, now, provisional=bool(provisional)) if runs else None,
        missed=missed,
        requests=requests,
        priority=priority,
        ending=ending,
        suspended=bool(suspended),
    )
