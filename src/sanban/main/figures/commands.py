"""What `sanban figures` tells: figures of a period with what they are made of, and the cases behind one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec

from sanban.columnar.session import Session
from sanban.columnar.snapshot import Place
from sanban.kernel.errors import SanbanError
from sanban.kernel.mechanism import Title
from sanban.main.figures.wiring import figures_of, open_facts
from sanban.main.house import House
from sanban.packs.figures.definition import Definition
from sanban.scorecard.figures.asking import ask, cases_of
from sanban.scorecard.figures.result import Counted, Result, Standing
from sanban.scorecard.figures.spans import Period, period_of
from sanban.scorecard.figures.standing import Expected, expected_of


class Told(msgspec.Struct, frozen=True):
    """One figure of a unit, or of the district (None). `interval`: 95 %; `expected`: of cases like its own."""

    figure: str
    title: Title
    unit: str | None
    value: str
    numerator: int
    denominator: int | None
    excluded: Mapping[str, int]
    readmitted: int
    interval: str
    standing: Standing
    expected: Expected | None
    assumption: Title | None
    source: str


class Figures(msgspec.Struct, frozen=True):
    """Figures of a period, as of a place in the ledger. `cases`: behind the one figure that was asked for."""

    period: Period
    place: Place
    figures: tuple[Told, ...]
    cases: tuple[Counted, ...] = ()


def figures(
    house: House, period: str, key: str, unit: str | None, position: int | None, *, cases: bool, page: int
) -> Figures:
    """The figures in force on the period's first day. Raises SanbanError for what there is not."""
    asked = period_of(period or f"{dt.datetime.fromtimestamp(house.clock() / 1e6, house.zone):%Y-%m}", house.calendar)
    book = figures_of(house.home.folder)
    wanted = (book.figure(key, asked.first),) if key else book.in_force(asked.first)
    if unit is not None and unit not in house.district.titles:
        raise SanbanError(f"there is no unit {unit!r} in this district", f"--unit {next(iter(house.district.titles))}")
    if cases and not key:
        raise SanbanError("cases are those behind one figure", "--cases --figure resolved")
    with open_facts(house, position=position) as session:
        told = [each for one in wanted for each in _told(session, one, asked, unit, whole=bool(key))]
        behind = cases_of(session, wanted[0], asked, unit, page_no=page) if cases else ()
        return Figures(asked, session.place, tuple(told), behind)


def _told(session: Session, figure: Definition, period: Period, unit: str | None, *, whole: bool) -> Sequence[Told]:
    """The district's, or the unit's; with every unit's where one figure is looked at as a `whole`."""
    asked = ask(session, figure, period)
    expected = expected_of(asked)
    if unit is not None:
        return [_one(asked.of(unit), expected.get(unit))]
    units = asked.units.items() if whole else ()
    return [_one(asked.district, None), *(_one(result, expected.get(name)) for name, result in units)]


def _one(result: Result, expected: Expected | None) -> Told:
    return Told(
        figure=result.key,
        title=result.title,
        unit=result.unit,
        value=result.value,
        numerator=result.numerator,
        denominator=result.denominator,
        excluded=result.excluded,
        readmitted=result.readmitted,
        interval=str(result.interval or ""),
        standing=result.standing,
        expected=expected,
        assumption=result.figure.assumption,
        source=result.figure.source,
    )
