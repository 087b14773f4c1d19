"""What notices are given by the rest of the house: cases and requests to tell of, texts, and ways to reach people.

Notices know cases through the kernel and requests only as `Asker`s. A carrier takes one parcel to one channel; its
adapters lie outside, each with a memory twin.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from sanban.kernel.case.state import Case
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.mechanism import Mechanism, Title
from sanban.kernel.notice import Carried, Parcel, Quiet
from sanban.kernel.party import Links
from sanban.kernel.view import Language
from sanban.ledger.port import Ledger, Reader, Stored


class Asker(msgspec.Struct, frozen=True):
    """Who made a request, and how they may be reached: refs into the vault, '' where there is none.

    `taken_over`: the record is older than what people expect to hear of, so nobody is told. `receipt`: as the person
    was given it, '' when they were given none here. `reply`: ref of the answer, `ending` its code.
    """

    request: str
    number: str
    person: str
    channel: str
    phone: str = ""
    receipt: str = ""
    reply: str = ""
    ending: str = ""
    taken_over: bool = False


class Carrier(Protocol):
    """Carries parcels on one channel. It may be asked to carry the same key again, and may drop what it carried."""

    def carry(self, parcel: Parcel) -> Carried:
        """Hands the parcel over; never raises for what the other side does."""
        ...


class UnitAddress(msgspec.Struct, frozen=True):
    """Where a unit is told: a channel, and an address on it."""

    channel: str
    to: str


class OfficerAddress(msgspec.Struct, frozen=True):
    """Where an officer of a unit is told besides: the account, its party id or '', a channel and an address on it."""

    account: str
    unit: str
    party: str
    channel: str
    to: str


class Policy(msgspec.Struct, frozen=True):
    """What the settings say. `channels`: those that reach people; `link`: where people follow requests, '' = nowhere.

    `attempts`: after so many a notice has failed.
    """

    channels: frozenset[str] = frozenset()
    units: Mapping[str, UnitAddress] = {}
    quiet: Quiet = Quiet()
    link: str = ""
    attempts: int = 6
    language: Language = "zh"


def nobody(_persons: Collection[str]) -> Collection[str]:
    """Nobody was erased."""
    return ()


class Needs(msgspec.Struct, frozen=True):
    """Everything notices work with.

    `decode`: a stored event as it was written. `askers`: request ids -> who made them; unknown ones are absent.
    `texts`: mechanism key ('' = the base) and path -> the text. `erased`: who among these persons was erased.
    `officers`: those who have an address of their own and may sign in.
    """

    ledger: Ledger
    reader: Reader
    policy: Policy
    duty: Callable[[], DutyTable]
    links: Callable[[], Links]
    calendar: Calendar
    decode: Callable[[Stored], Any]
    askers: Callable[[Sequence[str]], Mapping[str, Asker]]
    mechanism: Callable[[Case], Mechanism]
    texts: Callable[[str, str], Title | None]
    clock: Callable[[], int]
    erased: Callable[[Collection[str]], Collection[str]] = nobody
    officers: Callable[[], Sequence[OfficerAddress]] = tuple
    desk: str = ""
