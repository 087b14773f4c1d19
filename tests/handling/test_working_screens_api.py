"""The grid's day, what came up and the handover of a shift, for programs: the same as on the pages."""

from __future__ import annotations

from handling.small_district import DAY, HOUR, District
from handling.test_handling_api import KEY, Sign
from handling.test_handling_api import sign_in as sign_in  # noqa: PLC0414 -- the fixture


def test_a_grid_leaders_day_is_read_and_an_order_passed_down_by_a_program(district: District, sign_in: Sign) -> None:
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    leader = sign_in("gl")
    (order,) = leader.get("/grid").json()["orders"]
    assert (order["row"]["case_id"], order["task"], order["to"]) == (case_id, "t1", "st1-team")
    given = {"task": order["task"], "station": order["to"]}
    assert leader.take(case_id, order["step"], args=given).status_code == 200
    assert leader.get("/grid").json()["orders"][0]["step"] == ""
    assert sign_in("aud").get("/grid").status_code == 403


def test_what_came_up_is_the_same_by_program_as_on_the_page(district: District, sign_in: Sign) -> None:
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    district.took("h1", case_id, "accept")
    district.took("lead", case_id, "supervise", level="district")
    district.pass_time(4 * DAY)
    items = sign_in("lead").get("/raised").json()["items"]
    assert {("supervised", case_id), ("missed", case_id)} == {(one["kind"], one["case"]) for one in items}
    assert items[0]["kind"] == "supervised"
    assert sign_in("h2").get("/raised").json()["items"] == []
    assert sign_in("pm").get("/raised").status_code == 403


def test_a_shift_is_handed_over_and_taken_over_by_programs(district: District, sign_in: Sign) -> None:
    case_id = district.open_case(subject=False)
    district.pass_time(30 * HOUR)
    giving, taking = sign_in("op"), sign_in("op2")
    assert giving.get("/handover").json()["last"] is None
    answers = [giving.post("/handover/give", KEY, note="等街道回电") for _ in range(2)]
    assert [(one.status_code, one.json()["repeated"]) for one in answers] == [(200, False), (200, True)]
    own = giving.post("/handover/take")
    assert (own.status_code, own.json()["code"]) == (409, "own_handover")
    shown = taking.get("/handover").json()
    assert (shown["may_take"], shown["may_give"], shown["last"]["note"]) == (True, False, "等街道回电")
    assert [one["case"] for one in shown["left"]] == [case_id]
    assert taking.post("/handover/take").status_code == 200
    assert taking.get("/handover").json()["last"]["answerable"] == "op2"
    assert taking.post("/handover/give", note="[[原因]]").json()["code"] == "unfilled"
