"""Nobody is told who asked unless they may know: every output of the product, read by everybody, on a thousand cases.

The outputs are those of the application's own router, so a new route is read as soon as it is there; one whose address
names something that is not known here fails the test. Each of the thousand cases is read by the firm's manager and by
somebody else in turn, in every way in turn; some of every kind are read by everybody in every way. What each may see is
written down here by hand, apart from the code that decides it.

`make prove` reads every case in every way.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import logging
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
import structlog
from litestar import Litestar

from privacy.reading import Apart, Reader, Said, running_apart
from privacy.scene import (
    BEGAN,
    CAMERA,
    CASES,
    FIRM,
    LET,
    NO_TEXT,
    OPERATOR_PARTY,
    Scene,
    Told,
    is_ordered,
    leaks_in,
)
from privacy.surroundings import around
from sanban.handling.views import case as case_view
from sanban.kernel.errors import SanbanError
from sanban.main.lending.views import views
from sanban.main.serving import application
from sanban.main.showing import show_case
from sanban.main.status import status
from sanban.main.surfaces.open311 import server_of
from sanban.web.access.sessions import Sessions

PROVES = bool(os.environ.get("SANBAN_PROVE"))
NOBODY, MANAGER, OPERATOR, LEADING = "", "manager-anjia", "operator-1", "handler-street-01"

EVERYTHING = frozenset(
    {"name", "phone", "tail", "address", "text", "plate", "identity", "mail", "file", "note", "number"}
)
SEES = {
    OPERATOR: EVERYTHING,
    "dispatcher-1": EVERYTHING,
    "coordinator-1": EVERYTHING,
    "verifier-1": frozenset({"address"}),
    "auditor-1": frozenset({"tail"}),
}
"""What an office may be told of every case that is not about it; whoever is not named is told nothing.

The coordinator sees numbers masked, and reads the words, in which the person gives them. The grid worker and the grid
leader, who do the lead's task at the street's word, are told what to do, and no more of the person than anybody.
"""
ABOUT = {OPERATOR: {LET}, MANAGER: {FIRM, OPERATOR_PARTY}, "auditor-1": {FIRM, OPERATOR_PARTY}}
"""Parties that an account is, acts for or belongs to."""

SILENT = frozenset(
    {"/static/{name}", "/healthz", "/sign-out", "/sign-in/demo", "/findings/worker.js", "/shift/worker.js"}
)
"""Addresses that tell of nobody: files of the program, its health, coming and going."""
CARRIES = {
    "/visits/{visit}": "密语",
    "/api/v1/visits/{visit_id}": "密语",
    "/meetings/{meeting_id}/attachments/{file_id}": "JFIF",
    "/api/v1/meetings/{meeting_id}/attachments/{file_id}": "JFIF",
    "/city/day": "SH2026-",
    "/api/v1/city-day": "SH2026-",
    "/city/orders/{request_id}": "密语",
    "/api/v1/city-orders/{request_id}": "密语",
    "/shift/cases/{case_id}": "检修路灯线路",
    "/projects/{project_id}": "{blocker}",
    "/api/v1/projects/{project_id}": "{blocker}",
    "/revisions/{revision_id}": '">2026-000',
    "/revisions/{revision_id}/replayed": '">2026-000',
    "/api/v1/revisions/{revision_id}": '"number":"2026-000',
    "/api/v1/revisions/{revision_id}/replayed": '"number":"2026-000',
    "/periods/{period}": "/periods/{period}/in_time/street-01",
    "/api/v1/periods/{period}": '"unit":"street-01"',
    "/periods/{period}/{figure}/{unit}": "2026-000",
    "/api/v1/periods/{period}/{figure}/{unit}": "2026-000",
}
"""What an address has told somebody in the end: the content in which a leak would stand."""
SCORED = re.compile("(/api/v1)?/(scorecard|periods)")
MORE = {
    "/cases/{case_id}": ({"at": str(BEGAN + 3_600_000_000)}, {"lang": "en"}),
    "/notices": ({"case": "CASE"}, {"state": "waiting"}, {"state": "sent"}),
    "/city/day": ({"day": "2026-06-07"}, {"day": "2026-06-07", "show": "open"}),
    "/api/v1/city-day": ({"day": "2026-06-07"},),
    "/revisions/{revision_id}/replayed": ({"as": "kept", "of": "cases"},),
    "/api/v1/revisions/{revision_id}/replayed": ({"as": "kept", "of": "cases"},),
    "/api/v1/notices": ({"case": "CASE"}, {"stands": "waiting"}),
    "/cases/{case_id}/attachments/{file_id}": ({"download": "yes"},),
    "/open311/v2/requests/{id}": ({"extensions": "true"},),
    "/api/v1/yearly": ({"year": "2026"},),
    "/api/v1/yearly/cases": ({"year": "2026", "matter": "MATTER"},),
    "/api/v1/ratings/units/{unit}": ({"year": "2026"},),
}
"""Further ways to ask for a page. CASE: the case's id; MATTER: its matter."""
FORM = {
    "words": "",
    "note": "",
    "receipt": "ABCDE23456",
    "tail": "0017",
    "number": "17",
    "text": "路灯不亮",
    "stage": "check",
}
"""What is sent to every form: too little to do much, enough to be shown it again."""


OF_A_CASE = re.compile(r"\{(case_id|request_id|id)\}")
"""What else an address may name is the same for every case."""


ADDING_UP = ("/scorecard", "/overview")
ADDING_UP_READERS = (NOBODY, MANAGER, "auditor-1", "leader-1", LEADING)
"""Pages that add up everything cost most: whom the firm binds and one of each kind read them; all with `make prove`."""


class Output(NamedTuple):
    """An address of the router, and how it is asked for."""

    method: str
    path: str

    @property
    def is_of_a_case(self) -> bool:
        return OF_A_CASE.search(self.path) is not None and self.method == "GET"


def outputs_of(app: Litestar) -> list[Output]:
    """Everything that answers, but for what tells of nobody."""
    found = {
        Output(method, str(route.path_format))  # type: ignore[attr-defined]  # every route here is HTTP
        for route in app.routes
        for method in getattr(route, "methods", ())
        if method in ("GET", "POST")
    }
    return sorted(one for one in found if one.path not in SILENT and "openapi" not in one.path)


class Place:
    """The deployment, its readers, what they were told, and what they should not have been: `leaks`."""

    def __init__(self, folder: Path, apart: Apart, cases: int = CASES) -> None:
        self.scene = Scene(folder, cases)
        self.app = application(self.scene.house)
        self.outputs = outputs_of(self.app)
        sessions = Sessions(folder)
        accounts = (NOBODY, *self.scene.people)
        self.readers = {one: Reader(self.app, sessions, one, self.scene.now, apart) for one in accounts}
        self.public = server_of(self.scene.house).ids
        self.around = around(self.scene)
        self.answered: Counter[Output] = Counter()
        self.carried: set[str] = set()
        self.leaks: set[tuple[str, str, str, int]] = set()
        self.told: Counter[str] = Counter()

    def may_see(self, account: str, told: Told) -> frozenset[str]:
        """By hand: what this account may be told of this request's person."""
        if ABOUT.get(account, set()) & set(told.subjects):
            return frozenset()
        if account == LEADING:
            return EVERYTHING if told.lead == "street-01" else frozenset()
        return SEES.get(account, frozenset())

    def read(self, output: Output, account: str, told: Told, pages: int = 1) -> None:
        """Asks for an output in all its ways, and judges what comes back."""
        marked = CARRIES.get(output.path, "").format(**self.around)
        for path, query in self._ways(output, told):
            for said in self._answers(output, self.readers[account], path, query, pages):
                assert said.status < 500, (output, account, said.status)
                text = said.text
                if said.status < 300:
                    self.answered[output] += 1
                    self.carried |= {output.path} if marked and marked in text else set()
                self.judge(f"{output.method} {output.path}", account, text, said.body)

    def judge(self, output: str, account: str, text: str, body: bytes = b"") -> None:
        """Notes every string that the account may not see."""
        if CAMERA in body or CAMERA.decode() in text:
            self.leaks.add((output, account, "camera", -1))
        for kind, number in leaks_in(text):
            self.told[account] += 1
            if number >= len(self.scene.told) or kind not in self.may_see(account, self.scene.told[number]):
                self.leaks.add((output, account, kind, number))

    def _ways(self, output: Output, told: Told) -> Iterator[tuple[str, dict[str, str]]]:
        """The addresses with ids in them, and what is asked. Raises KeyError for one that names something else."""
        values = {"CASE": told.case, "MATTER": told.matter}
        for unit in ("all", "street-01") if "/periods/" in output.path and "{unit}" in output.path else ("street-01",):
            path = re.sub(
                r"\{(\w+)\}",
                lambda found, unit=unit: unit if found[1] == "unit" else self._id(found[1], output.path, told),
                output.path,
            )
            yield path, {}
            for query in MORE.get(output.path, ()) if output.method == "GET" else ():
                yield path, {name: values.get(value, value) for name, value in query.items()}

    def _id(self, name: str, path: str, told: Told) -> str:
        match name:
            case "case_id":
                return told.case or "none"
            case "request_id" | "notice_id" | "link_id":
                return told.request
            case "id":
                return f"{told.matter if '/services/' in path else self.public.outer(told.request)}.json"
            case "clock_id":
                return self.scene.case(told.case).clocks[0].id if told.case else "none"
            case "file_id":
                return self._file(path, told)
            case "step":
                return ("note", "unmask", "finish", "reword", "message")[told.number % 5]
            case "account":
                return LEADING
            case "figure":
                return "in_time" if "/periods/" in path else "contact_confirmed" if SCORED.match(path) else "contacted"
        return self.around[name]

    def _file(self, path: str, told: Told) -> str:
        if "{finding_id}" in path:
            return self.around["photo"]
        if "{meeting_id}" in path:
            return self.around["minutes"]
        return self.scene.files.get(told.case if "{case_id}" in path else told.request, "none")

    def _answers(self, output: Output, reader: Reader, path: str, query: dict[str, str], pages: int) -> Iterator[Said]:
        if output.method == "POST":
            is_api = output.path.startswith("/api/")
            yield reader.ask("POST", path, body=b"{}") if is_api else reader.ask("POST", path, form=FORM)
            return
        for _ in range(pages):
            said = reader.ask("GET", path, **query)
            yield said
            onward = next_page(said, path)
            if not onward:
                return
            query = onward


def next_page(said: Said, path: str) -> dict[str, str]:
    """The query of the page after this one, in an answer of the API or on a page."""
    shown = said.body.decode("utf-8", "replace")
    if shown.startswith("{"):
        mark = msgspec.json.decode(said.body).get("next", "")
        return {"after": mark} if mark else {}
    found = re.findall(rf'href="{re.escape(path)}\?(after|page)=([^"&]*)"[^>]*rel="next"', shown)
    return {found[-1][0]: found[-1][1]} if found else {}


@pytest.fixture(scope="module")
def apart() -> Iterator[Apart]:
    with running_apart() as made:
        yield made


class Listening(logging.Handler):
    """Keeps every record of every library."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class Scanned(NamedTuple):
    """The place after everybody has read everything, and all that the program said aside."""

    place: Place
    logs: str


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory, apart: Apart) -> Iterator[Scanned]:
    aside, listening = io.StringIO(), Listening()
    logging.getLogger().addHandler(listening)
    with (
        contextlib.redirect_stderr(aside),
        contextlib.redirect_stdout(aside),
        structlog.testing.capture_logs() as told,
    ):
        place = Place(tmp_path_factory.mktemp("scanned") / "home", apart)
        apart.run(read_everything, place)
    logging.getLogger().removeHandler(listening)
    yield Scanned(place, "\n".join([aside.getvalue(), repr(told), *listening.lines]))
    place.scene.house.close()


def samples(told: list[Told]) -> list[Told]:
    """One of every kind that the street leads, by whom it is about, and one that lies with its station; a public one,
    one without a case, an order."""
    kinds: dict[object, Told] = {}
    for one in told:
        if one.lead == "street-01":
            kinds.setdefault(one.subjects, one)
        if is_ordered(one.number):
            kinds.setdefault("order", one)
        if one.station:
            kinds.setdefault("passed down", one)
        kinds.setdefault("public" if one.matter == "street-light" and not one.subjects else bool(one.case), one)
    return list(dict.fromkeys(kinds.values()))


def read_everything(place: Place) -> None:
    """The firm's manager and one other each case, in one way each in turn; everybody everything of the samples."""
    told, readers = place.scene.told, list(place.readers)
    of_case = [one for one in place.outputs if one.is_of_a_case]
    others = itertools.cycle(readers)
    for one in (*told, *place.scene.disputes, *place.scene.issues):
        ways = of_case if PROVES else [Output("GET", "/api/v1/cases/{case_id}")]
        for way in ways:
            place.read(way, MANAGER, one)
        for way in of_case if PROVES else [of_case[one.number % len(of_case)]]:
            place.read(way, next(others), one)
    chosen = (*samples(told), *samples(place.scene.disputes))
    for account, way, one in itertools.product(readers, of_case, chosen):
        place.read(way, account, one)
    first = next(one for one in told if one.lead == "street-01")
    rest = [one for one in place.outputs if not one.is_of_a_case]
    for way in sorted(rest, key=lambda one: one.method):
        for account in ADDING_UP_READERS if way.path.startswith(ADDING_UP) and not PROVES else readers:
            place.read(way, account, first, pages=1000 if PROVES else 3)


def test_nobody_is_told_a_word_that_they_may_not_know(scanned: Scanned) -> None:
    scene = scanned.place.scene
    assert len(scene.told) == CASES
    assert {(bool(one.subjects), bool(one.case)) for one in scene.disputes} == {(x, y) for x in (0, 1) for y in (0, 1)}
    assert sorted(scanned.place.leaks)[:20] == []


def test_every_page_and_operation_that_answers_anybody_was_read(scanned: Scanned) -> None:
    silent = {one.path for one in scanned.place.outputs if one.method == "GET" and not scanned.place.answered[one]}
    assert silent == set()
    assert set(CARRIES) - scanned.place.carried == set()
    assert len(scanned.place.outputs) > 90


def test_those_who_may_know_were_told(scanned: Scanned) -> None:
    """Else the search would find nothing because there is nothing."""
    told = scanned.place.told
    assert min(told[account] for account in (OPERATOR, "dispatcher-1", "coordinator-1", LEADING)) > 50
    assert told["auditor-1"] > 0
    assert told["verifier-1"] > 0
    kept = (MANAGER, NOBODY, "leader-1", "handler-fire-brigade", "grid-worker-grids-01a", "grid-leader-grids-01a")
    assert [told[one] for one in kept] == [0] * len(kept)


def test_no_log_and_no_remark_of_the_program_tells_of_anybody(scanned: Scanned) -> None:
    assert leaks_in(scanned.logs) == set()
    assert CAMERA.decode() not in scanned.logs


def test_the_ledger_itself_holds_no_word(scanned: Scanned) -> None:
    for stream, payload in scanned.place.scene.house.reader.query("SELECT stream, payload FROM ledger_event"):
        assert leaks_in(f"{stream} {bytes(payload).decode()}") == set()


def test_what_carriers_are_handed_tells_of_nobody(scanned: Scanned) -> None:
    """A text goes to the person's own number and names nobody; other systems get codes."""
    parcels = list(scanned.place.scene.parcels())
    assert len(parcels) > 1000
    assert {one.to for one in parcels if not one.to.startswith("1377")} >= {"13911110001", "http://127.0.0.1:9/hook"}
    assert [one.key for one in parcels if leaks_in(f"{one.key} {one.title} {one.text}")] == []


def test_commands_at_the_console_print_no_word(scanned: Scanned) -> None:
    house, told = scanned.place.scene.house, scanned.place.scene.told
    printed: list[Any] = [status(house), views(house, "", "", "", 500)]
    printed += [show_case(house, one.case, "") for one in told[::97] if one.case]
    assert leaks_in(msgspec.json.encode(printed, enc_hook=str).decode()) == set()


def test_whoever_was_told_something_stands_in_the_record(scanned: Scanned) -> None:
    """Every account that was told anything about a person has looks there, and the record tells of nobody."""
    house = scanned.place.scene.house
    house.looks.flush()
    rows = house.reader.query("SELECT account, page, about FROM look_line WHERE district = :district")
    looked = {account for account, _, _ in rows}
    assert {account for account, count in scanned.place.told.items() if count} <= looked
    assert NOBODY not in looked
    assert leaks_in(repr(rows)) == set()
    assert [one for one in house.verify().findings if one.key != NO_TEXT] == []


# the search can find


@pytest.fixture
def small(tmp_path: Path, apart: Apart) -> Iterator[Place]:
    made = Place(tmp_path / "home", apart, cases=24)
    yield made
    made.scene.house.close()


def test_a_planted_leak_is_found(small: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    way, one = Output("GET", "/cases/{case_id}"), next(one for one in small.scene.told if one.lead == "street-01")
    small.read(way, MANAGER, one)
    assert small.leaks == set()
    monkeypatch.setattr(case_view, "rewritten", lambda seen, _mechanism, request: seen.said(request))
    small.read(way, "leader-1", one)
    assert {(account, kind) for _, account, kind, _ in small.leaks} >= {("leader-1", "name"), ("leader-1", "phone")}


def test_an_address_that_names_something_new_has_to_be_told_how(small: Place) -> None:
    with pytest.raises(KeyError, match="thing_id"):
        small.read(Output("GET", "/things/{thing_id}"), MANAGER, small.scene.told[0])


def test_a_failure_tells_neither_the_reader_nor_the_log(small: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise SanbanError("欧阳密0001 cannot be read", "137700000001")

    monkeypatch.setattr(small.scene.house.cases, "pinned", fails)
    one = next(one for one in small.scene.told if one.case)
    with structlog.testing.capture_logs() as logged:
        answers = [
            small.readers[MANAGER].ask("GET", path) for path in (f"/cases/{one.case}", f"/api/v1/cases/{one.case}")
        ]
    assert [said.status for said in answers] == [500, 500]
    assert leaks_in("\n".join([repr(logged), *(said.text for said in answers)])) == set()
    assert logged
