"""One request taken down by hand or sent by a program: read like a row of a file, with a receipt for the requester.

The same reading as an import gives the same checks, the same pseudonymous person and the same suggestions. A request
with a number of another system is that system's request, whoever brings it; without one, each command is a request of
its own, so that two neighbours may say the same words. Command and receipt belong together: sent twice, a command acts
once and is answered with the same receipt.
"""

from __future__ import annotations

import re

import msgspec

from sanban.intake.aggregate import stream_of
from sanban.intake.columns import Choice, Field, Mapping
from sanban.intake.files.delimited import Row
from sanban.intake.files.rejects import Reject
from sanban.intake.importing import DEFAULT_SOURCE
from sanban.intake.ports import Needs
from sanban.intake.request import Request
from sanban.intake.row import PROBLEMS, RowReader, living_id
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission

PHONE = "13800000000"
NUMBER_TAKEN = Refused(
    "already_received", "the ledger holds a request under this number", "leave the number out for a new request"
)
UNKNOWN_GRID = Refused("unknown_grid", "the district has no grid of this code now", "choose one from the list")

_FIELDS: tuple[Field, ...] = (
    "text", "title", "name", "phone", "address", "channel", "lon", "lat", "external_no", "grid",
)  # fmt: skip
_MAPPING = Mapping(tuple(Choice(field, field, place, "told") for place, field in enumerate(_FIELDS)))
_CODES = ("street", "chosen", "disputes", "origin")
_PROBLEMS = {
    problem.reason: problem
    for problem in (
        Refused("empty_text", *PROBLEMS["empty_text"]),
        Refused("bad_number", *PROBLEMS["bad_number"]),
        Refused("bad_point", *PROBLEMS["bad_point"]),
        Refused("bad_grid", *PROBLEMS["bad_grid"]),
    )
}


class Said(msgspec.Struct, frozen=True):
    """What one person said, as typed or sent. `lon` and `lat`: degrees with decimals; all '' when not known.

    `proxy_phone`: of the one who speaks for the requester; `by_proxy`: somebody does, phone or
    none. `street`, `chosen`, `disputes` and `origin` as in `request.received`.
    """

    text: str
    title: str = ""
    name: str = ""
    phone: str = ""
    address: str = ""
    channel: str = ""
    lon: str = ""
    lat: str = ""
    external_no: str = ""
    grid: str = ""
    proxy_phone: str = ""
    found: bool = False
    by_proxy: bool = False
    street: str = ""
    chosen: str = ""
    disputes: str = ""
    origin: str = ""


class Taken(msgspec.Struct, frozen=True):
    """A request that stands in the ledger. `repeated`: the command had been applied before."""

    request: str
    number: str
    receipt: str
    repeated: bool = False


def receive(needs: Needs, viewer: Actor, command_id: str, said: Said, now: int) -> Taken | Refused:
    """Takes the request down, with what triage thinks of it."""
    submission = reading(needs, viewer, command_id, said, now)
    if isinstance(submission, Refused):
        return submission
    answer = needs.ledger.submit(submission)
    if answer.refused is not None:
        return NUMBER_TAKEN if answer.refused.reason == "already_received" else answer.refused
    request = needs.reader.state(submission.parts[0].stream)
    assert isinstance(request, Request), "an accepted command's request stands in the ledger"
    return Taken(request.id, request.received.number, needs.receipt(command_id), answer.repeated)


def request_of(needs: Needs, request_id: str) -> Request | None:
    """The request of an id; None when there is none."""
    found = needs.reader.state(stream_of(request_id))
    return found if isinstance(found, Request) else None


def reading(needs: Needs, viewer: Actor, command_id: str, said: Said, now: int) -> Submission | Refused:
    """The command that takes the request down, or why it cannot be taken."""
    if said.grid and needs.duty.grids.version(said.grid, now) is None:
        return UNKNOWN_GRID
    reader = _reader(needs, viewer, DEFAULT_SOURCE if said.external_no.strip() else f"desk {command_id}")
    read = reader.read(Row(1, tuple(getattr(said, field) for field in _FIELDS)))
    if isinstance(read, Reject):
        return _PROBLEMS.get(read.reason) or Refused("text_too_long", read.message, read.example)
    first, *suggested = read.parts
    more: dict[str, object] = {name: getattr(said, name) for name in _CODES if getattr(said, name)}
    more |= {"receipt": needs.receipt(command_id), "found": said.found, "proxy": _proxy(needs, said, command_id)}
    receiving = Part(first.stream, first.step, first.args | more)
    suggested = [_advised(part, said.chosen) for part in suggested]
    return msgspec.structs.replace(read, command_id=command_id, parts=(receiving, *suggested))


def of_person(submission: Submission, person: str) -> Submission:
    """The same command for a person who is known already."""
    first, *rest = submission.parts
    received = Part(first.stream, first.step, first.args | {"requester": person})
    secrets = tuple(msgspec.structs.replace(secret, person=person) for secret in submission.secrets)
    return msgspec.structs.replace(submission, parts=(received, *rest), secrets=secrets)


def _advised(part: Part, chosen: str) -> Part:
    """A suggestion opens nothing by itself when the requester has said that it is something else."""
    agreed = chosen in ("", part.args["candidates"][0]["matter"])
    return part if agreed else Part(part.stream, part.step, part.args | {"auto": False})


def _reader(needs: Needs, viewer: Actor, source: str) -> RowReader:
    return RowReader(
        district=needs.district,
        source=source,
        desk_unit=needs.desk,
        channel="phone",
        actor=viewer,
        zone=needs.zone,
        party_key=needs.party_key,
        mapping=_MAPPING,
        triage=needs.triage,
        locate=needs.locate,
        erased=needs.erased(),
    )


def _proxy(needs: Needs, said: Said, command_id: str) -> str:
    """The pseudonymous id of the one who speaks for the requester; '' for nobody."""
    digits = re.sub(r"\D", "", said.proxy_phone)
    if not (digits or said.by_proxy):
        return ""
    identity = ("phone", digits[-11:]) if digits else ("proxy", command_id)
    return living_id(needs.erased(), needs.party_key, needs.district, *identity)
