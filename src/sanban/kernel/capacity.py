"""Capacity: a pool of places that people hold, confirm, release, book and attend, in one or more modes.

`Pool` is the declaration that a matter file fills (`kind: capacity`): a limit for each mode, `null` for no limit, and
how long an unconfirmed hold lasts. `decide` answers a command with events or a refusal; `fold` applies an event.

A pool is never overbooked, because a place is taken only when held plus booked stand below the mode's limit, and a hold
that has lapsed is first released by an event of its own: the folded state is always the whole truth. One party has at
most one place in a pool.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sanban.kernel.errors import Refused, SanbanError


class Pool(msgspec.Struct, frozen=True, tag_field="kind", tag="capacity", forbid_unknown_fields=True):
    """The declaration. `modes`: mode -> places, `None` for unlimited; `hold_for`: microseconds, `None`: until released.

    Raises `SanbanError` for no mode, a limit below 0 or a hold that lasts no time.
    """

    id: str
    modes: dict[str, int | None]
    hold_for: int | None = None

    def __post_init__(self) -> None:
        limits = [limit for limit in self.modes.values() if limit is not None]
        if not self.modes or min(limits, default=0) < 0 or (self.hold_for is not None and self.hold_for <= 0):
            raise SanbanError(
                f"pool {self.id}: at least one mode, each with a limit from 0 or null, and hold_for above 0 or null",
                "modes: {on_site: 65, online: null}, hold_for: null",
            )


class PoolHold(msgspec.Struct, frozen=True):
    """A place held in a mode; it lapses at `until` (microseconds UTC), `None`: never."""

    mode: str
    until: int | None


class PoolState(msgspec.Struct, frozen=True):
    """Who holds, has booked and has attended; the keys are party ids."""

    held: dict[str, PoolHold] = {}
    booked: dict[str, str] = {}
    attended: dict[str, str] = {}

    def taken(self, mode: str) -> int:
        """Places of the mode held or booked."""
        return sum(hold.mode == mode for hold in self.held.values()) + sum(m == mode for m in self.booked.values())

    def attendance(self, mode: str) -> int:
        """Parties who attended in the mode."""
        return sum(attended == mode for attended in self.attended.values())


class HoldSlot(msgspec.Struct, frozen=True, tag_field="type", tag="slot.hold"):
    """Keep a place for a party until it confirms."""

    party: str
    mode: str


class BookSlot(msgspec.Struct, frozen=True, tag_field="type", tag="slot.book"):
    """Take a place at once."""

    party: str
    mode: str


class ConfirmSlot(msgspec.Struct, frozen=True, tag_field="type", tag="slot.confirm"):
    """Turn the party's hold into a booking."""

    party: str


class ReleaseSlot(msgspec.Struct, frozen=True, tag_field="type", tag="slot.release"):
    """Give the party's place back, held or booked."""

    party: str


class AttendSlot(msgspec.Struct, frozen=True, tag_field="type", tag="slot.attend"):
    """The party came, in the mode it had booked."""

    party: str
    mode: str


PoolCommand = HoldSlot | BookSlot | ConfirmSlot | ReleaseSlot | AttendSlot


class SlotHeld(msgspec.Struct, frozen=True, tag_field="type", tag="slot.held"):
    """A place is held until `until` (microseconds UTC), `None`: until released."""

    party: str
    mode: str
    until: int | None
    v: int = 1


class SlotBooked(msgspec.Struct, frozen=True, tag_field="type", tag="slot.booked"):
    """A place is booked, at once or out of a hold."""

    party: str
    mode: str
    v: int = 1


class SlotReleased(msgspec.Struct, frozen=True, tag_field="type", tag="slot.released"):
    """A place is free again."""

    party: str
    mode: str
    cause: Literal["given_back", "lapsed"]
    v: int = 1


class SlotAttended(msgspec.Struct, frozen=True, tag_field="type", tag="slot.attended"):
    """A party attended."""

    party: str
    mode: str
    v: int = 1


PoolEvent = SlotHeld | SlotBooked | SlotReleased | SlotAttended


def decide(spec: Pool, state: PoolState, command: PoolCommand, now: int) -> list[PoolEvent] | Refused:
    """The events of a command at `now` (microseconds UTC), or why not. Lapsed holds are released on the way."""
    lapsed = lapses(state, now)
    for event in lapsed:
        state = fold(state, event)
    event_or_no = _decide(spec, state, command, now)
    return event_or_no if isinstance(event_or_no, Refused) else [*lapsed, event_or_no]


def lapses(state: PoolState, now: int) -> list[PoolEvent]:
    """The releases due at `now`: a hold lapses at its `until`."""
    return [
        SlotReleased(party, hold.mode, "lapsed")
        for party, hold in state.held.items()
        if hold.until is not None and hold.until <= now
    ]


def fold(state: PoolState, event: PoolEvent) -> PoolState:
    """The state after the event."""
    if isinstance(event, SlotAttended):
        return msgspec.structs.replace(state, attended={**state.attended, event.party: event.mode})
    held = {party: hold for party, hold in state.held.items() if party != event.party}
    booked = {party: mode for party, mode in state.booked.items() if party != event.party}
    if isinstance(event, SlotHeld):
        held[event.party] = PoolHold(event.mode, event.until)
    elif isinstance(event, SlotBooked):
        booked[event.party] = event.mode
    return PoolState(held, booked, state.attended)


def _decide(spec: Pool, state: PoolState, command: PoolCommand, now: int) -> PoolEvent | Refused:
    if isinstance(command, HoldSlot):
        until = None if spec.hold_for is None else now + spec.hold_for
        return _no_place(spec, state, command) or SlotHeld(command.party, command.mode, until)
    if isinstance(command, BookSlot):
        return _no_place(spec, state, command) or SlotBooked(command.party, command.mode)
    if isinstance(command, ConfirmSlot):
        return _confirmed(state, command.party)
    if isinstance(command, ReleaseSlot):
        return _released(state, command.party)
    return _attended(state, command)


def _no_place(spec: Pool, state: PoolState, command: HoldSlot | BookSlot) -> Refused | None:
    if command.mode not in spec.modes:
        return Refused("unknown_mode", f"{spec.id} has no mode {command.mode}", f"mode: {min(spec.modes)}")
    if command.party in state.booked or command.party in state.held:
        return Refused("already_in_pool", f"{command.party} already has a place in {spec.id}", "release it first")
    limit = spec.modes[command.mode]
    if limit is not None and state.taken(command.mode) >= limit:
        return Refused("pool_full", f"all {limit} places of {command.mode} in {spec.id} are taken", _other(spec, state))
    return None


def _other(spec: Pool, state: PoolState) -> str:
    """A mode that still has a place, as the example of a refusal."""
    free = (mode for mode, limit in spec.modes.items() if limit is None or state.taken(mode) < limit)
    return next((f"mode: {mode}" for mode in free), "ask again when a place is released")


def _confirmed(state: PoolState, party: str) -> SlotBooked | Refused:
    if party not in state.held:
        return Refused("not_held", f"{party} holds no place that could be confirmed", "hold a place, then confirm it")
    return SlotBooked(party, state.held[party].mode)


def _released(state: PoolState, party: str) -> SlotReleased | Refused:
    if party in state.attended:
        return Refused("already_attended", f"{party} has attended; the place is used", "release before the session")
    mode = state.held[party].mode if party in state.held else state.booked.get(party)
    if mode is None:
        return Refused("not_in_pool", f"{party} has no place that could be released", "book a place first")
    return SlotReleased(party, mode, "given_back")


def _attended(state: PoolState, command: AttendSlot) -> SlotAttended | Refused:
    if command.party in state.attended:
        return Refused("already_attended", f"{command.party} is already counted as present", "count a person once")
    booked = state.booked.get(command.party)
    if booked != command.mode:
        return Refused(
            "not_booked",
            f"{command.party} has no booking for {command.mode}",
            f"mode: {booked or 'book a place first'}",
        )
    return SlotAttended(command.party, command.mode)
