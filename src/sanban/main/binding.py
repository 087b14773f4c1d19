"""What every slice lends the others for its pages and API, and the routes that come of it."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from uuid import uuid5

import msgspec

from sanban.handling import api
from sanban.handling.aggregate import CaseAggregate
from sanban.handling.aggregate import stream_of as case_stream
from sanban.handling.diagrams import DrawnDiagrams
from sanban.handling.needs import Needs, RequestRefs
from sanban.handling.pages import case, lists
from sanban.handling.pages.proof import SystemRow, ledger_routes, systems_routes
from sanban.handling.reactions import CASES, opening
from sanban.intake import api as intake_api
from sanban.intake import pages as intake_pages
from sanban.intake import ports as intake
from sanban.intake.aggregate import stream_of
from sanban.intake.findings import api as finding_api
from sanban.intake.findings import pages as finding_pages
from sanban.intake.public import api as public_api
from sanban.intake.public import asking, follow_pages
from sanban.intake.public import pages as filing_pages
from sanban.intake.public.ports import PublicNeeds
from sanban.intake.request import Request
from sanban.intake.views import count_requests
from sanban.intake.visits import pages as visit_pages
from sanban.kernel.duty.place import Place
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.permission import Actor
from sanban.kernel.view import ApiRoute, PageRoute
from sanban.ledger.port import Part, Submission
from sanban.main.house import ERASED, House
from sanban.main.lending.finding import FoundFirstCounts
from sanban.main.lending.following import Following
from sanban.main.proving import last_verified
from sanban.main.reactions import arrival_of
from sanban.main.systems import systems

SYSTEM = Actor("pages", "system")


def page_routes(house: House) -> tuple[PageRoute, ...]:
    """Every page of every slice."""
    needs = needs_of(house)
    public = public_needs_of(house)
    return (
        *filing_pages.routes(public),
        *follow_pages.routes(public),
        *asking.routes(public),
        *visit_pages.routes(public.desk),
        *intake_pages.routes(intake_needs_of(house)),
        *finding_pages.routes(intake_needs_of(house), FoundFirstCounts(house.cases, house.reader, _matters_of(house))),
        *lists.routes(needs),
        *case.routes(needs),
        *ledger_routes(house.reader, lambda: last_verified(house.home)),
        *systems_routes(_system_rows),
    )


def api_routes(house: House) -> tuple[ApiRoute, ...]:
    """Every operation of the API."""
    return (
        *public_api.routes(public_needs_of(house)),
        *finding_api.routes(intake_needs_of(house)),
        *intake_api.routes(intake_needs_of(house)),
        *api.routes(needs_of(house), lambda: _requests_of(house)),
    )


class DeskOpening:
    """Opens the cases that the desk wants; every wish has a case of its own, so that a wrong link can be undone."""

    def __init__(self, cases: CaseAggregate) -> None:
        self._cases = cases

    def submission(self, request: Request, wish: intake.Wish) -> Submission:
        case_id = str(uuid5(CASES, f"{request.id} {wish.key}"))
        arrival = arrival_of(request, wish.matter, self._cases)
        street = wish.street or arrival.street
        if wish.grid:
            street = self._cases.duty(None).grids.street_of(Place(wish.grid, None), request.received.at) or street
        args = opening(msgspec.structs.replace(arrival, grid=wish.grid, street=street)).parts[0].args
        more = {"id": case_id, "found": wish.found, "fields": wish.fields}
        parts = (
            Part(case_stream(case_id), "open", args | more),
            Part(stream_of(request.id), "link", {"case": case_id}),
        )
        return Submission("", SYSTEM, parts)


def intake_needs_of(house: House) -> intake.Needs:
    """What intake's pages work with."""
    return intake.Needs(
        ledger=house.ledger,
        reader=house.reader,
        district=house.home.district,
        desk=house.district.desk,
        zone=house.zone,
        triage=house.triage,
        party_key=house.party_key,
        duty=house.district.duty,
        opens=DeskOpening(house.cases),
        receipt=lambda command_id: receipt_of(house.party_key, command_id),
        matters=_matters_of(house),
        locate=house.grid_at,
        erased=lambda: {person for (person,) in house.reader.query(ERASED, {"nothing": b""})},
    )


def public_needs_of(house: House) -> PublicNeeds:
    """What the requester's pages and their API work with; what one address does counts for both."""
    cases = Following(house.cases, house.reader)
    return PublicNeeds(
        desk=intake_needs_of(house),
        cases=cases,
        filing=house.public_filings,
        guessing=house.public_guesses,
        persons=lambda kind, value: house.vault.find(kind, value, house.reader),
    )


def receipt_of(key: bytes, command_id: str) -> str:
    """Fifty bits that nobody without the key can work out, as ten characters of base32; the same for a command."""
    return base64.b32encode(hmac.digest(key, b"receipt " + command_id.encode(), "sha256")).decode()[:10]


def needs_of(house: House) -> Needs:
    """What handling's pages work with."""

    def refs(ids: Sequence[str]) -> Mapping[str, RequestRefs]:
        return request_refs(house, ids)

    return Needs(house.ledger, house.reader, house.cases, DrawnDiagrams(), refs, _matters_of(house))


def _matters_of(house: House) -> Callable[[int], Sequence[Mechanism]]:
    return lambda now: [one.mechanism for one in house.matters.in_force(now) if one.mechanism is not None]


def request_refs(house: House, ids: Sequence[str]) -> dict[str, RequestRefs]:
    """Where in the vault the texts of these requests stand."""
    found: dict[str, RequestRefs] = {}
    for request_id in ids:
        request = house.reader.state(stream_of(request_id))
        if isinstance(request, Request):
            received = request.received
            found[request_id] = RequestRefs(
                received.text, received.name, received.phone, received.address, request.added
            )
    return found


def _requests_of(house: House) -> int:
    counts = count_requests(SYSTEM, house.reader)
    return 0 if isinstance(counts, Refused) else counts.total


def _system_rows() -> list[SystemRow]:
    return [SystemRow(one.id, one.name, one.state, one.matters, one.tests, one.link) for one in systems()]
