"""What the scorecard's operations take and answer: plain values, each made from what the pages show."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from sanban.scorecard.moving import Moved
from sanban.scorecard.pages.overview import OverviewContext
from sanban.scorecard.pages.periods import OpenedLine
from sanban.scorecard.period.showing import LineRow
from sanban.scorecard.period.stream import AssessedPeriod
from sanban.scorecard.ports import Behind, Measured, Source, Stock, Stocked

Named = Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-(\d{2}|W\d{2}))?$(?!\n)")]

PageNumber = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
APPEAL = "appeal"


class PeriodQuery(msgspec.Struct, frozen=True):
    """`period`: a month (`2026-05`) or week (`2026-W21`); '' for this month."""

    period: Named = ""


class CasesQuery(msgspec.Struct, frozen=True):
    """`unit` '' for the district; `left`: `out` for what is left out of the number; `page` from 0."""

    period: Named = ""
    unit: Annotated[str, msgspec.Meta(max_length=64)] = ""
    left: Literal["", "out"] = ""
    page: PageNumber = 0


class PageQuery(msgspec.Struct, frozen=True):
    """`page` from 0."""

    page: PageNumber = 0


class OpenQuery(msgspec.Struct, frozen=True):
    """`age`: its code in `ages`, '' for any; `grid`: its code, `none` for no grid that is known, '' for any."""

    age: Annotated[str, msgspec.Meta(max_length=8)] = ""
    grid: Annotated[str, msgspec.Meta(max_length=64)] = ""
    page: PageNumber = 0

    @property
    def period(self) -> str:
        """What is open is open now."""
        return ""


class StockQuery(msgspec.Struct, frozen=True):
    """`of`: which number of `stock`, or `opened`; `matter`: its code in `matters`, '' for any."""

    period: Named = ""
    of: Stocked = "open"
    matter: Annotated[str, msgspec.Meta(max_length=96)] = ""
    page: PageNumber = 0


class LikenessItem(msgspec.Struct, frozen=True):
    """`observed` over what cases like the unit's own were `expected` to give: `raw` as it is, `drawn` towards 1.

    `low` and `high`: the 95 % interval of `drawn`.
    """

    observed: int
    expected: float
    drawn: float
    low: float
    high: float
    raw: float


class FigureItem(msgspec.Struct, frozen=True):
    """A figure of a unit, '' for the district: `numerator` of `denominator`, None where it only counts.

    `low` and `high`: the 95 % interval of a share, of one; `is_few`: below `least`, where only that may be read;
    `excluded`: how many are left out; `likeness`: observed over expected, None where nothing can be said; `compared`:
    how many of `denominator` it rests on.
    """

    figure: str
    unit: str
    better: str
    numerator: int
    denominator: int | None
    value: str
    low: float | None
    high: float | None
    least: int
    is_few: bool
    excluded: int
    likeness: LikenessItem | None
    compared: int
    assumed: bool


class PointItem(msgspec.Struct, frozen=True):
    """The figure in one period."""

    period: str
    numerator: int
    denominator: int | None
    value: str


class MovedItem(msgspec.Struct, frozen=True):
    """Against the period `since`. `moved`: 1, -1, 0 within chance, None of nothing.

    `low` and `high`: of a share, the interval of the difference; `change`: of a count, tenths of a per cent by the
    working day.
    """

    since: str
    value: str
    moved: int | None
    low: float | None
    high: float | None
    change: int | None


class ScorecardAnswer(msgspec.Struct, frozen=True):
    """Figures of a period, in the order in which they are declared."""

    period: str
    source: Source
    items: tuple[FigureItem, ...]


class FigureAnswer(msgspec.Struct, frozen=True):
    """One figure: the district's or the unit's, all units', the periods that end with this one, and how it moved."""

    period: str
    source: Source
    whole: FigureItem
    units: tuple[FigureItem, ...]
    trend: tuple[PointItem, ...]
    changes: tuple[MovedItem, ...]


class CaseItem(msgspec.Struct, frozen=True):
    """One thing behind a number. `part`: of the case, '' for the whole; `excluded`: by which exclusion, '' by none."""

    case: str
    number: str
    part: str
    unit: str
    at: int
    holds: bool
    excluded: str


class CasesAnswer(msgspec.Struct, frozen=True):
    """A page of what is behind a number, what speaks against it first."""

    period: str
    source: Source
    figure: FigureItem
    cases: tuple[CaseItem, ...]
    more: bool


class CountedAnswer(msgspec.Struct, frozen=True):
    """A page of the cases behind a number of the overview, the oldest first."""

    source: Source
    cases: tuple[CaseItem, ...]
    more: bool


class LineAnswer(msgspec.Struct, frozen=True):
    """A published line and a page of what it counts, at the position it was counted at.

    Its numbers are those of the cases that the account may know of. `excluded` of a case: `appeal` took it out.
    """

    period: str
    position: int
    figure: str
    unit: str
    numerator: int
    denominator: int
    cases: tuple[CaseItem, ...]
    more: bool


class PeriodItem(msgspec.Struct, frozen=True):
    """A published period. `waiting`: appeals that nobody has decided yet."""

    period: str
    state: str
    drafted_at: int
    appeal_until: int
    appeals: int
    waiting: int


class PeriodsAnswer(msgspec.Struct, frozen=True):
    """Published periods, the latest first."""

    items: tuple[PeriodItem, ...]


class LineItem(msgspec.Struct, frozen=True):
    """A line: as drafted, and after appeals. `withheld`: its numbers would point to a case kept from this account."""

    figure: str
    unit: str
    better: str
    numerator: int
    denominator: int
    numerator_after: int
    denominator_after: int
    excluded: int
    withheld: bool


class PeriodAnswer(msgspec.Struct, frozen=True):
    """A period's lines at the position that they were counted at; `state` draft or final.

    `district`: the totals, requests and cases among them, for who sees every unit's.
    """

    period: str
    state: str
    position: int
    head: str
    appeal_until: int
    items: tuple[LineItem, ...]
    district: tuple[LineItem, ...]


class DirectionItem(msgspec.Struct, frozen=True):
    """One figure of an index, the way it should go, and how it moved."""

    index: str
    way: str
    figure: FigureItem
    moved: int | None
    change: int | None


class CountItem(msgspec.Struct, frozen=True):
    """So many of an age in days, a matter or a grid."""

    code: str
    count: int


class OverviewAnswer(msgspec.Struct, frozen=True):
    """What the wall shows of a month or week."""

    period: str
    source: Source
    directions: tuple[DirectionItem, ...]
    came: tuple[FigureItem, ...]
    stock: Stock
    ages: tuple[CountItem, ...]
    matters: tuple[CountItem, ...]
    grids: tuple[CountItem, ...]


def item_of(one: Measured) -> FigureItem:
    """A figure."""
    low, high = one.interval or (None, None)
    return FigureItem(
        figure=one.figure,
        unit=one.unit,
        better=one.better,
        numerator=one.holds,
        denominator=one.n,
        value=one.value,
        low=low,
        high=high,
        least=one.least,
        is_few=one.is_few,
        excluded=one.excluded,
        likeness=LikenessItem(*one.likeness, one.likeness.raw) if one.likeness else None,
        compared=one.compared,
        assumed=one.assumption is not None,
    )


def moved_of(one: Moved) -> MovedItem:
    """How it moved."""
    low, high = one.between or (None, None)
    return MovedItem(one.since, one.then.value, one.moved, low, high, one.change)


def case_of(one: Behind) -> CaseItem:
    """One thing behind a number."""
    return CaseItem(one.case, one.number, one.part, one.unit, one.at, one.holds, one.excluded)


def line_of(found: OpenedLine) -> LineAnswer:
    """A line with what it counts."""
    drafted, line = found.state.drafted, found.line
    items = (
        msgspec.structs.replace(case_of(one), excluded=APPEAL if (one.case, one.part) in found.left_out else "")
        for one in found.cases
    )
    return LineAnswer(
        drafted.period, drafted.position, line.figure, line.unit, line.holds, line.n, tuple(items), found.more
    )


def lines_of(state: AssessedPeriod, rows: tuple[LineRow, ...], district: tuple[LineRow, ...]) -> PeriodAnswer:
    """A period's lines."""
    drafted = state.drafted
    return PeriodAnswer(
        drafted.period,
        state.state,
        drafted.position,
        drafted.head,
        drafted.appeal_until,
        _items(rows),
        _items(district),
    )


def _items(rows: tuple[LineRow, ...]) -> tuple[LineItem, ...]:
    return tuple(
        LineItem(
            figure=row.first.figure,
            unit=row.first.unit,
            better=row.first.better,
            numerator=row.first.holds,
            denominator=row.first.n,
            numerator_after=row.second.holds,
            denominator_after=row.second.n,
            excluded=row.excluded,
            withheld=row.withheld,
        )
        for row in rows
    )


def wall_of(shown: OverviewContext) -> OverviewAnswer:
    """What the wall shows."""
    return OverviewAnswer(
        period=shown.period.name,
        source=shown.source,
        directions=tuple(
            DirectionItem(index.title.en, card.way, item_of(card.now), card.moved, card.change)
            for index in shown.indexes
            for card in index.cards
        ),
        came=tuple(map(item_of, shown.came)),
        stock=shown.stock,
        ages=tuple(CountItem(one.code, one.count) for one in shown.ages),
        matters=tuple(CountItem(one.code, one.count) for one in shown.matters),
        grids=tuple(CountItem(*one) for one in shown.grids),
    )
