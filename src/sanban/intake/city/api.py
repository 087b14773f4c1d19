"""Orders of the city in the API: lists, one order, returning and replying, and the day's balance."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import msgspec

from sanban.intake.city.aggregate import stream_of
from sanban.intake.city.messages import SheetRow
from sanban.intake.city.order import CityOrder
from sanban.intake.city.pages import ACT_ROLES
from sanban.intake.city.ports import CityNeeds
from sanban.intake.city.reconciling import Difference, reconcile, sheet_of
from sanban.intake.city.replying import reply_again, return_order
from sanban.intake.city.seeing import OrderLine, OrderView, differences_for, order_view, orders
from sanban.intake.desk.deciding import LONGEST_TEXT
from sanban.intake.desk.seeing import SEE_ROLES
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.view import ApiRequest, ApiRoute, Missing, phrase

NO_ORDER = Missing(phrase("City order"), "GET /api/v1/city-orders gives the ids")
DIFFERENCES_AT_MOST = 50


class OrdersQuery(msgspec.Struct, frozen=True):
    """Orders that stand so."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=200, description="At most so many items.", examples=[50])] = 50
    after: Annotated[str, msgspec.Meta(max_length=200, description="`next` of the page before; empty: the first.")] = ""
    stands: Annotated[
        Literal["open", "look", "replied", "returned"], msgspec.Meta(description="How they stand.", examples=["open"])
    ] = "open"


class DayQuery(msgspec.Struct, frozen=True):
    """Which day."""

    day: Annotated[str, msgspec.Meta(max_length=10, description="A day, YYYY-MM-DD.", examples=["2026-01-05"])]


class OrdersAnswer(msgspec.Struct, frozen=True):
    """One page; `next` is empty on the last."""

    items: tuple[OrderLine, ...]
    next: str = ""


class ReturnBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the order is not this district's: a declared ground."""

    ground: Annotated[str, msgspec.Meta(min_length=1, max_length=48, examples=["other_district"])]


class ReplyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another reply, to what the city sent back or did not take."""

    text: Annotated[
        str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT, examples=["已于1月6日修复，现场复核正常。"])
    ]
    ending: Annotated[str, msgspec.Meta(min_length=1, max_length=48, examples=["resolved"])]


class DayAnswer(msgspec.Struct, frozen=True):
    """A day: `received` = `open` + `replied` + `returned`; `listed` is null without the city's list.

    `late`: how many of the received were sent on an earlier day, where the city lists them.
    `differences`: the first of `differ`, as far as the caller may know of them.
    """

    day: str
    received: int
    open: int
    replied: int
    returned: int
    late: int
    listed: int | None
    agreed: int
    differ: int
    differences: tuple[Difference, ...]


def routes(needs: CityNeeds) -> tuple[ApiRoute, ...]:
    """The operations."""
    one = "/city-orders/{request_id}"
    return (
        ApiRoute(
            "GET",
            "/city-orders",
            "intake.city_orders",
            partial(_orders, needs),
            OrdersAnswer,
            query=OrdersQuery,
            roles=SEE_ROLES,
            summary="Orders of the city, those first where somebody has to act first",
        ),
        ApiRoute(
            "GET", one, "intake.city_order", partial(_order, needs), OrderView, roles=SEE_ROLES, summary="One order"
        ),
        ApiRoute(
            "POST",
            f"{one}/return",
            "intake.city_return",
            partial(_return, needs),
            OrderView,
            request=ReturnBody,
            roles=ACT_ROLES,
            summary="Return an order as not this district's, on a declared ground and within its time",
        ),
        ApiRoute(
            "POST",
            f"{one}/reply",
            "intake.city_reply",
            partial(_reply, needs),
            OrderView,
            request=ReplyBody,
            roles=ACT_ROLES,
            summary="Reply again to what the city sent back or did not take",
        ),
        ApiRoute(
            "GET",
            "/city-day",
            "intake.city_day",
            partial(_day, needs),
            DayAnswer,
            query=DayQuery,
            roles=SEE_ROLES,
            summary="A day's end: received = open + replied + returned, and what the city lists otherwise",
        ),
    )


def _orders(needs: CityNeeds, asked: ApiRequest) -> OrdersAnswer | Refused:
    query: OrdersQuery = asked.query
    page = orders(asked.viewer, needs, asked.now, query.stands, query.after, query.limit)
    return page if isinstance(page, Refused) else OrdersAnswer(page.lines, page.next)


def _order(needs: CityNeeds, asked: ApiRequest) -> OrderView | Missing:
    return order_view(asked.viewer, needs, asked.path["request_id"], asked.now) or NO_ORDER


def _known(needs: CityNeeds, asked: ApiRequest) -> CityOrder | None:
    order = needs.desk.reader.state(stream_of(asked.path["request_id"]))
    is_seen = order_view(asked.viewer, needs, asked.path["request_id"], asked.now) is not None
    return order if isinstance(order, CityOrder) and is_seen else None


def _return(needs: CityNeeds, asked: ApiRequest) -> OrderView | Missing | Refused:
    order, body = _known(needs, asked), asked.body
    if order is None:
        return NO_ORDER
    return return_order(needs, asked.viewer, asked.command_id, order, body.ground) or _order(needs, asked)


def _reply(needs: CityNeeds, asked: ApiRequest) -> OrderView | Missing | Refused:
    order, body = _known(needs, asked), asked.body
    if order is None:
        return NO_ORDER
    refused = reply_again(needs, asked.viewer, asked.command_id, order, body.text.strip(), body.ending)
    return refused or _order(needs, asked)


def _day(needs: CityNeeds, asked: ApiRequest) -> DayAnswer | Refused:
    query: DayQuery = asked.query
    day = query.day
    try:
        listed: tuple[SheetRow, ...] | None = sheet_of(needs, day)
    except SanbanError as error:
        return Refused("not_readable", error.message, error.example)
    found = reconcile(needs, day, asked.now, listed)
    if isinstance(found, Refused):
        return found
    told = differences_for(asked.viewer, needs, asked.now, found.differences[:DIFFERENCES_AT_MOST])
    figures = {name: getattr(found, name) for name in DayAnswer.__struct_fields__[:8]}
    return DayAnswer(**figures, differ=len(found.differences), differences=told)
