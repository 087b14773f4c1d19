"""Revision in the API: proposals with evidence and replay, and the decision of whoever's office it is."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute, Missing, Paging
from sanban.revision.aggregate import DECIDERS
from sanban.revision.deciding import approve, refuse
from sanban.revision.opening import Number, Of
from sanban.revision.ports import Approval, Needs
from sanban.revision.replay.playing import Response
from sanban.revision.seeing import (
    NO_REVISION,
    ROLES,
    ReplayedCases,
    RevisionLines,
    RevisionView,
    lines,
    opened,
    revision_of,
    view_of,
)

Code = Annotated[str, msgspec.Meta(max_length=96, examples=["resolve"])]
Line = Annotated[str, msgspec.Meta(max_length=120, examples=["城运〔2026〕9号"])]


class ApproveBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From which day the change is in force, and who adopts it by which document."""

    day: Annotated[str, msgspec.Meta(max_length=10, examples=["2027-01-01"])]
    authority: Line
    document: Line


class ReplayedQuery(msgspec.Struct, frozen=True):
    """Which number, as in `results`: `before` and `after` are the sides of the last effect, whatever the `response`.

    `code`: the limit, figure, unit or step; `other`: the unit that gets the order instead, or why a step falls away.
    """

    response: Response = "kept"
    of: Of = "cases"
    code: Code = ""
    other: Code = ""
    after: Annotated[str, msgspec.Meta(max_length=200, description="`next` of the page before; empty: the first.")] = ""


class RefuseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why not, by a declared ground."""

    ground: Annotated[str, msgspec.Meta(max_length=48, examples=["no_need"])]


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The operations."""
    one = "/revisions/{revision_id}"
    return (
        ApiRoute(
            "GET", "/revisions", "revision.list", partial(_list, needs), RevisionLines, query=Paging, roles=ROLES,
            summary="What the ledger proposes to change, the newest first",
        ),
        ApiRoute(
            "GET", one, "revision.show", partial(_show, needs), RevisionView, query=Paging, roles=ROLES,
            summary="One proposal: the change, the cases behind it, its replays and its effect",
        ),
        ApiRoute(
            "GET", f"{one}/replayed", "revision.replayed", partial(_replayed, needs), ReplayedCases,
            query=ReplayedQuery, roles=ROLES, summary="The cases behind a number of a replay, or a side of its effect",
        ),
        ApiRoute(
            "POST", f"{one}/approve", "revision.approve", partial(_approve, needs), RevisionView, request=ApproveBody,
            roles=DECIDERS, summary="Approve a replayed proposal; its file is written for a day to come",
        ),
        ApiRoute(
            "POST", f"{one}/refuse", "revision.refuse", partial(_refuse, needs), RevisionView, request=RefuseBody,
            roles=DECIDERS, summary="Refuse a proposal on a ground; it is not proposed again",
        ),
    )  # fmt: skip


def _list(needs: Needs, asked: ApiRequest) -> RevisionLines:
    query: Paging = asked.query
    return lines(needs, query.after, query.limit)


def _show(needs: Needs, asked: ApiRequest) -> RevisionView | Missing:
    query: Paging = asked.query
    return _view(needs, asked, query.after)


def _replayed(needs: Needs, asked: ApiRequest) -> ReplayedCases | Missing | Refused:
    query: ReplayedQuery = asked.query
    revision = revision_of(needs, asked.path["revision_id"])
    if revision is None:
        return NO_REVISION
    number = Number(query.response, query.of, query.code, query.other)
    return opened(needs, asked.viewer, revision, number, query.after)


def _view(needs: Needs, asked: ApiRequest, after: str = "") -> RevisionView | Missing:
    revision = revision_of(needs, asked.path["revision_id"])
    return NO_REVISION if revision is None else view_of(needs, asked.viewer, revision, after)


def _approve(needs: Needs, asked: ApiRequest) -> RevisionView | Missing | Refused:
    revision = revision_of(needs, asked.path["revision_id"])
    if revision is None:
        return NO_REVISION
    body: ApproveBody = asked.body
    approval = Approval(body.day, body.authority, body.document)
    return approve(needs, asked.viewer, asked.now, asked.command_id, revision, approval) or _view(needs, asked)


def _refuse(needs: Needs, asked: ApiRequest) -> RevisionView | Missing | Refused:
    revision = revision_of(needs, asked.path["revision_id"])
    if revision is None:
        return NO_REVISION
    return refuse(needs, asked.viewer, asked.command_id, revision, asked.body.ground) or _view(needs, asked)
