"""A city in memory, with a will of its own: it gives orders, urges, checks replies, answers late or twice, is away.

    city.give(Incoming(...)); city.away = True; city.answers = "late"

It keeps the platform's promises as the real one has to: a delivery comes until it is settled, a message sent twice is
one, a reply that is too short or too long, or about no order, is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec.structs import replace

from sanban.intake.city.messages import CityAway, Delivery, Incoming, Outgoing, Rejected, Sent, SheetRow
from sanban.intake.city.order import OrderState
from sanban.kernel.errors import Refused
from sanban.packs.desk.city import CityReply

AWAY = CityAway("the city's platform does not answer", "try again later")


class MemoryCity:
    """The other side and the way to it in one. `answers`: at once, `late` (an outcome that comes later), or `twice`."""

    def __init__(self, reply: CityReply) -> None:
        self.away = False
        self.answers: Literal["at once", "late", "twice"] = "at once"
        self.orders: dict[str, OrderState] = {}
        self.received: dict[str, Outgoing] = {}
        self.rejected: dict[str, tuple[Rejected, ...]] = {}
        self.sheets: dict[str, tuple[SheetRow, ...]] = {}
        self._reply = reply
        self._waiting: list[Delivery] = []
        self._given = 0

    def give(self, *messages: Incoming) -> str:
        """Puts messages on their way as one delivery; its name."""
        placed = tuple(replace(one, place=place) for place, one in enumerate(messages, start=1))
        return self._deliver(Delivery(self._next_name(), placed))

    def give_unreadable(self) -> str:
        """Puts something on its way that nobody can read."""
        return self._deliver(Delivery(self._next_name(), problem=Refused("not_a_table", "it is no table", "a CSV")))

    def collect(self) -> Sequence[Delivery]:
        self._reach()
        return tuple(self._waiting)

    def settle(self, delivery: Delivery, rejected: Sequence[Rejected]) -> None:
        self._reach()
        self._waiting = [one for one in self._waiting if one.name != delivery.name]
        self.rejected[delivery.name] = tuple(rejected)

    def send(self, outgoing: Outgoing) -> Sent:
        if self.away:
            return Sent("later", "unreachable")
        refused = self._fault_of(outgoing)
        if refused is None and outgoing.message not in self.received:
            self.received[outgoing.message] = outgoing
            self.orders[outgoing.number] = "replied" if outgoing.kind == "reply" else "returned"
        if self.answers == "at once":
            return Sent("taken") if refused is None else refused
        for _ in range(2 if self.answers == "twice" else 1):
            self._answer(outgoing, refused)
        return Sent("handed")

    def sheet(self, day: str) -> tuple[SheetRow, ...] | None:
        self._reach()
        return self.sheets.get(day)

    def close_day(self, day: str) -> None:
        """Makes the list of a day: every order, as it stands here now."""
        self.sheets[day] = tuple(SheetRow(number, state) for number, state in self.orders.items())

    def _reach(self) -> None:
        if self.away:
            raise AWAY

    def _deliver(self, delivery: Delivery) -> str:
        for one in delivery.messages:
            if one.kind in ("order", "sent_back"):
                self.orders[one.number] = "open"
        self._waiting.append(delivery)
        return delivery.name

    def _next_name(self) -> str:
        self._given += 1
        return f"delivery-{self._given:04}"

    def _fault_of(self, outgoing: Outgoing) -> Sent | None:
        if outgoing.number not in self.orders:
            return Sent("refused", "unknown_order", "查无此工单")
        if outgoing.kind == "return":
            return None
        fits = self._reply.least <= len(outgoing.text) <= self._reply.longest
        return None if fits else Sent("refused", "bad_reply", "回复内容不符合要求")

    def _answer(self, outgoing: Outgoing, refused: Sent | None) -> None:
        outcome = Incoming(
            place=1,
            kind="outcome",
            number=outgoing.number,
            message=outgoing.message,
            outcome="taken" if refused is None else "refused",
            text="" if refused is None else refused.text,
        )
        self._waiting.append(Delivery(self._next_name(), (outcome,)))
