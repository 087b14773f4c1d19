"""The outbox in the API: codes and instants for the desk and for overseers; texts and addresses never.

    POST  /notices/{id}/retry    one that failed goes out again
    POST  /notices/{id}/told     the desk has called: the person knows
    POST  /notices/{id}/reach    how the person wants to be told from now on

The steps are those of the page, and so are who may take them and why they are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute, Missing
from sanban.notices.notice import Notice
from sanban.notices.pages import NO_NOTICE, choose, take
from sanban.notices.ports import Needs
from sanban.notices.reach import Wish
from sanban.notices.views import ACT_ROLES, SEE_ROLES, NoticeRow, notice_row, notices

Step = Callable[[Needs, ApiRequest], Notice | Missing | Refused]


class NoticesQuery(msgspec.Struct, frozen=True):
    """Notices in a state, or all of a case."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=200, description="At most so many items.", examples=[50])] = 50
    after: Annotated[str, msgspec.Meta(max_length=200, description="`next` of the page before; empty: the first.")] = ""
    stands: Annotated[str, msgspec.Meta(max_length=20, description="Their state.", examples=["failed"])] = "unreachable"
    case: Annotated[str, msgspec.Meta(max_length=96, description="A case's id; then any state.")] = ""


class NoticesAnswer(msgspec.Struct, frozen=True):
    """One page, newest first; `next` is empty on the last."""

    items: tuple[NoticeRow, ...]
    next: str = ""


class TakenBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The step asks for nothing."""


class WishBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the person wants to be told: `no_notices`, and the desk calls where a call is due."""

    wish: Wish


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The operations."""

    def post(name: str, step: Step, body: type[msgspec.Struct], summary: str) -> ApiRoute:
        return ApiRoute(
            "POST",
            f"/notices/{{notice_id}}/{name}",
            f"notices.{name}",
            partial(_taken, needs, step),
            NoticeRow,
            request=body,
            roles=ACT_ROLES,
            summary=f"{summary}; send an Idempotency-Key to repeat it safely",
        )

    return (
        post("retry", partial(take, step="retry"), TakenBody, "A notice that failed goes out again"),
        post("told", partial(take, step="told"), TakenBody, "The desk has called: the person knows"),
        post("reach", _reach, WishBody, "How the person of a notice wants to be told from now on"),
        ApiRoute(
            "GET",
            "/notices",
            "notices.list",
            partial(_list, needs),
            NoticesAnswer,
            query=NoticesQuery,
            roles=SEE_ROLES,
            summary="Notices in a state, or of a case: who was told of what, and when",
        ),
    )


def _list(needs: Needs, asked: ApiRequest) -> NoticesAnswer | Refused:
    query: NoticesQuery = asked.query
    page = notices(asked.viewer, needs, asked.now, query.stands, query.case, query.after, query.limit)
    return page if isinstance(page, Refused) else NoticesAnswer(page.rows, page.next)


def _taken(needs: Needs, step: Step, asked: ApiRequest) -> NoticeRow | Missing | Refused:
    before = step(needs, asked)
    if not isinstance(before, Notice):
        return before
    return notice_row(asked.viewer, needs, before.queued.id, asked.now) or NO_NOTICE


def _reach(needs: Needs, asked: ApiRequest) -> Notice | Missing | Refused:
    body: WishBody = asked.body
    return choose(needs, asked, body.wish)
