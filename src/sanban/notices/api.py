"""The outbox in the API: codes and instants for the desk and for overseers; texts and addresses never."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute
from sanban.notices.ports import Needs
from sanban.notices.views import SEE_ROLES, NoticeRow, notices


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


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The one operation."""
    return (
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
