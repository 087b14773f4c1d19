"""Real clients of the standard, untouched, against a server that listens on loopback."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from georeport import GeoReport
from requests import HTTPError

from intake.open311.small_server import District
from sanban.web.server import Server

# `three` is of the time of Python 2 and asks itertools for a function that is the built-in one now
itertools.ifilter = filter  # type: ignore[attr-defined]

from three import Three  # noqa: E402 -- needs the line above

ENDPOINT = "http://127.0.0.1:{}/open311/v2"


@pytest.fixture(scope="module")
def live(tmp_path_factory: Any) -> Iterator[tuple[District, str]]:
    district = District(tmp_path_factory.mktemp("live"), jurisdiction="demo.district.example")
    server = Server(district.app())
    thread = threading.Thread(target=server.run)
    thread.start()
    assert server.listening.wait(20)
    yield district, ENDPOINT.format(server.bound)
    server.stop()
    thread.join(20)
    assert not thread.is_alive()
    district.close()


@pytest.fixture
def three(live: tuple[District, str]) -> Iterator[Three]:
    district, endpoint = live
    found = Three(endpoint, api_key=district.key, jurisdiction="demo.district.example")
    yield found
    found.session.close()


@pytest.fixture
def filed(live: tuple[District, str], three: Three) -> str:
    """A request that `three` filed; two, so that XML has a list."""
    district, _ = live
    ids = []
    for said in ("路灯坏了三天", "路灯不亮"):
        (taken,) = three.post("street-light", lat="30.4", long="123.4", name="Ann Test", phone="555", description=said)
        ids.append(taken["service_request_id"])
        district.now += 1_000_000
    return str(ids[0])


@pytest.mark.parametrize("way", ["json", "xml"])
def test_georeport_reads_services_and_requests(live, filed, way) -> None:
    _, endpoint = live
    client = GeoReport(endpoint, "demo.district.example", output_format=way)
    assert "street-light" in {one["service_code"] for one in client.get_service_list()}
    definition = client.get_service_definition("traffic-order")
    assert definition["service_code"] == "traffic-order"
    shown = client.get_service_request(filed)
    assert (shown["service_request_id"], shown["status"], shown["service_name"]) == (filed, "open", "路灯照明")
    listed = client.get_service_requests(service_code="street-light", status="open", start_date="2026-06-01T00:00:00Z")
    assert filed in {one["service_request_id"] for one in listed}
    assert client.get_service_requests(service_request_id=filed, end_date="2026-06-01T00:00:00Z")


def test_georeport_is_told_of_a_wrong_jurisdiction_as_it_expects(live) -> None:
    with pytest.raises(HTTPError, match="404"):
        GeoReport(live[1], "elsewhere").get_service_list()


def test_three_files_and_follows(live, three, filed) -> None:
    district, _ = live
    assert district.secrets(filed)["name"] == "Ann Test"
    assert district.secrets(filed)["phone"] == "555"
    assert three.request(filed)[0]["service_code"] == "street-light"
    assert three.token(filed) == [{"service_request_id": filed, "token": filed}]
    (taken,) = three.post("noise", address="和平路", description="夜里很吵")
    assert district.secrets(taken["service_request_id"])["address"] == "和平路"
    assert three.request(taken["service_request_id"])[0]["code"] == 404


def test_three_discovers_lists_and_pages(live, three, filed) -> None:
    assert three.discovery()["endpoints"][0]["url"] == live[1]
    assert "street-light" in {one["service_code"] for one in three.services()}
    assert three.services("street-light")["service_code"] == "street-light"
    assert filed in {one["service_request_id"] for one in three.requests("street-light")}
    assert len(three.requests(count=1)) == 1
    assert three.requests(between=["06-01-2026", "06-02-2026"], status="open")
    assert three.requests(between=["04-01-2026", "05-01-2026"]) == []


def test_three_is_told_why_a_request_is_not_taken(three) -> None:
    (no,) = three.post("nothing", address="和平路")
    assert no["code"] == 404
    three.api_key = "wrong"
    (no,) = three.post("street-light", address="和平路")
    assert no["code"] == 403
