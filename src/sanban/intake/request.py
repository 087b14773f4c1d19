"""The state of a request, folded from its events.

Who owns it: the receiving desk as long as it has no case, then the case's lead; nobody once it is closed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from sanban.intake.event import (
    Block,
    Candidate,
    Event,
    RequestAnswered,
    RequestClosed,
    RequestLinked,
    RequestReceived,
    RequestReopened,
    RequestRouted,
    RequestSuggested,
    RequestSupplemented,
    RequestUnlinked,
    RequestViewed,
)

RequestState = Literal["received", "routed", "linked", "answered", "closed"]


class Request(msgspec.Struct, frozen=True):
    """One thing one person said once. Fields as in the events; `case` is a case's id, '' while there is none.

    `advised`: the route that triage suggests; `route`: the one that was taken; `promised_at`: a date promised in a case
    that it has left; None for one that was promised none. `clue`: the last to the police. `added`: what
    the requester said later, as refs.
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
    linked_at: int = 0
    answer: str = ""
    ending: str = ""
    closed_at: int = 0
    added: tuple[str, ...] = ()
    promised_at: int | None = None
    provisional: bool = False
    clue: RequestRouted | None = None

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
    def best(self) -> Candidate | None:
        """The most confident suggestion."""
        return self.candidates[0] if self.candidates else None


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


def _routed(state: Request, event: RequestRouted) -> Request:
    return replace(state, route=event.route, clue=event if event.route == "police_clue" else state.clue)


def _supplemented(state: Request, event: RequestSupplemented) -> Request:
    return replace(state, added=(*state.added, event.text))


def _viewed(state: Request, _event: RequestViewed) -> Request:
    """Being looked at changes nothing; the event is the record of it."""
    return state


def _linked(state: Request, event: RequestLinked) -> Request:
    return replace(state, case=event.case, linked_at=event.at)


def _unlinked(state: Request, event: RequestUnlinked) -> Request:
    left = replace(state, case="", linked_at=0, answer="", ending="", closed_at=0)
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
    RequestRouted: _routed,
    RequestSupplemented: _supplemented,
    RequestViewed: _viewed,
    RequestLinked: _linked,
    RequestUnlinked: _unlinked,
    RequestAnswered: _answered,
    RequestClosed: _closed,
    RequestReopened: _reopened,
}
