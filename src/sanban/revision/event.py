"""What happens to a proposal: proposed, replayed, decided on by a person, in force, measured. Codes and numbers."""

from __future__ import annotations

import msgspec

from sanban.kernel.case.words import Code, Id
from sanban.revision.effect import Effect
from sanban.revision.proposing.finding import Finding
from sanban.revision.replay.result import Replayed


class RevisionEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all have: when recorded (microseconds UTC) and by whom."""

    v: int = 1
    at: int
    actor: Code


class RevisionProposed(RevisionEvent, frozen=True, tag="revision.proposed"):
    """`since`, `until`: of the cases that it rests on; `tests`: how many rules were looked at."""

    id: Id
    finding: Finding
    since: int
    until: int
    tests: int = 0


class RevisionReplayed(RevisionEvent, frozen=True, tag="revision.replayed"):
    """What the record would have been under it, by each response."""

    results: tuple[Replayed, ...]


class RevisionApproved(RevisionEvent, frozen=True, tag="revision.approved"):
    """In force from this day on, YYYY-MM-DD. `adopted`: digest of the authority and document that the file names."""

    day: Code
    adopted: Code = ""


class RevisionRefused(RevisionEvent, frozen=True, tag="revision.refused"):
    ground: Code


class RevisionEnacted(RevisionEvent, frozen=True, tag="revision.enacted"):
    """The file was written; `digest` is its SHA-256, `from_at` when it comes into force."""

    digest: Code
    from_at: int


class RevisionMeasured(RevisionEvent, frozen=True, tag="revision.measured"):
    """What came of it: counted of the record up to a position, as of an instant; 0 where an older event has neither."""

    effect: Effect
    position: int = 0
    counted_at: int = 0


Event = RevisionProposed | RevisionReplayed | RevisionApproved | RevisionRefused | RevisionEnacted | RevisionMeasured
