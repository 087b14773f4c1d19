"""The stream kind `city_order` as the ledger sees it, and the table of orders that lists, counts and sending read."""

from __future__ import annotations

from collections.abc import Sequence

from sanban.intake.city.deciding import CityTimes, decide
from sanban.intake.city.event import Event
from sanban.intake.city.order import CityOrder, fold
from sanban.kernel.errors import Refused
from sanban.ledger.port import Column, Part, Projection, Timer, Turn
from sanban.ledger.stream_kind import StreamKind

KIND = "city_order"
NEVER = 1 << 62


def stream_of(id: str) -> str:  # noqa: A002 -- the glossary's word
    """The stream of an order's id, which is its request's."""
    return f"{KIND}:{id}"


def _rows(_stream: str, state: CityOrder) -> Sequence[tuple[object, ...]]:
    return (
        (
            state.id,
            state.state,
            state.sending,
            state.wants_a_look,
            state.taken.sent_at,
            state.taken.at,
            NEVER if state.due_at is None else state.due_at,
            state.order_at,
            state.urgings,
            len(state.supplements),
            state.sent_back,
            state.missed,
            NEVER if state.next_at is None else state.next_at,
        ),
    )


CITY_ORDER_VIEW = Projection(
    table="city_order_view",
    version=2,
    columns=(
        Column("request", "text"),
        Column("state", "text"),
        Column("sending", "text"),
        Column("wants_a_look", "bool"),
        Column("sent_at", "int"),
        Column("taken_at", "int"),
        Column("due_at", "int"),
        Column("order_at", "int"),
        Column("urgings", "int"),
        Column("supplements", "int"),
        Column("sent_back", "int"),
        Column("missed", "bool"),
        Column("next_at", "int"),
    ),
    key=(),
    indexes=(
        ("state", "order_at", "request"),
        ("wants_a_look", "order_at", "request"),
        ("sent_at", "request"),
        ("taken_at",),
        ("sending", "next_at"),
    ),
    rows=_rows,
)


class CityOrderAggregate(StreamKind[Event], kind=KIND, events=Event, noun="a city order"):
    """Orders. Their timers warn before the city's due time and note when it passes."""

    projections = (CITY_ORDER_VIEW,)

    def __init__(self, times: CityTimes) -> None:
        self._times = times

    def decide(self, state: CityOrder | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        return decide(state, part, turn, self._times)

    def fold(self, state: CityOrder | None, event: Event) -> CityOrder:
        return fold(state, event)

    def timers(self, state: CityOrder) -> Sequence[Timer]:
        if state.state != "open" or state.due_at is None:
            return ()
        wanted = []
        if state.warn_at is not None and not state.warned:
            wanted.append(Timer("warn", state.warn_at, "warn"))
        if not state.missed:
            wanted.append(Timer("miss", state.due_at, "miss"))
        return wanted
