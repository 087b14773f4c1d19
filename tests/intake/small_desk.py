"""The desk of a small district on a real ledger, with cases behind it, and the real web shell before it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Litestar
from litestar.testing import TestClient
from msgspec.structs import replace

from handling.small_district import NOW, PEOPLE, SUBJECT, actor, duty, shipped
from sanban.handling import api as handling_api
from sanban.handling.aggregate import CaseAggregate
from sanban.handling.directory import DirectoryAggregate
from sanban.handling.links import LinksAggregate
from sanban.handling.needs import Needs as HandlingNeeds
from sanban.handling.pages import case
from sanban.handling.pages import links as links_page
from sanban.intake import api, pages
from sanban.intake.aggregate import RequestAggregate, stream_of
from sanban.intake.desk.about import unsaid
from sanban.intake.desk.receiving import Said, Taken, receive
from sanban.intake.identity.persons import Identity
from sanban.intake.place.advising import Places
from sanban.intake.place.reading import PlaceReader
from sanban.intake.ports import Needs
from sanban.intake.request import Request
from sanban.intake.triage import MatterWords, Triage
from sanban.kernel.duty import Point
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.party import Link, links
from sanban.kernel.permission import Actor
from sanban.kernel.view import Look
from sanban.ledger.erasure import Eraser, ErasureRegister, PersonAggregate
from sanban.ledger.opening import open_sqlite
from sanban.ledger.reading.reactions import react_all
from sanban.ledger.vault import Vault
from sanban.ledger.vault_keys import MasterKey
from sanban.main.meeting.desk import DeskJoining, DeskOpening
from sanban.main.meeting.facts import facts_of, promise_of
from sanban.main.reactions import reactions
from sanban.main.telling.receipts import receipt_of
from sanban.packs.district.gazetteer import Gazetteer, Spot
from sanban.web.access.door import DemoAccount
from sanban.web.app import create_app
from sanban.web.shell import WebSettings

HOUR = 3_600_000_000
KEY = b"0123456789abcdef"
TEXT = "楼下工地噪音很大，夜间施工到两点，孩子睡不着。"
PRIVATE = {"text": TEXT, "title": "夜间噪音", "name": "欧阳测试", "phone": "13800001234", "address": "和平路12弄3号"}
WORDS = (
    MatterWords("noise", "噪音", "Noise", (("噪音", 3), ("夜间施工", 5))),
    MatterWords("short-let", "短租房", "Short lets", (("民宿", 5), ("孩子", 1))),
)


GAZETTEER = Gazetteer(
    "test",
    (
        Spot("g:road", "road", "和平路", (Point(0, 500), Point(2000, 500)), numbers=(1, 201)),
        Spot("g:estate", "estate", "幸福小区", (Point(400, 300),)),
        Spot("g:square", "landmark", "文化广场", (Point(1600, 700),)),
    ),
)
"""One road through both grids, an estate in the first and a square in the second."""

AGENT = Actor("op-agent", "operator", unit="desk", unit_kind="desk")
"""An operator of the desk who acts for the party complained about."""


class Desk:
    """The ledger with requests and cases. `now` is moved by hand."""

    def __init__(self, folder: Path) -> None:
        matters, calendar = shipped()
        self.now = NOW
        self.folder = folder
        self.people = {**{name: actor(name) for name in PEOPLE}, AGENT.id: AGENT}
        self._commands = 0
        self.looks: list[Look] = []
        agency = links([Link("agent_of", AGENT.id, SUBJECT, 0)])
        self.cases = CaseAggregate(matters, calendar, duty(), agency, facts_of)
        self.requests = RequestAggregate(promise_of)
        self.vault = vault = Vault("heping", MasterKey(bytes(range(32))))
        aggregates = (
            self.cases,
            self.requests,
            DirectoryAggregate(),
            LinksAggregate(agency),
            PersonAggregate(),
        )
        self.ledger, self.reader = open_sqlite(
            folder / "ledger.db", "heping", aggregates, clock=lambda: self.now, sealer=vault, opener=vault
        )
        self.handling = HandlingNeeds(self.ledger, self.reader, self.cases, matters=self._matters)
        self.needs = Needs(
            ledger=self.ledger,
            reader=self.reader,
            district="heping",
            desk="desk",
            zone=ZoneInfo("Asia/Shanghai"),
            triage=Triage(WORDS, "test"),
            party_key=KEY,
            duty=duty(),
            opens=DeskOpening(self.cases),
            joins=DeskJoining(self.handling),
            receipt=lambda command_id: receipt_of(KEY, command_id),
            matters=self._matters,
            officer=lambda account: PEOPLE[account][0] if account in PEOPLE else None,
            locate=self._locate,
            channels=("kiosk",),
            find=self.find_persons,
            find_number=self.find_number,
            places=self.places(),
            gazetteer=GAZETTEER,
        )
        self.handling = replace(self.handling, unsaid=partial(unsaid, self.needs))

    def places(self, auto_at: int | None = None) -> Places:
        """What reads addresses; by itself it places nothing."""
        reader = PlaceReader(GAZETTEER, {"和平街道": "st1"}, lambda point: duty().grids.place_at(point, self.now))
        return Places(reader, GAZETTEER.version, auto_at)

    def close(self) -> None:
        self.ledger.close()
        self.reader.close()

    def command_id(self) -> str:
        self._commands += 1
        return str(UUID(int=self._commands))

    def file(self, **said: Any) -> str:
        """Takes down a request; its id. Without words of its own it says the private ones."""
        taken = receive(self.needs, actor("op"), self.command_id(), Said(**(PRIVATE | said)), self.now)
        assert isinstance(taken, Taken), taken
        return taken.request

    def find_persons(self, identities: Sequence[Identity]) -> dict[Identity, str]:
        with self.reader.source.lookup() as lookup:
            return {Identity(*pair): person for pair, person in self.vault.find_many(identities, lookup).items()}

    def find_number(self, number: str) -> list[str]:
        with self.reader.source.lookup() as lookup:
            return self.vault.find_refs("external_no", number, lookup)

    def erase(self, person: str) -> None:
        """Erases a person for good."""
        register = ErasureRegister(self.folder / "erasures.jsonl")
        Eraser(self.ledger, self.vault, register).erase(person, actor("op"), self.now)

    def request(self, request_id: str) -> Request:
        found = self.reader.state(stream_of(request_id))
        assert isinstance(found, Request)
        return found

    def follow(self) -> None:
        """Lets the reactions follow what has happened."""
        react_all(self.ledger, self.reader, reactions(self.cases, self.requests, self.reader), Actor("run", "system"))

    def payloads(self) -> str:
        """Everything that stands in events."""
        return "\n".join(one.payload.decode() for one in self.reader.since(0, 10_000))

    def app(self) -> Litestar:
        """The application; `demo-<name>` is the account of each of the district's people."""
        accounts = [DemoAccount(one, f"账号 {name}", f"Account {name}") for name, one in self.people.items()]
        settings = WebSettings(home=self.folder, district="和平区")
        shown = (*pages.routes(self.needs), *case.routes(self.handling), *links_page.routes(self.handling))
        offered = (*api.routes(self.needs), *handling_api.routes(self.handling))
        return create_app(settings, shown, offered, demo=accounts, clock=lambda: self.now, looked=self.looks.append)

    def _matters(self, now: int) -> list[Mechanism]:
        in_force = self.cases.mechanisms.in_force(now)  # type: ignore[attr-defined]  # Matters has it
        return [one.mechanism for one in in_force if one.mechanism is not None]

    def _locate(self, lon: int, lat: int) -> str:
        grid = self.needs.duty.grids.grid_at(Point(lon, lat), self.now)
        return grid.code if grid else ""


class Visitor:
    """Signed in as one of the district's people; fills in the forms it is shown."""

    def __init__(self, client: TestClient[Any], name: str) -> None:
        self.client = client
        client.get("/sign-in?lang=en")
        assert self.post("/sign-in", "/sign-in/demo", account=name).status_code == 303

    def get(self, path: str) -> Any:
        return self.client.get(path, follow_redirects=False)

    def post(self, page: str, action: str, **fields: Any) -> Any:
        return self.client.post(action, data=self.hidden(page) | fields, follow_redirects=False)

    def hidden(self, page: str) -> dict[str, str]:
        """The hidden fields that every form of a page has."""
        shown = self.client.get(page).text
        return {
            name: found[1]
            for name in ("_csrf_token", "command_id")
            if (found := re.search(rf'name="{name}" value="([^"]+)"', shown))
        }

    def decide(self, request_id: str, step: str, **fields: Any) -> Any:
        return self.post(f"/requests/{request_id}", f"/requests/{request_id}/{step}", **fields)


def text_of(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))
