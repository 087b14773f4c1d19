"""The same answers from either store, and the desk's side of what was filed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from intake.open311.small_server import DESK, DISPATCHER, Client, District
from sanban.intake.desk.seeing import request_view


def lived(serve: Callable[..., tuple[District, Client]], **told: Any) -> list[list[dict[str, Any]]]:
    """A few requests in all states, and every kind of list over them; ids apart, they say the same each time."""
    district, client = serve(descriptions=True, **told)
    first = client.filed()
    district.now += 1_000_000
    second = client.filed(service_code="waste", description="垃圾满了")
    client.filed(service_code="noise", description="很吵")
    district.now += 1_000_000
    client.filed(service_code="traffic-order", description="信号灯损坏")
    district.open(first, "street-light", grid="01-001")
    district.step(district.open(second, "waste", grid="01-002"), "close_explained", DISPATCHER, ending="unsolved")
    queries: list[dict[str, str]] = [
        {},
        {"status": "open"},
        {"status": "closed"},
        {"service_code": "waste,street-light"},
        {"page_size": "1", "page": "2"},
        {"service_request_id": f"{first},{second}"},
        {"start_date": "2026-06-01T10:00:02+08:00"},
        {"end_date": "2026-05-01"},
    ]
    answers = [client.get("requests.json", params=query).json() for query in queries]
    assert district.house.verify().is_whole
    return [[{**one, "service_request_id": ""} for one in answer] for answer in answers]


@pytest.mark.postgres
def test_both_stores_answer_alike(serve, tmp_path, postgres_database) -> None:
    ours = lived(serve)
    (tmp_path / "home").rename(tmp_path / "first")
    assert lived(serve, database_url=postgres_database) == ours
    assert [len(answer) for answer in ours] == [3, 2, 1, 2, 1, 2, 1, 0]


def test_the_desk_sees_all_that_was_told_and_where_the_choice_came_from(district, client) -> None:
    id_ = client.filed(email="ouyang@mail.example", first_name="测试", last_name="欧阳")
    seen = request_view(DESK, district.server.needs, district.request(id_), district.now)
    assert seen is not None
    assert seen.texts is not None
    assert (seen.texts.email, seen.texts.name, seen.channel) == ("ouyang@mail.example", "欧阳测试", "open311")
    assert (seen.suggestions[0].matter, seen.suggestions[0].words) == ("street-light", ("chosen",))


def tables_of(district: District) -> list[list[tuple[Any, ...]]]:
    """Every row of the public tables."""
    query = district.house.reader.query
    tables = ("public_request", "public_filing")
    return [sorted(query(f"SELECT * FROM {table} WHERE district = :district")) for table in tables]


def test_rebuilding_gives_the_same_public_list(district, client) -> None:
    ids = [client.filed(), client.filed(service_code="waste", description="垃圾满了")]
    district.open(ids[0], "street-light")
    before = client.get("requests.json").json()
    rows = tables_of(district)
    district.house.rebuild()
    district.house.ledger.reach()
    assert tables_of(district) == rows
    assert len(before) == 2
