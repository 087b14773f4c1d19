"""Pages, API and commands of the city's orders, through the real web shell and on both stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from intake.city.city_house import DAY, DISPATCHER, OPERATOR, START, TEXT, CityHouse, handler
from intake.small_desk import Visitor, text_of
from sanban.handling.links import STREAM as LINKS
from sanban.intake.city.messages import SheetRow
from sanban.intake.city.pages import routes as city_pages
from sanban.intake.city.platform.tables import write_table
from sanban.intake.city.seeing import orders, waits
from sanban.intake.city.taking import order_id
from sanban.intake.desk.deciding import answer_on_the_spot
from sanban.kernel.errors import Refused, SanbanError
from sanban.ledger.port import Part
from sanban.main.city import commands
from sanban.main.house import open_house
from sanban.main.proving import prove
from sanban.main.serving import application

HEADERS = {"X-Sanban-Request": "1"}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CityHouse, TestClient[Any]]]:
    """A demo with a folder for its city, and its pages."""
    home = tmp_path_factory.mktemp("shown") / "home"
    made = CityHouse(home, "demo")
    made.close()
    settings = home / "sanban.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('city = ""', 'city = "city"'), encoding="utf-8")
    made.house = open_house(home, lambda: made.now)
    with TestClient(application(made.house), raise_server_exceptions=False) as client:
        yield made, client
    made.close()


@pytest.fixture
def city(shown: tuple[CityHouse, TestClient[Any]]) -> CityHouse:
    return shown[0].begin()


@pytest.fixture
def operator(shown: tuple[CityHouse, TestClient[Any]]) -> Visitor:
    return Visitor(shown[1], "operator-1")


def give_file(city: CityHouse, *lines: str) -> None:
    """The city lays a file into the inbox, and a round is made."""
    head = "类型,工单编号,时间,办理时限,内容,姓名,联系电话"
    inbox = city.house.home.folder / "city" / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / f"{city.number}-{len(lines)}.csv").write_text("\n".join((head, *lines)) + "\n", encoding="utf-8")
    city.house.exchange()
    city.house.run()
    city.house.exchange()


def one(city: CityHouse, *more: str) -> str:
    """An order from a file; the address of its page."""
    give_file(city, f"新工单,{city.number},2026-06-02 08:00:00,2026-06-05 18:00:00,{TEXT},欧阳测试,13800001234", *more)
    return f"/city/orders/{city.order().id}"


def test_the_desk_lists_orders_sees_one_and_finds_it_on_the_requests_page(city: CityHouse, operator: Visitor) -> None:
    page = one(city, f"催单,{city.number},2026-06-02 08:30:00,,再次催促,,")
    listed = text_of(operator.get("/city"))
    assert f"{city.number} urged 1 time" in listed
    assert "owed to the city" in listed
    assert 'href="/city"' in operator.get("/").text
    waiting = waits(city.needs, OPERATOR, city.now + 400 * DAY)
    assert waiting is not None
    assert 1 <= waiting.late <= waiting.count
    assert waits(city.needs, handler("street-01"), city.now) is None
    order = text_of(operator.get(page))
    for words in ("City's due time", "5 Jun 2026, 18:00", "Urged 1 time", "May be returned until"):
        assert words in order
    request = operator.get(f"/requests/{city.order().id}")
    assert f'hx-get="{page}"' in request.text
    part = operator.client.get(page, headers={"HX-Request": "true", "HX-Target": "city-order"})
    assert 'id="city-order"' in part.text
    assert "<html" not in part.text
    found = operator.client.get("/api/v1/city-orders", headers=HEADERS).json()
    assert [line["number"] for line in found["items"] if line["request"] == city.order().id] == [city.number]
    one_found = operator.client.get(f"/api/v1/city-orders/{city.order().id}", headers=HEADERS).json()
    assert (one_found["state"], one_found["urgings"], one_found["texts"]["number"]) == ("open", 1, city.number)


def test_returning_asks_for_a_ground_and_what_is_refused_is_shown_again(city: CityHouse, operator: Visitor) -> None:
    page = one(city)
    wrong = operator.post(page, f"{page}/return", ground="")
    assert wrong.status_code == 422
    assert "not written" in text_of(wrong) or "one of" in text_of(wrong)
    assert operator.post(page, f"{page}/return", ground="other_district").status_code == 303
    assert "returned to the city" in text_of(operator.get(page))
    city.house.exchange()
    (sent,) = (city.house.home.folder / "city" / "outbox").glob(f"{city.order().id}-*.csv")
    assert f"退单,{city.number}" in sent.read_text(encoding="utf-8-sig")
    again = operator.client.post(
        f"/api/v1/city-orders/{city.order().id}/return", json={"ground": "other_district"}, headers=HEADERS
    )
    assert again.status_code in (409, 422)


def test_what_is_sent_back_is_replied_to_from_the_orders_page(city: CityHouse, operator: Visitor) -> None:
    page = one(city)
    text = "已向您说明办理条件。"
    needs, request = city.needs.desk, city.request(city.number)
    assert answer_on_the_spot(needs, DISPATCHER, "explained", request, text, "explained", city.house.clock()) is None
    city.house.run()
    city.house.exchange()
    give_file(city, f"退回重办,{city.number},2026-06-02 08:40:00,,请补充现场情况,,")
    assert "请补充现场情况" in text_of(operator.get(page))
    assert "sent back" in text_of(operator.get("/city?stands=look"))
    assert operator.post(page, f"{page}/reply", text="", ending="resolved").status_code == 422
    assert operator.post(page, f"{page}/reply", text="现场已复核，正常。", ending="resolved").status_code == 303
    city.house.exchange()
    assert len(list((city.house.home.folder / "city" / "outbox").glob(f"{city.order().id}-*.csv"))) == 2
    give_file(city, *[f"催单,{city.number},2026-06-02 08:{minute}:00,,,," for minute in (50, 51, 52)])
    assert operator.post(page, f"{page}/look").status_code == 303
    assert operator.post(page, f"{page}/retry").status_code == 303


def test_the_days_page_balances_names_what_differs_and_every_number_opens_its_orders(
    city: CityHouse, shown: tuple[CityHouse, TestClient[Any]]
) -> None:
    city.go_on(DAY)
    operator = Visitor(shown[1], "operator-1")
    day = city.needs.calendar.iso(city.needs.calendar.day_of(city.now))
    give_file(city, *(f"新工单,{city.more(place)},{day} 08:00:00,,{TEXT},," for place in range(60)))
    assert "has given no list" in text_of(operator.get(f"/city/day?day={day}"))
    rows = [["工单编号", "状态"], *([city.more(place), "在办"] for place in range(59)), ["SH-ELSEWHERE", "在办"]]
    write_table(city.house.home.folder / "city" / "day" / f"{day}.xlsx", rows)
    page = operator.get(f"/city/day?day={day}&show=open")
    told = text_of(page)
    assert "60 received" in told
    assert "59 of 60 listed orders stand alike" in told
    assert f"{city.more(59)} only here" in told
    assert "SH-ELSEWHERE only in the city" in told
    assert page.text.count('href="/city/orders/') == 50 + 1
    more = operator.get(f"/city/day?day={day}&show=open&page=50")
    assert more.text.count('href="/city/orders/') == 10 + 1
    answer = operator.client.get(f"/api/v1/city-day?day={day}", headers=HEADERS).json()
    assert (answer["received"], answer["open"], answer["listed"], answer["differ"]) == (60, 60, 60, 2)
    assert operator.get("/city/day?day=never").status_code == 422
    found = commands.reconciled(city.house, day, None)
    assert (found.received, len(found.differences)) == (60, 2)
    first = orders(OPERATOR, city.needs, city.now, "open", limit=50)
    assert not isinstance(first, Refused)
    second = orders(OPERATOR, city.needs, city.now, "open", first.next)
    assert not isinstance(second, Refused)
    assert not {line.request for line in first.lines} & {line.request for line in second.lines}


def test_who_has_no_business_with_orders_sees_none_and_overseers_see_no_words(
    city: CityHouse, shown: tuple[CityHouse, TestClient[Any]]
) -> None:
    page = one(city)
    worker = Visitor(shown[1], "handler-street-01")
    assert worker.get(page).status_code in (403, 404)
    assert worker.get("/city").status_code == 403
    auditor = Visitor(shown[1], "auditor-1")
    seen = auditor.get(page)
    assert seen.status_code == 200
    for words in (city.number, TEXT, "13800001234"):
        assert words not in seen.text
    assert auditor.get("/city/orders/none").status_code == 404
    assert city_pages(city.needs)


def test_the_desk_reads_that_the_citys_point_lies_outside_the_district(city: CityHouse, operator: Visitor) -> None:
    assert city.give(city.incoming(lon="10", lat="10"), city.incoming(city.more(2))).taken == 2
    outside = "Point told by the city outside the district, left out"
    assert outside in text_of(operator.get(f"/city/orders/{city.order().id}"))
    other = order_id(city.needs, city.more(2))
    assert outside not in text_of(operator.get(f"/city/orders/{other}"))


def test_an_order_whose_case_is_about_whom_the_viewer_acts_for_is_missing_everywhere(
    city: CityHouse, operator: Visitor
) -> None:
    day = city.needs.calendar.iso(city.needs.calendar.day_of(city.now))
    give_file(city, f"新工单,{city.number},{day} 00:00:01,,{TEXT},,")
    page = f"/city/orders/{city.order().id}"
    city.open_case(matter="fire-safety", fields={"operator": "operator-party-01"})
    assert operator.get(page).status_code == 200
    link = {
        "id": "l-1",
        "kind": "agent_of",
        "source": OPERATOR.id,
        "target": "operator-party-01",
        "valid_from": city.now,
    }
    assert city.submit(DISPATCHER, Part(LINKS, "record", link)) is None
    assert operator.get(page).status_code == 404
    assert city.order().id not in operator.get("/city").text
    assert city.order().id not in operator.get(f"/city/day?day={day}&show=received").text
    assert operator.client.get(f"/api/v1/city-orders/{city.order().id}", headers=HEADERS).status_code == 404
    assert operator.post("/city", f"{page}/return", ground="other_district").status_code == 404


def test_a_file_and_a_folder_are_taken_by_command_and_twice_is_once(city: CityHouse, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(
        f"类型,工单编号,时间,内容\n新工单,{city.number},2026-06-02 08:00:00,{TEXT}\n别的,{city.number},,\n",
        encoding="utf-8",
    )
    first, second = commands.take(city.house, path), commands.take(city.house, path)
    assert (first.taken.taken, first.taken.rejected) == (1, 1)
    assert (second.taken.repeated, second.taken.rejected) == (1, 1)
    assert path.exists(), "a single file stays where it lies"
    assert first.rejects is not None
    first.rejects.unlink()
    folder = tmp_path / "elsewhere"
    (folder / "inbox").mkdir(parents=True)
    path.rename(folder / "inbox" / "orders.csv")
    taken = commands.take(city.house, folder)
    assert (taken.taken.repeated, taken.rejects) == (1, folder / "rejects")
    assert commands.reply(city.house).later == 0
    with pytest.raises(SanbanError) as raised:
        commands.take(city.house, tmp_path / "not-there.csv")
    assert raised.value.example
    with pytest.raises(SanbanError):
        commands.reconciled(city.house, "never", None)


@pytest.mark.postgres
def test_orders_are_taken_urged_replied_to_and_reconciled_on_postgresql(tmp_path: Path, postgres_database: str) -> None:
    city = CityHouse(tmp_path / "home", database_url=postgres_database).begin()
    try:
        city.give(city.incoming(due_at=START + DAY), city.incoming(city.more(1)), city.incoming(kind="urging"))
        city.open_case()
        city.close_case()
        assert city.carry().sent == 1
        page = orders(OPERATOR, city.needs, city.now, "replied")
        assert not isinstance(page, Refused)
        assert [line.urgings for line in page.lines] == [1]
        city.city.close_day("2026-06-02")
        assert city.city.sheet("2026-06-02") == (
            SheetRow(city.number, "replied"),
            SheetRow(city.more(1), "open"),
        )
        rows = city.city.sheet("2026-06-02")
        found = commands.reconcile(city.needs, "2026-06-02", city.now, rows)
        assert not isinstance(found, Refused)
        assert (found.received, found.open, found.replied, found.differences) == (2, 1, 1, ())
        assert prove(city.house).is_whole
    finally:
        city.close()
