"""Attachments put together: where files are kept, and who may see and add them, asked of intake, meetings, the kernel.

Files are texts to the kernel's `sight`: whoever sees what was said sees the photos. Everybody sees what they added
themselves, and a unit that helps what it added; whoever sees the case alone sees that its files are not for them. A
request without a case is the desk's; with a case, the case's sight decides. Who reads a meeting's minutes sees its
files, and its chairs add them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from sanban.attachments.aggregate import REMOVERS
from sanban.attachments.filing import readied
from sanban.attachments.keeping import VaultKept
from sanban.attachments.ports import Needs, Owner, OwnerKind
from sanban.handling.aggregate import stream_of
from sanban.handling.views.naming import Names
from sanban.intake import ports as intake
from sanban.intake.aggregate import stream_of as request_stream
from sanban.intake.desk.receiving import request_of
from sanban.intake.desk.seeing import kept_from, request_view
from sanban.intake.findings.finding import CHECKERS, Finding
from sanban.intake.findings.finding import stream_of as finding_stream
from sanban.intake.findings.listing import reads
from sanban.intake.request import Request
from sanban.joint.meeting.book import CHAIRS, Book
from sanban.joint.meeting.book import STREAM as MEETINGS
from sanban.joint.meeting.steps import of_meeting as meeting_stream
from sanban.joint.surrounding import OFFICES
from sanban.kernel.case.facts import case_facts
from sanban.kernel.case.state import Case
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor, relations
from sanban.kernel.sight import sight
from sanban.kernel.view import Download
from sanban.ledger.reading.texts import owner_of_text
from sanban.main.house import House
from sanban.main.lending.finding import request_of_finding
from sanban.web.marking import mark_of, marked

ADDING = frozenset({"lead_unit", "co_unit", "inner_unit", "desk", "verifier", "coordinator"})
"""Relations to an open case that may add files to it."""
_FOUND = "SELECT request FROM request_view WHERE district = :district AND case_id = :case AND found"
HELPING = frozenset({"co_unit", "inner_unit"})
"""Relations whose unit's own files stay with them."""


def attachment_needs_of(house: House, intake_needs: intake.Needs) -> Needs:
    """What the pages and the API of attachments work with."""
    finders = _finders(house, intake_needs)

    def owner(viewer: Actor, kind: OwnerKind, id_: str, now: int) -> Owner | None:
        return finders[kind](viewer, id_, now)

    def mark(viewer: Actor, now: int, media: str, content: bytes) -> bytes:
        return marked(Download(content, "", media), mark_of(viewer, now, house.district.zone))

    def unit(code: str, now: int) -> Title:
        return Names(house.cases, now).unit(code)

    return Needs(house.ledger, house.reader, _kept(house), owner, mark, unit)


def attaching(house: House) -> intake.Attaches:
    """How photos come in with a request or a finding, in one command."""
    return partial(readied, _kept(house), pictures=True)


def _kept(house: House) -> VaultKept:
    key = hmac.new(house.home.key_file.read_bytes(), b"sanban file names", hashlib.sha256).digest()
    return VaultKept(house.reader, key)


def _finders(house: House, intake_needs: intake.Needs) -> dict[OwnerKind, Callable[[Actor, str, int], Owner | None]]:
    def of_case(viewer: Actor, id_: str, now: int) -> Owner | None:
        case = house.reader.state(stream_of(id_))
        return _case_owner(house, viewer, case, now) if isinstance(case, Case) else None

    def of_request(viewer: Actor, id_: str, now: int) -> Owner | None:
        request = request_of(intake_needs, id_)
        if request is None or kept_from(viewer, intake_needs, request, now):
            return None
        if request.case:
            case = house.reader.state(stream_of(request.case))
            return _linked_owner(house, viewer, request, case, now) if isinstance(case, Case) else None
        view = request_view(viewer, intake_needs, request, now)
        if view is None:
            return None
        sees = view.texts is not None
        removes = sees and viewer.role in REMOVERS
        return _of_request(house, request, sees=sees, adds=view.acts, removes=removes)

    def of_meeting(viewer: Actor, id_: str, _now: int) -> Owner | None:
        book = house.reader.state(MEETINGS)
        meeting = book.meetings.get(id_) if isinstance(book, Book) and viewer.role in OFFICES else None
        if meeting is None:
            return None
        person = owner_of_text(house.reader, meeting_stream(id_))
        chairs = viewer.role in CHAIRS and viewer.unit_kind == "centre"
        return Owner("meeting", id_, meeting.called.number, person, sees=True, adds=chairs, removes=chairs)

    def of_finding(viewer: Actor, id_: str, now: int) -> Owner | None:
        return _of_finding(house, viewer, id_, of_request(viewer, request_of_finding(id_), now))

    return {"case": of_case, "request": of_request, "meeting": of_meeting, "finding": of_finding}


def _of_finding(house: House, viewer: Actor, id_: str, of_request: Owner | None) -> Owner | None:
    """A finding: whoever works on it sees its photos, and whoever sees those of the request that it became."""
    known = house.reader.state(finding_stream(id_))
    if not isinstance(known, Finding):
        return None
    sees = reads(viewer, known) or (of_request is not None and of_request.sees)
    if not sees and viewer.role not in CHECKERS:
        return None
    return Owner("finding", id_, known.reported.number, known.reported.person, sees=sees, page="/findings")


def _case_owner(house: House, viewer: Actor, case: Case, now: int) -> Owner | None:
    facts = case_facts(case)
    seen = sight(viewer, facts, house.cases.links_now(house.reader), now, house.cases.pinned(case).visible)
    if not seen.case:
        return None
    sees = seen.text == "full"
    return Owner(
        kind="case",
        id=case.id,
        number=case.number,
        person=owner_of_text(house.reader, *(one.requester for one in case.requests), f"case:{case.id}"),
        sees=sees,
        adds=case.closed_at is None and not ADDING.isdisjoint(relations(viewer, facts)),
        removes=sees and viewer.role in REMOVERS,
        helps=not HELPING.isdisjoint(relations(viewer, facts)),
        below=partial(_below, house, case) if sees else tuple,
    )


def _linked_owner(house: House, viewer: Actor, request: Request, case: Case, now: int) -> Owner | None:
    """A request of a case: as the case says, and its own requester sees it in full."""
    of_case = _case_owner(house, viewer, case, now)
    if of_case is None:
        return None
    own = viewer.role == "requester" and viewer.party == request.received.requester
    adds = (of_case.sees and of_case.adds) or (own and not request.closed_at)
    return _of_request(house, request, sees=of_case.sees or own, adds=adds, removes=of_case.removes)


def _of_request(house: House, request: Request, *, sees: bool, adds: bool, removes: bool) -> Owner:
    received = request.received
    person = owner_of_text(house.reader, received.requester, request_stream(request.id))
    blank = Owner("request", request.id, received.number, person)
    below = partial(_findings_behind, request) if sees else tuple
    return msgspec.structs.replace(blank, sees=sees, adds=adds, removes=removes, below=below)


def _below(house: House, case: Case) -> Iterator[tuple[OwnerKind, str]]:
    """The requests of a case, and the findings that some of them came from."""
    for one in case.requests:
        yield "request", one.id
    for (found,) in house.reader.query(_FOUND, {"case": case.id}):
        request = house.reader.state(request_stream(found))
        if isinstance(request, Request):
            yield from _findings_behind(request)


def _findings_behind(request: Request) -> Iterator[tuple[OwnerKind, str]]:
    """The finding that a request came from, if it came from one."""
    kind, _, finding = request.received.origin.partition(":")
    if kind == "finding":
        yield "finding", finding
