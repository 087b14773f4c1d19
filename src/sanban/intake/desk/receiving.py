"""One request taken down by hand or sent by a program: read like a row of a file, with a receipt for the requester.

The same reading as an import gives the same checks, the same pseudonymous person and the same suggestions. A request
with a number of another system is that system's request, whoever brings it; without one, each command is a request of
its own, so that two neighbours may say the same words. Command and receipt belong together: sent twice, a command acts
once and is answered with the same receipt.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID, uuid5

import msgspec

from sanban.intake.aggregate import stream_of
from sanban.intake.columns import Choice, Field, Mapping
from sanban.intake.desk.deciding import COMMANDS
from sanban.intake.event import Flag
from sanban.intake.files.delimited import Row
from sanban.intake.files.rejects import Reject
from sanban.intake.identity.persons import find_or_make, identity_of, keeping
from sanban.intake.importing import DEFAULT_SOURCE
from sanban.intake.place.border import inside
from sanban.intake.place.crs import Crs, crs_of
from sanban.intake.ports import Needs
from sanban.intake.request import Request
from sanban.intake.row import PROBLEMS, RowReader, borderless
from sanban.intake.triage import AT_MOST, WHOLE
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret, Submission

CHOSEN = "chosen"
"""The reason of a suggestion that is the requester's own choice."""
_EMAILS = UUID("5a1a3c56-0b8d-5f8e-8d7f-2f5a7a1d9b30")

NUMBERS = Actor("numbers", "system")
PHONE = "13800000000"
NUMBER_TAKEN = Refused(
    "already_received", "the ledger holds a request under this number", "leave the number out for a new request"
)
UNKNOWN_GRID = Refused("unknown_grid", "the district has no grid of this code now", "choose one from the list")

_FIELDS: tuple[Field, ...] = (
    "text", "title", "name", "phone", "address", "channel", "lon", "lat", "external_no", "grid",
)  # fmt: skip
_MAPPING = Mapping(tuple(Choice(field, field, place, "told") for place, field in enumerate(_FIELDS)))
_CODES = ("street", "disputes", "origin")
NONE_OF_THESE = "none"
"""What a requester says when no suggested matter fits: then no machine opens their case."""
_NO_MATTER = frozenset({"", NONE_OF_THESE})


class Said(msgspec.Struct, frozen=True):
    """What one person said, as typed or sent. `lon` and `lat`: degrees with decimals; all '' when not known.

    `proxy_phone`: of the one who speaks for the requester. `crs`: the coordinate system that the point is told in, ''
    when nobody said. `matter`: the one the requester chose, `none` for none of those suggested; `public`:
    it may be shown to anybody. `by_proxy`: somebody speaks for the requester, though no phone of theirs is known.
    `street`, `disputes` and `origin` as in `request.received`.
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
    email: str = ""
    crs: str = ""
    matter: str = ""
    public: bool = False
    by_proxy: bool = False
    street: str = ""
    disputes: str = ""
    origin: str = ""


class Taken(msgspec.Struct, frozen=True):
    """A request that stands in the ledger. `repeated`: the command had been applied before. `flags`: of triage."""

    request: str
    number: str
    receipt: str
    repeated: bool = False
    flags: tuple[Flag, ...] = ()


Change = Callable[[Submission], Submission | Refused]


def unchanged(submission: Submission) -> Submission:
    """As it was read."""
    return submission


def receive(
    needs: Needs,
    viewer: Actor,
    command_id: str,
    said: Said,
    now: int,
    change: Change = unchanged,
    *,
    again: bool = True,
) -> Taken | Refused:
    """Takes the request down, with what triage thinks of it. `change`: what else the same command does.

    The same command may come twice at once, each with a new person: `again`, with the first one's person known.
    """
    submission = reading(needs, viewer, command_id, said, now)
    if isinstance(submission, Refused):
        return submission
    changed = change(submission)
    if isinstance(changed, Refused):
        return changed
    answer = needs.ledger.submit(changed)
    if answer.refused is not None and answer.refused.reason == "command_reused" and again:
        return receive(needs, viewer, command_id, said, now, change, again=False)
    if answer.refused is not None:
        return NUMBER_TAKEN if answer.refused.reason == "already_received" else answer.refused
    request_id = submission.parts[0].stream.partition(":")[2]
    flags = tuple(flag for part in submission.parts if part.step == "suggest" for flag in part.args.get("flags", ()))
    return Taken(request_id, answer.numbers[0], submission.parts[0].args["receipt"], answer.repeated, flags)


def request_of(needs: Needs, request_id: str) -> Request | None:
    """The request of an id; None when there is none."""
    found = needs.reader.state(stream_of(request_id))
    return found if isinstance(found, Request) else None


def id_of_number(needs: Needs, number: str) -> str:
    """The id of the request that has this number elsewhere, whoever brought it."""
    return _reader(needs, NUMBERS, DEFAULT_SOURCE, None).request_of(number)


def reading(needs: Needs, viewer: Actor, command_id: str, said: Said, now: int) -> Submission | Refused:
    """The command that takes the request down, or why it cannot be taken."""
    if said.grid and needs.duty.grids.version(said.grid, now) is None:
        return UNKNOWN_GRID
    source = DEFAULT_SOURCE if said.external_no.strip() else f"desk {command_id}"
    reader = _reader(needs, viewer, source, crs_of(said.crs), partial(inside, needs.duty.grids, now))
    read = reader.read(Row(1, tuple(getattr(said, field) for field in _FIELDS)))
    if isinstance(read, Reject):
        return Refused(read.reason if read.reason in PROBLEMS else "text_too_long", read.message, read.example)
    speaker = identity_of("", "", said.proxy_phone)
    found = find_or_make(needs.find, (read.identity, speaker))
    persons = {identity: one._replace(kept=True) for identity, one in found.items()}  # the same command, again the same
    made = reader.submission(read, persons[read.identity] if read.identity else None)
    first, *advised = made.parts
    suggested = [part for part in advised if part.step == "suggest"] or _unheard(first, said)
    elsewhere = [part for part in advised if part.step != "suggest"]
    proxy = persons[speaker] if speaker else None
    spoke = proxy.person if proxy else f"person:{uuid5(COMMANDS, f'speaker {command_id}')}" if said.by_proxy else ""
    more: dict[str, object] = {name: getattr(said, name) for name in _CODES if getattr(said, name)}
    more |= {"receipt": needs.receipt(command_id), "found": said.found, "proxy": spoke}
    chosen = {"matter": said.matter, "public": said.public, **({"email": _email_ref(command_id)} if said.email else {})}
    receiving = Part(first.stream, first.step, first.args | more | chosen)
    parts = (receiving, *(_chosen_first(needs, part, said.matter) for part in suggested), *elsewhere)
    secrets = _with_email(made.secrets, str(first.args["requester"]), command_id, said.email)
    if speaker and proxy and speaker != read.identity:
        secrets = (*secrets, keeping(speaker, proxy.person, f"v:{uuid5(COMMANDS, f'proxy {command_id}').hex}"))
    return msgspec.structs.replace(made, command_id=command_id, parts=parts, secrets=secrets)


def _unheard(first: Part, said: Said) -> list[Part]:
    """Room for the requester's own choice where no word spoke for any matter."""
    return [Part(first.stream, "suggest", {"candidates": [], "auto": False})] if said.matter not in _NO_MATTER else []


def _chosen_first(needs: Needs, suggesting: Part, matter: str) -> Part:
    """The matter that the requester chose stands first; where words speak for another, only a person decides."""
    heard: list[dict[str, object]] = suggesting.args["candidates"]
    if matter in _NO_MATTER:
        return Part(suggesting.stream, suggesting.step, suggesting.args | {"auto": False}) if matter else suggesting
    others = [one for one in heard if one["matter"] != matter][: AT_MOST - 1]
    agreed = bool(heard) and heard[0]["matter"] == matter
    chosen = {"matter": matter, "confidence": WHOLE, "reasons": [CHOSEN]}
    args = suggesting.args | {
        "model": needs.triage.model,
        "candidates": [chosen, *others],
        "auto": suggesting.args["auto"] and agreed,
    }
    return Part(suggesting.stream, suggesting.step, args)


def of_person(submission: Submission, person: str) -> Submission:
    """The same command for a person who is known already."""
    first, *rest = submission.parts
    received = Part(first.stream, first.step, first.args | {"requester": person})
    secrets = tuple(msgspec.structs.replace(secret, person=person) for secret in submission.secrets)
    return msgspec.structs.replace(submission, parts=(received, *rest), secrets=secrets)


def _email_ref(command_id: str) -> str:
    return f"v:{uuid5(_EMAILS, command_id)}"


def _with_email(secrets: tuple[Secret, ...], person: str, command_id: str, email: str) -> tuple[Secret, ...]:
    return (*secrets, Secret(_email_ref(command_id), person, "email", email)) if email else secrets


def _reader(
    needs: Needs, viewer: Actor, source: str, crs: Crs | None, within: Callable[[], str] = borderless
) -> RowReader:
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
        channels=needs.channels,
        places=needs.places,
        crs=crs,
        inside=within,
    )
