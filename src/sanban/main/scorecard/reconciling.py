"""`sanban scorecard reconcile`: a month of the ledger against the city's sheet of it, order by order or by totals.

A sheet that names orders is compared order by order; one of parts and a total is added up and set beside the ledger.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from sanban.intake.city.reconciling import Reconciled, reconcile_between
from sanban.intake.files.cells import clean
from sanban.intake.sheet import open_sheet
from sanban.kernel.errors import SanbanError
from sanban.main.city.wiring import city_needs_of, folder_city
from sanban.main.house import House
from sanban.scorecard.figures.spans import Period, period_of
from sanban.scorecard.period.totals import Totals, columns_of, totals_of

_MONTH = "--month 2026-05"
_REQUESTS = (
    "SELECT COUNT(*) FROM request_view WHERE district = :district AND NOT found "
    "AND received_at >= :since AND received_at < :until"
)


class MonthReconciled(msgspec.Struct, frozen=True):
    """A month against a sheet: of `orders` one by one, or of `totals`; the other is None."""

    month: str
    orders: Reconciled | None = None
    totals: Totals | None = None
    told: tuple[str, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Whether nothing differs."""
        return not self.told and (self.orders is None or self.orders.is_settled)


def reconciled(house: House, file: Path, month: str) -> MonthReconciled:
    """The month against the sheet. Raises SanbanError for what is no month that has begun, or no such sheet."""
    period = period_of(month, house.calendar, _MONTH)
    if period.grain != "month" or period.since > house.clock():
        raise SanbanError("name a month that has begun", _MONTH)
    with open_sheet(file, f"sanban scorecard reconcile month.csv {_MONTH}") as sheet:
        places = _totals_in(house, [clean(header) for header in sheet.headers])
        rows = [_cells(row.cells, places) for row in sheet.rows] if places else None
    return _by_orders(house, file, period) if rows is None else _by_totals(house, rows, period)


def _totals_in(house: House, headers: list[str]) -> tuple[int, int] | None:
    """Where a sheet of totals has its parts and counts; None in one that names orders."""
    columns = house.city_times.terms.files.columns
    if not set(headers).isdisjoint(columns["number"]):
        return None
    return columns_of(headers, columns["part"], columns["count"])


def _cells(cells: tuple[str, ...], places: tuple[int, int]) -> tuple[str, ...]:
    """The part and its count of a row, as far as it goes."""
    return tuple(cells[place] for place in places if place < len(cells))


def _by_orders(house: House, file: Path, period: Period) -> MonthReconciled:
    listed = folder_city(house, ".").read_sheet(file)
    span = (period.since, period.until)
    found = reconcile_between(city_needs_of(house), period.name, span, house.clock(), listed)
    ours = found.received - found.late
    differs = (ours, found.listed) if ours != found.listed else None
    told = () if differs is None else (f"the ledger has {differs[0]:,} orders while the city lists {differs[1]:,}",)
    return MonthReconciled(period.name, orders=found, told=told)


def _by_totals(house: House, rows: list[tuple[str, ...]], period: Period) -> MonthReconciled:
    ((ours,),) = house.reader.query(_REQUESTS, {"since": period.since, "until": period.until})
    found = totals_of(rows, int(ours))
    return MonthReconciled(period.name, totals=found, told=found.differences)
