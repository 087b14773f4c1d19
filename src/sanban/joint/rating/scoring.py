"""A unit's score: how many of its ratings say that it did well, of how many, and what that may well be.

Two versions stand beside each other: v1 counts what the streets gave, v2 what the reviews made of it. What a review
left out is listed with its ground and counted, and no more than the declared share of all ratings is left out: beyond
that, the later ones count as they were given, and so does the last one that speaks against the unit. So no unit comes
to 100 % by excluding. Under the declared minimum there is an interval and no score; there is no rank at all. The figure
`rated_good` leaves out the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from sanban.joint.rating.ports import Needs
from sanban.kernel.permission import Actor
from sanban.kernel.score import interval, share
from sanban.packs.joint.rating import RatingTerms

PERCENT = 100
_ROWS = (
    "SELECT rating, case_id, number, street, state, given_at, points, good, final_points, final_good, excluded, "
    "reviewed_at FROM rating_view WHERE district = :district AND unit = :unit AND given_at >= :since "
    "AND given_at < :until AND given_at > 0 {kept}ORDER BY given_at, rating"
)


class RatedRow(msgspec.Struct, frozen=True):
    """One rating of a unit in a period, with both versions. `excluded`: the ground on which a review left it out."""

    rating: str
    case: str
    number: str
    street: str
    state: str
    given_at: int
    points: int
    good: bool
    final_points: int
    final_good: bool
    excluded: str
    reviewed_at: int


class Score(msgspec.Struct, frozen=True):
    """`good` of `n` ratings; shares in basis points. `excluded` were left out; `over_cap` should have been.

    `share` is None where nothing was rated, or too little for a score: then `rated` is no.
    """

    version: Literal[1, 2]
    n: int
    good: int
    excluded: int
    over_cap: int
    rated: bool
    share: int | None
    low: int | None
    high: int | None


class UnitScore(msgspec.Struct, frozen=True):
    """The score of a unit in a period, before and after appeals, and every rating behind it."""

    unit: str
    since: int
    until: int
    minimum: int
    cap: int
    first: Score
    final: Score
    rows: tuple[RatedRow, ...]
    left_out: tuple[str, ...]


def score_of(needs: Needs, viewer: Actor, unit: str, since: int, until: int) -> UnitScore:
    """The score over the ratings given in a span of time, microseconds UTC. One statement."""
    kept, selves = needs.kept(viewer, "rating_view")
    found = needs.reader.query(_ROWS.format(kept=kept), {"unit": unit, "since": since, "until": until, **selves})
    rows = tuple(map(_row, found))
    return score(unit, since, until, rows, needs.terms)


def score(unit: str, since: int, until: int, rows: Sequence[RatedRow], terms: RatingTerms) -> UnitScore:
    """The score of these ratings."""
    left_out = _left_out(sorted(rows, key=lambda row: (row.given_at, row.case, row.rating)), terms.cap)
    counted = [row for row in rows if row.rating not in left_out]
    wished = sum(row.excluded != "" for row in rows)
    return UnitScore(
        unit,
        since,
        until,
        terms.minimum,
        terms.cap,
        _score(1, [row.good for row in rows], 0, 0, terms.minimum),
        _score(2, [row.final_good for row in counted], len(left_out), wished - len(left_out), terms.minimum),
        tuple(rows),
        left_out,
    )


def _left_out(rows: Sequence[RatedRow], cap: int) -> tuple[str, ...]:
    """What of these, in their order, does not count: the first within the cap, and never the last that is bad."""
    bad = [row for row in rows if not row.final_good]
    spared = bad[-1] if bad and all(row.excluded for row in bad) else None
    within = [row for row in rows if row.excluded][: len(rows) * cap // PERCENT]
    return tuple(row.rating for row in within if row is not spared)


def _row(row: tuple[Any, ...]) -> RatedRow:
    return msgspec.convert(dict(zip(RatedRow.__struct_fields__, row, strict=True)), RatedRow, strict=False)


def _score(version: Literal[1, 2], goods: Sequence[bool], excluded: int, over_cap: int, minimum: int) -> Score:
    n, good = len(goods), sum(goods)
    rated = n >= minimum
    low, high = interval(good, n) or (None, None)
    return Score(version, n, good, excluded, over_cap, rated, share(good, n) if rated else None, low, high)
