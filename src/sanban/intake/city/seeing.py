"""What the desk sees of the city's orders: lists in the order of who has to act first, and one order.

Codes and instants are for all who work for the desk and for overseers; the city's number, its words and our reply are
opened for those who act. An order is missing wherever its request is: for the party complained about and for all who
act for it, at the desk as elsewhere. A list costs one statement and one look into the vault, wherever it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from sanban.intake.city.aggregate import NEVER, stream_of
from sanban.intake.city.order import CityOrder, OrderState, Sending
from sanban.intake.city.ports import CityNeeds
from sanban.intake.city.reconciling import Difference
from sanban.intake.desk.receiving import request_of
from sanban.intake.desk.seeing import ACT_ROLES, SEE_ROLES, age_of, endings_of, may_see
from sanban.intake.request import Request
from sanban.intake.views import works_for
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import DESK_ROLES, Actor
from sanban.kernel.view import TimeLeft, Waiting, phrase

Stands = Literal["look", "open", "replied", "returned"]
STANDS: tuple[Stands, ...] = ("open", "look", "replied", "returned")
PAGE = 50
PAGE_AT_MOST = 200
IDS_AT_MOST = 50
_FAR = 1 << 62

_LOOK = "(o.wants_a_look = :yes OR (o.state = :owed AND r.state = :over))"
_LOOKING = {"yes": True, "owed": "open", "over": "closed"}
"""What the order itself says, and a closed request whose order is still owed: no reply of the closing went out."""
_LINES = (
    "SELECT o.order_at, o.request, o.state, o.sending, {look}, o.sent_at, o.due_at, o.urgings, o.supplements, "
    "o.sent_back, o.missed, r.number, r.external_ref, r.case_id FROM city_order_view AS o JOIN request_view AS r "
    "ON r.district = o.district AND r.stream = 'request:' || o.request WHERE o.district = :district AND {which} "
)
_COUNT_OWED = (
    "SELECT COUNT(*), COALESCE(SUM(CASE WHEN o.order_at <= :now THEN 1 ELSE 0 END), 0) FROM city_order_view AS o "
    "JOIN request_view AS r ON r.district = o.district AND r.stream = 'request:' || o.request "
    "WHERE o.district = :district AND o.state = :state {apart}"
)
_PAGED = (
    "AND (o.order_at, o.request) {side} (:at, :request) {apart}ORDER BY o.order_at {way}, o.request {way} LIMIT :limit"
)


class OrderLine(msgspec.Struct, frozen=True):
    """An order in a list. `number`: the city's, '' to those who only see; `left`: until the city's due time."""

    request: str
    request_number: str
    number: str
    state: OrderState
    sending: Sending
    wants_a_look: bool
    sent_at: int
    due_at: int | None
    left: TimeLeft | None
    urgings: int
    supplements: int
    sent_back: int
    missed: bool
    case: str


class OrderPage(msgspec.Struct, frozen=True):
    """One page; `next`: the mark of the page after it, '' on the last."""

    lines: tuple[OrderLine, ...]
    next: str = ""


class OrderTexts(msgspec.Struct, frozen=True):
    """The words of an order. `said`: the city's on our message; `asked`: what it was sent back for."""

    number: str = ""
    reply: str = ""
    said: str = ""
    asked: str = ""
    supplements: tuple[str, ...] = ()


class OrderView(msgspec.Struct, frozen=True):
    """One order as the viewer may see it. Instants in microseconds UTC, 0 or None for none.

    `returns`: the viewer may return it now; `replies`: the viewer may reply again; `acts`: the viewer is of the desk.
    `unanswered`: its request is closed, and what was said there could not go to the city as it stands.
    `redated`: how often the city named another due time, `first_due_at` the first. `outside`: the point that the city
    told lies outside the district, and was left out.
    """

    request: str
    request_number: str
    case: str
    state: OrderState
    sending: Sending
    wants_a_look: bool
    sent_at: int
    taken_at: int
    due_at: int | None
    first_due_at: int | None
    left: TimeLeft | None
    redated: int
    missed: bool
    urgings: int
    urged_at: int
    answer_until: int
    sent_back: int
    late_words: int
    return_until: int
    ending: Title | None
    ground: Title | None
    code: str
    next_at: int | None
    texts: OrderTexts | None
    acts: bool
    returns: bool
    replies: bool
    unanswered: bool
    outside: bool


def orders(
    viewer: Actor, needs: CityNeeds, now: int, stands: str, after: str = "", limit: int = PAGE
) -> OrderPage | Refused:
    """Orders that stand so, those first where somebody has to act first; what is done with, the last first."""
    refused = _refused(viewer, needs)
    if refused is not None:
        return refused
    if stands not in STANDS:
        return Refused("unknown_state", f"{stands!r} is no way for an order to stand", ", ".join(STANDS))
    if not 1 <= limit <= PAGE_AT_MOST:
        return Refused("bad_limit", f"a page has 1 to {PAGE_AT_MOST} rows", "limit=50")
    done = stands in ("replied", "returned")
    mark = _mark(after, done=done)
    if mark is None:
        return Refused("bad_cursor", "`after` is the `next` of the page before", "1767225600000000~0197c3e2")
    which, given = (_LOOK, {}) if stands == "look" else ("o.state = :state", {"state": stands})
    apart, names = needs.desk.joins.apart(viewer, now)
    side, way = ("<", "DESC") if done else (">", "ASC")
    sql = _LINES.format(look=_LOOK, which=which) + _PAGED.format(side=side, way=way, apart=apart)
    marked = {"at": mark[0], "request": mark[1], "limit": limit + 1}
    rows = needs.desk.reader.query(sql, {**_LOOKING, **given, **names, **marked})
    following = f"{rows[limit - 1][0]}~{rows[limit - 1][1]}" if len(rows) > limit else ""
    return OrderPage(_lines(viewer, needs, rows[:limit], now), following)


def waits(needs: CityNeeds, viewer: Actor, now: int) -> Waiting | None:
    """Orders that are owed to the city, and of them those whose time has passed, for the desk."""
    if needs.platform is None or viewer.role not in DESK_ROLES or _refused(viewer, needs) is not None:
        return None
    apart, names = needs.desk.joins.apart(viewer, now)
    owed = _COUNT_OWED.format(apart=apart)
    ((count, late),) = needs.desk.reader.query(owed, {"now": now, "state": "open", **names})
    return Waiting(phrase("City orders"), "/city", "building-community", int(count), int(late), phrase("late"))


def orders_of(viewer: Actor, needs: CityNeeds, now: int, requests: Sequence[str]) -> tuple[OrderLine, ...] | Refused:
    """The orders of these requests, at most a page of them, in the same order."""
    refused = _refused(viewer, needs)
    if refused is not None or not requests:
        return refused or ()
    wanted = {f"one{place}": request for place, request in enumerate(requests[:IDS_AT_MOST])}
    apart, names = needs.desk.joins.apart(viewer, now)
    which = f"o.request IN ({', '.join(f':{name}' for name in wanted)}) "
    rows = needs.desk.reader.query(_LINES.format(look=_LOOK, which=which) + apart, {**_LOOKING, **wanted, **names})
    by_request = {line.request: line for line in _lines(viewer, needs, rows, now)}
    return tuple(by_request[request] for request in requests[:IDS_AT_MOST] if request in by_request)


def differences_for(viewer: Actor, needs: CityNeeds, now: int, found: Sequence[Difference]) -> tuple[Difference, ...]:
    """The differences, at most a page of them, as the viewer may know of them."""
    known = orders_of(viewer, needs, now, [one.request for one in found if one.request])
    seen = {"", *(line.request for line in known)} if not isinstance(known, Refused) else {""}
    told = (one for one in found if one.request in seen)
    if viewer.role in ACT_ROLES:
        return tuple(told)
    return tuple(msgspec.structs.replace(one, number="") for one in told)


def order_view(viewer: Actor, needs: CityNeeds, request_id: str, now: int) -> OrderView | None:
    """The order of a request; None where there is none, or none that this viewer may see."""
    request, order = request_of(needs.desk, request_id), needs.desk.reader.state(stream_of(request_id))
    if request is None or not isinstance(order, CityOrder) or not _may_see(viewer, needs, request, now):
        return None
    acts = viewer.role in ACT_ROLES
    at_desk = viewer.role in DESK_ROLES
    grounds = needs.terms.grounds
    answered = bool(order.sent or request.closed_at)
    return OrderView(
        request=order.id,
        request_number=request.received.number,
        case=request.case,
        state=order.state,
        sending=order.sending,
        wants_a_look=order.wants_a_look or (order.state == "open" and request.state == "closed"),
        sent_at=order.taken.sent_at,
        taken_at=order.taken.at,
        due_at=order.due_at,
        first_due_at=order.taken.due_at,
        left=_left(order.due_at, now) if order.state == "open" else None,
        redated=order.redated,
        missed=order.missed,
        urgings=order.urgings,
        urged_at=order.urged_at,
        answer_until=order.answer_until,
        sent_back=order.sent_back,
        late_words=order.late_words,
        return_until=order.taken.return_until,
        ending=endings_of(needs.desk.matters(now)).get(order.ending) if order.ending else None,
        ground=grounds.get(order.ground, Title(order.ground, order.ground)) if order.ground else None,
        code=order.code,
        next_at=order.next_at,
        texts=_texts(needs, order) if acts else None,
        acts=at_desk,
        returns=at_desk and order.state == "open" and now < order.taken.return_until and not request.closed_at,
        replies=at_desk and order.state == "open" and answered,
        unanswered=order.state == "open" and bool(request.closed_at) and not order.sent,
        outside=order.taken.outside,
    )


def _refused(viewer: Actor, needs: CityNeeds) -> Refused | None:
    if viewer.role in SEE_ROLES and works_for(viewer, needs.desk.desk):
        return None
    return Refused("not_permitted", "the city's orders are for the desk and for overseers", "sign in as an operator")


def _may_see(viewer: Actor, needs: CityNeeds, request: Request, now: int) -> bool:
    return viewer.role in SEE_ROLES and may_see(viewer, needs.desk, request, now)


def _lines(viewer: Actor, needs: CityNeeds, rows: Sequence[tuple[object, ...]], now: int) -> tuple[OrderLine, ...]:
    refs = [str(row[12]) for row in rows if row[12]] if viewer.role in ACT_ROLES else []
    numbers = needs.desk.reader.open_secrets(refs)
    return tuple(_line(row, numbers.get(str(row[12]), ""), now) for row in rows)


def _line(row: tuple[object, ...], number: str, now: int) -> OrderLine:
    _at, request, state, sending, look, sent_at, due, urgings, supplements, sent_back, missed, own, _ref, case = row
    due_at = None if due == NEVER else due
    found = {
        "request": request,
        "request_number": own,
        "number": number,
        "state": state,
        "sending": sending,
        "wants_a_look": bool(look),
        "sent_at": sent_at,
        "due_at": due_at,
        "left": _left(due_at, now) if state == "open" and isinstance(due_at, int) else None,
        "urgings": urgings,
        "supplements": supplements,
        "sent_back": sent_back,
        "missed": bool(missed),
        "case": case,
    }
    return msgspec.convert(found, OrderLine)


def _texts(needs: CityNeeds, order: CityOrder) -> OrderTexts:
    refs = {"number": order.taken.number, "reply": order.text, "said": order.said, "asked": order.asked}
    opened = needs.desk.reader.open_secrets([*filter(None, refs.values()), *order.supplements])
    added = tuple(opened[ref] for ref in order.supplements if ref in opened)
    return OrderTexts(**{name: opened.get(ref, "") for name, ref in refs.items()}, supplements=added)


def _left(due_at: int | None, now: int) -> TimeLeft | None:
    if due_at is None:
        return None
    gap = age_of(0, abs(due_at - now))
    return TimeLeft(due_at, gap.amount, gap.unit, overdue=due_at <= now)


def _mark(text: str, *, done: bool) -> tuple[int, str] | None:
    if not text:
        return (_FAR, "") if done else (-1, "")
    at, _, request = text.partition("~")
    is_plain = at.isascii() and at.isdecimal() and len(at) <= 19
    return (int(at), request) if is_plain and request else None
