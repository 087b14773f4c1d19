"""Findings in the API: reported, listed, looked at again, and the share that was found first.

Reports are what the offline outbox of the report page sends when it is back, each under its own key.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec

from sanban.intake.findings.finding import Finding, FindingState, stream_of
from sanban.intake.findings.listing import CountsFirst, FindingLine, FirstCase, findings, found_first, month_of
from sanban.intake.findings.pages import (
    FIGURE_ROLES,
    LIST_ROLES,
    MONTH,
    MOST_PAGES,
    NO_FINDING,
    PHOTO_BYTES,
    RECHECK_ROLES,
    REPORT_ROLES,
)
from sanban.intake.findings.reporting import LONGEST_TEXT, MOST_PHOTOS, Reported, Seen, recheck, report
from sanban.intake.ports import Needs
from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute, FileBody, Missing


class FindingBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a worker found. `seen_at`: microseconds UTC; within the declared days it is kept as the time told."""

    matter: Annotated[str, msgspec.Meta(min_length=1, max_length=96, examples=["street-light"])]
    grid: Annotated[str, msgspec.Meta(max_length=96, examples=["01-003"])] = ""
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)] = ""
    fixed: bool = False
    lon: Annotated[str, msgspec.Meta(max_length=20, examples=["121.4737"])] = ""
    lat: Annotated[str, msgspec.Meta(max_length=20, examples=["31.2304"])] = ""
    seen_at: Annotated[int, msgspec.Meta(ge=0)] = 0
    photos: Annotated[tuple[FileBody, ...], msgspec.Meta(max_length=MOST_PHOTOS)] = ()


class RecheckBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether what was set right on the spot is really so. `seen_at`: as in a report."""

    holds: bool
    seen_at: Annotated[int, msgspec.Meta(ge=0)] = 0


class RecheckAnswer(msgspec.Struct, frozen=True):
    """How the finding stands after the second look."""

    finding: str
    number: str
    state: FindingState


class FindingsQuery(msgspec.Struct, frozen=True):
    """Which findings. `waiting`: those to be looked at again."""

    after: Annotated[str, msgspec.Meta(max_length=200, description="`next` of the page before; empty: the first.")] = ""
    waiting: Annotated[bool, msgspec.Meta(description="Only those that wait for a second look.")] = False


class FindingsAnswer(msgspec.Struct, frozen=True):
    """One page, newest first; `next` is empty on the last."""

    items: tuple[FindingLine, ...]
    next: str = ""


class FirstQuery(msgspec.Struct, frozen=True):
    """Which month, and which page of its cases."""

    month: Annotated[str, msgspec.Meta(max_length=7, description="YYYY-MM; empty: this one.", examples=["2026-05"])] = (
        ""
    )
    page: Annotated[int, msgspec.Meta(ge=0, le=MOST_PAGES, description="From 0.", examples=[0])] = 0


class FirstAnswer(msgspec.Struct, frozen=True):
    """`found` of the `cases` opened in the month were found first; `items`: one page of them all."""

    month: str
    found: int
    cases: int
    share: str
    items: tuple[FirstCase, ...]


def routes(needs: Needs, counts: CountsFirst) -> tuple[ApiRoute, ...]:
    """The operations."""
    return (
        ApiRoute(
            "POST",
            "/findings",
            "intake.finding",
            partial(_report, needs),
            Reported,
            request=FindingBody,
            roles=REPORT_ROLES,
            summary="Report a finding with its photos; the same Idempotency-Key reports it once",
            body_limit=PHOTO_BYTES,
        ),
        ApiRoute(
            "GET",
            "/findings",
            "intake.findings",
            partial(_list, needs),
            FindingsAnswer,
            query=FindingsQuery,
            roles=LIST_ROLES,
            summary="Findings of the own unit, of all for the centre; or those that wait for a second look",
        ),
        ApiRoute(
            "POST",
            "/findings/{finding_id}/recheck",
            "intake.finding_recheck",
            partial(_recheck, needs),
            RecheckAnswer,
            request=RecheckBody,
            roles=RECHECK_ROLES,
            summary="Somebody else looked again at what was set right; send an Idempotency-Key to repeat it safely",
        ),
        ApiRoute(
            "GET",
            "/findings-first",
            "intake.found_first",
            partial(_first, needs, counts),
            FirstAnswer,
            query=FirstQuery,
            roles=FIGURE_ROLES,
            summary="The share of a month's cases that was found before anybody complained, with its cases",
        ),
    )


def _report(needs: Needs, asked: ApiRequest) -> Reported | Refused:
    body: FindingBody = asked.body
    seen = Seen(**{name: getattr(body, name) for name in body.__struct_fields__ if name != "photos"})
    return report(needs, asked.viewer, asked.command_id, seen, asked.now, body.photos)


def _list(needs: Needs, asked: ApiRequest) -> FindingsAnswer:
    query: FindingsQuery = asked.query
    page = findings(needs, asked.viewer, asked.now, query.after, waiting=query.waiting)
    return FindingsAnswer(page.lines, page.following)


def _recheck(needs: Needs, asked: ApiRequest) -> RecheckAnswer | Missing | Refused:
    stream = stream_of(asked.path["finding_id"])
    if needs.reader.state(stream) is None:
        return NO_FINDING
    body: RecheckBody = asked.body
    finding_id = asked.path["finding_id"]
    refused = recheck(
        needs, asked.viewer, asked.command_id, finding_id, asked.now, holds=body.holds, seen_at=body.seen_at
    )
    found = needs.reader.state(stream)
    assert isinstance(found, Finding), "a stream of findings holds a finding"
    return refused or RecheckAnswer(found.reported.id, found.reported.number, found.state)


def _first(needs: Needs, counts: CountsFirst, asked: ApiRequest) -> FirstAnswer | Refused:
    query: FirstQuery = asked.query
    month = query.month or month_of(asked.now, needs.zone)
    if not MONTH.fullmatch(month):
        return Refused("bad_month", "a month is written YYYY-MM", month_of(asked.now, needs.zone))
    figure = found_first(asked.viewer, counts, needs.zone, asked.now, month, query.page)
    return FirstAnswer(figure.month, figure.found, figure.cases, figure.share, figure.listed)
