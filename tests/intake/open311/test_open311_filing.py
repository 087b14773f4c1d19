"""Filing over Open311: keys, places, attributes, bounds, and one answer for what is sent twice."""

from __future__ import annotations

import json

import pytest

from intake.open311.small_server import LAMP, MINUTE, fault_of
from sanban.intake.decide import digest
from sanban.intake.open311.keys import Pace
from sanban.intake.place.crs import from_wgs84
from sanban.intake.views import request_of_receipt

PRIVATE = {"last_name": "欧阳", "first_name": "测试", "phone": "13800001234", "email": "ouyang@mail.example"}


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in LAMP.items() if name not in names}


def requests_of(district) -> int:
    return district.house.reader.query("SELECT COUNT(*) FROM request_view WHERE district = :district")[0][0]


def test_what_was_told_stands_in_the_vault_and_in_no_event(district, client) -> None:
    told = PRIVATE | {"address_string": "和平路12弄3号", "media_url": "https://pictures.example/1.jpg"}
    answered = {"attribute[lamps_out]": "3", "attribute[lamp_number]": "HP-0012"}
    answer = client.file(LAMP | told | answered | {"device_id": "device-77", "account_id": "account-5"})
    (taken,) = answer.json()
    secrets = district.secrets(taken["service_request_id"])
    assert secrets["name"] == "欧阳测试"
    assert (secrets["phone"], secrets["email"]) == (PRIVATE["phone"], PRIVATE["email"])
    assert secrets["address"] == told["address_string"]
    assert json.loads(secrets["point"]) == {"lon": 1234000000, "lat": 304000000, "crs": "wgs84"}
    lines = secrets["text"].splitlines()
    assert lines == ["路灯坏了三天", "不亮盏数: 3", "灯杆编号: HP-0012", f"图片: {told['media_url']}"]
    events = "\n".join(one.payload.decode() for one in district.house.reader.since(0, 100))
    assert [
        word for word in (*told.values(), *PRIVATE.values(), "HP-0012", "device-77", "account-5") if word in events
    ] == []
    assert taken["account_id"] is None
    receipt = taken["service_notice"].split("回执号 ")[1][:10]
    inner = district.server.ids.inner(taken["service_request_id"])
    assert request_of_receipt(district.house.reader, digest(receipt)) == inner


def test_a_latin_name_is_written_as_it_is_spoken(district, client) -> None:
    id_ = client.filed(first_name="Ann", last_name="Test")
    assert district.secrets(id_)["name"] == "Ann Test"


def test_a_service_may_be_asked_for_without_a_word(district, client) -> None:
    id_ = client.file(without("description")).json()[0]["service_request_id"]
    assert district.secrets(id_)["text"] == "路灯照明"


def test_a_request_under_any_service_is_taken_and_told_whether_it_is_shown(client) -> None:
    noise = client.file(without("service_code") | {"service_code": "noise"}, locale="en").json()[0]
    assert "不对公众公开" in noise["service_notice"]
    english = client.file(LAMP | {"service_code": "noise", "locale": "en"}).json()[0]
    assert "not shown to the public" in english["service_notice"]
    assert client.ids() == []


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (without("service_code"), 400),
        (LAMP | {"service_code": "nothing"}, 404),
        (LAMP | {"service_code": "book-swap"}, 404),
        (without("lat", "long"), 400),
        (without("lat"), 400),
        (without("lat", "long") | {"address_id": "12"}, 400),
        (LAMP | {"lat": "91"}, 400),
        (LAMP | {"lat": "nan"}, 400),
        (LAMP | {"lat": "30,4"}, 400),
        (LAMP | {"lat": "1e1"}, 400),
        (LAMP | {"lat": "31.2304", "long": "121.4737"}, 400),
        (LAMP | {"lat": "0", "long": "0"}, 400),
        (LAMP | {"crs": "mercator"}, 400),
        (LAMP | {"description": "长" * 4001}, 400),
        (LAMP | {"phone": "1" * 61}, 400),
        (LAMP | {"email": "nobody"}, 400),
        (LAMP | {"media_url": "javascript:alert(1)"}, 400),
        (LAMP | {"media_url": "file:///etc/passwd"}, 400),
        (LAMP | {"attribute[nothing]": "1"}, 400),
        (LAMP | {"attribute[lamps_out]": "0"}, 400),
        (LAMP | {"attribute[lamps_out]": "three"}, 400),
        (LAMP | {"attribute[lamps_out]": "9" * 40}, 400),
        (LAMP | {"attribute[lamp_number]": "长" * 501}, 400),
        (LAMP | {"service_code": "traffic-order", "attribute[traffic_trouble]": "nothing"}, 400),
        (LAMP | {"service_code": "school-enquiry"}, 400),
        (LAMP | {"description": "长" * 30_000}, 413),
    ],
)
@pytest.mark.parametrize("ending", [".xml", ".json"])
def test_what_cannot_be_taken_is_said_and_nothing_is_written(serve, fields, status, ending) -> None:
    district, client = serve()
    answer = client.file(fields, ending)
    assert fault_of(answer) == (status, status)
    assert requests_of(district) == 0
    assert "javascript" not in answer.text


def test_a_required_attribute_names_itself_and_a_valid_answer(client) -> None:
    answer = client.file(LAMP | {"service_code": "school-enquiry"})
    assert "attribute[request_kind]" in answer.json()[0]["description"]
    assert client.file(LAMP | {"service_code": "school-enquiry", "attribute[request_kind]": "help"}).status_code == 200


def test_attributes_are_read_in_every_spelling(district, client) -> None:
    id_ = client.filed(service_code="power-outage", **{"attribute[danger]": "true", "attribute[households]": "12"})
    assert district.secrets(id_)["text"].count("是") == 1
    id_ = client.filed(service_code="traffic-order", **{"attribute[traffic_trouble][]": "signal"})
    assert district.secrets(id_)["text"].endswith("问题类型: 信号灯")


def test_ten_megabytes_are_refused_by_their_length(district, client) -> None:
    answer = client.file(LAMP | {"description": "a" * 10_000_000})
    assert fault_of(answer) == (413, 413)
    assert requests_of(district) == 0


@pytest.mark.parametrize("crs", ["gcj02", "bd09", "GCJ-02", "BD-09"])
def test_a_point_of_a_chinese_map_is_brought_to_wgs84_only_when_the_caller_says_so(district, client, crs) -> None:
    code = crs.lower().replace("-", "")
    lon, lat = from_wgs84(123.4, 30.4, code)
    sent = {"lat": f"{lat:.7f}", "long": f"{lon:.7f}"}
    point = json.loads(district.secrets(client.filed(**sent, crs=crs))["point"])
    assert point["crs"] == code
    assert abs(point["lon"] - 1_234_000_000) < 20
    assert abs(point["lat"] - 304_000_000) < 20
    unsaid = json.loads(district.secrets(client.filed(**sent))["point"])
    assert abs(unsaid["lon"] - 1_234_000_000) > 10_000


def test_a_program_needs_a_key_that_is_still_good(district, client) -> None:
    key = client.key
    client.key = ""
    assert fault_of(client.file(LAMP)) == (403, 403)
    client.key = "wrong"
    assert fault_of(client.file(LAMP)) == (403, 403)
    client.key = key
    assert client.http.post(f"/open311/v2/requests.json?api_key={key}", data=LAMP).status_code == 200
    renewed = district.server.keys.issue("city-app", district.now)
    assert fault_of(client.file(LAMP)) == (401, 401)
    client.key = renewed
    assert client.file(LAMP).status_code == 200
    assert district.server.keys.withdraw("city-app")
    assert fault_of(client.file(LAMP)) == (401, 401)
    assert not district.server.keys.withdraw("city-app")


def test_the_same_body_within_a_minute_is_one_request(district, client) -> None:
    first = client.file(LAMP | PRIVATE).json()
    for _ in range(3):
        district.now += 19_000_000
        assert client.file(LAMP | PRIVATE).json() == first
    assert requests_of(district) == 1
    assert client.file(LAMP | PRIVATE | {"description": "路灯又坏了"}).json() != first
    district.now += 2 * MINUTE
    assert client.file(LAMP | PRIVATE).json() != first
    assert requests_of(district) == 3


def test_two_keys_with_the_same_words_are_two_requests(district, client) -> None:
    first = client.filed()
    client.key = district.server.keys.issue("other-app", district.now)
    assert client.filed() != first


def test_an_idempotency_key_gives_one_answer_at_any_time(district, client) -> None:
    first = client.file(LAMP, Idempotency_Key="order 7").json()
    district.now += 40 * MINUTE
    assert client.file(LAMP, Idempotency_Key="order 7").json() == first
    assert fault_of(client.file(LAMP | {"description": "别的"}, Idempotency_Key="order 7")) == (400, 400)
    assert client.file(LAMP, Idempotency_Key="order 8").json() != first
    assert fault_of(client.file(LAMP, Idempotency_Key="x" * 201)) == (400, 400)
    assert requests_of(district) == 2


def test_a_key_files_so_often_in_a_minute_and_no_more(serve) -> None:
    district, client = serve(pace=Pace(3))
    answers = [client.file(LAMP | {"description": f"路灯坏了{count}天"}) for count in "三四五六"]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[3].headers["retry-after"] == "60"
    assert fault_of(answers[3]) == (429, 429)
    district.now += MINUTE
    assert client.file(LAMP).status_code == 200


def test_words_for_another_matter_leave_the_opening_to_a_person(district, client) -> None:
    loud = district.request(client.filed(description="夜间施工噪音扰民，路灯"))
    assert loud.candidates[0].matter == "street-light"
    assert "noise" in {one.matter for one in loud.candidates}
    assert not loud.auto
    clear = district.request(client.filed(description="街灯不亮，路灯灯不亮，没有路灯"))
    assert clear.auto


def test_files_and_json_bodies_are_refused_in_the_callers_format(client) -> None:
    upload = client.http.post("/open311/v2/requests.json", data=LAMP, files={"media": ("a.jpg", b"x", "image/jpeg")})
    assert fault_of(upload) == (400, 400)
    assert fault_of(client.http.post("/open311/v2/requests.json", json=LAMP | {"api_key": client.key})) == (403, 403)
    parts = {name: (None, value) for name, value in (LAMP | {"api_key": client.key}).items()}
    assert client.http.post("/open311/v2/requests.xml", files=parts).status_code == 200
