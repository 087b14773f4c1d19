"""Figures of a session: computed for the whole district and every unit in one question, and opened case by case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from sanban.columnar.session import Session
from sanban.packs.figures.definition import Definition
from sanban.scorecard.figures.building import Span
from sanban.scorecard.figures.preparing import listing, question
from sanban.scorecard.figures.result import Counted, Result
from sanban.scorecard.figures.spans import Period

PAGE = 50


class Stratum(NamedTuple):
    """What one unit has of one kind of case, exclusions aside."""

    unit: str
    mix: tuple[str, ...]
    n: int
    holds: int


class Asked(NamedTuple):
    """A figure of a period: of the district, of each unit that has anything, and the strata they are made of.

    What belongs to no unit is the district's alone.
    """

    district: Result
    units: Mapping[str, Result]
    strata: tuple[Stratum, ...]

    def of(self, unit: str) -> Result:
        """A unit's, of nothing where it had nothing."""
        nothing = msgspec.structs.replace(
            self.district,
            unit=unit,
            numerator=0,
            denominator=None if self.district.denominator is None else 0,
            excluded=dict.fromkeys(self.district.excluded, 0),
            readmitted=0,
        )
        return self.units.get(unit, nothing)


def ask(session: Session, figure: Definition, period: Period) -> Asked:
    """The figure with all its units. One question."""
    rows = session.answer(question(session, figure, _span(session, period)))
    units = sorted({row[0] for row in rows} - {""})
    by_unit = {unit: [row for row in rows if row[0] == unit] for unit in units}
    strata = [Stratum(unit, tuple(mix), n, holds) for unit, *mix, excluded, n, holds, _ in rows if not excluded]
    district = _result(session, figure, period, None, rows)
    results = {unit: _result(session, figure, period, unit, by_unit[unit]) for unit in units}
    return Asked(district, results, tuple(strata))


def compute(session: Session, figure: Definition, period: Period, unit: str | None = None) -> Result:
    """The figure of the district, or of one unit."""
    asked = ask(session, figure, period)
    return asked.district if unit is None else asked.of(unit)


def cases_of(
    session: Session,
    figure: Definition,
    period: Period,
    unit: str | None = None,
    *,
    excluded: bool = False,
    page_no: int = 0,
    size: int = PAGE,
    case: str = "",
) -> tuple[Counted, ...]:
    """A page of the things behind a figure, what speaks against it first; `excluded`: those it leaves out instead.

    `case`: of this one alone, where one is named.
    """
    which = {"unit": unit, "excluded": excluded, "limit": size, "offset": page_no * size, "case": case}
    return tuple(
        Counted(case, number, part, whose, at, bool(holds), left_out)
        for case, number, part, whose, at, holds, left_out in session.answer(
            listing(session, figure, _span(session, period), **which)
        )
    )


def _span(session: Session, period: Period) -> Span:
    """What of the period had come about at the session's place: a time that runs out later is not missed yet."""
    return Span(period.since, min(period.until, session.place.recorded_at + 1))


def _result(
    session: Session, figure: Definition, period: Period, unit: str | None, rows: Iterable[tuple[Any, ...]]
) -> Result:
    excluded: Counter[str] = Counter(dict.fromkeys([one.name for one in figure.exclusions], 0))
    numerator = denominator = readmitted = 0
    for _, *_, name, n, holds, again in rows:
        if name:
            excluded[name] += n
        else:
            numerator, denominator, readmitted = numerator + holds, denominator + n, readmitted + again
    return Result(
        figure=figure,
        period=period,
        unit=unit,
        numerator=numerator,
        denominator=None if figure.over is None else denominator,
        excluded=dict(excluded),
        readmitted=readmitted,
        place=session.place,
    )
