"""A request filed by the requester: what was typed, the check of it, what it sounds like, and the filing itself.

It is read as the desk reads a call: the same checks, the same pseudonymous person, the same suggestions. The command
that files it is named by the form and by what was typed, so that a form sent twice files once, and a form that was
changed and sent again files what it says now. A program names its commands itself: another content under a name that
was used is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from uuid import UUID, uuid5

import msgspec

from sanban.intake.desk.about import named
from sanban.intake.desk.receiving import NONE_OF_THESE, Said, receive, unchanged
from sanban.intake.desk.seeing import titles_of
from sanban.intake.event import DANGER
from sanban.intake.nearby.similar import Joins, joining
from sanban.intake.place.crs import Crs
from sanban.intake.ports import Needs, streets_of
from sanban.intake.public.allowance import TOO_MANY
from sanban.intake.public.ports import Promise, PublicNeeds
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.view import ANONYMOUS, LATER, Upload
from sanban.ledger.port import Submission
from sanban.packs.desk.emergency import EmergencyNumber

FORMS = UUID("6f0b7c0e-3a54-5d39-9c67-0a8e4f1d52b3")
CHANNEL = "web"
CHOICES_AT_MOST = 3
OVER = Refused("case_is_over", "this case is closed by now", "send it as a request of its own")
LONGEST = {"text": 2000, "address": 200, "phone": 30, "name": 60, "for_phone": 30}
"""Characters of each field. Limits of this product."""

PHONE = re.compile(r"[0-9+][0-9 \-()]{5,29}")
_PHONE_EXAMPLE = "13800000000"


class Filing(msgspec.Struct, frozen=True):
    """What a requester typed. `phone`: of whoever types; `behalf`: they ask for somebody else, whose is `for_phone`.

    `chosen`: one of the matters that it sounded like, `none` of these, or '' when it was not asked yet. `same`: the
    public id of a case that they have too, '' for none. `lon`, `lat`: degrees of `crs`, '' when not known.
    """

    text: str = ""
    address: str = ""
    street: str = ""
    phone: str = ""
    name: str = ""
    behalf: bool = False
    for_phone: str = ""
    chosen: str = ""
    same: str = ""
    lon: str = ""
    lat: str = ""
    crs: Crs = "wgs84"

    @property
    def follow_phone(self) -> str:
        """Whose last four digits open the follow page; '' when the receipt alone does."""
        return self.for_phone if self.behalf else self.phone


class Heard(msgspec.Struct, frozen=True):
    """A matter that it sounds like, and the date it would promise."""

    matter: str
    title: Title
    promise: Promise | None


class Filed(msgspec.Struct, frozen=True):
    """The receipt: what the requester takes home. `tail`: whether a phone's last four digits are asked for as well.

    `emergency`: numbers to ring at once, where the words speak of a danger.
    """

    number: str
    receipt: str
    matter: Title | None
    promise: Promise | None
    tail: bool
    emergency: tuple[EmergencyNumber, ...] = ()


def check(needs: Needs, filing: Filing, now: int) -> tuple[str, Refused] | None:
    """The first field that cannot be taken, and why; None when all can."""
    for field, most in LONGEST.items():
        if len(getattr(filing, field)) > most:
            return field, Refused("text_too_long", f"at most {most:,} characters", f"at most {most:,} characters")
    if not filing.text:
        return "text", Refused("empty_text", "nothing was said", "小区路灯不亮已有一周")
    for field in ("phone", "for_phone"):
        typed = getattr(filing, field)
        if typed and not PHONE.fullmatch(typed):
            return field, Refused("bad_phone", "a phone number has digits", _PHONE_EXAMPLE)
    if filing.street and filing.street not in streets_of(needs, now):
        return "street", Refused("unknown_street", "the district has no such street", "choose one from the list")
    return None


def heard(needs: PublicNeeds, filing: Filing, now: int) -> tuple[Heard, ...]:
    """What it sounds like, likeliest first."""
    titles = {one.matter: one.title for one in needs.desk.matters(now)}
    advice = needs.desk.triage.advise(filing.text)
    found = [one.matter for one in advice.candidates if one.matter in titles] if advice else []
    return tuple(Heard(one, titles[one], needs.cases.promise(one, now)) for one in found[:CHOICES_AT_MOST])


def to_ring(needs: PublicNeeds, text: str) -> tuple[EmergencyNumber, ...]:
    """The numbers to ring at once; none where the words speak of no danger."""
    advice = needs.desk.triage.advise(text)
    return needs.emergency if advice is not None and DANGER in advice.flags else ()


def file(
    needs: PublicNeeds,
    form: str,
    filing: Filing,
    now: int,
    address: str,
    photos: Sequence[Upload] = (),
    *,
    by_program: bool = False,
) -> Filed | Refused:
    """Files it. `form`: the id of the form, or the program's name of the command. `address`: kept nowhere, counted once
    for each new request, and for photos that were looked at in vain. One that names whom it may be about joins no case
    until the desk has said so."""
    fault = check(needs.desk, filing, now)
    if fault is not None:
        return fault[1]
    if needs.filing.take((address,), now):
        return TOO_MANY
    joins = joining(needs.nearby, filing.same, now) if needs.nearby and filing.same else None
    if filing.same and joins is None:
        needs.filing.give_back((address,))
        return OVER
    picked = _picked(needs, filing, joins, now)
    said = _said(filing, picked)
    asks = named(needs.desk.duty, filing.text, now)
    change = joins.change if joins and not asks else unchanged
    command = form if by_program else command_of(form, said, photos)
    shown = partial(_with_photos, needs.desk, command, photos)
    taken = receive(needs.desk, ANONYMOUS, command, said, now, lambda told: shown(change(told)))
    if isinstance(taken, Refused):
        if not photos or taken.reason in LATER:
            needs.filing.give_back((address,))
        return taken
    if taken.repeated:
        needs.filing.give_back((address,))
    return Filed(
        number=taken.number,
        receipt=taken.receipt,
        matter=picked.title if picked else None,
        promise=picked.promise if picked else None,
        tail=bool(filing.follow_phone),
        emergency=needs.emergency if DANGER in taken.flags else (),
    )


def _picked(needs: PublicNeeds, filing: Filing, joins: Joins | None, now: int) -> Heard | None:
    """What it is about: the matter of the case it joins, else the one that was chosen."""
    if joins is None:
        return next((one for one in heard(needs, filing, now) if one.matter == filing.chosen), None)
    titles = titles_of(needs.desk.matters(now))
    return Heard(joins.matter, titles[joins.matter], needs.cases.promise(joins.matter, now))


def command_of(form: str, said: Said, photos: Sequence[Upload] = ()) -> str:
    """The command of a form with this content: the same for the same, so that sending twice acts once."""
    shown = "".join(f" {sha256(one.content).hexdigest()}" for one in photos)
    return form_command(form, f"{content_of(said)}{shown}")


def form_command(form: str, content: str) -> str:
    """The id of a form's command with this content."""
    return str(uuid5(FORMS, f"{form} {content}"))


def content_of(said: Said) -> str:
    """What was said, as one text."""
    return msgspec.json.encode(said).decode()


def _with_photos(needs: Needs, command: str, photos: Sequence[Upload], told: Submission) -> Submission | Refused:
    """The same command with the photos, under the key of whoever asks."""
    request = told.parts[0]
    owner = request.stream.partition(":")[2]
    attached = needs.attaches(command, ("request", owner), str(request.args["requester"]), photos)
    if isinstance(attached, Refused):
        return attached
    parts, secrets = (*told.parts, *attached[0]), (*told.secrets, *attached[1])
    return msgspec.structs.replace(told, parts=parts, secrets=secrets)


def _said(filing: Filing, picked: Heard | None) -> Said:
    """What the desk reads. Whoever asks for another is the proxy, and the other the requester."""
    return Said(
        text=filing.text,
        name=filing.name,
        phone=filing.follow_phone,
        address=filing.address,
        channel=CHANNEL,
        proxy_phone=filing.phone if filing.behalf else "",
        by_proxy=filing.behalf,
        street=filing.street,
        lon=filing.lon,
        lat=filing.lat,
        crs=filing.crs if filing.lon or filing.lat else "",
        matter=picked.matter if picked else filing.chosen and NONE_OF_THESE,
    )
