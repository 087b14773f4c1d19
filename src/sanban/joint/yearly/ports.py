"""What the yearly list works with besides what all parts do."""

from __future__ import annotations

from collections.abc import Callable

from sanban.joint.surrounding import Needs as SurroundingNeeds
from sanban.kernel.mechanism import Title
from sanban.packs.joint.yearly import YearlyTerms


class Needs(SurroundingNeeds, frozen=True, kw_only=True):
    """`terms`: how the list is made here; `matter`: what a matter is called at an instant."""

    terms: YearlyTerms
    matter: Callable[[str, int], Title]
