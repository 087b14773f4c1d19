"""An account on the real ledger, in either store: whoever redeems at once, nobody's balance is ever below its floor."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import msgspec

from contracts.ledger_homes import LedgerHome
from sanban.kernel import account
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Answer, Part, Projection, Submission, Timer, Turn
from sanban.packs.loading import SHIPPED, load_matters

CLERK = Actor("clerk-1", "operator")
CALLERS = 8
TRIES = 6


def coupons() -> account.Account:
    """The shipped declaration of book coupons: three are one book, none below zero."""
    found = load_matters([SHIPPED / "book-swap"]).keys["book-swap@2024-01-01"].primitive
    assert isinstance(found, account.Account)
    return found


class AccountStream:
    """The kernel's account as a stream of the ledger; what a benefits slice will bring."""

    kind = "account"
    projections: tuple[Projection, ...] = ()

    def __init__(self) -> None:
        self.spec = coupons()

    def encode(self, event: account.AccountEvent) -> tuple[str, int, bytes]:
        return str(event.__struct_config__.tag), event.v, msgspec.json.encode(event, order="deterministic")

    def decode(self, type: str, v: int, payload: bytes) -> account.AccountEvent:  # noqa: A002 -- the port's names
        event: account.AccountEvent = msgspec.json.decode(payload, type=account.AccountEvent)
        return event

    def decide(self, state: Any, part: Part, turn: Turn) -> Sequence[account.AccountEvent] | Refused:
        command = msgspec.convert({"type": part.step, **part.args}, account.AccountCommand)
        return account.decide(self.spec, state or account.AccountState(), command)

    def fold(self, state: Any, event: account.AccountEvent) -> account.AccountState:
        return account.fold(state or account.AccountState(), event)

    def timers(self, state: Any) -> Sequence[Timer]:
        return ()

    def rests(self, state: Any) -> bool:
        return False


def submission(number: str, step: str, **args: Any) -> Submission:
    part = Part("account:reader-1", f"account.{step}", {"entry": number, **args})
    return Submission(f"command-{number}", CLERK, (part,))


def test_people_who_redeem_at_once_never_take_a_balance_below_its_floor(ledger_home: LedgerHome) -> None:
    writer, reader = ledger_home.open((AccountStream(),))
    assert writer.submit(submission("gift", "issue", amount=20)).refused is None
    answers: list[Answer] = []

    def redeem(caller: int) -> None:
        for number in range(TRIES):
            answers.append(writer.submit(submission(f"{caller}-{number}", "redeem")))

    threads = [threading.Thread(target=redeem, args=(caller,)) for caller in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    given = [answer for answer in answers if answer.refused is None]
    assert (len(answers), len(given)) == (CALLERS * TRIES, 6)
    assert {answer.refused.reason for answer in answers if answer.refused} == {"below_floor"}
    balances, state = [], None
    for stored in reader.events("account:reader-1"):
        state = AccountStream().fold(state, AccountStream().decode(stored.type, stored.v, stored.payload))
        balances.append(state.balance)
    assert balances == [20, 17, 14, 11, 8, 5, 2]
