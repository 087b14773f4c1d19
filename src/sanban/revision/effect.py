"""What came of a change: the share of each week before and after, and whether it jumped on the day of the change.

Interrupted time series: a line is fitted to the weeks before, a second one to those after, and the jump between the two
at the day of the change is the effect; the trend that was there anyhow is not called one. Each week weighs as much as
it has things counted. Source: Wagner et al., J. Clin. Pharm. Ther. 27 (2002) 299-309.

Of few weeks no single standard error is to be trusted, so the greatest of three is taken: one that holds when weeks
vary unevenly or lean on the week before (Newey and West, one lag), the plain one of the lines, and the binomial one, as
if nothing but chance were at work. None of them is less sure of itself than the number of weeks lets it be (Student's
t). Source: Angrist and Pischke, Mostly Harmless Econometrics (2009), 8.1, of robust and plain errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from sanban.kernel.mechanism import Title
from sanban.revision.proposing.chance import student
from sanban.revision.share import WHOLE, Share

WEEK: Final = 7 * 86_400_000_000
FEWEST_WEEKS: Final = 4
"""On either side; two points make a line and say nothing of how sure it is."""
FEWEST_THINGS: Final = 30
"""On either side: as many as a share needs to be read by itself."""
_TERMS: Final = 4
_SURE: Final = 0.95
_ADDED: Final = Share(2, 4)
"""To a share that its chance is told from, so that three of three are not certain. Source: Agresti and Coull, Am. Stat.
52 (1998) 119-126."""


Weekly = NDArray[np.float64]


class Effect(msgspec.Struct, frozen=True):
    """The jump, in basis points, and its 95 % interval; None where too few weeks have passed or things counted.

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
                f"尚不能判断：前后各须满{FEWEST_WEEKS}周、{FEWEST_THINGS}件"
                f"（现为{self.weeks_before}周{self.before.of}件、{self.weeks_after}周{self.after.of}件）。",
                f"It cannot be told: that takes {FEWEST_WEEKS} weeks and {FEWEST_THINGS} things on either side; there "
                f"are {self.weeks_before} with {self.before.of} and {self.weeks_after} with {self.after.of}.",
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
    if min(len(before), len(after)) < FEWEST_WEEKS or min(told.before.of, told.after.of) < FEWEST_THINGS:
        return told
    jump, error = _jump(weeks)
    half = student(_SURE, len(weeks) - _TERMS) * error
    low, high = jump - half, jump + half
    points = [round(float(one) * WHOLE) for one in (jump, low, high)]
    return msgspec.structs.replace(told, jump=points[0], low=points[1], high=points[2])


def _jump(weeks: Mapping[int, Share]) -> tuple[float, float]:
    """The jump between the two lines where they meet, and its standard error."""
    at = np.array(sorted(weeks), dtype=float)
    holds, of = (np.array([getattr(weeks[int(week)], name) for week in at], dtype=float) for name in ("holds", "of"))
    is_after = at >= 0
    terms = np.column_stack([np.ones_like(at), at, is_after, is_after * at])
    inverse = np.linalg.pinv(terms.T @ (terms * of[:, None]))
    fitted = inverse @ (terms.T @ holds)
    left = holds / of - terms @ fitted
    freedom = len(at) - _TERMS
    chance = np.where(is_after, _chance(holds[is_after], of[is_after]), _chance(holds[~is_after], of[~is_after]))
    spreads = (
        inverse @ _leaning(terms * (of * left)[:, None]) @ inverse * (len(at) / freedom),
        inverse * float(of @ left**2) / freedom,
        inverse @ (terms.T @ (terms * (of * chance * (1 - chance))[:, None])) @ inverse,
    )
    return float(fitted[2]), float(np.sqrt(max(spread[2, 2] for spread in spreads)))


def _leaning(scores: Weekly) -> Weekly:
    """What the scores of weeks give together, each with itself and by half with the week before."""
    lagged = scores[1:].T @ scores[:-1]
    together: Weekly = scores.T @ scores + (lagged + lagged.T) / 2
    return together


def _chance(holds: Weekly, of: Weekly) -> float:
    """The chance that a thing of these weeks holds; never 0 or 1."""
    return float((holds.sum() + _ADDED.holds) / (of.sum() + _ADDED.of))


def _sum(shares: Sequence[Share]) -> Share:
    total = Share()
    for share in shares:
        total += share
    return total


def _points(points: int) -> str:
    """Basis points as signed percentage points."""
    return f"{points / 100:+.1f}"
