"""What pages and API show of meetings: agendas with how each item stands, decisions, and an owner's own tasks."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from sanban.joint.meeting.book import Book, Decision, Meeting
from sanban.joint.meeting.ports import Needs
from sanban.joint.surrounding import OFFICES, opened_texts
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import UNIT_ROLES, Actor

MOST, PAGE = 200, 50
_TASKS = (
    "SELECT decision, meeting, number, case_id, unit, decided_at, due_at, done_at, reported_at, missed_at, text, "
    "note, reason "
    "FROM decision_view WHERE district = :district {own}{kept}ORDER BY done_at > 0, due_at, decision LIMIT :most"
)


class AgendaLine(msgspec.Struct, frozen=True):
    """A case on an agenda. `number` '' where the viewer may not know of it."""

    case: str
    number: str
    matter: Title | None
    since: int


class DecisionLine(msgspec.Struct, frozen=True):
    """A decision as a task: its owner, its time, and how it stands. `case` '' for none.

    `note`: what its owner reported; `reason`: why the meeting sent that back, where it did.
    """

    decision: str
    meeting: str
    meeting_number: str
    unit: str
    unit_title: Title
    decided_at: int
    due_at: int
    done_at: int
    reported_at: int
    missed: bool
    case: str
    case_number: str
    text: str
    note: str = ""
    reason: str = ""

    @property
    def stands(self) -> str:
        """done, late (done or not), reported, sent back, or open."""
        waiting = "reported" if self.reported_at else "sent_back" if self.reason else "open"
        return "late" if self.missed else "done" if self.done_at else waiting


class AdoptedLine(msgspec.Struct, frozen=True):
    """What a meeting adopted, citing its minutes."""

    kind: str
    what: str
    title: Title
    at: int


class MeetingLine(msgspec.Struct, frozen=True):
    """A meeting in the list."""

    meeting: str
    number: str
    held_at: int
    is_open: bool
    cases: int
    decisions: int
    undone: int


class MeetingView(msgspec.Struct, frozen=True):
    """One meeting: its agenda (undone decisions first, then cases), its decisions, its minutes."""

    meeting: str
    number: str
    held_at: int
    is_open: bool
    undone: tuple[DecisionLine, ...]
    cases: tuple[AgendaLine, ...]
    decisions: tuple[DecisionLine, ...]
    adopted: tuple[AdoptedLine, ...]
    minutes: str = ""
    minuted_at: int = 0


def meetings(book: Book, before: str = "") -> tuple[tuple[MeetingLine, ...], str]:
    """A page of meetings, newest first, those called before one; the last of them where there are more, else ''."""
    names = list(reversed(book.meetings))
    start = names.index(before) + 1 if before in book.meetings else 0
    page = names[start : start + PAGE]
    decided = Counter(one.decided.meeting for one in book.decisions.values())
    undone = Counter(book.decisions[name].decided.meeting for name in book.undone)
    found = []
    for name in page:
        one = book.meetings[name]
        called, cases = one.called, len(one.called.cases)
        found.append(MeetingLine(name, called.number, called.held_at, one.is_open, cases, decided[name], undone[name]))
    return tuple(found), page[-1] if start + PAGE < len(names) else ""


def meeting_view(viewer: Actor, needs: Needs, book: Book, meeting: Meeting, now: int) -> MeetingView:
    """One meeting as an office sees it."""
    called, minuted = meeting.called, meeting.minuted
    own = [one for one in book.decisions.values() if one.decided.meeting == called.meeting]
    before = [book.decisions[one] for one in called.undone]
    refs = [ref for one in (*own, *before) for ref in (one.decided.text, one.note, one.reason)]
    texts = opened_texts(needs, [*refs, minuted.minutes if minuted else ""])
    known = {one.case: needs.case(viewer, one.case) for one in called.cases}

    def line(one: Decision) -> DecisionLine:
        number = book.meetings[one.decided.meeting].called.number
        case = known.get(one.decided.case) or (needs.case(viewer, one.decided.case) if one.decided.case else None)
        told = texts if case or not one.decided.case else {}
        return DecisionLine(
            decision=one.decided.decision,
            meeting=one.decided.meeting,
            meeting_number=number,
            unit=one.decided.unit,
            unit_title=needs.unit(one.decided.unit, now),
            decided_at=one.decided.at,
            due_at=one.due_at,
            done_at=one.done_at,
            reported_at=one.reported_at,
            missed=one.missed_by(now),
            case=case.id if case else "",
            case_number=case.number if case else "",
            text=told.get(one.decided.text, ""),
            note=told.get(one.note, ""),
            reason=told.get(one.reason, ""),
        )

    return MeetingView(
        meeting=called.meeting,
        number=called.number,
        held_at=called.held_at,
        is_open=meeting.is_open,
        undone=tuple(map(line, before)),
        cases=tuple(_agenda(name, known[name], since=one.since) for one in called.cases for name in (one.case,)),
        decisions=tuple(map(line, own)),
        adopted=tuple(_adopted(needs, one.kind, one.what, one.at, now) for one in meeting.adopted),
        minutes=texts.get(minuted.minutes, "") if minuted else "",
        minuted_at=minuted.at if minuted else 0,
    )


def tasks(viewer: Actor, needs: Needs, now: int) -> tuple[DecisionLine, ...] | Refused:
    """The decisions that the viewer's unit owns, or all for an office, but of cases about the viewer: undone first.

    One statement.
    """
    given: dict[str, Any] = {"most": MOST}
    own = ""
    if viewer.role not in OFFICES:
        if viewer.role not in UNIT_ROLES or not viewer.unit:
            return Refused("not_permitted", "decisions are tasks of units", "sign in as one of a unit")
        own = "AND unit = :unit "
        given["unit"] = viewer.unit
    kept, selves = needs.kept(viewer, "decision_view")
    rows = needs.reader.query(_TASKS.format(own=own, kept=kept), given | selves)
    texts = opened_texts(needs, [ref for row in rows for ref in row[-3:]])
    return tuple(_task(needs, row, texts, now) for row in rows)


def _task(needs: Needs, row: tuple[Any, ...], texts: dict[str, str], now: int) -> DecisionLine:
    decision, meeting, number, case, unit, decided_at, due_at, done_at, reported_at, missed_at, *told = row
    text, note, reason = (texts.get(ref, "") for ref in told)
    missed = bool(missed_at) or (reported_at or now) >= due_at
    return DecisionLine(
        decision, meeting, number, unit, needs.unit(unit, now), decided_at, due_at, done_at, reported_at,
        missed, case, "", text, note, reason,
    )  # fmt: skip


def _agenda(name: str, case: Any, *, since: int) -> AgendaLine:
    return AgendaLine(name, case.number, case.matter, since) if case else AgendaLine("", "", None, since)


def _adopted(needs: Needs, kind: str, what: str, at: int, now: int) -> AdoptedLine:
    title = needs.paths(now).get(what, Title(what, what)) if kind == "path" else Title(what, what)
    return AdoptedLine(kind, what, title, at)
