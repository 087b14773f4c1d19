"""What the pages and the API of handling are given: the ledger, the cases, and what other slices lend through ports.

Requests live in another slice; handling asks for the vault refs of a request and opens them itself, after `sight` has
said what may be seen. So there is one place in handling where personal data comes out of the vault.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple, Protocol

import msgspec

from sanban.handling.aggregate import CaseAggregate
from sanban.handling.ports import Relay
from sanban.kernel.case.situation import Situation
from sanban.kernel.case.state import Case
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism, Title
from sanban.kernel.party import Links
from sanban.kernel.permission import Actor
from sanban.kernel.view import Language
from sanban.ledger.port import Ledger, Reader
from sanban.packs.joint.gates import gate_title


class RequestRefs(msgspec.Struct, frozen=True):
    """Vault refs of one request, '' where there is none. `added`: what the requester said later."""

    text: str = ""
    name: str = ""
    phone: str = ""
    address: str = ""
    added: tuple[str, ...] = ()


RequestRefsOf = Callable[[Sequence[str]], Mapping[str, RequestRefs]]
"""Request ids -> their refs; unknown ids are absent."""


class Diagrams(Protocol):
    """Draws a mechanism."""

    def svg(self, mechanism: Mechanism, state: str, language: Language, *, near: bool = False) -> str:
        """The mechanism's states and steps as SVG, with `state` marked ('' = none), or it and its neighbours alone."""
        ...


def no_requests(_ids: Sequence[str]) -> Mapping[str, RequestRefs]:
    """Nothing is known of any request."""
    return {}


def no_matters(_now: int) -> Sequence[Mechanism]:
    """No matter to choose."""
    return ()


UnsaidOf = Callable[[str, Collection[str]], Refused | None]
"""A request's id and whom a case is about -> why the request cannot join it by its id alone, None when it can."""


def nothing_unsaid(_request: str, _subjects: Collection[str]) -> Refused | None:
    """No request names anybody."""
    return None


class Words(NamedTuple):
    """What was said of a case later, at `at`, and the unit that has to know of it."""

    case: str
    unit: str
    at: int


UnreadOf = Callable[[Collection[Words]], Collection[str]]
"""The ids of those cases whose later words nobody of the unit has been shown."""


def all_read(_words: Collection[Words]) -> Collection[str]:
    """Nothing waits to be read."""
    return ()


class VisitOfDay(msgspec.Struct, frozen=True):
    """A service visit of the day. `held_at`: microseconds UTC; `owed`: whether it is open still."""

    visit: str
    number: str
    held_at: int
    issues: int
    is_open: bool


VisitsOf = Callable[[Sequence[str], int, int], Sequence[VisitOfDay]]
"""Units and a span of time -> the visits they held or will hold in it."""


def no_answers(_mechanism: str) -> Mapping[str, Title]:
    """No template answer."""
    return {}


def no_visits(_units: Sequence[str], _since: int, _until: int) -> Sequence[VisitOfDay]:
    """Nothing is known of any visit."""
    return ()


class Needs(msgspec.Struct, frozen=True):
    """Everything handling's pages and API work with. `matters`: the mechanisms in force at an instant, by name.

    `answers`: the template answers of a mechanism by its key. `has_files`, `has_notices`, `has_room`: whether pages for
    a case's files, notices and joint work stand beside ours. `relay`: lends numbers to speak through, None where nobody
    does. `unsaid`: what has to be said of a request before it joins a case about these parties. `unread`: which
    later words nobody of the unit has been shown; `gate`: what a gate of a plan is called.
    """

    ledger: Ledger
    reader: Reader
    cases: CaseAggregate
    diagrams: Diagrams | None = None
    requests: RequestRefsOf = no_requests
    matters: Callable[[int], Sequence[Mechanism]] = no_matters
    has_files: bool = False
    has_notices: bool = False
    has_room: bool = False
    visits: VisitsOf = no_visits
    answers: Callable[[str], Mapping[str, Title]] = no_answers
    relay: Relay | None = None
    unsaid: UnsaidOf = nothing_unsaid
    unread: UnreadOf = all_read
    gate: Callable[[str], Title] = partial(gate_title, MappingProxyType({}))

    @property
    def links(self) -> Links:
        """Who acts for whom, as the ledger knows it now."""
        return self.cases.links_now(self.reader)

    def situation(self, case: Case, viewer: Actor, now: int) -> Situation:
        """What the kernel needs to say which steps a viewer may take now."""
        return Situation(
            mechanism=self.cases.pinned(case),
            actor=viewer,
            now=now,
            calendar=self.cases.calendar,
            duty=self.cases.duty(None),
            links=self.links,
            mechanism_of=self.cases.mechanisms.mechanism_of,
            matters=self.cases.mechanisms.versions,
        )
