"""What intake works with apart from its pages: the same for reactions, commands and jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sanban.handling.needs import Needs as HandlingNeeds
from sanban.handling.needs import RequestRefs
from sanban.intake.aggregate import stream_of
from sanban.intake.ports import Needs
from sanban.intake.request import Request
from sanban.kernel.mechanism import Mechanism
from sanban.main.meeting.desk import DeskJoining, DeskOpening
from sanban.main.telling.receipts import receipt_of

if TYPE_CHECKING:
    from sanban.main.house import House


def desk_needs_of(house: House) -> Needs:
    """Intake's needs without what only pages ask for."""
    matters = matters_of(house)
    return Needs(
        ledger=house.ledger,
        reader=house.reader,
        district=house.home.district,
        desk=house.district.desk,
        zone=house.zone,
        triage=house.triage,
        party_key=house.party_key,
        duty=house.district.duty,
        opens=DeskOpening(house.cases),
        joins=DeskJoining(HandlingNeeds(house.ledger, house.reader, house.cases, matters=matters)),
        receipt=lambda command_id: receipt_of(house.party_key, command_id),
        matters=matters,
        locate=house.grid_at,
        channels=house.home.settings.channels,
        find=house.find_persons,
        find_number=house.find_number,
    )


def matters_of(house: House) -> Callable[[int], Sequence[Mechanism]]:
    """The mechanisms in force at an instant."""
    return lambda now: [one.mechanism for one in house.matters.in_force(now) if one.mechanism is not None]


def request_refs(house: House, ids: Sequence[str]) -> dict[str, RequestRefs]:
    """Where in the vault the texts of these requests stand. One statement."""
    found: dict[str, RequestRefs] = {}
    for request in house.reader.states([*map(stream_of, ids)]).values():
        if isinstance(request, Request):
            received = request.received
            found[request.id] = RequestRefs(
                received.text, received.name, received.phone, received.address, request.added
            )
    return found
