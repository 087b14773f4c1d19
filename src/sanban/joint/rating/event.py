"""The events of a rating, in the stream `rating:<whistle>.<unit>`. What was given is never written over.

`at`: recorded, microseconds UTC; `by`: the account, `system` for what time does. Texts stand in the vault.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sanban.kernel.case.words import Code, Id, TextRef

Outcome = Literal["upheld", "revised", "excluded"]


class RatingEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all have."""

    v: int = 1
    at: int
    by: Code


class RatingOpened(RatingEvent, frozen=True, tag="rating.opened"):
    """A unit was released from a whistle: its street may rate it until `until`. `absent`: it was not there in time.

    `number`: of the case.
    """

    id: Id
    case: Id
    number: Code
    whistle: Id
    unit: Code
    street: Code
    released_at: int
    until: int
    absent: bool = False


class RatingGiven(RatingEvent, frozen=True, tag="rating.given"):
    """The street's own rating: points by criterion, and whether that is well done by the terms of the day."""

    marks: dict[Code, int]
    points: int
    most: int
    good: bool
    appeal_until: int
    note: TextRef = ""


class RatingLapsed(RatingEvent, frozen=True, tag="rating.lapsed"):
    """The window ended without a rating: there is none, and there will be none."""


class RatingSettled(RatingEvent, frozen=True, tag="rating.settled"):
    """The unit's window ended without an appeal: the rating is final."""


class RatingAppealed(RatingEvent, frozen=True, tag="rating.appealed"):
    """The unit objects, on a ground; a reviewer decides by `review_until`."""

    ground: Code
    review_until: int
    note: TextRef = ""


class RatingReviewed(RatingEvent, frozen=True, tag="rating.reviewed"):
    """The second version, final: the rating stays, has other points, or is left out of the score on a ground."""

    outcome: Outcome
    reason: TextRef
    marks: dict[Code, int] = {}
    points: int = 0
    good: bool = False
    ground: Code = ""


Event = RatingOpened | RatingGiven | RatingLapsed | RatingSettled | RatingAppealed | RatingReviewed
