"""How a figure has moved: against the period before, against a year earlier, and along its own trend.

Shares are compared by their difference with its interval, counts by the working day, since a month with a long holiday
is no quieter month. A change that chance alone could have made is said to be none: a unit is held against its own past
before anybody else's present.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sanban.columnar.session import Session
from sanban.kernel.clock.calendar import Calendar
from sanban.packs.figures.definition import Definition
from sanban.scorecard.figures.asking import compute
from sanban.scorecard.figures.result import Result
from sanban.scorecard.figures.spans import Period, before
from sanban.scorecard.figures.statistics import Counts, Interval, change_by_working_day, direction, shift

Verdict = Literal["better", "worse", "moved", "no change", "n/a"]
"""`moved`: of a figure that is told and not judged."""
TREND = 12


class Change(msgspec.Struct, frozen=True):
    """From an earlier result to a later one of the same figure and unit.

    `difference`: of a share, its 95 % interval; `by_day`: of a count, tenths of a per cent by the working day.
    """

    earlier: Result
    difference: Interval | None
    by_day: int | None
    verdict: Verdict


def change_of(now: Result, earlier: Result) -> Change:
    """What has become of it since."""
    between = shift(_counts(now), _counts(earlier))
    if now.denominator is not None and earlier.denominator is not None:
        return Change(earlier, between, None, _verdict(now, between))
    days, then = now.period.working_days, earlier.period.working_days
    by_day = change_by_working_day(now.numerator, days, earlier.numerator, then)
    return Change(earlier, None, by_day, _verdict(now, between))


def trend(
    session: Session, figure: Definition, period: Period, calendar: Calendar, unit: str | None, length: int = TREND
) -> tuple[Result, ...]:
    """The figure of this period and of those before it, the oldest first."""
    periods = [period]
    while len(periods) < length:
        periods.append(before(periods[-1], calendar))
    return tuple(compute(session, figure, one, unit) for one in reversed(periods))


def _counts(result: Result) -> Counts:
    return Counts(result.numerator, result.denominator, result.period.working_days)


def _verdict(now: Result, between: Interval | None) -> Verdict:
    way = direction(between)
    if way is None:
        return "n/a"
    if way == 0:
        return "no change"
    if now.better == "neither":
        return "moved"
    return "better" if (way > 0) == (now.better == "high") else "worse"
