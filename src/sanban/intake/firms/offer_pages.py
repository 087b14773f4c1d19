"""What a firm is offered: the policies that may be for it, each with its conditions, and `not for us` beside it.

GET  /firm/policies           the receipt of a request of the firm, and the last digits of the phone
POST /firm/policies           the policies
POST /firm/policies/decline   one of them is not for the firm, or it is after all; the policies again
"""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.intake.firms.advising import decline, offers_to
from sanban.intake.firms.firm import REASONS
from sanban.intake.firms.matching import Match
from sanban.intake.public.following import Claim, found
from sanban.intake.public.ports import PublicNeeds
from sanban.intake.request import Request
from sanban.kernel.errors import Refused
from sanban.kernel.view import PageAnswer, PageRequest, PageRoute, Shown, phrase, status_of_form

PATH = "/firm/policies"
TEMPLATE = "intake/firm_policies.html"
TAKE_BACK = "after_all"
REASON_WORDS: dict[str, str] = dict(
    zip(
        REASONS,
        (
            phrase("We do not need it"), phrase("We do not meet the conditions"), phrase("We have applied already"),
            phrase("Applying is too much work"), phrase("Another reason"),
        ),
        strict=True,
    )
)  # fmt: skip
"""What a firm says, by the code of its reason."""


class OffersContext(msgspec.Struct, frozen=True):
    """`intake/firm_policies.html`: what opens it, and what is offered once it is open; `tried`: the policy at fault."""

    claim: Claim = Claim()
    offers: tuple[Match, ...] | None = None
    reasons: dict[str, str] = msgspec.field(default_factory=REASON_WORDS.copy)
    take_back: str = TAKE_BACK
    tried: str = ""
    fault: Refused | None = None


def routes(needs: PublicNeeds) -> tuple[PageRoute, ...]:
    """The page and its targets."""
    return (
        PageRoute("GET", PATH, "intake.firm_policies", _ask, public=True),
        PageRoute("POST", PATH, "intake.firm_policies_shown", partial(_show, needs), public=True),
        PageRoute("POST", f"{PATH}/decline", "intake.firm_decline", partial(_decline, needs), public=True),
    )


def _ask(_asked: PageRequest) -> PageAnswer:
    return Shown(TEMPLATE, OffersContext())


def _show(needs: PublicNeeds, asked: PageRequest) -> PageAnswer:
    claim, request = _found(needs, asked)
    return _shown(needs, asked, claim, request)


def _decline(needs: PublicNeeds, asked: PageRequest) -> PageAnswer:
    claim, request = _found(needs, asked)
    if isinstance(request, Refused):
        return _shown(needs, asked, claim, request)
    policy, said = asked.given("policy"), asked.given("reason")
    command = f"{asked.command_id} {policy} {said}"
    reason = "" if said == TAKE_BACK else said
    refused = decline(needs, request, command, policy, reason, asked.now, asked.address)
    return _shown(needs, asked, claim, request, policy, refused)


def _found(needs: PublicNeeds, asked: PageRequest) -> tuple[Claim, Request | Refused]:
    claim = Claim(asked.given("receipt")[:40], asked.given("tail")[:20])
    return claim, found(needs, claim, asked.now, asked.address)


def _shown(
    needs: PublicNeeds,
    asked: PageRequest,
    claim: Claim,
    request: Request | Refused,
    tried: str = "",
    fault: Refused | None = None,
) -> Shown:
    offers = request if isinstance(request, Refused) else offers_to(needs.desk, request, asked.now)
    if isinstance(offers, Refused):
        return Shown(TEMPLATE, OffersContext(claim, fault=offers), status_of_form(offers))
    return Shown(TEMPLATE, OffersContext(claim, offers, tried=tried, fault=fault), status_of_form(fault))
