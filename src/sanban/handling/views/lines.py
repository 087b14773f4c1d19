"""The parts of a case as a viewer sees it: plain values that are a page's context and an API answer alike.

What a viewer may not see is absent: None, an empty text, or not in the tuple. Instants are microseconds UTC; beside a
deadline stands the same as local time, midnight as 24:00 of the day it ends.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sanban.handling.disputes.listing import DisputeLine
from sanban.handling.views.masking import Requester
from sanban.handling.views.timeline import EventLine
from sanban.handling.views.timing import Age
from sanban.kernel.case.state import Case
from sanban.kernel.clock.explain import Line
from sanban.kernel.mechanism import Mechanism, Phase, Step, Title
from sanban.kernel.sight import Sight
from sanban.kernel.view import TimeLeft, Tone


class CallBackLine(msgspec.Struct, frozen=True):
    """What a requester said when asked; `satisfied` 1 to 5, 0 = not asked."""

    at: int
    reached: bool
    contacted: bool
    resolved: Literal["yes", "partly", "no", "unknown"]
    satisfied: int


class RequestLine(msgspec.Struct, frozen=True):
    """One request. `requester` None when the viewer may not know; `text` '' when there is none to show (see `told`).

    `unmasked_until`: the viewer sees the requester until then, on the record; 0 = by office, or not at all.
    `relay`: a number that leads to the requester, for this viewer, until `relay_until`; '' for none. `spared`: answered
    by notice, as the draw of call-backs had it.
    """

    number: int
    id: str
    received_at: int
    age: Age
    promised_at: int | None
    promised: str
    promised_left: TimeLeft | None
    told: Literal["full", "rewritten", "none"]
    channel: str = ""
    requester: Requester | None = None
    text: str = ""
    contacted_at: int | None = None
    replied_at: int | None = None
    repeat: int = 0
    found: bool = False
    own: bool = False
    call_back: CallBackLine | None = None
    spared: bool = False
    unmasked_until: int = 0
    relay: str = ""
    relay_until: int = 0


class TaskLine(msgspec.Struct, frozen=True):
    """What one unit has to do. `mine`: the viewer's unit has it; `text`: what a unit that helps reads of it."""

    id: str
    title: Title
    unit: Title
    station: Title | None
    state: str
    tone: Tone
    lead: bool
    mine: bool
    dispatched_at: int
    accepted_at: int | None
    silent: bool
    ended_at: int | None
    mandatory: bool
    reworked: int
    after: tuple[str, ...]
    text: str = ""


class ClockLine(msgspec.Struct, frozen=True):
    """A clock, its time left told for people (`left`) and in its own unit (`used`, `remaining`)."""

    id: str
    title: Title
    about: Title
    unit: Title
    started_at: int
    due_at: int | None
    due: str
    left: TimeLeft | None
    used: Title | None
    remaining: Title | None
    running: bool
    paused: bool
    stopped_at: int | None
    missed_at: int | None
    extended: int
    provisional: bool
    calendar: str


class StopLine(msgspec.Struct, frozen=True):
    """A suspension in force, or a wish that waits for an approver (`approver` '')."""

    kind: Literal["suspension", "extension"]
    about: str
    ground: Title
    unit: Title
    since: int
    review_at: int | None = None
    review: str = ""
    approver: str = ""


class SupervisionLine(msgspec.Struct, frozen=True):
    """Higher attention to a unit. `by`: the unit of whoever asked for it, '' for an office or a declared trigger."""

    level: Title
    unit: Title
    by: Title
    at: int
    answered_at: int | None


class FieldLine(msgspec.Struct, frozen=True):
    """An answer of the matter's form that the viewer may see. `value` is a code, a number or an opened text.

    `choice`: what the matter's file calls the code, None where the answer is no choice.
    """

    title: Title
    value: str
    kind: str
    choice: Title | None = None


class CaseView(msgspec.Struct, frozen=True):
    """A case through a viewer's eyes. `known_at`: as known then, None = now; `hidden_requests`: how many more.

    `about`: units and firms that it is about; `cleared`: those that it was said not to be about.
    `unread_at`: when its requesters or the city said more that nobody of the leading unit has read, 0 for no such.
    """

    id: str
    number: str
    mechanism: str
    matter: Title
    state_code: str
    state: Title
    tone: Tone
    phase: Phase
    phase_title: Title
    lead: Title
    desk: Title
    street: str
    grid: str
    place: str
    opened_at: int
    closed_at: int | None
    ending: Title | None
    priority: int
    supervised: bool
    found: bool
    reopened: int
    returns: int
    recurs: str
    late: bool
    due: ClockLine | None
    sight: Sight
    requests: tuple[RequestLine, ...]
    hidden_requests: int
    tasks: tuple[TaskLine, ...]
    clocks: tuple[ClockLine, ...]
    stops: tuple[StopLine, ...]
    fields: tuple[FieldLine, ...]
    events: tuple[EventLine, ...]
    supervision: tuple[SupervisionLine, ...] = ()
    disputes: tuple[DisputeLine, ...] = ()
    review_at: int | None = None
    review: str = ""
    known_at: int | None = None
    about: tuple[Title, ...] = ()
    cleared: tuple[Title, ...] = ()
    unread_at: int = 0


class Opened(msgspec.Struct, frozen=True):
    """What the pages need besides the view: the case itself, now, and the steps the viewer may take."""

    view: CaseView
    case: Case
    mechanism: Mechanism
    steps: tuple[Step, ...]


class ExplainedClock(msgspec.Struct, frozen=True):
    """A clock with the lines that lead to its due time. `other_calendar`: it was computed under an older one."""

    case_id: str
    number: str
    matter: Title
    clock: ClockLine
    lines: tuple[Line, ...]
    calendar: str
    other_calendar: bool
