"""What surrounds a whistle, put into any deployment: sheets to rate, a meeting with a decision."""

from __future__ import annotations

from typing import Any

from sanban.joint.meeting.steps import accept, call, decide, finish, minute
from sanban.joint.meeting.steps import adopt as adopt_list
from sanban.joint.rating.sheet import sheet_id, stream_of
from sanban.joint.team.steps import block, found
from sanban.joint.yearly.steps import adopt, propose
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission
from sanban.main.house import House
from sanban.main.joint.surrounding import meeting_needs_of, team_needs_of, yearly_list_of, yearly_needs_of

COORDINATOR = Actor("coordinator-of-centre", "coordinator", "centre", unit_kind="centre")
STREET = Actor("street-of-street-01", "handler", "street-01", unit_kind="street")
SYSTEM = Actor("system", "system")
LISTED = ("parking", "greening", "noise")
RATED = ("power", "police", "fire-brigade")


def surrounded(house: House, now: int) -> dict[str, list[Any]]:
    """Ids of what is there then, by the name of the parameter that takes them."""
    return {
        "year": ["2026"],
        "rating_id": [sheet(house, unit, now) for unit in RATED],
        **meetings(house, now),
        **items(house, now),
        **projects(house, now),
    }


def opened_case(house: House, name: str, matter: str, requester: str, now: int, **fields: Any) -> str:
    """An open case of the first street, with its request; its id."""
    request = {"requester": requester, "desk": "hotline", "channel": "phone", "text": "v:" + "1" * 32}
    opening = {
        "id": f"c-{name}", "matter": matter, "desk": "hotline", "street": "street-01", "fields": fields,
        "request": f"r-{name}", "requester": requester, "channel": "phone", "received_at": now,
    }  # fmt: skip
    parts = (
        Part(f"request:r-{name}", "receive", request),
        Part(f"request:r-{name}", "route", {"route": "accept"}),
        Part(f"case:c-{name}", "open", opening),
        Part(f"request:r-{name}", "link", {"case": f"c-{name}"}),
    )
    operator = Actor("operator-1", "operator", "hotline", unit_kind="desk")
    answer = house.ledger.submit(Submission(f"open {name}", operator, parts))
    assert answer.refused is None, answer.refused
    return f"c-{name}"


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
    assert accept(needs, COORDINATOR, "accepted", decision) is None
    assert minute(needs, COORDINATOR, "minutes", meeting, "会议纪要") is None
    assert adopt_list(needs, COORDINATOR, "adopted", meeting, "yearly_list", "2026") is None
    return {"meeting_id": [meeting], "decision_id": [decision]}


def opened_with_undone(house: House, now: int, case: str) -> str:
    """A meeting that opens with a decision about a case of the one before, undone; its id."""
    needs = meeting_needs_of(house)
    before, opened = (f"undone {place}" for place in ("before", "opened"))
    meeting = call(needs, COORDINATOR, before, now, now)
    assert isinstance(meeting, str), meeting
    told = decide(
        needs, COORDINATOR, "left", meeting, unit="street-01", limit="10 working_day", text="拆除违建", case=case
    )
    assert not isinstance(told, Refused), told
    assert minute(needs, COORDINATOR, "undone minutes", meeting, "会议纪要") is None
    following = call(needs, COORDINATOR, opened, now, now)
    assert isinstance(following, str), following
    return following


def items(house: House, now: int) -> dict[str, list[Any]]:
    """Three matters of the year's list: one adopted with a milestone, one proposed, one not yet."""
    needs = yearly_needs_of(house)
    for matter in LISTED if len(on_the_list(house)) < len(LISTED) else ():
        for number in range(needs.terms.least):
            opened_case(house, f"{matter}-{number}", matter, f"person:{number}", now)
    listed = on_the_list(house)
    found = []
    for matter in listed[:2]:
        item = propose(needs, COORDINATOR, f"item {matter}", "2026", matter)
        assert isinstance(item, str), item
        found.append(item)
    terms: dict[str, Any] = {"unit": "street-01", "measure": "unresolved_share", "below": 1000}
    ahead = now + 100 * 86_400_000_000
    adopted = adopt(
        needs, COORDINATOR, "item", found[0], now, **terms, measured_until=ahead, milestones=[(ahead, "完成摸排")]
    )
    assert adopted is None, adopted
    return {"item_id": found, "listed": listed}


def on_the_list(house: House) -> list[str]:
    """The first matters of the year's list."""
    return [row.matter for row in yearly_list_of(house, "2026").rows[: len(LISTED)]]


def projects(house: House, now: int) -> dict[str, list[Any]]:
    """One project with a blocker at its filing, and a blocker of no project."""
    needs = team_needs_of(house)
    project = found(needs, COORDINATOR, "project", now, title="滨江绿地项目", unit="street-01")
    assert isinstance(project, str), project
    noted, loose = (
        opened_case(house, f"blocker-{gate}", "project-blocker", "person:1", now, gate=gate)
        for gate in ("filing", "approval")
    )
    assert block(needs, COORDINATOR, "blocker", project, noted) is None
    return {"project_id": [project], "gate": ["design"], "blocker": [loose]}
