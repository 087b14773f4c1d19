"""How sure a share is, and how shares and counts compare: Wilson, Newcombe, counts by the working day, a ratio.

Shares are kept as two whole numbers and divided only to be shown, rounded half away from zero.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

Z = 1.959963984540054
"""Of 95 % on both sides."""


class Interval(NamedTuple):
    """From `low` to `high`, of one."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{100 * self.low:.1f}–{100 * self.high:.1f}"


class Ratio(NamedTuple):
    """Observed over expected of the same things, and the same `drawn` towards 1, with its 95 % interval."""

    observed: int
    expected: float
    drawn: float
    low: float
    high: float

    @property
    def raw(self) -> float:
        """Observed over expected, as it is."""
        return self.observed / self.expected

    @property
    def counted(self) -> str:
        """`17/24.8 = 0.69`."""
        return f"{self.observed}/{self.expected:.1f} = {self.raw:.2f}"

    @property
    def told(self) -> str:
        """`0.79 (0.63–0.94)`: as it may be read."""
        return f"{self.drawn:.2f} ({self.low:.2f}–{self.high:.2f})"


class Counts(NamedTuple):
    """So many of `n`, or so many where `n` is None, within so many working days."""

    holds: int
    n: int | None
    days: int


def percent(holds: int, n: int, places: int = 2) -> str:
    """`96.16 %`; `n/a` of nothing."""
    if not n:
        return "n/a"
    scale = 10**places
    size = (2 * 100 * scale * holds + n) // (2 * n)
    return f"{size // scale}.{size % scale:0{places}} %"


def wilson(holds: int, n: int) -> Interval | None:
    """The 95 % interval of a share; None of nothing. Source: Wilson, JASA 22 (1927), 209-212."""
    if not n:
        return None
    share, spread = holds / n, Z * Z / n
    middle, half = share + spread / 2, Z * sqrt(share * (1 - share) / n + spread / (4 * n))
    return Interval(max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread)))


def newcombe(holds: int, n: int, other_holds: int, other_n: int) -> Interval | None:
    """The 95 % interval of a difference of shares. Source: Newcombe, Statistics in Medicine 17 (1998), method 10."""
    one, other = wilson(holds, n), wilson(other_holds, other_n)
    if one is None or other is None:
        return None
    share, other_share = holds / n, other_holds / other_n
    below = sqrt((share - one.low) ** 2 + (other.high - other_share) ** 2)
    above = sqrt((one.high - share) ** 2 + (other_share - other.low) ** 2)
    return Interval(share - other_share - below, share - other_share + above)


def shift(now: Counts, then: Counts) -> Interval | None:
    """The 95 % interval of what changed: of shares their difference, of counts that of their load a working day.

    Above or below 0 it says which way; None of nothing.
    """
    if now.n is not None and then.n is not None:
        return newcombe(now.holds, now.n, then.holds, then.n)
    both, days = wilson(now.holds, now.holds + then.holds), now.days + then.days
    if both is None or not (now.days and then.days and then.holds):
        return None
    even = now.days / days
    return Interval(both.low - even, both.high - even)


def direction(between: Interval | None) -> int | None:
    """1 or -1 for a change beyond chance, 0 for one that chance could have made; None of nothing."""
    if between is None:
        return None
    return (between.low > 0) - (between.high < 0)


class Shift(NamedTuple):
    """What changed beyond chance: 1, -1, 0 within it, None of nothing.

    `between`: of shares, the 95 % interval of their difference; `change`: of counts, by the working day, in tenths of a
    per cent.
    """

    moved: int | None
    between: Interval | None
    change: int | None


def shifted(now: Counts, then: Counts) -> Shift:
    """A share or count beside an earlier one."""
    between = shift(now, then)
    if now.n is not None:
        return Shift(direction(between), between, None)
    return Shift(direction(between), None, change_by_working_day(now.holds, now.days, then.holds, then.days))


def change_by_working_day(now: int, days: int, then: int, then_days: int) -> int | None:
    """By how many tenths of a per cent a count rose or fell a working day, half away from zero; None of nothing."""
    if not (days and then_days and then):
        return None
    old = then * days
    size = 1000 * (now * then_days - old)
    return (2 * abs(size) + old) // (2 * old) * (1 if size >= 0 else -1)
