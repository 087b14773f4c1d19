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
from sanban.scorecard.figures.statistics import Interval, change_by_working_day, newcombe, wilson

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
    if now.denominator is None or earlier.denominator is None:
        days, then = now.period.working_days, earlier.period.working_days
        by_day = change_by_working_day(now.numerator, days, earlier.numerator, then)
        both = wilson(now.numerator, now.numerator + earlier.numerator)
        even = days / (days + then) if days + then else 0.0
        between = None if both is None or by_day is None else Interval(both.low - even, both.high - even)
        return Change(earlier, None, by_day, _verdict(now, between))
    between = newcombe(now.numerator, now.denominator, earlier.numerator, earlier.denominator)
    return Change(earlier, between, None, _verdict(now, between))


def trend(
    session: Session, figure: Definition, period: Period, calendar: Calendar, unit: str | None, length: int = TREND
) -> tuple[Result, ...]:
    """The figure of this period and of those before it, the oldest first."""
    periods = [period]
    while len(periods) < length:
        periods.append(before(periods[-1], calendar))
    return tuple(compute(session, figure, one, unit) for one in reversed(periods))


def _verdict(now: Result, between: Interval | None) -> Verdict:
    if between is None:
        return "n/a"
    if between.low <= 0 <= between.high:
        return "no change"
    if now.better == "neither":
        return "moved"
    return "better" if (between.low > 0) == (now.better == "high") else "worse"
