"""The coordination meeting: nothing decided is forgotten, everything adopted cites its minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import read_once
from attachments.sample_files import picture
from intake.small_desk import text_of
from joint.small_joint import AUDITOR, COORDINATOR, DAY, LEADER, NOW, STREET, UNIT, WARM, Joint, reason
from joint.visiting import visiting
from joint.whistled import WANTED, worked
from sanban.joint.meeting.book import STREAM, Book, Rules, decide, fold
from sanban.joint.meeting.event import DecisionFinished, MeetingCalled, MeetingDecided
from sanban.joint.meeting.seeing import PAGE, meeting_view, meetings, tasks
from sanban.joint.meeting.steps import accept, book_of, call, finish, minute, send_back
from sanban.joint.meeting.steps import decide as write_down
from sanban.kernel.errors import Refused
from sanban.kernel.party import NO_LINKS, Links
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Turn
from sanban.main.joint.surrounding import meeting_needs_of
from sanban.packs.joint.meeting import load_meeting_terms

TEXT = "v:" + "4" * 32
TEN = "10 working_day"


def held(joint: Joint, key: str = "first") -> str:
    called = call(meeting_needs_of(joint.house), COORDINATOR, key, joint.now, joint.now)
    assert isinstance(called, str), called
    return called


def decided(joint: Joint, meeting: str, key: str, unit: str = "street-01", case: str = "") -> str:
    needs = meeting_needs_of(joint.house)
    found = write_down(needs, COORDINATOR, key, meeting, unit=unit, limit=TEN, text="拆除违建", case=case)
    assert not isinstance(found, Refused), found
    return found


def book(joint: Joint) -> Book:
    return book_of(meeting_needs_of(joint.house))


def waiting(joint: Joint, count: int) -> list[str]:
    """So many cases that have missed a limit, the oldest first."""
    cases = []
    for number in range(count):
        cases.append(joint.case(requester=f"person:{number}"))
        joint.now += 1_000_000
    joint.later(60 * DAY)
    return cases


def test_the_agenda_is_drawn_from_the_ageing_board_the_oldest_first_and_never_from_closed_cases(joint: Joint) -> None:
    cases = waiting(joint, 3)
    meeting = held(joint)
    assert [one.case for one in book(joint).meetings[meeting].called.cases] == cases
    assert minute(meeting_needs_of(joint.house), COORDINATOR, "m", meeting, "纪要") is None
    asked = {"meeting": "m-2", "held_at": joint.now, "cases": ["c-nothing"]}
    assert reason(joint.send(COORDINATOR, STREAM, "call", **asked)) == "not_on_the_board"
    full = {**asked, "cases": cases * 5}
    assert reason(joint.send(COORDINATOR, STREAM, "call", **full)) == "agenda_full"


def test_a_case_of_the_agenda_waits_since_the_day_that_the_board_says(joint: Joint) -> None:
    case = worked(joint)
    joint.later(DAY)
    assert joint.send(STREET, f"case:{case}", "whistle", kind="hard_problem", wanted=WANTED, note=TEXT) is None
    assert joint.send(COORDINATOR, f"case:{case}", "screen") is None
    joint.later(DAY)
    held(joint)
    board = {one.case: one.since for one in meeting_needs_of(joint.house).board(COORDINATOR, joint.now, 12)}
    latest = book(joint).latest
    assert latest is not None
    assert {one.case: one.since for one in latest.called.cases} == board
    opened = joint.house.reader.state(f"case:{case}").opened_at
    assert board[case] > opened, "it went joint later than it was opened"
    early = joint.case()
    asked = {"meeting": "m-2", "held_at": joint.now, "cases": [early]}
    assert minute(meeting_needs_of(joint.house), COORDINATOR, "m", latest.called.meeting, "纪要") is None
    assert reason(joint.send(COORDINATOR, STREAM, "call", **asked)) == "not_on_the_board"


def test_a_decision_is_a_task_with_owner_and_limit_and_late_is_late_for_ever(joint: Joint) -> None:
    needs = meeting_needs_of(joint.house)
    meeting = held(joint)
    tried = {
        "no_owner": {"unit": "nobody", "limit": TEN, "text": "做"},
        "no_limit": {"unit": "street-01", "limit": "some days", "text": "做"},
        "no_text": {"unit": "street-01", "limit": TEN, "text": ""},
        "not_on_the_agenda": {"unit": "street-01", "limit": TEN, "text": "做", "case": "c-1"},
    }
    for why, given_ in tried.items():
        refused = write_down(needs, COORDINATOR, why, meeting, **given_)
        assert isinstance(refused, Refused)
        assert (refused.reason, bool(refused.example)) == (why, True)
    decision = decided(joint, meeting, "d-1")
    assert joint.house.calendar.local_end(book(joint).decisions[decision].decided.due_at) == "2026-06-16 24:00"
    assert reason(finish(needs, UNIT, "f-0", decision, "")) == "not_the_owner"
    joint.later(30 * DAY)
    late = book(joint).decisions[decision]
    assert (late.missed_at > 0, late.done_at) == (True, 0)
    assert reason(finish(needs, STREET, "f-1", decision, "")) == "no_text"
    assert finish(needs, STREET, "f-1", decision, "已拆除") is None
    assert (book(joint).decisions[decision].done_at, book(joint).undone) == (0, (decision,))
    assert [reason(accept(needs, who, joint.key(), decision)) for who in (STREET, COORDINATOR)] == ["not_permitted", ""]
    assert reason(finish(needs, STREET, "f-2", decision, "再报")) == "already_done"
    assert reason(send_back(needs, COORDINATOR, "b-2", decision, limit=TEN, text="再查")) == "not_now"
    assert reason(accept(needs, COORDINATOR, "a-2", decision)) == "not_now"
    done = book(joint).decisions[decision]
    assert (done.missed_at, done.done_by) == (late.missed_at, STREET.id)


def test_a_report_is_sent_back_with_a_reason_and_a_new_limit_and_only_then_reported_again(joint: Joint) -> None:
    needs, meeting = meeting_needs_of(joint.house), held(joint)
    decision = decided(joint, meeting, "d-1")
    again: dict[str, Any] = {"limit": TEN, "text": "仍有三处未清"}
    assert reason(send_back(needs, COORDINATOR, "b-0", decision, **again)) == "not_now"
    assert finish(needs, STREET, "f-1", decision, "已清") is None
    assert reason(finish(needs, STREET, "f-2", decision, "再报")) == "already_reported"
    tried = {"no_text": {**again, "text": ""}, "no_limit": {**again, "limit": "soon"}}
    assert [reason(send_back(needs, COORDINATOR, why, decision, **args)) for why, args in tried.items()] == list(tried)
    assert reason(send_back(needs, STREET, "b-1", decision, **again)) == "not_permitted"
    joint.later(DAY)
    assert send_back(needs, COORDINATOR, "b-2", decision, **again) is None
    stands = book(joint).decisions[decision]
    assert (stands.reported_at, stands.missed_at, book(joint).undone) == (0, 0, (decision,))
    assert joint.house.calendar.local_end(stands.due_at) == "2026-06-17 24:00"
    found = tasks(STREET, needs, joint.now)
    assert not isinstance(found, Refused)
    assert [(one.stands, one.note, one.reason, one.due_at) for one in found] == [
        ("sent_back", "已清", "仍有三处未清", stands.due_at)
    ]
    assert finish(needs, STREET, "f-3", decision, "三处已清") is None
    assert accept(needs, COORDINATOR, "a", decision) is None
    assert book(joint).undone == ()


@pytest.mark.parametrize("timer_fires_first", [True, False])
def test_what_was_reported_late_stays_late_though_it_is_sent_back(joint: Joint, timer_fires_first: bool) -> None:
    needs = meeting_needs_of(joint.house)
    decision = decided(joint, held(joint), "d-1")
    due = book(joint).decisions[decision].due_at
    joint.now = due
    if timer_fires_first:
        joint.later(DAY)
    assert finish(needs, STREET, "f", decision, "已清") is None
    assert send_back(needs, COORDINATOR, "b", decision, limit=TEN, text="未清") is None
    stands = book(joint).decisions[decision]
    assert stands.missed_at >= due
    assert stands.missed_by(joint.now)
    assert stands.due_at > joint.now


@pytest.mark.parametrize("answered_after", [-1, 0, 1])
def test_a_report_that_does_not_hold_stops_no_limit(joint: Joint, answered_after: int) -> None:
    needs = meeting_needs_of(joint.house)
    decision = decided(joint, held(joint), "d-1")
    due = book(joint).decisions[decision].due_at
    joint.now = due - 2
    assert finish(needs, STREET, "f", decision, "已清") is None
    joint.now = due + answered_after
    assert send_back(needs, COORDINATOR, "b", decision, limit=TEN, text="未清") is None
    stands = book(joint).decisions[decision]
    assert stands.missed_at == (due if answered_after >= 0 else 0)
    assert stands.due_at > joint.now


def test_the_new_limit_of_what_was_sent_back_is_missed_by_its_own_timer(joint: Joint) -> None:
    needs = meeting_needs_of(joint.house)
    decision = decided(joint, held(joint), "d-1")
    assert finish(needs, STREET, "f", decision, "已清") is None
    joint.later(DAY)
    assert send_back(needs, COORDINATOR, "b", decision, limit=TEN, text="未清") is None
    assert not book(joint).decisions[decision].missed_at
    joint.later(30 * DAY)
    assert book(joint).decisions[decision].missed_at


def test_what_was_reported_before_reports_were_accepted_is_done() -> None:
    called = MeetingCalled(at=NOW, by="c", meeting="m", number="1", held_at=NOW)
    ten = rules().terms.limit(TEN)
    assert ten is not None
    told: dict[str, Any] = {"unit": "street-01", "limit": ten, "due_at": NOW + DAY, "text": TEXT}
    task = MeetingDecided(at=NOW, by="c", meeting="m", decision="d", **told)
    known = fold(fold(fold(None, called), task), DecisionFinished(at=NOW, by="h", decision="d"))
    assert (known.undone, known.decisions["d"].done_at) == ((), NOW)


def test_meetings_are_listed_page_by_page_each_once() -> None:
    known = Book()
    for number in range(2 * PAGE + 1):
        held_ = MeetingCalled(at=NOW, by="c", meeting=f"m-{number}", number=str(number), held_at=NOW)
        known = fold(known, held_)
    sizes, names, before = [], [], ""
    while not sizes or before:
        page, before = meetings(known, before)
        sizes.append(len(page))
        names += [one.meeting for one in page]
    assert (sizes, names) == ([PAGE, PAGE, 1], list(reversed(known.meetings)))


def test_the_next_meeting_opens_with_those_undone_and_waits_for_the_minutes(joint: Joint) -> None:
    needs = meeting_needs_of(joint.house)
    first = held(joint)
    kept, done = decided(joint, first, "d-1"), decided(joint, first, "d-2")
    early = call(needs, COORDINATOR, "second", joint.now, joint.now)
    assert isinstance(early, Refused)
    assert early.reason == "meeting_open"
    assert finish(needs, STREET, "f", done, "已办") is None
    assert reason(accept(needs, COORDINATOR, "a-0", kept)) == "not_now"
    assert accept(needs, COORDINATOR, "a", done) is None
    assert minute(needs, COORDINATOR, "m", first, "会议纪要") is None
    after = write_down(needs, COORDINATOR, "d-3", first, unit="street-01", limit=TEN, text="晚了")
    assert isinstance(after, Refused)
    assert after.reason == "meeting_over"
    second = held(joint, "second")
    assert book(joint).meetings[second].called.undone == (kept,)


def test_a_case_is_no_task_of_the_unit_it_is_about_nor_named_to_it(joint: Joint) -> None:
    case = joint.case("illegal-building", builder=UNIT.unit)
    joint.later(60 * DAY)
    needs, meeting = meeting_needs_of(joint.house), held(joint)
    task: dict[str, Any] = {"limit": TEN, "text": "拆除违建", "case": case}
    barred = write_down(needs, COORDINATOR, "d-0", meeting, unit=UNIT.unit, **task)
    assert isinstance(barred, Refused)
    assert (barred.reason, bool(barred.example)) == ("unit_is_subject", True)
    decided(joint, meeting, "d-1", "street-01", case)


def test_what_was_decided_of_a_case_about_a_viewer_is_told_them_nowhere(joint: Joint) -> None:
    case = joint.case("illegal-building", builder=LEADER.id)
    joint.later(60 * DAY)
    needs, meeting = meeting_needs_of(joint.house), held(joint)
    decided(joint, meeting, "d-1", "street-01", case)
    listed = {who: tasks(who, needs, joint.now) for who in (STREET, AUDITOR, LEADER)}
    assert [len(found) for found in listed.values() if not isinstance(found, Refused)] == [1, 1, 0]
    known = book(joint)
    views = [meeting_view(who, needs, known, known.meetings[meeting], joint.now) for who in (AUDITOR, LEADER)]
    assert [(one.decisions[0].case, one.decisions[0].text) for one in views] == [(case, "拆除违建"), ("", "")]


@pytest.mark.parametrize(
    ("kind", "what", "why"),
    [
        ("path", "no-such-matter", "unknown_path"),
        ("path", "2026", "unknown_path"),
        ("yearly_list", "2099", "unknown_year"),
        ("yearly_list", "noise", "unknown_year"),
        ("yearly_list", "", "nothing_adopted"),
    ],
)
def test_what_is_no_path_and_no_years_list_is_not_adopted(joint: Joint, kind: str, what: str, why: str) -> None:
    meeting = held(joint)
    assert minute(meeting_needs_of(joint.house), COORDINATOR, "m", meeting, "审议事项") is None
    assert reason(joint.send(COORDINATOR, STREAM, "adopt", meeting=meeting, kind=kind, what=what)) == why


def test_adopting_a_path_or_a_yearly_list_cites_the_minutes(joint: Joint) -> None:
    meeting = held(joint)
    adoption = {"meeting": meeting, "kind": "yearly_list", "what": "2026"}
    assert reason(joint.send(COORDINATOR, STREAM, "adopt", **adoption)) == "no_minutes"
    assert minute(meeting_needs_of(joint.house), COORDINATOR, "m", meeting, "审议通过年度攻坚事项") is None
    assert joint.send(COORDINATOR, STREAM, "adopt", **adoption) is None
    assert reason(joint.send(COORDINATOR, STREAM, "adopt", **adoption)) == "already_adopted"
    assert joint.send(COORDINATOR, STREAM, "adopt", **{**adoption, "kind": "path", "what": "noise"}) is None
    found = book(joint)
    minutes = found.meetings[meeting].minuted
    assert minutes is not None
    cited = [found.minutes_that_adopted("yearly_list", "2026"), found.minutes_that_adopted("path", "noise")]
    assert [one.minutes for one in cited if one] == [minutes.minutes] * 2
    assert found.minutes_that_adopted("path", "waste") is None
    stored = "".join(one.payload.decode() for one in joint.house.reader.since(0, 1000))
    assert "审议" not in stored


@pytest.mark.parametrize(
    ("who", "step", "args", "why"),
    [
        (STREET, "call", {"meeting": "m", "held_at": 1}, "not_permitted"),
        (LEADER, "call", {"meeting": "m", "held_at": 1}, "not_permitted"),
        (COORDINATOR, "call", {"meeting": "m", "held_at": "soon"}, "bad_arguments"),
        (COORDINATOR, "minute", {"meeting": "m", "minutes": "free words"}, "bad_arguments"),
        (COORDINATOR, "minute", {"meeting": "m", "minutes": TEXT}, "unknown_meeting"),
        (COORDINATOR, "finish", {"decision": "d"}, "unknown_decision"),
        (COORDINATOR, "send_back", {"decision": "d", "limit": TEN, "reason": TEXT}, "unknown_decision"),
        (COORDINATOR, "sing", {}, "unknown_step"),
    ],
)
def test_what_a_meeting_does_not_take_says_why(who: Actor, step: str, args: Any, why: str) -> None:
    refused = decide(Book(), Part(STREAM, step, args), At(NOW, who), rules())
    assert isinstance(refused, Refused)
    assert (refused.reason, bool(refused.example)) == (why, True)


class At:
    """A turn without other streams."""

    def __init__(self, now: int, actor: Actor) -> None:
        self.now = self.occurred_at = now
        self.actor = actor

    def number(self, kind: str) -> str:
        return f"{kind}-{self.now}"

    def look(self, _stream: str) -> Any:
        return None


def no_links(_turn: Turn) -> Links:
    return NO_LINKS


def rules() -> Rules:
    if "rules" not in WARM:
        terms = load_meeting_terms(Path("nowhere"))
        WARM["rules"] = Rules(
            terms,
            read_once.calendar(),
            lambda code, _now: code == "street-01",
            no_links,
            lambda matter, _now: matter == "noise",
        )
    found: Rules = WARM["rules"]
    return found


@given(st.lists(st.sampled_from(["decide", "finish first", "finish last", "send back", "meet"]), max_size=30))
def test_whatever_happens_a_meeting_opens_with_exactly_what_no_meeting_accepted(doings: list[str]) -> None:
    known, undone = Book(), dict[str, None]()

    def take(who: Actor, step: str, **args: Any) -> list[Any]:
        nonlocal known
        events = decide(known, Part(STREAM, step, args), At(NOW + number, who), rules())
        assert not isinstance(events, Refused), events
        for event in events:
            known = fold(known, event)
        return list(events)

    number = 0
    take(COORDINATOR, "call", meeting="m-0", held_at=NOW)
    meeting = "m-0"
    for number, doing in enumerate(doings, start=1):
        if doing == "decide":
            task = {"meeting": meeting, "decision": f"d-{number}", "unit": "street-01", "limit": TEN, "text": TEXT}
            take(COORDINATOR, "decide", **task)
            undone[f"d-{number}"] = None
        elif doing == "meet":
            take(COORDINATOR, "minute", meeting=meeting, minutes=TEXT)
            meeting = f"m-{number}"
            (called,) = take(COORDINATOR, "call", meeting=meeting, held_at=NOW)
            assert isinstance(called, MeetingCalled)
            assert called.undone == tuple(undone)
        elif undone:
            done = next(reversed(undone)) if doing == "finish last" else next(iter(undone))
            take(STREET, "finish", decision=done, note=TEXT)
            if doing == "send back":
                take(COORDINATOR, "send_back", decision=done, limit=TEN, reason=TEXT)
                continue
            take(COORDINATOR, "accept", decision=done)
            del undone[done]


def test_the_pages_call_decide_and_report_done(joint: Joint) -> None:
    cases = waiting(joint, 1)
    with visiting(joint.house, COORDINATOR.id) as chair:
        assert "cases of the ageing board: 1" in chair.text("/meetings")
        assert chair.post("/meetings", day="someday").status_code == 422
        path = chair.post("/meetings", day="2026-08-03").headers["location"]
        task = {"text": "十日内清运建筑垃圾", "unit": "street-01", "limit": TEN, "case": cases[0]}
        refused = chair.post(f"{path}/decide", **{**task, "unit": "nobody"})
        assert (refused.status_code, "十日内清运" in text_of(refused)) == (422, True)
        assert chair.post(f"{path}/decide", **task).status_code == 303
        assert chair.post(f"{path}/minute", text="会议纪要").status_code == 303
        assert chair.post(f"{path}/adopt", kind="path", matter="noise").status_code == 303
        shown = chair.text(path)
        assert [word for word in ("十日内清运", "会议纪要", "the path of") if word not in shown] == []
    with visiting(joint.house, STREET.id) as owner:
        assert "Undone (1)" in owner.text("/decisions")
        assert owner.get(path).status_code == 403
        (decision,) = book(joint).decisions
        assert owner.post(f"/decisions/{decision}/finish", text="已清运").status_code == 303
        assert "to be accepted" in owner.text("/decisions")
    with visiting(joint.house, COORDINATOR.id) as chair:
        assert "Accept as done" in chair.text(path)
        wanting = {"decision": decision, "limit": TEN, "text": "仍有三处未清"}
        assert chair.post(f"{path}/send_back", **{**wanting, "limit": "soon"}).status_code == 422
        assert chair.post(f"{path}/send_back", **wanting).status_code == 303
    with visiting(joint.house, STREET.id) as owner:
        assert "Sent back because: 仍有三处未清" in owner.text("/decisions")
        assert owner.post(f"/decisions/{decision}/finish", text="三处已清").status_code == 303
    with visiting(joint.house, COORDINATOR.id) as chair:
        assert chair.post(f"{path}/accept", decision=decision).status_code == 303
    with visiting(joint.house, STREET.id) as owner:
        assert "Done (1)" in owner.text("/decisions")
    with visiting(joint.house, UNIT.id) as other:
        assert "No meeting gave this unit anything to do" in other.text("/decisions")


def test_a_chair_keeps_the_signed_minutes_as_a_file_that_offices_read_and_nobody_else(joint: Joint) -> None:
    meeting = held(joint)
    path = f"/meetings/{meeting}/attachments"
    signed = {"id": "f-1", "person": f"meeting:{meeting}", "media": "image.jpeg", "size": 1, "parts": [TEXT]}
    stream = f"attachment:meeting.{meeting}"
    others = (STREET, replace(COORDINATOR, unit="street-01", unit_kind="street"), LEADER)
    assert {reason(joint.send(who, stream, "add", **signed)) for who in others} == {"not_permitted"}
    assert reason(joint.send(COORDINATOR, "attachment:meeting.none", "add", **signed)) == "not_permitted"
    with visiting(joint.house, COORDINATOR.id) as chair:
        assert chair.upload(path, "纪要.jpg", picture()).status_code == 303
        assert f'hx-get="{path}"' in chair.get(f"/meetings/{meeting}").text
    with visiting(joint.house, LEADER.id) as leader:
        assert "纪要.jpg" in leader.text(path)
        assert leader.upload(path, "另一份.jpg", picture()).status_code == 422
        assert leader.get("/meetings/none/attachments").status_code == 404
    with visiting(joint.house, STREET.id) as owner:
        assert owner.get(path).status_code == 404
    assert joint.house.verify().is_whole


@pytest.mark.postgres
def test_the_book_is_the_same_on_postgresql(tmp_path: Path, postgres_database: str) -> None:
    joint = Joint(tmp_path / "home", postgres_database)
    try:
        waiting(joint, 2)
        decision = decided(joint, held(joint), "d-1")
        joint.later(30 * DAY)
        assert book(joint).decisions[decision].missed_at > 0
        assert joint.house.verify().is_whole
    finally:
        joint.close()
