"""The invented people: who asks, and who works for which unit. Names and phones are visibly made up."""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain, count
from typing import Final, Literal
from zlib import crc32

import msgspec

from sanban.kernel.case.state import Case
from sanban.kernel.duty.unit import UnitKind
from sanban.kernel.mechanism import Step, Title
from sanban.kernel.permission import Actor, Role
from sanban.packs.district import District

INVENTED: Final = "person-demo-"
REQUESTERS: Final = 600
WORDS: Final = (
    "verifier",
    "coordinator",
    "leader",
    "dispatcher",
    "desk",
    "operator",
    "lead_unit",
    "task_owner",
    "street",
)
OPERATORS, DISPATCHERS, VERIFIERS, COORDINATORS, LEADERS = 4, 3, 3, 2, 2


class Requester(msgspec.Struct, frozen=True):
    """Somebody who asks. `party` is the id in events; name and phone stand in the vault."""

    party: str
    name: str
    phone: str


class Persona(msgspec.Struct, frozen=True):
    """A demo account: id, role, unit and its kind as the kernel takes them, and what the sign-in page shows."""

    id: str
    role: Role
    unit: str
    unit_kind: UnitKind | Literal[""]
    party: str
    title: Title

    @property
    def actor(self) -> Actor:
        """The account as the kernel knows it."""
        return Actor(self.id, self.role, self.unit, self.party, self.unit_kind)


def requester(number: int) -> Requester:
    """The n-th invented requester, from 1."""
    return Requester(f"{INVENTED}{number:04d}", f"虚构市民{number:04d}", f"1990000{number:04d}")


def asking_again(party: str) -> Requester:
    """Who asks again about what `party` asked: the same invented requester; for anybody else an invented neighbour."""
    number = party.removeprefix(INVENTED)
    if party.startswith(INVENTED) and number.isdecimal():
        return requester(int(number))
    return requester(1 + crc32(party.encode()) % REQUESTERS)


class Staff:
    """The officers of a district's units, made up by role."""

    def __init__(self, district: District) -> None:
        self.kinds: dict[str, UnitKind] = {unit.code: unit.kind for unit in district.units}
        self.uppers = frozenset(unit.parent for unit in district.units if unit.parent is not None)
        self.desk = district.desk
        self.centre = next((unit.code for unit in district.units if unit.kind == "centre"), self.desk)
        self.operators = self._several("operator", "operator", self.desk, OPERATORS)
        self.dispatchers = self._several("dispatcher", "dispatcher", self.centre, DISPATCHERS)
        self.verifiers = self._several("verifier", "verifier", self.centre, VERIFIERS)
        self.coordinators = self._several("coordinator", "coordinator", self.centre, COORDINATORS)
        self.leaders = self._several("leader", "leader", self.centre, LEADERS)

    def handler(self, unit: str, but: Collection[str] = ()) -> Actor:
        """Who works for a unit; a firm's manager, a grid team's leader, an officer else. None of `but`: a colleague."""
        kind = self.kinds.get(unit, "department")
        if kind == "firm":
            name = f"manager-{unit.removeprefix('firm-')}"
            return Actor(name, "property_manager", unit, name, kind)
        role: Role = "grid_leader" if kind == "grid_team" else "handler"
        name = f"{role.replace('_', '-')}-{unit}"
        colleagues = (f"{name}-{number}" for number in count(2))
        return Actor(next(one for one in chain((name,), colleagues) if one not in but), role, unit, "", kind)

    def who(self, step: Step, case: Case, *, prefer: str = "") -> Actor | None:
        """Somebody of the first relation, in the order of `WORDS`, by which the step may be taken; None for nobody."""
        for word in (prefer, *WORDS):
            if word in step.by:
                people = self._of(word, case)
                fresh = [actor for actor in people if actor.id not in case.handlers] or people
                return fresh[(len(case.requests) + len(case.tasks)) % len(fresh)]
        return None

    def _of(self, word: str, case: Case) -> tuple[Actor, ...]:
        offices = {
            "verifier": self.verifiers,
            "coordinator": self.coordinators,
            "leader": self.leaders,
            "dispatcher": self.dispatchers,
        }
        if word in ("desk", "operator"):
            return self.operators
        if word == "street" and case.street:
            return (self.handler(case.street),)
        return offices.get(word) or (self.handler(case.lead),)

    def _several(self, name: str, role: Role, unit: str, count: int) -> tuple[Actor, ...]:
        kind = self.kinds[unit]
        return tuple(Actor(f"{name}-{number}", role, unit, "", kind) for number in range(1, count + 1))


def personas(district: District) -> tuple[Persona, ...]:
    """One demo account for each role, of units that the simulation keeps busy."""
    staff = Staff(district)
    titles = district.titles
    street = district.streets[0].code
    team = next(unit.code for unit in district.units if unit.kind == "grid_team" and unit.parent == street)
    firm = next(unit.code for unit in district.units if unit.kind == "firm")
    brigade = next((code for code in ("fire-brigade", "police") if code in staff.kinds), street)
    worker = Actor(f"grid-worker-{team}", "grid_worker", team, "", "grid_team")
    people = (
        (staff.operators[0], "受理员", "operator"),
        (staff.dispatchers[0], "派单员", "dispatcher"),
        (staff.handler(street), "承办人", "handler"),
        (staff.handler(brigade), "协办人", "co-unit handler"),
        (worker, "网格员", "grid worker"),
        (staff.handler(team), "网格长", "grid leader"),
        (staff.verifiers[0], "核查员", "verifier"),
        (staff.coordinators[0], "协调员", "coordinator"),
        (staff.leaders[0], "领导", "leader"),
        (
            Actor("mechanism-owner-1", "mechanism_owner", staff.centre, "", staff.kinds[staff.centre]),
            "机制管理员",
            "mechanism owner",
        ),
        (Actor("auditor-1", "auditor", staff.centre, "", staff.kinds[staff.centre]), "审计员", "auditor"),
        (staff.handler(firm), "物业经理", "property manager"),
    )
    found = [
        Persona(
            id=actor.id,
            role=actor.role,
            unit=actor.unit,
            unit_kind=actor.unit_kind,
            party=actor.party,
            title=Title(f"{titles[actor.unit].zh} · {zh}", f"{titles[actor.unit].en}: {en}"),
        )
        for actor, zh, en in people
    ]
    asking = requester(1)
    found.append(Persona("citizen-1", "requester", "", "", asking.party, Title(asking.name, "An invented citizen")))
    return tuple(found)
