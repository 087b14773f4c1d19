"""What ratings work with besides what all parts around a whistle do."""

from __future__ import annotations

from sanban.joint.surrounding import Needs as SurroundingNeeds
from sanban.packs.joint.rating import RatingTerms


class Needs(SurroundingNeeds, frozen=True, kw_only=True):
    """`terms`: how units are rated here."""

    terms: RatingTerms
