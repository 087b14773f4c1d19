"""What the city's orders are given by the rest of the house."""

from __future__ import annotations

from collections.abc import Callable, Collection

import msgspec

from sanban.intake.city.deciding import CityTimes
from sanban.intake.city.messages import CityPlatform
from sanban.intake.ports import Needs
from sanban.intake.request import Request
from sanban.kernel.clock.calendar import Calendar
from sanban.packs.desk.city import CityTerms


def nobody() -> Collection[str]:
    """No officer is known."""
    return ()


def alone(_request: Request, _text: str) -> bool:
    """No request shares its case with another."""
    return False


class CityNeeds(msgspec.Struct, frozen=True):
    """Everything that orders work with. `platform`: None where the settings name none.

    `officers`: the names that must not go out to the city, of accounts and of persons. `names_another`: whether a text
    on a request may lead to somebody else who asked in the same case.
    """

    desk: Needs
    times: CityTimes
    calendar: Calendar
    platform: CityPlatform | None = None
    officers: Callable[[], Collection[str]] = nobody
    names_another: Callable[[Request, str], bool] = alone

    @property
    def terms(self) -> CityTerms:
        """What was agreed with the city."""
        return self.times.terms
