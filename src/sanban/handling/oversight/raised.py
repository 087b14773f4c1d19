"""What came up to somebody: supervised cases and missed limits of the units below them, one rung a day.

A missed limit is at once before the unit that stands next above, a day later before the next, and so on: the same
chain that notices go up. What is supervised is before the whole chain, the unit itself included, until it is answered;
what was reopened too, so that it reaches somebody besides those who handled it.
The offices (leader, coordinator) and the centre stand above everybody.
"""

from __future__ import annotations

import msgspec

from sanban.handling.needs import Needs
from sanban.handling.views.lists import about_viewer, lists_all
from sanban.handling.views.naming import Names, plain
from sanban.kernel.clock.calendar import DAY
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import UNIT_ROLES, Actor

MOST = 200
NEVER = -1
"""Before every instant."""
REOPENED = Title("重启", "Reopened")
OWN_TIME = Title("本级办理时限", "The station's own time")
_COLUMNS = "kind, unit, level, at, case_id, number, matter, limit_name"
_RAISED = f"SELECT {_COLUMNS} FROM case_raised WHERE district = :district "  # noqa: S608 -- names of ours
_ORDER = "ORDER BY kind DESC, at, case_id LIMIT :most"


class RaisedLine(msgspec.Struct, frozen=True):
    """A case that came up. `kind`: supervised, reopened or missed; `what`: the level, or the limit that was missed."""

    kind: str
    case: str
    number: str
    matter: Title
    unit: Title
    what: Title
    at: int
    days: int


def raised(viewer: Actor, needs: Needs, now: int) -> tuple[RaisedLine, ...] | Refused:
    """The lines before this viewer, supervision first, then what is late longest. One statement."""
    about, given = about_viewer(viewer, needs.reader, needs.cases, now, "case_raised")
    rungs: dict[str, int] = {}
    if not lists_all(viewer):
        if viewer.role not in UNIT_ROLES or not viewer.unit:
            return Refused("not_permitted", "nothing comes up to this account", "sign in as someone of a unit")
        rungs = rungs_below(needs, viewer.unit, now)
    only, below = _come_up(rungs, now)
    rows = needs.reader.query(_RAISED + about + only + _ORDER, {**given, **below, "most": MOST})
    names = Names(needs.cases, now)
    return tuple(_line(names, row, now) for row in rows)


def rungs_below(needs: Needs, unit: str, now: int) -> dict[str, int]:
    """The unit and every unit below it, with how many rungs it stands below."""
    duty = needs.cases.duty(None)
    lines = {code: duty.line_of(code, now) for code in duty.units}
    return {code: line.index(unit) for code, line in lines.items() if unit in line}


def _come_up(rungs: dict[str, int], now: int) -> tuple[str, dict[str, str | int]]:
    """The condition, with its values, of what has come up from these units: no limit of rung 0, one's own, ever does.

    Offices have no rungs: everything is before them.
    """
    if not rungs:
        return "", {}
    below: dict[str, str | int] = {f"below{number}": unit for number, unit in enumerate(rungs)}
    by_rung: dict[int, list[str]] = {}
    for name, rung in zip(below, rungs.values(), strict=True):
        by_rung.setdefault(rung, []).append(f":{name}")
    latest = {f"rung{rung}": now - (rung - 1) * DAY if rung else NEVER for rung in by_rung}
    heard = (
        f"(unit IN ({', '.join(units)}) AND (kind <> 'missed' OR at <= :rung{rung}))" for rung, units in by_rung.items()
    )
    return f"AND ({' OR '.join(heard)}) ", below | latest


def _line(names: Names, row: tuple[str, str, str, int, str, str, str, str], now: int) -> RaisedLine:
    kind, unit, level, at, case, number, matter, limit_name = row
    mechanism = names.mechanism(matter)
    if kind == "supervised":
        ground = mechanism.grounds.supervising.get(level) if mechanism else None
        what = ground.title if ground else plain(level)
    elif kind == "reopened":
        what = REOPENED
    else:
        what = names.limit(matter, limit_name) if limit_name else OWN_TIME
    return RaisedLine(kind, case, number, names.matter(matter), names.unit(unit), what, at, max(0, (now - at) // DAY))
