"""How a request stands, for those who ask by phone: the operator looks it up and reads it out, in the same words.

By receipt, or by the phone that was given, exactly; nothing else finds anything. Every request that is shown was looked
at, and its stream says by whom. Who may not see a case is told nothing of its requests either.
"""

from __future__ import annotations

from functools import partial
from typing import Literal
from uuid import uuid5

import msgspec

from sanban.intake.aggregate import stream_of
from sanban.intake.decide import digest
from sanban.intake.desk.receiving import request_of
from sanban.intake.desk.seeing import ACT_ROLES, may_see
from sanban.intake.identity.persons import identity_of, is_placeholder
from sanban.intake.public.filing import FORMS
from sanban.intake.public.following import Claim, standing
from sanban.intake.public.ports import PublicNeeds, Standing
from sanban.intake.request import Request
from sanban.intake.views import request_of_receipt, requests_of
from sanban.kernel.errors import Refused
from sanban.kernel.view import PageAnswer, PageRequest, PageRoute, Shown, phrase
from sanban.ledger.port import Part, Submission

PATH = "/ask"
SHOWN_AT_MOST = 5
NOTHING = Refused("not_found_exactly", "no request fits, exactly as given", "the receipt, or the whole phone number")
NOBODYS = Refused(
    "nobodys_phone", "this number is a placeholder: whoever gave it stands alone", "the receipt of the request"
)

Way = Literal["receipt", "phone"]


class AskedContext(msgspec.Struct, frozen=True):
    """`intake/ask.html`: what was asked with, and how the requests stand, newest first."""

    typed: str = ""
    shown: tuple[tuple[str, Standing], ...] = ()
    fault: Refused | None = None


def routes(needs: PublicNeeds) -> tuple[PageRoute, ...]:
    """The page and its target."""
    return (
        PageRoute(
            "GET", PATH, "intake.ask", _form, roles=ACT_ROLES, menu=phrase("Asked by phone"), icon="phone", order=9
        ),
        PageRoute("POST", PATH, "intake.asked", partial(_asked, needs), roles=ACT_ROLES),
    )


def _form(_asked_page: PageRequest) -> PageAnswer:
    return Shown("intake/ask.html", AskedContext())


def _asked(needs: PublicNeeds, asked: PageRequest) -> PageAnswer:
    typed = asked.given("by")[:60]
    way, known = _found(needs, typed)
    shown = [one for one in known if may_see(asked.viewer, needs.desk, one, asked.now)][:SHOWN_AT_MOST]
    for request in shown:
        refused = _noted(needs, asked, request, way)
        if refused is not None:
            return refused
    if not shown:
        fault = NOBODYS if typed.isdecimal() and is_placeholder(typed) else NOTHING
        return Shown("intake/ask.html", AskedContext(typed, fault=fault), 422)
    standings = tuple((one.id, standing(needs, one, asked.now)) for one in shown)
    return Shown("intake/ask.html", AskedContext(typed, standings), about=tuple(stream_of(one.id) for one in shown))


def _found(needs: PublicNeeds, typed: str) -> tuple[Way, list[Request]]:
    """The requests of a receipt, or of everybody who gave this phone; newest first."""
    claim = Claim(typed)
    reader = needs.desk.reader
    by_receipt = request_of_receipt(reader, digest(claim.code)) if claim.code else None
    if by_receipt is not None:
        return "receipt", [one for one in (request_of(needs.desk, by_receipt),) if one is not None]
    caller = identity_of("", "", typed)
    persons = list(needs.desk.find([caller]).values()) if caller else []
    ids = requests_of(reader, persons, 4 * SHOWN_AT_MOST)
    return "phone", [one for one in (request_of(needs.desk, each) for each in ids) if one is not None]


def _noted(needs: PublicNeeds, asked: PageRequest, request: Request, way: Way) -> Refused | None:
    """Writes down that it was looked at, before it is shown."""
    own_id = str(uuid5(FORMS, f"{asked.command_id} view {request.id}"))
    part = Part(stream_of(request.id), "view", {"way": way})
    return needs.desk.ledger.submit(Submission(own_id, asked.viewer, (part,))).refused
