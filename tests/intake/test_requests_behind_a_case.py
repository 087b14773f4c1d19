"""A request that disputes a case, or was split off from one, is missing for whom that case is missing.

`op-agent` works at the desk and acts for the party that the case is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from handling.small_district import SUBJECT
from intake.requester_desk import RequesterDesk
from intake.small_desk import AGENT, Visitor
from sanban.columnar.session import duckdb_session, table_of
from sanban.columnar.snapshot import follow
from sanban.intake.desk.alike import Visible
from sanban.intake.desk.gathering import NOTHING_WAITS, gather
from sanban.intake.desk.seeing import queue, request_view
from sanban.intake.desk.waiting import waits
from sanban.intake.facts import request_layout
from sanban.intake.ports import Needs
from sanban.packs.figures.vocabulary import REQUESTS

PHONE = "13800001234"
HEADERS = {"X-Sanban-Request": "1"}


@pytest.fixture
def enter(district: RequesterDesk) -> Iterator[Callable[[str], Visitor]]:
    with ExitStack() as stack:
        yield lambda name: Visitor(stack.enter_context(TestClient(district.app(), raise_server_exceptions=False)), name)


def opened(district: RequesterDesk, operator: Visitor) -> str:
    """A case about the subject; its id."""
    request = district.file(phone="13900000002")
    details = {"f-operator": SUBJECT, "f-premises": "x"}
    operator.decide(request, "case", matter="short-let", street="st1", stage="details", **details)
    return district.request(request).case


def disputing(district: RequesterDesk, _operator: Visitor, case: str) -> str:
    return district.file(disputes=case)


def split_off(district: RequesterDesk, operator: Visitor, case: str) -> str:
    request = district.file()
    assert operator.decide(request, "join", case=case).status_code == 303
    page = f"/requests/{request}"
    assert operator.post(page, f"{page}/split", case=case).status_code == 303
    assert district.request(request).case == ""
    return request


@pytest.mark.parametrize("behind", [disputing, split_off])
def test_it_is_missing_for_who_acts_for_the_subject_and_nobody_else(
    district: RequesterDesk, enter: Callable[[str], Visitor], behind: Callable[..., str]
) -> None:
    operator, agent = enter("op"), enter(AGENT.id)
    case = opened(district, operator)
    request = behind(district, operator, case)
    number = district.request(request).received.number
    path = f"/requests/{request}"
    assert number in operator.get(path).text
    assert agent.get(path).status_code == 404
    assert agent.client.get(f"/api/v1{path}", headers=HEADERS).status_code == 404
    assert request not in agent.get("/requests").text
    listed = agent.client.get("/api/v1/requests", headers=HEADERS)
    assert (listed.status_code, request in listed.text) == (200, False)
    assert agent.post("/ask", "/ask", by=PHONE).status_code == 422
    assert number in operator.post("/ask", "/ask", by=PHONE).text
    assert _counted(district.needs, district, AGENT.id) == (0, 0)
    assert _counted(district.needs, district, "op") == (1, 1)


@pytest.mark.parametrize("behind", [disputing, split_off])
def test_it_is_in_no_sum_of_who_is_barred_from_the_case(
    district: RequesterDesk, enter: Callable[[str], Visitor], tmp_path: Path, behind: Callable[..., str]
) -> None:
    operator = enter("op")
    case = opened(district, operator)
    request = behind(district, operator, case)
    folder = tmp_path / "facts"
    facts = follow(folder, district.reader, (request_layout(lambda _grid, _at: ""),))
    for without, seen in (((), True), ((case,), False)):
        with duckdb_session(folder, facts, without=without) as session:
            parts = session.rows(table_of(REQUESTS).select("part"))
        assert ((request,) in parts) == seen


@pytest.mark.parametrize("behind", [disputing, split_off])
def test_who_is_barred_from_it_decides_nothing_of_it(
    district: RequesterDesk, enter: Callable[[str], Visitor], behind: Callable[..., str]
) -> None:
    operator, agent = enter("op"), enter(AGENT.id)
    case = opened(district, operator)
    request = behind(district, operator, case)
    before = district.request(request)
    forms = {
        "answer": {"text": "已说明", "ending": "explained"},
        "case": {"matter": "noise", "street": "st1"},
        "route": {"route": "other_level"},
    }
    for step, form in forms.items():
        assert agent.post("/requests", f"/requests/{request}/{step}", **form).status_code == 404
    together = gather(district.needs, AGENT, district.command_id(), [request], "noise", "", district.now)
    assert together == NOTHING_WAITS
    assert Visible(district.needs, AGENT, district.now).request(request) is None
    assert district.request(request) == before


def test_the_own_case_of_a_request_that_was_split_off_is_about_the_same_party(
    district: RequesterDesk, enter: Callable[[str], Visitor]
) -> None:
    operator = enter("op")
    request = split_off(district, operator, opened(district, operator))
    assert request_view(AGENT, district.needs, district.request(request), district.now) is None
    operator.decide(request, "case", matter="noise", street="st1")
    assert district.case(district.request(request).case).subjects == {SUBJECT}
    assert request_view(AGENT, district.needs, district.request(request), district.now) is None


def test_a_case_that_a_dispute_opens_is_about_the_same_party(
    district: RequesterDesk, enter: Callable[[str], Visitor]
) -> None:
    operator = enter("op")
    request = disputing(district, operator, opened(district, operator))
    operator.decide(request, "case", matter="noise", street="st1")
    case = district.request(request).case
    assert district.case(case).subjects == {SUBJECT}
    assert not district.needs.joins.sees(AGENT, case, district.now)
    assert district.needs.joins.sees(district.people["op"], case, district.now)


def _counted(needs: Needs, district: RequesterDesk, who: str) -> tuple[int, int]:
    """What the front page and the queue count."""
    waiting: Any = waits(needs, district.people[who], district.now)
    page: Any = queue(district.people[who], needs, district.now)
    return waiting.count, len(page.lines)
