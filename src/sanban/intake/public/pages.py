"""The requester's form: two screens and a receipt, without an account and without JavaScript.

    GET  /file           what is it, and where
    POST /file  check    what it sounds like, what happens next and by when; nothing is stored yet
    POST /file  change   back to the first screen, with everything typed
    POST /file  send     the receipt, shown on the answer to the form itself and in no address

What was typed travels in the forms alone. One field is meant for programs that fill in everything: whoever fills it in
is asked to empty it, so that a person who did so by accident loses nothing.
"""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.intake.desk.receiving import NONE_OF_THESE
from sanban.intake.nearby.finding import PublicCase
from sanban.intake.nearby.similar import similar
from sanban.intake.ports import streets_of
from sanban.intake.public.allowance import TOO_MANY
from sanban.intake.public.filing import LONGEST, Filed, Filing, Heard, check, file, heard, to_ring
from sanban.intake.public.ports import PublicNeeds
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.view import PageAnswer, PageRequest, PageRoute, Shown, phrase, status_of_form
from sanban.packs.desk.emergency import EmergencyNumber

PATH = "/file"
MOST_PHOTOS = 3
PHOTO_BYTES = 24 * 1024 * 1024
TRAP = "website"
A_PROGRAM = Refused("filled_by_a_program", "the last field must stay empty", "leave it empty")


class FilingContext(msgspec.Struct, frozen=True):
    """`intake/file.html`: the first screen, with what was typed; `field` is the one that `fault` is about."""

    typed: Filing
    streets: dict[str, Title]
    longest: dict[str, int] = msgspec.field(default_factory=LONGEST.copy)
    field: str = ""
    fault: Refused | None = None
    trapped: str = ""


class CheckingContext(msgspec.Struct, frozen=True):
    """`intake/file_check.html`: the second screen. `form` names the form, however often it is sent; `similar`: public
    cases that may be the same; `emergency`: numbers to ring instead of waiting, where it speaks of a danger."""

    typed: Filing
    street: Title | None
    heard: tuple[Heard, ...]
    form: str
    similar: tuple[PublicCase, ...] = ()
    none: str = NONE_OF_THESE
    photos: int = MOST_PHOTOS
    emergency: tuple[EmergencyNumber, ...] = ()


class FiledContext(msgspec.Struct, frozen=True):
    """`intake/filed.html`: the receipt. `offers`: where a firm sees the policies for it."""

    filed: Filed
    offers: str = ""


def routes(needs: PublicNeeds) -> tuple[PageRoute, ...]:
    """The form and its target."""
    return (
        PageRoute(
            "GET",
            PATH,
            "intake.file",
            partial(_form, needs),
            public=True,
            menu=phrase("File a request"),
            icon="edit",
            order=1,
        ),
        PageRoute(
            "POST",
            PATH,
            "intake.file_sent",
            partial(_sent, needs),
            public=True,
            files=MOST_PHOTOS,
            body_limit=PHOTO_BYTES,
        ),
    )


def _form(needs: PublicNeeds, asked: PageRequest) -> PageAnswer:
    return Shown("intake/file.html", FilingContext(Filing(), streets_of(needs.desk, asked.now)))


def _sent(needs: PublicNeeds, asked: PageRequest) -> PageAnswer:
    typed = _typed(asked)
    if asked.given("stage") == "change":
        return Shown("intake/file.html", FilingContext(typed, streets_of(needs.desk, asked.now)))
    if asked.given(TRAP):
        return _first(needs, asked, typed, (TRAP, A_PROGRAM))
    wrong = check(needs.desk, typed, asked.now)
    if wrong is not None:
        return _first(needs, asked, typed, wrong)
    if asked.given("stage") != "send":
        often = needs.looking.take((asked.address,), asked.now)
        return _first(needs, asked, typed, ("", TOO_MANY)) if often else _second(needs, asked, typed)
    filed = file(needs, asked.given("form", asked.command_id), typed, asked.now, asked.address, asked.files)
    if isinstance(filed, Refused):
        return _first(needs, asked, typed, ("", filed))
    return Shown("intake/filed.html", FiledContext(filed))


def _first(needs: PublicNeeds, asked: PageRequest, typed: Filing, wrong: tuple[str, Refused]) -> Shown:
    field, fault = wrong
    known = streets_of(needs.desk, asked.now)
    context = FilingContext(typed, known, field=field, fault=fault, trapped=asked.given(TRAP)[:100])
    return Shown("intake/file.html", context, status_of_form(fault))


def _second(needs: PublicNeeds, asked: PageRequest, typed: Filing) -> Shown:
    street = streets_of(needs.desk, asked.now).get(typed.street)
    form = asked.given("form", asked.command_id)[:40]
    likely = heard(needs, typed, asked.now)
    matters = [one.matter for one in likely]
    alike = similar(needs.nearby, typed.text, typed.address, typed.street, matters, asked.now) if needs.nearby else ()
    context = CheckingContext(typed, street, likely, form, alike, emergency=to_ring(needs, typed.text))
    return Shown("intake/file_check.html", context)


def _typed(asked: PageRequest) -> Filing:
    return Filing(
        text=asked.given("text"),
        address=asked.given("address"),
        street=asked.given("street"),
        phone=asked.given("phone"),
        name=asked.given("name"),
        behalf=asked.given("behalf") == "yes",
        for_phone=asked.given("for_phone"),
        chosen=asked.given("chosen"),
        same=asked.given("same"),
    )
