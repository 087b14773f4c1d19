"""The events of coordination meetings, in the one stream `meeting:district`. Texts stand in the vault.

`at`: recorded, microseconds UTC; `by`: the account, `system` for what time does.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sanban.kernel.case.words import Code, Id, TextRef
from sanban.kernel.clock.limit import Length

AdoptedKind = Literal["path", "yearly_list"]


class MeetingEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all have."""

    v: int = 1
    at: int
    by: Code


class AgendaCase(msgspec.Struct, frozen=True):
    """A case on an agenda: its number, and since when it waits (microseconds UTC)."""

    case: Id
    number: Code
    since: int


class MeetingCalled(MeetingEvent, frozen=True, tag="meeting.called"):
    """A meeting, with its agenda: first the decisions that are undone, then cases of the ageing board."""

    meeting: Id
    number: Code
    held_at: int
    undone: tuple[Id, ...] = ()
    cases: tuple[AgendaCase, ...] = ()


class MeetingDecided(MeetingEvent, frozen=True, tag="meeting.decided"):
    """What was decided is a task: who does it, and by when. `case` '' where it is about none."""

    meeting: Id
    decision: Id
    unit: Code
    limit: Length
    due_at: int
    text: TextRef
    case: Id = ""


class MeetingMinuted(MeetingEvent, frozen=True, tag="meeting.minuted"):
    """The minutes end the meeting."""

    meeting: Id
    minutes: TextRef


class MeetingAdopted(MeetingEvent, frozen=True, tag="meeting.adopted"):
    """A path of a matter (`what`: its code) or a yearly list (its year) is adopted, citing these minutes."""

    meeting: Id
    kind: AdoptedKind
    what: Code
    minutes: TextRef


class DecisionFinished(MeetingEvent, frozen=True, tag="decision.finished"):
    """The owner says that it is done. `awaits`: the meeting has to accept that; with the first ones it was done so."""

    decision: Id
    note: TextRef = ""
    awaits: bool = False


class DecisionAccepted(MeetingEvent, frozen=True, tag="decision.accepted"):
    """The meeting accepts what the owner reported: done, as of the report."""

    decision: Id


class DecisionSentBack(MeetingEvent, frozen=True, tag="decision.sent_back"):
    """The meeting finds what was reported wanting, and says why: it is to be done by a new time."""

    decision: Id
    reason: TextRef
    limit: Length
    due_at: int


class DecisionMissed(MeetingEvent, frozen=True, tag="decision.missed"):
    """Its time has passed undone; that stays."""

    decision: Id


Event = (
    MeetingCalled
    | MeetingDecided
    | MeetingMinuted
    | MeetingAdopted
    | DecisionFinished
    | DecisionAccepted
    | DecisionSentBack
    | DecisionMissed
)
