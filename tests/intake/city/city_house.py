"""A whole deployment on disk whose city is a twin in memory; time is moved by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from sanban.intake.city.aggregate import stream_of
from sanban.intake.city.messages import Incoming
from sanban.intake.city.order import CityOrder
from sanban.intake.city.platform.memory import MemoryCity
from sanban.intake.city.ports import CityNeeds
from sanban.intake.city.replying import Carried, carry
from sanban.intake.city.taking import Taken, collect, order_id
from sanban.intake.request import Request
from sanban.kernel.case.state import Case
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor, Role
from sanban.ledger.port import Part, Submission
from sanban.main.city.wiring import city_needs_of
from sanban.main.house import House, open_house
from sanban.main.setup import init

START = 1_780_362_000_000_000
"""2026-06-02 09:00 in Shanghai, a Tuesday."""
HOUR = 3_600_000_000
DAY = 24 * HOUR
OPERATOR = Actor("operator-1", "operator", "hotline", unit_kind="desk")
DISPATCHER = Actor("dispatcher-1", "dispatcher", "centre", unit_kind="centre")
VERIFIER = Actor("verifier-1", "verifier", "centre", unit_kind="centre")
REF = "v:" + "0" * 32
TEXT = "小区门口的东西坏了有一周了，一直没有人来修。"


class CityHouse:
    """The deployment; `city` is the other side. `begin` gives each test a city, and numbers, of its own."""

    def __init__(self, folder: Path, mode: str = "trial", database_url: str = "") -> None:
        init(folder, code="demo", title="示范区", mode=mode, database_url=database_url)
        self.now = START
        self.house: House = open_house(folder, lambda: self.now)
        self.city = MemoryCity(self.house.city_times.terms.reply)
        self._commands = 0
        self._begun = 0

    def begin(self) -> CityHouse:
        self._begun += 1
        self.city = MemoryCity(self.house.city_times.terms.reply)
        return self

    @property
    def number(self) -> str:
        """The number of the test's one order; others are `more(n)`."""
        return self.more(0)

    def more(self, other: int) -> str:
        return f"SH2026-{self._begun:03}-{other:03}"

    def incoming(self, number: str = "", kind: Any = "order", **more: Any) -> Incoming:
        """A message of the city, now; an order says something."""
        words = {"text": TEXT, "name": "欧阳测试", "phone": "13800001234"} if kind == "order" else {}
        plain = {"place": 1, "kind": kind, "number": number or self.number, "said_at": self.now}
        return Incoming(**{**plain, **words, **more})

    @property
    def needs(self) -> CityNeeds:
        return msgspec.structs.replace(city_needs_of(self.house), platform=self.city)

    def give(self, *messages: Incoming) -> Taken:
        """The city gives, we take, and what follows follows."""
        self.city.give(*messages)
        return self.collect()

    def collect(self) -> Taken:
        found = collect(self.needs, self.now)
        self.house.run()
        return found

    def carry(self) -> Carried:
        found = carry(self.needs, self.now)
        self.house.run()
        return found

    def go_on(self, time: int) -> None:
        self.now += time
        self.house.run()

    def order(self, number: str = "") -> CityOrder:
        found = self.house.reader.state(stream_of(order_id(self.needs, number or self.number)))
        assert isinstance(found, CityOrder)
        return found

    def request(self, number: str = "") -> Request:
        found = self.house.reader.state(f"request:{order_id(self.needs, number or self.number)}")
        assert isinstance(found, Request)
        return found

    def case(self, number: str = "") -> Case:
        found = self.house.reader.state(f"case:{self.request(number).case}")
        assert isinstance(found, Case)
        return found

    def command_id(self) -> str:
        self._commands += 1
        return str(UUID(int=self._commands))

    def submit(self, actor: Actor, *parts: Part, **more: Any) -> Refused | None:
        answer = self.house.ledger.submit(Submission(self.command_id(), actor, parts, **more))
        self.house.run()
        return answer.refused

    def step(self, actor: Actor, step: str, number: str = "", **args: Any) -> None:
        refused = self.submit(actor, Part(f"case:{self.request(number).case}", step, args))
        assert refused is None, refused

    def open_case(self, number: str = "", matter: str = "street-light", **more: Any) -> None:
        """The desk opens a case for an order."""
        request = self.request(number)
        args = {
            "id": f"case-{request.id[:8]}", "matter": matter, "request": request.id, "desk": "hotline",
            "requester": request.received.requester, "channel": "hotline", "received_at": self.now,
            "street": "street-01", **more,
        }  # fmt: skip
        opening = Part(f"case:{args['id']}", "open", args)
        linking = Part(f"request:{request.id}", "link", {"case": args["id"], "accept": True})
        refused = self.submit(OPERATOR, opening, linking)
        assert refused is None, refused
        if self.case(number).state == "filed":
            self.step(DISPATCHER, "dispatch", number)

    def queue(self, number: str = "") -> tuple[int, str]:
        """Where the case stands in its unit's queue: by which time, of which limit."""
        sql = "SELECT due_at, limit_name FROM case_queue WHERE district = :district AND case_id = :case"
        return tuple(self.house.reader.query(sql, {"case": self.case(number).id})[0])  # type: ignore[return-value]  # two

    def close_case(self, number: str = "", ending: str = "resolved", **more: Any) -> None:
        """The unit works, the centre checks and asks, the desk closes."""
        worker = handler(self.case(number).lead)
        for step, actor, args in (
            ("accept", worker, {}),
            ("contact", worker, {"request": self.request(number).id}),
            ("finish", worker, {}),
            ("verify", VERIFIER, {}),
            *(("call_back", OPERATOR, {"request": one.id, "reached": True, "contacted": True,
               "resolved": "yes" if ending == "resolved" else "no"}) for one in self.case(number).requests),
        ):  # fmt: skip
            self.step(actor, step, number, **args)
        closing = "close" if ending == "resolved" else "close_unsolved"
        actor = OPERATOR if ending == "resolved" else DISPATCHER
        refused = self.submit(
            actor,
            Part(f"case:{self.request(number).case}", closing, {"ending": ending, **more.pop("args", {})}),
            **more,
        )
        assert refused is None, refused

    def close(self) -> None:
        self.house.close()


def handler(unit: str, role: Role = "handler") -> Actor:
    return Actor(f"{role}-{unit}", role, unit, unit_kind="street")


def imposed(city: CityHouse, limit: str = "city_due") -> int | None:
    """The time that runs on the case of the order; None when none does."""
    return next((one.due_at for one in city.case().clocks if one.limit == limit and one.running), None)


def refusal(found: object) -> str:
    return getattr(found, "reason", "")
