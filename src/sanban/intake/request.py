"""The state of a request, folded from its events.

Who owns it: the receiving desk as long as it has no case, then the case's lead; nobody once it is closed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from sanban.intake.event import (
    DANGER,
    Block,
    Candidate,
    Event,
    RequestAnswered,
    RequestClosed,
    RequestCompared,
    RequestDivided,
    RequestHeeded,
    RequestLinked,
    RequestPlaced,
    RequestPlaceSuggested,
    RequestReceived,
    RequestReopened,
    RequestRouted,
    RequestSuggested,
    RequestSupplemented,
    RequestUnlinked,
    RequestViewed,
)

RequestState = Literal["received", "routed", "linked", "answered", "closed"]
MACHINES = frozenset({"system", "follow", "nearby", "city"})
"""The accounts under which the system itself links, and so accepts, what nobody has routed."""
PlaceState = Literal["known", "street", "suggested", "unknown"]
"""How well it is known where it is: a grid, a street alone, places that nobody has confirmed, or nothing."""


class Request(msgspec.Struct, frozen=True):
    """One thing one person said once. Fields as in the events; `case` is a case's id, '' while there is none.

    `left`: the case that it was split off from, '' once it is part of one again.
    `advised`: the route that triage suggests; `route`: the one that was taken; `promised_at`: a date promised in a case
    that it has left; None for one that was promised none. `clue`: the last to the police. `added`: what
    the requester said later, as refs. `parts`: requests that were made of its further matters. `spots`: the places that
    words may mean; `placed`: where the desk says it is. `heeded`: somebody there has looked at the
    danger it speaks of.
    """

    received: RequestReceived
    model: str = ""
    candidates: tuple[Candidate, ...] = ()
    auto: bool = False
    advised: str = ""
    flags: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    route: str = ""
    case: str = ""
    left: str = ""
    linked_at: int = 0
    answer: str = ""
    ending: str = ""
    closed_at: int = 0
    added: tuple[str, ...] = ()
    promised_at: int | None = None
    provisional: bool = False
    clue: RequestRouted | None = None
    parts: tuple[str, ...] = ()
    spots: RequestPlaceSuggested | None = None
    placed: RequestPlaced | None = None
    heeded: bool = False

    @property
    def id(self) -> str:
        return self.received.id

    @property
    def state(self) -> RequestState:
        if self.closed_at:
            return "closed"
        if self.ending:
            return "answered"
        if self.case:
            return "linked"
        return "routed" if self.route else "received"

    @property
    def owner(self) -> str:
        """Code of the unit that owns it by itself; '' when its case's lead does, or when it is closed."""
        return "" if self.case or self.closed_at else self.received.desk

    @property
    def behind(self) -> tuple[str, ...]:
        """The cases that decide who may see it: its own or the one it has left, and the one whose closing it disputes.

        It is missing wherever one of them is.
        """
        return tuple(filter(None, (self.case or self.left, self.received.disputes)))

    @property
    def best(self) -> Candidate | None:
        """The most confident suggestion."""
        return self.candidates[0] if self.candidates else None

    def only_asks(self, *, answered: bool) -> bool:
        """Whether it asks and complains of nothing. `answered`: a declared answer fits what it asks.

        What speaks of a danger or of several matters, or is an emergency, asks for more than an answer.
        """
        if self.in_danger or "several" in self.flags or "emergency" in (self.advised, self.route):
            return False
        question = "question" in self.flags
        return (question or not self.candidates) if answered else (question and not self.candidates)

    @property
    def in_danger(self) -> bool:
        """Whether it speaks of a danger."""
        return DANGER in self.flags

    @property
    def alarms(self) -> bool:
        """Whether its danger stands before everything else at the desk: until somebody there has looked at it."""
        return self.in_danger and not self.closed_at and not (self.case and self.heeded)

    @property
    def grid(self) -> str:
        """Code of its grid: as placed at the desk, else as told, else as read by itself; '' = not known."""
        return self.placed.grid if self.placed else self.received.grid or self._read("grid")

    @property
    def street(self) -> str:
        """Code of its street, '' where its grid alone, or nothing, says which."""
        return self.placed.street if self.placed else self.received.street or self._read("street")

    @property
    def point(self) -> str:
        """Ref of its exact point, '' = none was told."""
        return self.placed.point if self.placed else self.received.point

    @property
    def place_state(self) -> PlaceState:
        """How well it is known where it is."""
        if self.grid:
            return "known"
        if self.street:
            return "street"
        return "suggested" if self.spots and not self.placed else "unknown"

    def _read(self, code: Literal["grid", "street"]) -> str:
        acts = self.spots is not None and self.spots.auto and not self.received.grid
        return str(getattr(self.spots.candidates[0], code)) if self.spots and acts else ""


def fold(state: Request | None, event: Event) -> Request:
    """The state after an event. Total over what `decide` writes: the first event is `request.received`."""
    if isinstance(event, RequestReceived):
        return Request(event)
    assert state is not None, f"a request begins with request.received, not with {type(event).__name__}"
    return _CHANGES[type(event)](state, event)


def _suggested(state: Request, event: RequestSuggested) -> Request:
    return replace(
        state,
        model=event.model,
        candidates=event.candidates,
        auto=event.auto,
        advised=event.route,
        flags=event.flags,
        grounds=event.grounds,
        blocks=event.blocks,
    )


def _place_suggested(state: Request, event: RequestPlaceSuggested) -> Request:
    return replace(state, spots=event)


def _placed(state: Request, event: RequestPlaced) -> Request:
    return replace(state, placed=event)


def _routed(state: Request, event: RequestRouted) -> Request:
    """Whoever routes a danger has looked at it, as events from before `request.heeded` say by this alone."""
    heeded = state.heeded or (state.in_danger and not event.auto and event.by not in MACHINES)
    clue = event if event.route == "police_clue" else state.clue
    return replace(state, route=event.route, clue=clue, heeded=heeded)


def _heeded(state: Request, _event: RequestHeeded) -> Request:
    return replace(state, heeded=True)


def _supplemented(state: Request, event: RequestSupplemented) -> Request:
    return replace(state, added=(*state.added, event.text))


def _viewed(state: Request, _event: RequestViewed) -> Request:
    """Being looked at changes nothing; the event is the record of it."""
    return state


def _compared(state: Request, _event: RequestCompared) -> Request:
    """Advice changes nothing; the event is the record of it."""
    return state


def _divided(state: Request, event: RequestDivided) -> Request:
    return replace(state, parts=event.parts, blocks=event.blocks or state.blocks)


def _linked(state: Request, event: RequestLinked) -> Request:
    return replace(state, case=event.case, left="", linked_at=event.at)


def _unlinked(state: Request, event: RequestUnlinked) -> Request:
    left = replace(state, case="", left=state.case, linked_at=0, answer="", ending="", closed_at=0)
    return (
        left
        if event.promised_at is None
        else replace(left, promised_at=event.promised_at, provisional=event.provisional)
    )


def _answered(state: Request, event: RequestAnswered) -> Request:
    return replace(state, answer=event.text, ending=event.ending)


def _closed(state: Request, event: RequestClosed) -> Request:
    return replace(state, closed_at=event.at)


def _reopened(state: Request, _event: RequestReopened) -> Request:
    """What was replied did not hold."""
    return replace(state, answer="", ending="", closed_at=0)


_CHANGES: dict[type, Callable[[Request, Any], Request]] = {
    RequestSuggested: _suggested,
    RequestCompared: _compared,
    RequestDivided: _divided,
    RequestPlaceSuggested: _place_suggested,
    RequestPlaced: _placed,
    RequestRouted: _routed,
    RequestHeeded: _heeded,
    RequestSupplemented: _supplemented,
    RequestViewed: _viewed,
    RequestLinked: _linked,
    RequestUnlinked: _unlinked,
    RequestAnswered: _answered,
    RequestClosed: _closed,
    RequestReopened: _reopened,
}
