"""The Open311 server of the shipped demo district, on a real ledger, with a clock that is moved by hand."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar

import read_once
from sanban.handling.reactions import SYSTEM
from sanban.intake.aggregate import stream_of
from sanban.intake.desk.receiving import Said, Taken, receive
from sanban.intake.open311.ports import Server
from sanban.intake.open311.routes import surface
from sanban.intake.ports import Wish
from sanban.intake.public.allowance import Allowance
from sanban.intake.request import Request
from sanban.kernel.case.state import Case
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission
from sanban.main.house import House, open_house
from sanban.main.setup import init
from sanban.main.surfaces.open311 import server_of
from sanban.packs.district import District as DemoDistrict
from sanban.packs.matter import Matters
from sanban.web.app import create_app
from sanban.web.shell import WebSettings

NOW = 1_780_279_200_000_000
"""Monday 2026-06-01, 10:00 in the district."""
MINUTE = 60_000_000
DAY = 86_400_000_000
HERE = {"lat": "30.4000000", "long": "123.4000000"}
DESK = Actor("op", "operator", unit="hotline", unit_kind="desk")
DISPATCHER = Actor("disp", "dispatcher", unit="centre", unit_kind="centre")
LAMP = {"service_code": "street-light", **HERE, "description": "路灯坏了三天"}


def shipped() -> tuple[Matters, DemoDistrict]:
    """The shipped matters and the demo district."""
    return read_once.matters(), read_once.district()


class District:
    """A deployment with one key. `told`: what the server's settings say differently."""

    def __init__(self, folder: Path, database_url: str = "", **told: Any) -> None:
        init(folder / "home", code="demo", title="示范区", mode="demo", database_url=database_url)
        self.now = NOW
        self.house: House = open_house(folder / "home", lambda: self.now)
        self.house.matters, self.house.district = shipped()
        self.house.ledger.reach()
        told = {"reading": Allowance(10**6, MINUTE)} | told  # the clock stands still: all reads lie in one minute
        self.server: Server = msgspec.structs.replace(server_of(self.house), **told)
        self.key = self.server.keys.issue("city-app", self.now)
        self._commands = 0

    def close(self) -> None:
        self.house.close()

    def app(self) -> Litestar:
        settings = WebSettings(home=self.house.home.folder, district="示范区")
        return create_app(settings, surfaces=(surface(self.server),), clock=lambda: self.now)

    def phone(self, **said: Any) -> str:
        """A request that the desk takes down; its id."""
        self._commands += 1
        command_id = f"00000000-0000-7000-8000-{self._commands:012d}"
        taken = receive(self.server.needs, DESK, command_id, Said(**({"text": "有一件事"} | said)), self.now)
        assert isinstance(taken, Taken), taken
        return taken.request

    def own(self, id_: str) -> str:
        """The request's own id, of that or of its public one."""
        known = self.house.reader.state(stream_of(id_)) is not None
        return id_ if known else self.server.ids.inner(id_)

    def request(self, id_: str) -> Request:
        found = self.house.reader.state(stream_of(self.own(id_)))
        assert isinstance(found, Request)
        return found

    def opening(self, request_id: str, matter: str, **wish: Any) -> Submission:
        """What opens a case of a matter for a request."""
        submission = self.server.needs.opens.submission(self.request(request_id), Wish("w", matter, **wish))
        return msgspec.structs.replace(submission, command_id=f"open-{request_id}", actor=SYSTEM)

    def open(self, request_id: str, matter: str, **wish: Any) -> str:
        """Opens it; the case's id."""
        answer = self.house.ledger.submit(self.opening(request_id, matter, **wish))
        assert answer.refused is None, answer.refused
        return self.request(request_id).case

    def step(self, case_id: str, step: str, actor: Actor = DESK, **args: Any) -> Case:
        return self.take(f"case:{case_id}", step, actor, **args)

    def take(self, stream: str, step: str, actor: Actor = DESK, **args: Any) -> Any:
        """A step of any stream, a request's by either id; its state afterwards."""
        kind, _, id_ = stream.partition(":")
        stream = stream_of(self.own(id_)) if kind == "request" else stream
        self._commands += 1
        answer = self.house.ledger.submit(Submission(f"step-{self._commands}", actor, (Part(stream, step, args),)))
        assert answer.refused is None, answer.refused
        return self.house.reader.state(stream)

    def secrets(self, request_id: str) -> dict[str, str]:
        """What stands in the vault of a request, by kind."""
        received = self.request(request_id).received
        kinds = ("text", "name", "phone", "address", "point", "email")
        refs = {getattr(received, kind): kind for kind in kinds if getattr(received, kind)}
        return {refs[ref]: value for ref, value in self.house.reader.open_secrets(list(refs)).items()}


class Client:
    """Somebody's program."""

    def __init__(self, http: Any, key: str) -> None:
        self.http = http
        self.key = key

    def get(self, path: str, **more: Any) -> Any:
        return self.http.get(f"/open311/v2/{path}", **more)

    def file(self, fields: dict[str, Any], ending: str = ".json", **headers: str) -> Any:
        return self.http.post(
            f"/open311/v2/requests{ending}",
            data={"api_key": self.key} | fields,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    def filed(self, **fields: Any) -> str:
        answer = self.file(LAMP | fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()[0]["service_request_id"])

    def ids(self, **query: Any) -> list[str]:
        """Ids of the list, in its order; the same in both formats."""
        shown = [one["service_request_id"] for one in self.get("requests.json", params=query).json()]
        tree = ElementTree.fromstring(self.get("requests.xml", params=query).content)
        assert [one.findtext("service_request_id") for one in tree] == shown
        return shown


def fault_of(answer: Any) -> tuple[int, int]:
    """(status, code of the body), read in the answer's own format."""
    if "json" in answer.headers["content-type"]:
        return answer.status_code, answer.json()[0]["code"]
    tree = ElementTree.fromstring(answer.content)
    assert (tree.tag, tree[0].tag) == ("errors", "error")
    assert tree[0].findtext("description")
    return answer.status_code, int(tree[0].findtext("code") or 0)
