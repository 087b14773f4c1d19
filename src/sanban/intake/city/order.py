"""A city order folded from its events: pure.

    open --reply--> replied --sent_back--> open         the city wants something of it done again
      |                `----refused------> open         the city does not take the reply
      `---return--> returned --refused---> open         the city does not take the return

Received orders are open, replied or returned, each exactly one of them at every instant. What is on its way to the city
is a message with a number of its own within the order (`sent`), so that carrying it twice is the same as once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from sanban.intake.city import event as events
from sanban.intake.city.event import Event, OrderTaken

OrderState = Literal["open", "replied", "returned"]
Sending = Literal["", "waiting", "handed", "taken", "refused", "failed"]
"""What is known of our last message: on its way, with the platform, its word on it, or given up for a person."""


class CityOrder(msgspec.Struct, frozen=True):
    """One order. Instants in microseconds UTC.

    `due_at`: the city's, as last told; `first_due_at`: as first told. `urgings`: how many; `answer_until`: of the one
    that nobody has answered yet, 0 = none. `late_words`: said after it was answered, which the desk has to look at.
    `sent`: how many messages went to the city; `text`: ref of the last; `asked`: ref of what was sent back for.
    """

    taken: OrderTaken
    state: OrderState = "open"
    due_at: int | None = None
    warn_at: int | None = None
    redated: int = 0
    warned: bool = False
    missed: bool = False
    supplements: tuple[str, ...] = ()
    late_words: int = 0
    urgings: int = 0
    urged_at: int = 0
    answer_until: int = 0
    sent: int = 0
    sending: Sending = ""
    text: str = ""
    ending: str = ""
    ground: str = ""
    by: str = ""
    attempts: int = 0
    next_at: int | None = None
    code: str = ""
    said: str = ""
    asked: str = ""
    sent_back: int = 0
    ended_at: int = 0

    @property
    def id(self) -> str:
        return self.taken.id

    @property
    def message(self) -> str:
        """The number of our last message: the same however often it is carried."""
        return f"{self.id}-{self.sent}"

    @property
    def wants_a_look(self) -> bool:
        """Whether a person of the desk has something to see to besides the work itself."""
        asks_again = self.state == "open" and self.sending in ("refused", "taken") and self.sent > 0
        return self.sending == "failed" or asks_again or self.late_words > 0

    @property
    def order_at(self) -> int:
        """By when somebody has to act, for the order of lists: the earliest of the city's times; far away for none."""
        times = [at for at in (self.due_at, self.answer_until or None) if at is not None]
        return min(times, default=1 << 61)


Change = Callable[[CityOrder, Any], CityOrder]


def fold(state: CityOrder | None, event: Event) -> CityOrder:
    """The state after an event; the first is `order.taken`."""
    if isinstance(event, OrderTaken):
        return CityOrder(event, due_at=event.due_at, warn_at=event.warn_at)
    assert state is not None, f"an order begins with order.taken, not with {type(event).__name__}"
    return _CHANGES[type(event)](state, event)


def _redated(state: CityOrder, event: events.OrderRedated) -> CityOrder:
    return replace(state, due_at=event.due_at, warn_at=event.warn_at, warned=False, redated=state.redated + 1)


def _supplemented(state: CityOrder, event: events.OrderSupplemented) -> CityOrder:
    return replace(state, supplements=(*state.supplements, event.text), late_words=state.late_words + event.late)


def _urged(state: CityOrder, event: events.OrderUrged) -> CityOrder:
    """The first urging that nobody answered yet keeps its time."""
    late = state.state != "open"
    return replace(
        state,
        urgings=state.urgings + 1,
        urged_at=event.urged_at,
        answer_until=0 if late else state.answer_until or event.answer_until,
        late_words=state.late_words + late,
    )


def _sending(state: CityOrder, state_now: OrderState, event: Any, **more: Any) -> CityOrder:
    return replace(
        state,
        state=state_now,
        sent=state.sent + 1,
        sending="waiting",
        text=event.text,
        by=event.by,
        attempts=0,
        next_at=event.at,
        code="",
        said="",
        answer_until=0,
        late_words=0,
        ended_at=event.at,
        **more,
    )


def _delayed(state: CityOrder, event: events.OrderDelayed) -> CityOrder:
    sending: Sending = "failed" if event.next_at is None else "waiting"
    return replace(state, attempts=event.attempt, code=event.code, next_at=event.next_at, sending=sending)


def _settled(state: CityOrder, event: events.OrderSettled) -> CityOrder:
    known = replace(state, sending=event.outcome, code=event.code, said=event.text, next_at=None)
    return known if event.outcome == "taken" else replace(known, state="open", ended_at=0)


def _sent_back(state: CityOrder, event: events.OrderSentBack) -> CityOrder:
    return replace(
        state,
        state="open",
        sending="taken",
        next_at=None,
        asked=event.text,
        sent_back=state.sent_back + 1,
        due_at=event.due_at,
        warn_at=event.warn_at,
        warned=False,
        ended_at=0,
    )


_CHANGES: Mapping[type, Change] = MappingProxyType(
    {
        events.OrderRedated: _redated,
        events.OrderSupplemented: _supplemented,
        events.OrderUrged: _urged,
        events.OrderHeeded: lambda state, _event: replace(state, answer_until=0),
        events.OrderReplied: lambda state, event: _sending(state, "replied", event, ending=event.ending),
        events.OrderReturned: lambda state, event: _sending(state, "returned", event, ground=event.ground),
        events.OrderHanded: lambda state, _event: replace(state, sending="handed", next_at=None, code=""),
        events.OrderDelayed: _delayed,
        events.OrderRetried: lambda state, event: replace(state, sending="waiting", attempts=0, next_at=event.at),
        events.OrderSettled: _settled,
        events.OrderSentBack: _sent_back,
        events.OrderLooked: lambda state, _event: replace(state, late_words=0),
        events.OrderWarned: lambda state, _event: replace(state, warned=True),
        events.OrderMissed: lambda state, _event: replace(state, missed=True),
    }
)
