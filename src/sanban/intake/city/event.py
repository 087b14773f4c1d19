"""The events of a city order, in the stream `city_order:<id>`; the id is that of the request it became.

Codes, instants, ids and refs alone: the order's number, what the city says and what it is answered stand in the vault
under the key of the person who asked. Fields are only ever added, with defaults. `at`: recorded, microseconds UTC.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sanban.kernel.case.words import Code, Id, TextRef


class OrderEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all have."""

    v: int = 1
    at: int


class OrderTaken(OrderEvent, frozen=True, tag="order.taken"):
    """The city gave an order. `number`: ref of its number; `sent_at`: the city's own time; `due_at`: what it asks for.

    `return_until`: the last instant at which it may be returned. `desk`: the unit that answers to the city.
    `outside`: the point that the city told lies outside the district, and was left out.
    """

    id: Id
    number: TextRef
    desk: Code
    sent_at: int
    return_until: int
    due_at: int | None = None
    warn_at: int | None = None
    outside: bool = False


class OrderRedated(OrderEvent, frozen=True, tag="order.redated"):
    """The city names another due time; the one before stays on record."""

    due_at: int
    warn_at: int | None = None


class OrderSupplemented(OrderEvent, frozen=True, tag="order.supplemented"):
    """The requester told the city more. `late`: the order had been answered already."""

    text: TextRef
    late: bool = False


class OrderUrged(OrderEvent, frozen=True, tag="order.urged"):
    """The requester urges through the city; the unit answers until `answer_until`."""

    urged_at: int
    answer_until: int
    text: TextRef = ""


class OrderHeeded(OrderEvent, frozen=True, tag="order.heeded"):
    """Something was done after an urging: the requester was spoken with, or a task finished."""


class OrderReplied(OrderEvent, frozen=True, tag="order.replied"):
    """Our reply, on its way to the city. `ending`: how it ended; `by`: the account, `system` for a closing's own."""

    text: TextRef
    ending: Code
    by: Code


class OrderReturned(OrderEvent, frozen=True, tag="order.returned"):
    """Given back as not this district's, on its way to the city."""

    ground: Code
    by: Code
    text: TextRef = ""


class OrderHanded(OrderEvent, frozen=True, tag="order.handed"):
    """The platform has our message; what it says to it comes later."""


class OrderDelayed(OrderEvent, frozen=True, tag="order.delayed"):
    """Carrying our message failed; tried again at `next_at`, None = not by itself any more."""

    attempt: int
    code: Code
    next_at: int | None = None


class OrderRetried(OrderEvent, frozen=True, tag="order.retried"):
    """The desk wants it carried again. `by`: its account."""

    by: Code


class OrderSettled(OrderEvent, frozen=True, tag="order.settled"):
    """The city's word on our message. Refused, the order is open again. `text`: why, in its words."""

    outcome: Literal["taken", "refused"]
    code: Code = ""
    text: TextRef = ""


class OrderSentBack(OrderEvent, frozen=True, tag="order.sent_back"):
    """The city took the reply and wants something of it done again, until `due_at`. `text`: what."""

    text: TextRef
    due_at: int
    warn_at: int | None = None


class OrderLooked(OrderEvent, frozen=True, tag="order.looked"):
    """The desk has seen what came after the answer, and sees to it. `by`: its account."""

    by: Code


class OrderWarned(OrderEvent, frozen=True, tag="order.warned"):
    """The city's due time is near."""


class OrderMissed(OrderEvent, frozen=True, tag="order.missed"):
    """The city's due time has passed without a reply; that stays."""


Event = (
    OrderTaken
    | OrderRedated
    | OrderSupplemented
    | OrderUrged
    | OrderHeeded
    | OrderReplied
    | OrderReturned
    | OrderHanded
    | OrderDelayed
    | OrderRetried
    | OrderSettled
    | OrderSentBack
    | OrderLooked
    | OrderWarned
    | OrderMissed
)
