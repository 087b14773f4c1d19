"""What the desk reads of requests: its queue and the counts. A viewer comes first, and none sees what is not theirs.

The queue holds requests that have no case yet, oldest first, keyset paged: a page costs one statement wherever it
stands. Its rows hold codes and instants; texts stay in the vault and are opened by the page that shows one request.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sanban.intake.aggregate import stream_of
from sanban.intake.request import PlaceState
from sanban.kernel.errors import Refused
from sanban.kernel.permission import DESK_ROLES, STAFF_ROLES, Actor
from sanban.ledger.port import Reader

PAGE = 50
PAGE_AT_MOST = 500
PERSONS_AT_MOST = 20
WAVE_AT_MOST = 200
"""So many dangers of a case are looked at in one step."""
_OVERSEERS = frozenset({"leader", "coordinator", "auditor", "system"})

_OF_DESK = (
    "SELECT request, number, channel, received_at, recorded_at, external_ref, grid, matter, confidence, reasons, "
    "route, state, advised, flags, place, found FROM request_view AS r "
    "WHERE district = :district AND owner = :desk {narrowed}AND (received_at, request) "
)
_PLACED = "AND place = :place "
_HEEDED = "AND flags LIKE :flag "
_QUEUE = _OF_DESK + "> (:received_at, :request) ORDER BY received_at, request LIMIT :limit"
_QUEUE_BACK = _OF_DESK + "< (:received_at, :request) ORDER BY received_at DESC, request DESC LIMIT :limit"
_ALARMS = (
    "SELECT request, number, channel, received_at, recorded_at, external_ref, grid, matter, confidence, reasons, "
    "route, state, advised, flags, place, found, (SELECT COUNT(*) FROM {wave}) "
    "FROM request_view AS r WHERE district = :district AND desk = :desk AND alarm = :yes "
    "AND NOT EXISTS (SELECT 1 FROM {wave} AND (w.received_at, w.request) > (r.received_at, r.request)) "
    "AND (received_at, request) < (:received_at, :request) {apart}ORDER BY received_at DESC, request DESC LIMIT :limit"
)
_WAVE = (
    "(SELECT * FROM request_view AS r WHERE r.alarm = :yes {apart}) AS w "
    "WHERE w.district = r.district AND w.desk = r.desk AND w.case_id = r.case_id AND w.case_id <> :none"
)
"""What speaks of the same danger: the alarms `w` of the case of `r` that the viewer may see."""
_WAVE_OF_CASE = (
    "SELECT request FROM request_view AS r WHERE district = :district AND desk = :desk AND case_id = :case "
    "AND alarm = :yes {apart}ORDER BY received_at DESC, request DESC LIMIT :limit"
)
_OF_DESK_ALL = (
    "SELECT COUNT(*) FROM request_view AS r WHERE district = :district AND desk = :desk AND stream IN ({requests}) "
    "{apart}"
)
_COUNTED = (
    "SELECT COUNT(*), COALESCE(SUM(CASE WHEN alarm = :yes THEN 1 ELSE 0 END), 0) FROM ("
    "SELECT * FROM (SELECT alarm FROM request_view AS r WHERE district = :district AND owner = :desk {apart}"
    "LIMIT :bound) AS waiting UNION ALL "
    "SELECT * FROM (SELECT alarm FROM request_view AS r WHERE district = :district AND desk = :desk AND alarm = :yes "
    "AND case_id <> :none {apart}GROUP BY case_id || '', alarm LIMIT :bound) AS handled) AS counted"
)
"""`|| ''`: in the order of cases SQLite would read every request to find the few that speak of a danger."""
_BY_STATE = "SELECT state, channel, COUNT(*) FROM request_view WHERE district = :district GROUP BY state, channel"
_OF_RECEIPT = "SELECT request FROM request_view WHERE district = :district AND receipt = :receipt"
_NEAREST = (
    "SELECT request, receipt FROM request_view WHERE district = :district AND receipt >= :receipt "
    "ORDER BY receipt LIMIT 1"
)
_OF_PERSON = (
    "SELECT recorded_at, request FROM request_view WHERE district = :district AND requester = :person "
    "ORDER BY recorded_at DESC, request LIMIT :limit"
)
_OF_NUMBERS = "SELECT request FROM request_view WHERE district = :district AND external_ref = :ref"
_BEFORE_ALL, _AFTER_ALL = -(1 << 62), 1 << 62

Apart = tuple[str, dict[str, str]]
"""A condition on the rows `r` of a query over requests, and its parameters: it leaves out what a viewer may not see."""
ALL: Apart = ("", {})


class Mark(msgspec.Struct, frozen=True):
    """The last row of a page, after which the next begins; `back`: the first of one, before which the other ends."""

    received_at: int
    request: str
    back: bool = False


class QueueRow(msgspec.Struct, frozen=True, array_like=True):
    """A request that waits at a desk, fields as in the query.

    Instants in microseconds UTC; `confidence` of the suggestion in basis points; `reasons` and `flags` are codes with
    spaces between them; `advised`: the route that triage suggests; `place`: how well it is known where it is; `wave`:
    so many dangers of its case that nobody has looked at, 0 without a case.
    """

    request: str
    number: str
    channel: str
    received_at: int
    recorded_at: int
    external_ref: str
    grid: str
    matter: str
    confidence: int
    reasons: str
    route: str
    state: str
    advised: str
    flags: str
    place: PlaceState
    found: bool
    wave: int = 0


class QueuePage(msgspec.Struct, frozen=True):
    """One page; `next` is None on the last, `previous` on the first."""

    rows: tuple[QueueRow, ...]
    next: Mark | None
    previous: Mark | None = None


class RequestCounts(msgspec.Struct, frozen=True):
    """How many requests there are; both tables add to `total`."""

    total: int
    by_state: dict[str, int]
    by_channel: dict[str, int]


def works_for(viewer: Actor, desk: str) -> bool:
    """Whether a desk's requests are the viewer's business: its own people, the centre's, and overseers."""
    own = viewer.unit == desk or viewer.unit_kind == "centre"
    return viewer.role in _OVERSEERS or (viewer.role in DESK_ROLES and own)


def desk_queue(
    viewer: Actor,
    reader: Reader,
    desk: str,
    after: Mark | None = None,
    limit: int = PAGE,
    place: str = "",
    flag: str = "",
    apart: Apart = ALL,
) -> QueuePage | Refused:
    """Requests without a case that a desk owns, oldest first; for its own people and for overseers.

    `place`: those alone whose place is known so well, `flag`: that have this flag; '' = all. `apart`: what is kept from
    the viewer.
    """
    if not works_for(viewer, desk):
        return Refused("not_permitted", "a desk's queue is for its own people", "sign in as an operator of this desk")
    if not 1 <= limit <= PAGE_AT_MOST:
        return Refused("bad_limit", f"a page has 1 to {PAGE_AT_MOST} rows", "limit=50")
    start = after or Mark(_BEFORE_ALL, "")
    given: dict[str, object] = {
        "desk": desk,
        "received_at": start.received_at,
        "request": start.request,
        "limit": limit + 1,
    }
    narrowed = {"place": place} if place else {}
    narrowed |= {"flag": f"%{flag}%"} if flag else {}
    conditions = f"{_PLACED if place else ''}{_HEEDED if flag else ''}{apart[0]}"
    sql = (_QUEUE_BACK if start.back else _QUEUE).format(narrowed=conditions)
    found = [_queue_row(row) for row in reader.query(sql, given | narrowed | apart[1])]
    more, rows = len(found) > limit, found[:limit]
    if start.back:
        rows.reverse()
    if not rows:
        return QueuePage((), None)
    last, first = Mark(rows[-1].received_at, rows[-1].request), Mark(rows[0].received_at, rows[0].request, back=True)
    has_previous = more if start.back else after is not None
    return QueuePage(tuple(rows), last if start.back or more else None, first if has_previous else None)


def desk_alarms(
    viewer: Actor, reader: Reader, desk: str, after: Mark | None = None, limit: int = PAGE, apart: Apart = ALL
) -> QueuePage:
    """Requests of a desk that speak of a danger which nobody there has looked at, or that has no case yet.

    Newest first: what comes in now is seen at once, however many stand. Those of one case are one row, the newest of
    them. None for those whose business the queue is not.
    """
    if not works_for(viewer, desk):
        return QueuePage((), None)
    start = after or Mark(_AFTER_ALL, "")
    given: dict[str, object] = {
        "desk": desk,
        "yes": True,
        "none": "",
        "received_at": start.received_at,
        "request": start.request,
        "limit": limit + 1,
    }
    sql = _ALARMS.format(wave=_WAVE.format(apart=apart[0]), apart=apart[0])
    found = [_queue_row(row) for row in reader.query(sql, given | apart[1])]
    rows = found[:limit]
    return QueuePage(tuple(rows), Mark(rows[-1].received_at, rows[-1].request) if len(found) > limit else None)


def wave_of(reader: Reader, desk: str, case: str, apart: Apart = ALL) -> tuple[str, ...]:
    """The desk's requests of a case that speak of a danger which nobody there has looked at, newest first."""
    given: dict[str, object] = {"desk": desk, "case": case, "yes": True, "limit": WAVE_AT_MOST}
    return tuple(str(one) for (one,) in reader.query(_WAVE_OF_CASE.format(apart=apart[0]), given | apart[1]))


def are_of_desk(reader: Reader, desk: str, requests: Sequence[str], apart: Apart = ALL) -> bool:
    """Whether all of these are requests of the desk, and none is kept from the viewer."""
    wanted = {f"request{place}": stream_of(one) for place, one in enumerate(dict.fromkeys(requests))}
    if not wanted:
        return True
    sql = _OF_DESK_ALL.format(requests=", ".join(f":{name}" for name in wanted), apart=apart[0])
    ((count,),) = reader.query(sql, {"desk": desk, **wanted, **apart[1]})
    return int(count) == len(wanted)


def desk_counts(viewer: Actor, reader: Reader, desk: str, bound: int, apart: Apart = ALL) -> tuple[int, int]:
    """How many wait to be looked at by a desk, and how many of them for a danger; counting stops at `bound`.

    Dangers of one case count as one.
    """
    if not works_for(viewer, desk):
        return 0, 0
    given: dict[str, object] = {"desk": desk, "yes": True, "none": "", "bound": bound}
    ((total, alarms),) = reader.query(_COUNTED.format(apart=apart[0]), given | apart[1])
    return int(total), int(alarms)


def count_requests(viewer: Actor, reader: Reader) -> RequestCounts | Refused:
    """Totals of the district, for any of its staff."""
    if viewer.role not in STAFF_ROLES | {"system"}:
        return Refused("not_permitted", "counts are for the district's staff", "sign in")
    by_state: dict[str, int] = {}
    by_channel: dict[str, int] = {}
    for state, channel, count in reader.query(_BY_STATE):
        by_state[state] = by_state.get(state, 0) + count
        by_channel[channel] = by_channel.get(channel, 0) + count
    return RequestCounts(sum(by_state.values()), by_state, by_channel)


def request_of_receipt(reader: Reader, receipt_digest: str) -> str | None:
    """The id of the request with this digest of a receipt (`decide.digest`). Whoever holds a receipt may ask."""
    found = reader.query(_OF_RECEIPT, {"receipt": receipt_digest}) if receipt_digest else []
    return found[0][0] if len(found) == 1 else None


def requests_of(reader: Reader, persons: Sequence[str], limit: int) -> list[str]:
    """Ids of these persons' requests, newest first, at most `limit`. Callers have shown whom they ask for."""
    rows = [
        row
        for person in persons[:PERSONS_AT_MOST]
        for row in reader.query(_OF_PERSON, {"person": person, "limit": limit})
    ]
    return [request for _, request in sorted(rows, reverse=True)][:limit]


def nearest_receipt(reader: Reader, receipt_digest: str) -> tuple[str, str]:
    """The request with the first digest of a receipt from this one on, and that digest; ('', '') where none follows.

    One statement whether or not there is such a receipt, so that its time tells nothing.
    """
    found = reader.query(_NEAREST, {"receipt": receipt_digest or "0"})
    return (str(found[0][0]), str(found[0][1])) if found else ("", "")


def requests_of_refs(viewer: Actor, reader: Reader, refs: Sequence[str]) -> list[str] | Refused:
    """The requests whose order numbers stand under these refs, for a desk's people; at most as many as refs."""
    if viewer.role not in DESK_ROLES | {"coordinator", "system"}:
        return Refused("not_permitted", "order numbers are looked up by a desk's people", "sign in as an operator")
    return [str(row[0]) for ref in refs for row in reader.query(_OF_NUMBERS, {"ref": ref})]


def _queue_row(row: tuple[object, ...]) -> QueueRow:
    found = QueueRow.__struct_fields__.index("found")
    return msgspec.convert((*row[:found], bool(row[found]), *row[found + 1 :]), QueueRow)
