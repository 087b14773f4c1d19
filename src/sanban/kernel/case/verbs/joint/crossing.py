"""Three-cross problems: which of a mechanism's declared tests fire for a case, and for what.

A test is an expression over counts: departments and streets that work on the case or are wanted, grids that it touches,
levels of the district's administration that are in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sanban.kernel.case.situation import Situation
from sanban.kernel.case.state import Case
from sanban.kernel.duty.place import Place
from sanban.kernel.expression import Declared

CROSS_NAMES: Mapping[str, Declared] = {
    name: Declared("int", 0, 999) for name in ("departments", "streets", "grids", "levels")
}
"""What a test of three-cross problems may name."""

ENDED = frozenset({"returned", "withdrawn"})
LEVEL_OF = {
    "desk": "district",
    "centre": "district",
    "department": "district",
    "street": "street",
    "station": "grid",
    "grid_team": "grid",
}
"""On which level a kind of unit works; a firm is on none."""


def crosses_of(
    case: Case, situation: Situation, wanted: Iterable[str] = (), reach: Iterable[str] = ()
) -> tuple[str, ...]:
    """The tests that fire, in the order of the file. `wanted`: units that come to it now; `reach`: grids told now."""
    counted = _counts(case, situation, frozenset(wanted), frozenset(reach))
    tests = situation.mechanism.crosses.values()
    return tuple(one.name for one in tests if one.when.evaluate(counted, {}))


def _counts(
    case: Case, situation: Situation, wanted: frozenset[str], reach: frozenset[str]
) -> dict[str, int | bool | str]:
    """A street counts as an area and as a unit, whichever makes more of them."""
    working = [task for task in case.tasks if task.state not in ENDED]
    called = [whistle for whistle in case.whistles if whistle.outcome != "refused"]
    met = {unit for whistle in called for unit in (whistle.street, *(one.unit for one in whistle.summons))}
    units = {task.unit for task in working} | {task.station for task in working} | met | wanted
    kinds = {code: unit.kind for code in units if (unit := situation.duty.unit_at(code, situation.now)) is not None}
    grids = ({case.grid, *case.reach} | reach) - {""}
    areas = {situation.duty.grids.street_of(Place(grid, None), situation.now) for grid in grids} | {case.street}
    streets = sum(kind == "street" for kind in kinds.values())
    return {
        "departments": sum(kind == "department" for kind in kinds.values()),
        "streets": max(streets, len(areas - {None, ""})),
        "grids": len(grids),
        "levels": len({LEVEL_OF[kind] for kind in kinds.values() if kind in LEVEL_OF}),
    }
