"""The desk's queue: dangers before all, with or without a case; then what has no case yet, with what triage thinks.

A request is found by the number of another system too. The number is typed into a form and never into an address: it
may be somebody's phone.
"""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

import msgspec

from sanban.intake.desk.seeing import ACT_ROLES, FLAGS, PLACE_STATES, SEE_ROLES, Line, Queue, queue
from sanban.intake.desk.waiting import dangers
from sanban.intake.files.cells import clean
from sanban.intake.ports import Needs
from sanban.intake.row import LIMITS
from sanban.intake.views import requests_of_refs
from sanban.kernel.errors import Refused
from sanban.kernel.view import PageAnswer, Pager, PageRequest, PageRoute, Redirected, Shown, phrase

PATH = "/requests"
NONE = Queue(())
NOT_FOUND = phrase("No request has this number.")


class QueueContext(msgspec.Struct, frozen=True):
    """`intake/queue.html`. `dangers` stand before the other `lines`; `acts`: the viewer decides on requests.

    `place` and `flag`: the filters in use.
    """

    dangers: Queue
    lines: tuple[Line, ...]
    pager: Pager
    acts: bool
    place: str = ""
    flag: str = ""


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
        PageRoute("POST", f"{PATH}/find", "intake.find_number", partial(_find, needs), roles=ACT_ROLES),
    )


def _queue(needs: Needs, asked: PageRequest) -> PageAnswer:
    place = asked.asked("place") if asked.asked("place") in PLACE_STATES else ""
    flag = asked.asked("flag") if asked.asked("flag") in FLAGS else ""
    page = queue(asked.viewer, needs, asked.now, asked.asked("page"), place=place, flag=flag)
    if isinstance(page, Refused):
        return page
    pager = Pager(_page_url(page.previous, place, flag), _page_url(page.next, place, flag))
    others = place or flag or asked.asked("page")
    first = NONE if others else dangers(asked.viewer, needs, asked.now, asked.asked("danger"))
    known = {line.request for line in first.lines}
    lines = tuple(line for line in page.lines if line.request not in known)
    return Shown("intake/queue.html", QueueContext(first, lines, pager, asked.viewer.role in ACT_ROLES, place, flag))


def _find(needs: Needs, asked: PageRequest) -> PageAnswer:
    number = clean(asked.given("number"))[: LIMITS["external_no"]]
    found = requests_of_refs(asked.viewer, needs.reader, needs.find_number(number)) if number else []
    if isinstance(found, Refused):
        return found
    return Redirected(f"{PATH}/{found[-1]}") if found else Redirected(PATH, NOT_FOUND)


def _page_url(mark: str, place: str, flag: str) -> str:
    kept = {"page": mark, "place": place, "flag": flag}
    return f"{PATH}?{urlencode({name: value for name, value in kept.items() if value})}" if mark else ""
