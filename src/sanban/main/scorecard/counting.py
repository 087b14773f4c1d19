"""The port `View` on a session of facts: figures by their files, stock, matters, ages and grids by plain counts.

This half needs the engine that counts; `wiring` loads it when a page or command first asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

import ibis.expr.types as ir

from sanban.columnar.session import Session, table_of
from sanban.kernel.clock.calendar import DAY
from sanban.kernel.mechanism import Title
from sanban.packs.figures.definition import Definition, FigureBook
from sanban.packs.figures.vocabulary import CASES
from sanban.scorecard.figures.asking import PAGE, ask, cases_of
from sanban.scorecard.figures.result import Counted, Result
from sanban.scorecard.figures.spans import Period
from sanban.scorecard.figures.standing import Expected, expected_of
from sanban.scorecard.ports import ALL, NO_GRID, Behind, Measured, Portion, Source, Stock, Stocked

AGES = (0, 3, 7, 15, 30)
"""Days from which an open case is older."""
STOCK: tuple[Stocked, ...] = ("closed", "open", "late")
MatterTitle = Callable[[str], Title]
UnitTitle = Callable[[str], Title]


class FactsView:
    """One session, asked in the scorecard's words."""

    def __init__(self, session: Session, book: FigureBook, unit: UnitTitle, matter: MatterTitle) -> None:
        place = session.place
        self.source = Source(place.position, place.head, place.recorded_at)
        self._session = session
        self._book = book
        self._unit = unit
        self._matter = matter

    def figures(self, period: Period, keys: Sequence[str] = ()) -> tuple[Measured, ...]:
        """Those in force on the period's first day, or of these keys."""
        in_force = self._book.in_force(period.first)
        wanted = [one for key in keys for one in in_force if one.key == key] if keys else in_force
        return tuple(measured for figure in wanted for measured in self._of(figure, period))

    def behind(
        self, figure: str, period: Period, unit: str, page: int, *, excluded: bool = False, case: str = ""
    ) -> tuple[tuple[Behind, ...], bool]:
        """A page of the things behind a figure."""
        definition = self._book.figure(figure, period.first)

        def some(page_no: int, size: int) -> tuple[Counted, ...]:
            return cases_of(
                self._session,
                definition,
                period,
                unit or None,
                excluded=excluded,
                page_no=page_no,
                size=size,
                case=case,
            )

        found = some(page, PAGE)
        return tuple(self._behind(one) for one in found), len(found) == PAGE and bool(some((page + 1) * PAGE, 1))

    def stock(self, period: Period) -> Stock:
        """Counted at the period's end, or at the view's own place where that comes first."""
        begun, conditions = self._stocked(period)
        counted = begun.aggregate(**{of: _sum(conditions[of]) for of in STOCK})
        ((ended, left, overdue),) = self._session.rows(counted)
        return Stock(int(ended or 0), int(left or 0), int(overdue or 0))

    def in_stock(self, period: Period, of: Stocked, page: int, matter: str = "") -> tuple[tuple[Behind, ...], bool]:
        """The oldest first."""
        begun, conditions = self._stocked(period)
        late = (begun.due_at.notnull() & (begun.due_at < begun.closed_at.fill_null(self._end(period)))).ifelse(1, 0)
        chosen = begun.filter(conditions[of])
        chosen = chosen.filter(chosen.matter == matter) if matter else chosen
        ordered = chosen.order_by("opened_at", "case_id")
        return self._page(ordered.select("case_id", "number", "lead", "opened_at", late=late), page)

    def matters(self, period: Period, before: Period) -> tuple[Portion, ...]:
        """Cases opened by matter."""
        cases = table_of(CASES)
        opened = cases.filter(cases.opened_at >= before.since, cases.opened_at < period.until)
        now = opened.opened_at >= period.since
        counted = opened.group_by("matter").aggregate(now=_sum(now), then=_sum(~now))
        rows = sorted(self._session.rows(counted), key=lambda row: (-row[1], row[0]))
        return tuple(Portion(matter, self._matter(matter), int(new), int(old)) for matter, new, old in rows if new)

    def ages(self, now: int) -> tuple[Portion, ...]:
        """Open cases by age."""
        days = [(now - opened_at) // DAY for (opened_at,) in self._session.rows(_open().select("opened_at"))]
        return tuple(
            Portion(str(least), age_title(least, most), sum(_within(day, least, most) for day in days))
            for least, most in zip(AGES, (*AGES[1:], None), strict=True)
        )

    def open_cases(
        self, now: int, least: int, most: int | None, grid: str, page: int
    ) -> tuple[tuple[Behind, ...], bool]:
        """The oldest first."""
        cases = _open()
        cases = cases.filter(cases.opened_at <= now - least * DAY)
        cases = cases if most is None else cases.filter(cases.opened_at > now - most * DAY)
        cases = cases.filter(cases.grid == ("" if grid == NO_GRID else grid)) if grid else cases
        late = (cases.due_at.notnull() & (cases.due_at <= now)).ifelse(1, 0)
        ordered = cases.order_by("opened_at", "case_id")
        return self._page(ordered.select("case_id", "number", "lead", "opened_at", late=late), page)

    def grids(self) -> Mapping[str, int]:
        """Open cases by grid."""
        cases = _open()
        placed = cases.filter(cases.grid != "")
        counted = placed.group_by("grid").aggregate(n=placed.count())
        return {grid: int(n) for grid, n in self._session.rows(counted)}

    def _end(self, period: Period) -> int:
        return min(period.until, self.source.at + 1)

    def _stocked(self, period: Period) -> tuple[ir.Table, Mapping[Stocked, Any]]:
        """Cases begun by the period's end, and the conditions of each part of its stock."""
        until, cases = self._end(period), table_of(CASES)
        begun = cases.filter(cases.opened_at < until)
        is_open = begun.closed_at.isnull() | (begun.closed_at >= until)
        closed = begun.closed_at.notnull() & (begun.closed_at >= period.since) & (begun.closed_at < until)
        late = is_open & begun.due_at.notnull() & (begun.due_at < until)
        return begun, {"closed": closed, "open": is_open, "late": late, "opened": begun.opened_at >= period.since}

    def _page(self, cases: ir.Table, page: int) -> tuple[tuple[Behind, ...], bool]:
        """Cases with when they were opened and whether they were late."""
        rows = self._session.rows(cases.limit(PAGE + 1, offset=page * PAGE))
        return tuple(
            Behind(case, number, "", unit, self._unit(unit), at, not late, "")
            for case, number, unit, at, late in rows[:PAGE]
        ), len(rows) > PAGE

    def _behind(self, one: Counted) -> Behind:
        unit = self._unit(one.unit)
        return Behind(one.case, one.number, one.part, one.unit, unit, one.at, one.holds, one.excluded)

    def _of(self, figure: Definition, period: Period) -> Sequence[Measured]:
        asked = ask(self._session, figure, period)
        expected = expected_of(asked)
        units = sorted(unit for unit in asked.units if unit)
        return [
            self._measured(asked.district, None),
            *(self._measured(asked.units[unit], expected.get(unit)) for unit in units),
        ]

    def _measured(self, result: Result, expected: Expected | None) -> Measured:
        figure = result.figure
        return Measured(
            figure=figure.key,
            title=figure.title,
            better=figure.better,
            unit=result.unit or ALL,
            unit_title=self._unit(result.unit or ALL),
            holds=result.numerator,
            n=result.denominator,
            excluded=sum(result.excluded.values()),
            least=figure.minimum_n,
            likeness=None if expected is None else expected.ratio,
            uncompared=() if expected is None else tuple(self._kinds(figure, expected)),
            assumption=figure.assumption,
            source=figure.source,
        )

    def _kinds(self, figure: Definition, expected: Expected) -> Iterator[tuple[Title, int]]:
        """What kinds of a unit's cases are called that are not compared, the most first."""
        for kind, count in sorted(expected.uncompared.items(), key=lambda pair: (-pair[1], pair[0])):
            yield self._matter(kind) if figure.mix == ("matter",) else Title(kind, kind), count

    def __enter__(self) -> FactsView:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()


def age_title(least: int, most: int | None) -> Title:
    """What an age is called."""
    if most is None:
        return Title(f"{least}天以上", f"{least} days and more")
    return Title(f"{least}—{most - 1}天", f"{least} to {most - 1} days")


def _within(day: int, least: int, most: int | None) -> bool:
    return least <= day and (most is None or day < most)


def _open() -> ir.Table:
    cases = table_of(CASES)
    return cases.filter(cases.closed_at.isnull())


def _sum(condition: Any) -> Any:
    return condition.ifelse(1, 0).sum().cast("int64")
