"""Reads `rating.yaml`: how a street rates the units that it whistled for.

    criteria: {reported_in: {title: {...}, points: 40, attendance: yes}, ...}
    good_from: 80                          # percent of all points from which a unit did well
    within: {rate: 5 working_days, appeal: 5 working_days, review: 5 working_days}
    grounds: {wrong_fact: {zh: ..., en: ...}}                       # of an appeal
    exclusions: {cap: 20, grounds: {not_its_duty: {zh: ..., en: ...}}}
    minimum: 5                             # ratings below which a unit has no score

A unit that was marked absent gets no point for a criterion of `attendance`. No more than `cap` percent of a unit's
ratings can be left out: what is excluded beyond that counts all the same. The figure `rated_good` has its cap and its
least number from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from sanban.kernel.clock.limit import Length
from sanban.kernel.mechanism import Title
from sanban.packs.joint.opening import length_of, opened, titles_of
from sanban.packs.reading.section import Section

FILE_NAME: Final = "rating.yaml"
_CRITERION: Final = "{reported_in: {title: {zh: 按时报到, en: Reported in}, points: 40, attendance: yes}}"


class Criterion(msgspec.Struct, frozen=True):
    """What a unit is rated by, with the most points for it."""

    title: Title
    points: int
    attendance: bool


class RatingTerms(msgspec.Struct, frozen=True):
    """How units are rated. `good_from` and `cap` in percent."""

    origin: str
    criteria: Mapping[str, Criterion]
    good_from: int
    rate: Length
    appeal: Length
    review: Length
    grounds: Mapping[str, Title]
    exclusions: Mapping[str, Title]
    cap: int
    minimum: int

    @property
    def most(self) -> int:
        """All points there are."""
        return sum(one.points for one in self.criteria.values())

    def is_good(self, points: int) -> bool:
        """Whether a unit with so many points did well."""
        return points * 100 >= self.good_from * self.most


def load_rating_terms(district: Path) -> RatingTerms:
    """The terms of a district's folder, else the shipped illustration. Raises FaultsFound with every fault."""
    with opened(district, FILE_NAME, "rating") as (root, origin):
        within = root.section("within", "within", example="{rate: 5 working_days, ...}", required=True) or root
        exclusions = root.section("exclusions", "exclusions", example="{cap: 20, grounds: ...}", required=True) or root
        terms = RatingTerms(
            origin=origin,
            criteria=_criteria(root),
            good_from=root.integer("good_from", 1, 100, default=80, required=True),
            rate=length_of(within, "rate"),
            appeal=length_of(within, "appeal"),
            review=length_of(within, "review"),
            grounds=titles_of(root, "grounds", "ground"),
            exclusions=titles_of(exclusions, "grounds", "ground"),
            cap=exclusions.integer("cap", 0, 50, default=20, required=True),
            minimum=root.integer("minimum", 2, 1_000, default=5, required=True),
        )
        within.close()
        exclusions.close()
    return terms


def _criteria(root: Section) -> dict[str, Criterion]:
    table = root.section("criteria", "criteria", example=_CRITERION, required=True)
    if table is None:
        return {}
    found = {name: _criterion(section) for name, section in table.each("criterion").items()}
    if not any(one.attendance for one in found.values()):
        root.refuse(table.node, "no_attendance", "no criterion says whether the unit was there", _CRITERION)
    return found


def _criterion(section: Section) -> Criterion:
    found = Criterion(
        section.title(required=True) or Title("?", "?"),
        section.integer("points", 1, 100, default=10, required=True),
        section.flag("attendance"),
    )
    section.close()
    return found
