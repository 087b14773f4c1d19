"""The list itself: every matter's year in numbers, from the table of cases, ordered by declared points.

    cases        opened in the year
    requests     behind them: merging does not make demand look smaller
    repeats      of the cases: asked about again by the same requester, or reopened after closing; a neighbour who
                 asks about the same outage is demand, no repeat
    unresolved   of the cases: still open, or ended otherwise than the declared endings that count as resolved

One statement; the same ledger gives the same list, byte for byte. The same sums over a span of time are what an item's
measure goes by.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sanban.joint.surrounding import year_span
from sanban.joint.yearly.ports import Needs
from sanban.kernel.case.facts import came_again
from sanban.kernel.case.state import Case
from sanban.kernel.errors import Refused
from sanban.kernel.score import interval, share
from sanban.packs.joint.yearly import YearlyTerms

Measure = Literal["repeat_rate", "unresolved_share"]

UNRESOLVED = "closed_at IS NULL OR ending NOT IN ({resolved})"
_SUMS = (
    "SELECT matter, COUNT(*), SUM(requests), SUM(CASE WHEN again THEN 1 ELSE 0 END), "
    "SUM(CASE WHEN {unresolved} THEN 1 ELSE 0 END) FROM case_view "
    "WHERE district = :district AND opened_at >= :since AND opened_at < :until {only}GROUP BY matter ORDER BY matter"
)
_OPENED = (
    "SELECT case_id FROM case_view WHERE district = :district AND matter = :matter AND opened_at >= :since "
    "AND opened_at < :until ORDER BY case_id"
)
_END = "SELECT position FROM shard WHERE district = :district"


class MatterYear(msgspec.Struct, frozen=True):
    """A matter's year in numbers; shares in basis points with their 95 % interval, None of nothing."""

    matter: str
    cases: int
    requests: int
    repeats: int
    repeat_rate: int | None
    repeat_interval: tuple[int, int] | None
    unresolved: int
    unresolved_share: int | None
    unresolved_interval: tuple[int, int] | None
    points: int

    def counted(self, measure: Measure) -> int:
        """How many of the cases a measure counts."""
        return self.repeats if measure == "repeat_rate" else self.unresolved


class YearlyList(msgspec.Struct, frozen=True):
    """The matters of a year with the most points, and how many others there were. `position`: of the ledger."""

    year: str
    position: int
    rows: tuple[MatterYear, ...]
    others: int


def yearly_list(needs: Needs, year: str) -> YearlyList | Refused:
    """The list of a year, as the ledger gives it now."""
    span = year_span(needs.calendar, year)
    if isinstance(span, Refused):
        return span
    found = matter_years(needs, *span)
    fit = [one for one in found if one.cases >= needs.terms.least]
    ranked = sorted(fit, key=lambda one: (-one.points, one.matter))[: needs.terms.length]
    return YearlyList(year, position_of(needs), tuple(ranked), len(found) - len(ranked))


def position_of(needs: Needs) -> int:
    """Where the ledger ends now."""
    found = needs.reader.query(_END)
    return int(found[0][0]) if found else 0


def matter_years(needs: Needs, since: int, until: int, matter: str = "") -> list[MatterYear]:
    """The numbers of the cases opened in a span of time, by matter; of one matter alone where it is named."""
    resolved, endings = resolved_of(needs.terms)
    only, named = ("AND matter = :matter ", {"matter": matter}) if matter else ("", {})
    asked = {"since": since, "until": until, **endings, **named}
    unresolved = UNRESOLVED.format(resolved=resolved)
    rows = needs.reader.query(_SUMS.format(unresolved=unresolved, only=only), asked)
    return [_year(row[0], *map(int, row[1:]), terms=needs.terms) for row in rows]


def resolved_of(terms: YearlyTerms) -> tuple[str, dict[str, str]]:
    """The endings that count as resolved: their places in a statement, and what stands there."""
    endings = {f"ending{number}": ending for number, ending in enumerate(terms.resolved)}
    return ", ".join(f":{name}" for name in endings), endings


def cases_as_of(needs: Needs, matter: str, since: int, until: int) -> list[Case]:
    """The cases of a matter opened in a span of time, as each stood when it was over, whenever that is asked."""
    found = needs.reader.query(_OPENED, {"matter": matter, "since": since, "until": until})
    stood = (needs.reader.state(f"case:{row[0]}", at=until - 1) for row in found)
    return [case for case in stood if isinstance(case, Case)]


def counts(terms: YearlyTerms, case: Case, measure: Measure) -> bool:
    """Whether a measure counts the case."""
    return came_again(case) if measure == "repeat_rate" else case.closed_at is None or case.ending not in terms.resolved


def _year(matter: str, cases: int, requests: int, repeats: int, unresolved: int, *, terms: YearlyTerms) -> MatterYear:
    points = requests * terms.requests + repeats * terms.repeats + unresolved * terms.unresolved
    return MatterYear(
        matter=matter,
        cases=cases,
        requests=requests,
        repeats=repeats,
        repeat_rate=share(repeats, cases),
        repeat_interval=interval(repeats, cases),
        unresolved=unresolved,
        unresolved_share=share(unresolved, cases),
        unresolved_interval=interval(unresolved, cases),
        points=points,
    )
