"""What every slice lends the others for its pages and API, and the routes that come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import msgspec

from sanban.attachments import api as attachment_api
from sanban.attachments import pages as attachment_pages
from sanban.handling import api
from sanban.handling.diagrams import DrawnDiagrams
from sanban.handling.needs import Needs, RequestRefs, VisitOfDay
from sanban.handling.pages import case, disputes, figures, grid, handover, links, lists, raised
from sanban.handling.pages.proof import SystemRow, ledger_routes, systems_routes
from sanban.handling.route import api as route_api
from sanban.handling.route import pages as route_pages
from sanban.intake import api as intake_api
from sanban.intake import pages as intake_pages
from sanban.intake import ports as intake
from sanban.intake.city import api as city_api
from sanban.intake.city import pages as city_pages
from sanban.intake.city import seeing as city_orders
from sanban.intake.desk import waiting
from sanban.intake.desk.about import unsaid
from sanban.intake.findings import api as finding_api
from sanban.intake.findings import listing
from sanban.intake.findings import pages as finding_pages
from sanban.intake.firms import api as firm_api
from sanban.intake.firms import pages as firm_pages
from sanban.intake.nearby import pages as nearby_pages
from sanban.intake.nearby.finding import Nearby
from sanban.intake.open311.ports import PublicIds
from sanban.intake.public import api as public_api
from sanban.intake.public import asking, follow_pages
from sanban.intake.public import pages as filing_pages
from sanban.intake.public.ports import PublicNeeds
from sanban.intake.views import count_requests
from sanban.intake.visits import api as visit_api
from sanban.intake.visits import pages as visit_pages
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor, Role
from sanban.kernel.view import ApiRoute, PageRoute, Waits
from sanban.ledger.port import Reader
from sanban.looks import api as look_api
from sanban.looks import pages as look_pages
from sanban.main.attaching import attaching, attachment_needs_of
from sanban.main.city.wiring import city_needs_of
from sanban.main.deployment.offered import accounts
from sanban.main.house import House
from sanban.main.joint import surrounding
from sanban.main.learning.advising import emergency_of, shift_of, spot_of
from sanban.main.lending.desk import desk_needs_of, matters_of, request_refs
from sanban.main.lending.finding import FoundFirstCounts
from sanban.main.lending.following import Following
from sanban.main.lending.looking import look_needs_of, unread
from sanban.main.lending.route import route_needs_of
from sanban.main.meeting.desk import DeskJoining
from sanban.main.proving import last_verified
from sanban.main.revision import wiring as revising
from sanban.main.scorecard.wiring import scorecard_needs_of
from sanban.main.systems import systems
from sanban.main.telling import needs_of as notice_needs_of
from sanban.notices import api as notice_api
from sanban.notices import pages as notice_pages
from sanban.packs.joint.gates import gate_title
from sanban.scorecard import api as scorecard_api
from sanban.scorecard import pages as scorecard_pages
from sanban.web.access.officers import Officers

SYSTEM = Actor("pages", "system")


def page_routes(house: House) -> tuple[PageRoute, ...]:
    """Every page of every slice."""
    needs, intake_needs = needs_of(house), intake_needs_of(house)
    public, city = public_needs_of(house, intake_needs), city_needs_of(house)
    pages = (
        *filing_pages.routes(public),
        *nearby_pages.routes(nearby_of(house, intake_needs), house.public_looks),
        *follow_pages.routes(public),
        *asking.routes(public),
        *visit_pages.routes(intake_needs),
        *finding_pages.routes(intake_needs, found_first_of(house)),
        *city_pages.routes(city),
        *firm_pages.routes(public),
        *intake_pages.routes(intake_needs),
        *attachment_pages.routes(attachment_needs_of(house, intake_needs)),
        *notice_pages.routes(notice_needs_of(house)),
        *lists.routes(needs),
        *case.routes(needs),
        *raised.routes(needs),
        *grid.routes(needs),
        *route_pages.routes(route_needs_of(house, needs, intake_needs)),
        *handover.routes(needs),
        *figures.routes(needs),
        *scorecard_pages.routes(scorecard_needs_of(house)),
        *disputes.routes(needs),
        *links.routes(needs),
        *surrounding.pages(house),
        *revising.page_routes(house),
        *ledger_routes(house.reader, lambda: last_verified(house.home)),
        *systems_routes(partial(_system_rows, house)),
    )
    titles = {page.name: page.menu for page in pages if page.menu}
    return (*pages, *look_pages.routes(look_needs_of(house), titles))


def waits(house: House) -> tuple[Waits, ...]:
    """What each slice has waiting for a viewer, for the front page."""
    intake_needs = intake_needs_of(house)
    return (
        partial(waiting.waits, intake_needs),
        partial(lists.waits, needs_of(house)),
        partial(city_orders.waits, city_needs_of(house)),
        partial(listing.waits, intake_needs),
        partial(notice_pages.waits, notice_needs_of(house)),
        *surrounding.waits(house),
        revising.waits(house),
    )


def api_routes(house: House) -> tuple[ApiRoute, ...]:
    """Every operation of the API."""
    intake_needs = intake_needs_of(house)
    needs, public = needs_of(house), public_needs_of(house, intake_needs)
    return (
        *public_api.routes(public),
        *firm_api.routes(public),
        *visit_api.routes(intake_needs),
        *finding_api.routes(intake_needs, found_first_of(house)),
        *city_api.routes(city_needs_of(house)),
        *intake_api.routes(intake_needs),
        *attachment_api.routes(attachment_needs_of(house, intake_needs)),
        *notice_api.routes(notice_needs_of(house)),
        *look_api.routes(look_needs_of(house)),
        *surrounding.operations(house),
        *revising.operations(house),
        *scorecard_api.routes(scorecard_needs_of(house)),
        *route_api.routes(route_needs_of(house, needs, intake_needs)),
        *api.routes(needs, lambda: _requests_of(house)),
    )


def intake_needs_of(house: House) -> intake.Needs:
    """What intake's pages work with."""
    return msgspec.structs.replace(
        desk_needs_of(house),
        joins=DeskJoining(needs_of(house)),
        officer=lambda account: officer_role(house, account),
        has_files=True,
        attaches=attaching(house),
        earlier=house.earlier,
        stream=house.stream,
        knowledge=house.knowledge,
        policies=house.policies,
        places=house.places,
        gazetteer=house.district.gazetteer,
        spot=spot_of(house.district_folder),
        shift=shift_of(house.district_folder),
    )


def public_needs_of(house: House, needs: intake.Needs) -> PublicNeeds:
    """What the requester's pages and their API work with; what one address does counts for both."""
    return PublicNeeds(
        needs,
        Following(house.cases, house.reader),
        house.public_filings,
        house.public_guesses,
        nearby_of(house, needs),
        house.public_looks,
        emergency_of(house.district_folder),
    )


def found_first_of(house: House) -> FoundFirstCounts:
    """What counts the cases that were found first."""
    return FoundFirstCounts(house.cases, house.reader, matters_of(house))


def nearby_of(house: House, needs: intake.Needs) -> Nearby:
    """Public cases, known by the ids that Open311 knows them by; texts are shown where it shows them."""
    shown = house.home.settings.open311.descriptions
    return Nearby(needs, PublicIds(house.party_key), house.matters.by_key, shown)


def officer_role(house: House, account: str) -> Role | None:
    """The role of an account that may sign in to this deployment; a demo's offered accounts are accounts too."""
    offered = accounts(house.district) if house.home.settings.mode == "demo" else ()
    found = Officers(house.home.folder).find(account)
    if found is not None:
        return None if found.disabled else found.role
    return next((one.actor.role for one in offered if one.actor.id == account), None)


def needs_of(house: House) -> Needs:
    """What handling's pages work with."""

    def refs(ids: Sequence[str]) -> Mapping[str, RequestRefs]:
        return request_refs(house, ids)

    return Needs(
        house.ledger,
        house.reader,
        house.cases,
        DrawnDiagrams(),
        refs,
        matters_of(house),
        has_files=True,
        has_notices=True,
        has_room=True,
        answers=lambda key: answers_of(house, key),
        relay=house.relay,
        unsaid=partial(unsaid, desk_needs_of(house)),
        unread=partial(unread, house),
        gate=partial(gate_title, house.joint_terms.gates),
        visits=lambda units, since, until: visits_between(house.reader, units, since, until),
    )


def answers_of(house: House, key: str) -> dict[str, Title]:
    """The template answers of a mechanism version, by code."""
    matter = house.matters.keys.get(key)
    texts = {} if matter is None else matter.texts
    return {path.partition(".")[2]: title for path, title in texts.items() if path.startswith("answers.")}


def visits_between(reader: Reader, units: Sequence[str], since: int, until: int) -> list[VisitOfDay]:
    """The visits of these units in a span of time, the earliest first."""
    names = {f"unit{number}": unit for number, unit in enumerate(units)}
    among = ", ".join(f":{name}" for name in names) or "''"
    rows = reader.query(
        "SELECT visit, number, held_at, issues, state FROM visit_view WHERE district = :district "  # noqa: S608 -- names of ours
        f"AND unit IN ({among}) AND held_at >= :since AND held_at < :until ORDER BY held_at, visit",
        {**names, "since": since, "until": until},
    )
    return [
        VisitOfDay(visit, number, held_at, issues, state != "closed") for visit, number, held_at, issues, state in rows
    ]


def _requests_of(house: House) -> int:
    counts = count_requests(SYSTEM, house.reader)
    return 0 if isinstance(counts, Refused) else counts.total


def _system_rows(house: House) -> list[SystemRow]:
    """The systems, their matters called as they are called here."""

    def title_of(matter: str) -> Title:
        versions = house.matters.versions.get(matter)
        return versions[-1].head.title if versions else Title(matter, matter)

    return [
        SystemRow(one.id, one.name, one.state, tuple(map(title_of, one.matters)), one.tests, one.link)
        for one in systems()
    ]
