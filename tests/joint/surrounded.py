"""What surrounds a whistle, put into any deployment: sheets to rate, a meeting with a decision."""

from __future__ import annotations

from typing import Any

from sanban.joint.meeting.steps import call, decide, finish, minute
from sanban.joint.rating.sheet import sheet_id, stream_of
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission
from sanban.main.house import House
from sanban.main.joint.surrounding import meeting_needs_of

COORDINATOR = Actor("coordinator-of-centre", "coordinator", "centre", unit_kind="centre")
STREET = Actor("street-of-street-01", "handler", "street-01", unit_kind="street")
SYSTEM = Actor("system", "system")
RATED = ("power", "police", "fire-brigade")


def surrounded(house: House, now: int) -> dict[str, list[Any]]:
    """Ids of what is there then, by the name of the parameter that takes them."""
    return {"year": ["2026"], "rating_id": [sheet(house, unit, now) for unit in RATED], **meetings(house, now)}


def sheet(house: House, unit: str, now: int, case: str = "c-joint") -> str:
    """A unit was released from a whistle of the first street; the id of its sheet."""
    rating = sheet_id(f"{case}.w1", unit)
    facts = {"case": case, "number": "2026-000099", "whistle": f"{case}.w1", "unit": unit, "street": "street-01"}
    part = Part(stream_of(rating), "open", {**facts, "released_at": now})
    answer = house.ledger.submit(Submission(f"sheet {rating}", SYSTEM, (part,)))
    assert answer.refused is None, answer.refused
    return rating


def meetings(house: House, now: int) -> dict[str, list[Any]]:
    """One meeting that is over, with a decision done."""
    needs = meeting_needs_of(house)
    meeting = call(needs, COORDINATOR, "meeting", now, now)
    assert isinstance(meeting, str), meeting
    decision = decide(needs, COORDINATOR, "decision", meeting, unit="street-01", limit="10 working_day", text="清运")
    assert not isinstance(decision, Refused), decision
    assert finish(needs, STREET, "done", decision, "已清运") is None
    assert minute(needs, COORDINATOR, "minutes", meeting, "会议纪要") is None
    return {"meeting_id": [meeting], "decision_id": [decision]}
