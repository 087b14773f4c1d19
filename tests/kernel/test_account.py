"""Account: a balance that never leaves its bounds, idempotent entries, reversals that are entries."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.account import (
    Account,
    AccountCommand,
    AccountEvent,
    AccountIssued,
    AccountRedeemed,
    AccountReversed,
    AccountState,
    Issue,
    Redeem,
    Redemption,
    Reverse,
    decide,
    fold,
)
from sanban.kernel.errors import Refused, SanbanError

COUPONS = Account("book_swap", "coupon", redeem=Redemption(3, "book"))
QUOTA = Account("quota", "fen", floor=-5, ceiling=10)


def run(spec: Account, state: AccountState, command: AccountCommand) -> AccountState:
    """The state after a command; a refusal changes nothing."""
    events = decide(spec, state, command)
    for event in [] if isinstance(events, Refused) else events:
        state = fold(state, event)
    return state


def after(spec: Account, *commands: AccountCommand) -> AccountState:
    state = AccountState()
    for command in commands:
        state = run(spec, state, command)
    return state


def reason(found: list[AccountEvent] | Refused) -> str:
    assert isinstance(found, Refused)
    assert found.example
    return found.reason


def test_three_coupons_are_one_book_and_two_are_refused() -> None:
    two = after(COUPONS, Issue("e1", 2))
    assert reason(decide(COUPONS, two, Redeem("e2"))) == "below_floor"
    three = run(COUPONS, two, Issue("e3", 1))
    assert decide(COUPONS, three, Redeem("e2")) == [AccountRedeemed("e2", 3, "book", 1)]
    assert run(COUPONS, three, Redeem("e2")).balance == 0


def test_account_is_filled_from_a_matter_file() -> None:
    declared = {"kind": "account", "id": "book_swap", "unit": "coupon", "redeem": {"price": 3, "gives": "book"}}
    assert msgspec.convert(declared, Account) == COUPONS


def test_reversal_is_a_further_entry_and_deletes_nothing() -> None:
    state = after(COUPONS, Issue("e1", 5), Redeem("e2"))
    assert decide(COUPONS, state, Reverse("e3", "e2")) == [AccountReversed("e3", "e2", 3)]
    reversed_state = run(COUPONS, state, Reverse("e3", "e2"))
    assert reversed_state.balance == 5
    assert list(reversed_state.entries) == ["e1", "e2", "e3"]
    assert reversed_state.reversed == {"e2"}


HISTORY = after(COUPONS, Issue("e1", 7), Redeem("e2"), Reverse("e3", "e2"))
REPEATS: list[AccountCommand] = [Issue("e1", 7), Redeem("e2"), Reverse("e3", "e2")]


@pytest.mark.parametrize("command", REPEATS)
def test_same_entry_again_changes_nothing(command: AccountCommand) -> None:
    assert decide(COUPONS, HISTORY, command) == []


REFUSALS: list[tuple[Account, AccountState, AccountCommand, str]] = [
    (COUPONS, HISTORY, Issue("e1", 8), "entry_id_taken"),
    (COUPONS, HISTORY, Redeem("e1"), "entry_id_taken"),
    (COUPONS, HISTORY, Issue("e9", 0), "not_positive"),
    (COUPONS, HISTORY, Redeem("e9", 0), "not_positive"),
    (COUPONS, HISTORY, Redeem("e9", 3), "below_floor"),
    (COUPONS, HISTORY, Reverse("e9", "e8"), "not_reversible"),
    (COUPONS, HISTORY, Reverse("e9", "e3"), "not_reversible"),
    (COUPONS, HISTORY, Reverse("e9", "e2"), "already_reversed"),
    (COUPONS, AccountState(), Reverse("e9", "e8"), "not_reversible"),
    (COUPONS, after(COUPONS, Issue("e1", 3), Redeem("e2")), Reverse("e9", "e1"), "below_floor"),
    (QUOTA, AccountState(), Redeem("e1"), "not_redeemable"),
    (QUOTA, AccountState(), Issue("e1", 11), "above_ceiling"),
]


@pytest.mark.parametrize(("spec", "state", "command", "expected"), REFUSALS)
def test_command_out_of_bounds_is_refused_with_an_example(
    spec: Account, state: AccountState, command: AccountCommand, expected: str
) -> None:
    assert reason(decide(spec, state, command)) == expected


def test_refusal_to_reverse_names_an_entry_that_could_be() -> None:
    refused = decide(COUPONS, HISTORY, Reverse("e9", "e3"))
    assert isinstance(refused, Refused)
    assert refused.example == "of: e1"


@pytest.mark.parametrize(
    ("floor", "ceiling", "redeem"),
    [(1, None, None), (0, -1, None), (0, None, Redemption(0, "book"))],
    ids=["floor above 0", "ceiling below 0", "free"],
)
def test_account_that_makes_no_sense_is_refused(floor: int, ceiling: int | None, redeem: Redemption | None) -> None:
    with pytest.raises(SanbanError, match=r"redeem: \{price: 3"):
        Account("x", "coupon", floor, ceiling, redeem)


IDS = st.sampled_from(["e1", "e2", "e3", "e4", "e5", "e6"])
COMMANDS: st.SearchStrategy[AccountCommand] = st.one_of(
    st.builds(Issue, IDS, st.integers(-1, 9)),
    st.builds(Redeem, IDS, st.integers(0, 3)),
    st.builds(Reverse, IDS, IDS),
)
ACCOUNTS = st.builds(
    Account,
    st.just("x"),
    st.just("coupon"),
    st.integers(-4, 0),
    st.none() | st.integers(0, 20),
    st.none() | st.builds(Redemption, st.integers(1, 4), st.just("book")),
)


@given(ACCOUNTS, st.lists(COMMANDS, max_size=25))
def test_balance_stays_within_bounds_and_is_the_sum_of_its_entries(
    spec: Account, history: list[AccountCommand]
) -> None:
    state = AccountState()
    for command in history:
        before, state = state, run(spec, state, command)
        assert spec.floor <= state.balance
        assert spec.ceiling is None or state.balance <= spec.ceiling
        assert state.balance == sum(entry.change for entry in state.entries.values())
        assert before.entries.items() <= state.entries.items(), "entries are only added"


@given(ACCOUNTS, st.lists(COMMANDS, max_size=15))
def test_every_command_sent_twice_takes_effect_once(spec: Account, history: list[AccountCommand]) -> None:
    once, twice = AccountState(), AccountState()
    for command in history:
        once = run(spec, once, command)
        twice = run(spec, run(spec, twice, command), command)
    assert once == twice


@given(ACCOUNTS, st.lists(COMMANDS, max_size=15))
def test_events_and_state_survive_being_written_and_read(spec: Account, history: list[AccountCommand]) -> None:
    state = AccountState()
    for command in history:
        events = decide(spec, state, command)
        for event in [] if isinstance(events, Refused) else events:
            assert msgspec.json.decode(msgspec.json.encode(event), type=AccountEvent) == event
            state = fold(state, event)
    assert msgspec.json.decode(msgspec.json.encode(state), type=AccountState) == state


def test_event_says_what_it_is_and_its_version() -> None:
    assert msgspec.json.encode(AccountIssued("e1", 3)) == b'{"type":"account.issued","entry":"e1","amount":3,"v":1}'
