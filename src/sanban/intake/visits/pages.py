"""Pages of visits: the list, a new one, and one visit with its issues, each with what became of it.

An issue that became part of a case is missing for whom the case is missing, the unit of the visit included; where a
visit was held is for that unit alone.
"""

from __future__ import annotations

from functools import partial
from typing import get_args

import msgspec

from sanban.intake.aggregate import stream_of as request_stream
from sanban.intake.desk.receiving import Said, Taken
from sanban.intake.desk.seeing import kept_from
from sanban.intake.ports import Needs, streets_of
from sanban.intake.request import Request
from sanban.intake.visits.noting import answer_issue, close_visit, issues_of, note_issue, open_visit
from sanban.intake.visits.visit import VISITORS, Visit, is_settled, stream_of
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Role
from sanban.kernel.view import Missing, PageAnswer, Pager, PageRequest, PageRoute, Redirected, Shown, phrase

LIST = "/visits"
PAGE = 50
NOTE_ROLES: frozenset[Role] = frozenset(role for role in get_args(Role) if role in VISITORS)
SEE_ROLES: frozenset[Role] = NOTE_ROLES | {"leader", "auditor"}
NO_VISIT = Missing(phrase("Visit"), "0197c3e2-7b1d-7a40-9f3e-2b6c1d5e8f90")
ANSWERED = phrase("The answer is noted.")
CLOSED = phrase("The visit is closed: every issue has its case or its answer.")

_VISITS = (
    "SELECT visit, number, held_at, unit, street, state, issues FROM visit_view WHERE district = :district "
    "AND (held_at, visit) < (:at, :visit) ORDER BY held_at DESC, visit DESC LIMIT :limit"
)


class VisitLine(msgspec.Struct, frozen=True):
    """A visit in the list."""

    visit: str
    number: str
    held_at: int
    unit: Title
    street: Title | None
    state: str
    issues: int


class IssueLine(msgspec.Struct, frozen=True):
    """An issue: its request, its case `text` for the visit's own people until it has a case."""

    request: str
    number: str
    case: str
    ending: str
    settled: bool
    text: str = ""


class ListContext(msgspec.Struct, frozen=True):
    """`intake/visits.html`."""

    lines: tuple[VisitLine, ...]
    pager: Pager
    notes: bool
    streets: dict[str, Title]
    fault: Refused | None = None


class VisitContext(msgspec.Struct, frozen=True):
    """`intake/visit.html`. `taken`: the issue just noted, with the receipt for the resident, shown this once."""

    visit: str
    number: str
    state: str
    held_at: int
    unit: Title
    place: str
    issues: tuple[IssueLine, ...]
    owed: int
    notes: bool
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
    at, _, visit = asked.asked("page").partition("~")
    start = (int(at), visit) if at.isascii() and at.isdecimal() and len(at) < 19 else (1 << 62, "")
    rows = needs.reader.query(_VISITS, {"at": start[0], "visit": start[1], "limit": PAGE + 1})
    known = streets_of(needs, asked.now)
    lines = tuple(
        VisitLine(row[0], row[1], row[2], _unit(needs, row[3], asked.now), known.get(row[4]), row[5], row[6])
        for row in rows[:PAGE]
    )
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    pager = Pager(next=f"{LIST}?page={last[2]}~{last[0]}" if last else "")
    context = ListContext(lines, pager, asked.viewer.role in NOTE_ROLES, known, fault)
    return Shown("intake/visits.html", context, 422 if fault else 200)


def _open(needs: Needs, asked: PageRequest) -> PageAnswer:
    street = asked.given("street")
    if street and street not in streets_of(needs, asked.now):
        return _listed(needs, asked, Refused("unknown_street", "the district has no such street", "choose one"))
    opened = open_visit(needs, asked.viewer, asked.command_id, asked.given("place"), street, asked.now)
    return _listed(needs, asked, opened) if isinstance(opened, Refused) else Redirected(f"{LIST}/{opened}")


def _visit(needs: Needs, asked: PageRequest) -> PageAnswer:
    visit = _of(needs, asked)
    return NO_VISIT if visit is None else _shown(needs, asked, visit)


def _note(needs: Needs, asked: PageRequest) -> PageAnswer:
    visit = _of(needs, asked)
    if visit is None:
        return NO_VISIT
    said = Said(
        text=asked.given("text"), name=asked.given("name"), phone=asked.given("phone"), address=asked.given("address")
    )
    taken = note_issue(needs, asked.viewer, asked.command_id, visit, said, asked.now)
    after = _of(needs, asked) or visit
    if isinstance(taken, Refused):
        return _shown(needs, asked, after, said, fault=taken)
    return _shown(needs, asked, after, taken=taken)


def _answer(needs: Needs, asked: PageRequest) -> PageAnswer:
    visit = _of(needs, asked)
    if visit is None:
        return NO_VISIT
    request = next((one for one in _in_sight(needs, asked, visit) if one.id == asked.given("request")), None)
    if request is None or asked.viewer.unit != visit.opened.unit:
        return NO_VISIT
    fault = answer_issue(needs, asked.viewer, asked.command_id, request, asked.given("text"), asked.now)
    return _shown(needs, asked, visit, fault=fault) if fault else Redirected(f"{LIST}/{visit.opened.id}", ANSWERED)


def _close(needs: Needs, asked: PageRequest) -> PageAnswer:
    visit = _of(needs, asked)
    if visit is None:
        return NO_VISIT
    fault = close_visit(needs, asked.viewer, asked.command_id, visit)
    return _shown(needs, asked, visit, fault=fault) if fault else Redirected(f"{LIST}/{visit.opened.id}", CLOSED)


def _of(needs: Needs, asked: PageRequest) -> Visit | None:
    found = needs.reader.state(stream_of(asked.path["visit"]))
    return found if isinstance(found, Visit) else None


def _in_sight(needs: Needs, asked: PageRequest, visit: Visit) -> list[Request]:
    """The issues that the viewer may know of."""
    return [one for one in issues_of(needs, visit) if not kept_from(asked.viewer, needs, one, asked.now)]


def _shown(
    needs: Needs,
    asked: PageRequest,
    visit: Visit,
    typed: Said | None = None,
    taken: Taken | None = None,
    fault: Refused | None = None,
) -> Shown:
    own = asked.viewer.unit == visit.opened.unit and asked.viewer.role in NOTE_ROLES
    requests = _in_sight(needs, asked, visit)
    shown = [visit.opened.place, *(one.received.text for one in requests if not one.case)]
    texts = needs.reader.open_secrets([ref for ref in shown if ref]) if own else {}
    issues = tuple(
        IssueLine(one.id, one.received.number, one.case, one.ending, is_settled(one), texts.get(one.received.text, ""))
        for one in requests
    )
    context = VisitContext(
        visit=visit.opened.id,
        number=visit.opened.number,
        state=visit.state,
        held_at=visit.opened.held_at,
        unit=_unit(needs, visit.opened.unit, asked.now),
        place=texts.get(visit.opened.place, ""),
        issues=issues,
        owed=sum(not one.settled for one in issues),
        notes=own and visit.state == "open",
        typed=typed or Said(""),
        taken=taken,
        fault=fault,
    )
    about = tuple(request_stream(one.request) for one in issues if one.text)
    return Shown("intake/visit.html", context, 422 if fault else 200, about)


def _unit(needs: Needs, code: str, now: int) -> Title:
    found = needs.duty.unit_at(code, now)
    return Title(found.title_zh, found.title_en) if found else Title(code, code)
