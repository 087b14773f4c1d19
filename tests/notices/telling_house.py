"""A whole deployment on disk with twins for its channels: requests come in at the desk, cases run, time is moved."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from sanban.adapters.carriers import MemoryCarrier
from sanban.intake.desk.receiving import Said, Taken, receive
from sanban.intake.ports import Wish
from sanban.kernel.case.state import Case
from sanban.kernel.permission import Actor, Role
from sanban.ledger.home import open_home
from sanban.ledger.port import Part, Submission
from sanban.ledger.settings import NoticeSettings
from sanban.main.binding import intake_needs_of
from sanban.main.house import House
from sanban.main.meeting.desk import DeskOpening
from sanban.main.setup import init
from sanban.notices.sending import Counted

START = 1_780_362_000_000_000
"""2026-06-02 09:00 in Shanghai, a Tuesday."""
HOUR = 3_600_000_000
DAY = 24 * HOUR
TEXT = "楼下工地夜间施工，噪音很大。"
PHONE = "13800001234"
OPERATOR = Actor("operator-1", "operator", "centre", unit_kind="centre")
DISPATCHER = Actor("dispatcher-1", "dispatcher", "centre", unit_kind="centre")
UNITS = (
    "street-01=sms:13911110001",
    "centre=sms:13911110002",
    "hotline=sms:13911110003",
    "grids-01a=sms:13911110004",
    "housing=sms:13911110005",
)


class Telling:
    """The deployment. `now` is moved by hand; `sms` is the twin of the only channel."""

    def __init__(self, folder: Path, *, mode: str = "trial", **notices: Any) -> None:
        if not (folder / "sanban.toml").exists():
            init(folder, code="demo", title="示范区", mode=mode)
        home = open_home(folder)
        wanted = {"sms": "memory://", "units": UNITS, "quiet": "21:00-08:00"} | notices
        settings = msgspec.structs.replace(home.settings, notices=NoticeSettings(**wanted))
        self.now = START
        self.house = House(msgspec.structs.replace(home, settings=settings), lambda: self.now)
        self._commands = int(self.house.reader.query("SELECT count(*) FROM ledger_command")[0][0])

    @property
    def sms(self) -> MemoryCarrier:
        found = self.house.carriers["sms"]
        assert isinstance(found, MemoryCarrier)
        return found

    def texts(self, to: str = PHONE) -> list[str]:
        """What was carried to a number, in order."""
        return [one.text for one in self.sms.carried.values() if one.to == to]

    def command_id(self) -> str:
        self._commands += 1
        return str(UUID(int=self._commands))

    def receive(self, **said: Any) -> Taken:
        """A request taken down at the desk."""
        given = {"text": TEXT, "phone": PHONE, "name": "欧阳测试"} | said
        taken = receive(intake_needs_of(self.house), OPERATOR, self.command_id(), Said(**given), self.now)
        assert isinstance(taken, Taken), taken
        return taken

    def opened(self, request: str, matter: str = "noise", street: str = "street-01", **fields: Any) -> str:
        """The case of a request; its id."""
        found = self.house.reader.state(f"request:{request}")
        opening = DeskOpening(self.house.cases).submission(found, Wish(request, matter, street=street, fields=fields))
        self.submit(opening, OPERATOR)
        return str(self.house.reader.state(f"request:{request}").case)

    def dispatched(self, request: str, matter: str = "noise") -> str:
        """The case of a request, with a unit; its id."""
        case_id = self.opened(request, matter)
        self.go_on()
        if self.case(case_id).state == "filed":
            self.step(case_id, "dispatch")
            self.go_on()
        return case_id

    def person(self, request: str) -> str:
        """The id of who made a request."""
        return str(self.house.reader.state(f"request:{request}").received.requester)

    def case(self, case_id: str) -> Case:
        found = self.house.reader.state(f"case:{case_id}")
        assert isinstance(found, Case)
        return found

    def step(self, case_id: str, step: str, actor: Actor = DISPATCHER, **args: Any) -> None:
        self.submit(Submission("", actor, (Part(f"case:{case_id}", step, args),)), actor)

    def submit(self, submission: Submission, actor: Actor) -> None:
        filled = msgspec.structs.replace(submission, command_id=self.command_id(), actor=actor)
        answer = self.house.ledger.submit(filled)
        assert answer.refused is None, answer.refused

    def go_on(self, time: int = 0) -> Counted:
        """Time passes, what follows follows, and the courier makes a round."""
        self.now += time
        self.house.run()
        return self.house.deliver()

    def outbox(self) -> list[dict[str, Any]]:
        """Every row of the outbox, oldest first."""
        names = ("kind", "channel", "recipient", "state", "code", "attempts", "notice", "case_id", "next_at")
        sql = f"SELECT {', '.join(names)} FROM notice_outbox WHERE district = :district ORDER BY queued_at, notice"
        return [dict(zip(names, row, strict=True)) for row in self.house.reader.query(sql)]

    def states(self) -> dict[str, list[str]]:
        """States of the notices by kind."""
        found: dict[str, list[str]] = {}
        for row in self.outbox():
            found.setdefault(row["kind"], []).append(row["state"])
        return found


def handler(unit: str, role: Role = "handler") -> Actor:
    return Actor(f"{role}-{unit}", role, unit, unit_kind="street")
