"""Links of parties, for programs: who acts for whom and who belongs to whom. Instants are microseconds UTC."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec

from sanban.handling.needs import Needs
from sanban.handling.pages.links import KEEP_ROLES, SEE_ROLES, LinkLine, end, lines_of, link_id_of, record
from sanban.kernel.errors import Refused
from sanban.kernel.party import LinkKind
from sanban.kernel.view import ApiRequest, ApiRoute, Paging
from sanban.ledger.port import Answer

PartyText = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:\-]{1,96}$(?!\n)", examples=["firm-01"])]
Instant = Annotated[int, msgspec.Meta(ge=0, le=2**53, description="Microseconds UTC.", examples=[1767225600000000])]


class LinkBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`source` is the agent, or a member, of `target`. Instants in microseconds UTC; without `valid_to` until ended."""

    kind: LinkKind
    source: PartyText
    target: PartyText
    valid_from: Instant
    valid_to: Instant | None = None


class EndBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to when it holds, microseconds UTC."""

    valid_to: Instant


class LinkAnswer(msgspec.Struct, frozen=True):
    """The link as it stands now."""

    link: LinkLine
    repeated: bool


class LinksAnswer(msgspec.Struct, frozen=True):
    """One page of links, newest first; `next` is empty on the last."""

    items: tuple[LinkLine, ...]
    next: str = ""


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The operations."""
    return (
        ApiRoute(
            "GET",
            "/links",
            "handling.links",
            partial(_links, needs),
            LinksAnswer,
            query=Paging,
            roles=SEE_ROLES,
            summary="Who acts for whom and who belongs to whom, newest first",
        ),
        ApiRoute(
            "POST",
            "/links",
            "handling.record_link",
            partial(_record_link, needs),
            LinkAnswer,
            request=LinkBody,
            roles=KEEP_ROLES,
            summary="Record a link; it holds at once",
        ),
        ApiRoute(
            "POST",
            "/links/{link_id}/end",
            "handling.end_link",
            partial(_end_link, needs),
            LinkAnswer,
            request=EndBody,
            roles=KEEP_ROLES,
            summary="End a link; at its own start for one that never held",
        ),
    )


def _links(needs: Needs, asked: ApiRequest) -> LinksAnswer | Refused:
    query: Paging = asked.query
    lines = lines_of(needs, asked.now)
    start = next((place for place, one in enumerate(lines, start=1) if one.id == query.after), 0)
    if query.after and not start:
        return Refused("bad_cursor", "`after` is the `next` of the page before", lines[0].id if lines else "l-1")
    page = lines[start : start + query.limit]
    return LinksAnswer(page, page[-1].id if start + query.limit < len(lines) else "")


def _record_link(needs: Needs, asked: ApiRequest) -> LinkAnswer | Refused:
    body: LinkBody = asked.body
    return _link(needs, asked, record(needs, asked.viewer, asked.command_id, msgspec.structs.asdict(body)), "")


def _end_link(needs: Needs, asked: ApiRequest) -> LinkAnswer | Refused:
    body: EndBody = asked.body
    link_id = asked.path["link_id"]
    return _link(needs, asked, end(needs, asked.viewer, asked.command_id, link_id, body.valid_to), link_id)


def _link(needs: Needs, asked: ApiRequest, answer: Answer, link_id: str) -> LinkAnswer | Refused:
    if answer.refused is not None:
        return answer.refused
    wanted = link_id or link_id_of(asked.command_id)
    return LinkAnswer(next(one for one in lines_of(needs, asked.now) if one.id == wanted), answer.repeated)
