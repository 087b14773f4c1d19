"""A small district on a real ledger: nine units, two grids, the shipped matters, and people with names and phones."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import read_once
from sanban.handling.aggregate import CaseAggregate, stream_of
from sanban.handling.diagrams import DrawnDiagrams
from sanban.handling.directory import DirectoryAggregate
from sanban.handling.handover.shift import ShiftAggregate
from sanban.handling.links import LinksAggregate
from sanban.handling.needs import Needs, RequestRefs
from sanban.intake.aggregate import RequestAggregate
from sanban.kernel.case.state import Case
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.duty import DutyTable, Entry, Grid, Point, Roster, Span, Unit, UnitKind, duty_table
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.party import Link, links
from sanban.kernel.permission import Actor, Role
from sanban.ledger.opening import open_sqlite
from sanban.ledger.port import Answer, Part, Secret, Submission
from sanban.ledger.reading.timers import fire
from sanban.ledger.vault import Vault
from sanban.ledger.vault_keys import MasterKey
from sanban.main.meeting.facts import facts_of, promise_of
from sanban.packs.loading import Matters

HOUR = 3_600_000_000
DAY = 24 * HOUR
NOW = 1_780_279_200_000_000
"""Monday 2026-06-01, 10:00 in the district."""

UNITS: dict[str, tuple[UnitKind, str, str, str | None]] = {
    "desk": ("desk", "热线受理台", "Hotline desk", None),
    "centre": ("centre", "城运中心", "Operations centre", None),
    "st1": ("street", "和平街道", "Heping street", None),
    "st2": ("street", "长宁里街道", "Changningli street", None),
    "st1-team": ("grid_team", "和平一格", "Heping grid team", "st1"),
    "police": ("department", "公安分局", "Police", None),
    "fire": ("department", "消防大队", "Fire brigade", None),
    "housing": ("department", "房管局", "Housing bureau", None),
    "firm": ("firm", "安居物业", "Anju property management", None),
}
DUTIES = {"fire_brigade": "fire", "police": "police", "housing": "housing"}
GRIDS = {"g1": "st1", "g2": "st2"}

PEOPLE: dict[str, tuple[Role, str]] = {
    "op": ("operator", "desk"),
    "op2": ("operator", "desk"),
    "gl": ("grid_leader", "st1"),
    "disp": ("dispatcher", "centre"),
    "h1": ("handler", "st1"),
    "h2": ("handler", "st2"),
    "cop": ("handler", "police"),
    "team": ("grid_worker", "st1-team"),
    "pm": ("property_manager", "firm"),
    "ver": ("verifier", ""),
    "coord": ("coordinator", ""),
    "lead": ("leader", ""),
    "aud": ("auditor", ""),
    "own": ("mechanism_owner", ""),
}
SUBJECT = "firm:let"
AGENT = Actor("agent", "handler", unit="st1", party="person:agent", unit_kind="street")
"""An officer of the leading street who acts for the party complained about."""


def actor(name: str) -> Actor:
    role, unit = PEOPLE[name]
    return Actor(name, role, unit=unit, unit_kind=UNITS[unit][0] if unit else "")


def shipped() -> tuple[Matters, Calendar]:
    """The shipped matters and calendar."""
    return read_once.matters(), read_once.calendar()


def duty() -> DutyTable:
    """Units since 2024; the street answers for its own grid."""
    units = [Unit(code, kind, zh, en, parent, 0) for code, (kind, zh, en, parent) in UNITS.items()]
    grids = [_square(code, street, column) for column, (code, street) in enumerate(GRIDS.items())]
    streets = [Entry(f"d-{street}", "*", "street", street, street, "district", 0) for street in ("st1", "st2")]
    offices = [Entry(f"d-{unit}", "*", word, "*", unit, "district", 0) for word, unit in DUTIES.items()]
    team = Entry("d-team", "*", "street", "g1", "st1-team", "grid", 0)
    return duty_table("test-1", units, grids, [*streets, *offices, team], _rosters())


def _rosters() -> list[Roster]:
    """Two weeks: desk and centre day and night, the first street and its team in office hours; others keep none."""
    days = [NOW - 10 * HOUR + day * DAY for day in range(-2, 12)]
    office = (9 * HOUR, 17 * HOUR + HOUR // 2)
    return [
        Roster("desk", tuple(_around(days, 8 * HOUR, 20 * HOUR, "op", "op2"))),
        Roster("centre", tuple(_around(days, 8 * HOUR, 20 * HOUR, "disp", "disp2"))),
        Roster("st1", tuple(Span(day + office[0], day + office[1], "h1") for day in days)),
        Roster("st1-team", tuple(Span(day + office[0], day + office[1], "team") for day in days)),
    ]


def _around(days: Sequence[int], start: int, end: int, by_day: str, by_night: str) -> Iterator[Span]:
    for day in days:
        yield Span(day + start, day + end, by_day)
        yield Span(day + end, day + start + DAY, by_night)


def _square(code: str, street: str, column: int) -> Grid:
    west, east = column * 1000, column * 1000 + 1000
    ring = (Point(west, 0), Point(east, 0), Point(east, 1000), Point(west, 1000))
    return Grid(code, street, (ring,), 0)


class Person:
    """A requester: everything that must never be seen by those who may not know."""

    def __init__(self, number: int) -> None:
        self.id = f"person:{number:04x}beef"
        self.name = f"欧阳测{number:03d}"
        self.phone = f"1380000{number:04d}"
        self.address = f"和平路{number:03d}弄{number:03d}室"
        self.text = f"楼上民宿半夜吵闹第{number:03d}次，我家孩子睡不着"

    @property
    def words(self) -> tuple[str, ...]:
        return (self.id, self.name, self.phone, self.address, self.text)

    def refs(self, request: str) -> RequestRefs:
        number = int(request.partition("-")[2])
        return RequestRefs(*(f"v:{kind:08x}{number:024x}" for kind in range(1, 5)))

    def secrets(self, request: str) -> tuple[Secret, ...]:
        refs = self.refs(request)
        return (
            Secret(refs.text, self.id, "text", self.text),
            Secret(refs.name, self.id, "name", self.name),
            Secret(refs.phone, self.id, "phone", self.phone),
            Secret(refs.address, self.id, "address", self.address),
        )


class District:
    """The ledger with its cases. `now` is moved by hand; every command gets an id of its own."""

    def __init__(self, folder: Path, *, drawn: bool = False) -> None:
        matters, calendar = shipped()
        self.now = NOW
        self.requests: dict[str, RequestRefs] = {}
        self.people: list[Person] = []
        self._commands = 0
        agency = links([Link("agent_of", AGENT.party, SUBJECT, 0)])
        self.cases = CaseAggregate(matters, calendar, duty(), agency, facts_of)
        self.folder = folder
        vault = Vault("heping", MasterKey(bytes(range(32))))
        self.ledger, self.reader = open_sqlite(
            folder / "ledger.db",
            "heping",
            (self.cases, RequestAggregate(promise_of), DirectoryAggregate(), ShiftAggregate(), LinksAggregate(agency)),
            clock=lambda: self.now,
            sealer=vault,
            opener=vault,
        )
        diagrams = DrawnDiagrams() if drawn else None
        self.needs = Needs(self.ledger, self.reader, self.cases, diagrams, self._refs, self._matters)

    def close(self) -> None:
        self.ledger.close()
        self.reader.close()

    def command_id(self) -> str:
        self._commands += 1
        return str(UUID(int=self._commands))

    def open_case(self, matter: str = "short-let", *, grid: str = "g1", subject: bool = True, **fields: Any) -> str:
        """Opens a case for a new person's request; its id."""
        number = len(self.people) + 1
        person, request, case_id = Person(number), f"r-{number}", f"c-{number:05d}"
        self.people.append(person)
        self.requests[request] = person.refs(request)
        args: dict[str, Any] = {
            "id": case_id,
            "matter": matter,
            "request": request,
            "requester": person.id,
            "channel": "hotline",
            "desk": "desk",
            "received_at": self.now - HOUR,
            "grid": grid,
            "street": GRIDS[grid],
            "place": self.requests[request].address,
            "fields": {"premises": self.requests[request].address, **fields} if matter == "short-let" else fields,
            "subjects": [SUBJECT] if subject else [],
        }
        part = Part(stream_of(case_id), "open", args)
        answer = self.ledger.submit(
            Submission(self.command_id(), actor("op"), (part,), secrets=person.secrets(request))
        )
        assert answer.refused is None, answer.refused
        return case_id

    def attach(self, case_id: str) -> str:
        """Another person's request joins the case; the request's id."""
        number = len(self.people) + 1
        person, request = Person(number), f"r-{number}"
        self.people.append(person)
        self.requests[request] = person.refs(request)
        said = {"requester": person.id, "channel": "app", "desk": "desk", "text": self.requests[request].text}
        parts = (
            Part(f"request:{request}", "receive", said),
            Part(stream_of(case_id), "attach", {"request": request}),
            Part(f"request:{request}", "link", {"case": case_id}),
        )
        answer = self.ledger.submit(Submission(self.command_id(), actor("op"), parts, secrets=person.secrets(request)))
        assert answer.refused is None, answer.refused
        return request

    def take(self, who: Actor | str, case_id: str, step: str, **args: Any) -> Answer:
        """Takes a step and says what became of it."""
        viewer = actor(who) if isinstance(who, str) else who
        return self.ledger.submit(Submission(self.command_id(), viewer, (Part(stream_of(case_id), step, args),)))

    def took(self, who: str, case_id: str, step: str, **args: Any) -> None:
        """Takes a step that must succeed."""
        answer = self.take(who, case_id, step, **args)
        assert answer.refused is None, (step, answer.refused)

    def case(self, case_id: str) -> Case:
        case = self.reader.state(stream_of(case_id))
        assert isinstance(case, Case)
        return case

    def pass_time(self, span: int) -> None:
        """Moves the clock and fires what is due."""
        self.now += span
        fire(self.ledger, self.reader, self.now, Actor("system", "system"))

    def _refs(self, ids: Sequence[str]) -> Mapping[str, RequestRefs]:
        return {one: self.requests[one] for one in ids if one in self.requests}

    def _matters(self, now: int) -> Sequence[Mechanism]:
        return tuple(each.mechanism for each in self.cases.mechanisms.in_force(now) if each.mechanism is not None)  # type: ignore[attr-defined]  # Matters has it


def damage(district: District, kind: str) -> None:
    """Changes every stored text of a kind behind the ledger's back."""
    with closing(sqlite3.connect(district.folder / "ledger.db")) as store, store:
        store.execute("UPDATE vault_entry SET body = zeroblob(40) WHERE kind = ?", (kind,))


def worked_case(district: District) -> str:
    """A short-let case with two requesters, a police task and a note, being worked by the street."""
    case_id = district.open_case(fire_risk=False, unregistered=True)
    district.attach(case_id)
    district.pass_time(HOUR)
    district.took("disp", case_id, "dispatch")
    district.pass_time(HOUR)
    district.took("h1", case_id, "accept")
    district.took("cop", case_id, "accept", task="t2")
    return case_id
