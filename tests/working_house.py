"""A whole deployment with work in it and a token for every role, for tests that send it whatever can be sent.

Working(folder)               requests that wait, a case in three states, a file, a link; clock moved by hand
working.call(role, ...)       one call of the API as an officer of that role; '' is anybody
working.real[name]            ids that exist, by the name of the parameter or field that takes them
"""

from __future__ import annotations

import base64
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from litestar.testing import TestClient

from attachments.sample_files import picture
from joint.surrounded import surrounded
from sanban.handling.figures.judging import BY_CODE
from sanban.intake.city.messages import Incoming
from sanban.intake.city.platform.memory import MemoryCity
from sanban.intake.city.replying import carry
from sanban.intake.city.taking import collect, order_id
from sanban.intake.decide import digest
from sanban.intake.desk.deciding import answer_on_the_spot
from sanban.intake.place.border import inside
from sanban.intake.views import request_of_receipt
from sanban.kernel.duty.unit import UnitKind
from sanban.kernel.permission import Actor, Role
from sanban.ledger.home import open_home
from sanban.ledger.port import Part, Submission
from sanban.main.city.wiring import city_needs_of
from sanban.main.house import House
from sanban.main.revision.keeping import keep
from sanban.main.scorecard.wiring import scorecard_needs_of
from sanban.main.serving import application
from sanban.main.setup import init
from sanban.revision.change import Change
from sanban.revision.proposing.finding import Finding, Looked
from sanban.revision.share import Share
from sanban.scorecard.brief.composing import last_week
from sanban.scorecard.period.publishing import draft
from sanban.scorecard.period.stream import AssessedPeriod
from sanban.web.access.officers import Officer, Officers, Token

NOW = 1_780_362_000_000_000
"""2026-06-02 09:00 in Shanghai, a Tuesday."""
DAY = 86_400_000_000
API = "/api/v1"
LAMP = {"text": "小区路灯不亮已有一周，路灯坏了，请尽快维修路灯。", "phone": "13800001234", "name": "欧阳测试"}
FIRM = {
    "firm": "示范科技有限公司", "code": "91310109MA1G00001Q", "contact": "欧阳测试", "phone": "13800001234",
    "text": "房租太高，想申请租金补贴",
}  # fmt: skip
PHOTO = base64.b64encode(picture(size=(40, 30))).decode()
OFFICERS: dict[str, tuple[Role, str, UnitKind]] = {
    "operator": ("operator", "hotline", "desk"),
    "next_operator": ("operator", "hotline", "desk"),
    "dispatcher": ("dispatcher", "centre", "centre"),
    "coordinator": ("coordinator", "centre", "centre"),
    "verifier": ("verifier", "centre", "centre"),
    "leader": ("leader", "centre", "centre"),
    "auditor": ("auditor", "centre", "centre"),
    "mechanism_owner": ("mechanism_owner", "centre", "centre"),
    "handler": ("handler", "power", "department"),
    "street": ("handler", "street-01", "street"),
    "grid_leader": ("grid_leader", "grids-01a", "grid_team"),
    "grid_worker": ("grid_worker", "grids-01a", "grid_team"),
}
"""Who works here: role, unit and its kind."""


SEEN = Share(30, 40)
SLOWER = Finding(Change("limit", "noise", "resolve", count=9, counting="working_day"), SEEN, 4_000, 3, ())
QUICKER = Finding(Change("limit", "parking", "resolve", count=2, counting="working_day"), SEEN, 4_000, 5, ())
"""What the ledger is taken to speak against."""


class Working:
    """The deployment, its application and a client. `real` grows with what is made."""

    def __init__(self, folder: Path, database_url: str = "", *, mode: str = "trial") -> None:
        init(folder, code="demo", title="示范区", mode=mode, database_url=database_url)
        self.now = NOW
        self.house = House(open_home(folder), lambda: self.now)
        self.house.ledger.reach()
        officers = Officers(folder)
        self.tokens = {who: self._token_of(officers, who) for who in OFFICERS}
        self._client = TestClient(application(self.house), raise_server_exceptions=False)
        self.client = self._client.__enter__()
        self._commands = 0
        self.real: dict[str, list[Any]] = {
            "matter": ["street-light", "noise", "waste"],
            "grid": [sorted(self.house.district.duty.grids.versions)[0]],
            "street": ["street-01"],
            "unit": ["power", "street-01", "all"],
            "step": ["dispatch", "accept", "return_order", "contact", "ask_extension", "finish", "supervise"],
            "figure": [*sorted(BY_CODE), "requests"],
            "account": ["operator-of-hotline"],
            "day": ["2026-06-02"],
            "request_id": [],
        }
        self._fill()

    def call(self, who: str, method: str, path: str, **more: Any) -> Any:
        """The answer to one call under `/api/v1`."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        return self.client.request(method, API + path, headers=headers | more.pop("headers", {}), **more)

    def done(self, who: str, path: str, body: Any) -> Any:
        """What a call answers that has to succeed."""
        answer = self.call(who, "POST", path, json=body, headers={"Idempotency-Key": self.key()})
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def key(self) -> str:
        """A fresh name of a command."""
        self._commands += 1
        return str(UUID(int=self._commands))

    def filed(self, **said: Any) -> str:
        """A request that waits at the desk; its id."""
        request = str(self.done("operator", "/requests", LAMP | said)["request"])
        self.real["request_id"].append(request)
        return request

    def asked(self, phone: str) -> tuple[str, str]:
        """A request that somebody filed without an account: its receipt and its id."""
        said = {"text": LAMP["text"], "phone": phone}
        receipt = str(self.done("", "/public/requests", said)["receipt"])
        request = request_of_receipt(self.house.reader, digest(receipt))
        assert request is not None
        return receipt, request

    def opened(self, request: str, matter: str = "street-light") -> str:
        """The case of a request; its id."""
        place = {"grid": self.real["grid"][0], "street": self.real["street"][0]}
        case = self.done("operator", f"/requests/{request}/open", {"matter": matter, **place})["case"]
        return str(case)

    def step(self, who: str, case: str, step: str, note: str = "", **args: Any) -> None:
        """A step of a case that has to succeed."""
        self.done(who, f"/cases/{case}/steps/{step}", {"args": args, "note": note})

    def unsent(self, count: int) -> list[str]:
        """Notices to a person that a channel was to carry and has failed to."""
        queued = {"kind": "closed", "channel": "sms", "recipient": "person:5c1e"}
        steps = (("queue", queued), ("delay", {"code": "no_answer", "most": 1}))
        notices = [self.key() for _ in range(count)]
        for notice, (step, args) in product(notices, steps):
            part = Part(f"notice:{notice}", step, args)
            assert self.house.ledger.submit(Submission(self.key(), Actor("courier", "system"), (part,))).refused is None
        return notices

    def _token_of(self, officers: Officers, who: str) -> str:
        role, unit, kind = OFFICERS[who]
        account = f"{who.replace('_', '-')}-of-{unit}"
        officers.put(Officer(account=account, role=role, unit=unit, unit_kind=kind))
        return officers.put_token(Token(account, "", NOW + 365 * DAY, id=f"t-{account}", issued_at=NOW))

    def _fill(self) -> None:
        waiting, moving, over = (self.filed(phone=f"1380000123{last}") for last in "456")
        self.real["case_id"] = self.real["case"] = cases = [self.opened(one) for one in (moving, over)]
        self.step("dispatcher", cases[0], "dispatch")
        self.step("dispatcher", cases[1], "close_explained", ending="explained")
        file = {"name": "photo.jpg", "content": PHOTO}
        owners = (f"/requests/{waiting}", f"/cases/{cases[0]}")
        self.real["file_id"] = [self.done("dispatcher", f"{owner}/attachments", file)["id"] for owner in owners]
        link = {"kind": "agent_of", "source": "firm-01", "target": "shop-01", "valid_from": NOW - DAY}
        self.real["link_id"] = [self.done("coordinator", "/links", link)["link"]["id"]]
        self.receipt = self.done("", "/public/requests", {"text": LAMP["text"], "phone": LAMP["phone"]})["receipt"]
        self.firm_receipt = self.done("", "/public/firm-requests", FIRM)["receipt"]
        self.house.run()
        self.real["finding_id"] = [self._set_right()]
        photos = self.call("verifier", "GET", f"/findings/{self.real['finding_id'][0]}/attachments").json()["items"]
        self.real["file_id"] += [one["id"] for one in photos]
        self.real["revision_id"] = list(keep(self.house, Looked((SLOWER, QUICKER), 12)).new)
        self.orders = self._city_orders("SH2026-900-001", "SH2026-900-002")
        self.real["request_id"] += self.orders

    def surround(self) -> None:
        """Whistles have their ratings, meetings, lists and projects round them."""
        self.real |= surrounded(self.house, self.now)
        minutes = f"/meetings/{self.real['meeting_id'][0]}/attachments"
        self.real["file_id"] += [self.done("coordinator", minutes, {"name": "签字纪要.jpg", "content": PHOTO})["id"]]
        self.house.run()
        self.real["period"] = [self._published()]

    def _published(self) -> str:
        """A week whose figures are a draft."""
        needs = scorecard_needs_of(self.house)
        leader = Actor("leader-of-centre", "leader", "centre", unit_kind="centre")
        drafted = draft(needs, leader, self.key(), last_week(needs, self.now).name, self.now)
        assert isinstance(drafted, AssessedPeriod), drafted
        return drafted.drafted.period

    def _city_orders(self, fresh: str, replied: str) -> list[str]:
        """Two orders of the city: one just taken, one whose reply the city sent back."""
        city = MemoryCity(self.house.city_times.terms.reply)
        needs = msgspec.structs.replace(city_needs_of(self.house), platform=city)
        given = [Incoming(place=1, number=number, said_at=self.now, text=LAMP["text"]) for number in (fresh, replied)]
        city.give(*given)
        collect(needs, self.now)
        self.house.run()
        orders = [order_id(needs, number) for number in (fresh, replied)]
        request = self.house.reader.state(f"request:{orders[1]}")
        dispatcher = Actor("dispatcher-of-centre", "dispatcher", "centre", "", "centre")
        assert (
            answer_on_the_spot(needs.desk, dispatcher, self.key(), request, "已说明。", "explained", self.now) is None
        )
        self.house.run()
        carry(needs, self.now)
        city.give(Incoming(place=1, kind="sent_back", number=replied, said_at=self.now, text="请补充"))
        collect(needs, self.now)
        self.house.run()
        return orders

    @property
    def point(self) -> dict[str, float]:
        """A point of the district."""
        lon, lat = inside(self.house.district.duty.grids, self.now).split(", ")
        return {"lon": float(lon), "lat": float(lat)}

    def _set_right(self) -> str:
        """A finding that was set right on the spot and waits for a second look."""
        photo = {"name": "photo.jpg", "content": PHOTO}
        seen = {"matter": "waste", "grid": self.real["grid"][0], "fixed": True, "text": "已清理", "photos": [photo]}
        reported = (self.done("grid_worker", "/findings", seen) for _ in range(200))
        return str(next(one["finding"] for one in reported if one["state"] == "to_recheck"))

    def close(self) -> None:
        self._client.__exit__(None, None, None)
        self.house.close()
