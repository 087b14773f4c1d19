"""The outbox for the desk: whom to call, what failed, what waits, what was sent; and what to do about it.

tried again    a notice that failed goes out anew
told           the desk has called: the person knows
"""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.kernel.view import (
    ApiRequest,
    Missing,
    PageAnswer,
    Pager,
    PageRequest,
    PageRoute,
    Redirected,
    Shown,
    Waiting,
    phrase,
)
from sanban.ledger.port import Part, Submission
from sanban.notices.aggregate import stream_of
from sanban.notices.notice import Notice, State
from sanban.notices.ports import Needs
from sanban.notices.reach import stream_of as reach_stream
from sanban.notices.views import ACT_ROLES, SEE_ROLES, STATES, NoticeRow, count_notices, may_know, notices

NO_NOTICE = Missing(phrase("Notice"), "GET /api/v1/notices gives the ids")
AGAIN = phrase("It goes out again.")
TOLD = phrase("Noted: the person knows.")
CHOSEN = phrase("Noted: the person is told like that from now on.")
FIRST: State = "unreachable"
PATH = "/notices"
COUNTED_AT_MOST = 1000


class NoticesContext(msgspec.Struct, frozen=True):
    """`notices/notices.html`: one page of the outbox in a state, or of one case."""

    rows: tuple[NoticeRow, ...]
    state: str
    states: tuple[State, ...]
    case: str
    acts: bool
    pager: Pager
    fault: Refused | None = None


def waits(needs: Needs, viewer: Actor, now: int) -> Waiting | None:
    """Whom no channel reaches, for those who call them."""
    if viewer.role not in ACT_ROLES:
        return None
    count = count_notices(viewer, needs, now, FIRST, COUNTED_AT_MOST + 1)
    more = count > COUNTED_AT_MOST
    return Waiting(phrase("To be called"), PATH, "phone", min(count, COUNTED_AT_MOST), more=more)


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The list, and the targets of its forms."""

    def post(step: str, notice: str) -> PageRoute:
        target = partial(_decided, needs, step, notice)
        return PageRoute("POST", f"/notices/{{notice_id}}/{step}", f"notices.{step}", target, roles=ACT_ROLES)

    return (
        PageRoute(
            "GET",
            "/notices",
            "notices.list",
            partial(_list, needs),
            roles=SEE_ROLES,
            menu=phrase("Notices"),
            icon="bell",
            order=40,
        ),
        post("retry", AGAIN),
        post("told", TOLD),
        PageRoute("POST", "/notices/{notice_id}/reach", "notices.reach", partial(_reach, needs), roles=ACT_ROLES),
    )


def _list(needs: Needs, asked: PageRequest) -> PageAnswer:
    state, case = asked.asked("state", FIRST), asked.asked("case")
    page = notices(asked.viewer, needs, asked.now, state, case, asked.asked("after"))
    if isinstance(page, Refused):
        return page
    return Shown("notices/notices.html", _context(asked, page.rows, page.next, state, case))


def _decided(needs: Needs, step: str, done: str, asked: PageRequest) -> PageAnswer:
    return _shown(take(needs, asked, step), done)


def _reach(needs: Needs, asked: PageRequest) -> PageAnswer:
    return _shown(choose(needs, asked, asked.given("wish")), CHOSEN)


def _shown(outcome: Notice | Missing | Refused, done: str) -> PageAnswer:
    return Redirected(f"/notices?state={outcome.state}", done) if isinstance(outcome, Notice) else outcome


def take(needs: Needs, asked: PageRequest | ApiRequest, step: str) -> Notice | Missing | Refused:
    """Retry or told: the notice as it was before, if it is about a case that the viewer may know of."""
    notice = _found(needs, asked)
    return _submitted(needs, asked, notice, Part(stream_of(notice.queued.id), step)) if notice else NO_NOTICE


def choose(needs: Needs, asked: PageRequest | ApiRequest, wish: str) -> Notice | Missing | Refused:
    """How the person of a notice is told from now on."""
    notice = _found(needs, asked)
    if notice is None or not notice.queued.recipient.startswith("person:"):
        return NO_NOTICE
    return _submitted(needs, asked, notice, Part(reach_stream(notice.queued.recipient), "choose", {"wish": wish}))


def _submitted(needs: Needs, asked: PageRequest | ApiRequest, notice: Notice, part: Part) -> Notice | Refused:
    return needs.ledger.submit(Submission(asked.command_id, asked.viewer, (part,))).refused or notice


def _found(needs: Needs, asked: PageRequest | ApiRequest) -> Notice | None:
    """The notice of the address; None where there is none, or none for this viewer."""
    notice_id = asked.path["notice_id"]
    notice = needs.reader.state(stream_of(notice_id)) if _is_id(notice_id) else None
    if not isinstance(notice, Notice) or not may_know(asked.viewer, needs, notice.queued.case, asked.now):
        return None
    return notice


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _context(asked: PageRequest, rows: tuple[NoticeRow, ...], after: str, state: str, case: str) -> NoticesContext:
    query = {"case": case} if case else {"state": state}
    onward = f"/notices?{urlencode({**query, 'after': after})}" if after else ""
    back = f"/notices?{urlencode(query)}" if asked.asked("after") else ""
    acts = asked.viewer.role in ACT_ROLES
    return NoticesContext(rows, "" if case else state, STATES, case, acts, Pager(previous=back, next=onward))
