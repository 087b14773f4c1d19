"""What a grid worker's route is lent: checks of findings in their grids, dangers, places in words, photos of a case."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from sanban.handling.needs import Needs
from sanban.handling.route.ports import Attached, Check, RouteNeeds
from sanban.intake import ports as intake
from sanban.intake.event import DANGER
from sanban.intake.files.cells import read_degrees
from sanban.intake.findings.finding import CHECKERS
from sanban.intake.findings.reporting import grids_of
from sanban.kernel.case.state import Case
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.kernel.view import Upload
from sanban.ledger.port import Reader
from sanban.ledger.reading.texts import owner_of_text
from sanban.main.house import House

MOST_CHECKS = 50
_CHECKS = (
    "SELECT finding, number, matter, grid, recheck_by FROM finding_view WHERE district = :district "
    "AND state = 'to_recheck' AND reported_by <> :viewer AND grid IN ({grids}) "
    "ORDER BY recheck_by, number LIMIT :limit"
)
_DANGERS = (
    "SELECT DISTINCT case_id FROM request_view WHERE district = :district AND flags LIKE :danger "
    "AND case_id IN ({cases})"
)


def route_needs_of(house: House, needs: Needs, intake_needs: intake.Needs) -> RouteNeeds:
    """What the pages and the operations of a route work with."""
    return RouteNeeds(
        needs,
        intake_needs.shift,
        partial(_checks, intake_needs),
        partial(_dangers, house.reader),
        partial(_grid_of, house),
        partial(_attached, house.reader, intake_needs),
    )


def _checks(needs: intake.Needs, viewer: Actor, now: int) -> list[Check]:
    """The first due in the grids that the viewer's unit works in; nobody judges their own work."""
    own = grids_of(needs, viewer, now) if viewer.role in CHECKERS else ()
    if not own:
        return []
    names, given = _listed("g", own)
    rows = needs.reader.query(_CHECKS.format(grids=names), {**given, "viewer": viewer.id, "limit": MOST_CHECKS})
    titles = {one.matter: one.title for one in needs.matters(now)}
    return [
        Check(str(finding), str(number), titles.get(str(matter), Title(str(matter), str(matter))), str(grid), int(due))
        for finding, number, matter, grid, due in rows
    ]


def _dangers(reader: Reader, cases: Sequence[str]) -> Collection[str]:
    names, given = _listed("c", cases)
    return {str(case) for (case,) in reader.query(_DANGERS.format(cases=names), {**given, "danger": f"%{DANGER}%"})}


def _grid_of(house: House, told: str) -> str:
    """The grid of its code, of a point, or of the first place that the words may mean."""
    told = told.strip()
    if house.district.duty.grids.version(told, house.clock()) is not None:
        return told
    lat, _, lon = told.partition(",")
    point = read_degrees(lon.strip(), 180), read_degrees(lat.strip(), 90)
    if point[0] is not None and point[1] is not None:
        return house.grid_at(point[0], point[1])
    advice = house.places.advise(told, "")
    return next((one.grid for one in advice.candidates if one.grid), "") if advice else ""


def _attached(
    reader: Reader, needs: intake.Needs, command_id: str, case: Case, photos: Sequence[Upload]
) -> Attached | Refused:
    person = owner_of_text(reader, *(one.requester for one in case.requests), f"case:{case.id}")
    return needs.attaches(command_id, ("case", case.id), person, photos)


def _listed(prefix: str, values: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Names of bound parameters for the values, and what they are bound to."""
    given = {f"{prefix}{place}": value for place, value in enumerate(values)}
    return ", ".join(f":{name}" for name in given), given
