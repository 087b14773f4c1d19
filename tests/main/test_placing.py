"""Places of a deployment, on both stores: read at import, taken over by the case, located anew; no date moves."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from sanban.intake.aggregate import stream_of
from sanban.intake.request import Request
from sanban.kernel.case.state import Case
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission
from sanban.main.house import House, open_house
from sanban.main.proving import prove
from sanban.main.setup import init

DISPATCHER = Actor("d-1", "dispatcher", "centre", unit_kind="centre")
PARKING = "停车位被占，违停车辆占用消防通道，乱停车没人管"
ROWS = [
    ("1", "解放北路100号", ""),
    ("2", "阳光小区", ""),
    ("3", "", ""),
    ("4", "解放北路100号", "123.4000000,30.4000000"),
]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A deployment that took a file with addresses, points in GCJ-02."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    init(tmp_path / "home", code="demo", title="示范区", mode="trial", database_url=url)
    file = tmp_path / "messages.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out)
        write.writerow(["编号", "地址", "内容", "经度", "纬度"])
        for number, address, point in ROWS:
            write.writerow([number, address, PARKING, *(point.split(",") if point else ("", ""))])
    with open_house(tmp_path / "home") as opened:
        opened.import_file(file, rejects_path=tmp_path / "rejects.csv", crs="gcj02")
        yield opened


def requests_of(house: House) -> list[Request]:
    sql = "SELECT request FROM request_view WHERE district = :district ORDER BY number"
    return [house.reader.state(stream_of(row[0])) for row in house.reader.query(sql)]


def case_of(house: House, request: Request) -> Case:
    found = house.reader.state(f"case:{house.reader.state(stream_of(request.id)).case}")
    assert isinstance(found, Case)
    return found


def open_cases(house: House) -> list[Case]:
    """Every request becomes a case of parking, which dispatches itself where the directory says to whom."""
    for request in requests_of(house):
        args = {"id": f"c-{request.received.number}", "matter": "parking", "request": request.id,
                "requester": request.received.requester, "channel": "phone", "desk": "hotline",
                "received_at": request.received.received_at,
                "grid": request.grid, "street": request.street}  # fmt: skip
        parts = (Part(f"case:{args['id']}", "open", args), Part(stream_of(request.id), "link", {"case": args["id"]}))
        answer = house.ledger.submit(Submission(f"open {request.id}", DISPATCHER, parts))
        assert answer.refused is None, answer.refused
    house.run()
    return [case_of(house, request) for request in requests_of(house)]


def test_a_file_with_addresses_places_the_sure_suggests_the_unsure_and_leaves_the_rest(
    house: House,
) -> None:
    sure, twins, nowhere, pointed = requests_of(house)
    assert [one.place_state for one in (sure, twins, nowhere, pointed)] == ["known", "suggested", "unknown", "known"]
    assert len(twins.spots.candidates) == 2
    assert pointed.spots is None
    told = house.reader.open_secrets([pointed.point])[pointed.point]
    assert '"crs":"gcj02"' in told
    assert "1234000000" not in told
    assert prove(house).is_whole


def test_a_case_located_later_goes_to_who_answers_there_and_promises_what_it_promised(house: House) -> None:
    cases = open_cases(house)
    assert [case.state for case in cases] == ["dispatched", "filed", "filed", "dispatched"]
    waiting = cases[1]
    located = Part(f"case:{waiting.id}", "locate", {"grid": "05-008", "street": "street-05"})
    assert house.ledger.submit(Submission("locate", DISPATCHER, (located,))).refused is None
    house.run()
    found = house.reader.state(f"case:{waiting.id}")
    assert (found.state, found.lead) == ("dispatched", "street-05")
    assert [one.promised_at for one in found.requests] == [one.promised_at for one in waiting.requests]
    again = Part(f"case:{waiting.id}", "locate", {"grid": "01-001", "street": "street-01"})
    assert house.ledger.submit(Submission("again", DISPATCHER, (again,))).refused is None
    house.run()
    after = house.reader.state(f"case:{waiting.id}")
    assert (after.lead, after.grid, len(after.tasks)) == ("street-05", "01-001", len(found.tasks))
    assert [one.promised_at for one in after.requests] == [one.promised_at for one in waiting.requests]


def test_the_job_tells_each_risk_once_until_it_moves(house: House) -> None:
    open_cases(house)
    told = house.reader.query("SELECT case_id FROM case_view WHERE district = :district AND risk_model <> :none",
                              {"none": ""})  # fmt: skip
    assert len(told) == 2
    assert house.run().advised == 0
    assert house.advise() == 0
