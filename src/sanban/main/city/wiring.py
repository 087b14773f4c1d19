"""What orders of the city are given in this deployment, and a round of the exchange: take, follow, carry."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from sanban.handling.aggregate import stream_of as case_stream
from sanban.handling.needs import Needs as HandlingNeeds
from sanban.handling.rewording import names_another
from sanban.intake.city.messages import CityPlatform
from sanban.intake.city.platform.folder import FolderCity
from sanban.intake.city.ports import CityNeeds
from sanban.intake.city.replying import Carried, carry
from sanban.intake.city.taking import Taken, collect
from sanban.intake.request import Request
from sanban.kernel.case.state import Case
from sanban.main.lending.desk import desk_needs_of, request_refs
from sanban.web.access.officers import Officers

if TYPE_CHECKING:
    from sanban.main.house import House

LOCK = "city.lock"


class Exchanged(msgspec.Struct, frozen=True):
    """What one round did. `busy`: another process of this home was at it."""

    taken: Taken = Taken()
    carried: Carried = Carried()
    busy: bool = False


def city_needs_of(house: House) -> CityNeeds:
    """What orders work with; without a platform where the settings name none."""
    return CityNeeds(
        desk=desk_needs_of(house),
        times=house.city_times,
        calendar=house.calendar,
        platform=platform_of(house),
        officers=lambda: _officers(house),
        names_another=partial(_names_another, house),
    )


def platform_of(house: House) -> CityPlatform | None:
    """The way to the city that the settings name."""
    return folder_city(house, house.home.settings.city) if house.home.settings.city else None


def folder_city(house: House, folder: str) -> FolderCity:
    """A folder of the city's files, relative to the home."""
    return FolderCity(house.home.folder / folder, house.city_times.terms.files, house.zone)


def exchange(house: House) -> Exchanged:
    """One round: what the city gives is taken, what it is owed is carried. Nothing without a platform."""
    needs = city_needs_of(house)
    if needs.platform is None:
        return Exchanged()
    lock = os.open(house.home.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return Exchanged(collect(needs, house.clock()), carry(needs, house.clock()))
    except BlockingIOError:
        return Exchanged(busy=True)
    finally:
        os.close(lock)


def _names_another(house: House, request: Request, text: str) -> bool:
    case = house.reader.state(case_stream(request.case)) if request.case else None
    if not isinstance(case, Case):
        return False
    needs = HandlingNeeds(house.ledger, house.reader, house.cases, requests=partial(request_refs, house))
    return names_another(needs, case, request.id, text)


def _officers(house: House) -> Collection[str]:
    known = Officers(house.home.folder).all()
    return {name for officer in known for name in (officer.account, officer.title) if len(name) > 1}
