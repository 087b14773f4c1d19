"""Documents as the standard has them, in both formats and both languages, to the letter."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest

from intake.open311.small_server import DAY, DESK, DISPATCHER, HERE, LAMP, NOW, fault_of

DEFINITION = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<service_definition><service_code>traffic-order</service_code><attributes><attribute><variable>true</variable><code>traffic_trouble</code><datatype>singlevaluelist</datatype>"
    b"<required>false</required><datatype_description /><order>1</order><description>What is wrong</description>"
    b"<values><value><key>signal</key><name>Signal</name></value><value><key>crossing</key><name>Crossing</name></value>"
    b"<value><key>jam</key><name>Jam</name></value><value><key>speeding</key><name>Speeding</name></value>"
    b"<value><key>heavy_lorries</key><name>Heavy lorries</name></value>"
    b"<value><key>markings</key><name>Signs and markings</name></value></values></attribute></attributes>"
    b"</service_definition>\n"
)
REQUEST = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<service_requests><request><service_request_id>{id}</service_request_id>'
    "<status>open</status><status_notes>已收到，待受理</status_notes><service_name>路灯照明</service_name>"
    "<service_code>street-light</service_code><description /><agency_responsible>示范区热线受理台</agency_responsible>"
    "<service_notice /><requested_datetime>2026-06-01T10:00:00+08:00</requested_datetime>"
    "<updated_datetime>2026-06-01T10:00:00+08:00</updated_datetime><expected_datetime /><address /><address_id />"
    "<zipcode /><lat>30.4</lat><long>123.4</long><media_url /></request></service_requests>\n"
)
FIELDS = [
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible",
    "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode",
    "lat", "long", "media_url",
]  # fmt: skip


def test_discovery_says_where_the_server_is_and_what_it_speaks(client) -> None:
    document = client.http.get("/open311/discovery.json").json()
    endpoint = document["endpoints"][0]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["url"].endswith("/open311/v2")
    assert (endpoint["type"], endpoint["formats"]) == ("test", ["text/xml", "application/json"])
    assert document["changeset"] == "2026-06-01T10:00:00+08:00"
    assert document["contact"]
    assert document["key_service"]
    tree = ElementTree.fromstring(client.http.get("/open311/discovery.xml").content)
    assert tree.tag == "discovery"
    assert [one.text for one in tree.findall("endpoints/endpoint/formats/format")] == ["text/xml", "application/json"]
    assert client.get("discovery.json").json() == document


def test_discovery_tells_what_the_settings_say(serve) -> None:
    _, client = serve(address="https://requests.district.example/", contact="021-12345", production=True)
    document = client.http.get("/open311/discovery.json").json()
    assert document["contact"] == "021-12345"
    assert document["endpoints"][0]["url"] == "https://requests.district.example/open311/v2"
    assert document["endpoints"][0]["type"] == "production"


def test_services_are_the_matters_that_a_requester_may_file(district, client) -> None:
    services = client.get("services.json").json()
    in_force = district.house.matters.in_force(NOW)
    assert [one["service_code"] for one in services] == [
        one.head.matter
        for one in in_force
        if one.mechanism is not None and "requester" in one.mechanism.steps["open"].by
    ]
    assert {"book-swap", "exam-site", "party-course"}.isdisjoint(one["service_code"] for one in services)
    lamp = next(one for one in services if one["service_code"] == "street-light")
    assert (lamp["service_name"], lamp["metadata"], lamp["type"]) == ("路灯照明", True, "realtime")
    assert lamp["keywords"].startswith("路灯, ")
    assert lamp["group"] == "示范供电公司"
    assert next(one for one in services if one["service_code"] == "noise")["group"]


def test_metadata_is_true_where_the_form_has_fields(district, client) -> None:
    for one in client.get("services.json").json():
        form = district.house.matters.mechanism_of(one["service_code"], NOW).form
        assert one["metadata"] == bool(form)
        definition = client.get(f"services/{one['service_code']}.json").json()
        assert [each["code"] for each in definition["attributes"]] == list(form)


@pytest.mark.parametrize(
    ("query", "header", "name"),
    [
        ({}, "", "路灯照明"),
        ({}, "en-GB,en;q=0.8,zh;q=0.2", "Street lights"),
        ({}, "zh;q=0.2, en;q=0.9", "Street lights"),
        ({}, "fr, de;q=0.5", "路灯照明"),
        ({}, "en;q=0, zh", "路灯照明"),
        ({}, "en;q=nonsense", "Street lights"),
        ({"locale": "en_US"}, "zh", "Street lights"),
        ({"locale": "zh-CN"}, "en", "路灯照明"),
        ({"locale": "xx"}, "en", "Street lights"),
    ],
)
def test_titles_come_in_the_language_that_is_asked_for(client, query, header, name) -> None:
    services = client.get("services.json", params=query, headers={"Accept-Language": header}).json()
    assert next(one for one in services if one["service_code"] == "street-light")["service_name"] == name


def test_a_definition_is_golden_in_xml(client) -> None:
    answer = client.get("services/traffic-order.xml", params={"locale": "en"})
    assert answer.content == DEFINITION
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"


def test_a_request_is_golden_in_both_formats(client) -> None:
    id_ = client.filed()
    answer = client.get("requests.xml")
    assert answer.content.decode() == REQUEST.format(id=id_)
    assert client.get(f"requests/{id_}.xml").content == answer.content
    (shown,) = client.get(f"requests/{id_}.json").json()
    assert list(shown) == FIELDS
    assert (shown["lat"], shown["long"], shown["description"], shown["expected_datetime"]) == (30.4, 123.4, None, None)
    assert client.get("requests.json").headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("ending", "accept", "media"),
    [
        (".xml", "application/json", "text/xml"),
        (".json", "text/xml", "application/json"),
        ("", "application/json", "application/json"),
        ("", "text/html,application/xml,application/json", "text/xml"),
        ("", "*/*", "text/xml"),
    ],
)
def test_the_ending_decides_the_format_else_what_is_accepted(client, ending, accept, media) -> None:
    for path in ("services", "requests", "discovery", "services/street-light", "services/none"):
        answer = client.get(path + ending, headers={"Accept": accept})
        assert answer.headers["content-type"] == f"{media}; charset=utf-8"


def test_pages_of_other_sites_may_read_and_nothing_is_kept(client) -> None:
    answer = client.get("services.json")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert client.http.get("/").headers["cross-origin-resource-policy"] == "same-origin"


def test_a_token_is_the_request_itself(client) -> None:
    id_ = client.filed()
    assert client.get(f"tokens/{id_}.json").json() == [{"service_request_id": id_, "token": id_}]
    tree = ElementTree.fromstring(client.get(f"tokens/{id_}.xml").content)
    assert (tree.tag, tree[0].tag, tree[0].findtext("token")) == ("service_requests", "request", id_)
    assert fault_of(client.get("tokens/nothing.xml")) == (404, 404)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("services/nothing", 404),
        ("services/book-swap", 404),
        ("requests/nothing", 404),
        ("tokens/nothing", 404),
        ("nothing", 404),
        ("requests/a/b", 404),
        ("services?jurisdiction_id=elsewhere", 404),
    ],
)
@pytest.mark.parametrize("ending", ["", ".xml", ".json"])
def test_an_error_is_a_list_of_code_and_description(serve, path, status, ending) -> None:
    _, client = serve(jurisdiction="demo.district.example")
    name, _, query = path.partition("?")
    answer = client.get(f"{name}{ending}{'?' if query else ''}{query}")
    assert fault_of(answer) == (status, status)


def test_the_districts_own_jurisdiction_is_taken_and_may_be_left_out(serve) -> None:
    _, client = serve(jurisdiction="demo.district.example")
    own = client.get("services.json", params={"jurisdiction_id": "demo.district.example"})
    assert own.json() == client.get("services.json").json()
    assert client.file(LAMP | {"jurisdiction_id": "demo.district.example"}).status_code == 200
    assert fault_of(client.file(LAMP | {"jurisdiction_id": "elsewhere"})) == (404, 404)


def test_a_call_that_no_address_takes_is_refused_in_its_format(client) -> None:
    assert fault_of(client.http.delete("/open311/v2/requests.xml")) == (405, 405)
    assert fault_of(client.http.post("/open311/v2/services.json")) == (405, 405)


def test_a_case_tells_its_promised_date_its_unit_and_its_honest_ending(district, client) -> None:
    id_ = client.filed()
    case_id = district.open(id_, "street-light")
    district.now += DAY
    district.step(case_id, "dispatch", DISPATCHER)
    (shown,) = client.get(f"requests/{id_}.json").json()
    assert (shown["status"], shown["status_notes"]) == ("open", "已派单，待签收")
    assert shown["agency_responsible"] == "示范供电公司"
    assert shown["requested_datetime"] == "2026-06-01T10:00:00+08:00"
    assert shown["updated_datetime"] == "2026-06-02T10:00:00+08:00"
    assert shown["expected_datetime"].startswith("2026-06-")
    other = client.filed(description="路灯还是不亮")
    case_id = district.open(other, "street-light")
    district.now += DAY
    district.step(case_id, "close_explained", DISPATCHER, ending="unsolved")
    (shown,) = client.get(f"requests/{other}.json", params={"locale": "en"}).json()
    assert (shown["status"], shown["status_notes"]) == ("closed", "Not resolved")
    assert shown["updated_datetime"] == "2026-06-03T10:00:00+08:00"


def test_one_that_the_desk_answers_on_the_spot_is_closed(district, client) -> None:
    id_ = client.filed()
    stream = f"request:{id_}"
    district.take(stream, "route", route="accept")
    district.take(stream, "answer", DISPATCHER, text="v:" + "0" * 32, ending="explained")
    district.take(stream, "close")
    (shown,) = client.get(f"requests/{id_}.json").json()
    assert (shown["status"], shown["status_notes"]) == ("closed", "已解释说明")
    assert client.ids(status="closed") == [id_]


def test_an_address_alone_gives_no_point(client) -> None:
    fields = {key: value for key, value in LAMP.items() if key not in HERE} | {"address_string": "和平路"}
    id_ = client.file(fields).json()[0]["service_request_id"]
    (shown,) = client.get(f"requests/{id_}.json").json()
    assert (shown["lat"], shown["long"], shown["address"]) == (None, None, None)


def test_what_the_desk_sees_has_the_requesters_choice_first(district, client) -> None:
    request = district.request(client.filed(description="这里有问题了呢"))
    assert [(one.matter, one.reasons) for one in request.candidates] == [("street-light", ("chosen",))]
    assert not request.auto
    assert DESK.unit == request.received.desk
    assert request.received.channel == "open311"


@pytest.mark.parametrize("ending", [".xml", ".json"])
@pytest.mark.parametrize(
    ("said", "ring"), [("灯杆漏电，有人触电了，快来人", ["119", "120", "110"]), ("路灯坏了三天", [])]
)
def test_the_notice_of_a_danger_says_first_whom_to_ring(client, said, ring, ending) -> None:
    for language, receipt in (("zh", "回执号"), ("en", "receipt number")):
        answer = client.file(LAMP | {"description": said}, ending, accept_language=language, idempotency_key=language)
        assert answer.status_code == 200, answer.text
        notice, _, kept = answer.text.partition(receipt)
        assert re.findall(r"(?<![0-9A-Za-z-])1[12][09](?![0-9A-Za-z-])", notice) == ring
        assert kept
