"""What `sanban figures` tells: figures of a period with what they are made of, and the cases behind one."""

from __future__ import annotations

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
from sanban.scorecard.figures.changing import Change, Verdict, change_of, trend
from sanban.scorecard.figures.result import Counted, Result, Standing
from sanban.scorecard.figures.spans import Period, before, holding, period_of, so_far, year_before
from sanban.scorecard.figures.standing import Expected, expected_of


class Moved(msgspec.Struct, frozen=True):
    """Against an earlier period. `by`: points of a share with their 95 % interval, or per cent by the working day."""

    since: str
    was: str
    by: str
    verdict: Verdict


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
    changes: tuple[Moved, ...] = ()


class Figures(msgspec.Struct, frozen=True):
    """Figures of a period, as of a place in the ledger.

    `cases`: behind the one figure that was asked for; `trend`: its value in each of the last twelve periods.
    """

    period: Period
    place: Place
    figures: tuple[Told, ...]
    cases: tuple[Counted, ...] = ()
    trend: tuple[tuple[str, str], ...] = ()


def figures(
    house: House,
    period: str,
    key: str,
    unit: str | None,
    position: int | None,
    *,
    cases: bool,
    page: int,
    changes: bool = False,
) -> Figures:
    """The figures in force on the period's first day. Raises SanbanError for what there is not."""
    calendar = house.calendar
    asked = period_of(period, calendar) if period else holding("month", house.clock(), calendar)
    book = figures_of(house)
    wanted = (book.figure(key, asked.first),) if key else book.in_force(asked.first)
    if unit is not None and unit not in house.district.titles:
        raise SanbanError(f"there is no unit {unit!r} in this district", f"--unit {next(iter(house.district.titles))}")
    if cases and not key:
        raise SanbanError("cases are those behind one figure", "--cases --figure resolved")
    with open_facts(house, position=position) as session:
        earlier = (before(asked, calendar), year_before(asked, calendar)) if changes else ()
        over = so_far(asked, house.clock() if position is None else session.place.recorded_at, calendar)
        told = [each for one in wanted for each in _told(session, one, over, earlier, unit, whole=bool(key))]
        behind = cases_of(session, wanted[0], asked, unit, page_no=page) if cases else ()
        own = trend(session, wanted[0], asked, calendar, unit) if changes and key else ()
        return Figures(asked, session.place, tuple(told), behind, tuple((one.period.name, one.value) for one in own))


def _told(
    session: Session, figure: Definition, period: Period, earlier: Sequence[Period], unit: str | None, *, whole: bool
) -> Sequence[Told]:
    """The district's, or the unit's; with every unit's where one figure is looked at as a `whole`."""
    asked = ask(session, figure, period)
    past = [ask(session, figure, one) for one in earlier]
    expected = expected_of(asked)
    if unit is not None:
        return [_one(asked.of(unit), [one.of(unit) for one in past], expected.get(unit))]
    units = asked.units if whole else {}
    return [
        _one(asked.district, [one.district for one in past], None),
        *(_one(result, [one.of(name) for one in past], expected.get(name)) for name, result in units.items()),
    ]


def _one(result: Result, past: Sequence[Result], expected: Expected | None) -> Told:
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
        changes=tuple(_moved(change_of(result, one)) for one in past),
    )


def _moved(change: Change) -> Moved:
    by = "" if change.by_day is None else f"{change.by_day / 10:+.1f} % a working day"
    if change.difference is not None:
        by = f"{100 * change.difference.low:+.1f} to {100 * change.difference.high:+.1f} points"
    return Moved(change.earlier.period.name, change.earlier.value, by, change.verdict)
