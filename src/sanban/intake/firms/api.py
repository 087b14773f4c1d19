"""Requests of firms in the API: filed without an account, as on the firms' page, and the desk's list of a month."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import msgspec

from sanban.intake.desk.seeing import SEE_ROLES
from sanban.intake.firms.advising import decline, offers_to
from sanban.intake.firms.filing import CODE_EXAMPLE, FIRM_EXAMPLE, LONGEST, FirmFiling, file
from sanban.intake.firms.firm import Reason
from sanban.intake.firms.listing import FirmPage, Stands, firm_requests
from sanban.intake.firms.matching import Match
from sanban.intake.public.api import FollowBody, unfound
from sanban.intake.public.filing import Filed
from sanban.intake.public.following import Claim, found
from sanban.intake.public.ports import PublicNeeds
from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute, Missing


class FirmBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which firm, whom of it to call, what it wants; industry, staff and founding year if it wants to say them."""

    firm: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST["firm"], examples=[FIRM_EXAMPLE])]
    code: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=LONGEST["code"], description="Credit code.", examples=[CODE_EXAMPLE]),
    ]
    contact: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST["contact"], examples=["张三"])]
    phone: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST["phone"], examples=["13800000000"])]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST["text"], examples=["想申请临时占道卸货许可"])]
    address: Annotated[str, msgspec.Meta(max_length=LONGEST["address"])] = ""
    street: Annotated[str, msgspec.Meta(max_length=96, description="Code of a street.")] = ""
    industry: Annotated[str, msgspec.Meta(max_length=LONGEST["industry"])] = ""
    staff: Annotated[int, msgspec.Meta(ge=0)] | None = None
    founded: Annotated[int, msgspec.Meta(ge=0, le=9999, description="A year.")] | None = None


class FirmsQuery(msgspec.Struct, frozen=True):
    """Requests of a month that stand so."""

    month: Annotated[str, msgspec.Meta(max_length=7, description="YYYY-MM; empty: this one.", examples=["2026-05"])] = (
        ""
    )
    stands: Annotated[Stands, msgspec.Meta(description="How they stand.", examples=["received"])] = "received"
    after: Annotated[str, msgspec.Meta(max_length=200, description="`next` of the page before; empty: the first.")] = ""


class OffersBody(FollowBody, frozen=True, forbid_unknown_fields=True):
    """What opens a firm's request."""


class DeclineBody(FollowBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A policy that is not for the firm, and why; without a reason it is for the firm after all."""

    policy: Annotated[str, msgspec.Meta(min_length=1, max_length=96, examples=["rent-support"])]
    reason: Reason | Literal[""] = ""


class OffersAnswer(msgspec.Struct, frozen=True):
    """Policies that may be for the firm, with what it said of them; declined ones last."""

    items: tuple[Match, ...]


def routes(needs: PublicNeeds) -> tuple[ApiRoute, ...]:
    """The operations."""
    return (
        ApiRoute(
            "POST",
            "/public/firm-requests",
            "intake.firm_file",
            partial(_file, needs),
            Filed,
            request=FirmBody,
            public=True,
            summary="File a firm's request without an account; send an Idempotency-Key to repeat it safely",
        ),
        ApiRoute(
            "POST",
            "/public/firm-policies",
            "intake.firm_policies",
            partial(_offers, needs),
            OffersAnswer,
            request=OffersBody,
            public=True,
            summary="Policies that may be for a firm, for whoever holds the receipt of its request",
        ),
        ApiRoute(
            "POST",
            "/public/firm-policies/decline",
            "intake.firm_decline",
            partial(_decline, needs),
            OffersAnswer,
            request=DeclineBody,
            public=True,
            summary="A policy is not for the firm, which is not told of it again; or it is after all",
        ),
        ApiRoute(
            "GET",
            "/firm-requests",
            "intake.firms",
            partial(_list, needs),
            FirmPage,
            query=FirmsQuery,
            roles=SEE_ROLES,
            summary="Requests of firms of a month: received = open + closed, and one of them listed",
        ),
    )


def _file(needs: PublicNeeds, asked: ApiRequest) -> Filed | Refused:
    body: FirmBody = asked.body
    typed = {name: _typed(getattr(body, name)) for name in body.__struct_fields__}
    return file(needs, asked.command_id, FirmFiling(**typed), asked.now, asked.address, by_program=True)


def _offers(needs: PublicNeeds, asked: ApiRequest) -> OffersAnswer | Refused | Missing:
    body: OffersBody = asked.body
    request = found(needs, Claim(body.receipt, body.tail), asked.now, asked.address)
    if isinstance(request, Refused):
        return unfound(request)
    offers = offers_to(needs.desk, request, asked.now)
    return offers if isinstance(offers, Refused) else OffersAnswer(offers)


def _decline(needs: PublicNeeds, asked: ApiRequest) -> OffersAnswer | Refused | Missing:
    body: DeclineBody = asked.body
    request = found(needs, Claim(body.receipt, body.tail), asked.now, asked.address)
    if isinstance(request, Refused):
        return unfound(request)
    refused = decline(needs, request, asked.command_id, body.policy, body.reason, asked.now, asked.address)
    return refused or _offers(needs, asked)


def _typed(value: str | int | None) -> str:
    """A value as the form would send it."""
    return "" if value is None else str(value).strip()


def _list(needs: PublicNeeds, asked: ApiRequest) -> FirmPage | Refused:
    query: FirmsQuery = asked.query
    return firm_requests(asked.viewer, needs.desk, asked.now, query.month, query.stands, query.after)
