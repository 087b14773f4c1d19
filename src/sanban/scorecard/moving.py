"""How a figure has moved against an earlier period, as pages and the API tell it: beyond chance, or not at all.

Shares are compared by their difference with its interval, counts by the working day of both periods, so that a month
that is not over, or has a long holiday, is no quieter one.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from sanban.kernel.errors import SanbanError
from sanban.scorecard.figures.spans import Period, before, so_far, year_before
from sanban.scorecard.figures.statistics import Counts, Interval, shifted
from sanban.scorecard.ports import Measured, Needs, View


class Moved(msgspec.Struct, frozen=True):
    """Against the figure of the period `since`.

    `moved`: 1, -1, or 0 within chance, None of nothing; `between`: of a share, the 95 % interval of the difference;
    `change`: of a count, by the working day, in tenths of a per cent.
    """

    since: str
    then: Measured
    moved: int | None
    between: Interval | None
    change: int | None

    @property
    def by(self) -> str:
        """`+1.2 to +4.0` points of a share, `+3.4` per cent a working day of a count; '' of nothing."""
        if self.between is not None:
            return f"{100 * self.between.low:+.1f} – {100 * self.between.high:+.1f}"
        return "" if self.change is None else f"{self.change / 10:+.1f}"


def compared(now: Measured, then: Measured, days: tuple[int, int], since: str = "") -> Moved:
    """A figure beside an earlier one, with the working days of each."""
    return Moved(since, then, *shifted(Counts(now.holds, now.n, days[0]), Counts(then.holds, then.n, days[1])))


def changes_of(needs: Needs, view: View, key: str, unit: str, period: Period, now: int) -> tuple[Moved, ...]:
    """A figure of a unit against the period before and the same period a year earlier, as far as the calendar goes."""
    over = so_far(period, now, needs.calendar)
    current = of_unit(view.figures(over, (key,)), unit)
    if current is None:
        return ()
    found = []
    for earlier in _earlier(needs, period):
        then = of_unit(view.figures(earlier, (key,)), unit)
        if then is not None:
            found.append(compared(current, then, (over.working_days, earlier.working_days), earlier.name))
    return tuple(found)


def of_unit(measured: tuple[Measured, ...], unit: str) -> Measured | None:
    """A unit's figure, of nothing where it had nothing; None where the figure is not in force."""
    if not measured:
        return None
    like = measured[0]
    nothing = msgspec.structs.replace(
        like, unit=unit, holds=0, n=None if like.n is None else 0, excluded=0, likeness=None
    )
    return next((one for one in measured if one.unit == unit), nothing)


def _earlier(needs: Needs, period: Period) -> Iterator[Period]:
    for earlier in (before, year_before):
        try:
            yield earlier(period, needs.calendar)
        except SanbanError:  # the calendar begins later
            continue
