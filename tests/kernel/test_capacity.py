"""Capacity: never overbooked, one place for a party, holds that lapse."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.capacity import (
    AttendSlot,
    BookSlot,
    ConfirmSlot,
    HoldSlot,
    Pool,
    PoolCommand,
    PoolEvent,
    PoolHold,
    PoolState,
    ReleaseSlot,
    SlotAttended,
    SlotBooked,
    SlotHeld,
    SlotReleased,
    decide,
    fold,
    lapses,
)
from sanban.kernel.errors import Refused, SanbanError

SESSION = Pool("course", {"on_site": 65, "online": None})
SMALL = Pool("clinic", {"room": 1, "phone": 1}, hold_for=10)


def run(spec: Pool, state: PoolState, command: PoolCommand, now: int = 0) -> PoolState:
    """The state after a command; a refusal changes nothing."""
    events = decide(spec, state, command, now)
    for event in [] if isinstance(events, Refused) else events:
        state = fold(state, event)
    return state


def after(spec: Pool, *commands: PoolCommand) -> PoolState:
    state = PoolState()
    for command in commands:
        state = run(spec, state, command)
    return state


def test_session_takes_sixty_five_on_site_and_everybody_online_with_attendance_for_each_mode() -> None:
    state = after(SESSION, *(BookSlot(f"p{n}", "on_site") for n in range(65)))
    refused = decide(SESSION, state, BookSlot("p65", "on_site"), 0)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.example) == ("pool_full", "mode: online")
    for number in range(65, 265):
        state = run(SESSION, state, BookSlot(f"p{number}", "online"))
    assert (state.taken("on_site"), state.taken("online")) == (65, 200)
    for number in (*range(60), *range(65, 255)):
        state = run(SESSION, state, AttendSlot(f"p{number}", "on_site" if number < 65 else "online"))
    assert (state.attendance("on_site"), state.attendance("online")) == (60, 190)


def test_pool_is_filled_from_a_matter_file() -> None:
    declared = {"kind": "capacity", "id": "course", "modes": {"on_site": 65, "online": None}}
    assert msgspec.convert(declared, Pool) == SESSION


HELD = after(SMALL, HoldSlot("p1", "room"))
BOOKED = after(SMALL, BookSlot("p1", "room"))
ATTENDED = after(SMALL, BookSlot("p1", "room"), AttendSlot("p1", "room"))

STEPS: list[tuple[PoolState, PoolCommand, int, list[PoolEvent]]] = [
    (PoolState(), HoldSlot("p1", "room"), 3, [SlotHeld("p1", "room", 13)]),
    (PoolState(), BookSlot("p1", "room"), 3, [SlotBooked("p1", "room")]),
    (HELD, ConfirmSlot("p1"), 9, [SlotBooked("p1", "room")]),
    (HELD, ReleaseSlot("p1"), 9, [SlotReleased("p1", "room", "given_back")]),
    (BOOKED, ReleaseSlot("p1"), 9, [SlotReleased("p1", "room", "given_back")]),
    (BOOKED, AttendSlot("p1", "room"), 9, [SlotAttended("p1", "room")]),
    (HELD, BookSlot("p2", "room"), 10, [SlotReleased("p1", "room", "lapsed"), SlotBooked("p2", "room")]),
    (HELD, HoldSlot("p1", "room"), 10, [SlotReleased("p1", "room", "lapsed"), SlotHeld("p1", "room", 20)]),
]


@pytest.mark.parametrize(("state", "command", "now", "events"), STEPS)
def test_command_makes_its_events(state: PoolState, command: PoolCommand, now: int, events: list[PoolEvent]) -> None:
    assert decide(SMALL, state, command, now) == events


REFUSALS: list[tuple[PoolState, PoolCommand, int, str]] = [
    (PoolState(), BookSlot("p1", "sofa"), 0, "unknown_mode"),
    (HELD, HoldSlot("p1", "phone"), 9, "already_in_pool"),
    (HELD, BookSlot("p1", "room"), 9, "already_in_pool"),
    (BOOKED, BookSlot("p1", "phone"), 0, "already_in_pool"),
    (HELD, BookSlot("p2", "room"), 9, "pool_full"),
    (BOOKED, HoldSlot("p2", "room"), 0, "pool_full"),
    (HELD, ConfirmSlot("p1"), 10, "not_held"),
    (BOOKED, ConfirmSlot("p1"), 0, "not_held"),
    (PoolState(), ReleaseSlot("p1"), 0, "not_in_pool"),
    (HELD, ReleaseSlot("p1"), 10, "not_in_pool"),
    (ATTENDED, ReleaseSlot("p1"), 0, "already_attended"),
    (ATTENDED, AttendSlot("p1", "room"), 0, "already_attended"),
    (BOOKED, AttendSlot("p1", "phone"), 0, "not_booked"),
    (HELD, AttendSlot("p1", "room"), 0, "not_booked"),
]


@pytest.mark.parametrize(("state", "command", "now", "reason"), REFUSALS)
def test_command_out_of_place_is_refused_with_an_example(
    state: PoolState, command: PoolCommand, now: int, reason: str
) -> None:
    refused = decide(SMALL, state, command, now)
    assert isinstance(refused, Refused)
    assert refused.reason == reason
    assert refused.example


def test_full_pool_without_another_mode_says_so() -> None:
    refused = decide(Pool("one", {"room": 0}), PoolState(), BookSlot("p1", "room"), 0)
    assert isinstance(refused, Refused)
    assert refused.example == "ask again when a place is released"


def test_hold_without_a_length_never_lapses() -> None:
    held = after(SESSION, HoldSlot("p1", "online"))
    assert held.held == {"p1": PoolHold("online", None)}
    assert lapses(held, 2**62) == []


@pytest.mark.parametrize(
    ("modes", "hold_for"), [({}, None), ({"room": -1}, None), ({"room": 1}, 0)], ids=["no mode", "below 0", "no time"]
)
def test_pool_that_makes_no_sense_is_refused_with_an_example(
    modes: dict[str, int | None], hold_for: int | None
) -> None:
    with pytest.raises(SanbanError, match=r"modes: \{on_site: 65"):
        Pool("x", modes, hold_for)


PARTIES = st.sampled_from(["p1", "p2", "p3", "p4"])
MODES = st.sampled_from(["room", "phone", "online"])
COMMANDS: st.SearchStrategy[PoolCommand] = st.one_of(
    st.builds(HoldSlot, PARTIES, MODES),
    st.builds(BookSlot, PARTIES, MODES),
    st.builds(ConfirmSlot, PARTIES),
    st.builds(ReleaseSlot, PARTIES),
    st.builds(AttendSlot, PARTIES, MODES),
)
POOLS = st.builds(
    lambda room, phone, hold: Pool("x", {"room": room, "phone": phone, "online": None}, hold),
    st.integers(0, 2),
    st.integers(0, 2),
    st.none() | st.integers(1, 9),
)


@given(POOLS, st.lists(st.tuples(COMMANDS, st.integers(0, 5)), max_size=25))
def test_pool_is_never_overbooked_and_a_party_has_one_place(spec: Pool, history: list[tuple[PoolCommand, int]]) -> None:
    state, now = PoolState(), 0
    for command, pause in history:
        now += pause
        events = decide(spec, state, command, now)
        for event in [] if isinstance(events, Refused) else events:
            state = fold(state, event)
            for mode, limit in spec.modes.items():
                assert limit is None or state.taken(mode) <= limit
            assert not state.held.keys() & state.booked.keys()
            assert state.attended.items() <= state.booked.items()


@given(POOLS, st.lists(COMMANDS, max_size=15))
def test_events_survive_being_written_and_read(spec: Pool, history: list[PoolCommand]) -> None:
    state = PoolState()
    for command in history:
        assert msgspec.json.decode(msgspec.json.encode(command), type=PoolCommand) == command
        events = decide(spec, state, command, 0)
        for event in [] if isinstance(events, Refused) else events:
            assert msgspec.json.decode(msgspec.json.encode(event), type=PoolEvent) == event
            state = fold(state, event)
    assert msgspec.json.decode(msgspec.json.encode(state), type=PoolState) == state
