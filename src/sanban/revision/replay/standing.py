"""As whom a recorded step was taken. Events name the account and its unit; the role is worked out from the step.

Nobody's role stands in an event. It is one of those that the step's declaration, at the time, gave leave to, held by a
unit of that kind; where several fit, the first that the engine permits. A person of the unit that had the work acts for
the unit that has it now: what another unit would have done with it, nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal, get_args

from sanban.kernel.case.event import Event
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.duty.unit import UnitKind
from sanban.kernel.permission import DESK_ROLES, NOT_HANDLER, OFFICE_ROLES, RELATIONS, Actor, Role

Kind = UnitKind | Literal[""]

SYSTEM: Final = Actor("system", "system")
_DESKS: Final = frozenset({"desk", "centre", ""})
_OF_UNITS: Final = frozenset({"task_owner", "handler"}) | (
    RELATIONS - frozenset(get_args(Role)) - {"desk", "requester", "subject", NOT_HANDLER}
)
_BY_KIND: Final[dict[str, Role]] = {"grid_team": "grid_leader", "firm": "property_manager"}
_ORDER: Final[tuple[Role, ...]] = (
    "dispatcher", "verifier", "coordinator", "leader", "grid_worker", "grid_leader", "mechanism_owner", "auditor",
)  # fmt: skip


def actors(event: Event, by: frozenset[str], unit: str, duty: DutyTable, party: str) -> Iterator[Actor]:
    """Who may have taken the step, likeliest first. `unit`: for whom they act now; `party`: who asked, as a party."""
    if event.actor == SYSTEM.id:
        yield SYSTEM
        return
    found = duty.unit_at(unit, event.at) if unit else None
    kind: Kind = "" if found is None else found.kind
    for role in roles(by, kind):
        yield Actor(event.actor, role, unit, party if role == "requester" else "", kind)


@lru_cache(4096)
def roles(by: frozenset[str], kind: Kind) -> tuple[Role, ...]:
    """The roles that a step declared `by` these words gives leave to, for somebody of a unit of this kind."""
    offices = [role for role in _ORDER if role in by]
    if "desk" in by or "operator" in by:
        offices.append("operator")
    units = [_BY_KIND.get(kind, "handler")] if by & _OF_UNITS and kind else []
    named = [*offices, *units] if kind in _DESKS else [*units, *offices]
    if by <= {NOT_HANDLER}:
        named = ["operator", "verifier"] if kind in _DESKS else ["handler"]
    if "requester" in by:
        named.append("requester")
    return tuple(dict.fromkeys(role for role in named if _fits(role, kind)))


def _fits(role: Role, kind: Kind) -> bool:
    """Whether somebody of such a unit can have the role: desks have desk roles, and nobody else has."""
    if role in DESK_ROLES:
        return kind in ("desk", "centre")
    return role in OFFICE_ROLES or role == "requester" or bool(kind)
