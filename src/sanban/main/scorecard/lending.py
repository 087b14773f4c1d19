"""What the other slices lend the scorecard: figures of units, the volume of work, open cases by age and grid.

Cases about the viewer are in no number here, as in no list: the difference would tell how many there are.
"""

from __future__ import annotations

from typing import Any

from sanban.handling.figures import counting
from sanban.handling.figures.judging import BY_CODE
from sanban.handling.needs import Needs
from sanban.handling.views.lists import about_viewer
from sanban.handling.views.naming import Names, plain
from sanban.kernel.clock.calendar import DAY
from sanban.kernel.clock.span import Span
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.main.meeting.desk import BEHIND
from sanban.scorecard.ports import Behind, Portion, Share, Volume

AGES = (0, 3, 7, 15, 30)
"""Days from which an open case is older."""

_REQUESTS = (
    "SELECT COUNT(*) FROM request_view AS r WHERE district = :district "
    "AND received_at >= :since AND received_at < :until {apart}"
)
_CASES = (
    "SELECT COALESCE(SUM(CASE WHEN opened_at >= :since THEN 1 ELSE 0 END), 0), "
    "COALESCE(SUM(CASE WHEN closed_at >= :since AND closed_at < :until THEN 1 ELSE 0 END), 0), "
    "COALESCE(SUM(CASE WHEN closed_at IS NULL OR closed_at >= :until THEN 1 ELSE 0 END), 0), "
    "COALESCE(SUM(CASE WHEN (closed_at IS NULL OR closed_at >= :until) AND due_at < :until THEN 1 ELSE 0 END), 0) "
    "FROM case_view WHERE district = :district AND opened_at < :until {about}"
)
_MATTERS = (
    "SELECT matter, SUM(CASE WHEN opened_at >= :since THEN 1 ELSE 0 END) AS cases, "
    "SUM(CASE WHEN opened_at < :since THEN 1 ELSE 0 END) FROM case_view WHERE district = :district "
    "AND opened_at >= :before AND opened_at < :until {about}GROUP BY matter ORDER BY cases DESC, matter"
)
_OPENED = "SELECT opened_at, grid FROM case_view WHERE district = :district AND closed_at IS NULL {about}"


class LentCounts:
    """The port `Counts`, on tables of cases and requests."""

    def __init__(self, needs: Needs) -> None:
        self._needs = needs

    def shares(self, viewer: Actor, span: Span, now: int) -> tuple[Share, ...] | Refused:
        """The figures of handling."""
        found = counting.unit_figures(viewer, self._needs, counting.Span(span.since, span.until, now))
        return found if isinstance(found, Refused) else tuple(_share(one) for one in found)

    def behind(
        self, viewer: Actor, span: Span, now: int, figure: str, unit: str, page: int
    ) -> tuple[Share, tuple[Behind, ...], bool] | Refused:
        """Cases of a figure, of one unit or of all."""
        of_span = counting.Span(span.since, span.until, now)
        found = counting.counted_cases(viewer, self._needs, of_span, figure, unit, page)
        if isinstance(found, Refused):
            return found
        share, counted = found
        names = Names(self._needs.cases, now)
        cases = tuple(_behind(one, counting.unit_title(names, one.unit)) for one in counted[: counting.PAGE])
        return _share(share), cases, len(counted) > counting.PAGE

    def volume(self, viewer: Actor, span: Span, now: int) -> Volume:
        """Requests and cases of a span; cases open and late at its end, or now where it is not over."""
        until = min(span.until, now + 1)
        ((requests,),) = self._rows(_REQUESTS, viewer, now, "r", BEHIND, since=span.since, until=until)
        ((opened, closed, is_open, late),) = self._rows(_CASES, viewer, now, since=span.since, until=until)
        return Volume(int(requests), int(opened), int(closed), int(is_open), int(late))

    def matters(self, viewer: Actor, span: Span, before: Span) -> tuple[Portion, ...]:
        """Cases opened by matter, the most first."""
        rows = self._rows(_MATTERS, viewer, span.until, since=span.since, before=before.since, until=span.until)
        names = Names(self._needs.cases, span.until)
        return tuple(Portion(matter, names.matter(matter), int(now), int(then)) for matter, now, then in rows if now)

    def ages(self, viewer: Actor, now: int) -> tuple[Portion, ...]:
        """Open cases by days."""
        days = [(now - opened_at) // DAY for opened_at, _ in self._rows(_OPENED, viewer, now)]
        bounds = (*AGES[1:], None)
        return tuple(
            Portion(str(least), _age(least, most), sum(least <= day and (most is None or day < most) for day in days))
            for least, most in zip(AGES, bounds, strict=True)
        )

    def grids(self, viewer: Actor, now: int) -> tuple[Portion, ...]:
        """Open cases by grid."""
        grids = [grid for _, grid in self._rows(_OPENED, viewer, now) if grid]
        return tuple(Portion(grid, plain(grid), grids.count(grid)) for grid in sorted(set(grids)))

    def _rows(
        self, sql: str, viewer: Actor, now: int, table: str = "case_view", streams: str = "", **given: int
    ) -> list[tuple[Any, ...]]:
        about, selves = about_viewer(viewer, self._needs.reader, self._needs.cases, now, table, streams)
        return self._needs.reader.query(sql.format(about=about, apart=about), {**given, **selves})


def _share(one: counting.Share) -> Share:
    better = BY_CODE[one.figure].better
    return Share(one.figure, one.title, better, one.unit, one.unit_title, one.holds, one.n)


def _behind(one: counting.Counted, unit: Title) -> Behind:
    return Behind(one.case, one.number, one.unit, unit, one.part, one.at, one.holds, one.requests)


def _age(least: int, most: int | None) -> Title:
    if most is None:
        return Title(f"{least}天以上", f"{least} days and more")
    return Title(f"{least}—{most - 1}天", f"{least} to {most - 1} days")
