"""Cases that a request may belong to, with enough said of each to decide: the desk's help against opening one twice.

    attach   the case is open
    reopen   it is closed, and the window of its mechanism's reopening is not over
    recur    it is closed for good: a new case says what it recurs from

Found by matter and street (a grid lies in one), and by the cases that the same person has asked about. Rows hold codes,
instants and titles; a case about the viewer, or about anyone they act for, is not among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from sanban.handling.aggregate import stream_of
from sanban.handling.needs import Needs
from sanban.handling.views.lists import about_viewer, lists_all
from sanban.handling.views.naming import Names
from sanban.kernel.case.engine import window_end
from sanban.kernel.clock.calendar import DAY
from sanban.kernel.mechanism import Mechanism, Title
from sanban.kernel.permission import Actor

Way = Literal["attach", "reopen", "recur"]

SHOWN_AT_MOST = 20
LOOKED_BACK = 400 * DAY
"""Cases closed longer ago are found by their number alone (limit of this product)."""

_COLUMNS = "case_id, number, mechanism, matter, state, lead, street, grid, opened_at, closed_at, requests"
_OF = "SELECT {columns} FROM case_view WHERE district = :district AND {place} {about}"
_LATELY = "AND (closed_at IS NULL OR closed_at > :since)"
_NEAR = (
    "SELECT * FROM ({found}) AS found ORDER BY CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END, "
    "CASE WHEN grid = :grid THEN 0 ELSE 1 END, opened_at DESC, case_id LIMIT :limit"
)
_UNION = " UNION "
"""Of statements that each use an index of their own; an OR between them would use none."""


class Around(msgspec.Struct, frozen=True):
    """Where to look: cases of these matters in the street, those of the grid first, and besides these very cases."""

    matters: tuple[str, ...] = ()
    street: str = ""
    grid: str = ""
    cases: tuple[str, ...] = ()


class NearCase(msgspec.Struct, frozen=True):
    """A case as the desk compares it. `until`: when reopening is over, None where that is not the way or not known."""

    id: str
    number: str
    matter: Title
    matter_code: str
    state: Title
    lead: Title
    street: str
    street_title: Title
    grid: str
    opened_at: int
    closed_at: int | None
    requests: int
    way: Way
    until: int | None = None


def near_cases(viewer: Actor, needs: Needs, around: Around, now: int) -> tuple[NearCase, ...]:
    """Open cases first, then those closed lately, at most `SHOWN_AT_MOST`; for those who list all. One statement."""
    by_place = bool(around.matters and around.street)
    if not lists_all(viewer) or not (by_place or around.cases):
        return ()
    given: dict[str, Any] = {"since": now - LOOKED_BACK, "grid": around.grid, "limit": SHOWN_AT_MOST}
    places = []
    if by_place:
        places.append(f"street = :street AND matter IN ({_listed('m', around.matters, given)})")
        given["street"] = around.street
    if around.cases:
        places.append(f"stream IN ({_listed('c', tuple(map(stream_of, around.cases)), given)})")
    about, selves = about_viewer(viewer, needs.reader, needs.cases, now, "case_view")
    found = [_OF.format(columns=_COLUMNS, place=f"{place} {_LATELY}", about=about) for place in places]
    sql = _NEAR.format(found=_UNION.join(found))
    names = Names(needs.cases, now)
    return tuple(_line(needs, names, row, now) for row in needs.reader.query(sql, {**given, **selves}))


def case_near(viewer: Actor, needs: Needs, given: str, now: int) -> NearCase | None:
    """The case of a number or an id; None when there is none that the viewer may know of."""
    if not lists_all(viewer):
        return None
    about, selves = about_viewer(viewer, needs.reader, needs.cases, now, "case_view")
    ways = ("number = :given", "stream = :stream")
    sql = _UNION.join(_OF.format(columns=_COLUMNS, place=way, about=about) for way in ways)
    found = needs.reader.query(sql, {**selves, "given": given, "stream": stream_of(given)})
    return _line(needs, Names(needs.cases, now), found[0], now) if found else None


def visible_cases(viewer: Actor, needs: Needs, cases: Sequence[str], now: int) -> frozenset[str]:
    """Those of the cases that the viewer may know of."""
    if not lists_all(viewer) or not cases:
        return frozenset()
    about, selves = about_viewer(viewer, needs.reader, needs.cases, now, "case_view")
    given: dict[str, Any] = dict(selves)
    place = f"stream IN ({_listed('c', tuple(map(stream_of, cases)), given)})"
    found = needs.reader.query(_OF.format(columns="case_id", place=place, about=about), given)
    return frozenset(str(case) for (case,) in found)


def _listed(prefix: str, values: Sequence[str], given: dict[str, Any]) -> str:
    """Names of bound parameters for the values."""
    names = {f"{prefix}{place}": value for place, value in enumerate(values)}
    given.update(names)
    return ", ".join(f":{name}" for name in names)


def _line(needs: Needs, names: Names, row: Sequence[Any], now: int) -> NearCase:
    case_id, number, mechanism, matter, state, lead, street, grid, opened_at, closed_at, requests = row
    found = needs.cases.mechanisms.by_key(mechanism)
    way, until = _way(needs, found, state, closed_at, now)
    return NearCase(
        id=case_id,
        number=number,
        matter=names.matter(matter),
        matter_code=matter,
        state=names.state(matter, state),
        lead=names.unit(lead),
        street=street,
        street_title=names.unit(street),
        grid=grid,
        opened_at=opened_at,
        closed_at=closed_at,
        requests=requests,
        way=way,
        until=until,
    )


def _way(
    needs: Needs, mechanism: Mechanism | None, state: str, closed_at: int | None, now: int
) -> tuple[Way, int | None]:
    if closed_at is None:
        return "attach", None
    for step in mechanism.steps_from(state) if mechanism is not None else ():
        if step.verb == "reopen":
            until = None if step.within is None else window_end(step.within, closed_at, needs.cases.calendar)
            if until is None or now < until:
                return "reopen", until
    return "recur", None
