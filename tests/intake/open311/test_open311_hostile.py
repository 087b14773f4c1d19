"""Whatever is sent, the answer is one of the standard's, in its format, and never a failure of ours."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from intake.open311.small_server import HERE, LAMP, MINUTE, Client, District, fault_of
from sanban.intake.open311.formats import written
from sanban.intake.open311.keys import Pace
from sanban.intake.public.allowance import Allowance

SEVERAL = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
NASTY = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "]]><!--",
        '"><img src=x onerror=alert(1)>',
        '=HYPERLINK("http://evil")',
        "+cmd|' /C calc'!A0",
        "' OR '1'='1",
        "../../etc/passwd",
        "%00",
        "\u202e\ufeff\u200d",
        "\x01\x08\x1f",
        "&amp;&lt;<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
        "é" * 500,
        "1e309",
        "-0",
        "٣٤",
        "nan",
    ]
)
TEXTS = st.one_of(NASTY, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
QUERY_NAMES = st.sampled_from(
    ["service_request_id", "service_code", "start_date", "end_date", "status", "page", "page_size", "jurisdiction_id",
     "locale", "extensions", "api_key"]
)  # fmt: skip
FORM_NAMES = st.sampled_from(
    ["service_code", "lat", "long", "address_string", "address_id", "description", "email", "phone", "first_name",
     "last_name", "media_url", "device_id", "account_id", "crs", "jurisdiction_id", "locale", "attribute[lamps_out]",
     "attribute[lamp_number]", "attribute[]", "attribute[[]]", "attribute"]
)  # fmt: skip
PATHS = st.sampled_from(["services", "requests", "services/{}", "requests/{}", "tokens/{}", "{}", "discovery"])
ENDINGS = st.sampled_from(["", ".xml", ".json", ".csv", ".", ".XML"])


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: Any) -> Iterator[tuple[District, Client]]:
    district = District(tmp_path_factory.mktemp("hostile"), pace=Pace(10_000), descriptions=True)
    with TestClient(district.app(), raise_server_exceptions=False) as http:
        yield district, Client(http, district.key)
    district.close()


def check(answer: Any, sent: str = "") -> None:
    """One of the standard's answers, whole, in one format, and without a trace."""
    assert answer.status_code in {200, 400, 401, 403, 404, 405, 413, 429}, (answer.status_code, answer.text[:300])
    kind = answer.headers["content-type"]
    assert kind in {"text/xml; charset=utf-8", "application/json; charset=utf-8"}, (kind, answer.request.url)
    body = answer.content.decode("utf-8")
    assert "Traceback" not in body
    if "json" in kind:
        json.loads(body)
    else:
        assert body.startswith('<?xml version="1.0" encoding="UTF-8"?>')
        ElementTree.fromstring(body)
    if answer.status_code != 200:
        assert fault_of(answer) == (answer.status_code, answer.status_code)
    if "<" in sent:
        assert sent not in body


@SEVERAL
@given(path=PATHS, ending=ENDINGS, name=TEXTS, query=st.dictionaries(QUERY_NAMES, TEXTS, max_size=4), language=NASTY)
def test_no_address_and_no_query_breaks_reading(open_server, path, ending, name, query, language) -> None:
    _, client = open_server
    address = path.format(quote(name, safe="")) + ending
    header = language.encode("ascii", "ignore").decode().translate(dict.fromkeys(range(32)))
    check(client.get(address, params=query, headers={"Accept-Language": header}), name)


@SEVERAL
@given(fields=st.dictionaries(FORM_NAMES, TEXTS, max_size=8), ending=ENDINGS, whole=st.booleans())
def test_no_form_breaks_filing(open_server, fields, ending, whole) -> None:
    _, client = open_server
    sent = (LAMP if whole else {}) | fields
    check(client.file(sent, ending if ending in ("", ".xml", ".json") else ""), fields.get("description", ""))


@SEVERAL
@given(
    body=st.binary(max_size=300),
    kind=st.sampled_from(
        [
            "application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded; charset=gbk",
            "application/json",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "text/xml",
            "",
            "nonsense",
        ]
    ),
)
def test_no_body_breaks_filing(open_server, body, kind) -> None:
    _, client = open_server
    check(client.http.post("/open311/v2/requests.xml", content=body, headers={"Content-Type": kind}))


def test_a_body_in_another_encoding_is_refused_or_read_but_never_fails(open_server) -> None:
    district, client = open_server
    for encoding in ("gbk", "utf-16", "big5"):
        raw = "&".join(f"{name}={quote(value.encode(encoding, 'replace'))}" for name, value in LAMP.items())
        body = f"api_key={client.key}&{raw}".encode()
        headers = {"Content-Type": f"application/x-www-form-urlencoded; charset={encoding}"}
        check(client.http.post("/open311/v2/requests.json", content=body, headers=headers))
    assert district.house.verify().is_whole


@SEVERAL
@given(said=TEXTS)
def test_markup_and_formulas_come_out_nowhere(open_server, said) -> None:
    _, client = open_server
    answer = client.file({"service_code": "waste", **HERE, "description": f"垃圾满了\n{said}"})
    check(answer)
    if answer.status_code == 200:
        shown = client.get(f"requests/{answer.json()[0]['service_request_id']}.xml")
        if shown.status_code == 200:
            assert ElementTree.fromstring(shown.content)[0].findtext("description") in ("垃圾满了", "", None)


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
        lambda inner: st.dictionaries(st.sampled_from(["service_code", "description", "lat"]), inner, max_size=3),
        max_leaves=6,
    )
)
def test_both_formats_say_the_same(value: Any) -> None:
    """Every text survives in both, but for signs that XML cannot hold, which are in neither."""
    way_xml = written("errors", [{"description": value}], "xml").content
    way_json = written("errors", [{"description": value}], "json").content
    tree = ElementTree.fromstring(way_xml)
    texts = [one.text for one in tree.iter() if one.text]
    said: list[str] = []

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            for inner in part.values():
                walk(inner)
        elif isinstance(part, list):
            for inner in part:
                walk(inner)
        elif part is not None and part != "":
            said.append({True: "true", False: "false"}[part] if isinstance(part, bool) else str(part))

    walk(msgspec.json.decode(way_json))
    assert texts == [one.replace("\r\n", "\n").replace("\r", "\n") for one in said]


def test_a_failure_of_ours_is_told_in_the_format_with_a_reference(open_server, monkeypatch) -> None:
    district, client = open_server
    monkeypatch.setattr(type(district.house.reader), "query", lambda *_: 1 // 0)
    for ending, media in ((".xml", "text/xml"), (".json", "application/json")):
        answer = client.get(f"requests{ending}")
        assert (answer.status_code, answer.headers["content-type"]) == (500, f"{media}; charset=utf-8")
        assert "reference" in answer.text
        assert "ZeroDivision" not in answer.text


def test_one_address_reads_so_often_and_others_go_on_reading(district, client) -> None:
    district.server = msgspec.structs.replace(district.server, reading=Allowance(3, MINUTE))
    with TestClient(district.app()) as http:
        paths = ("requests.json", f"requests/{uuid4()}.json", f"tokens/{uuid4()}.json", "requests.json")
        codes = [http.get(f"/open311/v2/{path}").status_code for path in paths]
        assert codes == [200, 404, 404, 429]
        assert http.get("/open311/v2/services.json").status_code == 200
        district.now += MINUTE
        assert http.get("/open311/v2/requests.json").status_code == 200


@pytest.mark.parametrize(
    ("page", "size", "status"), [(50, 1000, 200), (51, 1000, 400), (50_000, 1, 200), (50_001, 1, 400)]
)
def test_pages_reach_so_far_back_whatever_their_size(client, page: int, size: int, status: int) -> None:
    answer = client.get("requests.json", params={"page": page, "page_size": size})
    assert answer.status_code == status
