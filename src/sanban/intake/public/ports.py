"""What the requester's pages ask of the rest of the house, and what a requester is shown of their request.

Intake knows that a request has a case and nothing more of it. How the case stands, in plain words and as far as the
mechanism lets a requester see it, is asked of `FollowsCases`; handling answers where the product is put together.
Every word here is a code, a title out of a file, an instant (microseconds UTC), or was written to this very requester.
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from sanban.intake.nearby.finding import Nearby
from sanban.intake.ports import Needs
from sanban.intake.public.allowance import Allowance, looks
from sanban.intake.request import Request
from sanban.kernel.clock.explain import Line
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part
from sanban.packs.desk.emergency import EmergencyNumber

Happened = Literal[
    "received", "filed", "passed", "taken_on", "given_back", "ruled", "contacted", "reported_done", "checked",
    "sent_back", "called_back", "closed", "reopened", "shelved", "date_moved", "date_missed", "asked_again", "added",
    "answered", "messaged", "unmasked",
]  # fmt: skip
"""What a requester is told that happened; pages have a sentence for each."""

Stage = Literal["desk", "passed", "handling", "checking", "shelved", "closed"]
"""Where a request is, in the words of somebody who waits."""


class Promise(msgspec.Struct, frozen=True):
    """The date that a requester is told. `at`: microseconds UTC; `day`: local, midnight as 24:00 of the day it ends.

    `lines`: why it is that day. `contact`: within what somebody speaks with the requester, None where the matter
    declares nothing. `provisional`: the calendar for that day is not published yet.
    """

    at: int
    day: str
    lines: tuple[Line, ...]
    provisional: bool = False
    contact: Title | None = None


class Told(msgspec.Struct, frozen=True):
    """One line of the history. `unit`: whom it names; `ending`: how it ended; `day`: a date it is about; '' or None.

    `ground`: why a number was shown; `text`: what was written to this requester, opened for them alone.
    """

    what: Happened
    at: int
    unit: Title | None = None
    ending: Title | None = None
    day: str = ""
    ground: Title | None = None
    text: str = ""


class Standing(msgspec.Struct, frozen=True):
    """How a request stands.

    `holder`: who answers for it now, None once it is closed. `promise`: None while no matter is fixed. `late`: the
    promised date has passed without a reply. `others`: so many others asked for the same. `dispute_until`: the last
    instant at which its closing may be disputed, 0 when it cannot be. `asks`, `adds`: the requester may ask again, add.
    `parts`: its further matters, each with a case of its own.
    """

    number: str
    received_at: int
    stage: Stage
    matter: Title | None = None
    holder: Title | None = None
    promise: Promise | None = None
    late: bool = False
    ending: Title | None = None
    closed_at: int = 0
    others: int = 0
    history: tuple[Told, ...] = ()
    dispute_until: int = 0
    asks: bool = False
    adds: bool = False
    parts: tuple[Standing, ...] = ()


class FollowsCases(Protocol):
    """What a requester may know of a case, and what they may do to it."""

    def promise(self, matter: str, now: int) -> Promise | None:
        """The date that the matter's mechanism promises to who files now; None for a matter that promises none."""
        ...

    def standing(self, request: Request, now: int) -> Standing | None:
        """How the request stands in its case; None when it has none, or none that its requester may see."""
        ...

    def noting(self, case: str, text: str) -> Part:
        """The part that puts a requester's further words, a ref, on the case's file."""
        ...


class PublicNeeds(msgspec.Struct, frozen=True):
    """Everything that the requester's pages and API work with.

    `filing` counts what an address files, `guessing` what it fails to find, `looking` what is looked up for it; all
    are kept in memory alone. `nearby`: public cases; None where none are shown. `emergency`: numbers for a danger.
    """

    desk: Needs
    cases: FollowsCases
    filing: Allowance
    guessing: Allowance
    nearby: Nearby | None = None
    looking: Allowance = msgspec.field(default_factory=looks)
    emergency: tuple[EmergencyNumber, ...] = ()


def self_of(request: Request) -> Actor:
    """The requester of a request as an actor: who they are is their pseudonym, and what they may do follows from it."""
    return Actor(request.received.requester, "requester", party=request.received.requester)
