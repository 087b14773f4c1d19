"""The auditor's page: who looked at what. Of everybody, of one case, of one officer; looking here is a look as well.

What is asked for stands in the address, so that the look at the log names it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from urllib.parse import quote

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.permission import Role
from sanban.kernel.view import Missing, PageAnswer, Pager, PageRequest, PageRoute, Redirected, Shown, phrase
from sanban.looks.event import ABOUT
from sanban.looks.ports import Needs, Subject
from sanban.looks.reading import LookPage, looks_of

PATH = "/looks"
ROLES: frozenset[Role] = frozenset({"auditor"})
NO_CASE = Missing(phrase("Case"), "2026-000001")
NO_OFFICER = Missing(phrase("Officer"), "handler-street-01")


class LooksContext(msgspec.Struct, frozen=True):
    """`looks/looks.html`: a page of looks of `case` (its number), of `account`, or of everybody.

    `titles`: what pages are called in the menu, by name.
    """

    page: LookPage
    pager: Pager
    case: str = ""
    case_id: str = ""
    account: str = ""
    titles: Mapping[str, str] = msgspec.field(default_factory=dict)


def routes(needs: Needs, titles: Mapping[str, str]) -> tuple[PageRoute, ...]:
    """The three lists and the form that chooses among them. `titles`: what pages are called in the menu, by name."""
    return (
        PageRoute(
            "GET",
            PATH,
            "looks.list",
            partial(_everybody, needs, titles),
            roles=ROLES,
            menu=phrase("Who looked"),
            icon="eye",
            order=70,
        ),
        PageRoute("GET", f"{PATH}/cases/{{case_id}}", "looks.case", partial(_case, needs, titles), roles=ROLES),
        PageRoute(
            "GET", f"{PATH}/officers/{{account}}", "looks.officer", partial(_officer, needs, titles), roles=ROLES
        ),
    )


def _everybody(needs: Needs, titles: Mapping[str, str], asked: PageRequest) -> PageAnswer:
    case, account = asked.asked("case"), asked.asked("officer")
    if case:
        found = needs.case(asked.viewer, case)
        return NO_CASE if found is None else Redirected(f"{PATH}/cases/{quote(found.id)}")
    if account:
        return Redirected(f"{PATH}/officers/{quote(account, safe='')}")
    return _shown(asked, titles, looks_of(asked.viewer, needs, after=asked.asked("after")), PATH)


def _case(needs: Needs, titles: Mapping[str, str], asked: PageRequest) -> PageAnswer:
    found = needs.case(asked.viewer, asked.path["case_id"])
    if found is None:
        return NO_CASE
    page = looks_of(asked.viewer, needs, case=found, after=asked.asked("after"))
    return _shown(asked, titles, page, f"{PATH}/cases/{quote(found.id)}", case=found)


def _officer(needs: Needs, titles: Mapping[str, str], asked: PageRequest) -> PageAnswer:
    account = asked.path["account"]
    if not ABOUT.fullmatch(account):
        return NO_OFFICER
    page = looks_of(asked.viewer, needs, account=account, after=asked.asked("after"))
    return _shown(asked, titles, page, f"{PATH}/officers/{quote(account)}", account=account)


def _shown(
    asked: PageRequest,
    titles: Mapping[str, str],
    page: LookPage | Refused,
    path: str,
    *,
    case: Subject | None = None,
    account: str = "",
) -> PageAnswer:
    if isinstance(page, Refused):
        return page
    pager = Pager(path if asked.asked("after") else "", f"{path}?after={quote(page.next)}" if page.next else "")
    context = LooksContext(page, pager, case.number if case else "", case.id if case else "", account, titles)
    return Shown("looks/looks.html", context)
