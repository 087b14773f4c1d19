"""The stream kind `case` as the ledger sees it: the kernel's engine, given the district it works for.

A case is decided under the mechanism version its state is pinned to; only opening looks for the version in force.
Rulings kept as precedents stand in the stream `directory:main` and join the duty table; links between parties stand in
`party:links` and join those of the district's files.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

from sanban.handling.directory import STREAM as DIRECTORY
from sanban.handling.directory import Precedents, duty_with
from sanban.handling.disputes.table import case_disputes
from sanban.handling.figures.table import case_figures
from sanban.handling.joining import completed, verb_of
from sanban.handling.links import STREAM as LINKS
from sanban.handling.links import KnownLinks, links_with
from sanban.handling.ports import Mechanisms, RequestFactsOf, no_request
from sanban.handling.projections import case_tables
from sanban.handling.public import public_requests
from sanban.kernel.case.engine import decide
from sanban.kernel.case.event import Event
from sanban.kernel.case.fold import fold
from sanban.kernel.case.situation import Command, Situation
from sanban.kernel.case.state import Case
from sanban.kernel.case.timers import made_of_timers
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.party import NO_LINKS, Link, Links
from sanban.ledger.port import Part, Projection, Reader, Timer, Turn, encoded
from sanban.ledger.stream_kind import StreamKind

KIND = "case"
OPEN = "open"

_GROWN = "SELECT COALESCE(MAX(seq), 0) FROM ledger_event WHERE district = :district AND stream = :stream"


def stream_of(case_id: str) -> str:
    """The stream of a case's id."""
    return f"{KIND}:{case_id}"


class CaseAggregate(StreamKind[Event], kind=KIND, events=Event, noun="a case"):
    """Cases of one district. `duty` is the table from the district's files; precedents from the ledger join it."""

    def __init__(
        self,
        mechanisms: Mechanisms,
        calendar: Calendar,
        duty: DutyTable,
        links: Links = NO_LINKS,
        requests: RequestFactsOf = no_request,
        tables: tuple[Projection, ...] = (),
    ) -> None:
        """`requests`: what the state of a request's stream says of it. `tables`: those of others, filled from cases."""
        self.mechanisms = mechanisms
        self.requests = requests
        self.calendar = calendar
        self._links = links
        self._linked: tuple[KnownLinks | None, Links] = (None, links)
        self._links_read: tuple[int, KnownLinks | None] = (0, None)
        self._duty = duty
        self._joined: tuple[Precedents | None, DutyTable] = (None, duty)
        self.projections: tuple[Projection, ...] = (
            *case_tables(self.pinned),
            case_figures(self.pinned),
            case_disputes(),
            public_requests(self.pinned),
            *tables,
        )

    def decide(self, state: Case | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        """The kernel's decision. `open` carries the matter besides its arguments; the version in force is pinned.

        What a request that joins has to say comes from its own stream; whoever may not join it learns nothing of it.
        """
        args: dict[str, Any] = part.args
        if state is None:
            matter = args.get("matter")
            mechanism = self.mechanisms.mechanism_of(matter, turn.now) if isinstance(matter, str) else None
            if mechanism is None or part.step != OPEN:
                return Refused("unknown_matter", f"there is no matter {matter!r} in force, or no such case", "noise")
            args = args.copy()
            del args["matter"]
        else:
            mechanism = self.pinned(state)
        args, wrong = completed(verb_of(mechanism, part.step), args, turn, self.requests)
        outcome = decide(state, Command(part.step, args), self.situation(mechanism, turn))
        if wrong is not None and isinstance(outcome, Refused) and outcome.reason == "bad_arguments":
            return wrong
        return outcome

    fold = staticmethod(fold)

    def timers(self, state: Case) -> Sequence[Timer]:
        return tuple(made_of_timers(state, _timer))

    def rests(self, state: Case | None) -> bool:
        """Once it is closed: what may still come, as a dispute, comes seldom."""
        return state is not None and state.closed_at is not None

    def pinned(self, case: Case) -> Mechanism:
        """The mechanism version a case runs under. Raises SanbanError when its file is gone."""
        mechanism = self.mechanisms.by_key(case.mechanism)
        if mechanism is None:
            raise SanbanError(
                f"case {case.number} runs under {case.mechanism}, whose file is not here",
                "keep every version that open cases are pinned to",
            )
        return mechanism

    def situation(self, mechanism: Mechanism, turn: Turn) -> Situation:
        """What a decision is made from."""
        duty = self.duty(turn.look(DIRECTORY))
        number = partial(turn.number, KIND)
        known, links = self.mechanisms, self.links(turn.look(LINKS))
        found, matters = known.mechanism_of, known.versions
        return Situation(mechanism, turn.actor, turn.now, self.calendar, duty, links, number, found, matters)

    def links(self, known: KnownLinks | None) -> Links:
        """The district's links with the ledger's; built again only when one was added or ended."""
        if known is None:
            return self._links
        before, joined = self._linked
        if before is not known:
            joined = links_with(self._links, known)
            self._linked = (known, joined)
        return joined

    def links_now(self, reader: Reader) -> Links:
        """The links as a reader finds them. One statement."""
        return self.links(self._known(reader))

    def links_begun(self, reader: Reader, since: int, until: int) -> list[tuple[Link, int]]:
        """The links that came to hold after `since` and by `until`, with when: as they began, or were learnt later."""
        known = self._known(reader) or KnownLinks()
        filed = [(link, link.valid_from) for several in self._links.by_target.values() for link in several]
        learnt = [(one.link, max(one.link.valid_from, one.recorded_at)) for one in known.every]
        return [(link, at) for link, at in (*filed, *learnt) if since < at <= until]

    def _known(self, reader: Reader) -> KnownLinks | None:
        """The ledger's links; read again only when their stream has grown."""
        seq = int(reader.query(_GROWN, {"stream": LINKS})[0][0])
        read, known = self._links_read
        if read != seq:
            known = reader.state(LINKS)
            self._links_read = (seq, known)
        return known

    def duty(self, precedents: Precedents | None) -> DutyTable:
        """The duty table with the ledger's precedents; built again only when one was added."""
        if precedents is None:
            return self._duty
        known, joined = self._joined
        if known is not precedents:
            joined = duty_with(self._duty, precedents)
            self._joined = (precedents, joined)
        return joined


@lru_cache(16_384)
def _timer(at: int, step: str, name: str, subject: str) -> Timer:
    """Kept: a clock wants the same timers at every step until it stops."""
    return Timer(f"{step}.{subject}", at, step, encoded({name: subject}))
