"""Findings: reported with three taps, set right and looked at again, becoming cases, calling for sweeps, counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from attachments.sample_files import document, picture
from intake.small_desk import text_of
from sanban.attachments.filing import lines
from sanban.attachments.ports import OwnerKind
from sanban.intake.findings.finding import Finding, stream_of
from sanban.intake.findings.listing import found_first, month_of
from sanban.intake.findings.reporting import Reported, Seen, report, sampled
from sanban.intake.findings.reporting import recheck as look_again
from sanban.intake.place.border import inside
from sanban.kernel.case.state import Case
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.kernel.view import Upload
from sanban.ledger.port import Part, Submission
from sanban.main.attaching import attachment_needs_of
from sanban.main.binding import intake_needs_of
from sanban.main.house import House, open_house
from sanban.main.lending.desk import matters_of
from sanban.main.lending.finding import FoundFirstCounts
from sanban.main.serving import application
from sanban.main.setup import init

DAY = 86_400_000_000
NOW = 1_780_279_200_000_000
WORKER = Actor("worker-1", "grid_worker", "grids-01a", unit_kind="grid_team")
OTHER = Actor("worker-2", "grid_worker", "grids-01a", unit_kind="grid_team")
OPERATOR = Actor("operator-1", "operator", "hotline", unit_kind="desk")


PHOTO = Upload("现场.jpg", picture(size=(16, 12)))


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    init(tmp_path / "home", code="demo", title="示范区", mode="demo")
    with open_house(tmp_path / "home", Clock()) as opened:
        yield opened


def command(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def found(house: House, number: int = 1, who: Actor = WORKER, **more: Any) -> Finding:
    """A worker reports a finding, and what follows has followed."""
    photos = more.pop("photos", [PHOTO] if more.get("fixed") else [])
    seen = Seen(**({"matter": "street-light", "grid": "01-003"} | more))
    answer = report(intake_needs_of(house), who, command(number), seen, house.clock(), photos)
    assert isinstance(answer, Reported), answer
    house.run()
    known = house.reader.state(stream_of(answer.finding))
    assert isinstance(known, Finding)
    return known


def cases(house: House, matter: str = "street-light") -> list[Case]:
    rows = house.reader.query("SELECT stream FROM case_view WHERE district = :district AND matter = :m ORDER BY number",
                              {"m": matter})  # fmt: skip
    return [house.reader.state(stream) for (stream,) in rows]


def complain(house: House, number: int, *, case: str = "", matter: str = "street-light", grid: str = "01-003") -> str:
    """Somebody complains by phone and the desk opens a case, or attaches it to one."""
    request = f"request:c{number}"
    args = {
        "requester": f"person:{number}",
        "desk": "hotline",
        "channel": "phone",
        "text": f"v:{number:032x}",
        "grid": grid,
    }
    opened = {"id": f"case{number}", "matter": matter, "request": f"c{number}", "requester": f"person:{number}",
              "channel": "phone", "desk": "hotline", "received_at": house.clock(), "grid": grid,
              "street": "street-01"}  # fmt: skip
    joined = {"request": opened["request"]}
    into = Part(f"case:{case}", "attach", joined) if case else Part(f"case:case{number}", "open", opened)
    parts = (Part(request, "receive", args), into, Part(request, "link", {"case": case or f"case{number}"}))
    answer = house.ledger.submit(Submission(f"complain-{number}", OPERATOR, parts))
    assert answer.refused is None, answer.refused
    house.run()
    return case or f"case{number}"


def test_a_finding_becomes_a_case_found_first_under_its_matters_own_mechanism_and_clocks(house: House) -> None:
    known = found(house, text="三号杆不亮")
    (case,) = cases(house)
    assert (known.state, case.found, case.grid, case.street) == ("confirmed", True, "01-003", "street-01")
    assert case.requests[0].channel == "patrol"
    assert case.requests[0].promised_at is not None
    assert {"dispatched", "filed"} >= {case.state}
    request = house.reader.state(f"request:{case.requests[0].id}")
    assert (request.received.found, request.received.origin) == (True, stream_of(known.reported.id))
    assert house.reader.open_secrets([request.received.text]) == {request.received.text: "三号杆不亮"}
    assert "不亮" not in "".join(one.payload.decode() for one in house.reader.since(0, 1000))


def test_the_same_report_sent_again_is_one_finding_and_one_case(house: House) -> None:
    assert found(house, 1) == found(house, 1)
    assert len(cases(house)) == 1
    again = report(intake_needs_of(house), WORKER, command(1), Seen("street-light", "01-003"), house.clock())
    assert isinstance(again, Reported)
    assert again.repeated


def test_a_complaint_three_days_later_joins_it_and_it_stays_found_first(house: House) -> None:
    found(house)
    (case,) = cases(house)
    house.clock.now += 3 * DAY
    complain(house, 7, case=case.id)
    (after,) = cases(house)
    assert (len(after.requests), after.found) == (2, True)
    complain(house, 8, grid="02-001")
    figure = figure_of(house)
    assert (figure.found, figure.cases, figure.share) == (1, 2, "50.0 %")
    assert [one.first for one in figure.listed] == [True, False]


def figure_of(house: House) -> Any:
    counts = FoundFirstCounts(house.cases, house.reader, matters_of(house))
    return found_first(OPERATOR, counts, house.zone, house.clock(), month_of(house.clock(), house.zone), 0)


def test_a_month_without_cases_is_not_a_hundred_per_cent_and_not_zero(house: House) -> None:
    assert figure_of(house).share == "n/a"


def test_who_complained_before_the_finding_is_not_found_first(house: House) -> None:
    case = complain(house, 1)
    request = "request:late"
    args = {"requester": "person:w", "desk": "hotline", "channel": "patrol", "text": "v:" + "1" * 32, "found": True}
    joined = {"request": "late"}
    parts = (
        Part(request, "receive", args),
        Part(f"case:{case}", "attach", joined),
        Part(request, "link", {"case": case}),
    )
    house.clock.now += 1
    assert house.ledger.submit(Submission("late", OPERATOR, parts)).refused is None
    assert figure_of(house).found == 0


def test_a_finding_whose_words_name_a_firm_waits_at_the_desk_until_it_is_said_whether_it_is_about_it(
    house: House,
) -> None:
    firm = next(unit for unit in (one[-1] for one in house.cases.duty(None).units.values()) if unit.kind == "firm")
    known = found(house, text=f"{firm.title_zh.partition('（')[0]}堵了三号杆下的消防通道")
    assert known.state == "confirmed"
    assert cases(house) == []
    waiting = house.reader.query("SELECT channel FROM request_view WHERE district = :district AND case_id = ''")
    assert waiting == [("patrol",)]


def test_a_repair_on_the_spot_opens_no_case_and_chance_picks_some_for_a_second_look(house: House) -> None:
    states = [found(house, number, fixed=True, text="已清理").state for number in range(1, 60)]
    assert cases(house) == []
    assert set(states) == {"fixed", "to_recheck"}
    assert 2 <= states.count("to_recheck") <= 30


def picked(house: House) -> tuple[str, int]:
    """A repair that waits for a second look, and the number after it."""
    for number in range(1, 200):
        known = found(house, number, fixed=True, text="已清理")
        if known.state == "to_recheck":
            return known.reported.id, number
    raise AssertionError("chance picked nothing of 200")


def recheck(house: House, who: Actor, finding: str, *, holds: bool) -> Refused | None:
    part = Part(stream_of(finding), "recheck", {"holds": holds})
    answer = house.ledger.submit(Submission(f"look-{who.id}-{holds}", who, (part,)))
    house.run()
    return answer.refused


def test_who_set_it_right_does_not_look_again_and_what_does_not_hold_becomes_a_case(house: House) -> None:
    finding, _ = picked(house)
    known = house.reader.state(stream_of(finding))
    assert known.reported.recheck_by == house.clock() + 3 * DAY
    refused = recheck(house, WORKER, finding, holds=True)
    assert refused is not None
    assert refused.reason == "own_work"
    assert recheck(house, OTHER, finding, holds=False) is None
    assert house.reader.state(stream_of(finding)).state == "not_fixed"
    assert [case.found for case in cases(house)] == [True]
    again = recheck(house, OTHER, finding, holds=True)
    assert again is not None
    assert again.reason == "no_recheck_due"


@given(st.integers(0, 10_000), st.uuids())
def test_a_larger_share_never_leaves_out_who_a_smaller_one_picked(share: int, finding: Any) -> None:
    key = b"k" * 32
    assert sampled(key, str(finding), share) == sampled(key, str(finding), share)
    assert sampled(key, str(finding), share) <= sampled(key, str(finding), min(10_000, share + 500))
    assert sampled(key, str(finding), 10_000)
    assert not sampled(key, str(finding), 0)


def test_five_like_requests_in_a_week_call_for_one_sweep_and_the_sixth_for_none(house: House) -> None:
    for number in range(1, 5):
        complain(house, number)
        house.clock.now += DAY
    assert cases(house, "grid-sweep") == []
    complain(house, 5)
    (swept,) = cases(house, "grid-sweep")
    assert (swept.found, swept.grid, swept.state, swept.lead) == (True, "01-003", "dispatched", "street-01")
    assert any(clock.limit == "sweep" and clock.running for clock in swept.clocks)
    for number in range(6, 9):
        complain(house, number)
    assert len(cases(house, "grid-sweep")) == 1
    assert figure_of(house).cases == 8
    house.clock.now += 8 * DAY
    for number in range(9, 14):
        complain(house, number)
    assert len(cases(house, "grid-sweep")) == 2


def test_requests_of_another_grid_another_matter_or_last_month_call_for_no_sweep(house: House) -> None:
    for number in range(1, 5):
        complain(house, number)
    house.clock.now += 8 * DAY
    complain(house, 5)
    complain(house, 6, grid="01-004")
    complain(house, 7, matter="noise")
    assert cases(house, "grid-sweep") == []


def test_what_was_seen_offline_counts_from_then_within_three_days(house: House) -> None:
    seen = house.clock() - 2 * DAY
    known = found(house, seen_at=seen)
    assert known.reported.found_at == seen
    assert cases(house)[0].requests[0].received_at == seen
    old = found(house, 2, seen_at=house.clock() - 9 * DAY)
    assert old.reported.found_at == house.clock()


def test_a_finding_and_a_second_look_that_a_phone_sends_again_days_later_are_taken_once(house: House) -> None:
    needs, seen = intake_needs_of(house), house.clock() - 2 * DAY
    finding = found(house, seen_at=seen).reported.id
    fixed = next(
        one.reported.id
        for number in range(2, 60)
        if (one := found(house, number, fixed=True, text="已清理")).state == "to_recheck"
    )
    looked = partial(look_again, needs, OTHER, command(99), fixed, holds=True, seen_at=seen)
    assert looked(house.clock()) is None
    house.clock.now += 2 * DAY
    again = report(needs, WORKER, command(1), Seen("street-light", "01-003", seen_at=seen), house.clock())
    assert isinstance(again, Reported), again
    assert (again.finding, again.repeated) == (finding, True)
    assert looked(house.clock()) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"matter": "nothing"}, "unknown_matter"),
        ({"matter": "short-let"}, "unknown_matter"),
        ({"grid": "99-999"}, "unknown_grid"),
        ({"fixed": True}, "empty_note"),
        ({"fixed": True, "text": "已清理"}, "no_photo"),
        ({"text": "长" * 1001}, "text_too_long"),
    ],
)
def test_what_cannot_be_reported_says_why(house: House, changes: dict[str, Any], reason: str) -> None:
    seen = msgspec.structs.replace(Seen("street-light", "01-003"), **changes)
    answer = report(intake_needs_of(house), WORKER, command(1), seen, house.clock())
    assert isinstance(answer, Refused)
    assert (answer.reason, bool(answer.example)) == (reason, True)


def shown_to(house: House, viewer: Actor, owner: str, id_: str) -> list[tuple[str, str]] | None:
    """(kind of owner, name) of the files that a viewer sees of what they belong to; None where it is not for them."""
    needs = attachment_needs_of(house, intake_needs_of(house))
    found_owner = needs.owner(viewer, cast(OwnerKind, owner), id_, house.clock())
    return None if found_owner is None else [(one.owner_kind, one.name) for one in lines(needs, viewer, found_owner)]


def test_the_photos_of_a_finding_come_with_it_and_are_seen_at_its_case(house: House) -> None:
    known = found(house, text="三号杆不亮", photos=[PHOTO, PHOTO])
    (case,) = cases(house)
    leader = Actor("leader-1", "leader", "centre", unit_kind="centre")
    lead = Actor("handler-1", "handler", case.lead, unit_kind="department")
    other = Actor("handler-2", "handler", "fire-brigade", unit_kind="department")
    coordinator = Actor("coordinator-1", "coordinator", "centre", unit_kind="centre")
    both = [("finding", PHOTO.name), ("finding", PHOTO.name)]
    assert shown_to(house, WORKER, "finding", known.reported.id) == both
    assert shown_to(house, coordinator, "case", case.id) == both
    assert shown_to(house, coordinator, "request", case.requests[0].id) == both
    assert shown_to(house, lead, "finding", known.reported.id) == both
    assert [shown_to(house, one, "finding", known.reported.id) for one in (leader, other)] == [None, None]
    assert PHOTO.name.encode() not in b"".join(one.payload for one in house.reader.since(0, 1000))


def test_a_repair_is_judged_by_its_photo_and_the_worker_of_another_grid_sees_it_only_then(house: House) -> None:
    elsewhere = Actor("worker-9", "grid_worker", "grids-02a", unit_kind="grid_team")
    finding, number = picked(house)
    assert shown_to(house, elsewhere, "finding", finding) == [("finding", PHOTO.name)]
    settled = next(
        one
        for n in range(number + 1, number + 200)
        if (one := found(house, n, fixed=True, text="已清理")).state == "fixed"
    )
    assert shown_to(house, elsewhere, "finding", settled.reported.id) == []


def test_what_is_no_picture_leaves_neither_the_finding_nor_anything_else(house: House) -> None:
    before = house.head()
    seen = Seen("street-light", "01-003", text="已清理", fixed=True)
    for bad in (Upload("a.jpg", b"MZ not a picture"), Upload("a.pdf", document())):
        answer = report(intake_needs_of(house), WORKER, command(7), seen, house.clock(), [PHOTO, bad])
        assert isinstance(answer, Refused)
    assert house.head() == before


def test_an_operator_reports_no_finding(house: House) -> None:
    answer = report(intake_needs_of(house), OPERATOR, command(1), Seen("street-light", "01-003"), house.clock())
    assert isinstance(answer, Refused)
    assert answer.reason == "not_permitted"


@pytest.mark.parametrize(
    ("lon", "lat", "reason"),
    [("10", "10", "outside_district"), ("abc", "31.23", "bad_point"), ("121.47", "", "bad_point")],
)
def test_a_position_that_cannot_be_right_is_refused_with_one_that_would_be_taken(
    house: House, lon: str, lat: str, reason: str
) -> None:
    needs, seen = intake_needs_of(house), Seen("street-light", "01-003", lon=lon, lat=lat)
    refused = report(needs, WORKER, command(1), seen, house.clock())
    assert isinstance(refused, Refused)
    assert refused.reason == reason
    longitude, latitude = inside(needs.duty.grids, house.clock()).split(", ")
    right = msgspec.structs.replace(seen, lon=longitude, lat=latitude)
    assert isinstance(report(needs, WORKER, command(2), right, house.clock()), Reported)


def test_the_form_comes_back_without_the_wrong_position_and_goes_with_the_grid_alone(house: House) -> None:
    with TestClient(application(house), raise_server_exceptions=False) as client:
        hidden = _enter(client, "grid-worker-grids-01a")
        typed = {"matter": "noise", "grid": "01-002", "text": "夜间施工"}
        back = client.post("/findings/new?lang=en", data=hidden | typed | {"lon": "10", "lat": "10"})
        assert back.status_code == 422
        assert "Choose the grid and send it again" in text_of(back)
        assert "夜间施工" in back.text
        assert '<option value="01-002" selected>' in back.text
        again = dict(re.findall(r'name="(_[^"]+|command|lon|lat)" value="([^"]*)"', back.text))
        assert (again["lon"], again["lat"]) == ("", "")
        assert "It becomes a case by itself" in text_of(client.post("/findings/new", data=again | typed))
        body = {**typed, "lon": "10", "lat": "10"}
        refused = client.post("/api/v1/findings", json=body, headers={"X-Sanban-Request": "1"})
        assert (refused.status_code, refused.json()["code"]) == (409, "outside_district")
        chinese = client.post("/findings/new?lang=zh", data=hidden | typed | {"lon": "10", "lat": "10"})
        assert "该点不在本区任何网格内" in text_of(chinese)


def test_the_pages_take_three_taps_and_the_list_a_second_look(house: House) -> None:
    with TestClient(application(house), raise_server_exceptions=False) as client:
        worker = _enter(client, "grid-worker-grids-01a")
        page = client.get("/findings/new?lang=en").text
        assert page.index('value="01-001"') < page.index('value="01-002"')
        assert 'value="02-001"' not in page
        sent = client.post("/findings/new", data=worker | {"matter": "noise", "grid": "01-001"})
        assert "It becomes a case by itself" in text_of(sent)
        assert client.post("/findings/new", data=worker | {"matter": "", "grid": "01-001"}).status_code == 422
        house.run()
        listed = text_of(client.get("/findings"))
        assert "became a case" in listed
        assert client.get("/findings/first").status_code == 403
        body = {"matter": "noise", "grid": "01-002"}
        headers = {"Idempotency-Key": command(999), "X-Sanban-Request": "1"}
        answers = [client.post("/api/v1/findings", json=body, headers=headers).json() for _ in range(2)]
        assert answers[0]["finding"] == answers[1]["finding"]
        assert [one["repeated"] for one in answers] == [False, True]
        worker_script = client.get("/findings/worker.js")
        assert (worker_script.status_code, worker_script.headers["content-type"][:15]) == (200, "text/javascript")
    finding, _ = picked(house)
    with TestClient(application(house), raise_server_exceptions=False) as client:
        hidden = _enter(client, "verifier-1")
        waiting = client.get("/findings?waiting=yes&lang=en")
        assert f"/findings/{finding}/recheck" in waiting.text
        answer = client.post(f"/findings/{finding}/recheck", data=hidden | {"holds": "yes"}, follow_redirects=False)
        assert answer.status_code == 303
        assert "Nothing waits" in text_of(client.get("/findings?waiting=yes"))
    with TestClient(application(house), raise_server_exceptions=False) as client:
        _enter(client, "leader-1")
        assert "found first, of" in text_of(client.get("/findings/first?lang=en"))
        assert client.get("/findings/first?month=nonsense&page=x").status_code == 200


def _enter(client: TestClient[Any], account: str) -> dict[str, str]:
    """Signs in with a demo account; the hidden fields of a form."""
    token = re.search(r'name="_csrf_token" value="([^"]+)"', client.get("/sign-in?lang=en").text)
    assert token is not None
    entered = client.post("/sign-in/demo", data={"_csrf_token": token[1], "account": account}, follow_redirects=False)
    assert entered.status_code == 303
    return {"_csrf_token": token[1]}
