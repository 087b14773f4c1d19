"""What handling asks of the rest of the house: mechanisms, and what a request's own stream says of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Protocol

import msgspec

from sanban.kernel.mechanism import Mechanism


class Mechanisms(Protocol):
    """All versions of all matters, as loaded from files."""

    @property
    def versions(self) -> Collection[str]:
        """The names of the matters."""
        ...

    def mechanism_of(self, matter: str, instant: int) -> Mechanism | None:
        """The version of a matter in force at the instant (microseconds UTC), None when there is none."""
        ...

    def by_key(self, key: str) -> Mechanism | None:
        """The version `matter@version`, in force or not."""
        ...


class RequestFacts(msgspec.Struct, frozen=True):
    """What a case takes over of a request that joins it, as the request's own stream says; nobody else says it.

    `received_at`: from when its age counts; `promised_at`: when it was promised a date in a case that it has left.
    """

    id: str
    requester: str
    channel: str
    received_at: int
    promised_at: int | None = None
    provisional: bool = False
    found: bool = False


class Relay(Protocol):
    """Lends numbers that lead to somebody's telephone for a while, and show neither side the other's."""

    def number(self, key: str, to: str) -> str:
        """A number that leads to `to`; the same key gives the same number. '' where none is to be had."""
        ...


RequestFactsOf = Callable[[Any], RequestFacts | None]
"""The state of a stream `request:ID` -> what it says; None for one that is not there."""


def no_request(_state: Any) -> RequestFacts | None:
    """Nothing is known of any request."""
    return None
