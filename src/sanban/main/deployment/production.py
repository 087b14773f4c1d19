"""Production runs on rules somebody answers for: everything illustrative that is in force is a fault with its cure.

Looked at are the mode's four ingredients: matters (in force now or written down to come), the numbers they use, the
office hours of the calendar, and the district's units and grids. All faults are told at once, each with the command
that cures it. Bases are no matters: what extends them is looked at as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.errors import Fault
from sanban.ledger.home import Home
from sanban.packs.desk.city import FILE_NAME, CityTerms
from sanban.packs.district import District
from sanban.packs.matter import Matter, Matters

BY = "--authority 区城运中心 --document 城运〔2026〕3号 --date 2026-01-15"
OFFICE = "hours of the office"


def illustrations(home: Home, matters: Matters, calendar: Calendar, district: District, now: int) -> list[Fault]:
    """Everything illustrative or invented that this deployment runs on; `now` in microseconds UTC."""
    running = {one.key: one for one in chain(matters.in_force(now), matters.to_come(now))}
    found = chain(
        _district(home, district),
        _calendar(home, calendar),
        *(_matter(home, one) for one in running.values()),
    )
    return list(found)


def illustrated_city(home: Home, terms: CityTerms) -> list[Fault]:
    """The terms of the exchange with the city, where the deployment has one that nobody has agreed on."""
    if not home.settings.city or terms.origin != "illustrative":
        return []
    message = "orders are exchanged with the city on terms that are only an illustration"
    cure = f"write {home.folder / home.settings.duty / FILE_NAME} from your agreement, with origin: local"
    return [Fault(FILE_NAME, 0, "illustrative", message, cure)]


def _district(home: Home, district: District) -> Iterator[Fault]:
    where = f"{home.folder / home.settings.duty}"
    if district.synthetic:
        message = f"the district {district.code} is invented: its units, streets and grids are of no real place"
        own = f"sanban district new --home {home.folder}, put your own units and grids in"
        cure = f"{own}, then {_adopt(home, 'district')}"
        yield Fault(where, 0, "synthetic", message, cure)
    elif district.origin == "illustrative":
        message = f"the units, grids and directory of {district.code} are an illustration that nobody has adopted"
        yield Fault(where, 0, "illustrative", message, _adopt(home, "district"))


def _calendar(home: Home, calendar: Calendar) -> Iterator[Fault]:
    if calendar.office_origin == "illustrative":
        message = f"the {OFFICE} in the calendar {calendar.name} are an illustration"
        yield Fault(home.settings.calendar, 0, "illustrative", message, _adopt(home, "calendar"))


def _matter(home: Home, matter: Matter) -> Iterator[Fault]:
    cure = _adopt(home, f"matter adopt {matter.head.matter}")
    if matter.head.origin == "illustrative":
        message = f"{matter.key} is an illustration; adopt it, or leave it out of `shipped_matters` in sanban.toml"
        yield Fault(str(matter.path), 0, "illustrative", message, cure)
    for name in matter.illustrative_parameters:
        message = f"{matter.key} counts with {name}, a number that is only an illustration"
        yield Fault(str(matter.path.parent / "parameters" / f"{name}.yaml"), 0, "illustrative", message, cure)


def _adopt(home: Home, what: str) -> str:
    command = what if " " in what else f"{what} adopt"
    return f"sanban {command} --home {home.folder} {BY}"
