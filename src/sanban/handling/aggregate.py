"""The stream kind `case` as the ledger sees it: the kernel's engine, given the district it works for.

A case is decided under the mechanism version its state is pinned to; only opening looks for the version in force.
Rulings kept as precedents stand in the stream `directory:main` and join the duty table.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import msgspec

from sanban.handling.directory import STREAM as DIRECTORY
from sanban.handling.directory import Precedents, duty_with
from sanban.handling.ports import Mechanisms
from sanban.handling.projections import case_tables
from sanban.handling.public import public_requests
from sanban.kernel.case.engine import decide
from sanban.kernel.case.event import Event
from sanban.kernel.case.fold import fold
from sanban.kernel.case.situation import Command, Situation
from sanban.kernel.case.state import Case
from sanban.kernel.case.timers import wanted_timers
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.party import NO_LINKS, Links
from sanban.ledger.port import Part, Projection, Timer, Turn

KIND = "case"
OPEN = "open"

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def stream_of(case_id: str) -> str:
    """The stream of a case's id."""
    return f"{KIND}:{case_id}"


class CaseAggregate:
    """Cases of one district. `duty` is the table from the district's files; precedents from the ledger join it."""

    kind = KIND

    def __init__(self, mechanisms: Mechanisms, calendar: Calendar, duty: DutyTable, links: Links = NO_LINKS) -> None:
        self.mechanisms = mechanisms
        self.calendar = calendar
        self.links = links
        self._duty = duty
        self._joined: tuple[Precedents | None, DutyTable] = (None, duty)
        self.projections: tuple[Projection, ...] = (*case_tables(self.pinned), public_requests(self.pinned))

    def encode(self, event: Event) -> tuple[str, int, bytes]:
        """(type, v, payload): the bytes that are stored and hashed."""
        return str(event.__struct_config__.tag), event.v, _ENCODER.encode(event)

    def decode(self, type: str, v: int, payload: bytes) -> Event:  # noqa: A002 -- the column's own name
        """The event; raises `SanbanError` for one that this program does not know."""
        try:
            event = _DECODER.decode(payload)
        except msgspec.ValidationError as error:
            raise SanbanError(f"{type} v{v} is not an event of a case: {error}", "case.opened v1") from error
        if event.v > 1:
            raise SanbanError(f"{type} v{v} was written by a newer program", "upgrade this installation")
        return event

    def decide(self, state: Case | None, part: Part, turn: Turn) -> Sequence[Event] | Refused:
        """The kernel's decision. `open` carries the matter besides its arguments; the version in force is pinned."""
        args: dict[str, Any] = part.args
        if state is None:
            matter = args.get("matter")
            mechanism = self.mechanisms.mechanism_of(matter, turn.now) if isinstance(matter, str) else None
            if mechanism is None or part.step != OPEN:
                return Refused("unknown_matter", f"there is no matter {matter!r} in force, or no such case", "noise")
            args = {name: value for name, value in args.items() if name != "matter"}
        else:
            mechanism = self.pinned(state)
        return decide(state, Command(part.step, args), self.situation(mechanism, turn))

    def fold(self, state: Case | None, event: Event) -> Case:
        return fold(state, event)

    def timers(self, state: Case) -> Sequence[Timer]:
        return [_timer(*wanted) for wanted in wanted_timers(state)]

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
        mechanism_of = self.mechanisms.mechanism_of
        return Situation(mechanism, turn.actor, turn.now, self.calendar, duty, self.links, number, mechanism_of)

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
    return Timer(f"{step}.{subject}", at, step, {name: subject})
