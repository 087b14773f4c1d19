"""Figures of a span of time, added up from `case_figure`: two statements, however many cases.

A share says how many of how many; of nothing it is `n/a`. Those of the centre see every unit's, those of a unit their
own. Cases about the viewer are in no list and in no sum: the difference would tell how many there are.
"""

from __future__ import annotations

import msgspec

from sanban.handling.figures.judging import BY_CODE, DIRECTORY, FIGURES, Better
from sanban.handling.needs import Needs
from sanban.handling.views.lists import about_viewer, lists_all
from sanban.handling.views.naming import Names
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import UNIT_ROLES, Actor

PAGE = 50
_SPAN = "figure.at >= :since AND figure.at < :until AND figure.at <= :now"
_SUMS = (
    "SELECT figure, unit, COUNT(*), SUM(holds) FROM case_figure AS figure WHERE district = :district "  # noqa: S608 -- fixed words
    f"AND {_SPAN} {{own}}{{about}}GROUP BY figure, unit ORDER BY figure, unit"
)
_CASES = (
    "SELECT case_id, number, part, at, holds, requests FROM case_figure AS figure WHERE district = :district "  # noqa: S608 -- fixed words
    f"AND figure.figure = :figure AND unit = :unit AND {_SPAN} {{about}}"
    "ORDER BY holds {way}, at, case_id, part LIMIT :limit OFFSET :offset"
)
DIRECTORY_TITLE = Title("派单目录自动派单", "The dispatch directory, by itself")


class Span(msgspec.Struct, frozen=True):
    """From `since` up to, not including, `until`; nothing counts before it has come about (`now`). Microseconds UTC."""

    since: int
    until: int
    now: int


class Share(msgspec.Struct, frozen=True):
    """A figure of one unit: `holds` of `n`."""

    figure: str
    title: Title
    better: Better
    unit: str
    unit_title: Title
    holds: int
    n: int

    @property
    def share(self) -> str:
        """Per cent with one decimal, rounded half up; `n/a` of nothing."""
        if not self.n:
            return "n/a"
        tenths = (2 * 1000 * self.holds + self.n) // (2 * self.n)
        return f"{tenths // 10}.{tenths % 10} %"


class Counted(msgspec.Struct, frozen=True):
    """One case behind a figure. `part`: the task of it, '' for the whole case; `requests`: how many it has."""

    case: str
    number: str
    part: str
    at: int
    holds: bool
    requests: int


def unit_figures(viewer: Actor, needs: Needs, span: Span) -> tuple[Share, ...] | Refused:
    """Every figure of every unit the viewer may compare, in the order of `FIGURES`; own ones that are n/a included."""
    own = own_unit(viewer)
    if isinstance(own, Refused):
        return own
    about, selves = about_viewer(viewer, needs.reader, needs.cases, span.now, "figure")
    sql = _SUMS.format(own="AND unit = :unit " if own else "", about=about)
    rows = needs.reader.query(sql, {**msgspec.structs.asdict(span), **selves, **({"unit": own} if own else {})})
    sums = {(figure, unit): (int(n), int(holds)) for figure, unit, n, holds in rows}
    names = Names(needs.cases, span.now)
    units = [own] if own else sorted({unit for _, unit in sums})
    return tuple(
        _share(figure.code, unit, names, sums.get((figure.code, unit), (0, 0)))
        for figure in FIGURES
        for unit in units
        if own or (figure.code, unit) in sums
    )


def counted_cases(
    viewer: Actor, needs: Needs, span: Span, figure: str, unit: str, page: int = 0
) -> tuple[Share, tuple[Counted, ...]] | Refused:
    """A figure of one unit and a page of its cases, what speaks against the unit first."""
    own = own_unit(viewer)
    if isinstance(own, Refused):
        return own
    if figure not in BY_CODE or own not in ("", unit):
        return Refused("unknown_figure", "there is no such figure, or not for this account", "in_time")
    about, selves = about_viewer(viewer, needs.reader, needs.cases, span.now, "figure")
    given = {**msgspec.structs.asdict(span), **selves, "unit": unit}
    sums = needs.reader.query(_SUMS.format(own="AND unit = :unit ", about=about), given)
    share = _share(
        figure,
        unit,
        Names(needs.cases, span.now),
        next(((int(n), int(holds)) for code, _, n, holds in sums if code == figure), (0, 0)),
    )
    sql = _CASES.format(about=about, way="ASC" if share.better == "high" else "DESC")
    rows = needs.reader.query(sql, {**given, "figure": figure, "limit": PAGE + 1, "offset": page * PAGE})
    return share, tuple(
        Counted(case, number, part, at, bool(holds), requests) for case, number, part, at, holds, requests in rows
    )


def _share(figure: str, unit: str, names: Names, sums: tuple[int, int]) -> Share:
    title, better = BY_CODE[figure].title, BY_CODE[figure].better
    unit_title = DIRECTORY_TITLE if unit == DIRECTORY else names.unit(unit)
    return Share(figure, title, better, unit, unit_title, sums[1], sums[0])


def own_unit(viewer: Actor) -> str | Refused:
    """The unit whose figures a viewer sees alone; '' for those who may see every unit's."""
    if lists_all(viewer):
        return ""
    if viewer.role in UNIT_ROLES and viewer.unit:
        return viewer.unit
    return Refused("not_permitted", "this account sees no unit's figures", "sign in as someone of a unit")
