"""The day's end: received = open + replied + returned, and every order that the city lists otherwise.

    the orders received on a day, as they stood here at its end --> the balance
    the city's own list of that day --> ours only, theirs only, state differs

Ours is read from the ledger as it was known at the end of the day, so that the figures of a day that is over never
change. An order that came in after the day on which it was sent was not here then: it is named as theirs there, and
is received, late, on the day on which it came. So each order is received on exactly one day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from sanban.intake.aggregate import stream_of as request_stream
from sanban.intake.city.aggregate import stream_of
from sanban.intake.city.messages import CityAway, SheetRow
from sanban.intake.city.order import CityOrder, OrderState
from sanban.intake.city.ports import CityNeeds
from sanban.intake.city.taking import is_number, order_id
from sanban.intake.request import Request
from sanban.kernel.clock.calendar import day_of_iso
from sanban.kernel.errors import Refused, SanbanError

Kind = Literal["ours_only", "theirs_only", "state_differs"]
KINDS: tuple[Kind, ...] = ("ours_only", "theirs_only", "state_differs")
DAY_EXAMPLE = "2026-01-05"
_OF_DAY = (
    "SELECT request, sent_at FROM city_order_view WHERE district = :district AND sent_at >= :start AND sent_at < :end "
    "AND taken_at < :end UNION ALL SELECT request, sent_at FROM city_order_view WHERE district = :district "
    "AND taken_at >= :start AND taken_at < :end AND sent_at + 0 < :start ORDER BY sent_at, request"
)
"""Sent on the day, or taken on it and sent before: two ranges, each by its own index; `+ 0` keeps the second to its."""


class Difference(msgspec.Struct, frozen=True):
    """An order that stands otherwise there. `request`: its id, '' where we have none; states '' where there is none.

    `number`: the city's, '' where it was erased here and the city does not list it.
    """

    kind: Kind
    number: str
    request: str = ""
    request_number: str = ""
    ours: OrderState | Literal[""] = ""
    theirs: OrderState | Literal[""] = ""


class Reconciled(msgspec.Struct, frozen=True):
    """A day, or another span by its name. `received` = `open` + `replied` + `returned`.

    `late`: how many of the received were sent on an earlier day; the city lists them there. `listed`: how many the
    city lists, None without its list; `agreed` orders stand alike on both sides; `by_state`: the requests' ids behind
    each number.
    """

    day: str
    received: int
    open: int
    replied: int
    returned: int
    late: int
    listed: int | None
    agreed: int
    differences: tuple[Difference, ...]
    by_state: dict[OrderState, tuple[str, ...]]

    @property
    def is_settled(self) -> bool:
        """Whether both sides say the same of every order."""
        return self.listed is not None and not self.differences


def reconcile(needs: CityNeeds, day: str, now: int, rows: Sequence[SheetRow] | None) -> Reconciled | Refused:
    """The balance of a day and its differences; `rows`: the city's list, None when there is none."""
    span = span_of(needs, day)
    if span is None or span[0] > now:
        return Refused("bad_day", "name a day that has begun", DAY_EXAMPLE)
    return reconcile_between(needs, day, span, now, rows)


def reconcile_between(
    needs: CityNeeds, name: str, span: tuple[int, int], now: int, rows: Sequence[SheetRow] | None
) -> Reconciled:
    """The same of any span of days that has begun, under its `name`."""
    start, end = span
    states, late = _ours(needs, start, end, now)
    counts = Counter(states.values())
    differences, agreed = ((), 0) if rows is None else _compared(needs, states, late, rows, end, now)
    return Reconciled(
        day=name,
        received=len(states),
        open=counts["open"],
        replied=counts["replied"],
        returned=counts["returned"],
        late=len(late),
        listed=None if rows is None else len(rows),
        agreed=agreed,
        differences=differences,
        by_state={
            state: tuple(one for one, its in states.items() if its == state)
            for state in ("open", "replied", "returned")
        },
    )


def sheet_of(needs: CityNeeds, day: str) -> tuple[SheetRow, ...] | None:
    """The city's list of a day; None where it gave none, or cannot be asked now. Raises SanbanError for a bad one."""
    if needs.platform is None or span_of(needs, day) is None:
        return None
    try:
        return needs.platform.sheet(day)
    except CityAway:
        return None


def span_of(needs: CityNeeds, day: str) -> tuple[int, int] | None:
    """From and to of a local day (microseconds UTC, half-open); None for what is no day of the calendar's table."""
    try:
        number = day_of_iso(day)
        return needs.calendar.start_of(number), needs.calendar.start_of(number + 1)
    except (ValueError, SanbanError):
        return None


def _ours(needs: CityNeeds, start: int, end: int, now: int) -> tuple[dict[str, OrderState], set[str]]:
    """The received orders with their states, and those among them that were sent before the span."""
    sent = dict(needs.desk.reader.query(_OF_DAY, {"start": start, "end": end}))
    known = ((request, _state(needs, request, end, now)) for request in sent)
    states = {request: state for request, state in known if state is not None}
    return states, {request for request in states if sent[request] < start}


def _state(needs: CityNeeds, request: str, end: int, now: int) -> OrderState | None:
    """How an order stood at the end of the day; None when it was not here yet."""
    at = None if now < end else end - 1
    order = needs.desk.reader.state(stream_of(request), at=at)
    return order.state if isinstance(order, CityOrder) else None


def _compared(
    needs: CityNeeds, ours: Mapping[str, OrderState], late: set[str], rows: Sequence[SheetRow], end: int, now: int
) -> tuple[tuple[Difference, ...], int]:
    listed: set[str] = set()
    found: list[Difference] = []
    for row in rows:
        request = order_id(needs, row.number) if is_number(row.number) else ""
        listed.add(request)
        state = ours.get(request) or (_state(needs, request, end, now) if request else None)
        if state is None:
            found.append(Difference("theirs_only", row.number, theirs=row.state))
        elif state != row.state:
            numbered = _numbered(needs, request)[1]
            found.append(Difference("state_differs", row.number, request, numbered, state, row.state))
    agreed = len(rows) - len(found)
    for request in (one for one in ours if one not in listed | late):
        number, numbered = _numbered(needs, request)
        found.append(Difference("ours_only", number, request, numbered, ours[request]))
    return tuple(sorted(found, key=lambda one: (KINDS.index(one.kind), one.number))), agreed


def _numbered(needs: CityNeeds, id_: str) -> tuple[str, str]:
    """The city's number of an order, and its request's own."""
    order, request = needs.desk.reader.state(stream_of(id_)), needs.desk.reader.state(request_stream(id_))
    ref = order.taken.number if isinstance(order, CityOrder) else ""
    number = needs.desk.reader.open_secrets([ref]).get(ref, "") if ref else ""
    return number, request.received.number if isinstance(request, Request) else ""
