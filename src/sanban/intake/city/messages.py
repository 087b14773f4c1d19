"""What is exchanged with the city's platform, and the port to it.

The city gives deliveries of messages; each message is taken or rejected with a reason, and settling a delivery tells
the platform so. A delivery that was not settled comes again, whole, and is taken once all the same. Ours go one by one,
each under a number of its own, and may be sent again.

    collect() --> Delivery --> taken by us --> settle()       orders, supplements, urgings, what is sent back, outcomes
    send(Outgoing) --> Sent                                   replies and returns
    sheet(day) --> the city's own list of a day's orders, with how they stand there
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from sanban.intake.city.order import OrderState
from sanban.kernel.errors import Refused, SanbanError

IncomingKind = Literal["order", "supplement", "urging", "sent_back", "outcome"]
OutgoingKind = Literal["reply", "return"]


class CityAway(SanbanError):
    """The platform cannot be reached now."""


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the city. Instants in microseconds UTC, None where none was given.

    `place`: where it stands in its delivery, from 1. `message`: its own number, '' for none; of an outcome, the number
    of ours that it is about. `problem`: it cannot be read, and why.
    """

    place: int
    kind: IncomingKind = "order"
    number: str = ""
    message: str = ""
    said_at: int | None = None
    due_at: int | None = None
    text: str = ""
    title: str = ""
    name: str = ""
    phone: str = ""
    address: str = ""
    channel: str = ""
    lon: str = ""
    lat: str = ""
    outcome: Literal["", "taken", "refused"] = ""
    problem: Refused | None = None


class Delivery(msgspec.Struct, frozen=True):
    """What came together, under a name of its own. `problem`: none of it can be read, and why."""

    name: str
    messages: tuple[Incoming, ...] = ()
    problem: Refused | None = None


class Rejected(msgspec.Struct, frozen=True):
    """A message that was not taken, by its place; 0 for the whole delivery."""

    place: int
    why: Refused


class Outgoing(msgspec.Struct, frozen=True):
    """One message to the city. `message`: its number; `ending` and `ground`: in the city's language."""

    message: str
    kind: OutgoingKind
    number: str
    at: int
    text: str = ""
    ending: str = ""
    ground: str = ""


class Sent(msgspec.Struct, frozen=True):
    """What became of it: with the platform, taken, refused, or to be tried again later. `text`: the city's words."""

    outcome: Literal["handed", "taken", "refused", "later"]
    code: str = ""
    text: str = ""


class SheetRow(msgspec.Struct, frozen=True):
    """One order as the city lists it."""

    number: str
    state: OrderState


class CityPlatform(Protocol):
    """The platform as the district sees it. What it cannot do now it says by `CityAway`, or by `Sent.later`."""

    def collect(self) -> Sequence[Delivery]:
        """Every delivery that is not settled, oldest first. Raises CityAway."""
        ...

    def settle(self, delivery: Delivery, rejected: Sequence[Rejected]) -> None:
        """All of it was taken but what is named; it does not come again. Raises CityAway."""
        ...

    def send(self, outgoing: Outgoing) -> Sent:
        """Hands a message over. The same message again changes nothing there."""
        ...

    def sheet(self, day: str) -> tuple[SheetRow, ...] | None:
        """The city's list of a day (YYYY-MM-DD); None when it has given none. Raises CityAway."""
        ...
