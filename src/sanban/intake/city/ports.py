"""What the city's orders are given by the rest of the house."""

from __future__ import annotations

from collections.abc import Callable, Collection

import msgspec

from sanban.intake.city.deciding import CityTimes
from sanban.intake.city.messages import CityPlatform
from sanban.intake.ports import Needs
from sanban.kernel.clock.calendar import Calendar
from sanban.packs.desk.city import CityTerms


def nobody() -> Collection[str]:
    """No officer is known."""
    return ()


class CityNeeds(msgspec.Struct, frozen=True):
    """Everything that orders work with. `platform`: None where the settings name none.

    `officers`: the names that must not go out to the city, of accounts and of persons.
    """

    desk: Needs
    times: CityTimes
    calendar: Calendar
    platform: CityPlatform | None = None
    officers: Callable[[], Collection[str]] = nobody

    @property
    def terms(self) -> CityTerms:
        """What was agreed with the city."""
        return self.times.terms
