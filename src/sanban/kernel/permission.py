"""Who may do what in a case: deny by default, and the party complained about comes first.

An `Actor` has a role; towards one case it has *relations* (`lead_unit`, `co_unit`, `desk`, `requester` ...), worked out
from the role and the case's facts by `relations`. A mechanism says by which relations a step may be taken; `may`
compares.

Before anything else the subject of the complaint is kept out: an actor who is, belongs to or acts for a subject party,
at any remove, gets every step refused, and in the same words as anyone else, so that the refusal tells nothing.
What a viewer sees of a case is decided from the same relations in `sight.py`.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Literal

import msgspec

from sanban.kernel.duty.unit import UnitKind
from sanban.kernel.errors import Refused
from sanban.kernel.party import Links

Role = Literal[
    "requester",
    "operator",
    "dispatcher",
    "grid_worker",
    "grid_leader",
    "handler",
    "verifier",
    "coordinator",
    "leader",
    "mechanism_owner",
    "auditor",
    "system",
    "property_manager",
]

DESK_ROLES = frozenset({"operator", "dispatcher"})
UNIT_ROLES = DESK_ROLES | {"grid_worker", "grid_leader", "handler", "coordinator"}
OFFICE_ROLES = frozenset({"verifier", "coordinator", "leader", "mechanism_owner", "auditor", "system"})
STAFF_ROLES = UNIT_ROLES | OFFICE_ROLES - {"system"}

NOT_HANDLER = "not_handler"

_NONE: frozenset[str] = frozenset()

RELATIONS = (
    frozenset({"lead_unit", "co_unit", "inner_unit", "street", "whistler", "summoned_unit", "desk", "requester"})
    | {"subject", NOT_HANDLER}
    | UNIT_ROLES
    | OFFICE_ROLES
)
"""Every word that a mechanism's `by` or `visible` may use."""


class Actor(msgspec.Struct, frozen=True):
    """Someone who acts or looks: `id` is an account or `system`, `unit` a unit code, `party` a party id."""

    id: str
    role: Role
    unit: str = ""
    party: str = ""
    unit_kind: UnitKind | Literal[""] = ""


class CaseFacts(msgspec.Struct, frozen=True):
    """What permission needs to know of a case.

    `inner_units` hold tasks that the lead unit passed down; `street` is the street the place lies in; `handlers` are
    the ids of the actors who handled it; `requesters` and `subjects` are party ids. `summoned` units were called by a
    whistle and not let go yet; `whistlers` are the streets that whistled.
    """

    lead_unit: str
    co_units: frozenset[str] = frozenset()
    requesters: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    handlers: frozenset[str] = frozenset()
    open: bool = True
    inner_units: frozenset[str] = frozenset()
    street: str = ""
    summoned: frozenset[str] = frozenset()
    whistlers: frozenset[str] = frozenset()


def relations(actor: Actor, facts: CaseFacts) -> frozenset[str]:
    """What the actor is to the case; a subject's claim to any of these is denied later, by `may` and `sight`."""
    found = _own(actor, facts) | _by_unit(actor, facts) | _by_office(actor, facts.handlers)
    if actor.role in STAFF_ROLES and actor.id not in facts.handlers:
        found.add(NOT_HANDLER)
    return frozenset(found)


def may(actor: Actor, step_by: frozenset[str], facts: CaseFacts, links: Links, now: int) -> Refused | None:
    """`None` if the actor may take a step declared `by` these relations, else why not.

    One relation of `step_by` is enough. `not_handler` among others narrows them: whoever takes the step must have one
    of the others and must not have handled the case.
    """
    if _stands(actor, step_by, facts) and not is_subject(actor, facts, links, now):
        return None
    return Refused(
        "not_permitted",
        f"this step is taken by {' or '.join(sorted(step_by)) or 'nobody'}",
        "sign in as someone of the unit that leads the case",
    )


def may_be_dispatched(unit: str, facts: CaseFacts, links: Links, now: int) -> Refused | None:
    """`None` if the case may be sent to the unit; a unit that is, belongs to or acts for a subject may not have it."""
    if facts.subjects.isdisjoint(links.stands_for((unit,), now)):
        return None
    return Refused(
        "unit_is_subject",
        f"{unit} is, belongs to or acts for the party this case is about; it may not be sent there",
        "dispatch to the unit above it, or ask the centre for a ruling",
    )


def is_subject(actor: Actor, facts: CaseFacts, links: Links, now: int) -> bool:
    """Whether the actor, its unit or its party is, belongs to or acts for a party complained about."""
    if not facts.subjects:
        return False
    own = [party for party in (actor.party, actor.unit, actor.id) if party]
    return not facts.subjects.isdisjoint(links.stands_for(own, now))


def holds_office(actor: Actor, step_by: frozenset[str], handlers: frozenset[str]) -> bool:
    """Whether the actor's role gives one of these relations towards every case, whatever else is known of it."""
    return NOT_HANDLER not in step_by and not step_by.isdisjoint(_by_office(actor, handlers))


def is_of_lead(actor: Actor, step_by: frozenset[str], lead: str) -> bool:
    """Whether the actor's unit leads the case, and that suffices, whatever else is known of it."""
    suffices = "lead_unit" in step_by and NOT_HANDLER not in step_by
    return suffices and actor.unit == lead != "" and actor.role in UNIT_ROLES


def _stands(actor: Actor, step_by: frozenset[str], facts: CaseFacts) -> bool:
    """Whether one of the actor's relations suffices; what the office gives is asked first, it needs least."""
    return holds_office(actor, step_by, facts.handlers) or _fits(relations(actor, facts), step_by)


def _fits(held: frozenset[str], step_by: frozenset[str]) -> bool:
    named = step_by - {NOT_HANDLER} or step_by
    return not held.isdisjoint(named) and (NOT_HANDLER not in step_by or NOT_HANDLER in held)


def _own(actor: Actor, facts: CaseFacts) -> set[str]:
    found = set()
    if actor.role == "requester" and actor.party and actor.party in facts.requesters:
        found.add("requester")
    if facts.subjects and {actor.party, actor.unit, actor.id} & (facts.subjects - {""}):
        found.add("subject")
    return found


def _by_unit(actor: Actor, facts: CaseFacts) -> set[str]:
    """The relations of the actor's unit. A property manager's firm can help, and never lead."""
    if not actor.unit:
        return set()
    if actor.role == "property_manager":
        return {"co_unit"} if actor.unit in facts.co_units else set()
    if actor.role not in UNIT_ROLES:
        return set()
    found = set()
    if actor.unit == facts.lead_unit:
        found.add("lead_unit")
    if actor.unit in facts.co_units:
        found.add("co_unit")
    if actor.unit in facts.inner_units:
        found.add("inner_unit")
    if actor.unit in facts.summoned:
        found.add("summoned_unit")
    if actor.unit in facts.whistlers:
        found.add("whistler")
    if actor.unit_kind == "street" and (found or actor.unit == facts.street):
        found.add("street")
    return found | {actor.role} if found else set()


def _by_office(actor: Actor, handlers: frozenset[str]) -> Set[str]:
    """The relations that a role gives towards every case, whose handlers are these."""
    if actor.role in DESK_ROLES and actor.unit_kind in {"desk", "centre"}:
        return {"desk", actor.role}
    if actor.role not in OFFICE_ROLES or (actor.role == "verifier" and actor.id in handlers):
        return _NONE
    return {actor.role}
