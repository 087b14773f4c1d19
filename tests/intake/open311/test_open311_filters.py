"""Every filter of the list, alone and together."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.open311.small_server import DAY, DISPATCHER, HERE, NOW, fault_of
from sanban.intake.open311.query import SPAN, Asked, instant_of, read, w3c
from sanban.kernel.surface import SurfaceRequest

ZONE = ZoneInfo("Asia/Shanghai")


def test_newest_come_first_and_pages_join_without_gap(district, client) -> None:
    filed = []
    for _ in range(7):
        filed.append(client.filed())
        district.now += 2 * 60_000_000
    filed.reverse()
    assert client.ids() == filed
    assert client.ids(page_size=3) == filed[:3]
    assert client.ids(page_size=3, page=2) == filed[3:6]
    assert client.ids(page_size=3, page=3) == filed[6:]
    assert client.ids(page_size=3, page=4) == []


def test_ids_override_every_other_filter(district, client) -> None:
    first, second, third = (client.filed(description=f"路灯坏了{count}天") for count in "三四五")
    district.now += 200 * DAY
    assert client.ids() == []
    assert set(client.ids(service_request_id=f"{first},{third},nothing")) == {first, third}
    wide = {"service_request_id": second, "status": "closed", "service_code": "waste", "page": 9}
    assert client.ids(**wide) == [second]


def test_codes_and_statuses_are_lists(district, client) -> None:
    lamp = client.filed()
    waste = client.filed(service_code="waste", description="垃圾满了")
    traffic = client.filed(service_code="traffic-order", description="信号灯损坏")
    district.step(district.open(waste, "waste"), "close_explained", DISPATCHER, ending="resolved")
    assert client.ids(service_code="waste") == [waste]
    assert set(client.ids(service_code="waste, street-light")) == {lamp, waste}
    assert client.ids(service_code="noise") == client.ids(service_code="nothing") == []
    assert client.ids(status="closed") == [waste]
    assert set(client.ids(status="open")) == {lamp, traffic}
    assert set(client.ids(status="open,closed")) == {lamp, waste, traffic}
    assert client.ids(status="open", service_code="waste") == []
    twice = client.get("requests.json", params=[("service_code", "waste"), ("service_code", "traffic-order")]).json()
    assert {one["service_request_id"] for one in twice} == {waste, traffic}


def test_without_dates_the_last_ninety_days_count(district, client) -> None:
    old = client.filed()
    district.now += 90 * DAY
    assert client.ids() == [old]
    district.now += 1_000_000
    assert client.ids() == []
    assert client.ids(start_date="2026-06-01") == [old]
    assert client.ids(end_date="2026-06-01T10:00:00+08:00") == [old]
    assert client.ids(end_date="2026-06-01T01:59:59Z") == []
    assert client.ids(start_date="2026-06-01T02:00:00Z", end_date="2026-06-01T02:00:00Z") == [old]
    assert client.ids(start_date="2026-06-01T02:00:01Z") == []
    assert client.ids(start_date="2026-06-01T10:00:00 08:00", end_date="2026-06-02") == [old]
    assert client.ids(start_date="2026-02-28", end_date="2026-05-28") == []


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "yesterday"},
        {"start_date": "2026-02-30"},
        {"end_date": "2026-06-01T25:00:00Z"},
        {"end_date": "' OR 1=1"},
        {"start_date": "2026-06-02", "end_date": "2026-06-01"},
        {"start_date": "2026-01-01", "end_date": "2026-06-01"},
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-04-01T00:00:01Z"},
        {"status": "late"},
        {"page": "0"},
        {"page": "-1"},
        {"page": "1e3"},
        {"page": "99999999"},
        {"page": "٣"},
        {"page_size": "0"},
        {"page_size": "all"},
        {"service_request_id": ",".join(map(str, range(101)))},
        {"service_code": "x" * 65},
    ],
)
def test_a_filter_that_cannot_be_read_is_400(client, query) -> None:
    assert fault_of(client.get("requests.json", params=query)) == (400, 400)
    assert fault_of(client.get("requests.xml", params=query)) == (400, 400)


def test_a_list_is_never_longer_than_the_standard_says(district) -> None:
    asked = read(SurfaceRequest(NOW, "zh", "", query={"page_size": ("5000",), "page": ("2",)}), ZONE)
    assert isinstance(asked, Asked)
    assert (asked.limit, asked.offset) == (1000, 1000)


INSTANTS = st.integers(631_152_000, 4_102_000_000)


@given(INSTANTS, st.sampled_from([ZONE, ZoneInfo("UTC"), ZoneInfo("America/St_Johns")]))
def test_a_written_instant_is_read_back(second: int, zone: ZoneInfo) -> None:
    assert instant_of(w3c(second * 1_000_000, zone), dt.UTC) == second * 1_000_000


@given(st.text("0123456789-T:Z+. ", max_size=30))
def test_no_text_breaks_the_reading_of_dates(text: str) -> None:
    found = instant_of(text, ZONE)
    assert found is None or isinstance(found, int)


@given(*[st.one_of(st.just(""), INSTANTS.map(lambda at: w3c(at * 1_000_000, ZONE)))] * 2)
def test_no_span_is_longer_than_ninety_days(first: str, last: str) -> None:
    asked = read(SurfaceRequest(NOW, "zh", "", query={"start_date": (first,), "end_date": (last,)}), ZONE)
    if isinstance(asked, Asked):
        assert 0 < asked.end - asked.start <= SPAN + 1_000_000


def test_a_list_costs_the_same_statements_whatever_its_length(serve) -> None:
    district, client = serve(descriptions=True)
    counted: list[str] = []
    reader = district.house.reader
    query, secrets = reader.query, reader.open_secrets
    district.server.needs.reader.query = lambda sql, given={}: counted.append("query") or query(sql, given)
    district.server.needs.reader.open_secrets = lambda refs: counted.append("open") or secrets(refs)
    costs = []
    for rows in (1, 12):
        for number in range(rows):
            client.filed(lamp=str(number), **HERE)
            district.now += 61_000_000
        counted.clear()
        assert client.get("requests.json").status_code == 200
        costs.append(list(counted))
    assert costs == [["query", "open"], ["query", "open"]]
