"""What is not public is not there: in no list, by no id, under no filter, in no count; and nothing personal anywhere.

A thousand requests under every matter, half over Open311 and half by phone, each of a person of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from litestar.testing import TestClient

from intake.open311.small_server import DISPATCHER, NOW, Client, District, fault_of
from sanban.intake.open311.ports import may_file
from sanban.kernel.mechanism import Mechanism
from sanban.main.copies import erase_person

REQUESTS = 1000
PUBLIC = {"street-light", "waste", "traffic-order"}
OPEN_TO_ALL = {"service_request_id", "status", "service_code", "lat", "long"}


class Told(NamedTuple):
    """A request, by its public id, and everything that must never be read in an answer: its own id among it."""

    id: str
    own: str
    matter: str
    identity: tuple[str, ...]


class Scene(NamedTuple):
    """The district after a thousand requests; `moved`: public when opened, then put under another matter."""

    district: District
    client: Client
    told: list[Told]
    moved: set[str]

    @property
    def public(self) -> set[str]:
        return {one.id for one in self.told if one.matter in PUBLIC} - self.moved


def _person(number: int) -> dict[str, str]:
    return {
        "last_name": "欧阳",
        "first_name": f"测{number:04d}",
        "phone": f"1380000{number:04d}",
        "email": f"person{number:04d}@mail.example",
        "address_string": f"和平路{number:04d}弄{number % 30 + 1}号{number:04d}室",
        "lat": f"30.40{number:04d}1",
        "long": f"123.40{number % 100:02d}777",
        "description": f"路灯坏了，我叫欧阳测{number:04d}，车牌沪A{number:05d}，身份证31010119900101{number:04d}",
    }


def _identity(person: dict[str, str], number: int) -> tuple[str, ...]:
    plain = {key: value for key, value in person.items() if key != "description"}
    return (*plain.values(), person["last_name"] + person["first_name"], f"沪A{number:05d}", f"19900101{number:04d}")


def _fields(mechanism: Mechanism) -> dict[str, Any]:
    """Answers to what a matter's form requires, as a case has them."""
    ref = "v:" + "0" * 32
    plain = {"yes_no": True, "integer": 2, "text": ref, "place": ref, "party": "firm:one"}
    fields = [one for one in mechanism.form.values() if one.required]
    return {one.name: plain.get(one.kind) or next(iter(one.choices), "") for one in fields}


def _attributes(mechanism: Mechanism) -> dict[str, str]:
    """The same as a program sends them."""
    said = {True: "yes", "v:" + "0" * 32: "楼道里"}
    return {f"attribute[{name}]": str(said.get(value, value)) for name, value in _fields(mechanism).items()}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: Any) -> Iterator[Scene]:
    district = District(tmp_path_factory.mktemp("privacy"), descriptions=True)
    mechanisms = [one.mechanism for one in district.house.matters.in_force(NOW) if one.mechanism is not None]
    mechanisms = [one for one in mechanisms if may_file(one)]
    with TestClient(district.app()) as http:
        client = Client(http, district.key)
        told, moved = [], set()
        for number in range(REQUESTS):
            district.now += 61_000_000 if number % 50 == 0 else 1_000_000
            told.append(_request(district, client, mechanisms[number // 2 % len(mechanisms)], number))
        opening = [one for number, one in enumerate(told) if number % 2]
        fields = {one.matter: _fields(one) for one in mechanisms}
        wished = [district.opening(one.id, one.matter, grid="01-001", fields=fields[one.matter]) for one in opening]
        assert [one.refused for one in district.house.ledger.submit_many(wished) if one.refused] == []
        lamps = [one for one in opening if one.matter == "street-light"]
        for one in lamps[: len(lamps) // 2]:
            district.step(district.request(one.id).case, "reclassify", matter="noise")
            moved.add(one.id)
        for one in [each for each in opening if each.matter in ("waste", "wages")][::3]:
            district.step(district.request(one.id).case, "close_explained", DISPATCHER, ending="explained")
        yield Scene(district, client, told, moved)
    district.close()


def _request(district: District, client: Client, mechanism: Mechanism, number: int) -> Told:
    person = _person(number)
    identity = _identity(person, number)
    if number % 2:
        words = {"text": person["description"], "name": "欧阳" + person["first_name"], "phone": person["phone"]}
        place = {"lon": person["long"], "lat": person["lat"], "address": person["address_string"]}
        own = district.phone(**words, **place)
        return Told(district.server.ids.outer(own), own, mechanism.matter, (*identity, own))
    district.server.pace._filed.clear()
    answer = client.file({"service_code": mechanism.matter, **person, **_attributes(mechanism)})
    assert answer.status_code == 200, answer.text
    id_ = answer.json()[0]["service_request_id"]
    own = district.own(id_)
    return Told(id_, own, mechanism.matter, (*identity, own))


def _answers(scene: Scene) -> Iterator[str]:
    """Every answer that a reader could think of asking for."""
    get = scene.client.get
    codes = sorted({one.matter for one in scene.told})
    hundreds = [[one.id for one in scene.told[at : at + 100]] for at in range(0, REQUESTS, 100)]
    for ending in ("xml", "json"):
        for query in (
            {},
            {"status": "open"},
            {"status": "closed"},
            {"service_code": ",".join(codes)},
            {"start_date": "2026-06-01", "end_date": "2026-06-30"},
            {"page_size": 100, "page": 2},
            {"locale": "en"},
            *({"service_code": code} for code in codes),
            *({"service_request_id": ",".join(ids)} for ids in hundreds),
        ):
            yield get(f"requests.{ending}", params=query).text
        for one in scene.told[::7]:
            yield get(f"requests/{one.id}.{ending}").text
            yield get(f"tokens/{one.id}.{ending}").text
        for path in ("services", "discovery", *(f"services/{code}" for code in codes)):
            yield get(f"{path}.{ending}").text


def test_no_answer_holds_a_word_of_a_person_or_a_request_that_is_not_public(scene) -> None:
    everything = "\n".join(_answers(scene))
    assert len(scene.public) > 50
    assert {one.matter for one in scene.told} > PUBLIC
    hidden = [one.id for one in scene.told if one.id not in scene.public and one.id in everything]
    assert hidden == []
    named = [word for one in scene.told for word in one.identity if word in everything]
    assert named == []
    assert "欧阳" not in everything
    assert all(one in everything for one in scene.public)


def test_the_public_list_is_exactly_the_public_requests(scene) -> None:
    assert set(scene.client.ids()) == scene.public
    shown = scene.client.get("requests.json").json()
    assert {one["service_code"] for one in shown} == PUBLIC
    assert {one["status"] for one in shown} == {"open", "closed"}
    for code in sorted({one.matter for one in scene.told} - PUBLIC):
        assert scene.client.ids(service_code=code) == []


def test_a_request_that_is_not_public_is_answered_as_one_that_never_was(scene) -> None:
    hidden = next(one for one in scene.told if one.matter == "noise")
    moved = next(iter(scene.moved))
    for name in ("requests", "tokens"):
        never = scene.client.get(f"{name}/00000000-0000-5000-8000-000000000000.json")
        for id_ in (hidden.id, moved):
            answer = scene.client.get(f"{name}/{id_}.json")
            assert fault_of(answer) == (404, 404)
            assert (answer.content, answer.headers) == (never.content, never.headers)


def test_a_hidden_id_costs_the_same_statement_as_an_unknown_one(scene) -> None:
    """Neither has a row that could be found and then filtered out: the tables hold public requests alone."""
    query = scene.district.house.reader.query
    rows = query("SELECT request FROM public_request WHERE district = :district")
    rows += query("SELECT request FROM public_filing WHERE district = :district")
    known = {one.own: one.matter for one in scene.told}
    assert {known[request] for (request,) in rows} == PUBLIC
    moved = {one.own for one in scene.told if one.id in scene.moved}
    assert moved.isdisjoint(request for (request,) in rows)


def test_no_shown_point_is_the_one_that_was_told(scene) -> None:
    shown = scene.client.get("requests.json").json()
    assert all(one.keys() >= OPEN_TO_ALL for one in shown)
    points = {(one["lat"], one["long"]) for one in shown if one["lat"] is not None}
    assert 0 < len(points) < 20
    assert all(round(part, 3) == part for point in points for part in point)


def test_descriptions_are_of_what_was_filed_here_and_redacted(scene) -> None:
    shown = {one["service_request_id"]: one["description"] for one in scene.client.get("requests.json").json()}
    by_phone = {one.id for number, one in enumerate(scene.told) if number % 2}
    assert {text for id_, text in shown.items() if id_ in by_phone} == {None}
    assert {text for id_, text in shown.items() if id_ not in by_phone} == {"路灯坏了"}


def test_without_the_setting_there_is_no_description(district, client) -> None:
    client.filed()
    assert [one["description"] for one in client.get("requests.json").json()] == [None]


def test_an_erased_person_leaves_no_description(serve) -> None:
    district, client = serve(descriptions=True)
    id_ = client.filed(phone="13800001234")
    assert client.get(f"requests/{id_}.json").json()[0]["description"] == "路灯坏了三天"
    person = district.request(id_).received.requester
    erase_person(district.house, person)
    assert client.get(f"requests/{id_}.json").json()[0]["description"] is None


@pytest.mark.parametrize("route", ["statutory", "explain", "police_clue"])
def test_a_request_that_the_desk_sends_another_way_is_no_longer_shown(district, client, route) -> None:
    id_ = client.filed()
    clue = {"officer": "officer-17", "ground": "threats", "evidence": ["v:" + "0" * 32]}
    more = clue if route == "police_clue" else {}
    district.take(f"request:{id_}", "route", route=route, **more)
    assert client.ids() == []
    assert fault_of(client.get(f"requests/{id_}.json")) == (404, 404)


def test_words_for_a_matter_that_is_not_public_hide_a_request_from_the_start(district, client) -> None:
    id_ = client.filed(description="夜间施工噪音扰民")
    assert client.ids() == []
    district.open(id_, "street-light")
    assert client.ids() == [id_]


def test_a_case_about_somebody_is_never_shown(district, client) -> None:
    id_ = client.filed()
    submission = district.opening(id_, "street-light")
    opening = submission.parts[0]
    opening.args["subjects"] = ["firm:one"]
    assert district.house.ledger.submit(submission).refused is None
    assert client.ids() == []


def test_what_was_split_off_goes_back_to_its_filing(district, client) -> None:
    id_ = client.filed()
    case_id = district.open(id_, "noise", grid="01-001")
    assert client.ids() == []
    district.take(f"request:{id_}", "unlink", case=case_id)
    assert client.ids() == [id_]


def test_the_tables_hold_what_the_ledger_says(scene) -> None:
    """`verify` folds every stream again and compares both tables; the places of forms were never said here."""
    report = scene.district.house.verify()
    assert [one for one in report.findings if one.key != "v:" + "0" * 32] == []
