"""What a viewer sees of visits: a page of the list, and one visit with its issues, each with what became of it.

An issue that became part of a case is missing for whom the case is missing, the unit of the visit included; where a
visit was held is for that unit alone.
"""

from __future__ import annotations

from typing import get_args

import msgspec

from sanban.intake.aggregate import stream_of as request_stream
from sanban.intake.desk.seeing import kept_from
from sanban.intake.ports import Needs, streets_of
from sanban.intake.request import Request
from sanban.intake.visits.noting import issues_of
from sanban.intake.visits.visit import VISITORS, Visit, VisitState, is_settled, stream_of
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor, Role
from sanban.kernel.view import Missing, phrase

PAGE = 50
NOTE_ROLES: frozenset[Role] = frozenset(role for role in get_args(Role) if role in VISITORS)
SEE_ROLES: frozenset[Role] = NOTE_ROLES | {"leader", "auditor"}
NO_VISIT = Missing(phrase("Visit"), "0197c3e2-7b1d-7a40-9f3e-2b6c1d5e8f90")

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


class VisitList(msgspec.Struct, frozen=True):
    """One page, the latest first; `next` is empty on the last."""

    items: tuple[VisitLine, ...]
    next: str = ""


class IssueLine(msgspec.Struct, frozen=True):
    """An issue: its request, its case, `text` for the visit's own people until it has a case."""

    request: str
    number: str
    case: str
    ending: str
    settled: bool
    text: str = ""


class VisitView(msgspec.Struct, frozen=True):
    """One visit. `owed`: issues without a reply; `notes`: the viewer may note down on it."""

    visit: str
    number: str
    state: VisitState
    held_at: int
    unit: Title
    place: str
    issues: tuple[IssueLine, ...]
    owed: int
    notes: bool

    @property
    def about(self) -> tuple[str, ...]:
        """The streams whose words it tells."""
        return tuple(request_stream(one.request) for one in self.issues if one.text)


def visits(needs: Needs, now: int, mark: str) -> VisitList:
    """A page of visits, after a mark."""
    at, _, visit = mark.partition("~")
    start = (int(at), visit) if at.isascii() and at.isdecimal() and len(at) < 19 else (1 << 62, "")
    rows = needs.reader.query(_VISITS, {"at": start[0], "visit": start[1], "limit": PAGE + 1})
    known = streets_of(needs, now)
    lines = tuple(
        VisitLine(row[0], row[1], row[2], _unit(needs, row[3], now), known.get(row[4]), row[5], row[6])
        for row in rows[:PAGE]
    )
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return VisitList(lines, f"{last[2]}~{last[0]}" if last else "")


def visit_of(needs: Needs, visit: str) -> Visit | None:
    """The visit of an id; None when there is none."""
    found = needs.reader.state(stream_of(visit))
    return found if isinstance(found, Visit) else None


def in_sight(needs: Needs, viewer: Actor, visit: Visit, now: int) -> list[Request]:
    """The issues that the viewer may know of."""
    return [one for one in issues_of(needs, visit) if not kept_from(viewer, needs, one, now)]


def own_issue(needs: Needs, viewer: Actor, visit: Visit, request: str, now: int) -> Request | None:
    """An issue of the viewer's own visit, as far as they may know of it."""
    issues = in_sight(needs, viewer, visit, now) if viewer.unit == visit.opened.unit else []
    return next((one for one in issues if one.id == request), None)


def visit_view(needs: Needs, viewer: Actor, visit: Visit, now: int) -> VisitView:
    """The visit as the viewer may see it; opens the vault for those whose visit it is."""
    own = viewer.unit == visit.opened.unit and viewer.role in NOTE_ROLES
    requests = in_sight(needs, viewer, visit, now)
    shown = [visit.opened.place, *(one.received.text for one in requests if not one.case)]
    texts = needs.reader.open_secrets([ref for ref in shown if ref]) if own else {}
    issues = tuple(
        IssueLine(one.id, one.received.number, one.case, one.ending, is_settled(one), texts.get(one.received.text, ""))
        for one in requests
    )
    return VisitView(
        visit=visit.opened.id,
        number=visit.opened.number,
        state=visit.state,
        held_at=visit.opened.held_at,
        unit=_unit(needs, visit.opened.unit, now),
        place=texts.get(visit.opened.place, ""),
        issues=issues,
        owed=sum(not one.settled for one in issues),
        notes=own and visit.state == "open",
    )


def _unit(needs: Needs, code: str, now: int) -> Title:
    found = needs.duty.unit_at(code, now)
    return Title(found.title_zh, found.title_en) if found else Title(code, code)
