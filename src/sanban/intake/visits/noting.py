"""A visit at work: opening, noting what a resident raises with a receipt for them, answering on the spot, closing."""

from __future__ import annotations

from uuid import UUID, uuid5

import msgspec

from sanban.intake.desk.deciding import answer_on_the_spot, is_answered_by, too_long
from sanban.intake.desk.receiving import Said, Taken, reading, request_of
from sanban.intake.ports import Needs, streets_of
from sanban.intake.request import Request
from sanban.intake.visits.visit import CHANNEL, Visit, is_settled, stream_of
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret, Submission

VISITS = UUID("4e7d1f0a-92b6-5c38-a1d4-7f60b2c85e19")
LONGEST_PLACE = 200
ANSWERED = "informed"
"""How an issue ends that its resident was answered on the spot."""


def open_visit(needs: Needs, viewer: Actor, command_id: str, place: str, street: str, held_at: int) -> str | Refused:
    """Opens a visit; its id. Sent again, it is the visit that was opened then."""
    if street and street not in streets_of(needs, held_at):
        return Refused("unknown_street", "the district has no such street", "choose one")
    if len(place) > LONGEST_PLACE:
        return too_long(LONGEST_PLACE)
    visit = str(uuid5(VISITS, f"{viewer.id} {command_id}"))
    before = needs.reader.state(stream_of(visit))
    since = before.opened.held_at if isinstance(before, Visit) else held_at
    args: dict[str, object] = {"held_at": since, "street": street}
    secrets: tuple[Secret, ...] = ()
    if place:
        person = f"person:{uuid5(VISITS, f'person {visit}')}"
        ref = f"v:{uuid5(VISITS, f'place {visit}').hex}"
        args |= {"place": ref, "person": person}
        secrets = (Secret(ref, person, "text", place),)
    part = Part(stream_of(visit), "open", args)
    return needs.ledger.submit(Submission(command_id, viewer, (part,), secrets=secrets)).refused or visit


def note_issue(needs: Needs, viewer: Actor, command_id: str, visit: Visit, said: Said, now: int) -> Taken | Refused:
    """Notes an issue: takes the request down as the desk would, and puts it on the visit's list, both or neither."""
    stream = stream_of(visit.opened.id)
    of_visit = msgspec.structs.replace(said, channel=CHANNEL, origin=stream, street=visit.opened.street)
    read = reading(needs, viewer, command_id, of_visit, now)
    if isinstance(read, Refused):
        return read
    request_id = read.parts[0].stream.partition(":")[2]
    parts = (*read.parts, Part(stream, "note", {"request": request_id}))
    answer = needs.ledger.submit(msgspec.structs.replace(read, parts=parts))
    if answer.refused is not None:
        return answer.refused
    request = request_of(needs, request_id)
    assert request is not None, "an accepted command's request stands in the ledger"
    return Taken(request_id, request.received.number, needs.receipt(command_id), answer.repeated)


def answer_issue(needs: Needs, viewer: Actor, command_id: str, request: Request, text: str, now: int) -> Refused | None:
    """What the resident was told on the spot; the issue is closed with it.

    A question alone is answered so. What has to be done waits at the desk for its case: no visit is a fast lane.
    """
    own_id = str(uuid5(VISITS, f"answer {command_id}"))
    if is_settled(request) and not is_answered_by(own_id, request):
        return Refused("settled", "this issue has its case or its answer already", "look at the request")
    return answer_on_the_spot(needs, viewer, own_id, request, text, ANSWERED, now)


def close_visit(needs: Needs, viewer: Actor, command_id: str, visit: Visit) -> Refused | None:
    """Closes the visit, if nobody is owed a reply."""
    part = Part(stream_of(visit.opened.id), "close")
    return needs.ledger.submit(Submission(command_id, viewer, (part,))).refused


def issues_of(needs: Needs, visit: Visit) -> list[Request]:
    """The requests noted in a visit, in order."""
    return [one for one in (request_of(needs, each) for each in visit.issues) if one is not None]


def owed(needs: Needs, visit: Visit) -> int:
    """How many issues wait for a reply."""
    return sum(not is_settled(one) for one in issues_of(needs, visit))
