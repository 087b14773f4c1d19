"""The scorecard's pages: overview and wall, figures with charts, cases behind a number, briefs, periods."""

from __future__ import annotations

from sanban.kernel.view import PageRoute
from sanban.scorecard.pages import briefs, figures, overview, periods
from sanban.scorecard.ports import Needs


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """Every page of the scorecard."""
    return (*overview.routes(needs), *figures.routes(needs), *briefs.routes(needs), *periods.routes(needs))
