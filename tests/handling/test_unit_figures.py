"""Figures of units: each opens its cases, is n/a of nothing, and is the same after a rebuild."""

from __future__ import annotations

from collections import Counter

from handling.small_district import DAY, HOUR, NOW, District, actor
from handling.test_case_pages import Enter, text_of
from handling.test_case_pages import enter as enter  # noqa: PLC0414 -- the fixture
from sanban.handling.figures.counting import Counted, Share, Span, counted_cases, unit_figures
from sanban.handling.figures.judging import FIGURES, facts_of
from sanban.kernel.errors import Refused

GROUND = {"ground": "not_our_duty", "note": "v:" + "0" * 32}


def shares(district: District, who: str = "lead", since: int = 0) -> dict[tuple[str, str], Share]:
    district.ledger.catch_up()
    found = unit_figures(actor(who), district.needs, Span(since, 2**62, district.now))
    assert not isinstance(found, Refused)
    return {(one.figure, one.unit): one for one in found}


def called_back(district: District, *, contacted: bool, claims: bool = True) -> str:
    case_id = district.open_case(subject=False)
    request = district.case(case_id).requests[0].id
    district.took("disp", case_id, "dispatch")
    district.took("h1", case_id, "accept")
    if claims:
        district.took("h1", case_id, "contact", request=request)
    district.took("h1", case_id, "finish")
    district.took("ver", case_id, "verify")
    district.took("op", case_id, "call_back", request=request, reached=True, contacted=contacted, resolved="yes")
    return case_id


def test_claimed_contacts_are_compared_with_what_requesters_say(district: District) -> None:
    called_back(district, contacted=True)
    called_back(district, contacted=False)
    called_back(district, contacted=False, claims=False)
    found = shares(district)
    confirmed, contacted = found["contact_confirmed", "st1"], found["contacted", "st1"]
    assert (confirmed.holds, confirmed.n, confirmed.share) == (1, 2, "50.0 %")
    assert (contacted.holds, contacted.n) == (1, 3)


def test_a_return_upheld_counts_against_the_dispatcher_and_one_that_is_not_against_the_unit(district: District) -> None:
    wrong, unjust, pending = (district.open_case(subject=False) for _ in range(3))
    for case in (wrong, unjust, pending):
        district.took("disp", case, "dispatch")
        district.took("h1", case, "return_order", **GROUND)
    district.took("disp", wrong, "dispatch", unit="st2")
    district.took("h2", wrong, "accept")
    district.took("disp", unjust, "rule", unit="st1")
    found = shares(district)
    assert (found["wrong_dispatch", "centre"].holds, found["wrong_dispatch", "centre"].n) == (1, 4)
    assert (found["returned_unjustly", "st1"].holds, found["returned_unjustly", "st1"].n) == (1, 3)
    assert found["returned_again", "st2"].share == "0.0 %"


def test_a_second_return_is_counted_and_ends_in_a_ruling(district: District) -> None:
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    district.took("h1", case_id, "return_order", **GROUND)
    district.took("disp", case_id, "dispatch", unit="st2")
    district.took("h2", case_id, "return_again", **GROUND)
    assert district.case(case_id).state == "ruling"
    district.took("coord", case_id, "rule", unit="st2")
    found = shares(district)
    assert (found["returned_again", "st2"].holds, found["returned_again", "st2"].n) == (1, 1)
    assert found["returned_unjustly", "st2"].holds == 1
    assert found["wrong_dispatch", "centre"].holds == 1, "the first went to the wrong unit, the second did not"


def test_a_task_given_back_counts_against_the_helper_that_is_given_it_again(district: District) -> None:
    found_wrong, found_right = (district.open_case("noise", subject=False) for _ in range(2))
    asked = {"tasks": [{"key": "a", "unit": "police"}]}
    for case in (found_wrong, found_right):
        district.took("disp", case, "dispatch")
        district.took("h1", case, "accept")
        district.took("coord", case, "plan", **asked)
        district.took("cop", case, "return_task", task="t2", **GROUND)
    district.took("coord", found_wrong, "plan", **asked)
    found = shares(district)
    assert (found["returned_unjustly", "police"].holds, found["returned_unjustly", "police"].n) == (1, 3)
    assert found["returned_unjustly", "st1"].n == 2, "what came back to the lead is no order that it was sent"


def test_a_task_waived_in_its_time_counts_nothing_and_one_waived_later_stays_late(district: District) -> None:
    early, late = (district.open_case("noise", subject=False) for _ in range(2))
    for case in (early, late):
        district.took("disp", case, "dispatch")
        district.took("h1", case, "accept")
        district.took("coord", case, "plan", tasks=[{"key": "a", "unit": "police"}])
    district.took("coord", early, "waive", task="t2", ground="not_needed")
    district.now += 30 * DAY
    district.took("coord", late, "waive", task="t2", ground="not_needed")
    in_time = shares(district)["in_time", "police"]
    assert (in_time.holds, in_time.n) == (0, 1)


def test_nothing_to_count_is_not_applicable_and_a_unit_sees_its_own_figures_alone(district: District) -> None:
    called_back(district, contacted=True)
    own = shares(district, "h2")
    assert {unit for _, unit in own} == {"st2"}
    assert {one.share for one in own.values()} == {"n/a"}
    assert {unit for _, unit in shares(district, "h1")} == {"st1"}
    assert isinstance(unit_figures(actor("pm"), district.needs, Span(0, 2**62, district.now)), Refused)
    refused = counted_cases(actor("h2"), district.needs, Span(0, 2**62, district.now), "in_time", "st1")
    assert isinstance(refused, Refused)


def test_every_figure_is_the_sum_of_its_cases_and_of_what_the_states_say(district: District) -> None:
    cases = [called_back(district, contacted=True), called_back(district, contacted=False), district.open_case()]
    district.took("disp", cases[2], "dispatch")
    district.pass_time(40 * DAY)
    told: Counter[tuple[str, str]] = Counter()
    for case_id in cases:
        case = district.case(case_id)
        told.update(
            (fact.figure, fact.unit) for fact in facts_of(case, district.cases.pinned(case)) if fact.at <= district.now
        )
    found = shares(district)
    assert {key: share.n for key, share in found.items()} == dict(told)
    for (figure, unit), share in found.items():
        opened = counted_cases(actor("lead"), district.needs, Span(0, 2**62, district.now), figure, unit)
        assert not isinstance(opened, Refused)
        assert (len(opened[1]), sum(one.holds for one in opened[1])) == (share.n, share.holds)


def test_what_is_not_due_yet_counts_from_its_due_time(district: District) -> None:
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    district.took("h1", case_id, "accept")
    assert ("in_time", "st1") not in shares(district)
    district.pass_time(40 * DAY)
    assert (shares(district)["in_time", "st1"].holds, shares(district)["in_time", "st1"].n) == (0, 1)
    for figure in ("resolved", "satisfied"):
        assert (shares(district)[figure, "st1"].holds, shares(district)[figure, "st1"].n) == (0, 1), "not left out"


def test_pages_and_api_tell_the_same_and_open_the_cases(district: District, enter: Enter) -> None:
    case_id = called_back(district, contacted=False)
    district.ledger.catch_up()
    leader = enter("lead")
    listed = leader.get("/figures").text
    assert 'href="/figures/contact_confirmed/st1?month=2026-06"' in listed
    assert text_of(leader.get("/figures?month=2026-01")).count("n/a: nothing to count") == len(FIGURES)
    assert leader.get("/figures?month=nonsense").status_code == 200
    opened = leader.get("/figures/contact_confirmed/st1?month=2026-06").text
    assert f"/cases/{case_id}" in opened
    assert "0.0 %" in opened
    answer = leader.get("/api/v1/figures").json()
    item = next(one for one in answer["items"] if (one["figure"], one["unit"]) == ("contact_confirmed", "st1"))
    assert (item["holds"], item["n"], item["better"]) == (0, 1, "high")
    one = leader.get("/api/v1/figures/contact_confirmed/st1").json()
    assert [each["case"] for each in one["cases"]] == [case_id]
    assert leader.get(f"/api/v1/figures?since={NOW + DAY}&until={NOW + 2 * DAY}").json() == {"items": []}
    assert leader.get("/api/v1/figures/none/st1").status_code in (400, 404, 409, 422)
    assert HOUR > 0


def test_supervision_is_answered_by_words_and_not_by_finishing_or_returning(district: District) -> None:
    done, back, answered, passed_on = (district.open_case(subject=False) for _ in range(4))
    for case in (done, back, answered, passed_on):
        district.took("disp", case, "dispatch")
        district.took("lead", case, "supervise")
    for case in (done, answered):
        district.took("h1", case, "accept")
        district.took("h1", case, "finish")
    for case in (back, passed_on):
        district.took("h1", case, "return_order", **GROUND)
    district.took("h1", answered, "account_for", note="v:" + "0" * 32)
    district.took("disp", passed_on, "rule", unit="st2")
    early = shares(district)["accounted_in_time", "st1"]
    district.pass_time(10 * DAY)
    late = shares(district)["accounted_in_time", "st1"]
    assert [(one.holds, one.n) for one in (early, late)] == [(1, 1), (1, 3)]


def test_a_contact_claimed_after_its_time_does_not_undo_the_miss_until_the_requester_was_asked(
    district: District,
) -> None:
    case_id = district.open_case(subject=False)
    request = district.case(case_id).requests[0].id
    district.took("disp", case_id, "dispatch")
    district.took("h1", case_id, "accept")
    district.pass_time(5 * DAY)
    missed = shares(district)["contacted", "st1"]
    district.took("h1", case_id, "contact", request=request)
    claimed = shares(district)["contacted", "st1"]
    district.took("h1", case_id, "finish")
    district.took("ver", case_id, "verify")
    district.took("op", case_id, "call_back", request=request, reached=False)
    unreached = shares(district)["contacted", "st1"]
    assert [(one.holds, one.n) for one in (missed, claimed, unreached)] == [(0, 1)] * 3


def test_a_case_counts_once_however_many_ask_about_it_and_holds_when_all_of_them_say_so(district: District) -> None:
    told = {}
    for said in (("yes", "yes", "yes"), ("yes", "no", "yes")):
        case_id = district.open_case(subject=False)
        district.took("disp", case_id, "dispatch")
        district.took("h1", case_id, "accept")
        for _ in said[1:]:
            district.attach(case_id)
        requests = [one.id for one in district.case(case_id).requests]
        for request in requests:
            district.took("h1", case_id, "contact", request=request)
        district.took("h1", case_id, "finish")
        district.took("ver", case_id, "verify")
        for request, resolved in zip(requests, said, strict=True):
            district.took("op", case_id, "call_back", request=request, reached=True, contacted=True, resolved=resolved)
        told[case_id] = "no" not in said
    found = shares(district)
    for figure in ("contact_confirmed", "contacted", "resolved"):
        assert (found[figure, "st1"].n, found[figure, "st1"].holds) == (2, 1 if figure == "resolved" else 2)
    opened = counted_cases(actor("lead"), district.needs, Span(0, 2**62, district.now), "resolved", "st1")
    assert not isinstance(opened, Refused)
    assert {one.case: (one.holds, one.requests) for one in opened[1]} == {
        case: (holds, 3) for case, holds in told.items()
    }


def test_a_request_that_joins_after_the_time_for_first_contact_is_not_missed_by_it(district: District) -> None:
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    district.took("h1", case_id, "accept")
    district.took("h1", case_id, "contact", request=district.case(case_id).requests[0].id)
    district.pass_time(5 * DAY)
    district.attach(case_id)
    assert ("contacted", "st1") not in shares(district)
    district.pass_time(40 * DAY)
    district.attach(case_id)
    assert (shares(district)["resolved", "st1"].n, shares(district)["resolved", "st1"].holds) == (1, 0)


def test_supervision_of_a_unit_that_returned_and_leads_on_counts(district: District) -> None:
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    district.took("h1", case_id, "return_order", **GROUND)
    district.took("lead", case_id, "supervise")
    district.pass_time(20 * DAY)
    found = shares(district)
    assert (found["supervised", "st1"].holds, found["supervised", "st1"].n) == (1, 1)
    assert (found["accounted_in_time", "st1"].holds, found["accounted_in_time", "st1"].n) == (0, 1)


def test_a_span_of_the_api_is_whole_days_so_no_instant_can_be_sought_out(district: District, enter: Enter) -> None:
    called_back(district, contacted=False)
    district.pass_time(2 * DAY)
    district.ledger.catch_up()
    leader, path = enter("lead"), "/api/v1/figures/contact_confirmed/st1"
    at = leader.get(path).json()["cases"][0]["at"]

    def counted(since: int, until: int) -> int:
        return int(leader.get(f"{path}?since={since}&until={until}").json()["figure"]["n"])

    calendar = district.cases.calendar
    start = calendar.start_of(calendar.day_of(at))
    assert {counted(since, start + DAY) for since in (0, start, at, at + 1, start + DAY - 1)} == {1}
    assert {counted(start, until) for until in (start, at, at + 1, start + DAY - 1)} == {0}
    assert counted(start + DAY, 2**62) == 0


def called(district: District, case_id: str, *, resolved: str, satisfied: int, contacted: bool = True) -> None:
    """The work is handed in and found done; every requester who waits for a call-back says the same."""
    district.took("h1", case_id, "finish")
    district.took("ver", case_id, "verify")
    for request in district.case(case_id).requests:
        if request.call_back is None:
            said = {"contacted": contacted, "resolved": resolved, "satisfied": satisfied}
            district.took("op", case_id, "call_back", request=request.id, reached=True, **said)


def begun(district: District) -> str:
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    district.took("h1", case_id, "accept")
    district.took("h1", case_id, "contact", request=district.case(case_id).requests[0].id)
    return case_id


def pairs(district: District, *figures: str) -> list[tuple[int, int]]:
    found = shares(district)
    return [(found[one, "st1"].holds, found[one, "st1"].n) for one in figures]


def test_rework_washes_no_bad_answer_away_and_the_new_answer_counts_beside_it(district: District) -> None:
    case_id = begun(district)
    called(district, case_id, resolved="no", satisfied=1, contacted=False)
    before = pairs(district, "resolved", "satisfied", "contacted", "contact_confirmed")
    district.pass_time(DAY)
    district.took("op", case_id, "rework")
    assert pairs(district, "resolved", "satisfied") == [(0, 1), (0, 1)], "asked anew, and nothing forgotten"
    called(district, case_id, resolved="yes", satisfied=5)
    after = pairs(district, "resolved", "satisfied", "contacted", "contact_confirmed")
    assert before == [(0, 1)] * 4
    assert after == [(1, 2), (1, 2), (0, 1), (0, 1)], "a first contact is made once: the first answer counts"
    parts = [(one.part, one.holds) for one in counted(district, "satisfied")]
    assert parts == [("", False), ("asked-2", True)]


def test_late_rework_counts_once_until_its_own_days_are_over(district: District) -> None:
    case_id = begun(district)
    district.pass_time(40 * DAY)
    called(district, case_id, resolved="no", satisfied=1)
    before = pairs(district, "resolved", "satisfied")
    district.took("op", case_id, "rework")
    assert pairs(district, "resolved", "satisfied") == before == [(0, 1), (0, 1)]
    district.pass_time(20 * DAY)
    assert pairs(district, "resolved", "satisfied") == [(0, 2), (0, 2)], "left undone, the rework counts as well"


def test_a_bad_answer_counts_though_its_request_is_split_off(district: District) -> None:
    case_id = begun(district)
    district.attach(case_id)
    request = district.case(case_id).requests[-1].id
    district.took("h1", case_id, "contact", request=request)
    district.took("h1", case_id, "finish")
    district.took("ver", case_id, "verify")
    said = {"reached": True, "contacted": False, "resolved": "no", "satisfied": 1}
    district.took("op", case_id, "call_back", request=request, **said)
    figures = ("resolved", "satisfied", "contacted", "contact_confirmed")
    before = pairs(district, *figures)
    district.took("op", case_id, "split", request=request)
    assert request not in {one.id for one in district.case(case_id).requests}
    assert pairs(district, *figures) == before == [(0, 1)] * 4


def test_reopening_leaves_what_was_said_to_the_unit_that_led_then(district: District) -> None:
    case_id = begun(district)
    called(district, case_id, resolved="no", satisfied=2)
    district.took("disp", case_id, "close_unsolved", ending="unsolved")
    district.took("op", case_id, "reopen", unit="st2")
    district.took("h2", case_id, "accept")
    assert pairs(district, "resolved", "satisfied") == [(0, 1), (0, 1)]
    assert ("satisfied", "st2") not in shares(district)
    district.pass_time(40 * DAY)
    late = shares(district)["satisfied", "st2"]
    assert (late.holds, late.n) == (0, 1), "left undone, the reopened case speaks against who has it now"
    assert pairs(district, "satisfied") == [(0, 1)]


def counted(district: District, figure: str) -> tuple[Counted, ...]:
    opened = counted_cases(actor("lead"), district.needs, Span(0, 2**62, district.now), figure, "st1")
    assert not isinstance(opened, Refused)
    return opened[1]
