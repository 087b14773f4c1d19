"""The policies that may be for a firm that asked, and what it said of them: offered until it declines one.

The desk is told what was declined and why; whoever declined may take it back. Both see the same conditions, judged by
what the firm told of itself in the request at hand. A credit code is public and anybody can type it: what was declined
holds for requests of the same person for the same firm, and no other sees it. Where two decline at once for a firm that
the vault does not know yet, each names it anew: what one of them said stands in its own stream, and is not found later.
"""

from __future__ import annotations

from uuid import UUID, uuid5

from sanban.intake.desk.seeing import Texts
from sanban.intake.firms.filing import CHANNEL, year_of
from sanban.intake.firms.firm import Firm, stream_of
from sanban.intake.firms.matching import Match
from sanban.intake.firms.profile import read
from sanban.intake.identity.persons import Identity, find_or_make, identity_of, keeping
from sanban.intake.ports import Needs
from sanban.intake.public.allowance import TOO_MANY
from sanban.intake.public.ports import PublicNeeds, self_of
from sanban.intake.request import Request
from sanban.kernel.errors import Refused
from sanban.ledger.port import Part, Submission

DECLINED = UUID("2c8f61d7-0b5e-5a94-9e36-d1a7f4c0b852")
SOURCE = "firm"
NO_FIRM = Refused("not_a_firm", "this request is not a firm's", "the receipt of a firm's request")
NO_POLICY = Refused("unknown_policy", "this policy is not offered to the firm", "rent-support")


def policies_for(needs: Needs, request: Request, texts: Texts, now: int) -> tuple[Match, ...]:
    """What may be for the firm, declined ones last; nothing for requests of anybody else."""
    if request.received.channel != CHANNEL:
        return ()
    profile = read(texts.firm)
    firm = needs.find([one]).get(one) if (one := _identity(profile.code)) else None
    declined = _known(needs, _stream(firm, request)).declined if firm else {}
    reasons = {code: one.reason for code, one in declined.items()}
    return needs.policies.matching(profile, texts.text, year_of(needs, now), now, reasons)


def offers_to(needs: Needs, request: Request, now: int) -> tuple[Match, ...] | Refused:
    """What the firm that filed the request is offered, told to whoever holds its receipt."""
    if request.received.channel != CHANNEL:
        return NO_FIRM
    return policies_for(needs, request, _texts(needs, request), now)


def decline(
    needs: PublicNeeds, request: Request, command: str, policy: str, reason: str, now: int, address: str
) -> Refused | None:
    """The firm does not want to hear of a policy any more; `reason` '' takes that back. `command`: its name.

    Counted with what the address files.
    """
    if needs.filing.take((address,), now):
        return TOO_MANY
    refused = _said(needs.desk, request, command, policy, reason, now)
    if refused is not None:
        needs.filing.give_back((address,))
    return refused


def _said(needs: Needs, request: Request, command: str, policy: str, reason: str, now: int) -> Refused | None:
    offers = offers_to(needs, request, now)
    if isinstance(offers, Refused):
        return offers
    if not any(one.code == policy for one in offers):
        return NO_POLICY
    identity = _identity(read(_texts(needs, request).firm).code)
    if identity is None:
        return NO_FIRM
    own_id = str(uuid5(DECLINED, f"{command} {request.id}"))
    firm = find_or_make(needs.find, [identity])[identity].person
    args = {"policy": policy, "request": request.id} | ({"reason": reason} if reason else {})
    part = Part(_stream(firm, request), "decline" if reason else "reconsider", args)
    known = keeping(identity, firm, f"v:{uuid5(DECLINED, f'ref {own_id}').hex}")
    return needs.ledger.submit(Submission(own_id, self_of(request), (part,), secrets=(known,))).refused


def _identity(code: str) -> Identity | None:
    return identity_of(SOURCE, code, "") if code else None


def _stream(firm: str, request: Request) -> str:
    """Where it stands what the requester said of policies for the firm, which the vault knows by this pseudonym."""
    return stream_of(str(uuid5(DECLINED, f"{firm} {request.received.requester}")))


def _known(needs: Needs, stream: str) -> Firm:
    state = needs.reader.state(stream)
    return state if isinstance(state, Firm) else Firm()


def _texts(needs: Needs, request: Request) -> Texts:
    received = request.received
    opened = needs.reader.open_secrets([ref for ref in (received.firm, received.text) if ref])
    return Texts(text=opened.get(received.text, ""), firm=opened.get(received.firm, ""))
