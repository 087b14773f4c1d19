"""The boards and the room: what stands there, who sees it, and what a closed joint case leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from intake.small_desk import text_of
from joint.small_joint import AUDITOR, COORDINATOR, DAY, HOUR, LEADER, OTHER_STREET, STREET, Joint
from joint.visiting import visiting
from joint.whistled import BRIGADE, DISPATCHER, NOTE, POLICE, state, whistled, worked
from sanban.handling.directory import STREAM as DIRECTORY
from sanban.joint.board.listing import WhistleLine, ageing_board, whistle_board
from sanban.joint.board.pages import waits
from sanban.joint.board.ports import Needs as BoardNeeds
from sanban.joint.room.ports import Needs as RoomNeeds
from sanban.joint.room.rulings import outline_of, rulings
from sanban.joint.room.view import Room, room
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.main.joint.surrounding import shared_of
from sanban.main.joint.whistles import board_needs_of, room_needs_of

VERIFIER = Actor("verifier-1", "verifier", "centre", unit_kind="centre")
OPERATOR = Actor("operator-2", "operator", "hotline", unit_kind="desk")
REQUESTER = Actor("citizen-1", "requester", party="person:1")


def boards(joint: Joint) -> BoardNeeds:
    return board_needs_of(joint.house, shared_of(joint.house))


def rooms(joint: Joint) -> RoomNeeds:
    return room_needs_of(joint.house, shared_of(joint.house))


def seen(joint: Joint, viewer: Actor, *, every: bool = False) -> tuple[WhistleLine, ...]:
    found = whistle_board(viewer, boards(joint), joint.now, every=every)
    assert not isinstance(found, Refused)
    return found


def ageing(joint: Joint, viewer: Actor = COORDINATOR) -> list[tuple[str, str]]:
    found = ageing_board(viewer, boards(joint), joint.now)
    assert not isinstance(found, Refused)
    return [(one.case, one.stands) for one in found]


def the_room(joint: Joint, viewer: Actor, case: str) -> Room:
    found = room(viewer, rooms(joint), case, joint.now)
    assert found is not None
    return found


def done(joint: Joint, who: Actor, case: str, step: str, **args: Any) -> None:
    assert joint.send(who, f"case:{case}", step, **args) is None


def closed(joint: Joint, case: str) -> None:
    """Every unit is let go, and the case is brought to its end."""
    for unit in state(joint, case).whistles[-1].held:
        done(joint, STREET, case, "release", called=unit)
    request = state(joint, case).requests[0].id
    done(joint, STREET, case, "contact", request=request)
    done(joint, STREET, case, "finish")
    done(joint, VERIFIER, case, "verify")
    done(joint, OPERATOR, case, "call_back", request=request, reached=True, contacted=True, resolved="yes")
    done(joint, OPERATOR, case, "close", ending="resolved")


def test_the_board_says_who_is_there_who_is_awaited_and_who_is_absent(joint: Joint) -> None:
    case = whistled(joint, kind="emergency")
    done(joint, BRIGADE, case, "report_in")
    (line,) = seen(joint, COORDINATOR)
    there, awaited = line.summons
    assert (line.case, line.stands, line.absent) == (case, "held", 0)
    assert (there.unit, there.reported_at, there.left) == ("fire-brigade", joint.now, None)
    assert awaited.left is not None
    assert (awaited.left.amount, awaited.left.unit) == (30, "minute")
    joint.later(HOUR)
    (line,) = seen(joint, COORDINATOR)
    assert (line.absent, line.summons[1].absent_at, line.days) == (1, line.summons[1].due_at, 0)


def test_what_was_answered_leaves_the_board_and_is_found_among_all(joint: Joint) -> None:
    case = whistled(joint)
    for unit in ("fire-brigade", "police"):
        done(joint, STREET, case, "release", called=unit)
    assert seen(joint, COORDINATOR) == ()
    assert [one.stands for one in seen(joint, COORDINATOR, every=True)] == ["done"]


def test_a_unit_sees_what_it_whistled_for_was_called_to_or_leads_and_no_other(joint: Joint) -> None:
    whistled(joint)
    assert all(len(seen(joint, viewer)) == 1 for viewer in (STREET, BRIGADE, POLICE, COORDINATOR, LEADER, AUDITOR))
    assert seen(joint, OTHER_STREET) == ()
    assert isinstance(whistle_board(REQUESTER, boards(joint), joint.now), Refused)
    assert isinstance(ageing_board(REQUESTER, boards(joint), joint.now), Refused)


def test_a_case_about_a_viewer_stands_on_no_board_of_theirs(joint: Joint) -> None:
    case = worked(joint, "illegal-building", builder="handler-police")
    whistle = {"kind": "enforcement", "wanted": ("fire-brigade",), "note": NOTE}
    done(joint, STREET, case, "whistle", **whistle)
    done(joint, COORDINATOR, case, "screen")
    subject = Actor("handler-police", "leader", "centre", unit_kind="centre")
    assert seen(joint, subject) == ()
    assert ageing(joint, subject) == []
    assert room(subject, rooms(joint), case, joint.now) is None
    assert len(seen(joint, LEADER)) == 1


def test_the_front_page_tells_the_coordinator_to_screen_and_a_called_unit_to_report_in(joint: Joint) -> None:
    case = worked(joint)
    assert waits(boards(joint), COORDINATOR, joint.now) is None
    done(joint, STREET, case, "whistle", kind="hard_problem", wanted=("police",), note=NOTE)
    to_screen = waits(boards(joint), COORDINATOR, joint.now)
    assert to_screen is not None
    assert to_screen.count == 1
    done(joint, COORDINATOR, case, "screen")
    assert waits(boards(joint), COORDINATOR, joint.now) is None
    to_come = waits(boards(joint), POLICE, joint.now)
    assert to_come is not None
    assert to_come.next[0].path == f"/cases/{case}"
    done(joint, POLICE, case, "report_in")
    assert waits(boards(joint), POLICE, joint.now) is None
    assert waits(boards(joint), LEADER, joint.now) is None


def test_what_is_joint_shelved_or_late_ages_on_the_board_the_oldest_first(joint: Joint) -> None:
    late = worked(joint, "noise")
    joint.later(DAY)
    shelved = worked(joint)
    done(joint, COORDINATOR, shelved, "shelve", ground="history", review_at=joint.now + 30 * DAY)
    together = whistled(joint)
    joint.later(DAY)
    assert [one for one in ageing(joint) if one[0] != late] == [(shelved, "shelved"), (together, "joint")]
    assert ageing(joint)[0] == (late, "late")
    assert ageing(joint, BRIGADE) == []
    assert len(ageing(joint, STREET)) == 3


def test_an_offer_of_joint_handling_stands_on_the_board_until_it_is_answered(joint: Joint) -> None:
    case = worked(joint)
    request = state(joint, case).requests[0].id
    for _ in range(2):
        done(joint, STREET, case, "finish")
        done(joint, VERIFIER, case, "verify")
        done(joint, OPERATOR, case, "call_back", request=request, reached=True, resolved="no")
        done(joint, OPERATOR, case, "rework")
    assert ageing(joint) == [(case, "offered")]
    shown = the_room(joint, COORDINATOR, case)
    assert (shown.offered, shown.answer) == ("call_back_failed", "")
    assert "accept_joint" in [step.name for step in shown.steps]
    done(joint, COORDINATOR, case, "accept_joint")
    assert ageing(joint) == [(case, "joint")]
    assert the_room(joint, COORDINATOR, case).answer == "accepted"


def test_the_room_shows_the_plan_with_its_gates_and_what_was_agreed(joint: Joint) -> None:
    case = whistled(joint)
    tasks = [
        {"key": "a", "unit": "police"},
        {"key": "b", "unit": "fire-brigade", "after": ["a"], "gate": "licence"},
    ]
    done(joint, COORDINATOR, case, "plan", tasks=tasks)
    done(joint, COORDINATOR, case, "minute", note=NOTE, present=("police",))
    shown = the_room(joint, COORDINATOR, case)
    assert [(one.unit.en, one.after, one.gate, one.gate_passed) for one in shown.plan[1:]] == [
        (shown.plan[1].unit.en, (), "", False),
        (shown.plan[2].unit.en, (2,), "licence", False),
    ]
    assert shown.gates == ("licence",)
    assert [one.kind for one in shown.noted] == ["minuted"]
    assert [title.en for title in shown.crosses] == ["Several departments", "Several levels"]
    done(joint, COORDINATOR, case, "pass_gate", gate="licence")
    done(joint, COORDINATOR, case, "change_lead", unit="police", ground="one_unit_suffices", precedent="street-01")
    shown = the_room(joint, COORDINATOR, case)
    assert (shown.gates, [one.kind for one in shown.noted]) == ((), ["ruled", "gate_passed", "minuted"])
    assert [one.lead for one in shown.plan].count(True) == 2
    assert [one.state for one in shown.plan if one.lead] == ["withdrawn", "accepted"]


def test_a_called_unit_sees_its_own_part_of_the_room_and_nobody_elses(joint: Joint) -> None:
    case = whistled(joint)
    tasks = [{"key": "a", "unit": "police"}, {"key": "b", "unit": "fire-brigade"}]
    done(joint, COORDINATOR, case, "plan", tasks=tasks)
    shown = the_room(joint, POLICE, case)
    assert [one.number for one in shown.plan] == [1, 2]
    units = {one.unit.en for one in shown.clocks}
    assert units == {shown.plan[1].unit.en}
    assert "report_in" in [step.name for step in shown.steps]
    assert room(OTHER_STREET, rooms(joint), case, joint.now) is None
    assert room(REQUESTER, rooms(joint), case, joint.now) is None
    assert room(COORDINATOR, rooms(joint), "c-unknown", joint.now) is None


def test_a_closed_joint_case_settles_who_answers_for_the_next_like_case(joint: Joint) -> None:
    case = whistled(joint)
    closed(joint, case)
    joint.house.run()
    (kept,) = rulings(COORDINATOR, rooms(joint), joint.now)
    assert (kept.area, kept.unit.en, kept.case) == (
        "street-01",
        the_room(joint, LEADER, case).lead.en,
        state(joint, case).number,
    )
    again = joint.case("short-let", premises="v:" + "4" * 32)
    done(joint, DISPATCHER, again, "dispatch")
    event = joint.house.reader.events(f"case:{again}")[-1]
    assert (kept.entry in event.payload.decode(), case in kept.entry) == (True, False)
    closed(joint, whistled(joint))
    joint.house.run()
    assert len(rulings(COORDINATOR, rooms(joint), joint.now)) == 1


def test_rulings_name_no_case_to_whom_it_is_about_and_an_old_row_tells_no_case_id(joint: Joint) -> None:
    case = joint.case("illegal-building", builder=LEADER.id)
    number = state(joint, case).number
    row = {"matter": "noise", "duty": "street", "unit": "police", "cites": number}
    for name, area in ((f"p-{case}-7", "street-01"), ("p-" + "a" * 32, "street-02")):
        assert joint.send(COORDINATOR, DIRECTORY, "add", id=name, area=area, **row) is None
    assert [one.entry for one in rulings(LEADER, rooms(joint), joint.now)] == ["p-" + "a" * 32, ""]
    cited = {who.id: {one.case for one in rulings(who, rooms(joint), joint.now)} for who in (LEADER, COORDINATOR)}
    assert cited == {LEADER.id: {""}, COORDINATOR.id: {number}}


def test_two_hundred_rulings_are_one_statement(joint: Joint, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in range(3):
        row = {"matter": "noise", "duty": "street", "area": f"street-{place}", "unit": "police", "cites": f"n-{place}"}
        assert joint.send(COORDINATOR, DIRECTORY, "add", id=f"p-{place}", **row) is None
    asked: list[str] = []
    query, needs = joint.house.reader.query, rooms(joint)
    monkeypatch.setattr(joint.house.reader, "query", lambda sql, given: asked.append(sql) or query(sql, given))
    assert len(rulings(COORDINATOR, needs, joint.now)) == 3
    assert len([sql for sql in asked if "case_view" in sql]) == 1


def test_an_area_is_drawn_as_it_lay_when_it_was_ruled(joint: Joint) -> None:
    grids = joint.house.district.duty.grids
    code = next(iter(grids.versions))
    outline = outline_of(grids, code, joint.now)
    assert outline is not None
    west, north, width, height = outline.box
    assert all(
        west <= lon <= west + width and north <= -lat <= north + height for ring in outline.rings for lon, lat in ring
    )
    assert all(path.startswith("M") and path.endswith("Z") for path in outline.paths)
    street = outline_of(grids, "street-01", joint.now)
    assert street is not None
    assert len(street.rings) > len(outline.rings)
    assert outline_of(grids, "nowhere", joint.now) is None


@pytest.mark.parametrize("path", ["/whistles", "/whistles?every=yes", "/ageing", "/rulings"])
def test_every_board_is_a_page_that_says_so_when_it_is_empty(joint: Joint, path: str) -> None:
    with visiting(joint.house, "coordinator-1") as visitor:
        assert visitor.text(path)


def test_the_street_whistles_in_three_actions_from_the_case_and_the_room_shows_it(joint: Joint) -> None:
    case = worked(joint)
    with visiting(joint.house, "handler-street-01") as visitor:
        assert "Whistle" in visitor.text(f"/cases/{case}")
        wanted = {"kind": "hard_problem", "wanted": ["police", "fire-brigade"], "note": "消防通道被占，需要到场。"}
        assert visitor.post(f"/cases/{case}/steps/whistle", command_id="w-1", **wanted).status_code == 303
        page = visitor.text(f"/cases/{case}/room")
        assert "消防通道被占" in page
        assert "to be screened" in page
    with visiting(joint.house, "coordinator-1") as visitor:
        assert visitor.post(f"/cases/{case}/steps/screen", command_id="w-2").status_code == 303
        assert "has to report in" in visitor.text("/whistles")
        assert "Joint room" in visitor.text(f"/cases/{case}")
        assert visitor.get("/cases/c-unknown/room").status_code == 404


def test_every_whistle_and_ageing_case_is_an_item_of_the_api(joint: Joint) -> None:
    case = whistled(joint)
    with visiting(joint.house, "coordinator-1") as visitor:
        items = visitor.get("/api/v1/whistles").json()["items"]
        assert [one["case"] for one in items] == [case]
        assert [one["stands"] for one in visitor.get("/api/v1/ageing").json()["items"]] == ["joint"]
        assert visitor.get(f"/api/v1/cases/{case}/room").json()["case"] == case
        assert visitor.get("/api/v1/rulings").json()["items"] == []


def test_a_plan_with_several_dependencies_and_gates_is_made_on_the_cases_page(joint: Joint) -> None:
    case = whistled(joint)
    with visiting(joint.house, "coordinator-1") as visitor:
        chosen: dict[str, Any] = {
            "unit_1": "police", "gate_1": "licence", "unit_2": "fire-brigade",
            "unit_4": "police", "after_4": ["p1", "p2"], "gate_4": "budget",
        }  # fmt: skip
        path = f"/cases/{case}/steps/plan"
        in_a_ring = visitor.post(path, command_id="p-0", **{**chosen, "after_1": ["p4"]})
        assert (in_a_ring.status_code, "in a ring: 1 ← 4 ← 1" in text_of(in_a_ring)) == (422, True)
        assert 'value="licence"' in in_a_ring.text, "what was typed stays"
        assert visitor.post(path, command_id="p-1", **chosen).status_code == 303
        more = {"unit_1": "fire-brigade", "after_1": ["t2", "t4"]}
        assert visitor.post(path, command_id="p-2", **more).status_code == 303
        room = visitor.text(f"/cases/{case}/room")
        assert [word for word in ("licence", "budget") if word not in room] == []
    planned = [(task.unit, task.after, task.gate) for task in state(joint, case).tasks[1:]]
    assert planned == [
        ("police", (), "licence"), ("fire-brigade", (), ""), ("police", ("t2", "t3"), "budget"),
        ("fire-brigade", ("t2", "t4"), ""),
    ]  # fmt: skip


def test_the_boards_and_what_is_kept_are_the_same_on_postgresql(tmp_path: Path, postgres_database: str) -> None:
    joint = Joint(tmp_path / "home", postgres_database)
    try:
        case = whistled(joint, kind="emergency")
        joint.later(HOUR)
        (line,) = seen(joint, POLICE)
        assert (line.absent, [one.unit for one in line.summons]) == (2, ["fire-brigade", "police"])
        assert seen(joint, OTHER_STREET) == ()
        assert ageing(joint) == [(case, "joint")]
        closed(joint, case)
        joint.house.run()
        assert len(rulings(COORDINATOR, rooms(joint), joint.now)) == 1
        assert joint.house.verify().is_whole
    finally:
        joint.close()


def test_a_problem_that_names_somebody_is_read_by_those_who_work_on_it_and_not_by_called_units(joint: Joint) -> None:
    plain, naming = worked(joint), worked(joint)
    problems = {plain: "消防通道被占，需要到场。", naming: "住户张三，电话13800001234，多次反映。"}
    with visiting(joint.house, "handler-street-01") as visitor:
        for number, (case, note) in enumerate(problems.items()):
            sent = {"kind": "hard_problem", "wanted": ["fire-brigade"], "note": note}
            assert visitor.post(f"/cases/{case}/steps/whistle", command_id=f"n-{number}", **sent).status_code == 303
            done(joint, COORDINATOR, case, "screen")
            assert the_room(joint, STREET, case).whistles[0].problem == note
    assert the_room(joint, BRIGADE, plain).whistles[0].problem == problems[plain]
    assert the_room(joint, BRIGADE, naming).whistles[0].problem == ""
