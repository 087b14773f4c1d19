"""What ratings, meetings, the yearly list and project teams are given in this deployment, and their routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sanban.handling.aggregate import stream_of
from sanban.handling.links import STREAM as LINKS
from sanban.handling.needs import Needs as HandlingNeeds
from sanban.handling.reactions import SYSTEM
from sanban.handling.views.lists import about_viewer
from sanban.handling.views.masking import sight_of
from sanban.handling.views.naming import Names
from sanban.joint.board.listing import ageing_board
from sanban.joint.meeting import api as meeting_api
from sanban.joint.meeting import pages as meeting_pages
from sanban.joint.meeting.aggregate import MeetingAggregate
from sanban.joint.meeting.book import CHAIRS, Book, Meeting, Rules
from sanban.joint.meeting.book import STREAM as MEETINGS
from sanban.joint.meeting.ports import Ageing
from sanban.joint.meeting.ports import Needs as MeetingNeeds
from sanban.joint.rating import api as rating_api
from sanban.joint.rating import pages as rating_pages
from sanban.joint.rating.aggregate import RatingAggregate
from sanban.joint.rating.ports import Needs as RatingNeeds
from sanban.joint.rating.sheet import sheet_id
from sanban.joint.rating.sheet import stream_of as rating_stream
from sanban.joint.surrounding import KnownCase
from sanban.joint.team import api as team_api
from sanban.joint.team import pages as team_pages
from sanban.joint.team.ports import Blocker
from sanban.joint.team.ports import Needs as TeamNeeds
from sanban.joint.team.project import ProjectAggregate
from sanban.joint.yearly import api as yearly_api
from sanban.joint.yearly import pages as yearly_pages
from sanban.joint.yearly.item import CampaignAggregate
from sanban.joint.yearly.listing import YearlyList, yearly_list
from sanban.joint.yearly.ports import Needs as YearlyNeeds
from sanban.joint.yearly.steps import carried_on, measured_at_the_end
from sanban.kernel.case.event import CaseReleased
from sanban.kernel.case.state import Case
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.kernel.view import ApiRoute, PageRoute, Waits
from sanban.ledger.port import Aggregate, Stored, Submission, Turn
from sanban.ledger.port import Part as Step
from sanban.main.joint import whistles
from sanban.main.reactions import Answering
from sanban.packs.joint.gates import load_gate_titles
from sanban.packs.joint.meeting import MeetingTerms, load_meeting_terms
from sanban.packs.joint.rating import RatingTerms, load_rating_terms
from sanban.packs.joint.team import TeamTerms, load_team_terms
from sanban.packs.joint.yearly import YearlyTerms, load_yearly_terms

if TYPE_CHECKING:
    from sanban.main.house import House

_CASE = (
    "SELECT case_id FROM case_view WHERE district = :district AND stream = :stream UNION "
    "SELECT case_id FROM case_view WHERE district = :district AND number = :asked"
)
_BLOCKERS = (
    "SELECT case_view.case_id, case_view.number, lead, opened_at, closed_at, coalesce(blocker_view.gate, ''), "
    "coalesce(blocker_view.project, '') FROM case_view LEFT JOIN blocker_view ON blocker_view.district = "
    "case_view.district AND blocker_view.case_id = case_view.case_id WHERE case_view.district = :district "
    "AND matter = :matter AND {which} {kept}ORDER BY opened_at + 0, case_view.case_id LIMIT :most"
)
"""`+ 0`: those of a matter are found by it, not by reading all cases in the order of time."""
_NOTED, _LOOSE = "blocker_view.project = :project", "blocker_view.project IS NULL AND closed_at IS NULL"
MOST_BLOCKERS = 500
TASKED = ("street", "department", "centre", "station")
"""The kinds of unit that are given something to do."""


class Terms(NamedTuple):
    """What the district has declared about them."""

    rating: RatingTerms
    meeting: MeetingTerms
    yearly: YearlyTerms
    team: TeamTerms
    gates: Mapping[str, Title]


def load_terms(folder: Path) -> Terms:
    """The terms of a district's folder, else the shipped illustrations. Raises FaultsFound."""
    return Terms(
        load_rating_terms(folder),
        load_meeting_terms(folder),
        load_yearly_terms(folder),
        load_team_terms(folder),
        load_gate_titles(folder),
    )


def aggregates(house: House) -> tuple[Aggregate, ...]:
    """The kinds of stream."""
    terms = house.joint_terms
    meetings = Rules(
        terms.meeting,
        house.calendar,
        lambda code, now: code in _units(house, now),
        lambda turn: house.cases.links(turn.look(LINKS)),
        lambda matter, now: house.matters.mechanism_of(matter, now) is not None,
    )
    return (
        RatingAggregate(terms.rating, house.calendar),
        MeetingAggregate(meetings),
        CampaignAggregate(terms.yearly),
        ProjectAggregate(terms.team),
    )


class Part(NamedTuple):
    """One of the parts, as far as this deployment runs it."""

    pages: tuple[PageRoute, ...]
    operations: tuple[ApiRoute, ...]
    waits: tuple[Waits, ...] = ()


def parts(house: House) -> tuple[Part, ...]:
    """Those that run here: in production none by terms that are only an illustration."""
    terms = house.joint_terms
    rated, met, listed, built = (
        rating_needs_of(house), meeting_needs_of(house), yearly_needs_of(house), team_needs_of(house)
    )  # fmt: skip
    found = (
        (
            terms.rating,
            Part(rating_pages.routes(rated), rating_api.routes(rated), (partial(rating_pages.waits, rated),)),
        ),
        (terms.meeting, Part(meeting_pages.routes(met), meeting_api.routes(met), (partial(meeting_pages.waits, met),))),
        (terms.yearly, Part(yearly_pages.routes(listed), yearly_api.routes(listed))),
        (terms.team, Part(team_pages.routes(built), team_api.routes(built))),
    )
    return tuple(part for declared, part in found if _runs(house, declared.origin))


def _runs(house: House, origin: str) -> bool:
    return house.home.settings.mode != "production" or origin != "illustrative"


def pages(house: House) -> tuple[PageRoute, ...]:
    """The pages."""
    own = tuple(page for part in parts(house) for page in part.pages)
    return (*own, *whistles.pages(house, shared_of(house)))


def operations(house: House) -> tuple[ApiRoute, ...]:
    """The operations of the API."""
    own = tuple(operation for part in parts(house) for operation in part.operations)
    return (*own, *whistles.operations(house, shared_of(house)))


def waits(house: House) -> tuple[Waits, ...]:
    """What waits for a viewer."""
    return (whistles.waits(house, shared_of(house)), *(wait for part in parts(house) for wait in part.waits))


def reactions(house: House) -> Mapping[str, Answering]:
    """What follows events of cases and of the yearly list here."""
    terms = house.joint_terms
    found: tuple[tuple[str, str, Answering], ...] = (
        (terms.rating.origin, "case.released", partial(_open_sheet, house)),
        (terms.yearly.origin, "campaign.fell_due", partial(_measure, house)),
        (terms.yearly.origin, "campaign.carried_over", partial(_carry_on, house)),
    )
    return {event: answering for origin, event, answering in found if _runs(house, origin)}


def _measure(house: House, event: Stored) -> Sequence[Submission]:
    return measured_at_the_end(yearly_needs_of(house), event)


def _carry_on(house: House, event: Stored) -> Sequence[Submission]:
    return carried_on(yearly_needs_of(house), event)


def _open_sheet(house: House, event: Stored) -> Sequence[Submission]:
    """On `case.released`: the street that whistled may rate the unit from now on."""
    told = house.cases.decode(event.type, event.v, event.payload)
    case = house.reader.state(event.stream, at=event.recorded_at)
    if not isinstance(told, CaseReleased) or not isinstance(case, Case):
        return ()
    whistle = case.whistle(told.whistle)
    called = whistle.of(told.called) if whistle else None
    if whistle is None or called is None:
        return ()
    facts = {
        "case": case.id,
        "number": case.number,
        "whistle": whistle.id,
        "unit": called.unit,
        "street": whistle.street,
        "released_at": event.recorded_at,
        "absent": called.absent_at is not None or called.reported_at is None,
    }
    return (Submission("", SYSTEM, (Step(rating_stream(sheet_id(whistle.id, called.unit)), "open", facts),)),)


def rating_needs_of(house: House) -> RatingNeeds:
    """What ratings work with."""
    return RatingNeeds(**shared_of(house), terms=house.joint_terms.rating)


def meeting_needs_of(house: House) -> MeetingNeeds:
    """What meetings work with."""
    return MeetingNeeds(
        **shared_of(house),
        terms=house.joint_terms.meeting,
        board=partial(_board, house),
        paths=partial(_paths, house),
        has_files=True,
    )


def meeting_to_file(turn: Turn, meeting: str) -> Meeting | None:
    """The meeting, for its chairs: whose files they keep with its minutes."""
    book = turn.look(MEETINGS)
    is_chair = turn.actor.role in CHAIRS and turn.actor.unit_kind == "centre"
    return book.meetings.get(meeting) if isinstance(book, Book) and is_chair else None


def yearly_needs_of(house: House) -> YearlyNeeds:
    """What the yearly list works with."""
    return YearlyNeeds(
        **shared_of(house),
        terms=house.joint_terms.yearly,
        matter=lambda matter, now: Names(house.cases, now).matter(matter),
    )


def team_needs_of(house: House) -> TeamNeeds:
    """What project teams work with."""
    return TeamNeeds(**shared_of(house), terms=house.joint_terms.team, blockers=partial(_blockers, house))


def yearly_list_of(house: House, year: str) -> YearlyList:
    """The list that `sanban joint yearly-list` prints. Raises SanbanError for a year that is none."""
    found = yearly_list(yearly_needs_of(house), year)
    if isinstance(found, Refused):
        raise SanbanError(found.message, f"--year {found.example}")
    return found


def shared_of(house: House) -> dict[str, Any]:
    """What all parts round a whistle are given."""
    return {
        "ledger": house.ledger,
        "reader": house.reader,
        "calendar": house.calendar,
        "unit": lambda code, now: Names(house.cases, now).unit(code),
        "units": partial(_units, house),
        "case": partial(_case, house),
        "kept": partial(_kept, house),
    }


def _units(house: House, now: int) -> Mapping[str, Title]:
    duty = house.district.duty
    known = (duty.unit_at(code, now) for code in duty.units)
    return {one.code: Title(one.title_zh, one.title_en) for one in known if one is not None and one.kind in TASKED}


def _case(house: House, viewer: Actor, asked: str) -> KnownCase | None:
    """By id or number, where the viewer may know that it is there."""
    rows = house.reader.query(_CASE, {"asked": asked, "stream": stream_of(asked)})
    case = house.reader.state(stream_of(rows[0][0])) if rows else None
    if not isinstance(case, Case):
        return None
    now = house.clock()
    needs = HandlingNeeds(house.ledger, house.reader, house.cases)
    if not sight_of(viewer, needs, case, house.cases.pinned(case), now).case:
        return None
    names = Names(house.cases, now)
    return KnownCase(
        case.id, case.number, names.matter(case.matter), names.state(case.matter, case.state), case.lead, case.opened_at
    )


def _kept(house: House, viewer: Actor, table: str) -> tuple[str, dict[str, str]]:
    """Without the cases about the viewer, or about anyone they stand for; the rows name theirs in `case_id`."""
    return about_viewer(viewer, house.reader, house.cases, house.clock(), table, f"'case:' || {table}.case_id")


def _board(house: House, viewer: Actor, now: int, most: int) -> Sequence[Ageing]:
    """The ageing board's oldest cases."""
    found = ageing_board(viewer, whistles.board_needs_of(house, shared_of(house)), now, most)
    lines = () if isinstance(found, Refused) else found
    return [Ageing(one.case, one.number, one.matter, one.lead, one.since) for one in lines]


def _paths(house: House, now: int) -> dict[str, Title]:
    """The matters that have a mechanism in force, by code."""
    return {one.head.matter: one.head.title for one in house.matters.in_force(now) if one.mechanism is not None}


def _blockers(house: House, viewer: Actor, project: str) -> Sequence[Blocker]:
    """Of a project, or the open ones of none; at which gate those stand is seen when a project notes them."""
    kept, selves = about_viewer(viewer, house.reader, house.cases, house.clock(), "case_view")
    which, named = (_NOTED, {"project": project}) if project else (_LOOSE, {})
    given = {"matter": house.joint_terms.team.matter, "most": MOST_BLOCKERS, **named, **selves}
    rows = house.reader.query(_BLOCKERS.format(which=which, kept=kept), given)
    return [
        Blocker(case, number, lead, at, closed is None, gate, of) for case, number, lead, at, closed, gate, of in rows
    ]
