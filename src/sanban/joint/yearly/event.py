"""The events of an item of a yearly list, in the stream `campaign:<year>.<matter>`. Texts stand in the vault.

`at`: recorded, microseconds UTC; `by`: the account, `system` for what time and measuring do.
"""

from __future__ import annotations

import msgspec

from sanban.joint.yearly.listing import Measure
from sanban.kernel.case.words import Code, Id, TextRef


class CampaignEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all have."""

    v: int = 1
    at: int
    by: Code


class Milestone(msgspec.Struct, frozen=True):
    """What has to be reached until `due_at` (microseconds UTC)."""

    due_at: int
    text: TextRef


class CampaignProposed(CampaignEvent, frozen=True, tag="campaign.proposed"):
    """A matter of the computed list is proposed, with its numbers then; `position`: of the ledger they came from.

    `carried`: the item of the year before that did not meet its measure, whose last numbers these are.
    """

    id: Id
    year: Code
    matter: Code
    cases: int
    requests: int
    repeats: int
    unresolved: int
    position: int
    carried: Id = ""

    def counted(self, measure: Measure) -> int:
        """How many of the cases a measure counts."""
        return self.repeats if measure == "repeat_rate" else self.unresolved


class CampaignAdopted(CampaignEvent, frozen=True, tag="campaign.adopted"):
    """A meeting adopted it, citing its minutes: whose it is, and the measure by which alone it ends.

    It ends when of the cases opened from `at` up to `measured_until` the measure counts less than `below` (basis
    points) of at least `minimum`.
    """

    meeting: Id
    minutes: TextRef
    unit: Code
    measure: Measure
    below: int
    minimum: int
    measured_until: int
    milestones: tuple[Milestone, ...] = ()


class MilestoneReached(CampaignEvent, frozen=True, tag="campaign.milestone_reached"):
    """Its owner has reached a milestone, counted from 1."""

    milestone: int


class MilestoneMissed(CampaignEvent, frozen=True, tag="campaign.milestone_missed"):
    """A milestone's time has passed; that stays."""

    milestone: int


class CampaignFellDue(CampaignEvent, frozen=True, tag="campaign.fell_due"):
    """The measure's time is over: it is measured as of then, and that ends the item."""


class CampaignMeasured(CampaignEvent, frozen=True, tag="campaign.measured"):
    """The measure, computed from the ledger as of `position`: it counts `count` of `cases`. `met`: below the mark.

    `position` 0: as of the instant at which the measure's time was over.
    """

    cases: int
    count: int
    position: int
    met: bool


class CampaignAccepted(CampaignEvent, frozen=True, tag="campaign.accepted"):
    """The measure was met when its time was over."""


class CampaignCarriedOver(CampaignEvent, frozen=True, tag="campaign.carried_over"):
    """The measure was not met when its time was over: it goes on as an item of `year`."""

    year: Code


Event = (
    CampaignProposed
    | CampaignAdopted
    | MilestoneReached
    | MilestoneMissed
    | CampaignFellDue
    | CampaignMeasured
    | CampaignAccepted
    | CampaignCarriedOver
)
