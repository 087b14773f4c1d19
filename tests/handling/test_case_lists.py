"""Lists: by time left, keyset paged, a constant number of statements, and for each viewer only what is theirs."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handling.small_district import AGENT, DAY, HOUR, NOW, PEOPLE, SUBJECT, District, actor
from sanban.handling.projections import NO_DUE
from sanban.handling.views.keyset import Mark, mark_of
from sanban.handling.views.lists import (
    CaseList,
    Filters,
    QueuePage,
    case_list,
    case_of_number,
    lists_all,
    queue_page,
    queues_of,
)
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Stored

MOST_STATEMENTS = 10
COORDINATOR_OF_STREET = Actor("c2", "coordinator", unit="st1", unit_kind="street")


class CountingReader:
    """The district's reader, counting the statements it is asked for."""

    def __init__(self, district: District) -> None:
        self._reader = district.reader
        self.statements = 0

    def query(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[tuple[Any, ...]]:
        self.statements += 1
        return self._reader.query(sql, parameters)

    def state(self, stream: str, *, at: int | None = None) -> Any:
        self.statements += 1
        return self._reader.state(stream, at=at)

    def events(self, stream: str, *, at: int | None = None) -> list[Stored]:
        self.statements += 1
        return self._reader.events(stream, at=at)

    def since(self, position: int, limit: int) -> list[Stored]:
        self.statements += 1
        return self._reader.since(position, limit)

    def open_secrets(self, refs: Sequence[str]) -> dict[str, str]:
        self.statements += 1
        return self._reader.open_secrets(refs)


def fill_queues(district: District, folder: Path, rows: Sequence[tuple[str, int, str]]) -> None:
    """Rows (queue, due_at, case) straight into the projection, which is all that a queue page reads."""
    with closing(sqlite3.connect(folder / "ledger.db")) as store, store:
        store.execute("DELETE FROM case_queue")
        store.executemany(
            "INSERT INTO case_queue VALUES ('heping', ?, ?, ?, ?, ?, 'short-let', 'handling', 'resolve', 'st1', 'g1', "
            "?, 1, 0, 0, 0, 0, -1, '', 0)",
            [(f"case:{case}", queue, due_at, case, f"2026-{case}", NOW) for queue, due_at, case in rows],
        )
    store.close()


def pages_of(district: District, viewer: Actor, limit: int) -> list[list[str]]:
    """Case ids page by page, forward."""
    found: list[list[str]] = []
    mark: Mark | None = None
    while True:
        page = queue_page(viewer, district.reader, district.cases, now=NOW, after=mark, limit=limit)
        assert isinstance(page, QueuePage)
        found.append([row.case_id for row in page.rows])
        mark = mark_of(page.next)
        if mark is None:
            return found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("queues")
    district = District(folder)
    yield district, folder
    district.close()


DUES = st.sampled_from([NOW - DAY, NOW, NOW + HOUR, NOW + DAY, NO_DUE])


@settings(max_examples=40, deadline=None)
@given(
    own=st.lists(DUES, max_size=25),
    office=st.lists(DUES, max_size=15),
    both=st.integers(0, 15),
    limit=st.integers(1, 7),
)
def test_no_case_is_twice_or_missing_on_the_pages_of_a_queue_however_due_times_tie(
    shared: tuple[District, Path], own: list[int], office: list[int], both: int, limit: int
) -> None:
    district, folder = shared
    rows = [("st1", due, f"c{number:03d}") for number, due in enumerate(own)]
    rows += [("role:coordinator", due, f"k{number:03d}") for number, due in enumerate(office)]
    rows += [
        ("role:coordinator", NOW + number, case) for number, (_, _, case) in enumerate(rows[: min(both, len(own))])
    ]
    fill_queues(district, folder, rows)
    pages = pages_of(district, COORDINATOR_OF_STREET, limit)
    shown = [case for page in pages for case in page]
    assert sorted(shown) == sorted({case for _, _, case in rows})
    due = {case: at for queue, at, case in rows if queue == "st1"} | {
        case: at for queue, at, case in rows if queue == "role:coordinator"
    }
    assert shown == sorted(shown, key=lambda case: (due[case], case))
    assert all(len(page) == limit for page in pages[:-1])


def test_the_page_before_is_the_page_one_came_from(shared: tuple[District, Path]) -> None:
    district, folder = shared
    fill_queues(district, folder, [("st1", NOW + number // 3, f"c{number:03d}") for number in range(20)])
    viewer = actor("h1")
    pages: list[QueuePage] = []
    mark: Mark | None = None
    for _ in range(4):
        page = queue_page(viewer, district.reader, district.cases, now=NOW, after=mark, limit=6)
        assert isinstance(page, QueuePage)
        pages.append(page)
        mark = mark_of(page.next)
    assert pages[0].previous == ""
    for later, before in zip(pages[:0:-1], pages[-2::-1], strict=True):
        back = queue_page(viewer, district.reader, district.cases, now=NOW, after=mark_of(later.previous), limit=6)
        assert isinstance(back, QueuePage)
        assert back.rows == before.rows
        assert bool(back.previous) == bool(before.previous)
        assert mark_of(back.next) == mark_of(before.next)


def test_a_list_page_costs_at_most_ten_statements_however_long_it_is(shared: tuple[District, Path]) -> None:
    district, folder = shared
    counted = {}
    for length in (1, 200):
        fill_queues(district, folder, [("st1", NOW + number, f"c{number:03d}") for number in range(length)])
        for viewer in (actor("h1"), COORDINATOR_OF_STREET):
            reader = CountingReader(district)
            assert isinstance(queue_page(viewer, reader, district.cases, now=NOW), QueuePage)
            counted[viewer.id, length] = reader.statements
        reader = CountingReader(district)
        assert isinstance(case_list(actor("lead"), reader, district.cases, now=NOW), CaseList)
        counted["list", length] = reader.statements
    assert counted["h1", 1] == counted["h1", 200] == 3
    assert counted["c2", 1] == counted["c2", 200] == 5
    assert counted["list", 1] == counted["list", 200] == 2
    assert max(counted.values()) <= MOST_STATEMENTS


def test_the_queue_counts_what_is_late_and_what_is_due_within_a_day(shared: tuple[District, Path]) -> None:
    district, folder = shared
    dues = [NOW - DAY, NOW, NOW + 1, NOW + DAY, NOW + DAY + 1, NO_DUE]
    fill_queues(district, folder, [("st1", due, f"c{number}") for number, due in enumerate(dues)])
    page = queue_page(actor("h1"), district.reader, district.cases, now=NOW)
    assert isinstance(page, QueuePage)
    assert (page.counts.total, page.counts.late, page.counts.soon, page.counts.more) == (6, 2, 2, False)
    assert [row.late for row in page.rows] == [True, True, False, False, False, False]
    assert [row.left is None for row in page.rows] == [False] * 5 + [True]


def test_counting_stops_at_a_thousand_and_says_so(shared: tuple[District, Path]) -> None:
    district, folder = shared
    fill_queues(district, folder, [("st1", NOW + number, f"c{number:05d}") for number in range(1002)])
    page = queue_page(actor("h1"), district.reader, district.cases, now=NOW)
    assert isinstance(page, QueuePage)
    assert (page.counts.total, page.counts.more) == (1000, True)


@pytest.mark.parametrize(
    ("viewer", "queues"),
    [
        (actor("op"), ("desk",)),
        (actor("h1"), ("st1",)),
        (actor("pm"), ("firm",)),
        (actor("ver"), ("role:verifier",)),
        (actor("coord"), ("role:coordinator",)),
        (COORDINATOR_OF_STREET, ("role:coordinator", "st1")),
        (Actor("d", "dispatcher", "centre", "", "centre"), ("centre", "desk")),
        (actor("lead"), ()),
        (actor("aud"), ()),
        (Actor("x", "handler"), ()),
        (Actor("r", "requester", party="person:1", unit="st1"), ()),
    ],
)
def test_a_viewer_works_from_their_offices_queue_and_their_units(
    viewer: Actor, queues: tuple[str, ...], district: District
) -> None:
    assert queues_of(viewer, district.cases) == queues


def test_one_without_a_queue_is_refused(district: District) -> None:
    page = queue_page(actor("lead"), district.reader, district.cases, now=NOW)
    assert isinstance(page, Refused)
    assert page.reason == "not_permitted"


@pytest.mark.parametrize("limit", [0, 201])
def test_a_page_of_too_many_rows_is_refused(district: District, limit: int) -> None:
    for page in (
        queue_page(actor("h1"), district.reader, district.cases, now=NOW, limit=limit),
        case_list(actor("lead"), district.reader, district.cases, now=NOW, limit=limit),
    ):
        assert isinstance(page, Refused)
        assert page.reason == "bad_limit"


@pytest.mark.parametrize(
    "text", ["", "after", "after~x~c", "after~12~", "sideways~12~c", f"after~{10**19}~c", "after~--1~c"]
)
def test_what_is_no_mark_is_the_first_page(text: str) -> None:
    assert mark_of(text) is None


@given(at=st.integers(-(2**62), 2**62), case_id=st.from_regex(r"\A[A-Za-z0-9_.:\-]{1,96}\Z"), back=st.booleans())
def test_a_mark_reads_back(at: int, case_id: str, back: bool) -> None:
    mark = Mark(at, case_id, back)
    assert mark_of(str(mark)) == mark


def test_staff_of_the_centre_list_every_case_and_others_their_own_units(district: District) -> None:
    here, there = district.open_case(grid="g1"), district.open_case(grid="g2")
    for case_id in (here, there):
        district.took("disp", case_id, "dispatch")
    listed = {}
    for name in PEOPLE:
        page = case_list(actor(name), district.reader, district.cases, now=district.now)
        listed[name] = None if isinstance(page, Refused) else {row.case_id for row in page.rows}
    centre = ("op", "op2", "disp", "ver", "coord", "lead", "aud", "own")
    assert listed == {
        **{name: {here, there} for name in centre},
        **{name: {here} for name in ("h1", "gl")},
        "h2": {there},
        "cop": set(),
        "team": set(),
        "pm": None,
    }
    assert {name for name in PEOPLE if lists_all(actor(name))} == set(centre)


def test_asking_for_another_units_cases_is_refused(district: District) -> None:
    page = case_list(actor("h1"), district.reader, district.cases, Filters(unit="st2"), now=NOW)
    assert isinstance(page, Refused)
    assert page.reason == "not_permitted"


def test_cases_are_listed_newest_first_and_by_filters(district: District) -> None:
    ids = []
    for grid in ("g1", "g2", "g1"):
        ids.append(district.open_case(grid=grid))
        district.pass_time(HOUR)
    district.took("disp", ids[0], "dispatch")
    district.took("disp", ids[1], "close_explained", ending="explained")

    def listed(**filters: str) -> list[str]:
        page = case_list(actor("lead"), district.reader, district.cases, Filters(**filters), now=district.now)
        assert isinstance(page, CaseList)
        return [row.case_id for row in page.rows]

    assert listed() == ids[::-1]
    assert listed(state="dispatched") == [ids[0]]
    assert listed(open="no") == [ids[1]]
    assert listed(open="yes", matter="short-let") == [ids[2], ids[0]]
    assert listed(unit="desk", open="yes") == [ids[2]]
    assert listed(matter="noise") == []


def test_a_case_is_found_by_its_number(district: District) -> None:
    case_id = district.open_case()
    number = district.case(case_id).number
    viewer = actor("lead")
    assert case_of_number(viewer, district.reader, district.cases, number, NOW) == case_id
    assert case_of_number(viewer, district.reader, district.cases, "2026-999999", NOW) == ""


@pytest.mark.parametrize("party", [SUBJECT, AGENT.party], ids=["the subject", "its agent"])
@pytest.mark.parametrize("role", ["leader", "coordinator", "auditor"])
def test_a_case_about_the_viewer_stands_in_none_of_their_lists(district: District, party: str, role: str) -> None:
    about, other = district.open_case(), district.open_case(subject=False)
    viewer = Actor("x", role, "centre", party, "centre")
    found = case_list(viewer, district.reader, district.cases, now=district.now)
    assert isinstance(found, CaseList)
    assert {row.case_id for row in found.rows} == {other}
    number = district.case(about).number
    assert case_of_number(viewer, district.reader, district.cases, number, district.now) == ""
    desk = queue_page(Actor("y", "operator", "desk", party, "desk"), district.reader, district.cases, now=district.now)
    assert isinstance(desk, QueuePage)
    assert {row.case_id for row in desk.rows} == {other}
    assert desk.counts.total == 1
