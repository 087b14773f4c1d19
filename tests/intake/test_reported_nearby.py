"""What anybody sees of public cases, similar ones while filing, and "me too": an own request on the same case."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from handling.small_district import DAY, SUBJECT
from intake.alike_desk import AlikeDesk
from intake.requester_desk import Person, request_by
from intake.small_desk import Visitor, text_of
from sanban.intake.nearby.counting import MINUTE
from sanban.intake.nearby.finding import Filter
from sanban.intake.nearby.map import drawing

LAMP = "和平路12弄门口的路灯坏了三天"
LIKE_IT = "和平路12弄门口路灯坏了，晚上很黑"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[AlikeDesk]:
    opened = AlikeDesk(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def someone(desk: AlikeDesk) -> Iterator[Person]:
    with TestClient(desk.app(), raise_server_exceptions=False) as client:
        yield Person(client)


def reported(desk: AlikeDesk, enter: Callable[[str], Visitor], text: str = LAMP, **fields: str) -> str:
    """The id of a case that the desk opened for a request of somebody's; its matter is public unless told otherwise."""
    request = desk.file(text=text, grid="g1", name="司马测试", phone="13911112222", address="和平路12弄3号", title="")
    given = {"matter": "street-light", "grid": "g1"} | fields
    enter("op").decide(request, "case", **given)
    return desk.request(request).case


def private(desk: AlikeDesk, enter: Callable[[str], Visitor]) -> str:
    details = {"matter": "short-let", "stage": "details", "f-operator": SUBJECT, "f-premises": "x"}
    return reported(desk, enter, "民宿夜间噪音", **details)


def shown_on(page: Any) -> list[str]:
    return re.findall(r'name="same" value="([^"]+)"', page.text)


def test_anybody_sees_public_cases_by_list_and_map_without_a_name_or_an_exact_place(desk, enter, someone) -> None:
    reported(desk, enter)
    page = someone.client.get("/near")
    shown = text_of(page)
    assert "Street lights" in shown or "Street light" in shown
    assert "grid g1" in shown
    assert "1 case fits." in shown
    assert '<a href="/near?grid=g1"' in page.text
    for private_word in ("司马测试", "13911112222", "和平路12弄", LAMP, desk.request_ids()[0]):
        assert private_word not in page.text


def test_premises_and_party_matters_are_never_there_not_even_as_counts(desk, enter, someone) -> None:
    before = someone.client.get("/near").text
    private(desk, enter)
    reported(desk, enter, "楼上夜间噪音", matter="noise")
    after = someone.client.get("/near").text
    token = re.compile(r'name="(_csrf_token|command_id)" value="[^"]+"|nonce="[^"]+"')
    assert token.sub("", before) == token.sub("", after)
    assert desk.public.nearby.by_grid(Filter(), desk.now) == {}
    second = someone.send("/file", stage="check", text="民宿夜间噪音", street="st1")
    assert shown_on(second) == []


def test_a_public_matter_that_names_a_party_is_not_public(desk, enter) -> None:
    case = private(desk, enter)
    assert desk.case(case).subjects
    assert desk.reader.query("SELECT request FROM public_request WHERE district = :district") == []


def test_me_too_is_an_own_request_on_the_same_case_with_own_receipt_age_and_date(desk, enter, someone) -> None:
    case = reported(desk, enter)
    desk.now += 2 * DAY
    second = someone.send("/file", stage="check", text=LIKE_IT, street="st1", phone="13800005678")
    (same,) = [one for one in shown_on(second) if one]
    receipt = someone.file(text=LIKE_IT, street="st1", phone="13800005678", same=same)
    own = request_by(desk, receipt)
    first, mine = desk.case(case).requests
    assert mine.id == own
    assert mine.requester != first.requester
    assert mine.received_at - first.received_at == 2 * DAY
    assert first.promised_at is not None
    assert mine.promised_at is not None
    assert mine.promised_at > first.promised_at
    assert desk.request(own).case == case
    desk.follow()
    assert len(desk.reader.query("SELECT case_id FROM case_view WHERE district = :district")) == 1
    follow = text_of(someone.follow(receipt, "5678"))
    assert "1 other person asked for the same." in follow


def test_sent_twice_it_joins_once(desk, enter, someone) -> None:
    case = reported(desk, enter)
    page = someone.send("/file", stage="check", text=LIKE_IT, street="st1")
    sent = someone.hidden(page.text) | {"stage": "send", "text": LIKE_IT, "street": "st1", "same": shown_on(page)[0]}
    answers = [someone.client.post("/file", data=sent) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert len(desk.case(case).requests) == 2


def test_no_machine_opens_another_case_for_one_that_joined(desk, enter, someone) -> None:
    reported(desk, enter)
    desk.sure()
    desk.public = msgspec.structs.replace(desk.public, desk=desk.needs)
    page = someone.send("/file", stage="check", text=LIKE_IT, street="st1")
    own = request_by(desk, someone.file(text=LIKE_IT, street="st1", same=shown_on(page)[0]))
    assert {one.type for one in desk.reader.events(f"request:{own}")} == {"request.received", "request.linked",
                                                                          "request.routed"}  # fmt: skip


def test_who_names_a_firm_joins_nothing_before_the_desk_has_said_whom_it_is_about(desk, enter, someone) -> None:
    case = reported(desk, enter)
    page = someone.send("/file", stage="check", text=LIKE_IT, street="st1")
    own = request_by(desk, someone.file(text=f"{LIKE_IT}，安居物业不管", street="st1", same=shown_on(page)[0]))
    assert (desk.request(own).case, len(desk.case(case).requests)) == ("", 1)
    desk.follow()
    assert desk.request(own).case == ""


def test_mine_is_another_files_as_always(desk, enter, someone) -> None:
    case = reported(desk, enter)
    own = request_by(desk, someone.file(text=LIKE_IT, street="st1", same=""))
    assert desk.request(own).case == ""
    assert len(desk.case(case).requests) == 1


@pytest.mark.parametrize("same", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_an_id_that_is_none_is_refused_and_files_nothing(desk, someone, same) -> None:
    answer = someone.send("/file", stage="send", text=LIKE_IT, same=same)
    assert answer.status_code == 422
    assert "this case is closed by now" in text_of(answer)
    assert desk.reader.query("SELECT request FROM request_view WHERE district = :district") == []


def test_nobody_joins_a_private_case_by_its_id(desk, enter, someone) -> None:
    case = private(desk, enter)
    first = desk.case(case).requests[0].id
    for same in (first, case, desk.public.nearby.ids.outer(first)):
        assert someone.send("/file", stage="send", text=LIKE_IT, same=same).status_code == 422
    assert len(desk.case(case).requests) == 1


def test_the_list_is_filtered_and_paged_and_odd_filters_show_all(desk, enter, someone) -> None:
    for number in range(3):
        reported(desk, enter, f"{'甲乙丙'[number]}路路灯不亮")
    reported(desk, enter, "垃圾没人收", matter="waste")
    assert "4 cases fit." in text_of(someone.client.get("/near"))
    assert "3 cases fit." in text_of(someone.client.get("/near?matter=street-light"))
    assert "0 cases fit." in text_of(someone.client.get("/near?street=st2"))
    assert "0 cases fit." in text_of(someone.client.get("/near?status=closed"))
    assert "4 cases fit." in text_of(someone.client.get("/near?matter=short-let&grid=%27&page=999999&status=x"))
    assert [len(desk.public.nearby.cases(Filter(), desk.now, 3, offset)) for offset in (0, 3)] == [3, 1]


def test_a_case_stands_once_in_the_list_however_many_asked(desk, enter, someone) -> None:
    case = reported(desk, enter)
    second = desk.file(text=LIKE_IT, phone="13900000002", grid="g1", title="", name="", address="")
    enter("op").decide(second, "join", case=case, way="attach")
    (found,) = desk.public.nearby.cases(Filter(), desk.now, 10)
    assert found.requests == 2
    assert desk.public.nearby.by_grid(Filter(), desk.now) == {"g1": 1}


def test_whatever_is_asked_the_cases_are_counted_once_a_minute(desk, enter, monkeypatch) -> None:
    reported(desk, enter)
    reported(desk, enter, "垃圾没人收", matter="waste", grid="g2")
    read, asked = type(desk.reader).query, []
    monkeypatch.setattr(type(desk.reader), "query", lambda self, *given: asked.append(given) or read(self, *given))
    wanted = {
        Filter(): {"g1": 1, "g2": 1},
        Filter(matters=("waste",)): {"g2": 1},
        Filter(matters=("waste",), grids=("g1",)): {},
        Filter(grids=("g1", "g2"), status="open"): {"g1": 1, "g2": 1},
        Filter(status="closed"): {},
        Filter(matters=("short-let",)): {},
    }
    assert {one: desk.public.nearby.by_grid(one, desk.now) for one in wanted} == wanted
    assert len(asked) == 1
    monkeypatch.undo()
    reported(desk, enter, "乙路路灯不亮")
    desk.now += MINUTE
    assert desk.public.nearby.by_grid(Filter(), desk.now) == {"g1": 2, "g2": 1}


def test_the_map_draws_every_grid_once_with_its_count(desk) -> None:
    grids = desk.public.nearby.grids(desk.now)
    found = drawing(grids, {"g1": 7})
    assert [(one.code, one.count, one.level) for one in found.areas] == [("g1", 7, 3), ("g2", 0, 0)]
    assert all(0 <= one.x <= found.side and 0 <= one.y <= found.side for one in found.areas)
    assert drawing({}, {}).areas == ()


def test_one_address_has_so_much_looked_up_for_it_and_files_all_the_same(desk, someone) -> None:
    for _ in range(300):
        assert desk.public.looking.take(("testclient",), desk.now) == 0
    assert someone.client.get("/near").status_code == 429
    second = someone.send("/file", stage="check", text=LAMP, phone="138 0000 1234")
    assert (second.status_code, LAMP in second.text) == (429, True)
    desk.now += 60_000_000
    assert someone.client.get("/near").status_code == 200
