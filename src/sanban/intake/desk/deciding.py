"""What the desk decides on a request, as commands: open a case, take another route, answer on the spot and close.

Every command's id is made from the form's and the step's, so that two forms of one page never meet and a form sent
twice acts once. Texts become secrets under the requester's person; events get their refs, which come out the same
when the form is sent again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

import msgspec

from sanban.intake.aggregate import stream_of
from sanban.intake.desk.about import carried, fault_of
from sanban.intake.ports import Answers, Needs, Wish
from sanban.intake.request import Request
from sanban.intake.views import are_of_desk
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Field, Mechanism, Title
from sanban.kernel.permission import DESK_ROLES, Actor
from sanban.ledger.port import Part, Secret, Submission
from sanban.ledger.reading.texts import owner_of_text

COMMANDS = UUID("5b6e3a52-9d1c-5a35-8f0f-3a1c6f4be2d7")
LONGEST_TEXT = 4000
LONGEST_FIELD = 500
LONGEST_INTEGER = 15
TEXT_KINDS = frozenset({"text", "place"})

ROUTES = ("accept", "emergency", "statutory", "explain", "police_clue")
CLUE_ROLES = frozenset({*DESK_ROLES, "coordinator"})
"""Roles whose accounts may answer for a clue to the police."""


class Filled(msgspec.Struct, frozen=True):
    """The answers of a matter's form, and the texts among them for the vault."""

    fields: Answers = {}
    secrets: tuple[Secret, ...] = ()


class Clue(msgspec.Struct, frozen=True):
    """A clue to the police: the account of its officer, the code of its ground, the evidence piece by piece."""

    officer: str = ""
    ground: str = ""
    evidence: tuple[str, ...] = ()


def open_case(
    needs: Needs, viewer: Actor, command_id: str, request: Request, wish: Wish, filled: Filled, now: int
) -> Refused | None:
    """Opens a case for the request and links it, which accepts it on the way unless it was before.

    One that disputes the closing of a case is about the same parties as that case; one that was split off, is a part of
    a message or recurs is about those of the cases it comes from, unless it is said that it is not.
    """
    before = needs.joins.find(viewer, wish.recurs, now) if wish.recurs else None
    recurred = needs.joins.subjects(before.id) if before else ()
    from_cases = dict.fromkeys((*carried(needs, request), *recurred), True)
    known = {*from_cases, *map(str, filled.fields.values())}
    refused = fault_of(needs, viewer, request, wish.about, known, now)
    if refused is not None:
        return refused
    disputed = dict.fromkeys(needs.joins.subjects(request.received.disputes), True)
    about = from_cases | wish.about | disputed
    opening = needs.opens.submission(request, msgspec.structs.replace(wish, fields=filled.fields, about=about))
    return submit(needs, viewer, command_of(command_id, "case"), opening.parts, filled.secrets)


def take_route(needs: Needs, viewer: Actor, command_id: str, request: Request, route: str) -> Refused | None:
    """Takes one of the five routes; a clue to the police is `give_clue`'s."""
    part = Part(stream_of(request.id), "route", {"route": route})
    return submit(needs, viewer, command_of(command_id, "route"), (part,))


def heed(
    needs: Needs, viewer: Actor, command_id: str, request: Request, shown: Sequence[str], now: int
) -> Refused | None:
    """Somebody of the desk has looked at the danger that the request speaks of, and at those of its case beside it.

    `shown`: the wave as they saw it; what joins the case later waits to be looked at.
    """
    if not are_of_desk(needs.reader, request.received.desk, shown, needs.joins.apart(viewer, now)):
        return Refused("unknown_request", "the desk has no such request", "`dangers` of the request as it was shown")
    parts = tuple(Part(stream_of(one), "heed") for one in dict.fromkeys((request.id, *shown)))
    return submit(needs, viewer, command_of(command_id, "heed"), parts)


def give_clue(needs: Needs, viewer: Actor, command_id: str, request: Request, clue: Clue) -> Refused | None:
    """A clue to the police: an officer of this deployment answers for it, on a ground, with a list of evidence."""
    if clue.officer and clue.officer != viewer.id and needs.officer(clue.officer) not in CLUE_ROLES:
        message = "no account of this deployment that may give a clue to the police is called so"
        return Refused("unknown_officer", message, viewer.id)
    if any(len(piece) > LONGEST_FIELD for piece in clue.evidence):
        return too_long(LONGEST_FIELD)
    own_id, owner = command_of(command_id, "route"), owner_of(needs, request)
    refs = [ref_of(own_id, f"evidence {number}") for number in range(len(clue.evidence))]
    secrets = tuple(Secret(ref, owner, "text", piece) for ref, piece in zip(refs, clue.evidence, strict=True))
    given = {"route": "police_clue", "officer": clue.officer, "ground": clue.ground, "evidence": refs}
    return submit(needs, viewer, own_id, (Part(stream_of(request.id), "route", given),), secrets)


def answer_on_the_spot(
    needs: Needs, viewer: Actor, command_id: str, request: Request, text: str, ending: str, now: int
) -> Refused | None:
    """Answers and closes a request that needs no case. One that was never routed takes the route of its ending.

    Who may end it so is declared; an entry that fits makes it a question. Sent again, it is the same command.
    """
    if not text:
        return Refused("empty_answer", "an answer says something", "已向您说明办理条件和窗口地址。")
    if len(text) > LONGEST_TEXT:
        return too_long(LONGEST_TEXT)
    stream, own_id = stream_of(request.id), command_of(command_id, "answer")
    ref = ref_of(own_id, "answer")
    declared = needs.spot.endings.get(ending)
    answered = Part(stream, "answer", {"text": ref, "ending": ending, "entry": answer_for(needs, request, now)})
    closed = Part(stream, "close")
    routed = Part(stream, "route", {"route": declared.route}) if declared and viewer.role in DESK_ROLES else None
    again = is_answered_by(command_id, request) and declared is not None and request.route == declared.route
    parts = (routed, answered, closed) if routed and (again or not request.route) else (answered, closed)
    return submit(needs, viewer, own_id, parts, (Secret(ref, owner_of(needs, request), "text", text),))


def is_answered_by(command_id: str, request: Request) -> bool:
    """Whether this very command answered it."""
    return request.answer == ref_of(command_of(command_id, "answer"), "answer")


def answer_for(needs: Needs, request: Request, now: int) -> str:
    """The declared answer that fits what was asked best; '' where none does."""
    received = request.received
    texts = needs.reader.open_secrets([ref for ref in (received.text, received.title) if ref])
    said, title = texts.get(received.text, ""), texts.get(received.title, "")
    fitting = needs.knowledge.fitting(said, title, now, request.candidates)
    return fitting[0].entry.code if fitting else ""


def endings_open(needs: Needs, viewer: Actor, request: Request, now: int) -> dict[str, Title]:
    """How this viewer may end the request on the spot."""
    asks = request.only_asks(answered=bool(answer_for(needs, request, now)))
    return needs.spot.open_to(viewer.role, question=asks)


def owner_of(needs: Needs, request: Request) -> str:
    """The key that a text about a request stands under: its requester's, and its own where they were erased."""
    return owner_of_text(needs.reader, request.received.requester, stream_of(request.id))


def fill_in(
    needs: Needs, mechanism: Mechanism, given: Mapping[str, str], request: Request, command_id: str
) -> Filled | Refused:
    """Reads what was typed into a matter's form; what was left empty is left out. The kernel checks the rest."""
    fields: Answers = {}
    owner = owner_of(needs, request)
    secrets: list[Secret] = []
    for field in mechanism.form.values():
        typed = given.get(field.name, "").strip()
        if not typed:
            continue
        if field.kind not in TEXT_KINDS:
            value = _plain(field, typed)
            if isinstance(value, Refused):
                return value
            fields[field.name] = value
            continue
        if len(typed) > LONGEST_FIELD:
            return too_long(LONGEST_FIELD)
        ref = ref_of(command_id, field.name)
        fields[field.name] = ref
        secrets.append(Secret(ref, owner, "text", typed))
    return Filled(fields, tuple(secrets))


def too_long(most: int) -> Refused:
    """A text is longer than it may be."""
    return Refused("text_too_long", f"at most {most:,} characters", "a few sentences")


def _plain(field: Field, typed: str) -> int | bool | str | Refused:
    if field.kind == "yes_no":
        return typed == "yes"
    if field.kind != "integer":
        return typed
    digits = typed.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST_INTEGER):
        message = f"{field.name} is a whole number from {field.low} to {field.high}"
        return Refused("bad_field", message, str(field.low or 1))
    return int(typed)


def submit(
    needs: Needs, viewer: Actor, command_id: str, parts: tuple[Part, ...], secrets: tuple[Secret, ...] = ()
) -> Refused | None:
    """One command of the viewer's; None when it was taken."""
    return needs.ledger.submit(Submission(command_id, viewer, parts, secrets=secrets)).refused


def command_of(command_id: str, step: str) -> str:
    """The id of one step's command, made from the form's."""
    return str(uuid5(COMMANDS, f"{command_id} {step}"))


def ref_of(command_id: str, field: str) -> str:
    """The ref of a text of a command: the same when its form is sent again."""
    return f"v:{uuid5(COMMANDS, f'ref {command_id} {field}').hex}"
