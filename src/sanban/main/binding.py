"""What every slice lends the others for its pages and API, and the routes that come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sanban.handling import api
from sanban.handling.diagrams import DrawnDiagrams
from sanban.handling.needs import Needs, RequestRefs
from sanban.handling.pages import case, lists
from sanban.handling.pages.proof import SystemRow, ledger_routes, systems_routes
from sanban.intake.aggregate import stream_of
from sanban.intake.request import Request
from sanban.intake.views import count_requests
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.permission import Actor
from sanban.kernel.view import ApiRoute, PageRoute
from sanban.main.house import House
from sanban.main.proving import last_verified
from sanban.main.systems import systems

SYSTEM = Actor("pages", "system")


def page_routes(house: House) -> tuple[PageRoute, ...]:
    """Every page of every slice."""
    needs = needs_of(house)
    return (
        *lists.routes(needs),
        *case.routes(needs),
        *ledger_routes(house.reader, lambda: last_verified(house.home)),
        *systems_routes(_system_rows),
    )


def api_routes(house: House) -> tuple[ApiRoute, ...]:
    """Every operation of the API."""
    return api.routes(needs_of(house), lambda: _requests_of(house))


def needs_of(house: House) -> Needs:
    """What handling's pages work with."""

    def matters(now: int) -> Sequence[Mechanism]:
        return [one.mechanism for one in house.matters.in_force(now) if one.mechanism is not None]

    def refs(ids: Sequence[str]) -> Mapping[str, RequestRefs]:
        return request_refs(house, ids)

    return Needs(house.ledger, house.reader, house.cases, DrawnDiagrams(), refs, matters)


def request_refs(house: House, ids: Sequence[str]) -> dict[str, RequestRefs]:
    """Where in the vault the texts of these requests stand."""
    found: dict[str, RequestRefs] = {}
    for request_id in ids:
        request = house.reader.state(stream_of(request_id))
        if isinstance(request, Request):
            received = request.received
            found[request_id] = RequestRefs(received.text, received.name, received.phone, received.address)
    return found


def _requests_of(house: House) -> int:
    counts = count_requests(SYSTEM, house.reader)
    return 0 if isinstance(counts, Refused) else counts.total


def _system_rows() -> list[SystemRow]:
    return [SystemRow(one.id, one.name, one.state, one.matters, one.tests, one.link) for one in systems()]
