"""The desk's queue: requests that have no case yet, oldest first, each with the matter that triage thinks of."""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.intake.desk.seeing import ACT_ROLES, SEE_ROLES, Line, queue
from sanban.intake.ports import Needs
from sanban.kernel.errors import Refused
from sanban.kernel.view import PageAnswer, Pager, PageRequest, PageRoute, Shown, phrase

PATH = "/requests"


class QueueContext(msgspec.Struct, frozen=True):
    """`intake/queue.html`. `acts`: the viewer decides on requests and may note one down."""

    lines: tuple[Line, ...]
    pager: Pager
    acts: bool


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The queue."""
    return (
        PageRoute(
            "GET",
            PATH,
            "intake.requests",
            partial(_queue, needs),
            roles=SEE_ROLES,
            menu=phrase("Requests"),
            icon="inbox",
            order=8,
        ),
    )


def _queue(needs: Needs, asked: PageRequest) -> PageAnswer:
    page = queue(asked.viewer, needs, asked.now, asked.asked("page"))
    if isinstance(page, Refused):
        return page
    pager = Pager(_page_url(page.previous), _page_url(page.next))
    return Shown("intake/queue.html", QueueContext(page.lines, pager, asked.viewer.role in ACT_ROLES))


def _page_url(mark: str) -> str:
    return f"{PATH}?page={mark}" if mark else ""
