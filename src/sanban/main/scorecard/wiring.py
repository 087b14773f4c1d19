"""What the scorecard is given in this deployment."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from sanban.handling.needs import Needs as HandlingNeeds
from sanban.kernel.errors import SanbanError
from sanban.kernel.mechanism import Title
from sanban.kernel.view import Language
from sanban.main.scorecard.lending import LentCounts
from sanban.scorecard.ports import Needs, Source
from sanban.web.language import catalogues, load
from sanban.web.rendering import PACKAGE

if TYPE_CHECKING:
    from sanban.main.house import House


def scorecard_needs_of(house: House) -> Needs:
    """What the scorecard's pages and commands work with."""
    return Needs(
        ledger=house.ledger,
        reader=house.reader,
        calendar=house.calendar,
        counts=LentCounts(HandlingNeeds(house.ledger, house.reader, house.cases)),
        source=partial(_source, house),
        terms=house.assessment,
        say=lambda language, text: _messages(language)(text),
        issuer=_centre(house),
        district=house.home.settings.district.title,
    )


def _source(house: House) -> Source:
    house.catch_up()
    head = house.reader.head()
    if head is None:
        raise SanbanError("the ledger is empty: there is nothing to count", "sanban import FILE")
    return Source(head.position, head.hash)


def _centre(house: House) -> Title:
    centre = next((unit.code for unit in house.district.units if unit.kind == "centre"), "")
    return house.district.titles.get(centre, house.district.title)


@lru_cache(2)
def _messages(language: Language) -> Callable[[str], str]:
    found: Callable[[str], str] = load(language, catalogues([PACKAGE])).gettext
    return found
