"""Meetings at work: calling one with its agenda, deciding, writing minutes, adopting, reporting done."""

from __future__ import annotations

from uuid import UUID, uuid5

from sanban.joint.meeting.book import STREAM, Book
from sanban.joint.meeting.event import AdoptedKind
from sanban.joint.meeting.ports import Needs
from sanban.joint.surrounding import Written, sent, state_of, written
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part

MEETINGS = UUID("8b2f6a3e-5c1d-5e47-8f90-1d7a4c6b2e85")


def book_of(needs: Needs) -> Book:
    """Every meeting and decision; none before the first."""
    return state_of(needs, STREAM, Book) or Book()


def call(needs: Needs, viewer: Actor, command_id: str, held_at: int, now: int) -> str | Refused:
    """Calls a meeting with the agenda that the ageing board gives now; its id."""
    meeting = str(uuid5(MEETINGS, f"{viewer.id} {command_id}"))
    known = book_of(needs).meetings.get(meeting)
    if known is not None and known.called.held_at == held_at:
        return meeting
    cases = [one.case for one in needs.board(viewer, now, needs.terms.agenda)]
    part = Part(STREAM, "call", {"meeting": meeting, "held_at": held_at, "cases": cases})
    return sent(needs, viewer, command_id, part) or meeting


def decide(
    needs: Needs, viewer: Actor, command_id: str, meeting: str, *, unit: str, limit: str, text: str, case: str = ""
) -> str | Refused:
    """Writes down a decision, which is a task of the unit; its id."""
    said = written(needs, of_meeting(meeting), command_id, text)
    if isinstance(said, Refused):
        return said
    decision = str(uuid5(MEETINGS, f"{meeting} {command_id}"))
    args = {"meeting": meeting, "decision": decision, "unit": unit, "limit": limit, "text": said.ref, "case": case}
    return sent(needs, viewer, command_id, Part(STREAM, "decide", args), said.secrets) or decision


def minute(needs: Needs, viewer: Actor, command_id: str, meeting: str, text: str) -> Refused | None:
    """Writes the minutes, which end the meeting."""
    said = written(needs, of_meeting(meeting), command_id, text)
    if isinstance(said, Refused):
        return said
    part = Part(STREAM, "minute", {"meeting": meeting, "minutes": said.ref})
    return sent(needs, viewer, command_id, part, said.secrets)


def adopt(
    needs: Needs, viewer: Actor, command_id: str, meeting: str, kind: AdoptedKind | str, what: str
) -> Refused | None:
    """Adopts a path or a yearly list, citing the meeting's minutes."""
    return sent(needs, viewer, command_id, Part(STREAM, "adopt", {"meeting": meeting, "kind": kind, "what": what}))


def finish(needs: Needs, viewer: Actor, command_id: str, decision: str, text: str) -> Refused | None:
    """Its owner reports a decision done."""
    said = _said_of(needs, command_id, decision, text)
    if isinstance(said, Refused):
        return said
    return sent(
        needs, viewer, command_id, Part(STREAM, "finish", {"decision": decision, "note": said.ref}), said.secrets
    )


def accept(needs: Needs, viewer: Actor, command_id: str, decision: str) -> Refused | None:
    """The meeting accepts what a decision's owner reported."""
    return sent(needs, viewer, command_id, Part(STREAM, "accept", {"decision": decision}))


def send_back(needs: Needs, viewer: Actor, command_id: str, decision: str, *, limit: str, text: str) -> Refused | None:
    """The meeting finds what was reported wanting, and gives a new time."""
    said = _said_of(needs, command_id, decision, text)
    if isinstance(said, Refused):
        return said
    args = {"decision": decision, "limit": limit, "reason": said.ref}
    return sent(needs, viewer, command_id, Part(STREAM, "send_back", args), said.secrets)


def _said_of(needs: Needs, command_id: str, decision: str, text: str) -> Written | Refused:
    known = book_of(needs).decisions.get(decision)
    return written(needs, of_meeting(known.decided.meeting if known else ""), command_id, text)


def of_meeting(meeting: str) -> str:
    """Under whose key the texts of a meeting stand."""
    return f"meeting:{meeting}"
