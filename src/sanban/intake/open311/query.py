"""What a client asks of the list of requests, read and bounded.

Ids override every other filter, as the standard says. Without dates the last ninety days count; with one, the ninety
days from or up to it; a span longer than that is refused rather than cut. Clients often send `+08:00` unescaped, so
that a space arrives: before an offset it is read as the sign that it was.
"""

from __future__ import annotations

import datetime as dt
import re

import msgspec

from sanban.intake.open311.faults import Denied, unreadable
from sanban.kernel.mechanism import Title
from sanban.kernel.surface import SurfaceRequest

DAY = 86_400_000_000
SPAN = 90 * DAY
"""Source: GeoReport v2, GET Service Requests: at most 90 days, and the first 1,000 requests."""
MOST_ROWS = 1000
MOST_REACHED = 50_000
"""So far back do pages reach, in requests; beyond it a span of dates leads more quickly."""
MOST_LISTED = 100
LONGEST = 64
STATUSES = ("open", "closed")
TIME = "2026-01-05T09:30:00+08:00"
_SECOND = 1_000_000
_W3C = re.compile(r"((?:19|20)\d\d-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?(Z|[+\- ]?\d\d:?\d\d)?)?")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
TOO_LONG = Denied(
    400,
    Title("start_date 与 end_date 相距不得超过 90 天", "start_date and end_date span at most 90 days"),
    f"start_date={TIME}",
)
TOO_FAR = Denied(
    400,
    Title(
        "page 乘 page_size 不得超过 50000，请缩小日期范围", "page times page_size is at most 50,000; narrow the dates"
    ),
    f"start_date={TIME}&page=1",
)
BACKWARDS = Denied(400, Title("end_date 早于 start_date", "end_date lies before start_date"), f"start_date={TIME}")


class Asked(msgspec.Struct, frozen=True):
    """The filters. `ids`: these alone, whatever else is asked. `start` and `end`: microseconds UTC, half-open."""

    ids: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    statuses: frozenset[str] = frozenset(STATUSES)
    start: int = 0
    end: int = 0
    limit: int = MOST_ROWS
    offset: int = 0


def read(request: SurfaceRequest, zone: dt.tzinfo) -> Asked | Denied:
    """The filters of a call, or the first that cannot be read."""
    ids, codes, statuses = (_listed(request, name) for name in ("service_request_id", "service_code", "status"))
    for name, values in (("service_request_id", ids), ("service_code", codes)):
        if len(values) > MOST_LISTED or any(len(value) > LONGEST for value in values):
            return unreadable(name, "A,B")
    if not set(statuses) <= set(STATUSES):
        return unreadable("status", "open,closed")
    paged = _page(request)
    if isinstance(paged, Denied):
        return paged
    if ids:
        return Asked(ids=ids, limit=MOST_LISTED)
    span = _span(request, zone)
    if isinstance(span, Denied):
        return span
    shown = frozenset(statuses or STATUSES)
    return Asked(codes=codes, statuses=shown, start=span[0], end=span[1], limit=paged[0], offset=paged[1])


def instant_of(text: str, zone: dt.tzinfo, *, last: bool = False) -> int | None:
    """A W3C date or time as microseconds UTC; without an offset in the district's zone. `last`: the end of a day."""
    parts = _W3C.fullmatch(text)
    if parts is None:
        return None
    day, time, offset = parts.groups()
    sign = (offset or "").replace(" ", "+")
    sign = f"+{sign}" if sign[:1].isdigit() else sign
    try:
        moment = dt.datetime.fromisoformat(f"{day}T{time or '00:00'}{sign}")
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return (aware - _EPOCH) // dt.timedelta(microseconds=1) + (DAY - _SECOND if last and time is None else 0)


def w3c(instant: int, zone: dt.tzinfo) -> str:
    """An instant as the standard wants it: seconds, with the district's offset."""
    return (_EPOCH + dt.timedelta(seconds=instant // _SECOND)).astimezone(zone).isoformat()


def _listed(request: SurfaceRequest, name: str) -> tuple[str, ...]:
    """Values given once with commas between them, or several times."""
    parts = (part.strip() for value in request.query.get(name, ()) for part in value.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def _page(request: SurfaceRequest) -> tuple[int, int] | Denied:
    """(limit, offset)."""
    found: dict[str, int] = {}
    for name, default, most in (("page_size", MOST_ROWS, 10**6), ("page", 1, MOST_REACHED)):
        text = request.asked(name, str(default))
        if not (text.isascii() and text.isdecimal() and len(text) < 8 and 1 <= int(text) <= most):
            return unreadable(name, str(default))
        found[name] = int(text)
    limit = min(found["page_size"], MOST_ROWS)
    return TOO_FAR if found["page"] * limit > MOST_REACHED else (limit, (found["page"] - 1) * limit)


def _span(request: SurfaceRequest, zone: dt.tzinfo) -> tuple[int, int] | Denied:
    first, last = request.asked("start_date"), request.asked("end_date")
    start, end = instant_of(first, zone), instant_of(last, zone, last=True)
    if first and start is None:
        return unreadable("start_date", TIME)
    if last and end is None:
        return unreadable("end_date", TIME)
    if start is None and end is None:
        start, end = request.now - SPAN, request.now
    elif start is None:
        start = (end or 0) - SPAN
    elif end is None:
        end = start + SPAN
    if end is None or end < start:
        return BACKWARDS
    return TOO_LONG if end - start > SPAN else (start, end + _SECOND)
