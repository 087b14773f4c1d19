"""One case through the eyes of each role: what is masked, what is told in full, and what it was known as earlier."""

from __future__ import annotations

from pathlib import Path

import pytest

from handling.small_district import DAY, HOUR, NOW, PEOPLE, District, actor, worked_case
from sanban.handling.views.case import case_page, explained_clock
from sanban.handling.views.lines import CaseView, Opened
from sanban.handling.views.masking import masked_name, masked_phone, spot_in_words
from sanban.kernel.permission import Actor

FIRST = "13800000001"
TEXT = "楼上民宿半夜吵闹第001次，我家孩子睡不着"


def opened(district: District, case_id: str, who: str | Actor, at: int | None = None) -> Opened:
    viewer = actor(who) if isinstance(who, str) else who
    found = case_page(viewer, district.needs, case_id, now=district.now, at=at)
    assert found is not None
    return found


def seen(district: District, case_id: str, who: str | Actor, at: int | None = None) -> CaseView:
    return opened(district, case_id, who, at).view


@pytest.mark.parametrize(
    ("who", "phone", "text", "place", "events", "tasks"),
    [
        ("op", FIRST, TEXT, "和平路001弄001室", True, 2),
        ("disp", FIRST, TEXT, "和平路001弄001室", True, 2),
        ("h1", FIRST, TEXT, "和平路001弄001室", True, 2),
        ("coord", "*******0001", TEXT, "和平路001弄001室", True, 2),
        ("aud", "*******0001", "", "", True, 2),
        ("ver", None, "", "和平路001弄001室", True, 2),
        ("lead", None, "", "", True, 2),
        ("own", None, "", "", True, 2),
        ("cop", None, None, "", False, 2),
    ],
)
def test_each_role_sees_its_part(
    worked: tuple[District, str], who: str, phone: str | None, text: str | None, place: str, events: bool, tasks: int
) -> None:
    view = seen(*worked, who)
    first = view.requests[0] if view.requests else None
    assert (first.requester.phone if first and first.requester else None) == phone
    assert (first.text if first else None) == text
    assert view.place == place
    assert bool(view.events) == events
    assert len(view.tasks) == tasks


def test_what_an_event_was_about_is_told_once(district: District) -> None:
    case_id = worked_case(district)
    clocks = district.reader.state(f"case:{case_id}").clocks
    clock = next(one.id for one in clocks if one.limit == "resolve" and one.running)
    district.took("h1", case_id, "ask_extension", clock=clock, ground="complex")
    district.took("coord", case_id, "shelve", ground="history", review_at=district.now + 30 * DAY)
    district.took("coord", case_id, "supervise", level="attention")
    told = {line.type: [title.en for title in line.details] for line in seen(district, case_id, "disp").events}
    assert [len(told[type_]) for type_ in ("extension.asked", "case.shelved", "case.supervised")] == [1, 1, 1]
    assert all(len(set(details)) == len(details) for details in told.values()), told


def test_an_answer_to_a_supervision_is_offered_to_whom_one_waits_for(district: District) -> None:
    case_id = worked_case(district)

    def offered() -> bool:
        return "account_for" in {one.name for one in opened(district, case_id, "h1").steps}

    before = offered()
    district.took("coord", case_id, "supervise", level="attention")
    asked = offered()
    district.took("h1", case_id, "account_for", note="v:" + "0" * 32)
    assert (before, asked, offered()) == (False, True, False)


def test_the_owner_of_the_mechanism_learns_no_place(worked: tuple[District, str]) -> None:
    view = seen(*worked, "own")
    assert (view.grid, view.street, view.place, view.fields) == ("", "", "", ())


def test_a_unit_that_helps_sees_its_own_clocks_and_how_many_requests_there_are(worked: tuple[District, str]) -> None:
    view = seen(*worked, "cop")
    assert {clock.id.split(".")[1] for clock in view.clocks} == {"t2"}
    assert view.hidden_requests == 2
    assert [task.mine for task in view.tasks] == [False, True]
    assert [(line.title.en, line.value) for line in view.fields] == [
        ("Fire risk", "false"),
        ("Guests not registered", "true"),
    ]


def test_a_requester_sees_their_own_request_whole_and_no_other(worked: tuple[District, str]) -> None:
    district, case_id = worked
    view = seen(district, case_id, Actor("me", "requester", party=district.people[0].id))
    assert [(one.own, one.text, one.requester and one.requester.phone) for one in view.requests] == [
        (True, TEXT, FIRST)
    ]
    assert view.hidden_requests == 1
    assert view.events == ()
    assert {clock.id.split(".")[1] for clock in view.clocks} == {"r-1"}


def test_a_person_without_any_tie_sees_no_case(worked: tuple[District, str]) -> None:
    district, case_id = worked
    assert case_page(actor("h2"), district.needs, case_id, now=district.now) is None
    assert case_page(actor("op"), district.needs, "c-99999", now=district.now) is None


def test_the_timeline_names_step_unit_state_phase_and_clocks(worked: tuple[District, str]) -> None:
    lines = seen(*worked, "disp").events
    told = [(line.title.en, line.who.en, line.account, line.to.en if line.to else "") for line in lines[:4]]
    assert told == [
        ("File the case", "Hotline desk", "op", "Filed"),
        ("Attach a request", "Hotline desk", "op", ""),
        ("Dispatch", "Operations centre", "disp", "Dispatched, not yet signed for"),
        ("Sign for it", "Heping street", "h1", "Being handled"),
    ]
    assert {line.phase_title.zh for line in lines} == {"接诉快办"}
    assert "Time to handle" in {clock.title.en for clock in lines[2].started}
    assert [title.en for title in lines[2].stopped] == ["Time to dispatch"]
    assert all(line.occurred_at <= line.recorded_at for line in lines)
    assert lines[-1].type == "clock.missed"
    assert lines[-1].who.en == "System"


def test_a_case_is_shown_as_it_was_known_then(worked: tuple[District, str]) -> None:
    district, case_id = worked
    view = seen(district, case_id, "disp", at=NOW)
    assert (view.state_code, len(view.events), view.known_at, len(view.tasks)) == ("filed", 2, NOW, 0)
    assert opened(district, case_id, "disp", at=NOW).steps == ()
    assert case_page(actor("disp"), district.needs, case_id, now=district.now, at=NOW - 1) is None


def test_who_may_see_the_past_is_decided_by_the_present(district: District) -> None:
    case_id = worked_case(district)
    district.took("cop", case_id, "finish_task", task="t2")
    assert case_page(actor("cop"), district.needs, case_id, now=district.now, at=district.now - HOUR) is None


def test_the_clock_that_is_most_overdue_comes_first(worked: tuple[District, str]) -> None:
    view = seen(*worked, "h1")
    assert view.due is not None
    assert view.due.left is not None
    assert view.due.title.en == "Time to first contact"
    assert view.due.left.overdue
    assert (view.tone, view.late) == ("late", True)
    running = [clock.due_at for clock in view.clocks if clock.running]
    assert running == sorted(running, key=lambda due: due or 0)


def test_a_suspended_clock_keeps_what_it_had_and_says_why_it_stands(district: District) -> None:
    case_id = worked_case(district)
    district.took("h1", case_id, "ask_suspension", ground="weather", review_at=district.now + 5 * DAY)
    assert [(stop.kind, stop.approver) for stop in seen(district, case_id, "coord").stops] == [("suspension", "")]
    answer = district.take("coord", case_id, "suspend")
    assert answer.refused is None, answer.refused
    view = seen(district, case_id, "coord")
    assert [(stop.ground.en, stop.approver) for stop in view.stops] == [("Severe weather", "coord")]
    paused = [clock for clock in view.clocks if clock.paused]
    assert paused
    assert all(clock.left is not None and clock.left.stopped and clock.due == "" for clock in paused)
    assert view.tone == "stopped"


def test_a_due_time_explains_itself_in_both_languages(worked: tuple[District, str]) -> None:
    district, case_id = worked
    view = seen(district, case_id, "h1")
    resolve = next(clock for clock in view.clocks if clock.id.startswith("resolve.t1"))
    found = explained_clock(actor("h1"), district.needs, case_id, resolve.id, now=district.now)
    assert found is not None
    assert [line.code for line in found.lines][:2] == ["rule_day", "start"]
    assert found.lines[-1].en == f"Due {resolve.due}"
    assert resolve.due.endswith("24:00")
    assert not found.other_calendar


def test_a_clock_of_somebody_elses_task_is_missing(worked: tuple[District, str]) -> None:
    district, case_id = worked
    lead_clock = next(clock.id for clock in district.case(case_id).clocks if clock.subject == "t1")
    assert explained_clock(actor("cop"), district.needs, case_id, lead_clock, now=district.now) is None
    assert explained_clock(actor("h1"), district.needs, case_id, "nothing", now=district.now) is None
    assert explained_clock(actor("h2"), district.needs, case_id, lead_clock, now=district.now) is None


def test_the_steps_offered_differ_by_role(worked: tuple[District, str]) -> None:
    steps = {name: {step.name for step in opened(*worked, name).steps} for name in ("h1", "cop", "coord", "aud")}
    assert {"finish", "contact", "ask_extension"} <= steps["h1"]
    assert "finish" not in steps["cop"]
    assert "finish_task" in steps["cop"]
    assert "grant_extension" in steps["coord"]
    assert steps["aud"] == set()


@pytest.mark.parametrize(
    ("name", "phone", "masked"),
    [("王小明", "13812345678", ("王**", "*******5678")), ("", "", ("", "")), ("Li", "12345", ("L**", "****"))],
)
def test_names_and_phones_are_masked(name: str, phone: str, masked: tuple[str, str]) -> None:
    assert (masked_name(name), masked_phone(phone)) == masked


def test_every_account_of_the_district_has_a_view_or_none(worked: tuple[District, str]) -> None:
    district, case_id = worked
    found = {name for name in PEOPLE if case_page(actor(name), district.needs, case_id, now=district.now) is not None}
    assert found == {"op", "op2", "gl", "disp", "h1", "cop", "ver", "coord", "lead", "aud", "own"}


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("和平路12弄3号", "和平路12弄3号"),
        ('{"lon":1234153973,"lat":303921229,"crs":"unstated"}', "30.39212, 123.41540"),
        ('{"lon": 1}', '{"lon": 1}'),
        ("", ""),
    ],
)
def test_a_place_is_shown_as_people_read_it(kept: str, shown: str) -> None:
    assert spot_in_words(kept) == shown


def test_a_hazard_says_where_it_came_from_how_surely_and_when_it_is_looked_at_again(tmp_path: Path) -> None:
    """Without a source and a confidence none is filed; the day stands until somebody else has looked."""
    district = District(tmp_path)
    for said in ({"found_by": "model"}, {"confidence": 60}):
        with pytest.raises(AssertionError, match="missing_field"):
            district.open_case("hazard", subject=False, **said)
    case_id = district.open_case("hazard", subject=False, found_by="model", confidence=60)
    view = seen(district, case_id, "disp")
    told = {line.title.en: line.choice.en if line.choice else line.value for line in view.fields}
    assert told == {"Where it came from": "A model", "Confidence in percent": "60"}
    (look,) = [clock for clock in view.clocks if clock.title.zh == "复查日"]
    assert look.running
    assert look.due_at == NOW + 9 * DAY + 14 * HOUR, "at the end of the seventh working day after"
    request = district.case(case_id).requests[0].id
    for step, who in (("dispatch", "disp"), ("accept", "h1"), ("contact", "h1"), ("finish", "h1")):
        district.took(who, case_id, step, **({"request": request} if step == "contact" else {}))
        assert [clock.running for clock in seen(district, case_id, "disp").clocks if clock.id == look.id] == [True]
    district.took("ver", case_id, "verify")
    assert [clock.running for clock in seen(district, case_id, "disp").clocks if clock.id == look.id] == [False]
    district.close()
