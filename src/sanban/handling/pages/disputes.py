"""/disputes: the boundary disputes of a month, how long each case lay with whom, and against whom that counts."""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.handling.disputes.listing import Disputes, disputes_of
from sanban.handling.needs import Needs
from sanban.handling.pages.figures import month_beside, span_of_month
from sanban.handling.pages.lists import LIST_ROLES
from sanban.kernel.errors import Refused
from sanban.kernel.view import PageAnswer, PageRequest, PageRoute, Shown


class DisputesContext(msgspec.Struct, frozen=True):
    """`handling/disputes.html`. `month` as `2026-06`; `earlier` and `later`: the months beside it, '' for none."""

    month: str
    earlier: str
    later: str
    found: Disputes


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The one page; the figures lead to it."""
    return (PageRoute("GET", "/disputes", "handling.disputes", partial(_disputes, needs), roles=LIST_ROLES),)


def _disputes(needs: Needs, asked: PageRequest) -> PageAnswer:
    month, span = span_of_month(needs.cases.calendar, asked.asked("month"), asked.now)
    found = disputes_of(asked.viewer, needs, span)
    if isinstance(found, Refused):
        return found
    later = month_beside(month, 1) if span.until <= asked.now else ""
    return Shown("handling/disputes.html", DisputesContext(month, month_beside(month, -1), later, found))
