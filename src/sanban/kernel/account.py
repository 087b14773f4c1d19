"""Account: a balance of coupons, quota or fen, moved only by entries.

`Account` is the declaration that a matter file fills (`kind: account`): the unit, a floor, perhaps a ceiling, and what
a redemption costs and gives. `decide` answers a command with events or a refusal; `fold` applies an event.

Every entry has an id chosen by the caller. The same entry again changes nothing and answers with no event; another
entry under a used id is refused. A wrong entry is reversed by a further entry and stays on the account: nothing is
deleted. No entry, a reversal included, takes the balance below the floor or above the ceiling.
"""

from __future__ import annotations

import msgspec

from sanban.kernel.errors import Refused, SanbanError


class Redemption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one redemption takes from the balance, and what it gives: `price` in the account's unit, `gives` a code."""

    price: int
    gives: str


class Account(msgspec.Struct, frozen=True, tag_field="kind", tag="account", forbid_unknown_fields=True):
    """The declaration. `unit` is a code such as `coupon` or `fen`; `floor` and `ceiling` are in that unit.

    Raises `SanbanError` for a ceiling below the floor, an opening balance of 0 outside them, or a price below 1.
    """

    id: str
    unit: str
    floor: int = 0
    ceiling: int | None = None
    redeem: Redemption | None = None

    def __post_init__(self) -> None:
        outside = self.floor > 0 or (self.ceiling is not None and self.ceiling < 0)
        if outside or (self.redeem is not None and self.redeem.price < 1):
            raise SanbanError(
                f"account {self.id}: an account opens at 0, so floor <= 0 <= ceiling; a price is at least 1",
                "unit: coupon, floor: 0, ceiling: null, redeem: {price: 3, gives: book}",
            )


class AccountEntry(msgspec.Struct, frozen=True):
    """One entry: the command that made it, and what it added to the balance (below 0: took away)."""

    command: AccountCommand
    change: int


class AccountState(msgspec.Struct, frozen=True):
    """The balance, every entry by id in the order made, and the ids that were reversed."""

    balance: int = 0
    entries: dict[str, AccountEntry] = {}
    reversed: frozenset[str] = frozenset()


class Issue(msgspec.Struct, frozen=True, tag_field="type", tag="account.issue"):
    """Add `amount` to the balance."""

    entry: str
    amount: int


class Redeem(msgspec.Struct, frozen=True, tag_field="type", tag="account.redeem"):
    """Redeem `times` times at the declared price."""

    entry: str
    times: int = 1


class Reverse(msgspec.Struct, frozen=True, tag_field="type", tag="account.reverse"):
    """Undo the entry `of` by a further entry."""

    entry: str
    of: str


AccountCommand = Issue | Redeem | Reverse


class AccountIssued(msgspec.Struct, frozen=True, tag_field="type", tag="account.issued"):
    """`amount` was added."""

    entry: str
    amount: int
    v: int = 1


class AccountRedeemed(msgspec.Struct, frozen=True, tag_field="type", tag="account.redeemed"):
    """`amount` was taken, and `times` pieces of `gives` were given for it."""

    entry: str
    amount: int
    gives: str
    times: int
    v: int = 1


class AccountReversed(msgspec.Struct, frozen=True, tag_field="type", tag="account.reversed"):
    """The entry `of` was undone: `amount` was added (below 0: taken)."""

    entry: str
    of: str
    amount: int
    v: int = 1


AccountEvent = AccountIssued | AccountRedeemed | AccountReversed


def decide(spec: Account, state: AccountState, command: AccountCommand) -> list[AccountEvent] | Refused:
    """The events of a command, none if the very same entry is already made, or why not."""
    made = state.entries.get(command.entry)
    if made is not None:
        return [] if made.command == command else _taken(command.entry)
    event = _event(spec, state, command)
    if isinstance(event, Refused):
        return event
    return _outside(spec, state.balance + _change(event)) or [event]


def fold(state: AccountState, event: AccountEvent) -> AccountState:
    """The state after the event."""
    entry = AccountEntry(_command(event), _change(event))
    undone = state.reversed | {event.of} if isinstance(event, AccountReversed) else state.reversed
    return AccountState(state.balance + entry.change, {**state.entries, event.entry: entry}, undone)


def _event(spec: Account, state: AccountState, command: AccountCommand) -> AccountEvent | Refused:
    if isinstance(command, Issue):
        return AccountIssued(command.entry, command.amount) if command.amount > 0 else _not_positive(command.amount)
    if isinstance(command, Redeem):
        return _redeemed(spec, command)
    return _reversed(state, command)


def _redeemed(spec: Account, command: Redeem) -> AccountEvent | Refused:
    if spec.redeem is None:
        return Refused("not_redeemable", f"nothing can be redeemed on {spec.id}", "redeem: {price: 3, gives: book}")
    if command.times < 1:
        return _not_positive(command.times)
    return AccountRedeemed(command.entry, command.times * spec.redeem.price, spec.redeem.gives, command.times)


def _reversed(state: AccountState, command: Reverse) -> AccountEvent | Refused:
    made = state.entries.get(command.of)
    if made is None or isinstance(made.command, Reverse):
        return Refused("not_reversible", f"{command.of} is not an issue or a redemption here", _latest(state))
    if command.of in state.reversed:
        return Refused("already_reversed", f"{command.of} was reversed before", "make a new entry instead")
    return AccountReversed(command.entry, command.of, -made.change)


def _latest(state: AccountState) -> str:
    free = [
        entry
        for entry, made in state.entries.items()
        if entry not in state.reversed and not isinstance(made.command, Reverse)
    ]
    return f"of: {free[-1]}" if free else "issue something first"


def _outside(spec: Account, balance: int) -> Refused | None:
    if balance < spec.floor:
        return Refused(
            "below_floor",
            f"the balance would be {balance} {spec.unit}, below {spec.floor}",
            "issue more, then try again",
        )
    if spec.ceiling is not None and balance > spec.ceiling:
        return Refused(
            "above_ceiling",
            f"the balance would be {balance} {spec.unit}, above {spec.ceiling}",
            "issue a smaller amount",
        )
    return None


def _not_positive(amount: int) -> Refused:
    return Refused("not_positive", f"{amount} is not an amount from 1", "amount: 3")


def _taken(entry: str) -> Refused:
    return Refused("entry_id_taken", f"another entry already has the id {entry}", "choose a fresh entry id")


def _change(event: AccountEvent) -> int:
    return -event.amount if isinstance(event, AccountRedeemed) else event.amount


def _command(event: AccountEvent) -> AccountCommand:
    if isinstance(event, AccountIssued):
        return Issue(event.entry, event.amount)
    if isinstance(event, AccountRedeemed):
        return Redeem(event.entry, event.times)
    return Reverse(event.entry, event.of)
