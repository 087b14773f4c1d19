"""Project teams: gates in an order without rings, passed when nothing blocks them, blockers by unit and age."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.small_desk import text_of
from joint.small_joint import COORDINATOR, DAY, LEADER, NOW, STREET, SYSTEM, UNIT, Joint, reason
from joint.visiting import visiting
from sanban.joint.team.project import Project, decide, fold, stream_of
from sanban.joint.team.seeing import GateView, project_view
from sanban.joint.team.steps import block, found, note_risk, project_of
from sanban.kernel.errors import FaultsFound, Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission
from sanban.main.joint.surrounding import team_needs_of
from sanban.packs.joint.team import load_team_terms, ring_of

TERMS = load_team_terms(Path("nowhere"))
GATES = tuple(TERMS.gates)
TEXT = "v:" + "7" * 32
DISPATCHER = Actor("dispatcher-1", "dispatcher", "centre", unit_kind="centre")


def founded(joint: Joint) -> str:
    project = found(team_needs_of(joint.house), COORDINATOR, "found", joint.now, title="滨江绿地", unit="street-01")
    assert isinstance(project, str), project
    return project


def blocker(joint: Joint, gate: str, number: int) -> str:
    """An open case that blocks a gate; its id."""
    return joint.case("project-blocker", requester=f"person:{number}", gate=gate)


def gates(joint: Joint, project: str) -> dict[str, GateView]:
    known = project_of(team_needs_of(joint.house), project)
    assert known is not None
    view = project_view(LEADER, team_needs_of(joint.house), known, joint.now)
    return {one.gate: one for one in view.gates}


def test_each_gate_lists_its_blockers_by_unit_and_age(joint: Joint) -> None:
    project = founded(joint)
    needs = team_needs_of(joint.house)
    cases = []
    for number, gate in enumerate(("design", "design", "filing")):
        cases.append(blocker(joint, gate, number))
        assert block(needs, COORDINATOR, joint.key(), project, cases[-1]) is None
        joint.now += 3 * DAY
    joint.house.run()
    shown = gates(joint, project)
    assert tuple(shown) == GATES
    lines = {gate: [(one.unit, one.case, one.days) for one in view.blockers] for gate, view in shown.items()}
    unit = lines["design"][0][0]
    assert lines["design"] == [(unit, cases[0], 9), (unit, cases[1], 6)]
    assert [(one[1:]) for one in lines["filing"]] == [(cases[2], 3)]
    assert lines["approval"] == []
    assert [shown[gate].state for gate in GATES] == ["blocked", "waits", "blocked", "waits"]
    by_number = joint.house.reader.state(f"case:{cases[0]}").number
    assert reason(block(needs, COORDINATOR, "again", project, by_number)) == "already_blocking"
    assert reason(block(needs, COORDINATOR, "noise", project, joint.case("noise"))) == "not_a_blocker"
    assert reason(block(needs, COORDINATOR, "none", project, "2026-999999")) == "not_a_blocker"


def test_a_gate_is_passed_when_its_blockers_are_closed_and_those_before_it_are_passed(joint: Joint) -> None:
    project = founded(joint)
    stream = stream_of(project)
    case = blocker(joint, "design", 1)
    assert block(team_needs_of(joint.house), STREET, "b", project, case) is None
    assert reason(joint.send(STREET, stream, "pass_gate", gate="filing")) == "gate_waits"
    assert reason(joint.send(STREET, stream, "pass_gate", gate="design")) == "gate_blocked"
    closing = (Part(f"case:{case}", "close_explained", {"ending": "explained"}),)
    answer = joint.house.ledger.submit(Submission(joint.key(), DISPATCHER, closing))
    assert answer.refused is None, answer.refused
    assert joint.send(STREET, stream, "pass_gate", gate="design") is None
    assert reason(joint.send(STREET, stream, "pass_gate", gate="design")) == "gate_passed"
    late = blocker(joint, "design", 2)
    assert reason(block(team_needs_of(joint.house), STREET, "late", project, late)) == "gate_passed"
    assert joint.send(STREET, stream, "pass_gate", gate="filing") is None
    assert gates(joint, project)["design"].state == "passed"
    assert joint.house.verify().is_whole


def test_a_blocker_is_whistled_like_any_case(joint: Joint) -> None:
    case = blocker(joint, "approval", 1)
    assert block(team_needs_of(joint.house), COORDINATOR, "b", founded(joint), case) is None
    stream = f"case:{case}"
    assert joint.send(DISPATCHER, stream, "dispatch") is None
    joint.house.run()
    lead = joint.house.reader.state(stream).lead
    handler = Actor(f"handler-{lead}", "handler", lead, unit_kind="department")
    assert joint.send(handler, stream, "accept") is None
    wanted = {"kind": "hard_problem", "wanted": ["fire-brigade"], "note": TEXT}
    assert joint.send(COORDINATOR, stream, "whistle", **wanted) is None
    assert joint.house.reader.state(stream).whistles[0].street == "street-01"


def test_risks_are_dated_notes_of_a_season_and_their_words_stay_in_the_vault(joint: Joint) -> None:
    project = founded(joint)
    needs = team_needs_of(joint.house)
    risk = {"season": "heat", "since": joint.now - DAY, "until": joint.now + DAY, "text": "高温停工"}
    assert note_risk(needs, STREET, "r-1", project, **risk) is None
    assert reason(note_risk(needs, STREET, "r-2", project, **{**risk, "until": joint.now - DAY})) == "bad_span"
    assert reason(note_risk(needs, STREET, "r-3", project, **{**risk, "season": "monsoon"})) == "unknown_season"
    assert reason(note_risk(needs, STREET, "r-4", project, **{**risk, "text": ""})) == "no_text"
    assert reason(note_risk(needs, UNIT, "r-5", project, **risk)) == "not_of_the_team"
    known = project_of(needs, project)
    assert known is not None
    (line,) = project_view(STREET, needs, known, joint.now).risks
    assert (line.text, line.now) == ("高温停工", True)
    stored = "".join(one.payload.decode() for one in joint.house.reader.since(0, 1000))
    assert [word for word in ("高温", "滨江") if word in stored] == []


class At:
    """A turn without cases."""

    def __init__(self, actor: Actor) -> None:
        self.now = self.occurred_at = NOW
        self.actor = actor

    def number(self, kind: str) -> str:
        return kind

    def look(self, _stream: str) -> Any:
        return None


def fresh() -> Project:
    events = decide(None, Part("project:p", "found", {"unit": "street-01", "title": TEXT}), At(COORDINATOR), TERMS)
    assert not isinstance(events, Refused)
    return fold(None, events[0])


@given(st.lists(st.tuples(st.sampled_from(GATES), st.lists(st.sampled_from(GATES), max_size=3, unique=True))))
def test_however_gates_are_ordered_they_never_wait_for_each_other(orders: list[tuple[str, list[str]]]) -> None:
    project = fresh()
    for gate, after in orders:
        part = Part("project:p", "order", {"gate": gate, "after": after, "note": TEXT})
        events = decide(project, part, At(COORDINATOR), TERMS)
        ring = ring_of({**project.after, gate: tuple(after)})
        skipped = set(project.waits_for(gate)) - set(after)
        assert isinstance(events, Refused) == bool(ring or skipped)
        if isinstance(events, Refused):
            assert (events.reason, bool(events.example)) == ("gate_ring" if ring else "gate_skipped", True)
        else:
            project = fold(project, events[0])
    for _ in GATES:
        ready = next(gate for gate in GATES if gate not in project.passed and not project.waits_for(gate))
        events = decide(project, Part("project:p", "pass_gate", {"gate": ready}), At(STREET), TERMS)
        assert not isinstance(events, Refused)
        project = fold(project, events[0])
    assert set(project.passed) == set(GATES)


@pytest.mark.parametrize(
    ("who", "step", "args", "why"),
    [
        (STREET, "found", {"unit": "street-01", "title": TEXT}, "not_permitted"),
        (COORDINATOR, "found", {"unit": "street-01", "title": TEXT}, "already_founded"),
        (LEADER, "pass_gate", {"gate": "design"}, "not_of_the_team"),
        (SYSTEM, "pass_gate", {"gate": "design"}, "not_of_the_team"),
        (STREET, "pass_gate", {"gate": "the end"}, "bad_arguments"),
        (STREET, "pass_gate", {"gate": "end"}, "unknown_gate"),
        (STREET, "order", {"gate": "filing", "after": [], "note": TEXT}, "not_permitted"),
        (COORDINATOR, "order", {"gate": "filing", "after": ["end"], "note": TEXT}, "unknown_gate"),
        (COORDINATOR, "order", {"gate": "filing", "after": [], "note": TEXT}, "gate_skipped"),
        (COORDINATOR, "order", {"gate": "design", "after": []}, "no_text"),
        (STREET, "block", {"case": "c-1"}, "not_a_blocker"),
        (STREET, "dance", {}, "unknown_step"),
    ],
)
def test_what_a_project_does_not_take_says_why(who: Actor, step: str, args: Any, why: str) -> None:
    refused = decide(fresh(), Part("project:p", step, args), At(who), TERMS)
    assert isinstance(refused, Refused)
    assert (refused.reason, bool(refused.example)) == (why, True)


def test_a_file_whose_gates_wait_for_each_other_is_refused_with_an_example(tmp_path: Path) -> None:
    gates_ = "{a: {title: {zh: 甲, en: A}, after: [b]}, b: {title: {zh: 乙, en: B}, after: [a, z]}}"
    head = "format: 1\norigin: local\nsource: {document: 规则}\nmatter: project-blocker\n"
    text = f"{head}gates: {gates_}\nseasons: {{heat: {{zh: 高温, en: Heat}}}}\n"
    (tmp_path / "team.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FaultsFound) as raised:
        load_team_terms(tmp_path)
    assert {(fault.code, fault.line, bool(fault.example)) for fault in raised.value.faults} == {
        ("gate_ring", 5, True),
        ("unknown_gate", 5, True),
    }


def test_the_pages_found_a_team_note_a_blocker_and_pass_a_gate(joint: Joint) -> None:
    case = blocker(joint, "design", 1)
    number = joint.house.reader.state(f"case:{case}").number
    with visiting(joint.house, COORDINATOR.id) as chair:
        assert "Blockers of no project (1)" in chair.text("/projects")
        assert chair.post("/projects", title="滨江绿地", unit="nobody").status_code == 422
        path = chair.post("/projects", title="滨江绿地", unit="street-01").headers["location"]
        assert chair.post(f"{path}/block", case="2026-999999").status_code == 422
        assert chair.post(f"{path}/block", case=number).status_code == 303
        refused = chair.post(f"{path}/pass_gate", gate="design")
        assert (refused.status_code, f"blocked by {number}" in text_of(refused)) == (422, True)
        ring = chair.post(f"{path}/order", gate="design", after="approval")
        assert (ring.status_code, "wait for each other" in text_of(ring)) == (422, True)
        risk = {"season": "rain", "since": "2026-06-01", "until": "2026-08-31", "text": "基坑防汛"}
        assert chair.post(f"{path}/note_risk", **{**risk, "since": "soon"}).status_code == 422
        assert chair.post(f"{path}/note_risk", **risk).status_code == 303
        assert "基坑防汛" in chair.text(path)
        assert "Blockers of no project" not in chair.text("/projects")
    with visiting(joint.house, UNIT.id) as other:
        assert "Pass this gate" not in other.text(path)
        assert other.get("/projects/none").status_code == 404


@pytest.mark.postgres
def test_a_project_is_the_same_on_postgresql(tmp_path: Path, postgres_database: str) -> None:
    joint = Joint(tmp_path / "home", postgres_database)
    try:
        project = founded(joint)
        assert block(team_needs_of(joint.house), STREET, "b", project, blocker(joint, "design", 1)) is None
        blocker(joint, "filing", 2)
        joint.now += 2 * DAY
        shown = gates(joint, project)
        assert [(one.days, one.is_open) for one in shown["design"].blockers] == [(2, True)]
        assert len(team_needs_of(joint.house).blockers(LEADER, "")) == 1
        assert joint.house.verify().is_whole
    finally:
        joint.close()
