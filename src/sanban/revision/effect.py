"""What came of a change: the share of each week before and after, and whether it jumped on the day of the change.

Interrupted time series: a line is fitted to the weeks before, a second one to those after, and the jump between the two
at the day of the change is the effect; the trend that was there anyhow is not called one. Each week weighs as much as
it has things counted, and standard errors hold when weeks vary unevenly or lean on the week before (Newey and West, one
lag). Source: Wagner et al., J. Clin. Pharm. Ther. 27 (2002) 299-309.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from sanban.kernel.mechanism import Title
from sanban.revision.share import WHOLE, Share

WEEK: Final = 7 * 86_400_000_000
FEWEST_WEEKS: Final = 4
"""On either side; two points make a line and say nothing of how sure it is."""
_TERMS: Final = 4
_Z: Final = 1.959963984540054


class Effect(msgspec.Struct, frozen=True):
    """The jump, in basis points, and its 95 % interval; None where too few weeks have passed.

    `before`, `after`: the whole shares of either side, which the trend is part of.
    """

    before: Share
    after: Share
    weeks_before: int
    weeks_after: int
    jump: int | None = None
    low: int | None = None
    high: int | None = None

    @property
    def words(self) -> Title:
        """Plainly, what can be said."""
        if self.jump is None or self.low is None or self.high is None:
            return Title(
                f"前后各须满{FEWEST_WEEKS}周才能判断（现为{self.weeks_before}周、{self.weeks_after}周）。",
                f"It takes {FEWEST_WEEKS} weeks on either side to tell; there are {self.weeks_before} and "
                f"{self.weeks_after}.",
            )
        jump, low, high = _points(self.jump), _points(self.low), _points(self.high)
        if self.low <= 0 <= self.high:
            return Title(
                f"看不出变化：{jump}个百分点，95%区间{low}至{high}。",
                f"No change can be told: {jump} points, 95 % interval {low} to {high}.",
            )
        return Title(
            f"生效时变动{jump}个百分点，95%区间{low}至{high}。",
            f"It moved by {jump} points when the change came into force, 95 % interval {low} to {high}.",
        )


def effect(counted: Iterable[tuple[int, bool]], from_at: int) -> Effect:
    """The effect on a share at an instant, from what it counts: when (microseconds UTC), and whether it holds."""
    weeks: dict[int, Share] = {}
    for at, holds in counted:
        week = (at - from_at) // WEEK
        weeks[week] = weeks.get(week, Share()) + Share(int(holds), 1)
    before = [weeks[week] for week in sorted(weeks) if week < 0]
    after = [weeks[week] for week in sorted(weeks) if week >= 0]
    told = Effect(_sum(before), _sum(after), len(before), len(after))
    if len(before) < FEWEST_WEEKS or len(after) < FEWEST_WEEKS:
        return told
    jump, error = _jump(weeks)
    low, high = jump - _Z * error, jump + _Z * error
    points = [round(float(one) * WHOLE) for one in (jump, low, high)]
    return msgspec.structs.replace(told, jump=points[0], low=points[1], high=points[2])


def _jump(weeks: Mapping[int, Share]) -> tuple[float, float]:
    """The jump between the two lines where they meet, and its standard error."""
    at = np.array(sorted(weeks), dtype=float)
    share = np.array([weeks[int(week)].holds / weeks[int(week)].of for week in at])
    weight = np.array([weeks[int(week)].of for week in at], dtype=float)
    since = (at >= 0).astype(float)
    terms = np.column_stack([np.ones_like(at), at, since, since * at])
    inverse = np.linalg.pinv(terms.T @ (terms * weight[:, None]))
    fitted = inverse @ (terms.T @ (weight * share))
    scores = terms * (weight * (share - terms @ fitted))[:, None]
    lagged = scores[1:].T @ scores[:-1]
    middle = scores.T @ scores + (lagged + lagged.T) / 2
    spread = inverse @ middle @ inverse * (len(at) / max(len(at) - _TERMS, 1))
    return float(fitted[2]), float(np.sqrt(max(spread[2, 2], 0.0)))


def _sum(shares: Sequence[Share]) -> Share:
    total = Share()
    for share in shares:
        total += share
    return total


def _points(points: int) -> str:
    """Basis points as signed percentage points."""
    return f"{points / 100:+.1f}"
