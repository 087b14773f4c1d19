"""Following a request with its receipt and the last four digits of the phone, and what its requester may do to it.

    found      the request, for whoever holds its receipt and knows the digits; else None, whatever was wrong
    standing   how it stands, in plain words
    dispute    its closing is not accepted: a new request of the same person to the desk, which did not handle it
    ask again  while it is open: another request of the same person on the same case; no clock starts anew
    add        further words, into the vault under the person

Nothing tells a receipt that does not exist from one whose digits are wrong: the next receipt in order stands in for the
missing one, so that both ways take the same statements and open the same secrets, and the answer is the same. Failed
attempts are counted for the address and for the receipt.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from uuid import uuid5

import msgspec

from sanban.intake.aggregate import stream_of
from sanban.intake.decide import digest
from sanban.intake.desk.about import named
from sanban.intake.desk.receiving import Said, of_person, reading, request_of
from sanban.intake.desk.seeing import endings_of
from sanban.intake.public.allowance import TOO_MANY
from sanban.intake.public.filing import CHANNEL, FORMS, LONGEST, content_of
from sanban.intake.public.ports import PublicNeeds, Standing, Told, self_of
from sanban.intake.request import Request
from sanban.intake.views import nearest_receipt
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.ledger.port import Answer, Part, Secret, Submission
from sanban.ledger.reading.texts import is_erased, owner_of_text

SYSTEM = Actor("follow", "system")
TAIL = 4
NOT_FOUND = Refused(
    "not_found_by_receipt", "no request fits this receipt and these digits", "ABCDE 23456, and 5678 of 138 0000 5678"
)
NOT_OPEN = Refused("not_open", "this request is closed", "dispute its closing, or file a new request")
NOT_YET = Refused(
    "not_yet",
    "this request has no case yet, was filed or asked for within the last day, or is past being asked for",
    "ask again a day later",
)
NO_WORDS = Refused("takes_no_words", "nothing can be added to this request as it stands now", "file a new request")
NO_DISPUTE = Refused("no_dispute", "this request is open, or its window for disputes is over", "file a new request")


class Claim(msgspec.Struct, frozen=True):
    """What somebody shows to follow a request: as typed."""

    receipt: str = ""
    tail: str = ""

    @property
    def code(self) -> str:
        """The receipt's ten characters, as they were given out; 0 and 1 are read as O and I, which it may hold."""
        typed = re.sub(r"[\s\-]", "", self.receipt).upper()
        return typed.replace("0", "O").replace("1", "I")[:40]


def found(needs: PublicNeeds, claim: Claim, now: int, address: str) -> Request | Refused:
    """The request of the claim. Raises nothing and hints at nothing: one refusal for all that does not fit."""
    keys = (f"address {address}", f"receipt {claim.code}")
    if needs.guessing.take(keys, now):
        return TOO_MANY
    wanted = digest(claim.code)
    nearest, held = nearest_receipt(needs.desk.reader, wanted)
    request = request_of(needs.desk, nearest)
    ref = request.received.phone if request else ""
    phone = needs.desk.reader.open_secrets([ref or f"v:{'0' * 32}"]).get(ref, "")
    fits = hmac.compare_digest(held.encode(), wanted.encode()) & _tail_fits(ref, phone, claim.tail)
    if request is None or not fits:
        return NOT_FOUND
    needs.guessing.give_back(keys)
    return request


def _tail_fits(ref: str, phone: str, typed: str) -> bool:
    """The last four digits of the phone; anything where none was given. An erased phone fits nothing."""
    kept = re.sub(r"\D", "", phone)[-TAIL:]
    said = re.sub(r"\D", "", typed)[-TAIL:]
    return hmac.compare_digest(kept.rjust(TAIL), said.rjust(TAIL)) & bool(kept) | (not ref)


def standing(needs: PublicNeeds, request: Request, now: int) -> Standing:
    """How the request stands, as its case says or as the desk has it, and with it those made of its further matters."""
    parts = (request_of(needs.desk, one) for one in request.parts)
    told = tuple(_standing(needs, one, now) for one in parts if one is not None)
    return msgspec.structs.replace(_standing(needs, request, now), parts=told)


def _standing(needs: PublicNeeds, request: Request, now: int) -> Standing:
    of_case = needs.cases.standing(request, now) if request.case else None
    return of_case or _at_the_desk(needs, request, now)


def _at_the_desk(needs: PublicNeeds, request: Request, now: int) -> Standing:
    """A request without a case that may be shown: received, perhaps answered, perhaps added to."""
    received, closed = request.received, bool(request.closed_at)
    desk = needs.desk.duty.unit_at(received.desk, now)
    holder = Title(desk.title_zh, desk.title_en) if desk else None
    history = [Told("received", received.at, unit=holder)]
    ending = _ending(needs, request, now) if request.ending else None
    if ending is not None:
        reply = needs.desk.reader.open_secrets([request.answer]).get(request.answer, "")
        history.append(Told("answered", request.closed_at or received.at, unit=holder, ending=ending, text=reply))
    return Standing(
        number=received.number,
        received_at=received.received_at,
        stage="closed" if closed else "desk",
        holder=None if closed else holder,
        ending=ending,
        closed_at=request.closed_at,
        history=tuple(history),
        dispute_until=request.closed_at + needs.desk.spot.dispute if closed else 0,
        adds=not closed,
    )


def _ending(needs: PublicNeeds, request: Request, now: int) -> Title:
    """How an answer on the spot is called: as declared for those, else as a matter in force calls it."""
    declared = needs.desk.spot.endings.get(request.ending)
    plain = Title(request.ending, request.ending)
    return declared.title if declared else endings_of(needs.desk.matters(now)).get(request.ending, plain)


Naming = Callable[[str], str]
"""The id of the command with this content. A form has one for each content, a program one for whatever it sends."""


def dispute(needs: PublicNeeds, request: Request, named_as: Naming, words: str, now: int) -> Answer | Refused:
    """Files the dispute: a new request of the same person, for the desk alone to decide on."""
    how = standing(needs, request, now)
    if how.dispute_until < now:
        return NO_DISPUTE
    said = _said(words or "（对办结结果不认可）", request, disputes=request.case)
    return _submit(needs, _again(needs, request, named_as, said, now))


def ask_again(needs: PublicNeeds, request: Request, named_as: Naming, words: str, now: int) -> Answer | Refused:
    """The same person asks again about the same open case: the next of its requests, a repeat, no new clock.

    Words that name whom they may be about wait at the desk, which says so before they join the case, unless the case is
    about them already. What was asked once may be sent again.
    """
    how = standing(needs, request, now)
    refused = None if how.asks else NOT_OPEN if how.closed_at else NOT_YET
    if not request.case:
        return refused or NOT_YET
    again = _again(needs, request, named_as, _said(words or "（再次反映，催促办理）", request), now)
    if isinstance(again, Refused):
        return refused or again
    request_id = again.parts[0].stream.partition(":")[2]
    if refused is not None and request_of(needs.desk, request_id) is None:
        return refused
    if _names_others(needs, request, words, now):
        return _submit(needs, again)
    joining = needs.desk.joins.joining(request.case, "attach", request_id)
    return _submit(needs, msgspec.structs.replace(again, actor=SYSTEM, parts=(again.parts[0], *joining.parts)))


def _names_others(needs: PublicNeeds, request: Request, words: str, now: int) -> bool:
    """Whether words name a unit that it has to be asked about: one that the request's case is not about already."""
    known = needs.desk.joins.subjects(request.case)
    return any(unit.code not in known for unit in named(needs.desk.duty, words, now))


def add(needs: PublicNeeds, request: Request, named_as: Naming, words: str, now: int) -> Answer | Refused:
    """Further words: on the case's file, or with the request while it has no case.

    Words that name whom they may be about do not stand in a case that those may see: they wait at the desk.
    """
    if not words:
        return Refused("empty_text", "nothing was said", "补充：坏的是三号楼门口那盏灯")
    how = standing(needs, request, now)
    if not how.adds:
        return NOT_OPEN if how.closed_at else NO_WORDS
    own_id = named_as(f"add {request.id} {words}")
    ref = f"v:{uuid5(FORMS, f'ref {own_id}').hex}"
    in_sight = request.case and needs.cases.standing(request, now) is not None
    if in_sight and _names_others(needs, request, words, now):
        return _submit(needs, _again(needs, request, named_as, _said(words, request), now))
    about = f"case:{request.case}" if in_sight else stream_of(request.id)
    owner = owner_of_text(needs.desk.reader, request.received.requester, about)
    secret = Secret(ref, owner, "text", words)
    part = needs.cases.noting(request.case, ref) if in_sight else _supplement(request, ref)
    return _submit(needs, Submission(own_id, self_of(request), (part,), secrets=(secret,)))


Act = Callable[[PublicNeeds, Request, Naming, str, int], Answer | Refused]
ACTS: dict[str, Act] = {"dispute": dispute, "again": ask_again, "add": add}
"""What a requester may do to a request of theirs."""


def act(
    needs: PublicNeeds, name: str, request: Request, named_as: Naming, words: str, now: int, address: str
) -> Refused | None:
    """Does it, unless the address has sent too much; what is done, and was not before, counts like a request."""
    fault = fault_of(words) or (TOO_MANY if needs.filing.take((address,), now) else None)
    if fault is not None:
        return fault
    done = ACTS[name](needs, request, named_as, words, now)
    if isinstance(done, Refused) or done.repeated:
        needs.filing.give_back((address,))
    return done if isinstance(done, Refused) else None


def fault_of(words: str) -> Refused | None:
    """What a requester says of a request is bounded as on the form."""
    most = LONGEST["text"]
    return Refused("text_too_long", f"at most {most:,} characters", "a few sentences") if len(words) > most else None


def _supplement(request: Request, ref: str) -> Part:
    return Part(stream_of(request.id), "supplement", {"text": ref})


def _said(words: str, request: Request, disputes: str = "") -> Said:
    return Said(
        text=words,
        channel=CHANNEL,
        grid=request.grid,
        street=request.street,
        disputes=disputes,
        origin=stream_of(request.id),
    )


def _again(needs: PublicNeeds, request: Request, named_as: Naming, said: Said, now: int) -> Submission | Refused:
    """The command of another request of the same person; it names no matter by itself, for a person decides.

    Whoever was erased and comes again with the receipt is new.
    """
    read = reading(needs.desk, self_of(request), named_as(content_of(said)), said, now)
    if isinstance(read, Refused):
        return read
    person = request.received.requester
    again = read if is_erased(needs.desk.reader, person) else of_person(read, person)
    return msgspec.structs.replace(again, parts=again.parts[:1])


def _submit(needs: PublicNeeds, submission: Submission | Refused) -> Answer | Refused:
    if isinstance(submission, Refused):
        return submission
    answer = needs.desk.ledger.submit(submission)
    return answer.refused or answer
