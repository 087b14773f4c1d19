"""Pages of visits: the list, a new one, and one visit with its issues."""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.intake.desk.receiving import Said, Taken
from sanban.intake.ports import Needs, streets_of
from sanban.intake.visits.noting import answer_issue, close_visit, note_issue, open_visit
from sanban.intake.visits.seeing import (
    NO_VISIT,
    NOTE_ROLES,
    SEE_ROLES,
    VisitLine,
    VisitView,
    own_issue,
    visit_of,
    visit_view,
    visits,
)
from sanban.intake.visits.visit import Visit
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.view import PageAnswer, Pager, PageRequest, PageRoute, Redirected, Shown, phrase

LIST = "/visits"
ANSWERED = phrase("The answer is noted.")
CLOSED = phrase("The visit is closed: every issue has its case or its answer.")


class ListContext(msgspec.Struct, frozen=True):
    """`intake/visits.html`."""

    lines: tuple[VisitLine, ...]
    pager: Pager
    notes: bool
    streets: dict[str, Title]
    fault: Refused | None = None


class VisitContext(msgspec.Struct, frozen=True):
    """`intake/visit.html`. `taken`: the issue just noted, with the receipt for the resident, shown this once."""

    seen: VisitView
    typed: Said
    taken: Taken | None = None
    fault: Refused | None = None


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The pages and the targets of their forms."""
    one = "/visits/{visit}"
    listed = PageRoute(
        "GET", LIST, "intake.visits", partial(_list, needs), roles=SEE_ROLES, menu=phrase("Visits"), icon="users",
        order=30,
    )  # fmt: skip
    return (
        listed,
        PageRoute("POST", LIST, "intake.visit_opened", partial(_open, needs), roles=NOTE_ROLES),
        PageRoute("GET", one, "intake.visit", partial(_visit, needs), roles=SEE_ROLES),
        PageRoute("POST", f"{one}/issues", "intake.visit_issue", partial(_note, needs), roles=NOTE_ROLES),
        PageRoute("POST", f"{one}/answer", "intake.visit_answer", partial(_answer, needs), roles=NOTE_ROLES),
        PageRoute("POST", f"{one}/close", "intake.visit_close", partial(_close, needs), roles=NOTE_ROLES),
    )


def _list(needs: Needs, asked: PageRequest) -> PageAnswer:
    return _listed(needs, asked)


def _listed(needs: Needs, asked: PageRequest, fault: Refused | None = None) -> Shown:
    page = visits(needs, asked.now, asked.asked("page"))
    pager = Pager(next=f"{LIST}?page={page.next}" if page.next else "")
    context = ListContext(page.items, pager, asked.viewer.role in NOTE_ROLES, streets_of(needs, asked.now), fault)
    return Shown("intake/visits.html", context, 422 if fault else 200)


def _open(needs: Needs, asked: PageRequest) -> PageAnswer:
    place, street = asked.given("place"), asked.given("street")
    opened = open_visit(needs, asked.viewer, asked.command_id, place, street, asked.now)
    return _listed(needs, asked, opened) if isinstance(opened, Refused) else Redirected(f"{LIST}/{opened}")


def _visit(needs: Needs, asked: PageRequest) -> PageAnswer:
    visit = visit_of(needs, asked.path["visit"])
    return NO_VISIT if visit is None else _shown(needs, asked, visit)


def _note(needs: Needs, asked: PageRequest) -> PageAnswer:
    visit = visit_of(needs, asked.path["visit"])
    if visit is None:
        return NO_VISIT
    said = Said(
        text=asked.given("text"), name=asked.given("name"), phone=asked.given("phone"), address=asked.given("address")
    )
    taken = note_issue(needs, asked.viewer, asked.command_id, visit, said, asked.now)
    after = visit_of(needs, visit.opened.id) or visit
    if isinstance(taken, Refused):
        return _shown(needs, asked, after, said, fault=taken)
    return _shown(needs, asked, after, taken=taken)


def _answer(needs: Needs, asked: PageRequest) -> PageAnswer:
    visit = visit_of(needs, asked.path["visit"])
    request = own_issue(needs, asked.viewer, visit, asked.given("request"), asked.now) if visit else None
    if visit is None or request is None:
        return NO_VISIT
    fault = answer_issue(needs, asked.viewer, asked.command_id, request, asked.given("text"), asked.now)
    return _shown(needs, asked, visit, fault=fault) if fault else Redirected(f"{LIST}/{visit.opened.id}", ANSWERED)


def _close(needs: Needs, asked: PageRequest) -> PageAnswer:
    visit = visit_of(needs, asked.path["visit"])
    if visit is None:
        return NO_VISIT
    fault = close_visit(needs, asked.viewer, asked.command_id, visit)
    return _shown(needs, asked, visit, fault=fault) if fault else Redirected(f"{LIST}/{visit.opened.id}", CLOSED)


def _shown(
    needs: Needs,
    asked: PageRequest,
    visit: Visit,
    typed: Said | None = None,
    taken: Taken | None = None,
    fault: Refused | None = None,
) -> Shown:
    seen = visit_view(needs, asked.viewer, visit, asked.now)
    context = VisitContext(seen, typed or Said(""), taken, fault)
    return Shown("intake/visit.html", context, 422 if fault else 200, seen.about)
