"""The district's Open311 server: what it is given, and the keys that the centre gives to programs."""

from __future__ import annotations

from functools import lru_cache

from sanban.intake.open311.keys import Keys, Pace
from sanban.intake.open311.ports import PublicIds, Server, Service, may_file
from sanban.intake.open311.routes import surface
from sanban.intake.public.allowance import MINUTE, Allowance
from sanban.kernel.surface import Surface
from sanban.main.binding import intake_needs_of
from sanban.main.house import House
from sanban.main.learning.advising import emergency_of


def surfaces(house: House) -> tuple[Surface, ...]:
    """The Open311 surface where the deployment serves it; in the demo it always does."""
    settings = house.home.settings
    return (surface(server_of(house)),) if settings.open311.serve or settings.mode == "demo" else ()


def server_of(house: House) -> Server:
    """The server of a deployment."""
    settings = house.home.settings
    told = settings.open311

    @lru_cache(8)
    def of_matters(keys: tuple[str, ...]) -> tuple[Service, ...]:
        found = (house.matters.keys[key] for key in keys)
        return tuple(Service(one.mechanism) for one in found if one.mechanism is not None and may_file(one.mechanism))

    def services(now: int) -> tuple[Service, ...]:
        return of_matters(tuple(one.key for one in house.matters.in_force(now)))

    return Server(
        needs=intake_needs_of(house),
        services=services,
        mechanism_of=house.matters.by_key,
        ids=PublicIds(house.party_key),
        keys=Keys(house.home.folder),
        pace=Pace(told.per_minute),
        reading=Allowance(told.reads_per_minute, MINUTE),
        jurisdiction=told.jurisdiction,
        descriptions=told.descriptions,
        address=told.address,
        contact=told.contact,
        emergency=emergency_of(house.district_folder),
        production=settings.mode == "production",
        started_at=house.clock(),
    )


def issue_key(house: House, name: str) -> str:
    """A new key for a program, shown this once. Raises SanbanError for a name that cannot be one."""
    return Keys(house.home.folder).issue(name, house.clock())


def withdraw_key(house: House, name: str) -> bool:
    """Whether there was a key of this name that still opened something; now none does."""
    return Keys(house.home.folder).withdraw(name)
