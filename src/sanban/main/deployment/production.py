"""Production runs on rules somebody answers for: everything illustrative that is in force is a fault with its cure.

Looked at are the mode's four ingredients: matters (in force now, written down to come, or pinned by cases that are
still open), the numbers they use, the office hours of the calendar, and the district's units and grids. All faults are
told at once, each with the command that cures it. Bases are no matters: what extends them is looked at as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.errors import Fault
from sanban.ledger.home import Home
from sanban.ledger.port import Reader
from sanban.ledger.settings import FILE_NAME as SETTINGS
from sanban.packs.desk.city import FILE_NAME, CityTerms
from sanban.packs.district import District
from sanban.packs.matter import Matter, Matters

BY = "--authority 区城运中心 --document 城运〔2026〕3号 --date 2026-01-15"
OPEN_UNDER = (
    "SELECT mechanism, COUNT(*) FROM case_view WHERE district = :district AND closed_at IS NULL "
    "GROUP BY mechanism ORDER BY mechanism"
)
OFFICE = "hours of the office"


def illustrations(
    home: Home, matters: Matters, calendar: Calendar, district: District, now: int, pinned: Mapping[str, int]
) -> list[Fault]:
    """Everything illustrative, invented or missing that this deployment runs on; `now` in microseconds UTC.

    `pinned`: `matter@version` -> how many open cases run under it.
    """
    pinned_here = (matters.keys[key] for key in pinned if key in matters.keys)
    running = {one.key: one for one in chain(matters.in_force(now), matters.to_come(now), pinned_here)}
    found = chain(
        _district(home, district),
        _calendar(home, calendar),
        *(_matter(home, one) for one in running.values()),
        (_missing(home, key, cases) for key, cases in pinned.items() if key not in matters.keys),
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
    own = home.folder / home.settings.duty
    where = str(own if own.is_dir() else home.folder / SETTINGS)
    if district.synthetic:
        message = f"the district {district.code} is invented: its units, streets and grids are of no real place"
        anew = f"sanban district new --home {home.folder}, put your own units and grids in"
        cure = f"{anew}, then {_adopt(home, 'district')}"
        yield Fault(where, 0, "synthetic", message, cure)
    elif district.origin == "illustrative":
        message = f"the units, grids and directory of {district.code} are an illustration that nobody has adopted"
        yield Fault(where, 0, "illustrative", message, _adopt(home, "district"))


def _calendar(home: Home, calendar: Calendar) -> Iterator[Fault]:
    if calendar.office_origin == "illustrative":
        message = f"the {OFFICE} in the calendar {calendar.name} are an illustration"
        yield Fault(home.settings.calendar, 0, "illustrative", message, _adopt(home, "calendar"))


def open_under(reader: Reader) -> dict[str, int]:
    """`matter@version` -> how many open cases run under it."""
    return {str(key): int(cases) for key, cases in reader.query(OPEN_UNDER)}


def _missing(home: Home, key: str, cases: int) -> Fault:
    matter, _, version = key.partition("@")
    where = f"{home.folder / 'matters' / matter}"
    message = f"{cases} open cases run under {key}, whose file is not here; nobody can take a step in them"
    cure = f"put mechanism-{version}.yaml back into {where}, or {matter} among `shipped_matters` if it ships"
    return Fault(where, 0, "missing_version", message, cure)


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
