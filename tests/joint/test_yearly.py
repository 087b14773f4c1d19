"""The yearly list: the same for whoever computes it, and its items end by their measure, never by hand."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from intake.small_desk import text_of
from joint.small_joint import COORDINATOR, DAY, LEADER, NOW, STREET, SYSTEM, UNIT, Joint, reason
from joint.visiting import visiting
from sanban.cli.app import app
from sanban.joint.meeting.book import STREAM as MEETINGS
from sanban.joint.surrounding import year_span
from sanban.joint.yearly.event import CampaignAccepted, CampaignAdopted, CampaignFellDue, CampaignProposed
from sanban.joint.yearly.item import Item, decide, fold, stream_of
from sanban.joint.yearly.listing import YearlyList
from sanban.joint.yearly.opening import PAGE, Span, behind
from sanban.joint.yearly.seeing import item_view
from sanban.joint.yearly.steps import adopt, item_of, measure, propose, reach
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission
from sanban.main import Toolbox
from sanban.main.house import House
from sanban.main.joint.surrounding import yearly_list_of, yearly_needs_of
from sanban.packs.joint.yearly import load_yearly_terms

TERMS = load_yearly_terms(Path("nowhere"))
TEXT = "v:" + "5" * 32
ITEM = "2026.noise"


def listed(joint: Joint, year: str = "2026") -> YearlyList:
    return yearly_list_of(joint.house, year)


def demand(joint: Joint, count: int = 6, matter: str = "noise") -> list[str]:
    """So many cases of a matter, each of another requester."""
    return [joint.case(matter, requester=f"person:{number}") for number in range(count)]


def asked_again(joint: Joint, case: str, requester: str = "") -> None:
    """Whoever asked first asks about the same problem again, or somebody else does."""
    name = f"again-{joint.key()}"
    again = requester or joint.house.reader.state(f"case:{case}").requests[0].requester
    request = {"requester": again, "desk": "hotline", "channel": "phone", "text": "v:" + "1" * 32}
    operator = Actor("operator-1", "operator", "hotline", unit_kind="desk")
    parts = (
        Part(f"request:{name}", "receive", request),
        Part(f"request:{name}", "route", {"route": "accept"}),
        Part(f"case:{case}", "attach", {"request": name}),
        Part(f"request:{name}", "link", {"case": case}),
    )
    assert joint.house.ledger.submit(Submission(joint.key(), operator, parts)).refused is None


def list_adopted(joint: Joint, year: str = "2026") -> None:
    """A meeting adopts the list of a year."""
    meeting = {"meeting": f"m-{year}"}
    assert joint.send(COORDINATOR, MEETINGS, "call", **meeting, held_at=joint.now) is None
    assert joint.send(COORDINATOR, MEETINGS, "minute", **meeting, minutes=TEXT) is None
    assert joint.send(COORDINATOR, MEETINGS, "adopt", **meeting, kind="yearly_list", what=year) is None


def adopted(
    joint: Joint, *, below: int = 1000, days: int = 100, milestones: Any = (), measured: str = "unresolved_share"
) -> Refused | None:
    terms = {"unit": "street-01", "measure": measured, "below": below, "measured_until": joint.now + days * DAY}
    return adopt(
        yearly_needs_of(joint.house), COORDINATOR, joint.key(), ITEM, joint.now, **terms, milestones=milestones
    )


def state(joint: Joint) -> str:
    item = item_of(yearly_needs_of(joint.house), ITEM)
    assert item is not None
    return item.state


def test_the_list_is_computed_again_from_the_ledger_to_the_same_bytes(joint: Joint) -> None:
    cases = demand(joint)
    demand(joint, 5, "waste")
    demand(joint, 2, "parking")
    asked_again(joint, cases[0])
    found = listed(joint)
    assert [(one.matter, one.cases, one.requests, one.repeats, one.unresolved) for one in found.rows] == [
        ("noise", 6, 7, 1, 6),
        ("waste", 5, 5, 0, 5),
    ]
    assert (found.rows[0].repeat_rate, found.rows[1].repeat_rate, found.rows[0].unresolved_share) == (1667, 0, 10_000)
    assert (found.others, found.rows[0].points) == (1, 7 + 2 + 18)
    once, again = msgspec.json.encode(found), msgspec.json.encode(listed(joint))
    joint.house.rebuild()
    assert once == again == msgspec.json.encode(listed(joint))
    assert listed(joint, "2025").rows == ()


def test_every_number_of_a_matter_opens_its_cases_as_far_as_the_viewer_may_know_of_them(joint: Joint) -> None:
    cases = demand(joint, 30)
    asked_again(joint, cases[0])
    needs = yearly_needs_of(joint.house)
    (noise,), span = listed(joint).rows, year_span(needs.calendar, "2026")
    assert not isinstance(span, Refused)
    for at in (None, joint.now):
        for of, count in (("cases", 30), ("requests", 30), ("repeats", 1), ("unresolved", 30)):
            pages = [behind(needs, LEADER, Span("noise", *span, at), of)]
            while pages[-1].next:
                pages.append(behind(needs, LEADER, Span("noise", *span, at), of, pages[-1].next))
            assert [len(one.lines) for one in pages] == ([20, 10] if count == 30 else [count])
            assert of != "requests" or sum(line.requests for one in pages for line in one.lines) == noise.requests
    stranger = Actor("handler-of-nowhere", "handler", "nowhere", unit_kind="department")
    kept = behind(needs, stranger, Span("noise", *span), "repeats")
    assert (kept.lines, kept.hidden) == ((), 1)


def test_the_cases_of_an_item_are_those_it_counted_whatever_has_happened_since(joint: Joint) -> None:
    demand(joint)
    needs, span = yearly_needs_of(joint.house), year_span(joint.house.calendar, "2026")
    assert not isinstance(span, Refused)
    then = joint.now
    joint.now += DAY
    again, *_ = demand(joint, 3)
    asked_again(joint, again)
    for of, count in (("cases", 6), ("repeats", 0), ("unresolved", 6)):
        assert len(behind(needs, LEADER, Span("noise", *span, then), of).lines) == count, of


def test_what_is_behind_a_number_says_nothing_of_cases_about_the_viewer(joint: Joint) -> None:
    last = joint.case("illegal-building", requester="person:9", builder=LEADER.id)
    demand(joint, PAGE - 1, "illegal-building")
    asked_again(joint, last)
    first = joint.case("illegal-building", requester="person:8", builder=LEADER.id)
    needs, span = yearly_needs_of(joint.house), year_span(joint.house.calendar, "2026")
    assert not isinstance(span, Refused)
    for at in (None, joint.now):
        for of, count, about in (("cases", PAGE - 1, 2), ("repeats", 0, 1), ("unresolved", PAGE - 1, 2)):
            page = behind(needs, LEADER, Span("illegal-building", *span, at), of)
            assert (len(page.lines), page.hidden, page.next) == (count, 0, ""), of
            others = behind(needs, COORDINATOR, Span("illegal-building", *span, at), of)
            assert len({one.case.id for one in others.lines} & {first, last}) <= about
            assert len(others.lines) == min(PAGE, count + about)


def test_the_cases_of_an_item_are_of_what_they_were_then_whatever_they_were_reclassified_to(joint: Joint) -> None:
    away, stays, *_ = demand(joint, 3)
    into, *_ = demand(joint, 2, "waste")
    needs, span = yearly_needs_of(joint.house), year_span(joint.house.calendar, "2026")
    assert not isinstance(span, Refused)
    then = joint.now
    joint.now += DAY
    operator = Actor("operator-1", "operator", "hotline", unit_kind="desk")
    for case, matter in ((away, "waste"), (into, "noise")):
        assert joint.send(operator, f"case:{case}", "reclassify", matter=matter) is None
    for at, there, gone in ((then, away, into), (None, into, away), (joint.now, into, away)):
        lines = behind(needs, LEADER, Span("noise", *span, at), "cases").lines
        listed = {one.case.id for one in lines}
        assert len(lines) == 3
        assert {there, stays} <= listed
        assert gone not in listed


def test_a_neighbour_who_asks_about_the_same_outage_is_no_repeat(joint: Joint) -> None:
    case, *_ = demand(joint)
    asked_again(joint, case, "person:neighbour")
    asked_again(joint, case, "person:another")
    (noise,) = listed(joint).rows
    assert (noise.requests, noise.repeats) == (8, 0)
    asked_again(joint, case, "person:neighbour")
    (noise,) = listed(joint).rows
    assert (noise.requests, noise.repeats) == (9, 1)


def test_one_command_prints_the_list_and_two_runs_give_equal_bytes(joint: Joint) -> None:
    demand(joint)
    command = ["joint", "yearly-list", "--home", str(joint.house.home.folder)]
    joint.close()
    first, second, shown, wrong = (
        CliRunner().invoke(app, [*command, *more], obj=Toolbox())
        for more in (["--year", "2026", "--json"], ["--year", "2026", "--json"], ["--year", "2026"], ["--year", "soon"])
    )
    assert (first.exit_code, first.stdout_bytes) == (0, second.stdout_bytes)
    assert [row["matter"] for row in json.loads(first.stdout)["rows"]] == ["noise"]
    assert "0.0 % (0.0-39.0)" in shown.stdout
    assert isinstance(wrong.exception, SanbanError)
    assert wrong.exception.example == "--year 2026"


def test_an_item_comes_from_the_list_and_is_adopted_citing_the_minutes(joint: Joint) -> None:
    demand(joint)
    needs = yearly_needs_of(joint.house)
    off = propose(needs, COORDINATOR, "p-0", "2026", "waste")
    assert isinstance(off, Refused)
    assert (off.reason, off.example) == ("not_on_the_list", "noise")
    refused = propose(needs, LEADER, "p-1", "2026", "noise")
    assert isinstance(refused, Refused)
    assert refused.reason == "not_permitted"
    assert propose(needs, COORDINATOR, "p-2", "2026", "noise") == ITEM
    assert reason(adopted(joint)) == "no_minutes"
    list_adopted(joint)
    assert adopted(joint) is None
    assert reason(adopted(joint)) == "already_adopted"
    item = item_of(needs, ITEM)
    assert item is not None
    assert item.adopted is not None
    assert (item.proposed.cases, item.adopted.minutes, item.adopted.meeting) == (6, TEXT, "m-2026")


def test_an_item_ends_by_its_measure_only_and_by_nobodys_hand(joint: Joint) -> None:
    demand(joint)
    needs = yearly_needs_of(joint.house)
    propose(needs, COORDINATOR, "p", "2026", "noise")
    list_adopted(joint)
    joint.now += 1_000_000
    assert adopted(joint) is None
    numbers = {"cases": 1000, "count": 0, "position": 1}
    tried = [
        reason(joint.send(who, stream_of(ITEM), step, **args))
        for who in (COORDINATOR, LEADER, STREET)
        for step, args in (("close", {}), ("accept", {}), ("measure", numbers))
    ]
    assert tried == ["unknown_step", "unknown_step", "not_permitted"] * 3
    demand(joint, TERMS.minimum)
    assert measure(needs, "early", ITEM) is None
    assert state(joint) == "adopted"
    joint.now += 101 * DAY
    assert reason(measure(needs, "late", ITEM)) == "time_over"
    assert reason(joint.send(SYSTEM, stream_of(ITEM), "measure", **{**numbers, "position": 0})) == "not_now"
    assert state(joint) == "adopted"
    joint.later(0)
    assert state(joint) == "carried_over"
    assert reason(measure(needs, "again", ITEM)) == "item_over"
    item = item_of(needs, ITEM)
    assert item is not None
    assert item.measured is not None
    assert (item.measured.cases, item.measured.count, item.measured.met) == (TERMS.minimum, TERMS.minimum, False)
    assert joint.house.verify().is_whole


def test_what_is_carried_over_is_an_item_of_the_next_year_with_the_numbers_that_it_ended_with(joint: Joint) -> None:
    demand(joint)
    needs, following = yearly_needs_of(joint.house), "2027.noise"
    propose(needs, COORDINATOR, "p", "2026", "noise")
    list_adopted(joint)
    joint.now += 1_000_000
    assert adopted(joint) is None
    demand(joint, TERMS.minimum)
    joint.now += 101 * DAY
    joint.later(0)
    ended, carried = item_of(needs, ITEM), item_of(needs, following)
    assert ended is not None
    assert ended.measured is not None
    assert carried is not None
    told = carried.proposed
    assert (carried.state, told.year, told.carried) == ("proposed", "2027", ITEM)
    assert (told.cases, told.unresolved) == (ended.measured.cases, ended.measured.count)
    views = [item_view(needs, one, joint.now) for one in (ended, carried)]
    assert [(one.carried, one.carried_to) for one in views] == [("", following), (ITEM, "")]
    by_hand = {**msgspec.structs.asdict(told), "carried": ITEM}
    args = {
        name: by_hand[name] for name in ("year", "matter", "cases", "requests", "repeats", "unresolved", "position")
    }
    other = stream_of("2027.waste")
    assert reason(joint.send(COORDINATOR, other, "propose", **args, carried=ITEM)) == "not_permitted"
    with visiting(joint.house, COORDINATOR.id) as chair:
        assert f"/yearly/items/{following}" in chair.get(f"/yearly/items/{ITEM}").text
        behind = chair.get(f"/yearly/items/{following}/cases?when=proposed&of=cases").text
        assert behind.count("/cases/") >= told.cases


def test_an_item_whose_measure_is_met_is_accepted_by_itself_as_of_the_instant_its_time_was_over(joint: Joint) -> None:
    for case in demand(joint):
        asked_again(joint, case)
    needs = yearly_needs_of(joint.house)
    propose(needs, COORDINATOR, "p", "2026", "noise")
    list_adopted(joint)
    joint.now += 1_000_000
    assert adopted(joint, days=1, measured="repeat_rate") is None
    cases = demand(joint, TERMS.minimum)
    joint.now += 2 * DAY
    for case in cases:
        asked_again(joint, case)
    joint.later(0)
    item = item_of(needs, ITEM)
    assert item is not None
    assert item.measured is not None
    assert (item.state, item.measured.cases, item.measured.count) == ("accepted", TERMS.minimum, 0)
    joint.house.rebuild()
    assert state(joint) == "accepted"


def test_an_item_adopted_before_there_was_a_timer_for_it_falls_due_by_one_after_the_upgrade(tmp_path: Path) -> None:
    joint = Joint(tmp_path / "home")
    demand(joint, 12)
    propose(yearly_needs_of(joint.house), COORDINATOR, joint.key(), "2026", "noise")
    list_adopted(joint)
    assert adopted(joint, days=10) is None
    joint.close()
    with closing(sqlite3.connect(joint.house.home.database)) as older, older:
        assert older.execute("DELETE FROM timer WHERE stream = ?", [stream_of(ITEM)]).rowcount == 1
        older.execute("UPDATE projection SET version = 1 WHERE name = 'campaign_view'")
    with pytest.raises(SanbanError, match="campaign_view") as raised:
        House(joint.house.home, lambda: joint.now).ledger.reach()
    assert raised.value.example == "sanban rebuild"
    House(joint.house.home, lambda: joint.now).rebuild()
    joint.house = House(joint.house.home, lambda: joint.now)
    joint.later(11 * DAY)
    item = item_of(yearly_needs_of(joint.house), ITEM)
    assert item is not None
    assert item.state == "carried_over"
    joint.close()


def test_a_mark_lies_below_where_the_item_stands(joint: Joint) -> None:
    cases = demand(joint)
    asked_again(joint, cases[0])
    propose(yearly_needs_of(joint.house), COORDINATOR, "p", "2026", "noise")
    list_adopted(joint)
    marks = [("repeat_rate", 1667), ("repeat_rate", 10_000), ("unresolved_share", 10_000), ("unresolved_share", 10_001)]
    tried = [reason(adopted(joint, measured=measured, below=below)) for measured, below in marks]
    assert tried == ["not_below", "not_below", "not_below", "bad_arguments"]
    assert adopted(joint, measured="repeat_rate", below=1666) is None


def item_with(below: int, *, due: bool) -> Item:
    common: dict[str, Any] = {"at": NOW, "by": "c"}
    proposed = CampaignProposed(
        **common, id=ITEM, year="2026", matter="noise", cases=1, requests=1, repeats=0, unresolved=0, position=1
    )
    made = CampaignAdopted(
        **common, meeting="m", minutes=TEXT, unit="street-01", measure="repeat_rate", below=below,
        minimum=TERMS.minimum, measured_until=NOW + DAY,
    )  # fmt: skip
    item = fold(fold(None, proposed), made)
    return fold(item, CampaignFellDue(at=NOW + DAY, by="system")) if due else item


class At:
    """A turn of the system without other streams."""

    actor = SYSTEM

    def __init__(self, now: int) -> None:
        self.now = self.occurred_at = now

    def number(self, kind: str) -> str:
        return kind

    def look(self, _stream: str) -> Any:
        return None


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 10_000), st.integers(0, 2))
def test_few_cases_accept_nothing_and_many_only_below_the_mark(cases: int, count: int, below: int, days: int) -> None:
    count = min(count, cases)
    part = Part(stream_of(ITEM), "measure", {"cases": cases, "count": count, "position": 1 if days == 0 else 0})
    events = decide(item_with(below, due=days > 0), part, At(NOW + days * DAY), TERMS)
    assert not isinstance(events, Refused)
    accepted = any(isinstance(event, CampaignAccepted) for event in events)
    assert accepted == (days >= 1 and cases >= TERMS.minimum and count / max(cases, 1) < below / 10_000)
    assert len(events) == (1 if days == 0 else 2)


def test_milestones_are_reached_by_the_owner_and_missed_by_time(joint: Joint) -> None:
    demand(joint)
    needs = yearly_needs_of(joint.house)
    propose(needs, COORDINATOR, "p", "2026", "noise")
    assert reason(reach(needs, STREET, "r-0", ITEM, 1)) == "not_adopted"
    list_adopted(joint)
    ahead = ((joint.now + 5 * DAY, "排查完成"), (joint.now + 50 * DAY, "整改完成"))
    assert reason(adopted(joint, days=0)) == "in_the_past"
    assert adopted(joint, milestones=ahead) is None
    assert [reason(reach(needs, who, joint.key(), ITEM, 1)) for who in (UNIT, STREET)] == ["not_the_owner", ""]
    assert reason(reach(needs, STREET, "r-3", ITEM, 3)) == "no_milestone"
    joint.later(60 * DAY)
    item = item_of(needs, ITEM)
    assert item is not None
    assert (list(item.reached), list(item.missed)) == ([1], [2])
    stored = "".join(one.payload.decode() for one in joint.house.reader.since(0, 1000))
    assert "排查" not in stored


def test_the_pages_propose_adopt_and_measure(joint: Joint) -> None:
    demand(joint)
    list_adopted(joint)
    with visiting(joint.house, COORDINATOR.id) as chair:
        assert "Further matters" not in chair.text("/yearly?year=2026")
        assert chair.get("/yearly?year=never").status_code == 409
        assert chair.post("/yearly", year="2026", matter="waste").status_code == 422
        path = chair.post("/yearly", year="2026", matter="noise").headers["location"]
        assert chair.get(f"{path}/cases?when=proposed&of=cases").status_code == 200
        assert chair.get(f"{path}/cases?when=measured&of=cases").status_code == 409
        not_yet = chair.get(f"/api/v1{path}/cases?when=measured")
        assert (not_yet.status_code, not_yet.json()["code"]) == (409, "not_measured")
        form = {"unit": "street-01", "measure": "unresolved_share", "below": "30", "until": "2026-12-31"}
        wrong = chair.post(f"{path}/adopt", **{**form, "below": "few"})
        assert (wrong.status_code, "percent" in text_of(wrong)) == (422, True)
        assert chair.post(f"{path}/adopt", **{**form, "until": "soon"}).status_code == 422
        more = {"milestone_1": "完成摸排", "due_1": "2026-07-31"}
        assert chair.post(f"{path}/adopt", **form, **more).status_code == 303
        assert chair.post(f"{path}/measure").status_code == 303
        assert chair.get(f"{path}/cases?when=measured&of=cases").status_code == 200
        shown = chair.text(path)
        assert [word for word in ("share unresolved", "30.0 %", "完成摸排", "not met") if word not in shown] == []
    with visiting(joint.house, STREET.id) as owner:
        assert owner.post(f"{path}/reach", milestone="1").status_code == 303
        assert owner.post(f"{path}/reach", milestone="x").status_code == 422
        assert owner.get("/yearly/items/none").status_code == 404


@pytest.mark.postgres
def test_the_list_is_the_same_on_postgresql(tmp_path: Path, postgres_database: str) -> None:
    joint, other = Joint(tmp_path / "a", postgres_database), Joint(tmp_path / "b")
    try:
        for one in (joint, other):
            asked_again(one, demand(one)[0])
            list_adopted(one)
            assert propose(yearly_needs_of(one.house), COORDINATOR, "p", "2026", "noise") == ITEM
            assert adopted(one) is None
        assert listed(joint) == listed(other)
        span = Span("noise", 0, joint.now + 1, joint.now)
        pages = [behind(yearly_needs_of(one.house), LEADER, span, "unresolved") for one in (joint, other)]
        assert pages[0] == pages[1]
        assert len(pages[0].lines) == listed(joint).rows[0].unresolved
        assert joint.house.verify().is_whole
    finally:
        joint.close()
        other.close()
