"""Pages of the city's orders: the lists, one order with what the desk can do about it, and the day's end.

/city                    orders that stand so, paged
/city/orders/{id}        one order: times, urgings, what went to the city; return, reply again, seen, carry again
/city/day?day=...        received = open + replied + returned; every number opens its orders, differences by name
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode

import msgspec

from sanban.intake.city.aggregate import stream_of
from sanban.intake.city.messages import SheetRow
from sanban.intake.city.order import CityOrder
from sanban.intake.city.ports import CityNeeds
from sanban.intake.city.reconciling import Difference, Reconciled, reconcile, sheet_of
from sanban.intake.city.replying import look, reply_again, return_order
from sanban.intake.city.seeing import STANDS, OrderLine, OrderView, differences_for, order_view, orders, orders_of
from sanban.intake.desk.deciding import LONGEST_TEXT, too_long
from sanban.intake.desk.seeing import SEE_ROLES, endings_of
from sanban.kernel.clock.calendar import iso_of_day
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import DESK_ROLES, Role
from sanban.kernel.view import Missing, PageAnswer, Pager, PageRequest, PageRoute, Redirected, Shown, phrase

LIST = "/city"
DAY = "/city/day"
PART = "city-order"
PAGE = 50
NO_ORDER = Missing(phrase("City order"), "0197c3e2-7b1d-7a40-9f3e-2b6c1d5e8f90")
RETURNED = phrase("The order goes back to the city.")
REPLIED = phrase("The reply goes to the city.")
LOOKED = phrase("Noted: the desk sees to it.")
RETRIED = phrase("It is carried again.")
ACT_ROLES: frozenset[Role] = frozenset(role for role in ("operator", "dispatcher") if role in DESK_ROLES)


class OrdersContext(msgspec.Struct, frozen=True):
    """`intake/city_orders.html`: one list; `connected`: the settings name a platform."""

    lines: tuple[OrderLine, ...]
    stands: str
    tabs: tuple[str, ...]
    pager: Pager
    connected: bool


class OrderContext(msgspec.Struct, frozen=True):
    """`intake/city_order.html`: one order, with the choices of its forms; `fault` of the one that was `tried`."""

    order: OrderView
    grounds: dict[str, Title]
    endings: dict[str, Title]
    longest: int
    typed: dict[str, str] = {}
    tried: str = ""
    fault: Refused | None = None


class DayContext(msgspec.Struct, frozen=True):
    """`intake/city_day.html`: a day's balance, and the orders behind the number that was opened (`shown`).

    `differences`: the first of them, as far as the viewer may know of them.
    """

    found: Reconciled | None
    day: str
    today: str
    differences: tuple[Difference, ...] = ()
    shown: str = ""
    lines: tuple[OrderLine, ...] = ()
    pager: Pager = Pager()
    fault: Refused | None = None


def routes(needs: CityNeeds) -> tuple[PageRoute, ...]:
    """The pages and the targets of their forms."""

    def post(step: str, handler: Callable[[CityNeeds, PageRequest, CityOrder], PageAnswer]) -> PageRoute:
        path = f"/city/orders/{{request_id}}/{step}"
        return PageRoute("POST", path, f"intake.city_{step}", partial(_decided, needs, handler), roles=ACT_ROLES)

    listed = PageRoute(
        "GET", LIST, "intake.city", partial(_list, needs), roles=SEE_ROLES, menu=phrase("City orders"),
        icon="building-community", order=10,
    )  # fmt: skip
    return (
        listed,
        PageRoute("GET", DAY, "intake.city_day", partial(_day, needs), roles=SEE_ROLES),
        PageRoute("GET", "/city/orders/{request_id}", "intake.city_order", partial(_order, needs), roles=SEE_ROLES),
        post("return", _return),
        post("reply", _reply),
        post("look", partial(_step, "look", LOOKED)),
        post("retry", partial(_step, "retry", RETRIED)),
    )


def _list(needs: CityNeeds, asked: PageRequest) -> PageAnswer:
    stands = asked.asked("stands", "open")
    page = orders(asked.viewer, needs, asked.now, stands, asked.asked("after"))
    if isinstance(page, Refused):
        return page
    onward = f"{LIST}?{urlencode({'stands': stands, 'after': page.next})}" if page.next else ""
    back = f"{LIST}?{urlencode({'stands': stands})}" if asked.asked("after") else ""
    pager = Pager(previous=back, next=onward)
    return Shown(
        "intake/city_orders.html", OrdersContext(page.lines, stands, STANDS, pager, needs.platform is not None)
    )


def _order(needs: CityNeeds, asked: PageRequest) -> PageAnswer:
    return _shown(needs, asked)


def _decided(
    needs: CityNeeds, handler: Callable[[CityNeeds, PageRequest, CityOrder], PageAnswer], asked: PageRequest
) -> PageAnswer:
    request_id = asked.path["request_id"]
    order = needs.desk.reader.state(stream_of(request_id))
    if not isinstance(order, CityOrder) or order_view(asked.viewer, needs, request_id, asked.now) is None:
        return NO_ORDER
    return handler(needs, asked, order)


def _return(needs: CityNeeds, asked: PageRequest, order: CityOrder) -> PageAnswer:
    refused = return_order(needs, asked.viewer, asked.command_id, order, asked.given("ground"))
    return _shown(needs, asked, ("return", refused)) if refused else Redirected(_url(order.id), RETURNED)


def _reply(needs: CityNeeds, asked: PageRequest, order: CityOrder) -> PageAnswer:
    text = asked.given("text")
    if len(text) > LONGEST_TEXT:
        return _shown(needs, asked, ("reply", too_long(LONGEST_TEXT)))
    refused = reply_again(needs, asked.viewer, asked.command_id, order, text, asked.given("ending"))
    return _shown(needs, asked, ("reply", refused)) if refused else Redirected(_url(order.id), REPLIED)


def _step(step: str, done: str, needs: CityNeeds, asked: PageRequest, order: CityOrder) -> PageAnswer:
    refused = look(needs, asked.viewer, asked.command_id, order, step)
    return refused or Redirected(_url(order.id), done)


def _shown(needs: CityNeeds, asked: PageRequest, tried: tuple[str, Refused] | None = None) -> PageAnswer:
    view = order_view(asked.viewer, needs, asked.path["request_id"], asked.now)
    if view is None:
        return NO_ORDER
    context = OrderContext(
        order=view,
        grounds=dict(needs.terms.grounds),
        endings=endings_of(needs.desk.matters(asked.now)),
        longest=LONGEST_TEXT,
        typed={name: asked.given(name) for name in asked.form} if tried else {},
        tried=tried[0] if tried else "",
        fault=tried[1] if tried else None,
    )
    template = "intake/city_part.html" if asked.partial == PART else "intake/city_order.html"
    return Shown(template, context, 422 if tried else 200)


def _day(needs: CityNeeds, asked: PageRequest) -> PageAnswer:
    today = iso_of_day(needs.calendar.day_of(asked.now))
    day = asked.asked("day", today)
    listed = _sheet(needs, day)
    if isinstance(listed, Refused):
        return Shown("intake/city_day.html", DayContext(None, day[:10], today, fault=listed), 422)
    found = reconcile(needs, day, asked.now, listed)
    if isinstance(found, Refused):
        return Shown("intake/city_day.html", DayContext(None, day[:10], today, fault=found), 422)
    shown = asked.asked("show")
    wanted = _wanted(found, shown)
    place = _place(asked.asked("page"))
    lines = orders_of(asked.viewer, needs, asked.now, wanted[place : place + PAGE])
    if isinstance(lines, Refused):
        return lines
    told = differences_for(asked.viewer, needs, asked.now, found.differences[:PAGE])
    pager = Pager(
        _page_url(day, shown, place - PAGE) if place else "",
        _page_url(day, shown, place + PAGE) if len(wanted) > place + PAGE else "",
    )
    return Shown("intake/city_day.html", DayContext(found, day, today, told, shown if wanted else "", lines, pager))


def _sheet(needs: CityNeeds, day: str) -> tuple[SheetRow, ...] | Refused | None:
    try:
        return sheet_of(needs, day)
    except SanbanError as error:
        return Refused("not_readable", error.message, error.example)


def _wanted(found: Reconciled, shown: str) -> list[str]:
    if shown == "received":
        return [one for ids in found.by_state.values() for one in ids]
    return next((list(ids) for state, ids in found.by_state.items() if state == shown), [])


def _place(text: str) -> int:
    return int(text) // PAGE * PAGE if text.isascii() and text.isdecimal() and len(text) < 7 else 0


def _page_url(day: str, shown: str, place: int) -> str:
    return f"{DAY}?{urlencode({'day': day, 'show': shown, 'page': place})}"


def _url(request: str) -> str:
    return f"/city/orders/{request}"
