"""What intake's pages and API are given, and what intake asks of the rest of the house: to open a case for a request.

Intake knows requests and knows of cases only that there are some. Who opens one is handed in where the product is put
together; what comes back is a plain submission, to which the desk adds its route, its name and its secrets.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

import msgspec

from sanban.intake.request import Request
from sanban.intake.row import nowhere
from sanban.intake.triage.advice import Advises
from sanban.intake.triage.knowledge import Knowledge
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.mechanism import Mechanism
from sanban.ledger.port import Ledger, Reader, Submission

Answers = dict[str, int | bool | str]
"""Fields of a matter's form: codes, integers, yes or no, refs into the vault."""


class Wish(msgspec.Struct, frozen=True):
    """The case that the desk wants opened. The same `key` gives the same case; `street` counts where `grid` is ''."""

    key: str
    matter: str
    grid: str = ""
    street: str = ""
    found: bool = False
    fields: Answers = {}


class OpensCases(Protocol):
    """Opens cases; handling does."""

    def submission(self, request: Request, wish: Wish) -> Submission:
        """Opens the case and links the request to it, both or neither; actor and command id are filled in later."""
        ...


def nobody() -> Collection[str]:
    """Nobody was erased."""
    return ()


NO_KNOWLEDGE = Knowledge()


class Needs(msgspec.Struct, frozen=True):
    """Everything that intake's pages and API work with.

    `matters`: the mechanisms in force at an instant. `receipt`: a command id to ten characters of base32 that nobody
    else can work out, the same each time. `locate` and `erased` as for `RowReader`.
    """

    ledger: Ledger
    reader: Reader
    district: str
    desk: str
    zone: dt.tzinfo
    triage: Advises
    party_key: bytes
    duty: DutyTable
    opens: OpensCases
    receipt: Callable[[str], str]
    matters: Callable[[int], Sequence[Mechanism]]
    locate: Callable[[int, int], str] = nowhere
    erased: Callable[[], Collection[str]] = nobody
    knowledge: Knowledge = NO_KNOWLEDGE
