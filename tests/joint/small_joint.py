"""A deployment whose units were called by a street: small, on either store, with a clock moved by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from joint.surrounded import opened_case
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.home import open_home
from sanban.ledger.port import Part, Submission
from sanban.main.house import House
from sanban.main.setup import init

NOW = 1_780_362_000_000_000
"""2026-06-02 09:00 in Shanghai, a Tuesday."""
HOUR = 3_600_000_000
DAY = 24 * HOUR
STREET = Actor("handler-street-01", "handler", "street-01", unit_kind="street")
OTHER_STREET = Actor("handler-street-02", "handler", "street-02", unit_kind="street")
UNIT = Actor("handler-fire-brigade", "handler", "fire-brigade", unit_kind="department")
COORDINATOR = Actor("coordinator-1", "coordinator", "centre", unit_kind="centre")
LEADER = Actor("leader-1", "leader", "centre", unit_kind="centre")
AUDITOR = Actor("auditor-1", "auditor", "centre", unit_kind="centre")
SYSTEM = Actor("system", "system")
FULL = {"reported_in": 40, "worked_together": 30, "solved": 30}
POOR = {"reported_in": 10, "worked_together": 10, "solved": 10}


WARM: dict[str, Any] = {}
"""What every deployment reads from the same files, read once."""


class Joint:
    """The deployment. `now` is moved by hand; every command is a fresh one."""

    def __init__(self, folder: Path, database_url: str = "") -> None:
        init(folder, code="demo", title="示范区", mode="demo", database_url=database_url)
        self.now = NOW
        self.house = House(open_home(folder), lambda: self.now)
        self._count = 0
        for name in ("matters", "calendar", "district", "joint_terms"):
            if name in WARM:
                self.house.__dict__[name] = WARM[name]
            WARM[name] = getattr(self.house, name)

    def send(self, who: Actor, stream: str, step: str, **args: Any) -> Refused | None:
        """One step; why not, if not."""
        return self.house.ledger.submit(Submission(self.key(), who, (Part(stream, step, args),))).refused

    def key(self) -> str:
        """The name of a fresh command."""
        self._count += 1
        return f"command-{self._count}"

    def case(self, matter: str = "noise", requester: str = "person:1", **fields: Any) -> str:
        """An open case in the first street; its id."""
        name = f"{matter}-{self.key()}"
        return opened_case(self.house, name, matter, requester, self.now, **fields)

    def later(self, span: int) -> None:
        """Time goes by, and what it does is done."""
        self.now += span
        self.house.run()

    def close(self) -> None:
        self.house.close()


def reason(refused: Refused | None) -> str:
    """Why not; '' where it was done."""
    return "" if refused is None else refused.reason
